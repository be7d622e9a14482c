"""When the server learns and what it says of it: waiting, stride, idle time, flushes, filters, status."""

import pytest
from interplay.v1 import interaction_service_pb2 as pb

from tests.conftest import eventually
from tests.service.kit import data, fresh, refused
from tests.service.learning_kit import (
    DISABLED,
    DONE,
    LEARNED,
    PENDING,
    SKIPPED,
    LearningApi,
    agent,
    lpb,
    reason_of,
    user,
)

SMALL_TALK = [f"The weather on day {day} is fine." for day in range(20)]


@pytest.fixture(scope="module")
def everybody(shared_server):
    api = LearningApi(shared_server.target)
    yield api
    api.close()


@pytest.fixture
def api(everybody):
    """A tenant that nobody else uses."""
    return everybody.by(tenant=fresh("learning"))


def test_a_publish_that_waits_is_learnt_from_when_it_is_answered(api):
    answer = api.say("I live in Lisbon and I am allergic to peanuts.")
    assert answer.learning_state == DONE
    assert api.facts() == ["Is allergic to peanuts", "Lives in Lisbon"]
    assert api.status(request_id=answer.request_id).state == DONE


def test_what_is_only_evaluated_is_skipped(api):
    answer = api.say("I live in Lisbon.", evaluation_only=True)
    assert answer.learning_state == SKIPPED
    assert api.status(request_id=answer.request_id).state == SKIPPED
    api.say("I am allergic to peanuts.")
    assert api.facts() == ["Is allergic to peanuts"]
    # Not as context of a later window either.
    assert api.status(request_id=answer.request_id).window_ids == []


def test_a_tenant_that_does_not_learn_says_so_and_stores(api):
    api.configure(disabled=True)
    answer = api.say("I live in Lisbon.")
    assert answer.learning_state == DISABLED
    assert api.status(request_id=answer.request_id).state == DISABLED
    assert api.contents(user_id="u") == ["I live in Lisbon."]
    assert api.profiles() == []
    api.configure(disabled=False, idle_seconds=1)
    api.caught_up("u")
    assert api.facts() == ["Lives in Lisbon"]


def test_who_waits_is_told_when_learning_is_disabled_meanwhile(api):
    api.configure(window_size=1000, stride=1000)
    pending = api.say("I live in Lisbon.", learn=False)
    assert pending.learning_state == PENDING
    api.configure(disabled=True)
    request = pb.PublishInteractionsRequest(
        user_id="u", session_id="s", interactions=[data("I live in Porto.")], wait=LEARNED
    )
    assert api.PublishInteractions(request).learning_state == DISABLED


def test_learning_happens_without_anybody_waiting_after_a_stride(api):
    api.configure(window_size=4, stride=4)
    answer = api.say("I live in Lisbon.", *SMALL_TALK[:3], learn=False)
    assert answer.learning_state == PENDING
    api.caught_up("u")
    assert api.facts() == ["Lives in Lisbon"]
    [window] = api.provenance(profile_id=api.profiles()[0].profile_id).windows
    assert window.trigger == "stride"
    assert list(window.interaction_ids) == list(answer.interaction_ids)


def test_less_than_a_stride_waits(api):
    api.configure(window_size=4, stride=4)
    first = api.say("I live in Lisbon.", *SMALL_TALK[:2], learn=False)
    # Another user's pass comes after this one's would have.
    api.say("I am allergic to peanuts.", user="other")
    status = api.status(user_id="u")
    assert (status.state, status.pending_interactions, status.pending_users) == (PENDING, 3, 1)
    assert api.status(request_id=first.request_id).state == PENDING
    assert api.status().pending_users == 1
    assert api.profiles() == []


def test_the_last_turns_of_a_user_are_learnt_after_an_idle_time(api):
    api.configure(idle_seconds=1)
    api.say("I live in Lisbon.", learn=False)
    assert api.status(user_id="u").state == PENDING
    api.caught_up("u")
    assert api.facts() == ["Lives in Lisbon"]


