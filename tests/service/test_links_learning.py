"""What guests and accounts teach: one person's from the link on, each one's own when it is taken back."""

import sqlite3
import threading
import time
from contextlib import suppress
from random import Random

import grpc
import pytest

from tests.conftest import eventually
from tests.service.kit import fresh, pb
from tests.service.learning_kit import CURRENT, DONE, SUPERSEDED, LearningApi, agent, lpb, reason_of, user
from tests.service.links_kit import link, links, unlink


@pytest.fixture
def api(shared_server):
    made = LearningApi(shared_server.target, tenant=fresh("links"), timeout=60)
    yield made
    made.close()


def settled(api, *people):
    for one in people:
        api.caught_up(one, 60)
    return {one: api.facts(one) for one in people}


def owners(api, person):
    return {one.content: one.user_id for one in api.profiles(person)}


def test_what_is_said_after_the_link_is_one_persons(api):
    api.say("I live in Oslo.", user="g")
    api.say("I have a dog.", user="a")
    assert api.facts("a") == ["Has a dog"]
    link(api, "g", "a")
    assert api.facts("g") == api.facts("a") == ["Has a dog", "Lives in Oslo"]
    api.say("I moved to Bergen.", user="a")
    api.say("I work as a nurse.", user="g")
    known = ["Has a dog", "Moved to Bergen", "Works as a nurse"]
    assert api.facts("g") == api.facts("a") == known
    assert owners(api, "a")["Works as a nurse"] == "a", "facts are the account's from the link on"
    [old] = api.profiles("g", lifecycles=[SUPERSEDED])
    assert (old.content, old.user_id) == ("Lives in Oslo", "g")
    unlink(api, "g")
    assert settled(api, "g", "a") == {
        "g": ["Lives in Oslo", "Works as a nurse"],
        "a": ["Has a dog", "Moved to Bergen"],
    }
    assert owners(api, "g") == dict.fromkeys(api.facts("g"), "g")
    assert api.profiles("g", lifecycles=[SUPERSEDED]) == []


def test_what_both_have_taught_before_meets_at_the_link(api):
    api.say("I live in Oslo.", user="g")
    api.say("I like chess.", user="g")
    api.say("I live in Bergen.", user="a")
    api.say("I like chess.", user="a")
    link(api, "g", "a")
    eventually(lambda: api.facts("a") == ["Likes chess", "Lives in Bergen"], 60)
    unlink(api, "g")
    assert settled(api, "g", "a") == {"g": ["Likes chess", "Lives in Oslo"], "a": ["Likes chess", "Lives in Bergen"]}


def test_what_both_have_said_is_learnt_anew_for_each(api):
    """The account confirms what the guest said, and the guest says more of what the account said."""
    api.say("I am a vegetarian.", user="g")
    api.say("I have a dog.", user="a")
    link(api, "g", "a")
    api.say("I am a vegetarian.", user="a")
    api.say("I have a dog called Rex.", user="g")
    api.say("I have a dog called Rex.", user="a")
    [vegetarian] = [one for one in api.profiles("a") if "vegetarian" in one.content.lower()]
    assert len(vegetarian.evidence) == 2
    together = api.facts("a")
    assert "Has a dog called Rex" in together and "Has a dog" not in together
    unlink(api, "g")
    assert settled(api, "g", "a") == {"g": together, "a": together}
    for person in ("g", "a"):
        own = {
            one.interaction_id for one in api.ListInteractions(pb.ListInteractionsRequest(user_id=person)).interactions
        }
        for row in api.profiles(person, lifecycles=[CURRENT, SUPERSEDED]):
            assert row.user_id == person
            assert {one.interaction_id for one in row.evidence} <= own


def test_the_guests_words_do_not_stay_with_the_account(api):
    """Said less by the one than by the other: nobody keeps what only the other one said."""
    link(api, "g", "a")
    api.say("I have a cat called Tom.", user="g")
    api.say("I have a cat.", user="a")
    assert api.facts("a") == ["Has a cat called Tom"]
    unlink(api, "g")
    assert settled(api, "g", "a") == {"g": ["Has a cat called Tom"], "a": ["Has a cat"]}
    told = [one.after.content + one.before.content for one in api.history("a")]
    assert not any("Tom" in one for one in told)


