"""Learning anew: pending generations, promotion and rollback, reruns that are cancelled, killed or refused."""

import pytest
from interplay.v1 import playbook_pb2, profile_pb2

from tests.conftest import eventually
from tests.service.kit import fresh, now
from tests.service.learning_kit import (
    ARCHIVED,
    CANCELLED,
    CURRENT,
    DONE,
    IN_PENDING,
    PLAYBOOKS,
    PROFILES,
    RETURNS_ANSWER,
    RETURNS_EXPERT,
    RETURNS_QUESTION,
    LearningApi,
    agent,
    ctx_pb,
    lpb,
    op_pb,
    play_pb,
    prof_pb,
    reason_of,
)

REFUSED = "FAILED_PRECONDITION"


@pytest.fixture
def api(shared_server):
    made = LearningApi(shared_server.target, tenant=fresh("generations"))
    yield made
    made.close()


def say_facts(api, user="u"):
    return api.say("I live in Lisbon.", "I am allergic to peanuts.", user=user)


def numbers(pointers):
    """(active, previous, pending) by kind."""
    return {one.kind: (one.active.generation, one.previous.generation, one.pending.generation) for one in pointers}


def generations(rows):
    return {one.origin.generation for one in rows}


def test_a_rerun_is_seen_when_it_is_promoted_and_gone_when_that_is_rolled_back(api):
    say_facts(api)
    before = api.facts()
    operation, steps = api.ended(api.rerun())
    assert dict(operation.result) | {"windows": "2"} == {
        "profiles_generation": "2",
        "playbooks_generation": "2",
        "users": "1",
        "windows": "2",
        "created": "2",
    }
    assert steps[-1] == (2, 2)
    assert operation.progress_percent == 100
    assert generations(api.profiles()) == {1}
    pending = api.profiles(lifecycles=[IN_PENDING])
    assert sorted(one.content for one in pending) == before
    assert generations(pending) == {2}
    hits = api.SearchProfiles(prof_pb.SearchProfilesRequest(query="Lisbon", user_id="u")).hits
    assert generations(hit.profile for hit in hits) == {1}
    assert numbers(api.promote()) == {PROFILES: (2, 1, 0), PLAYBOOKS: (2, 1, 0)}
    assert api.facts() == before
    assert generations(api.profiles()) == {2}
    assert generations(api.profiles(lifecycles=[ARCHIVED])) == {1}
    briefing = api.GetContext(ctx_pb.GetContextRequest(user_id="u", query="Where do I live?"))
    assert generations(one.profile for one in briefing.profiles) == {2}
    assert numbers(api.roll_back()) == {PROFILES: (1, 0, 0), PLAYBOOKS: (1, 0, 0)}
    assert generations(api.profiles()) == {1}
    assert api.facts() == before


def test_one_kind_at_a_time(api):
    say_facts(api)
    api.succeeded(api.rerun(kind=PROFILES))
    assert reason_of(api.promote, PLAYBOOKS) == (REFUSED, "NOTHING_TO_PROMOTE")
    assert numbers(api.promote()) == {PROFILES: (2, 1, 0)}
    assert reason_of(api.roll_back, PLAYBOOKS) == (REFUSED, "NOTHING_TO_ROLL_BACK")
    assert numbers(api.roll_back()) == {PROFILES: (1, 0, 0)}


def test_nothing_to_promote_and_nothing_to_roll_back(api):
    say_facts(api)
    before = api.profiles()
    assert reason_of(api.promote) == (REFUSED, "NOTHING_TO_PROMOTE")
    assert reason_of(api.roll_back) == (REFUSED, "NOTHING_TO_ROLL_BACK")
    assert api.profiles() == before


def test_a_rerun_that_is_not_promoted_is_dropped_by_the_next(api):
    say_facts(api)
    api.succeeded(api.rerun())
    result = api.succeeded(api.rerun())
    assert result["profiles_generation"] == "3"
    assert generations(api.profiles(lifecycles=[IN_PENDING])) == {3}
    assert len(api.profiles(lifecycles=[IN_PENDING])) == 2


def test_the_generation_before_the_previous_is_gone(api):
    say_facts(api)
    for _ in range(2):
        api.succeeded(api.rerun())
        api.promote()
    eventually(lambda: generations(api.profiles(lifecycles=[ARCHIVED])) == {2})
    assert generations(api.profiles()) == {3}
    api.roll_back()
    assert reason_of(api.roll_back) == (REFUSED, "NOTHING_TO_ROLL_BACK")
    assert generations(api.profiles()) == {2}