def test_an_idle_time_that_passes_while_the_server_is_down_counts(server):
    api = LearningApi(server.target).by(tenant="idle")
    api.configure(idle_seconds=1)
    api.say("I live in Lisbon.", learn=False)
    api.say("I live in Porto.", user="v", learn=False)
    server.restart()
    # Nobody asks for the tenant: the server takes it up by itself.
    other = LearningApi(server.target).by(tenant="idle")
    other.caught_up("u")
    other.caught_up("v")
    assert (other.facts(), other.facts("v")) == (["Lives in Lisbon"], ["Lives in Porto"])


@pytest.mark.parametrize(
    "fields",
    [
        {"session_finished": True},
        {"expert": "You can return it within 30 days. Opened software is final sale."},
    ],
    ids=["session finished", "expert reply"],
)
def test_the_end_of_a_session_and_an_experts_reply_are_learnt_at_once(api, fields):
    expert = fields.pop("expert", "")
    turns = ["I live in Lisbon.", agent("You can return it within 30 days.", expert_content=expert)]
    assert api.say(*turns, learn=False, **fields).learning_state == PENDING
    api.caught_up("u")
    assert api.facts() == ["Lives in Lisbon"]
    [window] = api.provenance(profile_id=api.profiles()[0].profile_id).windows
    assert window.trigger == "flush"


def test_windows_overlap_within_a_session_but_not_across_a_flush(api):
    api.configure(window_size=4, stride=2)
    first = api.say("My name is Ana.", "I live in Lisbon.", learn=False)
    api.caught_up("u")
    second = api.say("I am allergic to peanuts.", "I have a dog.", learn=False)
    api.caught_up("u")
    third = api.say("I work as a nurse.", "I like opera.", learn=False, session_finished=True)
    api.caught_up("u")
    fourth = api.say("I own a car.", "I play the piano.", learn=False)
    api.caught_up("u")
    requests = [answer.request_id for answer in (first, second, third, fourth)]
    # Two extractors read each window.
    assert [len(api.windows(request)) for request in requests] == [4, 4, 2, 2]
    assert set(api.windows(requests[2])).isdisjoint(api.windows(requests[3]))


def test_extractors_read_only_their_sources(api):
    api.configure(
        profile_extractors=[
            lpb.Extractor(name="web", sources=["web", "app"]),
            lpb.Extractor(name="shop", sources=["shop"]),
        ]
    )
    api.say("I live in Lisbon.", source="web")
    api.say("I am allergic to peanuts.", source="shop")
    api.say("My name is Ana.", source="phone")
    found = {one.content: one.origin.extractor for one in api.profiles()}
    assert found == {"Lives in Lisbon": "web", "Is allergic to peanuts": "shop"}
    assert {one.source for one in api.profiles()} == {"web", "shop"}


def test_manual_extractors_run_when_they_are_called(api):
    api.configure(profile_extractors=[lpb.Extractor(name="by-hand", manual_only=True)])
    assert api.say("I live in Lisbon.").learning_state == DONE
    assert api.profiles() == []
    done = api.GenerateProfiles(lpb.GenerateProfilesRequest(user_id="u"))
    assert (done.window_count, done.created_count) == (1, 1)
    assert [one.profile_id for one in api.profiles()] == list(done.profile_ids)
    assert api.profiles()[0].origin.extractor == "by-hand"
    again = api.GenerateProfiles(lpb.GenerateProfilesRequest(user_id="u"))
    assert (again.window_count, again.created_count, list(again.profile_ids)) == (0, 0, [])
    assert reason_of(api.GenerateProfiles, lpb.GenerateProfilesRequest(user_id="u", extractor="nobody"))[0] == (
        "INVALID_ARGUMENT"
    )


def test_generating_reads_what_waits_for_a_stride_and_nobody_reads_it_again(api):
    api.configure(window_size=1000, stride=1000)
    answer = api.say("I live in Lisbon.", learn=False)
    done = api.GenerateProfiles(lpb.GenerateProfilesRequest(user_id="u"))
    assert done.created_count == 1
    api.GeneratePlaybooks(lpb.GeneratePlaybooksRequest(user_id="u"))
    api.caught_up("u")
    assert len(api.windows(answer.request_id)) == 2
    assert api.GenerateProfiles(lpb.GenerateProfilesRequest(user_id="nobody")).window_count == 0


