"""A person's interactions in the order of the journal, read once for all extractors and arms of a pass."""

from bisect import bisect_right
from collections.abc import Sequence

from interplay_server.domain.interaction import Interaction
from interplay_server.domain.links import Members
from interplay_server.learning.tenant import LearningTenant

PAGE = 500
KEPT = 5000


class Unread:
    """Holds up to KEPT rows. A deletion makes it read again: what is deleted goes to no extractor."""

    def __init__(self, tenant: LearningTenant, members: Members, up_to_seq: int = 2**62) -> None:
        self._tenant, self._members, self._up_to_seq = tenant, members, up_to_seq
        self._forget(None)

    def _forget(self, after: int | None) -> None:
        """`after` is where the rows begin; None until somebody asks."""
        self._after, self._whole = after, False
        self._rows: list[Interaction] = []
        self.deletions = self._tenant.deletions

    async def after(self, seq: int) -> Sequence[Interaction]:
        """The next rows beyond a sequence number, at most PAGE; empty at the end."""
        if (
            self._after is None
            or seq < self._after
            or len(self._rows) > KEPT
            or self.deletions != self._tenant.deletions
        ):
            self._forget(seq)
        at = bisect_right(self._rows, seq, key=_seq)
        if at == len(self._rows) and not self._whole:
            last = self._rows[-1].seq if self._rows else seq
            page = await self._tenant.store.published_after(self._members, last, limit=PAGE)
            self._whole = len(page) < PAGE or page[-1].seq > self._up_to_seq
            self._rows += [row for row in page if row.seq <= self._up_to_seq]
            at = bisect_right(self._rows, seq, key=_seq)
        return self._rows[at : at + PAGE]

    async def at(self, seqs: Sequence[int]) -> list[Interaction]:
        """Those that are still there, in the order of the journal."""
        held = {row.seq: row for row in self._rows} if self.deletions == self._tenant.deletions else {}
        missing = [seq for seq in seqs if seq not in held]
        held |= {row.seq: row for row in await self._tenant.store.published_at(missing)} if missing else {}
        return [held[seq] for seq in seqs if seq in held]


def _seq(row: Interaction) -> int:
    return row.seq
