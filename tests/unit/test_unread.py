"""Extractors that stand at different places read the same rows, none left out, whatever is deleted meanwhile."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st
from interplay_server.learning import unread
from interplay_server.learning.unread import Unread


@dataclass(frozen=True)
class Row:
    seq: int


@dataclass
class Tenant:
    """What a pass reads from, with rows of one user."""

    rows: list
    deletions: int = 0
    store: object = field(init=False)

    def __post_init__(self):
        self.store = self

    async def published_after(self, _, seq, *, limit):
        return [row for row in self.rows if row.seq > seq][:limit]

    async def published_at(self, seqs):
        return [row for row in self.rows if row.seq in set(seqs)]


step = st.one_of(
    st.tuples(st.just("read"), st.integers(0, 60)),
    st.tuples(st.just("at"), st.lists(st.integers(0, 60), max_size=5, unique=True).map(sorted)),
    st.tuples(st.just("delete"), st.integers(1, 60)),
)


@settings(max_examples=300, deadline=None)
@given(
    seqs=st.sets(st.integers(1, 60)),
    steps=st.lists(step, max_size=20),
    page=st.integers(1, 8),
    kept=st.integers(1, 20),
    up_to=st.integers(0, 70),
)
async def test_reads_are_those_of_the_store(seqs, steps, page, kept, up_to):
    before, (unread.PAGE, unread.KEPT) = (unread.PAGE, unread.KEPT), (page, kept)
    try:
        tenant = Tenant([Row(seq) for seq in sorted(seqs)])
        reader = Unread(tenant, (("u", 0),), up_to)
        for name, value in steps:
            if name == "delete":
                tenant.rows = [row for row in tenant.rows if row.seq != value]
                tenant.deletions += 1
            elif name == "at":
                assert await reader.at(value) == [row for row in tenant.rows if row.seq in value]
            else:
                await check_from(reader, tenant, value, up_to)
    finally:
        unread.PAGE, unread.KEPT = before


async def check_from(reader, tenant, start, up_to):
    """Reads to the end from a place, as an extractor does that stands there."""
    read, at = [], start
    while page := await reader.after(at):
        read += page
        at = page[-1].seq
    assert read == [row for row in tenant.rows if start < row.seq <= up_to]
