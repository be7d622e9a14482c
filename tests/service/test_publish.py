"""PublishInteractions: defaults, idempotency, skipped rows, wait levels, the order of a session."""

import pytest
from google.protobuf.struct_pb2 import Struct

from tests.service.kit import Refusal, batch, data, fresh, ipb, learning_pb, micros, now, pb, refused, stamp


def test_answer_names_every_row_in_order(api):
    answer = api.PublishInteractions(batch("one", "two", "three"))
    ids = list(answer.interaction_ids)
    assert len(set(ids)) == 3 and all(len(one) == 26 for one in ids)
    assert ids == sorted(ids)
    assert not answer.warnings and not answer.duplicate and answer.request_id
    assert answer.learning_state == pb.LEARNING_STATE_PENDING
    assert [one.interaction_id for one in api.listed()] == ids


def test_everything_comes_back(api):
    struct = Struct()
    struct.update({"a": 1, "b": [True, None, {"c": "d"}], "e": 1.5})
    sent = data(
        "I want a tent",
        role="Customer",
        speaker="Ada",
        external_id="ext-1",
        shadow_content="a shadow",
        expert_content="an expert",
        user_action=ipb.USER_ACTION_CLICK,
        user_action_description="clicked the tent",
        interacted_image_url="https://example.org/a.png",
        occur_time=stamp(1_700_000_000, 123456000),
        tools_used=[ipb.ToolUse(tool_name="find_tents", tool_data=struct, status="done")],
        citations=[ipb.Citation(kind=ipb.LEARNING_KIND_PROFILE, real_id="p1", tag="[1]", title="likes tents")],
        retrieved_learnings=[
            ipb.RetrievedLearning(kind=ipb.LEARNING_KIND_USER_PLAYBOOK, learning_id="l1", exposure_receipt="r")
        ],
        product_ref=ipb.ProductRef(product_id="tent-1", event_type="CART_ADD"),
        metadata=struct,
    )
    request = batch(
        sent, source="web", agent_version="v2", agent_id="shop", evaluation_only=True,
        learn_from=ipb.LEARN_FROM_SHADOW, request_id=fresh(), metadata=struct, wait=pb.WAIT_LEVEL_VISIBLE,
    )  # fmt: skip
    before = micros(now())
    answer = api.PublishInteractions(request)
    assert answer.learning_state == pb.LEARNING_STATE_SKIPPED
    for consistency in (pb.CONSISTENCY_STRONG, pb.CONSISTENCY_EVENTUAL):
        get = pb.GetInteractionRequest(interaction_id=answer.interaction_ids[0], consistency=consistency)
        row = api.GetInteraction(get).interaction
        assert row.data == sent
        assert (row.user_id, row.session_id, row.source, row.agent_version, row.agent_id) == (
            "u", "s", "web", "v2", "shop",
        )  # fmt: skip
        assert row.request_id == request.request_id == answer.request_id
        assert row.role_class == ipb.ROLE_CLASS_USER
        assert row.evaluation_only and row.learn_from == ipb.LEARN_FROM_SHADOW
        assert row.request_metadata == struct
        assert before <= micros(row.publish_time) <= micros(now())


def test_defaults(api):
    api.publish("plain")
    (row,) = api.listed()
    assert row.data.role == "User" and row.role_class == ipb.ROLE_CLASS_USER
    assert row.agent_id == "default" and row.source == "" and row.agent_version == ""
    assert row.data.user_action == ipb.USER_ACTION_NONE
    assert row.learn_from == ipb.LEARN_FROM_UNSPECIFIED and not row.evaluation_only
    assert not row.data.HasField("occur_time") and not row.HasField("image_info")


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("user", ipb.ROLE_CLASS_USER), ("CUSTOMER", ipb.ROLE_CLASS_USER), (" Visitor ", ipb.ROLE_CLASS_USER),
        ("Agent", ipb.ROLE_CLASS_AGENT), ("support_agent", ipb.ROLE_CLASS_AGENT), ("Zoë", ipb.ROLE_CLASS_AGENT),
        ("System", ipb.ROLE_CLASS_SYSTEM), ("tool", ipb.ROLE_CLASS_SYSTEM),
    ],
)  # fmt: skip
def test_role_class(api, role, expected):
    api.publish(data("words", role=role))
    (row,) = api.listed()
    assert (row.data.role, row.role_class) == (role, expected)


