"""What becomes of facts that are said again, changed, taken back, told late or deleted; and where they come from."""

from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from interplay.v1 import profile_pb2

from tests.conftest import eventually
from tests.service.kit import fresh, micros
from tests.service.learning_kit import (
    CURRENT,
    DONE,
    SUPERSEDED,
    LearningApi,
    agent,
    prof_pb,
    reason_of,
    user,
)

CREATED, CONFIRMED, UPDATED, CLOSED, RESTORED, WITNESS_REMOVED, DELETED = range(1, 8)


@pytest.fixture
def api(shared_server):
    made = LearningApi(shared_server.target, tenant=fresh("facts"))
    yield made
    made.close()


def at(days):
    moment = Timestamp()
    moment.FromDatetime(datetime.now(UTC) + timedelta(days=days))
    return moment


def by_content(api, **filters):
    return {one.content: one for one in api.profiles(lifecycles=[CURRENT, SUPERSEDED], **filters)}


def test_a_contradiction_supersedes_and_points_to_its_successor(api):
    api.say("I live in Lisbon.")
    api.say("I moved to Porto.")
    rows = by_content(api)
    old, new = rows["Lives in Lisbon"], rows["Moved to Porto"]
    assert (old.lifecycle, new.lifecycle) == (SUPERSEDED, CURRENT)
    assert old.superseded_by == new.profile_id
    assert old.HasField("end_time")
    [closed] = api.history(change_types=[CLOSED])
    assert (closed.profile_id, closed.after.superseded_by) == (old.profile_id, new.profile_id)
    assert "CONTRADICTS" in closed.cause


def test_a_retraction_closes_and_adds_nothing(api):
    api.say("I am a vegetarian.")
    [before] = api.profiles()
    api.say("I am not a vegetarian any more.")
    assert before.content not in api.facts()
    [old] = [one for one in api.profiles(lifecycles=[SUPERSEDED]) if one.profile_id == before.profile_id]
    assert old.HasField("end_time")


def test_what_is_said_again_confirms(api):
    first = api.say("I am allergic to peanuts.")
    [before] = api.profiles()
    second = api.say("I am allergic to peanuts.")
    [after] = api.profiles()
    assert after.profile_id == before.profile_id
    assert list(after.source_interaction_ids) == [*first.interaction_ids, *second.interaction_ids]
    assert micros(after.confirm_time) > micros(before.confirm_time)
    assert after.confidence > before.confidence
    assert [one.change_type for one in api.history()] == [CONFIRMED, CREATED]
    assert len(api.provenance(profile_id=after.profile_id).windows) == 2


def test_a_fact_that_is_told_late_does_not_win(api):
    api.say(user("I live in Porto.", occur_time=at(-10)))
    api.say(user("I live in Lisbon.", occur_time=at(-400)))
    rows = by_content(api)
    assert rows["Lives in Porto"].lifecycle == CURRENT
    assert rows["Lives in Lisbon"].lifecycle == SUPERSEDED
    assert rows["Lives in Lisbon"].superseded_by == rows["Lives in Porto"].profile_id
    assert api.facts() == ["Lives in Porto"]


def test_provenance_is_exact(api):
    first = api.say("I live in Lisbon.", agent("A fine town."), session="s")
    second = api.say("Please book a table for two.", agent("Done."), session="s")
    [row] = api.profiles()
    told = api.provenance(profile_id=row.profile_id)
    [window] = told.windows
    assert list(window.interaction_ids) == list(first.interaction_ids)
    assert set(window.interaction_ids).isdisjoint(second.interaction_ids)
    assert (window.user_id, window.extractor, window.generation, window.provider) == ("u", "profiles", 1, "rules")
    assert (window.prompt_digest, told.origin.prompt_digest) == ("", "")
    assert (window.input_tokens, window.output_tokens) == (0, 0)
    assert (window.config_revision, told.origin.config_revision) == (0, 0)
    assert window.engine_version == told.origin.engine_version != ""
    assert told.origin.window_id == window.window_id
    [span] = told.evidence
    assert span.interaction_id == first.interaction_ids[0]
    assert "I live in Lisbon."[span.start : span.end].startswith("I live in Lisbon")
    api.delete(interaction_ids=[first.interaction_ids[1]])
    [window] = api.provenance(profile_id=row.profile_id).windows
    assert list(window.interaction_ids) == [first.interaction_ids[0]]
    assert reason_of(api.provenance, profile_id="nobody")[0] == "NOT_FOUND"


def test_the_revision_of_the_configuration_stands_in_the_origin(api):
    made = api.configure(preset=1)
    api.say("I live in Lisbon.")
    [row] = api.profiles()
    told = api.provenance(profile_id=row.profile_id)
    assert (told.origin.config_revision, told.windows[0].config_revision) == (made.revision, made.revision) == (1, 1)


