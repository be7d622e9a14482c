"""ULIDs: 48 bits of milliseconds, 80 bits of choice, 26 characters that sort by time."""

import os
import time

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [a + b for a in _DIGITS for b in _DIGITS]


def _forty_bits(value: int) -> str:
    """The 8 digits of 40 bits."""
    return _PAIRS[value >> 30 & 1023] + _PAIRS[value >> 20 & 1023] + _PAIRS[value >> 10 & 1023] + _PAIRS[value & 1023]


def _base32(value: int, pairs: int) -> str:
    return "".join([_PAIRS[(value >> shift) & 1023] for shift in range(10 * (pairs - 1), -1, -10)])


def new_ulid() -> str:
    return _base32(time.time_ns() // 1_000_000, 5) + _base32(int.from_bytes(os.urandom(10), "big"), 8)


class InteractionIds:
    """Ids of interactions, a pure function of (publish time, journal sequence), so that a duplicate gets its ids again.

    The 80 bits are 40 bits drawn once for each tenant and 40 bits of journal sequence.
    """

    def __init__(self, salt: int) -> None:
        self._salt = _base32(salt & (1 << 40) - 1, 4)

    def at(self, publish_time: int, first_seq: int, count: int) -> list[str]:
        """Ids of `count` interactions from `first_seq` on, published at `publish_time` microseconds."""
        prefix = _base32(publish_time // 1000, 5) + self._salt
        return [prefix + _forty_bits(seq) for seq in range(first_seq, first_seq + count)]
