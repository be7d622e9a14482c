"""Pointers of generations: a user's active one is the topmost that covers them, and a rollback undoes a promotion."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interplay_server.domain.generations import AllGenerations, Generations, load, save
from interplay_server.domain.learnt import PINNED

USERS = ("ana", "bob", "cem")
covered = st.one_of(st.none(), st.sets(st.sampled_from(USERS), min_size=1).map(lambda users: tuple(sorted(users))))


def promoted(state, users=None):
    return state.begin("op", users, 1).completed().promote()


def test_a_pending_generation_is_nobodys_until_it_is_promoted():
    state = Generations().begin("op", None, 1)
    assert (state.active_for("ana"), state.pending.number, state.pending.complete) == (1, 2, False)
    assert not state.shows(2, "ana")
    with pytest.raises(ValueError, match="nothing to promote"):
        state.promote()
    state = state.completed().promote()
    assert state.active_for("ana") == 2
    assert state.shows(2, "ana")
    assert not state.shows(1, "ana")
    assert state.shows(PINNED, "ana")


def test_nothing_is_before_the_first():
    with pytest.raises(ValueError, match="nothing before"):
        Generations().roll_back()
    with pytest.raises(ValueError, match="nothing to promote"):
        Generations().promote()


def test_a_number_is_never_used_twice():
    state = promoted(Generations()).begin("op", None, 1).discarded()
    assert state.begin("again", None, 2).pending.number == 4
    assert promoted(state).roll_back().begin("more", None, 3).pending.number == 5


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.just("back"), covered), max_size=12))
def test_every_user_has_what_was_last_promoted_for_them(steps):
    state, model = Generations(), [(1, None)]
    for step in steps:
        if step == "back":
            if len(model) > 1:
                state = state.roll_back()
                model.pop()
            continue
        state = promoted(state, step)
        model.append((state.last, step))
        assert state.roll_back().promoted == state.promoted[:-1]
    for user in USERS:
        expected = [number for number, users in model if users is None or user in users][-1]
        assert state.active_for(user) == expected
        assert [number for number in range(1, state.last + 1) if state.shows(number, user)] == [expected]
    both = AllGenerations().with_("playbooks", state)
    assert load(save(both)) == both
    assert both.of("profiles") == Generations()


def test_a_ledger_without_a_word_on_generations_has_the_first():
    assert load(None).of("profiles").active.number == 1
