"""The publisher's bookkeeping against a model of the server: nothing lost, nothing doubled, order kept."""

from collections import deque

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from interplay._window import Verdict, Window

OUTSTANDING = 5
CAPACITY = 12


class Exchange(RuleBasedStateMachine):
    """One window, one server, and two queues between them that a cut empties at any moment.

    An item is (number, fate): good, bad (refused for ever) or shy (refused once as transient). The server may refuse a
    bad one before it has committed what came earlier, as validation precedes the commit.
    """

    @initialize(start=st.integers(0, 3))
    def begin(self, start):
        self.window = Window(CAPACITY, 10_000)
        self.committed = [("old", n) for n in range(start)]
        self.start = start
        self.received = []
        self.to_server, self.to_client = deque(), deque()
        self.connected = False
        self.pushed, self.acked, self.failed = [], [], []
        self.shied = set()

    @rule(fate=st.sampled_from(["good", "good", "good", "bad", "shy"]))
    def push(self, fate):
        if self.window.has_room(1, 10):
            item = (len(self.pushed), fate)
            self.pushed.append(item)
            self.window.push(item, 1, 10)

    @precondition(lambda self: not self.connected)
    @rule()
    def connect(self):
        self.connected = True
        self.acked += [entry.item for entry in self.window.opened(len(self.committed), OUTSTANDING, 45)]

    @precondition(lambda self: self.connected)
    @rule(reaches=st.integers(0, 10), commits=st.booleans())
    def cut(self, reaches, commits):
        """Some of what was sent still arrives; no answer does."""
        for _ in range(min(reaches, len(self.to_server))):
            self._arrive()
        if commits:
            self._commit(len(self.received))
        self.to_server.clear()
        self.to_client.clear()
        self.received.clear()
        self.connected = False
        self.window.lost()

    @precondition(lambda self: self.connected)
    @rule(most=st.integers(1, 8))
    def send(self, most):
        for _ in range(most):
            entry = self.window.take()
            if entry is None:
                break
            self.to_server.append((entry.offset, entry.item))
        assert self.window.in_flight <= OUTSTANDING

    @precondition(lambda self: self.connected and self.to_server)
    @rule(most=st.integers(1, 8))
    def arrive(self, most):
        for _ in range(min(most, len(self.to_server))):
            self._arrive()

    def _arrive(self):
        offset, item = self.to_server.popleft()
        end = len(self.committed) + len(self.received)
        if item[1] == "bad":
            self.to_client.append(("refused", offset, Verdict.DROP))
        elif offset != end:
            assert offset > end, "a committed offset was used again"
            self.to_client.append(("refused", offset, Verdict.RESEND))
        elif item[1] == "shy" and item not in self.shied:
            self.shied.add(item)
            self.to_client.append(("refused", offset, Verdict.RESEND))
        else:
            self.received.append(item)

    @precondition(lambda self: self.connected and self.received)
    @rule(most=st.integers(1, 8))
    def commit(self, most):
        self._commit(most)

    def _commit(self, most):
        self.committed += self.received[:most]
        del self.received[:most]
        self.to_client.append(("ack", len(self.committed), None))

    @precondition(lambda self: self.connected and self.to_client)
    @rule(most=st.integers(1, 8))
    def hear(self, most):
        for _ in range(min(most, len(self.to_client))):
            self._hear()

    def _hear(self):
        kind, offset, verdict = self.to_client.popleft()
        if kind == "ack":
            self.acked += [entry.item for entry in self.window.acked(offset)]
            return
        entry = self.window.refused(offset, verdict)
        assert entry is not None, "an answer found no entry"
        if verdict is Verdict.DROP:
            self.failed.append(entry.item)

    @invariant()
    def nothing_lost_doubled_or_reordered(self):
        if not hasattr(self, "window"):
            return
        stored = self.committed[self.start :]
        good = [item for item in self.pushed if item[1] != "bad"]
        assert stored == good[: len(stored)]
        assert self.acked == good[: len(self.acked)]
        assert all(item[1] == "bad" for item in self.failed)
        assert len(self.window) == len(self.pushed) - len(self.acked) - len(self.failed)
        assert self.window.interactions == len(self.window) <= CAPACITY
        assert self.window.bytes == 10 * len(self.window)

    def teardown(self):
        """Left in peace, everything gets its answer."""
        if not hasattr(self, "window"):
            return
        if not self.connected:
            self.connect()
        for _ in range(200):
            if not len(self.window):
                break
            self.send(8)
            while self.to_server:
                self._arrive()
            self._commit(len(self.received))
            while self.to_client:
                self._hear()
        self.nothing_lost_doubled_or_reordered()
        assert self.acked == [item for item in self.pushed if item[1] != "bad"]
        assert sorted(self.failed) == [item for item in self.pushed if item[1] == "bad"]
        assert self.window.settled == self.window.pushed == len(self.pushed)


