"""Which appends are where: the bookkeeping of a publisher, without any input or output.

An entry is queued, sent (awaiting an answer on this connection) or bounced (refused without being at fault, to be sent
again). Offsets are given at the moment of sending. A refusal frees its offset, so everything that is already under way
behind it will be refused too (OUT_OF_RANGE): the window sends nothing until all of that has come back, then renumbers
from the freed offset. So no answer can ever be mistaken for that of another sending, and order is kept.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass
from enum import Enum, auto
from typing import Generic, TypeVar

T = TypeVar("T")


class Verdict(Enum):
    """What a refusal means for its entry and its offset."""

    DROP = auto()
    """The entry is at fault; its offset is free."""
    DROP_TAKEN = auto()
    """Another payload holds the offset."""
    RESEND = auto()
    """Nothing is wrong with the entry; its offset is free."""


@dataclass(slots=True, eq=False)
class Entry(Generic[T]):
    """One append. `offset` is that of its last sending, -1 before the first."""

    item: T
    interactions: int
    size: int
    sequence: int
    offset: int = -1
    faults: int = 0
    """Refusals for which the server took the blame."""


class Window(Generic[T]):
    """A bounded buffer of appends that are not committed. Bounds: `capacity` interactions and `capacity_bytes`."""

    def __init__(self, capacity: int, capacity_bytes: int) -> None:
        self._capacity, self._capacity_bytes = capacity, capacity_bytes
        self._queue: deque[Entry[T]] = deque()
        self._sent: OrderedDict[int, Entry[T]] = OrderedDict()
        self._bounced: list[Entry[T]] = []
        self._gap: int | None = None
        self._open = False
        self._next = 0
        self._pushed = 0
        self.outstanding, self._outstanding_bytes = 1, 1
        self._sent_bytes = 0
        self.interactions = 0
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._queue) + len(self._sent) + len(self._bounced)

    @property
    def in_flight(self) -> int:
        """Entries that await an answer."""
        return len(self._sent)

    @property
    def repairing(self) -> bool:
        """An offset was freed and answers to what was behind it are still awaited."""
        return self._gap is not None

    @property
    def pushed(self) -> int:
        """Entries ever pushed; the sequence of the next."""
        return self._pushed

    @property
    def settled(self) -> int:
        """Every entry with a sequence below this has left the window."""
        heads = [*self._bounced, *([self._queue[0]] if self._queue else []), *_first(self._sent)]
        return min((entry.sequence for entry in heads), default=self._pushed)

    def has_room(self, interactions: int, size: int) -> bool:
        """Whether an entry fits. One that is larger than the whole buffer fits when the buffer is empty."""
        fits = self.interactions + interactions <= self._capacity and self.bytes + size <= self._capacity_bytes
        return fits or not len(self)

    def push(self, item: T, interactions: int, size: int) -> Entry[T]:
        entry = Entry(item, interactions, size, self._pushed)
        self._pushed += 1
        self._queue.append(entry)
        self.interactions += interactions
        self.bytes += size
        return entry

    def opened(self, next_offset: int, outstanding: int, outstanding_bytes: int) -> list[Entry[T]]:
        """A connection is ready. Returns what an earlier one had committed, which leaves the window."""
        self._open, self._next = True, next_offset
        self.outstanding, self._outstanding_bytes = max(outstanding, 1), max(outstanding_bytes, 1)
        committed = []
        while self._queue and 0 <= self._queue[0].offset < next_offset:
            committed.append(self._leave(self._queue.popleft()))
        for entry in self._queue:
            if entry.offset < 0:
                break
            entry.offset = -1
        return committed

    def lost(self) -> None:
        """The connection is gone; whether what was sent is committed will be known when the next one opens."""
        if self._gap is not None:
            # Nothing at or behind a freed offset can have been committed.
            for entry in (*self._sent.values(), *self._bounced):
                if entry.offset >= self._gap:
                    entry.offset = -1
        back = sorted([*self._sent.values(), *self._bounced], key=_sequence)
        self._queue.extendleft(reversed(back))
        self._sent.clear()
        self._bounced.clear()
        self._sent_bytes = 0
        self._gap, self._open = None, False

    def take(self) -> Entry[T] | None:
        """The next entry to send, with its offset; None while there is none or the limits of the stream forbid it."""
        if not self._open or self._gap is not None or not self._queue or len(self._sent) >= self.outstanding:
            return None
        entry = self._queue[0]
        if self._sent and self._sent_bytes + entry.size > self._outstanding_bytes:
            return None
        self._queue.popleft()
        entry.offset = self._next
        self._next += 1
        self._sent[entry.offset] = entry
        self._sent_bytes += entry.size
        return entry

    def acked(self, committed_offset: int) -> list[Entry[T]]:
        """Everything below `committed_offset` is durable. Returns what leaves the window, in order."""
        done = []
        while self._sent and next(iter(self._sent)) < committed_offset:
            _, entry = self._sent.popitem(last=False)
            self._sent_bytes -= entry.size
            done.append(self._leave(entry))
        self._repair()
        return done

    def refused(self, offset: int, verdict: Verdict) -> Entry[T] | None:
        """The append at `offset` was refused. Returns its entry, or None if no answer is awaited for that offset."""
        entry = self._sent.pop(offset, None)
        if entry is None:
            return None
        self._sent_bytes -= entry.size
        if verdict is Verdict.RESEND:
            self._bounced.append(entry)
        else:
            self._leave(entry)
        if verdict is not Verdict.DROP_TAKEN:
            self._gap = offset if self._gap is None else min(self._gap, offset)
        self._repair()
        return entry

    def clear(self) -> list[Entry[T]]:
        """Gives everything up. Returns it in order."""
        self.lost()
        entries = [self._leave(entry) for entry in self._queue]
        self._queue.clear()
        return entries

    def at(self, offset: int) -> Entry[T] | None:
        """The entry that awaits an answer for `offset`."""
        return self._sent.get(offset)

    def sole(self) -> int | None:
        """Offset of the one entry in flight, None if there is not exactly one."""
        return next(iter(self._sent)) if len(self._sent) == 1 else None

    def _repair(self) -> None:
        if self._gap is None or (self._sent and next(reversed(self._sent)) >= self._gap):
            return
        for entry in self._bounced:
            entry.offset = -1
        self._queue.extendleft(sorted(self._bounced, key=_sequence, reverse=True))
        self._bounced.clear()
        self._next, self._gap = self._gap, None

    def _leave(self, entry: Entry[T]) -> Entry[T]:
        self.interactions -= entry.interactions
        self.bytes -= entry.size
        return entry


def _sequence(entry: Entry[T]) -> int:
    return entry.sequence


def _first(sent: OrderedDict[int, Entry[T]]) -> list[Entry[T]]:
    return [next(iter(sent.values()))] if sent else []
