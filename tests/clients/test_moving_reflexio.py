"""Moving in from Reflexio: its SQLite file and the answers of its API, today's names and older ones."""

import json
from datetime import UTC, datetime

import pytest
from interplay import AsyncInterplay
from interplay.moving import Lesson, Settings, SourceError, Turn, Unmapped, read_reflexio
from interplay.v1 import interaction_pb2

from tests.clients.moving_kit import everything, imported, unpacked


@pytest.fixture
def reflexio(tmp_path):
    return unpacked("reflexio", tmp_path)


@pytest.fixture
async def client(shared_server, request):
    async with AsyncInterplay(shared_server.target, tenant=request.node.name.replace("_", "-")[:60].lower()) as client:
        yield client


def test_file_and_answers_give_the_same(reflexio):
    def told(records):
        rows = [one for one in records if not isinstance(one, Unmapped)]
        return {
            one.origin: getattr(one, "interaction", None) or getattr(one, "playbook", None) or one.profile.content
            for one in rows
        }

    file, answers = told(read_reflexio([reflexio / "reflexio.db"])), told(read_reflexio([reflexio / "answers"]))
    assert len(file) == 10
    assert file == answers


async def test_the_whole_is_moved_once(client, reflexio):
    first = await imported(client, read_reflexio([reflexio / "reflexio.db"]))
    assert dict(first.new) == {"interaction": 4, "profile": 2, "user_playbook": 2, "agent_playbook": 2}
    assert [one.why for one in first.unmapped] == ["superseded in Reflexio"]
    before = await everything(client)
    interactions, profiles, lessons, shared = before
    mara = [one for one in interactions if one.user_id == "mara"]
    assert [one.data.external_id for one in mara] == ["1", "2", "3"]
    assert {(one.session_id, one.source, one.agent_version) for one in mara} == {("s-1", "reflexio:web", "desk-2")}
    assert mara[0].data.occur_time.ToDatetime(UTC) == datetime.fromtimestamp(1_772_400_000, UTC)
    assert (mara[1].data.shadow_content, mara[1].data.expert_content) == ("Noted.", "Welcome to Leeds! Which street?")
    assert mara[1].data.tools_used[0].tool_data["hits"] == 0 and mara[1].data.citations[0].real_id == "reflexio:p-1"
    assert mara[2].data.image.startswith(b"\x89PNG") and mara[2].data.user_action == 2
    home = next(one for one in profiles if one.user_id == "mara")
    assert (home.content, home.notes, home.time_to_live) == ("Lives in Leeds", "said once", 6)
    assert home.custom_features["reflexio"]["custom_features"]["city"] == "Leeds"
    assert list(home.source_interaction_ids) == [mara[0].interaction_id]
    street = next(one for one in lessons if one.user_id == "mara")
    assert street.trigger == "A customer says that they moved" and street.session_id == "s-1"
    assert sorted(street.source_interaction_ids) == sorted(one.interaction_id for one in mara[:2])
    hours = next(one for one in lessons if one.user_id == "noor")
    assert hours.blocking_issue.kind == 1
    assert {one.instruction: one.approval_status for one in shared} == {
        "Confirm a new address by reading it back.": 2, "Offer a discount to everybody who moves.": 3,
    }  # fmt: skip

    again = await imported(client, read_reflexio([reflexio / "answers"]))
    assert not again.new and again.there.total() == 10
    assert await everything(client) == before


async def test_nothing_is_learnt_from_what_is_moved_unless_asked(client, reflexio):
    await imported(client, read_reflexio([reflexio / "reflexio.db"]), learn=True)
    interactions, *_ = await everything(client)
    assert {one.user_id: one.evaluation_only for one in interactions} == {"mara": False, "noor": True}


