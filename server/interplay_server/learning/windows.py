"""Which interactions a window holds: the next `stride` that were not consumed, and before them what earlier windows of
the same run have seen, up to `size` together.

Every eligible interaction is fresh in exactly one window, and in no more than ceil(size / stride) windows, whatever is
deleted, flushed or reconfigured in between: the cursor keeps how many windows each context interaction was in.
"""

from collections.abc import Sequence

import msgspec

from interplay_server.domain.learnt import Cursor, Seen

STRIDE, FLUSH = "stride", "flush"


class Plan(msgspec.Struct, frozen=True):
    """Journal sequences of one window, and where the cursor stands after it."""

    context: tuple[int, ...]
    fresh: tuple[int, ...]
    after: Cursor
    trigger: str


def next_window(
    cursor: Cursor,
    available: Sequence[int],
    *,
    size: int,
    stride: int,
    flush_seq: int = 0,
    wait_full_first: bool = False,
) -> Plan | None:
    """The next window over `available`, the eligible sequences beyond the cursor, or None while it waits for more.

    Up to `flush_seq` nothing waits. No window starts before a flush: what was consumed by then is context no more.
    """
    if not available:
        return None
    needed = size if wait_full_first and cursor.seq == 0 else stride
    if len(available) >= needed:
        fresh, trigger = tuple(available[:needed]), STRIDE
    else:
        fresh, trigger = tuple(seq for seq in available if seq <= flush_seq), FLUSH
    if not fresh:
        return None
    flushed = flush_seq if flush_seq < fresh[0] else 0
    most = -(-size // stride)
    room = max(0, size - max(needed, len(fresh)))
    kept = [one for one in cursor.recent if one.seq > flushed and one.windows < most]
    kept = kept[len(kept) - min(room, len(kept)) :]
    recent: tuple[Seen, ...] = ()
    if trigger == STRIDE:
        seen = [*(Seen(one.seq, one.windows + 1) for one in kept), *(Seen(seq, 1) for seq in fresh)]
        if flush_seq <= fresh[-1]:
            # The flush may be forgotten by the time of the next window.
            seen = [one for one in seen if one.seq > flush_seq]
        overlap = min(size - stride, len(seen))
        recent = tuple(one for one in seen[len(seen) - overlap :] if one.windows < most)
    after = Cursor(cursor.key, fresh[-1], recent)
    return Plan(tuple(one.seq for one in kept), fresh, after, trigger)
