"""Interactions as programs write them become the right messages."""

import base64
import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st
from interplay import InteractionData, UserActionType, types
from interplay.v1 import interaction_pb2

PNG = b"\x89PNG\r\n\x1a\n0000"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_every_field_of_the_message_can_be_given():
    own = {field.name for field in interaction_pb2.InteractionData.DESCRIPTOR.fields}
    assert own | {"image_encoding"} == set(InteractionData.__dataclass_fields__)


def test_all_fields_reach_the_message():
    message = InteractionData(
        role="Agent",
        content="c",
        shadow_content="s",
        expert_content="e",
        user_action=UserActionType.CLICK,
        user_action_description="d",
        image=PNG,
        speaker="Ada",
        external_id="x1",
        occur_time=NOON,
        tools_used=[{"tool_name": "search", "tool_data": {"q": "laptop", "n": 2}, "status": "ok"}, "lookup"],
        citations=[{"kind": "profile", "real_id": "p1", "tag": "t", "title": "T"}],
        retrieved_learnings=[{"kind": "LEARNING_KIND_AGENT_PLAYBOOK", "learning_id": "b1"}],
        product_ref={"product_id": "sku", "event_type": "CART_ADD"},
        metadata={"a": 1, "b": ["x", None, True], "c": {"d": 1.5}},
    ).to_proto()
    assert (message.role, message.content, message.shadow_content, message.expert_content) == ("Agent", "c", "s", "e")
    assert (message.user_action, message.user_action_description) == (interaction_pb2.USER_ACTION_CLICK, "d")
    assert (message.image, message.speaker, message.external_id) == (PNG, "Ada", "x1")
    assert message.occur_time.ToDatetime(UTC) == NOON
    assert [tool.tool_name for tool in message.tools_used] == ["search", "lookup"]
    assert message.tools_used[0].tool_data["n"] == 2
    assert message.tools_used[0].status == "ok"
    assert (message.citations[0].kind, message.citations[0].real_id) == (interaction_pb2.LEARNING_KIND_PROFILE, "p1")
    assert message.retrieved_learnings[0].kind == interaction_pb2.LEARNING_KIND_AGENT_PLAYBOOK
    assert (message.product_ref.product_id, message.product_ref.event_type) == ("sku", "CART_ADD")
    assert message.metadata["c"]["d"] == 1.5


def test_what_was_given_reads_back():
    data = InteractionData(content="hello")
    assert (data.role, data.content, data.user_action, data.occur_time) == ("User", "hello", UserActionType.NONE, None)
    assert data == InteractionData(content="hello")
    with pytest.raises(TypeError):
        InteractionData("hello")


@pytest.mark.parametrize("value", ["click", "CLICK", "USER_ACTION_CLICK", UserActionType.CLICK, 2])
def test_actions_are_taken_in_any_form(value):
    assert InteractionData(user_action=value).to_proto().user_action == interaction_pb2.USER_ACTION_CLICK


def test_each_action_has_its_value():
    numbers = {types.user_action(action) for action in UserActionType}
    assert numbers == set(interaction_pb2.UserAction.values()) - {0}


def test_an_unknown_action_names_the_known_ones():
    with pytest.raises(ValueError, match=r"user_action must be one of none, click, .*submit, not 'hover'"):
        types.interaction({"user_action": "hover"})


@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,"])
def test_images_come_as_base64(prefix):
    encoded = prefix + base64.b64encode(PNG).decode()
    assert InteractionData(image_encoding=encoded).to_proto().image == PNG


@pytest.mark.parametrize("form", [str, lambda path: path])
def test_images_come_as_paths(tmp_path, form):
    path = tmp_path / f"{uuid.uuid4()}.png"
    path.write_bytes(PNG)
    data = InteractionData(image=form(path))
    path.unlink()
    assert data.to_proto().image == PNG


def test_images_that_are_wrong_are_refused(tmp_path):
    with pytest.raises(ValueError, match="not base64"):
        InteractionData(image_encoding="no base64!").to_proto()
    with pytest.raises(ValueError, match="either image or image_encoding"):
        InteractionData(image=PNG, image_encoding="AAAA").to_proto()
    with pytest.raises(TypeError, match="image must be bytes or a path"):
        InteractionData(image=3).to_proto()
    with pytest.raises(FileNotFoundError):
        InteractionData(image=tmp_path / "absent.png")


@pytest.mark.parametrize(
    "moment",
    [NOON, NOON.astimezone(timezone(timedelta(hours=5, minutes=30))), "2026-11-21T12:00:00Z", "2026-11-21T13:00+01:00"],
)
def test_moments_keep_their_instant(moment):
    assert types.timestamp(moment).ToDatetime(UTC) == NOON


@given(st.integers(0, 250_000_000_000), st.timezones())
def test_any_moment_with_a_zone_keeps_its_instant(seconds, zone):
    moment = datetime.fromtimestamp(seconds, zone)
    assert types.timestamp(moment).seconds == seconds


def test_moments_that_are_none_or_messages_pass():
    assert types.timestamp(None) is None
    message = Timestamp(seconds=1)
    assert types.timestamp(message) is message


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="occur_time needs a time zone"):
        InteractionData(occur_time=NOON.replace(tzinfo=None)).to_proto()
    with pytest.raises(TypeError, match="start_time must be a datetime, not int"):
        types.timestamp(5, "start_time")


def test_mappings_are_taken_and_none_means_absent():
    message = types.interaction({"role": "Agent", "content": "hi", "metadata": None, "speaker": None})
    assert (message.role, message.content, message.HasField("metadata")) == ("Agent", "hi", False)
    own = interaction_pb2.InteractionData(content="x")
    assert types.interaction(own) is own


def test_one_interaction_is_a_batch_of_one():
    for one in (InteractionData(content="a"), {"content": "a"}, interaction_pb2.InteractionData(content="a")):
        assert [message.content for message in types.interactions(one)] == ["a"]
    assert [message.content for message in types.interactions({"content": n} for n in "ab")] == ["a", "b"]


def test_unknown_keys_are_named_with_what_may_be_meant():
    with pytest.raises(TypeError, match=r"'contents' \(did you mean 'content'\?\), 'zzz'"):
        types.interaction({"contents": "x", "zzz": 1})
    with pytest.raises(TypeError, match="entry of tools_used: 'toolname'"):
        InteractionData(tools_used=[{"toolname": "x"}]).to_proto()


@pytest.mark.parametrize(
    ("fields", "error", "match"),
    [
        ({"content": 3}, TypeError, "content must be text, not int"),
        ({"role": b"x"}, TypeError, "role must be text, not bytes"),
        ({"citations": [{"kind": "nonsense", "real_id": "x"}]}, ValueError, r"citations\.kind must be one of profile"),
        ({"citations": ["p1"]}, TypeError, "citations takes Citation or a mapping, not str"),
        ({"tools_used": [{"tool_name": 5}]}, ValueError, "tools_used"),
        ({"metadata": {"x": object()}}, ValueError, "Unexpected type"),
    ],
)
def test_values_that_cannot_become_messages_are_named(fields, error, match):
    with pytest.raises(error, match=match):
        types.interaction(fields)


def test_something_else_is_no_interaction():
    with pytest.raises(TypeError, match="InteractionData or a mapping, not int"):
        types.interactions([3])


def test_a_product_can_be_its_id():
    assert InteractionData(product_ref="sku-1").to_proto().product_ref.product_id == "sku-1"
