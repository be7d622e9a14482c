"""Average-link clusters against the textbook algorithm, and what must not depend on order, blocks or company."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from interplay_server.learning.aggregation import clustering
from interplay_server.learning.aggregation.clustering import Floor, cluster
from interplay_server.learning.aggregation.model import AggregationCancelled


def clouds(seed, count, centres, spread, dimension=16):
    chance = np.random.default_rng(seed)
    middle = chance.standard_normal((centres, dimension))
    rows = middle[chance.integers(centres, size=count)] + spread * chance.standard_normal((count, dimension))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def names(count, seed=0):
    order = np.random.default_rng(seed).permutation(count)
    return [f"id{n:04}" for n in order]


def textbook(vectors, ids, similarity, together=(), apart=()):
    """Merges the most similar pair that may, one at a time, by means over the matrix of all pairs."""
    whole = clustering.quantised(vectors)
    matrix = whole @ whole.T / 4000**2
    given_rows = {row for rows in together for row in rows}
    found = [(list(rows), True) for rows in together]
    found += [([row], False) for row in range(len(ids)) if row not in given_rows]
    while True:
        pairs = [
            (matrix[np.ix_(a, b)].mean(), i, j)
            for i, (a, fixed_a) in enumerate(found)
            for j, (b, fixed_b) in enumerate(found[:i])
            if not (fixed_a and fixed_b) and not any((x, y) in apart or (y, x) in apart for x in a for y in b)
        ]
        best = max(pairs, default=(-1.0, 0, 0))
        if best[0] < similarity:
            return sets(([ids[row] for row in rows] for rows, _ in found))
        _, i, j = best
        joined = (found[i][0] + found[j][0], found[i][1] or found[j][1])
        found = [one for place, one in enumerate(found) if place not in (i, j)] + [joined]


def sets(groups):
    return {frozenset(group) for group in groups}


def clustered(vectors, ids, similarity, **options):
    return sets([ids[row] for row in rows] for rows in cluster(vectors, ids, similarity, **options))


scene = st.tuples(
    st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 6), st.floats(0.1, 1.5), st.floats(0.2, 0.95)
)


@given(scene)
@settings(deadline=None, max_examples=60)
def test_equals_the_textbook(drawn):
    seed, count, centres, spread, similarity = drawn
    vectors, ids = clouds(seed, count, centres, spread), names(count)
    assert clustered(vectors, ids, similarity) == textbook(vectors, ids, similarity)


@given(scene, st.integers(0, 3))
@settings(deadline=None, max_examples=60)
def test_equals_the_textbook_from_given_sets(drawn, sizes):
    seed, count, centres, spread, similarity = drawn
    vectors, ids = clouds(seed, count, centres, spread), names(count)
    together = [range(count // 3), range(count // 3, count // 2)][: max(0, sizes - 1)]
    together = [list(rows) for rows in together if rows]
    assert clustered(vectors, ids, similarity, together=together) == textbook(vectors, ids, similarity, together)


def foes_of(pairs):
    found = {}
    for a, b in pairs:
        found.setdefault(a, []).append(b)
        found.setdefault(b, []).append(a)
    return {row: np.array(others) for row, others in found.items()}


def drawn_pairs(seed, count, many):
    chance = np.random.default_rng(seed)
    return {(int(a), int(b)) for a, b in chance.integers(count, size=(many, 2)) if a != b}


@pytest.mark.parametrize("patience", [-1, 12])
@given(scene, st.integers(0, 60))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_equals_the_textbook_with_rows_that_stay_apart(monkeypatch, patience, drawn, many):
    monkeypatch.setattr(clustering, "_PATIENCE", patience)
    seed, count, centres, spread, similarity = drawn
    vectors, ids = clouds(seed, count, centres, spread), names(count)
    pairs = drawn_pairs(seed, count, many)
    together = [[0, 1]] if count > 1 and not {(0, 1), (1, 0)} & pairs else []
    found = clustered(vectors, ids, similarity, together=together, apart=foes_of(pairs))
    assert found == textbook(vectors, ids, similarity, together, pairs)


def test_equal_rows_that_stay_apart_share_out_the_others():
    vectors = np.zeros((5, 8), np.float32)
    vectors[:, 3] = 1.0
    shared = np.array([0, 1, 2])
    found = cluster(vectors, list("abcde"), 0.5, apart={0: shared, 1: shared, 2: shared})
    assert found == [[0, 3, 4], [1], [2]]
    with pytest.raises(ValueError, match="apart"):
        cluster(vectors, list("abcde"), 0.5, together=[[1, 2]], apart={1: shared, 2: shared})


@given(scene, st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=40)
def test_the_order_of_rows_changes_nothing(drawn, chance):
    seed, count, centres, spread, similarity = drawn
    vectors, ids = clouds(seed, count, centres, spread), names(count)
    order = list(range(count))
    chance.shuffle(order)
    floors = (Floor(slice(0, 8), 0.1), Floor(slice(8, 16), 0.05))
    for options in ({}, {"floors": floors}):
        mixed = cluster(vectors[order], [ids[row] for row in order], similarity, **options)
        assert [[ids[order[row]] for row in rows] for rows in mixed] == [
            [ids[row] for row in rows] for rows in cluster(vectors, ids, similarity, **options)
        ]


@pytest.mark.parametrize("patience", [-1, 0, 12])
@pytest.mark.parametrize("block", [1, 100, 1 << 22])
def test_blocks_and_the_way_of_merging_change_nothing(monkeypatch, patience, block):
    vectors, ids = clouds(5, 300, 9, 0.8), names(300)
    expected = cluster(vectors, ids, 0.4)
    assert 1 < len(expected) < 250
    monkeypatch.setattr(clustering, "_PATIENCE", patience)
    monkeypatch.setattr(clustering, "_BLOCK", block)
    monkeypatch.setattr(clustering, "_AT_ONCE", 3)
    assert cluster(vectors, ids, 0.4) == expected


@given(scene)
@settings(deadline=None, max_examples=40)
def test_no_two_clusters_are_left_that_may_merge(drawn):
    seed, count, centres, spread, similarity = drawn
    vectors, ids = clouds(seed, count, centres, spread), names(count)
    floors = (Floor(slice(0, 8), 0.15), Floor(slice(8, 16), 0.1))
    found = cluster(vectors, ids, similarity, floors=floors)
    for i, a in enumerate(found):
        for b in found[:i]:
            halves = [float((vectors[a, part] @ vectors[b, part].T).mean()) for part, _ in floors]
            # Cosines are exact to 1e-3 here: 4,000 steps, and 1 / sqrt(16) of a unit vector in each number.
            assert sum(halves) < similarity + 1e-3 or halves[0] < 0.15 + 1e-3 or halves[1] < 0.1 + 1e-3


def test_floors_keep_apart_what_is_alike_in_one_half_only():
    half = np.eye(4, dtype=np.float32) * 0.5**0.5
    rows = np.array([[*half[0], *half[0]], [*half[0], *half[1]], [*half[1], *half[0]]])
    assert cluster(rows, ["a", "b", "c"], 0.45) != [[0], [1], [2]]
    floors = (Floor(slice(0, 4), 0.1), Floor(slice(4, 8), 0.1))
    assert cluster(rows, ["a", "b", "c"], 0.45, floors=floors) == [[0], [1], [2]]


def test_equal_rows_are_one_and_rows_of_zeros_stay_alone():
    vectors = np.zeros((6, 8), np.float32)
    vectors[[0, 2, 4], 3] = 1.0
    assert cluster(vectors, list("abcdef"), 1.0) == [[0, 2, 4], [1], [3], [5]]


def test_given_sets_never_merge_with_one_another():
    vectors = np.zeros((5, 8), np.float32)
    vectors[:, 0] = 1.0
    found = cluster(vectors, list("abcde"), 0.5, together=[[1, 2], [0]])
    assert sorted(map(sorted, found)) == sorted([sorted(rows) for rows in found])
    assert len(found) == 2
    assert any({1, 2} <= set(rows) and 0 not in rows for rows in found)


def test_nothing_gives_nothing():
    assert cluster(np.zeros((0, 8), np.float32), [], 0.5) == []


def test_refuses_what_does_not_fit():
    one = np.eye(2, dtype=np.float32)
    for vectors, ids, similarity, options in (
        (one, ["a"], 0.5, {}),
        (one, ["a", "a"], 0.5, {}),
        (one, ["a", "b"], 0.0, {}),
        (one * 2, ["a", "b"], 0.5, {}),
        (one * np.nan, ["a", "b"], 0.5, {}),
        (one, ["a", "b"], 0.5, {"together": [[0], [0, 1]]}),
    ):
        with pytest.raises(ValueError):
            cluster(vectors, ids, similarity, **options)


def test_tells_progress_and_stops_when_asked():
    vectors, ids = clouds(1, 400, 3, 0.8), names(400)
    told = []
    cluster(vectors, ids, 0.3, progress=told.append)
    assert told == sorted(set(told))
    assert told[-1] == 1.0
    asked = []

    def third_time():
        asked.append(1)
        return len(asked) == 3

    with pytest.raises(AggregationCancelled):
        cluster(vectors, ids, 0.3, cancelled=third_time)
    assert len(asked) == 3
