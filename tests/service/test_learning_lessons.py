"""Lessons: experts, corrections, judgements given later, the arms of shadow answers, and aggregates after a deletion."""

import pytest
from interplay.v1 import interaction_pb2

from tests.conftest import eventually
from tests.service.kit import fresh
from tests.service.learning_kit import (
    RETURNS_ANSWER,
    RETURNS_EXPERT,
    RETURNS_QUESTION,
    LearningApi,
    agent,
    ctx_pb,
    play_pb,
    prof_pb,
    rpb,
)

PRODUCTION, SHADOW = rpb.ARM_PRODUCTION, rpb.ARM_SHADOW
FROM_PRODUCTION, FROM_SHADOW, FROM_BOTH = range(1, 4)
FAR = ["How far is Ghent?", agent("It is 34 miles away."), "Use kilometres instead of miles."]


@pytest.fixture
def api(shared_server):
    made = LearningApi(shared_server.target, tenant=fresh("lessons"))
    yield made
    made.close()


def shadowed(api, *contents, **fields):
    return api.say(*contents, learn_from=fields.pop("learn_from", FROM_SHADOW), **fields)


def lessons(api, arm=PRODUCTION):
    return {one.instruction for one in api.playbooks(arm=arm)}


# --- experts


def test_the_experts_gaps_are_independent_lessons(api):
    answer = api.say(RETURNS_QUESTION, agent(RETURNS_ANSWER, expert_content=RETURNS_EXPERT))
    found = api.playbooks("u")
    assert {one.kind for one in found} == {"expert"}
    said = [f"{one.content}".casefold() for one in found]
    for gap in ("packaging", "final sale", "90 days", "refund"):
        assert any(gap in one for one in said), gap
    assert len(found) >= 4
    for one in found:
        assert one.content.startswith("When ")
        cited = {span.interaction_id for span in one.evidence}
        assert answer.interaction_ids[1] in cited
        assert cited <= set(answer.interaction_ids)
        for span in one.evidence:
            text = {
                "content": {answer.interaction_ids[0]: RETURNS_QUESTION, answer.interaction_ids[1]: RETURNS_ANSWER},
                "expert_content": {answer.interaction_ids[1]: RETURNS_EXPERT},
            }[span.field][span.interaction_id]
            assert 0 <= span.start < span.end <= len(text)


def test_an_expert_who_says_the_same_teaches_nothing(api):
    api.say(RETURNS_QUESTION, agent(RETURNS_EXPERT, expert_content=RETURNS_EXPERT))
    api.say(RETURNS_QUESTION, agent(RETURNS_ANSWER, expert_content=f"  {RETURNS_ANSWER.upper()} "))
    assert api.playbooks() == []


def test_ordinary_lessons_of_the_same_window_stay(api):
    api.say(RETURNS_QUESTION, agent(RETURNS_ANSWER, expert_content=RETURNS_EXPERT), *FAR)
    kinds = {one.kind for one in api.playbooks()}
    assert "expert" in kinds
    assert "Use kilometres instead of miles." in lessons(api)


def test_aggregates_follow_a_deletion_at_once(api):
    said = [api.say(*FAR, user=f"u{number}") for number in range(3)]
    [before] = eventually(lambda: [one for one in api.agent_playbooks() if one.support.member_count == 3])
    assert before.support.distinct_users == 3
    api.delete(interaction_ids=said[0].interaction_ids)
    [after] = api.agent_playbooks()
    assert (after.support.member_count, after.support.distinct_users) == (2, 2)
    assert after.playbook_id == before.playbook_id
    assert set(after.member_ids) < set(before.member_ids)
    api.delete(user_id="u1")
    assert all(one.support.member_count <= 1 for one in api.agent_playbooks())
    api.delete(user_id="u2")
    assert api.agent_playbooks() == []
    assert api.playbooks() == []
    assert api.SearchAgentPlaybooks(play_pb.SearchAgentPlaybooksRequest(query="kilometres")).hits[:] == []


