"""A step gathers what becomes one entry: the last state of each row, its history, and nothing of what it removes."""

import msgspec
from interplay_server.domain.learnt import CONFIRMED, CREATED, DELETED, SUPERSEDED, UPDATED, Origin, Profile
from interplay_server.learning.step import Step


def row(row_id="r1", **fields):
    return Profile(row_id=row_id, user_id="u", create_time=1, update_time=1, origin=Origin(), **fields)


def test_a_new_row_keeps_its_revision_and_a_changed_one_counts_on():
    step = Step(7)
    old = row("old", revision=4)
    step.put(None, row("new"), CREATED, "rules")
    step.put(old, msgspec.structs.replace(old, content="more"), UPDATED, "manual")
    new, changed = step.entry().puts
    assert (new.revision, changed.revision, changed.update_time) == (1, 5, 7)
    assert [(one.change, one.before) for one in step.entry().changes] == [(CREATED, None), (UPDATED, old)]
    assert step.row_ids == ("new", "old")


def test_a_row_that_changes_twice_is_stored_once():
    step = Step(7)
    first = row()
    step.put(None, first, CREATED, "rules")
    closed = msgspec.structs.replace(first, end_time=5)
    step.put(step.latest(first), closed, SUPERSEDED, "rules")
    [stored] = step.entry().puts
    assert (stored.end_time, stored.revision) == (5, 2)
    assert step.latest(first) == stored
    assert step.counts == {CREATED: 1, CONFIRMED: 0, SUPERSEDED: 1}


def test_what_is_removed_leaves_its_id_alone():
    step = Step(7)
    gone = row(content="a secret")
    step.put(gone, msgspec.structs.replace(gone, content="the same secret"), UPDATED, "manual")
    step.remove(gone, "deletion")
    entry = step.entry()
    assert entry.puts == ()
    assert entry.removed == (("profile", "r1"),)
    [change] = entry.changes
    assert (change.change, change.before, change.after) == (DELETED, None, None)
    assert step.latest(gone) is None


def test_a_row_that_the_step_does_not_touch_is_as_it_was():
    assert Step(7).latest(row()) == row()