class TestIdempotency:
    def test_same_payload_gives_the_same_ids(self, api):
        request = batch("one", "", "three", request_id=fresh())
        first, second = api.PublishInteractions(request), api.PublishInteractions(request)
        assert list(second.interaction_ids) == list(first.interaction_ids)
        assert list(second.warnings) == list(first.warnings) != []
        assert (first.duplicate, second.duplicate) == (False, True)
        assert len(api.listed()) == 2

    def test_wait_is_no_part_of_the_payload(self, api):
        request = batch("one", request_id=fresh())
        first = api.PublishInteractions(request)
        request.wait = pb.WAIT_LEVEL_VISIBLE
        assert api.PublishInteractions(request).interaction_ids == first.interaction_ids
        request.wait = pb.WAIT_LEVEL_LEARNED
        assert api.PublishInteractions(request).duplicate

    @pytest.mark.parametrize(
        "change", [{"session_id": "other"}, {"source": "other"}, {"session_finished": True}, {"evaluation_only": True}]
    )
    def test_other_payload_is_refused(self, api, change):
        request = batch("one", request_id=fresh())
        api.PublishInteractions(request)
        for name, value in change.items():
            setattr(request, name, value)
        error = refused(api.PublishInteractions, request)
        assert (error.code, error.reason) == ("ALREADY_EXISTS", "REQUEST_ID_REUSED")
        assert error.details["ResourceInfo"].resource_name == request.request_id
        assert len(api.listed()) == 1

    def test_another_tenant_may_use_the_same_id(self, api, shared_api):
        request = batch("one", request_id=fresh())
        other = shared_api.by(tenant=fresh("tenant"))
        assert api.PublishInteractions(request).interaction_ids != other.PublishInteractions(request).interaction_ids

    def test_without_id_twice_is_two(self, api):
        assert api.publish("one") != api.publish("one")
        assert len(api.listed()) == 2

    def test_a_refused_request_does_not_use_its_id(self, api):
        request = batch("", request_id=fresh())
        refused(api.PublishInteractions, request)
        request.interactions[0].content = "better"
        assert not api.PublishInteractions(request).duplicate


class TestRowsWithNothing:
    def test_are_skipped_with_a_warning_and_an_empty_id(self, api):
        answer = api.PublishInteractions(batch("one", "", data(" \n\t "), data(role="Agent"), "five"))
        assert [bool(one) for one in answer.interaction_ids] == [True, False, False, False, True]
        assert [[int(word) for word in one.split() if word.isdigit()] for one in answer.warnings] == [[1], [2], [3]]
        assert api.contents() == ["one", "five"]

    def test_a_whole_batch_of_them_is_refused(self, api):
        error = refused(api.PublishInteractions, batch("", " "))
        assert (error.code, error.reason, error.fields) == ("INVALID_ARGUMENT", "INVALID_REQUEST", ["interactions"])
        assert api.listed() == []

    @pytest.mark.parametrize(
        "something",
        [
            {"shadow_content": "x"}, {"expert_content": "x"}, {"interacted_image_url": "https://example.org/x"},
            {"user_action": ipb.USER_ACTION_VIEW, "user_action_description": "looked"},
            {"tools_used": [ipb.ToolUse(tool_name="x")]},
            {"citations": [ipb.Citation(kind=ipb.LEARNING_KIND_PROFILE, real_id="x")]},
            {"retrieved_learnings": [ipb.RetrievedLearning(kind=ipb.LEARNING_KIND_PROFILE, learning_id="x")]},
            {"image": b"GIF89a\1\0\1\0\0\0\0"},
        ],
        ids=lambda one: next(iter(one)),
    )  # fmt: skip
    def test_any_of_these_is_something(self, api, something):
        answer = api.PublishInteractions(batch(data(**something)))
        assert answer.interaction_ids[0] and not answer.warnings

    @pytest.mark.parametrize("nothing", [{"role": "Agent"}, {"speaker": "Ada"}, {"external_id": "x"}])
    def test_these_are_nothing(self, api, nothing):
        answer = api.PublishInteractions(batch(data(**nothing), "something"))
        assert answer.interaction_ids[0] == "" and answer.interaction_ids[1] and len(answer.warnings) == 1


class TestTogether:
    """Rules that two fields make, all violations at once."""

    @pytest.mark.parametrize("action", [2, 3, 4, 5, 6])
    def test_an_action_needs_a_description(self, api, action):
        row = data("words", user_action=action, user_action_description="  ")
        error = refused(api.PublishInteractions, batch("fine", row))
        assert error.fields == ["interactions[1].user_action_description"]

    def test_both_kinds_of_image(self, api):
        row = data("words", image=b"GIF89a\1\0\1\0\0\0\0", interacted_image_url="https://example.org/x")
        error = refused(api.PublishInteractions, batch(row))
        assert error.fields == ["interactions[0].image"]

    @pytest.mark.parametrize("field", ["user_id", "session_id"])
    def test_blank_names(self, api, field):
        request = batch("words")
        setattr(request, field, " \t ")
        assert refused(api.PublishInteractions, request).fields == [field]

    def test_all_violations_at_once(self, api):
        request = batch(
            data("a", user_action=ipb.USER_ACTION_CLICK),
            "b",
            data("c", occur_time=now(3 * 86400)),
            data("d", image=b"no"),
        )
        error = refused(api.PublishInteractions, request)
        assert error.fields == [
            "interactions[0].user_action_description", "interactions[2].occur_time", "interactions[3].image",
        ]  # fmt: skip
        assert api.listed() == []

    def test_more_violations_than_a_header_holds(self, api):
        rows = [data("x", user_action=99) for _ in range(1000)]
        error = refused(api.PublishInteractions, batch(*rows))
        *listed, last = error.fields
        assert listed == [f"interactions[{at}].user_action" for at in range(len(listed))]
        assert len(listed) > 30 and last == ""
        assert str(1000 - len(listed)) in error.details["BadRequest"].field_violations[-1].description
        assert "and 997 more" in error.message