def test_the_provenance_of_an_aggregate_is_that_of_its_members(api):
    said = [api.say(*FAR, user=f"u{number}") for number in range(2)]
    [row] = eventually(api.agent_playbooks)
    told = api.provenance(agent_playbook_id=row.playbook_id)
    assert set(told.member_ids) == {one.playbook_id for one in api.playbooks()} == set(row.member_ids)
    assert {one.user_id for one in told.windows} == {"u0", "u1"}
    assert {one.interaction_id for one in told.evidence} <= {one for answer in said for one in answer.interaction_ids}
    members = [api.provenance(user_playbook_id=one) for one in row.member_ids]
    assert sorted(one.window_id for one in told.windows) == sorted(
        window.window_id for one in members for window in one.windows
    )


# --- judgements given later

JUDGEMENTS = {
    "expert reply": ({"expert_content": RETURNS_EXPERT}, "expert"),
    "thumb down": (
        {"thumb": interaction_pb2.THUMB_DOWN, "comment": "Always mention that opened software is final sale."},
        "annotation",
    ),
    "rating": ({"rating": 1.0, "comment": "Always mention that opened software is final sale."}, "annotation"),
}


@pytest.mark.parametrize(("judgement", "kind"), JUDGEMENTS.values(), ids=JUDGEMENTS)
def test_a_judgement_is_learnt_from_when_it_comes(api, judgement, kind):
    answer = api.say(RETURNS_QUESTION, agent(RETURNS_ANSWER))
    assert api.playbooks() == []
    api.annotate(answer.interaction_ids[1], **judgement)
    found = eventually(api.playbooks)
    assert {one.kind for one in found} == {kind}
    for one in found:
        [window] = api.provenance(user_playbook_id=one.playbook_id).windows
        assert window.trigger == "annotation"
        assert list(window.interaction_ids) == list(answer.interaction_ids)
        assert {span.interaction_id for span in one.evidence} <= set(answer.interaction_ids)


def test_a_judgement_without_words_teaches_nothing(api):
    answer = api.say(RETURNS_QUESTION, agent(RETURNS_ANSWER))
    api.annotate(answer.interaction_ids[1], thumb=interaction_pb2.THUMB_DOWN)
    api.annotate(answer.interaction_ids[1], expert_content=RETURNS_ANSWER)
    # A later judgement is read after them.
    other = api.say("How far is Ghent?", agent("It is 34 miles away."), user="v")
    api.annotate(other.interaction_ids[1], rating=1.0, comment="Always answer in kilometres, never in miles.")
    eventually(lambda: api.playbooks("v"))
    assert api.playbooks("u") == []


def test_a_judgement_of_what_is_only_evaluated_teaches_nothing(api):
    answer = api.say(RETURNS_QUESTION, agent(RETURNS_ANSWER), evaluation_only=True)
    api.annotate(answer.interaction_ids[1], expert_content=RETURNS_EXPERT)
    other = api.say("How far is Ghent?", agent("It is 34 miles away."), user="v")
    api.annotate(other.interaction_ids[1], rating=1.0, comment="Always answer in kilometres, never in miles.")
    eventually(lambda: api.playbooks("v"))
    assert api.playbooks("u") == []


def test_judgements_are_learnt_once_across_kills(server):
    api = LearningApi(server.target, tenant="judged", timeout=30)
    answers = [api.say(RETURNS_QUESTION, agent(RETURNS_ANSWER), user=f"u{number}") for number in range(8)]
    for answer in answers:
        api.annotate(answer.interaction_ids[1], expert_content=RETURNS_EXPERT)
    for _ in range(2):
        server.restart()
        api = LearningApi(server.target, tenant="judged", timeout=30)
    counts = eventually(
        lambda: (found := [len(api.playbooks(f"u{number}")) for number in range(8)]) and all(found) and found
    )
    assert len(set(counts)) == 1
    for number in range(8):
        for one in api.playbooks(f"u{number}"):
            assert [window.trigger for window in api.provenance(user_playbook_id=one.playbook_id).windows] == [
                "annotation"
            ]


# --- arms

SHADOWED = agent("It is 34 miles away.", shadow_content="It is 55 km away.")


def test_production_is_the_default(api):
    api.say("I live in Lisbon.", "How far is Ghent?", SHADOWED, "Use kilometres instead of miles.")
    assert {one.origin.arm for one in api.profiles()} == {PRODUCTION}
    assert api.profiles(arm=SHADOW) == []
    assert lessons(api) == {"Use kilometres instead of miles."}
    assert lessons(api, SHADOW) == set()