def test_a_retraction_by_the_other_is_taken_back(api):
    api.say("I am a vegetarian.", user="g")
    [fact] = api.facts("g")
    link(api, "g", "a")
    api.say("I am not a vegetarian any more.", user="a")
    assert fact not in api.facts("g")
    unlink(api, "g")
    assert settled(api, "g")["g"] == [fact]


def test_a_place_lost_to_the_other_goes_to_ones_own_later_word(api):
    api.say("I live in Oslo.", user="g")
    link(api, "g", "a")
    api.say("I moved to Bergen.", user="a")
    api.say("I moved to Tromso.", user="g")
    assert api.facts("a") == ["Moved to Tromso"]
    unlink(api, "g")
    assert settled(api, "g", "a") == {"g": ["Moved to Tromso"], "a": ["Moved to Bergen"]}
    [old] = api.profiles("g", lifecycles=[SUPERSEDED])
    [new] = api.profiles("g")
    assert (old.content, old.superseded_by) == ("Lives in Oslo", new.profile_id)


def test_lessons_are_one_persons_too(api):
    wrong = [
        user("How do I export my data?"),
        agent("Click on the profile picture and choose Delete account."),
        user("No, that's wrong. Always check the export page before answering."),
    ]
    api.say(*wrong, user="g", session_finished=True)
    theirs = [one.instruction for one in api.playbooks("g")]
    assert theirs
    link(api, "g", "a")
    assert [one.instruction for one in api.playbooks("a")] == theirs
    api.say(*wrong, user="a", session_finished=True)
    assert len(api.playbooks("a")) == len(theirs), "said again by the same person"
    unlink(api, "g")
    settled(api, "g", "a")
    assert [one.instruction for one in api.playbooks("g")] == theirs
    assert sorted(one.instruction for one in api.playbooks("a")) == sorted(theirs)
    assert {one.user_id for one in api.playbooks("a")} == {"a"}


def test_turns_that_wait_for_a_stride_are_lost_by_neither(api):
    """Published before the link and not read yet: it is read, once, whatever the link does."""
    api.say("I live in Oslo.", user="g", learn=False)
    api.say("I have a dog.", user="a", learn=False)
    link(api, "g", "a")
    api.say("I work as a nurse.", user="g", learn=False)
    unlink(api, "g")
    api.say("I like chess.", user="g")
    api.say("I like rowing.", user="a")
    assert settled(api, "g", "a") == {
        "g": ["Likes chess", "Lives in Oslo", "Works as a nurse"],
        "a": ["Has a dog", "Likes rowing"],
    }


def test_links_that_come_and_go_lose_nothing(api):
    chance, said = Random(5), {"g": set(), "a": set(), "b": set()}
    towns = iter(["tennis", "chess", "golf", "rugby", "cricket", "rowing", "judo", "hockey", "polo", "sailing"])
    linked = False
    for thing in towns:
        who = chance.choice(["g", "g", "a", "b"])
        api.say(f"I like {thing}.", user=who, learn=chance.random() < 0.5)
        said[who].add(f"Likes {thing}")
        if chance.random() < 0.6:
            if linked:
                unlink(api, "g")
            else:
                link(api, "g", chance.choice(["a", "b"]))
            linked = not linked
    if linked:
        unlink(api, "g")
    for who, facts in said.items():
        if facts:
            api.say("That is all.", user=who)
    assert {who: set(api.facts(who)) for who in said} == said


def test_status_and_waiting_follow_the_link(api):
    api.say("I have a dog.", user="a")
    link(api, "g", "a")
    answer = api.say("I live in Oslo.", user="g")
    assert answer.learning_state == pb.LEARNING_STATE_DONE
    assert api.status(user_id="g").state == api.status(user_id="a").state == DONE
    assert api.status(request_id=answer.request_id).state == DONE
    assert len(api.windows(answer.request_id)) >= 1
    manual = api.GenerateProfiles(lpb.GenerateProfilesRequest(user_id="g"))
    assert manual is not None


