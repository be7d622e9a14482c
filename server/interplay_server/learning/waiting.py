"""How far learning has come with one person, as the loop of a tenant keeps it."""

from interplay_server.domain.learnt import Learner


class Waiting:
    """Sequences are of the journal, times microseconds."""

    __slots__ = ("awaited", "done_seq", "flush_seq", "fresh", "newest_seq", "newest_time", "waiting")

    def __init__(self, progress: Learner | None = None) -> None:
        self.newest_seq = progress.newest_seq if progress else 0
        self.newest_time = progress.newest_time if progress else 0
        self.flush_seq = progress.flush_seq if progress else 0
        self.done_seq = progress.done_seq if progress else 0
        self.waiting: int | None = None if progress else 0
        """Interactions beyond `done_seq`; None where nobody has counted them."""
        self.awaited = False
        """Somebody waits for this user."""
        self.fresh: float = float("inf") if progress else 0
        """Interactions since the last look; unknown after a start."""