def test_a_deletion_strips_evidence_and_the_last_witness_takes_the_row_along(api):
    first = api.say("I am allergic to peanuts.")
    second = api.say("I am allergic to peanuts.")
    [before] = api.profiles()
    assert api.delete(interaction_ids=second.interaction_ids) == 1
    [after] = api.profiles()
    assert after.profile_id == before.profile_id
    assert list(after.source_interaction_ids) == list(first.interaction_ids)
    assert micros(after.confirm_time) < micros(before.confirm_time)
    assert api.history()[0].change_type == WITNESS_REMOVED
    assert api.delete(interaction_ids=first.interaction_ids) == 1
    assert api.profiles() == []
    assert reason_of(api.GetProfile, prof_pb.GetProfileRequest(profile_id=before.profile_id))[0] == "NOT_FOUND"
    [change] = api.history()
    assert (change.change_type, change.profile_id) == (DELETED, before.profile_id)
    assert "peanuts" not in str(change)


def test_a_deletion_restores_what_the_dead_row_had_superseded(api):
    api.say("I live in Lisbon.")
    move = api.say("I moved to Porto.")
    api.delete(interaction_ids=move.interaction_ids)
    assert api.facts() == ["Lives in Lisbon"]
    [row] = api.profiles()
    assert (row.superseded_by, row.HasField("end_time"), row.lifecycle) == ("", False, CURRENT)
    assert RESTORED in {one.change_type for one in api.history()}


def test_a_link_in_the_middle_goes_and_the_chain_holds(api):
    api.say("I live in Lisbon.")
    middle = api.say("I live in Porto.")
    last = api.say("I live in Faro.")
    api.delete(interaction_ids=middle.interaction_ids)
    rows = by_content(api)
    assert set(rows) == {"Lives in Lisbon", "Lives in Faro"}
    assert api.facts() == ["Lives in Faro"]
    assert rows["Lives in Lisbon"].superseded_by == rows["Lives in Faro"].profile_id
    api.delete(interaction_ids=last.interaction_ids)
    assert api.facts() == ["Lives in Lisbon"]


def test_one_deletion_may_take_a_row_and_a_witness_of_what_it_superseded(api):
    api.say("I live in Lisbon.")
    again = api.say("I live in Lisbon.")
    move = api.say("I live in Porto.")
    api.delete(interaction_ids=[*again.interaction_ids, *move.interaction_ids])
    [row] = api.profiles()
    assert (row.content, row.lifecycle, row.superseded_by) == ("Lives in Lisbon", CURRENT, "")
    assert len(row.source_interaction_ids) == 1


def test_everything_of_a_user_goes_with_their_interactions(api):
    api.say("I live in Lisbon.", "I am allergic to peanuts.")
    api.say("I moved to Porto.")
    api.say("I have a dog.", user="other")
    api.delete(user_id="u")
    assert api.profiles(lifecycles=[CURRENT, SUPERSEDED]) == []
    assert len(api.facts("other")) == 1
    assert api.SearchProfiles(prof_pb.SearchProfilesRequest(query="Porto peanuts Lisbon")).hits[0].profile.user_id == (
        "other"
    )


def test_a_row_made_by_hand_outlives_its_sources(api):
    said = api.say("Hello there.", "Good morning.")
    made = api.CreateProfile(
        prof_pb.CreateProfileRequest(
            profile=profile_pb2.Profile(
                user_id="u", content="Prefers mornings", source_interaction_ids=said.interaction_ids
            )
        )
    ).profile
    api.delete(interaction_ids=[said.interaction_ids[1]])
    api.delete(interaction_ids=[said.interaction_ids[0]])
    [row] = api.profiles()
    assert (row.profile_id, row.content, list(row.evidence)) == (made.profile_id, "Prefers mornings", [])


def test_what_is_deleted_before_it_is_learnt_is_never_learnt(api):
    api.configure(window_size=1000, stride=1000)
    answer = api.say("I live in Lisbon.", learn=False)
    api.say("I am allergic to peanuts.", learn=False)
    api.delete(interaction_ids=answer.interaction_ids)
    assert api.say("I have a dog.").learning_state == DONE
    assert "Lives in Lisbon" not in api.facts()
    assert "Is allergic to peanuts" in api.facts()


def test_a_deletion_that_a_kill_interrupted_is_followed_after_the_restart(server):
    """The cascade of one deletion is slow enough for a kill to fall into it."""
    api = LearningApi(server.target, tenant="killed")
    turns = [f"I am allergic to {what}." for what in ("peanuts", "milk", "soy", "wheat", "eggs", "fish")]
    for number in range(40):
        api.say(*turns, user=f"u{number}", learn=False, session_finished=True)
    for number in range(40):
        api.caught_up(f"u{number}", 30)
    ids = [one.interaction_id for one in api.listed() if one.user_id != "u0"]
    call = api.deleting(interaction_ids=ids)
    eventually(lambda: len(api.listed(user_id="u1")) == 0, 20, 0.002)
    server.kill()
    call.cancel()
    server.start()
    api = LearningApi(server.target, tenant="killed", timeout=30)
    # Nothing is left to delete; when it is answered, everything has followed all the same.
    assert api.delete(user_id="u1") == 0
    assert {one.user_id for one in api.profiles(user="")} == {"u0"}
    assert len(api.profiles("u0")) == 6