def test_the_status_of_an_append_goes_by_stream_and_offset(api):
    name = fresh("stream")
    stream = api.stream(stream_id=name, user_id="u", session_id="s")
    stream.append(user("I live in Lisbon."), offset=0)
    stream.append(user("I am allergic to peanuts."), offset=1)
    stream.finish()
    assert api.status(request_id=f"{name}/1").state in {PENDING, DONE}
    api.GenerateProfiles(lpb.GenerateProfilesRequest(user_id="u"))
    api.GeneratePlaybooks(lpb.GeneratePlaybooksRequest(user_id="u"))
    eventually(lambda: api.status(request_id=f"{name}/1").state == DONE)
    # One window holds both appends, for each extractor.
    assert api.windows(f"{name}/0") == api.windows(f"{name}/1")
    assert len(api.windows(f"{name}/0")) == 2
    assert refused(api.status, request_id=f"{name}/2").code == "NOT_FOUND"
    assert refused(api.status, request_id="nobody").code == "NOT_FOUND"


def test_the_windows_of_a_request_are_all_those_that_hold_it_and_no_others(api):
    api.configure(window_size=2, stride=2, profile_extractors=[lpb.Extractor(name="web", sources=["web"])])
    long = api.say(*SMALL_TALK[:6], source="web", learn=False)
    api.caught_up("u")
    assert len(api.windows(long.request_id)) == 6
    api.say("I live in Lisbon.", source="web", learn=False)
    between = api.say("I have a dog.", source="shop", learn=False)
    api.say("I am allergic to peanuts.", source="web", learn=False)
    api.say("I play the piano.", source="shop")
    # The window of the source `web` spans it and does not hold it.
    held = api.windows(between.request_id)
    assert len(held) == 1


def test_the_status_of_somebody_unknown_is_done(api):
    api.say("I live in Lisbon.")
    status = api.status(user_id="nobody")
    assert (status.state, status.pending_interactions) == (DONE, 0)
    assert status.provider == "rules"
    assert [one.active.generation for one in status.pointers] == [1, 1]


def test_a_tenant_that_does_not_exist_has_a_status_too(everybody):
    api = everybody.by(tenant=fresh("nobody"))
    assert api.status().state == DONE
    assert api.config().window_size == 10


def test_the_same_request_again_waits_for_the_same_learning(api):
    request_id = fresh("request")
    first = api.say("I live in Lisbon.", session="s", request_id=request_id, learn=False)
    again = api.say("I live in Lisbon.", session="s", request_id=request_id)
    assert (first.duplicate, again.duplicate) == (False, True)
    assert list(first.interaction_ids) == list(again.interaction_ids)
    assert again.learning_state == DONE
    assert api.facts() == ["Lives in Lisbon"]
    assert len(api.listed()) == 1


def test_a_turn_may_be_a_million_characters_long_and_no_longer(api):
    text = "I live in Lisbon. " + "Word after word after word. " * 40_000
    whole = text[:1_000_000]
    assert reason_of(api.say, whole + "x", learn=False)[0] == "INVALID_ARGUMENT"
    assert reason_of(api.say, "y" * 10_000_000, learn=False)[0] == "INVALID_ARGUMENT"
    assert api.listed() == []
    answer = api.by(timeout=60).say(whole, learn=False, session_finished=True)
    # Others go on while it is read.
    other = [api.by(timeout=5).say(f"I own {number} bikes.", user=f"u{number}", learn=False) for number in range(5)]
    assert all(one.learning_state == PENDING for one in other)
    assert api.by(timeout=5).say("I am allergic to nuts.", user="other").learning_state == DONE
    api.caught_up("u", 60)
    assert "Lives in Lisbon" in api.facts()
    assert api.status(request_id=answer.request_id).state == DONE