def test_a_rerun_of_some_users_leaves_the_others_what_they_have(api):
    for name in ("u", "v", "w"):
        say_facts(api, name)
    kept = {one.profile_id for name in ("v", "w") for one in api.profiles(name)}
    assert api.succeeded(api.rerun(user_ids=["u"]))["users"] == "1"
    assert {one.user_id for one in api.profiles("", lifecycles=[IN_PENDING])} == {"u"}
    [profiles, _] = api.promote()
    assert profiles.active.user_count == 1
    assert generations(api.profiles()) == {2}
    assert {one.profile_id for name in ("v", "w") for one in api.profiles(name)} == kept
    api.say("I have a dog.", user="v")
    assert generations(api.profiles("v")) == {1}
    assert len(api.profiles("v")) == 3
    api.roll_back()
    assert generations(api.profiles()) == {1}


def test_a_rerun_may_be_told_what_to_read(api):
    api.say("I live in Lisbon.", source="web")
    between = now()
    api.say("I am allergic to peanuts.", source="shop")
    for fields, expected in (
        ({"source": "web"}, ["Lives in Lisbon"]),
        ({"start_time": between}, ["Is allergic to peanuts"]),
        ({"end_time": between}, ["Lives in Lisbon"]),
    ):
        api.succeeded(api.rerun(kind=PROFILES, **fields))
        assert api.facts(lifecycles=[IN_PENDING]) == expected
    assert reason_of(api.rerun, extractor="nobody")[0] == "INVALID_ARGUMENT"
    assert api.succeeded(api.rerun(kind=PROFILES, extractor="profiles"))["created"] == "2"


def test_a_new_configuration_shows_in_the_rerun(api):
    say_facts(api)
    api.configure(profile_extractors=[lpb.Extractor(name="anew", sources=["shop"])])
    assert api.succeeded(api.rerun(kind=PROFILES))["created"] == "0"
    api.promote(PROFILES)
    assert api.profiles() == []
    api.roll_back(PROFILES)
    assert len(api.profiles()) == 2


def test_the_same_request_gives_the_same_operation(api):
    say_facts(api)
    first = api.rerun(request_id="again")
    assert api.rerun(request_id="again") == first
    api.succeeded(first)
    assert api.rerun(request_id="again") == first
    assert reason_of(api.rerun, request_id="again", source="web")[0] == "ALREADY_EXISTS"


def test_what_is_made_or_edited_by_hand_survives(api):
    say_facts(api)
    made = profile_pb2.Profile(user_id="u", content="Prefers mornings")
    api.CreateProfile(prof_pb.CreateProfileRequest(profile=made))
    [lisbon] = [one for one in api.profiles() if "Lisbon" in one.content]
    edited = profile_pb2.Profile(profile_id=lisbon.profile_id, content="Lives in the old town of Lisbon")
    api.UpdateProfile(prof_pb.UpdateProfileRequest(profile=edited))
    by_hand = playbook_pb2.UserPlaybook(user_id="u", instruction="Greet in Portuguese")
    api.CreateUserPlaybook(play_pb.CreateUserPlaybookRequest(playbook=by_hand))
    api.succeeded(api.rerun())
    api.promote()
    assert {"Prefers mornings", "Lives in the old town of Lisbon", "Is allergic to peanuts"} <= set(api.facts())
    assert [one.instruction for one in api.playbooks("u")] == ["Greet in Portuguese"]
    # A promotion of another generation does not undo the edit.
    assert lisbon.profile_id in {one.profile_id for one in api.profiles()}


def test_live_learning_stays_in_the_active_generation_and_the_new_one_catches_up(api):
    say_facts(api)
    api.succeeded(api.rerun())
    api.say("I have a dog.")
    assert len(api.profiles()) == 3
    assert len(api.profiles(lifecycles=[IN_PENDING])) == 2
    api.promote()
    api.caught_up("u")
    eventually(lambda: len(api.profiles()) == 3)
    assert generations(api.profiles()) == {2}
    api.say("I play the piano.")
    after = api.facts()
    assert len(after) == 4
    api.roll_back()
    api.caught_up("u")
    eventually(lambda: len(api.profiles()) == 4)
    assert generations(api.profiles()) == {1}
    assert api.facts() == after


def test_who_waits_while_a_generation_is_promoted_is_not_forgotten(api):
    say_facts(api)
    api.succeeded(api.rerun())
    calls = []
    for number in range(10):
        calls.append(api.saying(f"I own {number + 2} bikes.", session=f"s{number}"))
        if number == 4:
            api.promote()
    assert {call.result().learning_state for call in calls} == {DONE}