def test_older_names(tmp_path):
    """Feedback as it was called before playbooks, and sessions as they were called before sessions."""
    path = tmp_path / "old.json"
    path.write_text(json.dumps({
        "requests": [{"request_id": "r-1", "user_id": "pia", "request_group": "group-1", "created_at": 1_700_000_000, "source": ""}],
        "interactions": [{"interaction_id": 9, "user_id": "pia", "request_id": "r-1", "content": "Hello", "created_at": 1_700_000_000}],
        "raw_feedbacks": [{
            "raw_feedback_id": 3, "user_id": "pia", "request_id": "r-1", "agent_version": "v", "when_condition": "Somebody greets",
            "do_action": "Greet back.", "do_not_action": "Ignore it.", "feedback_content": "Greet.",
        }],
        "feedbacks": [{
            "feedback_id": 4, "agent_version": "v", "feedback_name": "greeting", "feedback_content": "Always greet.",
            "feedback_status": "approved", "when_condition": "At the start",
        }],
    }))  # fmt: skip
    turn, mine, shared = read_reflexio([path])
    assert isinstance(turn, Turn) and turn.interaction.session_id == "group-1"
    assert (mine.playbook.trigger, mine.playbook.instruction, mine.playbook.pitfall) == (
        "Somebody greets",
        "Greet back.",
        "Ignore it.",
    )
    assert mine.playbook.session_id == "group-1"
    assert isinstance(shared, Lesson) and shared.approval == "approve" and "playbook:greeting" in shared.playbook.tags


def test_what_has_no_place_is_told_and_not_dropped_in_silence(tmp_path):
    path = tmp_path / "rows.json"
    path.write_text(json.dumps({
        "interactions": [
            {"interaction_id": 1, "user_id": "pia", "request_id": "r", "content": ""},
            {"interaction_id": 2, "user_id": "pia", "request_id": "r", "content": "x", "image_encoding": "%%%"},
        ],
        "user_profiles": [
            {"profile_id": "a", "user_id": "pia", "content": "y" * 10_001, "last_modified_timestamp": 1},
            {"profile_id": "b", "user_id": "pia", "content": "z", "last_modified_timestamp": 1, "expiration_timestamp": 2},
            {"profile_id": "c", "user_id": "", "content": "z", "last_modified_timestamp": 1},
        ],
    }))  # fmt: skip
    records = list(read_reflexio([path], Settings()))
    reasons = {one.origin: one.why for one in records if isinstance(one, Unmapped)}
    assert reasons == {
        "reflexio:interaction:1": "an interaction with nothing in it", "reflexio:interaction:2": "the image, which is not base64",
        "reflexio:a": "10001 characters; at most 10000 fit", "reflexio:b": "expired in Reflexio", "reflexio:c": "a profile of no user",
    }  # fmt: skip
    assert [one.interaction.data.content for one in records if isinstance(one, Turn)] == ["x"]


def test_what_is_nothing_of_reflexio_is_said_so(tmp_path):
    (tmp_path / "x.json").write_text('{"ok": true}')
    with pytest.raises(SourceError, match="nothing of Reflexio"):
        list(read_reflexio([tmp_path / "x.json"]))


async def test_a_row_that_was_refused_is_not_said_to_be_there(client):
    def turn(origin, content):
        data = interaction_pb2.InteractionData(role="User", content=content, external_id=origin)
        whole = interaction_pb2.Interaction(user_id="ada", session_id="s", source="reflexio", data=data)
        return Turn(origin=origin, request="import/reflexio:r", interaction=whole, old_id=origin)

    records = [turn("reflexio:1", "Good"), turn("reflexio:2", "x" * 1_000_001)]
    first = await imported(client, records)
    assert (dict(first.new), [origin for origin, _ in first.refused]) == ({"interaction": 1}, ["reflexio:2"])
    again = await imported(client, records)
    assert (dict(again.new), dict(again.there)) == ({}, {"interaction": 1})
    assert [(one.origin, one.whole) for one in again.unmapped] == [("reflexio:2", True)]
    assert again.seen == 2