def test_a_fact_by_hand_may_rest_on_the_words_of_either(api):
    [said] = api.say("I live in Oslo.", user="g").interaction_ids
    from interplay.v1 import profile_service_pb2 as prof  # noqa: PLC0415 - one use

    from tests.service.kit import Profile  # noqa: PLC0415 - one use

    request = prof.CreateProfileRequest(
        profile=Profile(user_id="a", content="Is from Norway", source_interaction_ids=[said])
    )
    assert reason_of(api.CreateProfile, request)[1] == "INVALID_REQUEST"
    link(api, "g", "a")
    made = api.CreateProfile(request).profile
    assert made.user_id == "a"
    unlink(api, "g")
    assert settled(api, "g", "a") == {"g": ["Lives in Oslo"], "a": ["Is from Norway"]}
    [row] = api.profiles("a")
    assert not row.evidence


def test_learning_anew_reads_a_person_as_one(api):
    api.say("I live in Oslo.", user="g")
    api.say("I moved to Bergen.", user="a")
    link(api, "g", "a")
    api.succeeded(api.rerun(user_ids=["g"]))
    api.promote()
    assert api.facts("g") == api.facts("a") == ["Moved to Bergen"]
    assert {one.user_id for one in api.profiles("a", lifecycles=[CURRENT, SUPERSEDED])} == {"a"}
    unlink(api, "g")
    assert settled(api, "g", "a") == {"g": ["Lives in Oslo"], "a": ["Moved to Bergen"]}


def test_deleted_words_do_not_come_back_when_a_link_is_taken_back(api):
    [said] = api.say("I live in Oslo.", user="g").interaction_ids
    link(api, "g", "a")
    api.say("I live in Oslo.", user="a")
    assert api.delete(interaction_ids=[said]) == 1
    unlink(api, "g")
    assert settled(api, "g", "a") == {"g": [], "a": ["Lives in Oslo"]}


# --- kills


def taught(server):
    api = LearningApi(server.target, tenant="acme", timeout=60)
    api.say("I am a vegetarian.", user="g")
    link(api, "g", "a")
    api.say("I am a vegetarian.", user="a")
    api.say("I moved to Bergen.", user="a")
    api.say("I work as a nurse.", user="g")
    return api


APART = {"g": ["Vegetarian", "Works as a nurse"], "a": ["Moved to Bergen", "Vegetarian"]}


def test_a_kill_right_after_the_link_is_taken_back_is_taken_up(server):
    api = taught(server)
    before = api.facts("a")
    api.close()
    server.kill()
    # As the transaction leaves it, before learning has followed.
    ledger = sqlite3.connect(server.data / "acme" / "ledger.sqlite3")
    [since] = ledger.execute("SELECT link_seq FROM user_links WHERE guest_id = 'g'").fetchone()
    ledger.execute("DELETE FROM user_links")
    ledger.execute("INSERT INTO link_changes VALUES (?, 'g', 'a', 0, ?)", (10**6, since))
    ledger.commit()
    ledger.close()
    server.start()
    again = LearningApi(server.target, tenant="acme", timeout=60)
    found = eventually(lambda: (now := settled(again, "g", "a"))["a"] != before and now, 60)
    assert {who: len(facts) for who, facts in found.items()} == {"g": 2, "a": 2}
    assert not {one.user_id for one in again.profiles("g")} - {"g"}
    again.close()


def test_kills_at_any_moment_leave_one_person_or_two(server):
    chance = Random(7)
    api = taught(server)
    together = api.facts("a")
    apart = None
    for _ in range(2):
        target = server.target

        def change(target=target):
            other = LearningApi(target, tenant="acme", timeout=20)
            with suppress(grpc.RpcError):
                unlink(other, "g")
            other.close()

        thread = threading.Thread(target=change)
        thread.start()
        time.sleep(chance.uniform(0.0, 0.06))
        server.kill()
        thread.join()
        api.close()
        server.start()
        api = LearningApi(server.target, tenant="acme", timeout=60)
        if links(api):
            assert settled(api, "g", "a") == {"g": together, "a": together}
            continue
        found = eventually(lambda api=api: (now := settled(api, "g", "a"))["a"] != together and now, 60)
        assert apart is None or found == apart
        apart = found
        assert sorted({*found["g"], *found["a"]}) == together
        assert "Works as a nurse" in found["g"] and "Works as a nurse" not in found["a"]
        assert "Moved to Bergen" in found["a"] and "Moved to Bergen" not in found["g"]
        link(api, "g", "a")
        assert settled(api, "g", "a") == {"g": together, "a": together}
    api.close()