def test_sizes_at_the_limit_are_taken(api):
    long = data(
        "x" * 1_000_000, role="r" * 1000, speaker="s" * 256, external_id="e" * 256,
        user_action=ipb.USER_ACTION_TYPE, user_action_description="d" * 10_000,
        interacted_image_url="https://example.org/" + "u" * 2028,
        tools_used=[ipb.ToolUse(tool_name="t" * 256, status="s" * 100)] * 1000,
    )  # fmt: skip
    (made,) = api.publish(long, user="u" * 256, session="s" * 256, source="o" * 256, agent_version="v" * 256)
    assert api.GetInteraction(pb.GetInteractionRequest(interaction_id=made)).interaction.data == long
    assert len(api.publish(*["row"] * 1000)) == 1000


def test_characters_are_counted_not_bytes(api):
    (made,) = api.publish("words", user="é" * 256)
    assert api.listed(user_id="é" * 256)[0].interaction_id == made
    error = refused(api.PublishInteractions, batch("words", user="é" * 257))
    assert error.fields == ["user_id"]


@pytest.mark.parametrize(
    "text", ["nul \0 inside", "\u202eright to left", "🧑‍🚀" * 50, "combining á̂", "\ufeffbom", "line\u2028break"]
)
def test_any_text_survives(api, text):
    api.publish(data(text, speaker=text[:20]), user=text, session=text, source=text)
    (row,) = api.listed(user_id=text, session_id=text, source=text)
    assert (row.data.content, row.user_id, row.data.speaker) == (text, text, text[:20])


def test_order_is_by_time_then_by_arrival(api):
    early, late = stamp(1_600_000_000), stamp(1_600_000_100)
    api.publish(data("c", occur_time=late), data("a", occur_time=early), data("now"), data("d", occur_time=late))
    api.publish(data("b", occur_time=early))
    assert api.contents() == ["a", "b", "c", "d", "now"]
    assert api.contents(newest_first=True) == ["now", "d", "c", "b", "a"]


@pytest.mark.parametrize("seconds", [0, 1, 1_500_000_000])
def test_times_from_1970(api, seconds):
    api.publish(data("then", occur_time=stamp(seconds, 999_999_000)))
    assert api.listed()[0].data.occur_time == stamp(seconds, 999_999_000)


def test_just_before_tomorrow_is_taken(api):
    assert api.publish(data("tomorrow", occur_time=now(86_000)))[0]


def test_visible_means_eventual_reads_see_it(api):
    api.PublishInteractions(batch("now", wait=pb.WAIT_LEVEL_VISIBLE))
    assert api.contents(consistency=pb.CONSISTENCY_EVENTUAL) == ["now"]


def test_learned_answers_when_it_is_learnt_or_never_will_be(api):
    answer = api.PublishInteractions(batch("now", wait=pb.WAIT_LEVEL_LEARNED))
    assert answer.learning_state == pb.LEARNING_STATE_DONE
    answer = api.PublishInteractions(batch("now", wait=pb.WAIT_LEVEL_LEARNED, evaluation_only=True))
    assert answer.learning_state == pb.LEARNING_STATE_SKIPPED
    config = learning_pb.LearningConfig(disabled=True)
    api.UpdateLearningConfig(learning_pb.UpdateLearningConfigRequest(config=config))
    for wait in (pb.WAIT_LEVEL_DURABLE, pb.WAIT_LEVEL_LEARNED):
        answer = api.PublishInteractions(batch("now", wait=wait))
        assert answer.learning_state == pb.LEARNING_STATE_DISABLED


def test_warnings_and_errors_hold_no_values(api):
    secret = "hunter2-the-password"
    warned = api.PublishInteractions(batch("fine", data(speaker=secret)))
    assert warned.warnings and secret not in "".join(warned.warnings)
    error: Refusal = refused(api.PublishInteractions, batch(data(secret, user_action=99, speaker=secret * 20)))
    assert secret not in str(error.status)
