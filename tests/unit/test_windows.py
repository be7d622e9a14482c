"""Every eligible interaction is fresh once and in few windows, whatever happens between the windows."""

from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interplay_server.domain.learning_config import PRESETS, Extractor, LearningConfig
from interplay_server.domain.learnt import Cursor, CursorKey
from interplay_server.learning.windows import FLUSH, STRIDE, next_window

KEY = CursorKey("u", "profiles", "production", 1)


@dataclass
class Journal:
    """A user's interactions and the cursor, as the ledger keeps them: a window and its cursor change together."""

    size: int = 10
    stride: int = 8
    wait_full_first: bool = False
    newest: int = 0
    flush_seq: int = 0
    stored: set[int] = field(default_factory=set)
    cursor: Cursor = field(default_factory=lambda: Cursor(KEY))
    fresh: Counter = field(default_factory=Counter)
    held: Counter = field(default_factory=Counter)
    read: list = field(default_factory=list)

    def publish(self, count):
        self.stored |= set(range(self.newest + 1, self.newest + count + 1))
        self.newest += count

    def delete(self, share):
        self.stored -= {seq for seq in self.stored if seq % 7 in share}

    def plan(self):
        wanted = self.size if self.wait_full_first else self.stride
        available = sorted(seq for seq in self.stored if seq > self.cursor.seq)[:wanted]
        return next_window(
            self.cursor,
            available,
            size=self.size,
            stride=self.stride,
            flush_seq=self.flush_seq,
            wait_full_first=self.wait_full_first,
        )

    def read_next(self):
        plan = self.plan()
        if plan is None:
            return False
        before, most = self.cursor, -(-self.size // self.stride)
        seen = [*plan.context, *plan.fresh]
        assert seen == sorted(set(seen)), "in the order of the journal, each once"
        assert len(seen) <= self.size
        assert plan.fresh[0] > before.seq >= max(plan.context, default=0)
        assert plan.after.seq == plan.fresh[-1]
        if self.flush_seq < plan.fresh[0]:
            assert all(seq > self.flush_seq for seq in plan.context), "a window starts before a flush"
        self.cursor = plan.after
        self.fresh.update(plan.fresh)
        self.held.update(seen)
        assert all(self.held[seq] <= most for seq in seen), "in more than ceil(size / stride) windows"
        self.read.append(plan)
        return True

    def read_all(self):
        while self.read_next():
            pass


def step():
    return st.one_of(
        st.tuples(st.just("publish"), st.integers(1, 40)),
        st.tuples(st.just("flush"), st.none()),
        st.tuples(st.just("read"), st.integers(1, 6)),
        st.tuples(st.just("crash"), st.none()),
        st.tuples(st.just("delete"), st.sets(st.integers(0, 6), min_size=1, max_size=3)),
        st.tuples(st.just("configure"), st.tuples(st.integers(1, 30), st.integers(1, 30), st.booleans())),
    )


@settings(max_examples=400, deadline=None)
@given(st.lists(step(), max_size=30))
def test_every_interaction_is_fresh_once_and_in_few_windows(steps):
    journal, doomed = Journal(), set()
    for name, value in steps:
        if name == "publish":
            journal.publish(value)
        elif name == "flush":
            journal.flush_seq = journal.newest
        elif name == "read":
            for _ in range(value):
                journal.read_next()
        elif name == "crash":
            # The window was read and never committed: the next start plans the same one.
            assert journal.plan() == journal.plan()
        elif name == "delete":
            before = set(journal.stored)
            journal.delete(value)
            doomed |= before - journal.stored
        else:
            size, stride, wait = value
            journal.size, journal.stride, journal.wait_full_first = size, min(size, stride), wait
    journal.flush_seq = journal.newest
    journal.read_all()
    assert set(journal.fresh) >= journal.stored, "never fresh"
    assert set(journal.fresh) <= journal.stored | doomed
    assert set(journal.fresh.values()) <= {1}, "fresh twice"


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 200))
def test_windows_of_a_burst_are_those_of_a_trickle(size, stride, count):
    stride = min(size, stride)
    burst, trickle = Journal(size, stride), Journal(size, stride)
    burst.publish(count)
    burst.read_all()
    for _ in range(count):
        trickle.publish(1)
        trickle.read_all()
    assert burst.read == trickle.read
    # The textbook's: the interactions [max(0, c + S - W), c + S) while at least S are new.
    for at, plan in enumerate(burst.read):
        assert [*plan.context, *plan.fresh] == list(
            range(max(0, at * stride + stride - size) + 1, (at + 1) * stride + 1)
        )
        assert plan.trigger == STRIDE
    assert len(burst.read) == count // stride


@pytest.mark.parametrize(("size", "stride"), PRESETS.values())
def test_presets_fill_their_windows(size, stride):
    journal = Journal(size, stride)
    journal.publish(size * 4)
    journal.read_all()
    assert len(journal.read[-1].context) + len(journal.read[-1].fresh) == size


def test_nothing_waits_up_to_a_flush_and_nothing_is_read_behind_it():
    journal = Journal(10, 8)
    journal.publish(3)
    assert not journal.read_next()
    journal.flush_seq = 2
    assert journal.read_next()
    assert journal.read[-1].fresh == (1, 2)
    assert journal.read[-1].trigger == FLUSH
    assert not journal.read_next()


def test_a_flush_at_the_end_of_a_stride_is_a_border_even_when_it_is_forgotten():
    journal = Journal(10, 8)
    journal.publish(8)
    journal.flush_seq = 8
    journal.read_all()
    # A user who is learnt from is forgotten until they publish again.
    journal.flush_seq = 0
    journal.publish(8)
    journal.read_all()
    assert [plan.context for plan in journal.read] == [(), ()]


def test_the_first_window_waits_for_its_size_where_that_is_asked():
    journal = Journal(10, 4, wait_full_first=True)
    journal.publish(9)
    assert not journal.read_next()
    journal.publish(1)
    journal.read_all()
    assert journal.read[0].fresh == tuple(range(1, 11))
    journal.publish(4)
    journal.read_all()
    assert journal.read[1].fresh == (11, 12, 13, 14)
    assert journal.read[1].context == tuple(range(5, 11))


def test_what_is_deleted_between_windows_is_context_no_more():
    journal = Journal(10, 8)
    journal.publish(8)
    journal.read_all()
    journal.publish(16)
    journal.delete({0})
    journal.read_all()
    assert 14 not in journal.fresh
    assert journal.fresh[15] == 1


def test_explicit_values_beat_the_preset_and_the_extractors_beat_the_tenants():
    config = LearningConfig(preset="quick_chat")
    assert config.window(Extractor("a")) == (5, 3)
    assert config.window(Extractor("a", window_size=2)) == (2, 2)
    assert LearningConfig(preset="long_form", window_size=12).window(Extractor("a")) == (12, 10)
    assert LearningConfig(window_size=12, stride=4).window(Extractor("a", stride=6)) == (12, 6)
