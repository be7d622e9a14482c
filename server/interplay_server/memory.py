"""Keeping the process small: the C allocator hands memory to threads by the arena and is slow to give it back."""

import ctypes
import gc
import sys

import pyarrow as pa

_ARENAS = 2
_M_ARENA_MAX = -8
_COLLECT_AFTER = 10_000
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def limit_arenas() -> None:
    """At most two arenas: 100,000 interactions published took 637 MB with one for each thread, 381 MB with two."""
    if _libc is not None and hasattr(_libc, "mallopt"):
        _libc.mallopt(_M_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Returns what is free to the operating system; a few milliseconds, in a thread."""
    pa.default_memory_pool().release_unused()
    if _libc is not None and hasattr(_libc, "malloc_trim"):
        _libc.malloc_trim(0)


def collect_never() -> None:
    """Called before modules are imported, which makes objects that stay: `collect_seldom` ends it."""
    gc.disable()


def collect_seldom() -> None:
    """Called when the server is ready: to collect among the 200,000 objects that stand then holds the event loop for
    more than 100 ms. The threshold is beyond what a full stream has on its way, so that it dies before anybody looks;
    collections were 7 % of the processor time of a stream.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 10, 10)
    gc.enable()


def collect_again() -> None:
    """Called when the server has ended: what was frozen is freed, or extensions complain of it."""
    gc.unfreeze()
