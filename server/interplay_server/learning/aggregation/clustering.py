"""Average-link clusters of unit vectors, exact at every size, in memory that grows with the number of rows.

The average cosine between two clusters is the product of their sums over the product of their sizes, so no matrix of
all pairs is kept. Average linkage is reducible (Murtagh, Computer Journal 26, 1983): a merged cluster is never nearer
to a third than the nearer of its parts was. Hence

* two clusters that are each other's nearest may be merged at once, whatever else happens, and all such pairs together;
* a nearest neighbour that was not merged stays nearest;
* a cluster without a neighbour above the threshold is final;
* nothing merges across components of the graph of pairs above the threshold.

Rows that must stay apart keep their clusters apart as well. A merged cluster has the bars of both its parts, so it is
still never nearer to a third than the nearer part was, and all of this holds.

Floors on parts of the vectors (the trigger must be alike, and the instruction too) break the first three, so clusters
are then searched again until no pair may merge. Either way what comes out holds no two clusters that may merge: run
again from it, nothing happens; run again with one row more, only the cluster that takes the row changes.

Vectors are rounded to whole numbers so that every sum and product is exact in float64: the outcome depends neither on
the order of the rows, nor on the sizes of blocks, nor on the library under numpy. A row can therefore only change what
its own component holds.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from interplay_server.learning.aggregation.model import AggregationCancelled

Sums = NDArray[np.float64]
Rows = NDArray[np.intp]
Progress = Callable[[float], None]
"""Told the share done, from 0 to 1, never falling."""
Cancelled = Callable[[], bool]
Apart = Mapping[int, Rows]
"""Of a row, those that must not share its cluster: each names the other, a row's own place is ignored. Rows may share
one array."""

# A unit vector has length 4,000 in whole numbers: cosines are exact to about 1e-4, and products of sums stay below
# 2**53 up to clusters of 23,000 rows each.
_SCALE = 4000.0
# Numbers in one block of products: 16 MiB in float32.
_BLOCK = 1 << 22
# Nearest-neighbour searches a node after which pairs are merged singly: more products, but few searches whatever the
# data (a hub that is everybody's nearest allows one mutual pair a round).
_PATIENCE = 12
# Searches in one round of mutual merges, at least. Who may have the nearest neighbour looks first: most of the others
# will have been merged, or have lost another neighbour, by the time it is their turn.
_AT_ONCE = 128
# Share of the whole run that finding components takes, roughly.
_COMPONENTS_SHARE = 0.4
# float32 products of unit vectors of 1,024 numbers are right to 1e-5; edges too many cost time only.
_MARGIN = 1e-4


class Floor(NamedTuple):
    """The average product of these columns, over all pairs of two clusters, that merging them needs."""

    columns: slice
    least: float


def quantised(vectors: NDArray[np.float32]) -> Sums:
    """(n, d) whole numbers; a unit vector becomes one of length 4,000, zeros stay zeros."""
    scaled: Sums = np.multiply(vectors, _SCALE, dtype=np.float64)
    return np.rint(scaled, out=scaled)


def cluster(
    vectors: NDArray[np.float32],
    ids: Sequence[str],
    similarity: float,
    *,
    floors: Sequence[Floor] = (),
    together: Sequence[Sequence[int]] = (),
    apart: Apart | None = None,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> list[list[int]]:
    """Rows by cluster: rows sorted by id within, clusters by their smallest id.

    Args:
        vectors: (n, d) unit vectors; a row of zeros stays alone. Equal rows start as one.
        ids: n distinct names; equal similarities are settled in favour of the smallest.
        similarity: least average cosine of clusters that are merged, above 0.
        floors: on disjoint ranges of columns that cover all; none by default.
        together: disjoint sets of rows that start as one cluster each and are never merged with one another.
        apart: rows that never share a cluster.
        progress: called in this thread, now and then.
        cancelled: asked now and then.

    Raises:
        ValueError: shapes that do not fit, ids or sets that repeat, vectors longer than 1, similarity not above 0, rows
            both together and apart.
        AggregationCancelled: `cancelled` said so.
    """
    count = len(ids)
    _check(vectors, ids, similarity)
    pulse = _Pulse(progress, cancelled)
    order = sorted(range(count), key=ids.__getitem__)
    rank = np.empty(count, np.intp)
    rank[order] = np.arange(count)
    moved: dict[int, Rows] = {}
    foes = {int(rank[row]): _mapped(others, rank, moved) for row, others in (apart or {}).items()}
    nodes, fixed = _nodes(vectors[order], [sorted(rank[list(rows)].tolist()) for rows in together], foes)
    labels = _components(nodes, fixed, similarity, pulse)
    by_label = np.argsort(labels, kind="stable")
    parts = np.split(by_label, np.flatnonzero(np.diff(labels[by_label])) + 1) if count else []
    rule = _Rule(similarity, floors)
    found: list[list[int]] = []
    done = 0
    for part in parts:
        told = pulse.part(done / len(labels), len(part) / len(labels))
        found += (
            sorted(row for node in merged for row in nodes.rows[node])
            for merged in _linked(nodes, fixed, part, rule, told)
        )
        done += len(part)
    pulse.tell(1.0)
    found.sort()
    return [[order[row] for row in rows] for rows in found]


def _check(vectors: NDArray[np.float32], ids: Sequence[str], similarity: float) -> None:
    if vectors.ndim != 2 or len(vectors) != len(ids):
        raise ValueError(f"{len(ids)} ids need a matrix of as many rows, not one of shape {vectors.shape}")
    if len(set(ids)) != len(ids):
        raise ValueError("ids repeat")
    if not similarity > 0:
        raise ValueError("similarity must be above 0")
    if len(ids) and not np.einsum("ij,ij->i", vectors, vectors).max() <= 1.01:
        raise ValueError("vectors must be finite and of length 1, or 0")


class _Pulse:
    """Passes on what was done, and stops where the caller asks for it."""

    def __init__(self, progress: Progress | None, cancelled: Cancelled | None) -> None:
        self._progress, self._cancelled = progress, cancelled
        self._told, self._start, self._share = 0.0, 0.0, 1.0

    def part(self, start: float, share: float) -> "_Pulse":
        """From now on, `tell` speaks of this part of the second half, in shares of all nodes."""
        self._start = _COMPONENTS_SHARE + (1 - _COMPONENTS_SHARE) * start
        self._share = (1 - _COMPONENTS_SHARE) * share
        return self

    def tell(self, share: float) -> None:
        if self._cancelled is not None and self._cancelled():
            raise AggregationCancelled
        reached = min(1.0, self._start + self._share * share)
        if self._progress is not None and reached > self._told:
            self._told = reached
            self._progress(reached)


class _Nodes:
    """What clustering starts from, in the order of the smallest row: sums (m, d), sizes (m,), rows of each.

    `foes` are rows that stay apart.
    """

    def __init__(self, vectors: NDArray[np.float32], rows: list[list[int]], foes: Apart) -> None:
        self.rows, self.foes = rows, foes
        self.counts = np.array([len(own) for own in rows], np.float64)
        self.sums = quantised(vectors[[own[0] for own in rows]])
        for node in np.flatnonzero(self.counts > 1).tolist():
            self.sums[node] = quantised(vectors[rows[node]]).sum(axis=0)


def _mapped(others: Rows, to: Rows, done: dict[int, Rows]) -> Rows:
    """`to[others]`, one array for all who share `others`; -1 falls out."""
    if id(others) not in done:
        mapped = to[others]
        done[id(others)] = mapped[mapped >= 0]
    return done[id(others)]


def _nodes(vectors: NDArray[np.float32], together: list[list[int]], foes: Apart) -> tuple[_Nodes, NDArray[np.bool_]]:
    """Given sets, and of the other rows those with equal vectors that may, as one node; and which nodes were given."""
    given = {row for rows in together for row in rows}
    if len(given) != sum(map(len, together)):
        raise ValueError("sets of rows overlap")
    for one in together:
        if any(not {*one}.isdisjoint({*foes[row].tolist()} - {row}) for row in one if row in foes):
            raise ValueError("rows both together and apart")
    equal: dict[bytes | int, list[list[int]]] = {}
    node_of: dict[int, list[int]] = {}
    for row in range(len(vectors)):
        if row not in given:
            key = quantised(vectors[row]).astype(np.int16).tobytes() if vectors[row].any() else row
            alike = equal.setdefault(key, [])
            barred = {id(node_of.get(other)) for other in foes[row].tolist()} if row in foes else set()
            node = next((found for found in alike if id(found) not in barred), None)
            if node is None:
                alike.append(node := [])
            node.append(row)
            if row in foes:
                node_of[row] = node
    rows = sorted([*filter(None, together), *chain.from_iterable(equal.values())])
    return _Nodes(vectors, rows, foes), np.array([own[0] in given for own in rows], np.bool_)


def _components(nodes: _Nodes, fixed: NDArray[np.bool_], similarity: float, pulse: _Pulse) -> Rows:
    """(m,) label of each node: nodes of different labels cannot come together."""
    size = len(nodes.rows)
    labels = np.arange(size)
    means = (nodes.sums / (nodes.counts * _SCALE)[:, None]).astype(np.float32)
    step = max(1, _BLOCK // max(1, size))
    for first in range(0, size, step):
        pulse.tell(_COMPONENTS_SHARE * _triangle(first, size))
        near = means[first : first + step] @ means[first:].T >= similarity - _MARGIN
        near[np.ix_(fixed[first : first + step], fixed[first:])] = False
        for row in range(len(near)):
            beside = first + np.flatnonzero(near[row])
            joined = labels[beside] if len(beside) else beside
            _join(labels, joined, int(labels[first + row]))
    return labels


def _triangle(done: int, size: int) -> float:
    """Share of the upper triangle that its first rows hold."""
    return 1 - (1 - done / size) ** 2


def _join(labels: Rows, joined: Rows, own: int) -> None:
    if not len(joined):
        return
    low, high = min(own, int(joined.min())), max(own, int(joined.max()))
    if low != high:
        labels[np.isin(labels, np.append(joined, own))] = low


class _Rule:
    """When clusters may merge, in units of quantised products."""

    def __init__(self, similarity: float, floors: Sequence[Floor]) -> None:
        self.least = similarity * _SCALE**2
        self.gated = bool(floors)
        self.parts = [(floor.columns, floor.least * _SCALE**2) for floor in floors] or [(slice(None), -np.inf)]

    def averages(
        self, sums_a: Sums | NDArray[np.float32], counts_a: Sums, sums_b: Sums | NDArray[np.float32], counts_b: Sums
    ) -> Sums:
        """(a, b) average products; minus infinity below a floor."""
        total: Sums = np.zeros((len(sums_a), len(sums_b)))
        low = np.zeros(total.shape, np.bool_) if self.gated else None
        for columns, floor in self.parts:
            product = sums_a[:, columns] @ sums_b[:, columns].T
            product /= counts_a[:, None]
            product /= counts_b
            if low is not None:
                low |= product < floor
            total += product
        if low is not None:
            total[low] = -np.inf
        return total


def _linked(nodes: _Nodes, fixed: NDArray[np.bool_], part: Rows, rule: _Rule, pulse: _Pulse) -> Iterator[list[int]]:
    """Nodes of a component by cluster."""
    if len(part) == 1:
        yield part.tolist()
        return
    # Of the whole no copy is made: nobody reads the sums afterwards.
    sums, counts = (nodes.sums, nodes.counts) if len(part) == len(fixed) else (nodes.sums[part], nodes.counts[part])
    linkage = _Linkage(sums, counts, fixed[part], rule, pulse)
    linkage.part(_foes_of(nodes, part))
    linkage.run()
    for members in linkage.members:
        if members:
            yield part[members].tolist()


def _foes_of(nodes: _Nodes, part: Rows) -> dict[int, list[Rows]]:
    """Of a node of the component, by place, the places that it must not merge with."""
    foes = nodes.foes
    if not foes or not any(row in foes for node in part.tolist() for row in nodes.rows[node]):
        return {}
    place_of = np.full(sum(map(len, nodes.rows)), -1, np.intp)
    for place, node in enumerate(part.tolist()):
        place_of[nodes.rows[node]] = place
    moved: dict[int, Rows] = {}
    found: dict[int, list[Rows]] = {}
    for place, node in enumerate(part.tolist()):
        for row in nodes.rows[node]:
            if row in foes and len(others := _mapped(foes[row], place_of, moved)):
                found.setdefault(place, []).append(others)
    return found


class _Linkage:
    """Average linkage of m nodes. A merged cluster keeps the place of its smaller part."""

    def __init__(self, sums: Sums, counts: Sums, fixed: NDArray[np.bool_], rule: _Rule, pulse: _Pulse) -> None:
        self._sums, self._counts, self._fixed = sums, counts, fixed
        self._rule, self._pulse = rule, pulse
        self.members = [[node] for node in range(len(sums))]
        self._open = np.ones(len(sums), np.bool_)
        """Neither merged into another nor without a neighbour."""
        self._nearest = np.full(len(sums), -1, np.intp)
        """-1 where unknown."""
        self._best = np.full(len(sums), np.inf)
        """Similarity of the nearest; of an unknown one not less than that, without floors."""
        self._searches = 0
        self._merges = 0
        self._foes: dict[int, list[Rows]] = {}
        """Of a cluster, the nodes that must not come to it."""
        self._place = np.arange(len(sums))
        """Of a node, its cluster."""
        # Products of two rounded unit vectors stay below 2**24: exact in float32 too, in half the time.
        self._singles = sums.astype(np.float32) if counts.max() == 1 else None

    def part(self, foes: dict[int, list[Rows]]) -> None:
        """Keeps clusters apart: of a node, arrays of the nodes that must not come to it."""
        self._foes = foes

    def run(self) -> None:
        """Merges until no pair may."""
        while True:
            before = self._merges
            self._merge_mutual()
            self._merge_singly()
            if not self._rule.gated or self._merges == before:
                return
            self._open[:] = [bool(members) for members in self.members]
            self._nearest[:] = -1

    def _merge_mutual(self) -> None:
        """Merges all pairs of nearest neighbours, round by round, until nothing is open or patience is spent."""
        while self._searches <= _PATIENCE * len(self.members):
            self._search(self._most_urgent())
            places = np.flatnonzero(self._open)
            if not len(places):
                return
            other = self._nearest[places]
            mutual = (self._nearest[other] == places) & (places < other)
            for a, b in zip(places[mutual].tolist(), other[mutual].tolist(), strict=True):
                self._merge(a, b)
            self._forget(np.concatenate((places[mutual], other[mutual])))

    def _most_urgent(self) -> Rows:
        """Those of unknown neighbours that may have the nearest: an eighth of what is open, at least a block."""
        wanted = np.flatnonzero(self._open & (self._nearest < 0))
        count = max(_AT_ONCE, int(self._open.sum()) // 8)
        if len(wanted) <= count or np.isinf(self._best[wanted]).any():
            return wanted
        return np.sort(wanted[np.argsort(-self._best[wanted], kind="stable")[:count]])

    def _merge_singly(self) -> None:
        """Follows nearest neighbours, known ones without a search, until two are mutual."""
        while self._open.any():
            seen: list[int] = []
            at = int(np.flatnonzero(self._open)[0])
            while True:
                if self._nearest[at] < 0:
                    self._search(np.array([at]))
                if not self._open[at]:
                    break
                if at in seen:
                    # Equal similarities, some found before others merged, closed a circle.
                    self._nearest[seen] = -1
                    seen = []
                seen.append(at)
                other = int(self._nearest[at])
                if self._nearest[other] < 0:
                    self._search(np.array([other]))
                if self._nearest[other] == at:
                    self._merge(min(at, other), max(at, other))
                    self._forget(np.array([at, other]))
                    break
                at = other

    def _merge(self, a: int, b: int) -> None:
        self._sums[a] += self._sums[b]
        self._counts[a] += self._counts[b]
        self._fixed[a] |= self._fixed[b]
        self._open[b] = False
        if self._foes:
            self._place[self.members[b]] = a
            if b in self._foes:
                self._foes.setdefault(a, []).extend(self._foes.pop(b))
        self.members[a] += self.members[b]
        self.members[b] = []
        self._singles = None
        self._best[a] = max(self._best[a], self._best[b])
        self._merges += 1

    def _forget(self, merged: Rows) -> None:
        """Those whose nearest neighbour was merged look again."""
        self._nearest[np.isin(self._nearest, merged)] = -1
        self._nearest[merged] = -1

    def _search(self, wanted: Rows) -> None:
        """Nearest open cluster of each wanted one, the smallest of equals; one that has none is closed."""
        places = np.flatnonzero(self._open)
        every: Sums | NDArray[np.float32] = self._sums if self._singles is None else self._singles
        sums, counts, fixed = every, self._counts, self._fixed
        if len(places) < len(sums):
            sums, counts, fixed = sums[places], counts[places], fixed[places]
        alone: list[Rows] = []
        step = max(1, _BLOCK // (2 * len(places) + 1))
        for first in range(0, len(wanted), step):
            self._pulse.tell(self._merges / len(self.members))
            asking = wanted[first : first + step]
            average = self._rule.averages(every[asking], self._counts[asking], sums, counts)
            each = np.arange(len(asking))
            average[each, np.searchsorted(places, asking)] = -np.inf
            average[np.ix_(self._fixed[asking], fixed)] = -np.inf
            self._bar(average, asking, places)
            best = average.argmax(axis=1)
            reached = average[each, best] >= self._rule.least
            self._nearest[asking] = np.where(reached, places[best], -1)
            self._best[asking] = average[each, best]
            alone.append(asking[~reached])
        self._searches += len(wanted)
        if alone:
            self._open[np.concatenate(alone)] = False

    def _bar(self, average: Sums, asking: Rows, places: Rows) -> None:
        """Takes the clusters that hold a foe out of the (asking, places) averages."""
        for row, at in enumerate(asking.tolist() if self._foes else ()):
            if at in self._foes:
                barred = self._place[np.concatenate(self._foes[at])]
                column = np.minimum(np.searchsorted(places, barred), len(places) - 1)
                average[row, column[places[column] == barred]] = -np.inf