Exchange.TestCase.settings = settings(max_examples=300, stateful_step_count=60, deadline=None)
TestExchange = Exchange.TestCase


def opened(*items, outstanding=4):
    window = Window(100, 1000)
    for item in items:
        window.push(item, 1, 10)
    window.opened(0, outstanding, 1000)
    return window


def drawn(window):
    found = []
    while (entry := window.take()) is not None:
        found.append((entry.offset, entry.item))
    return found


def test_sends_nothing_while_answers_to_stale_offsets_are_awaited():
    window = opened("a", "b", "c", "d", outstanding=3)
    assert drawn(window) == [(0, "a"), (1, "b"), (2, "c")]
    assert window.refused(0, Verdict.DROP).item == "a"
    assert window.repairing
    assert drawn(window) == []
    window.refused(1, Verdict.RESEND)
    assert drawn(window) == []
    window.refused(2, Verdict.RESEND)
    assert not window.repairing
    assert drawn(window) == [(0, "b"), (1, "c"), (2, "d")]


def test_a_taken_offset_is_not_used_again():
    window = opened("a", "b")
    drawn(window)
    assert window.refused(0, Verdict.DROP_TAKEN).item == "a"
    assert not window.repairing
    assert [entry.item for entry in window.acked(2)] == ["b"]


def test_what_waits_behind_a_freed_offset_is_not_taken_for_committed():
    window = opened("a", "b", "c")
    drawn(window)
    window.refused(0, Verdict.DROP)
    window.refused(1, Verdict.RESEND)
    window.lost()
    assert window.opened(5, 4, 1000) == []
    assert drawn(window) == [(5, "b"), (6, "c")]


def test_what_a_connection_did_not_send_is_not_taken_for_committed_by_the_next():
    window = opened("a", "b")
    drawn(window)
    window.lost()
    assert window.opened(0, 4, 1000) == []
    window.lost()
    assert window.opened(5, 4, 1000) == []
    assert drawn(window) == [(5, "a"), (6, "b")]


def test_goes_on_from_where_another_connection_stopped():
    window = opened("a", "b", "c")
    drawn(window)
    window.lost()
    assert [entry.item for entry in window.opened(2, 4, 1000)] == ["a", "b"]
    assert drawn(window) == [(2, "c")]


def test_what_was_never_sent_is_never_taken_for_committed():
    window = opened("a", "b", "c", outstanding=1)
    drawn(window)
    window.lost()
    assert [entry.item for entry in window.opened(9, 4, 1000)] == ["a"]
    assert drawn(window) == [(9, "b"), (10, "c")]


def test_a_stream_that_was_forgotten_starts_anew():
    window = Window(100, 1000)
    window.push("a", 1, 10)
    window.opened(40, 4, 1000)
    assert drawn(window) == [(40, "a")]
    window.lost()
    assert window.opened(0, 4, 1000) == []
    assert drawn(window) == [(0, "a")]


def test_bytes_in_flight_are_bounded_but_one_entry_always_goes():
    window = Window(100, 1000)
    for size in (90, 30, 30, 30):
        window.push(size, 1, size)
    window.opened(0, 10, 60)
    assert drawn(window) == [(0, 90)]
    window.acked(1)
    assert drawn(window) == [(1, 30), (2, 30)]


def test_room_is_counted_in_interactions_and_bytes_and_an_empty_buffer_takes_anything():
    window = Window(10, 100)
    assert window.has_room(50, 5000)
    window.push("a", 6, 60)
    assert window.has_room(4, 40)
    assert not window.has_room(5, 1)
    assert not window.has_room(1, 41)
    assert [entry.item for entry in window.clear()] == ["a"]
    assert (window.interactions, window.bytes, len(window)) == (0, 0, 0)


def test_settled_tells_how_far_everything_has_its_answer():
    window = opened("a", "b", "c")
    drawn(window)
    assert window.settled == 0
    window.refused(1, Verdict.DROP)
    assert window.settled == 0
    window.acked(1)
    assert window.settled == 2
    window.refused(2, Verdict.RESEND)
    assert window.settled == 2
    drawn(window)
    window.acked(2)
    assert window.settled == window.pushed == 3


def test_answers_to_nothing_are_ignored():
    window = opened("a")
    assert window.refused(7, Verdict.DROP) is None
    assert window.acked(0) == []
    assert window.sole() is None
    drawn(window)
    assert window.sole() == 0