def test_a_publish_may_ask_for_the_shadow(api):
    shadowed(api, "I live in Lisbon.", "How far is Ghent?", agent("55 km.", shadow_content="34 miles."))
    assert api.profiles() == []
    assert [one.origin.arm for one in api.profiles(arm=SHADOW)] == [SHADOW]


def test_the_tenant_may_ask_for_the_shadow(api):
    api.configure(learn_from=FROM_SHADOW)
    api.say("I live in Lisbon.")
    api.say("I am allergic to peanuts.", learn_from=FROM_PRODUCTION)
    assert api.facts(arm=SHADOW) == ["Lives in Lisbon"]
    assert api.facts() == ["Is allergic to peanuts"]


def test_both_arms_learn_each_for_itself(api):
    shadowed(api, "I live in Lisbon.", learn_from=FROM_BOTH)
    shadowed(api, "I moved to Porto.", learn_from=FROM_PRODUCTION)
    assert api.facts() == ["Moved to Porto"]
    assert api.facts(arm=SHADOW) == ["Lives in Lisbon"]
    windows = {api.provenance(profile_id=one.profile_id).windows[0].arm for one in api.profiles(arm=SHADOW)}
    assert windows == {SHADOW}


def test_the_shadow_is_what_is_corrected_in_its_arm(api):
    expert = "It is 55 km away. The train from Bruges takes 25 minutes."
    shadowed(
        api,
        "How far is Ghent?",
        agent(
            "It is 55 km away. The train from Bruges takes 25 minutes.",
            shadow_content="It is 55 km away.",
            expert_content=expert,
        ),
        learn_from=FROM_BOTH,
    )
    # In production the expert says the same.
    assert lessons(api) == set()
    [lesson] = api.playbooks(arm=SHADOW)
    assert "25 minutes" in lesson.content
    assert "shadow_content" in {span.field for span in lesson.evidence}


def test_no_lesson_in_the_shadow_leans_on_an_answer_to_production(api):
    turns = ["How far is Ghent?", SHADOWED, "Use kilometres instead of miles."]
    shadowed(api, *turns, learn_from=FROM_BOTH)
    assert lessons(api) == {"Use kilometres instead of miles."}
    assert lessons(api, SHADOW) == set()


def test_nor_where_the_shadowed_turn_stands_in_an_earlier_window(api):
    shadowed(api, "How far is Ghent?", SHADOWED, learn_from=FROM_BOTH, session="s")
    later = ["How far is Bruges?", agent("It is 60 miles away."), "Use kilometres instead of miles."]
    shadowed(api, *later, learn_from=FROM_BOTH, session="s")
    assert lessons(api) == {"Use kilometres instead of miles."}
    assert lessons(api, SHADOW) == set()
    # In another session nothing was shadowed.
    shadowed(api, *later, learn_from=FROM_BOTH, session="t")
    assert lessons(api, SHADOW) == {"Use kilometres instead of miles."}


def test_what_the_shadow_taught_is_seen_by_those_who_ask_for_it(api):
    shadowed(api, "I live in Lisbon.", *FAR)
    assert lessons(api, SHADOW)
    found = prof_pb.SearchProfilesRequest(query="Lisbon", user_id="u")
    assert list(api.SearchProfiles(found).hits) == []
    found.arm = SHADOW
    assert api.SearchProfiles(found).hits[0].profile.content == "Lives in Lisbon"
    books = play_pb.SearchUserPlaybooksRequest(query="kilometres", user_id="u")
    assert list(api.SearchUserPlaybooks(books).hits) == []
    books.arm = SHADOW
    assert len(api.SearchUserPlaybooks(books).hits) == 1
    everything = ctx_pb.SearchAllRequest(query="Lisbon kilometres", user_id="u")
    assert not api.SearchAll(everything).profiles
    assert not api.SearchAll(everything).user_playbooks
    briefing = ctx_pb.GetContextRequest(user_id="u", query="Where do I live, and how far is Ghent?")
    assert not api.GetContext(briefing).profiles
    assert not api.GetContext(briefing).playbooks
    briefing.arm = SHADOW
    assert {one.profile.origin.arm for one in api.GetContext(briefing).profiles} == {SHADOW}
    # Nor do aggregates stand on it.
    shadowed(api, *FAR, user="v")
    api.say("I have a dog.", user="w")
    assert api.agent_playbooks() == []