def test_lessons_of_a_rerun_make_the_aggregates_after_its_promotion(api):
    api.say(RETURNS_QUESTION, agent(RETURNS_ANSWER, expert_content=RETURNS_EXPERT))
    lessons = sorted(one.content for one in api.playbooks())
    assert lessons
    before = eventually(lambda: sorted(one.content for one in api.agent_playbooks()))
    api.succeeded(api.rerun())
    assert sorted(one.content for one in api.playbooks()) == lessons
    api.promote()
    assert sorted(one.content for one in api.playbooks()) == lessons
    assert generations(api.playbooks()) == {2}
    ids = {one.playbook_id for one in api.playbooks()}

    def moved():
        aggregates = api.agent_playbooks()
        members = {one for row in aggregates for one in row.member_ids}
        return aggregates and members <= ids and sorted(row.content for row in aggregates) == before

    eventually(moved)


def test_judgements_are_part_of_a_rerun(api):
    answer = api.say(RETURNS_QUESTION, agent(RETURNS_ANSWER))
    api.annotate(answer.interaction_ids[1], expert_content=RETURNS_EXPERT)
    learnt = eventually(lambda: sorted(one.content for one in api.playbooks()))
    api.succeeded(api.rerun())
    assert sorted(one.content for one in api.playbooks(lifecycles=[IN_PENDING])) == learnt
    api.promote()
    api.caught_up("u")
    assert sorted(one.content for one in api.playbooks()) == learnt


def test_a_judgement_between_rerun_and_promotion_is_not_lost(api):
    answer = api.say(RETURNS_QUESTION, agent(RETURNS_ANSWER))
    api.succeeded(api.rerun())
    api.annotate(answer.interaction_ids[1], expert_content=RETURNS_EXPERT)
    learnt = eventually(lambda: sorted(one.content for one in api.playbooks()))
    api.promote()
    eventually(lambda: sorted(one.content for one in api.playbooks()) == learnt)
    api.roll_back()
    assert sorted(one.content for one in api.playbooks()) == learnt


def test_what_is_deleted_is_gone_from_every_generation(api):
    answer = say_facts(api)
    api.succeeded(api.rerun())
    api.delete(interaction_ids=[answer.interaction_ids[0]])
    for lifecycle in (CURRENT, IN_PENDING):
        assert api.facts(lifecycles=[lifecycle]) == ["Is allergic to peanuts"]
    api.promote()
    assert api.facts() == ["Is allergic to peanuts"]
    assert api.facts(lifecycles=[ARCHIVED]) == ["Is allergic to peanuts"]


@pytest.fixture
def long_rerun(server):
    """A server with so many users that a rerun takes seconds, and its API."""
    api = LearningApi(server.target, tenant="long")
    for number in range(60):
        api.say(
            "I live in Lisbon.",
            "I am allergic to peanuts.",
            "I have a dog.",
            user=f"u{number}",
            session=f"s{number}",
            learn=False,
            session_finished=True,
        )
    eventually(lambda: api.status().pending_users == 0, 60)
    yield server, api
    api.close()


def test_a_rerun_is_alone_cancelled_killed_and_taken_up(long_rerun):
    server, api = long_rerun
    everything = api.facts("")
    operation_id = api.rerun(kind=PROFILES)
    assert reason_of(api.rerun, kind=PROFILES) == (REFUSED, "RERUN_RUNNING")
    assert reason_of(api.rerun) == (REFUSED, "RERUN_RUNNING")
    assert reason_of(api.promote, PROFILES) == (REFUSED, "RERUN_RUNNING")
    watch = api.WatchOperation(op_pb.WatchOperationRequest(operation_id=operation_id))
    seen = [next(watch).operation.done_count for _ in range(4)]
    assert seen == sorted(seen)
    assert seen[-1] > seen[0]
    watch.cancel()
    ended = api.CancelOperation(op_pb.CancelOperationRequest(operation_id=operation_id)).operation
    assert ended.state == CANCELLED
    assert api.profiles("", lifecycles=[IN_PENDING]) == []
    assert [one.pending.generation for one in api.status().pointers] == [0, 0]
    assert reason_of(api.promote) == (REFUSED, "NOTHING_TO_PROMOTE")
    assert api.facts("") == everything

    operation_id = api.rerun()
    for _ in range(2):
        watch = api.WatchOperation(op_pb.WatchOperationRequest(operation_id=operation_id))
        start = next(watch).operation.done_count
        while next(watch).operation.done_count < start + 5:
            pass
        server.restart()
        api = LearningApi(server.target, tenant="long")
        assert reason_of(api.promote) == (REFUSED, "RERUN_RUNNING")
    result = api.succeeded(operation_id)
    assert result["users"] == "60"
    pending = api.profiles("", lifecycles=[IN_PENDING])
    assert sorted(one.content for one in pending) == everything
    assert len({(one.user_id, one.content) for one in pending}) == len(pending)
    api.promote()
    assert api.facts("") == everything
    # What was read before a kill was not read again.
    windows = [api.provenance(profile_id=one.profile_id).windows for one in pending[:30]]
    assert {len(one) for one in windows} == {1}
