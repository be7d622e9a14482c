"""The cross-validation of merging: no pair on both sides of a fold, weights that are fitted anew are those that judge."""

import numpy as np
import pytest
from interplay_server.learning.meaning import judge
from interplay_server.learning.meaning.weights import NAMES, WEIGHTS
from interplay_server.models.wordllama import WordLlamaEmbedder

from tests.bench.learning_quality import RELATIONS
from tests.bench.merge_folds import FILES, LEAST, Pair, Trial, folds, linked, read, report, weigh


@pytest.fixture(scope="module")
def trial():
    pairs = [pair for pair in read(("dev",)) if pair.relation != "REFINES"][::2] + read(("dev",))[1::2]
    return Trial(pairs, WordLlamaEmbedder())


def test_the_held_out_half_is_not_read():
    assert "heldout" not in FILES
    assert {pair.file for pair in read()} <= set(FILES)
    assert read(("no_such_file",)) == []


def test_pairs_that_share_a_statement_are_linked():
    assert linked([("a", "b"), ("c", "d"), ("B", "e"), ("E", "c"), ("x", "y")]) == [0, 0, 0, 0, 1]


def test_a_group_lies_in_one_fold():
    groups = [f"g{i % 7}" for i in range(50)]
    found = folds(groups, 3, seed=1)
    assert len(set(zip(groups, found, strict=True))) == 7
    assert set(found) == {0, 1, 2}
    assert found == folds(groups, 3, seed=1)
    assert found != folds(groups, 3, seed=2)


def test_weights_find_what_separates():
    random = np.random.default_rng(7)
    labels = random.integers(0, 4, 400)
    telling = np.eye(4)[labels] * 3 + random.normal(0, 0.5, (400, 4))
    features = np.column_stack([np.ones(400), telling, random.normal(5, 100, 400)])
    found = weigh(features, labels, np.ones(400), penalty=1.0)
    assert found.shape == (6, 4)
    assert found.sum(1) == pytest.approx(np.zeros(6), abs=1e-9)
    assert ((features @ found).argmax(1) == labels).mean() > 0.97
    assert np.array_equal(found, weigh(features, labels, np.ones(400), penalty=1.0))


def test_the_slope_is_nought_where_the_fit_ends():
    random = np.random.default_rng(3)
    features = np.column_stack([np.ones(60), random.normal(0, 1, (60, 2))])
    labels, counts = random.integers(0, 4, 60), random.uniform(0.2, 1, 60)
    spread = features[:, 1:].std(0) + 1e-2
    found = weigh(features, labels, counts, penalty=2.0)
    odds = np.exp(features @ found)
    slope = features.T @ ((odds / odds.sum(1, keepdims=True) - np.eye(4)[labels]) * counts[:, None])
    centred = slope[1:] - features[:, 1:].mean(0)[:, None] * slope[0]
    assert centred / spread[:, None] + 2.0 * found[1:] * spread[:, None] == pytest.approx(np.zeros((2, 4)), abs=1e-4)


def test_a_pair_that_counts_nothing_changes_nothing():
    random = np.random.default_rng(4)
    features = np.column_stack([np.ones(40), random.normal(0, 1, (40, 3))])
    labels, counts = random.integers(0, 4, 40), np.ones(40)
    counts[:5] = 0
    other = labels.copy()
    other[:5] = (labels[:5] + 1) % 4
    assert weigh(features, labels, counts) == pytest.approx(weigh(features, other, counts))


def test_pairs_are_judged_by_the_weights_given(trial):
    at = range(len(trial.pairs))
    shipped = trial.said(at, None)
    nothing = np.zeros_like(WEIGHTS)
    nothing[0] = [-9, -9, -9, 9]
    by_none = trial.said(at, nothing)
    assert sum(shipped[i] != "DISTINCT" for i in at) > 0.3 * len(trial.pairs)
    assert sum(by_none[i] != "DISTINCT" for i in at) == 0
    assert judge.WEIGHTS is WEIGHTS


def test_higher_limits_say_less(trial):
    at, limits = range(len(trial.pairs)), dict(judge._LEAST)
    counts = [
        sum(name != "DISTINCT" for name in trial.said(at, None, least=(limit,) * 3).values())
        for limit in (0.3, 0.6, 0.9, 1.1)
    ]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[2] >= counts[3]
    assert limits == judge._LEAST


def test_neighbours_are_of_other_topics(trial):
    assert trial._beside
    for i, j, cosine in trial._beside:
        assert trial.pairs[i].group != trial.pairs[j].group
        assert -1 < cosine <= 1.001
    every = range(len(trial.pairs))
    nothing, all_same = np.zeros_like(WEIGHTS), np.zeros_like(WEIGHTS)
    nothing[0], all_same[0] = [-9, -9, -9, 9], [9, -9, -9, -9]
    assert trial.taken(every, nothing) == (0, len(trial._beside))
    assert trial.taken(every, all_same)[0] > 0


def test_the_fit_is_of_the_known_pairs_only_and_repeatable(trial):
    some, others = set(range(0, len(trial.pairs), 2)), set(range(1, len(trial.pairs), 2))
    found = trial.fitted(some)
    assert found.shape == (len(NAMES), len(RELATIONS))
    assert np.array_equal(found, trial.fitted(sorted(some, reverse=True)))
    assert not np.allclose(found, trial.fitted(others))


def test_precision_and_recall_are_counted(trial):
    right = {i: pair.relation for i, pair in enumerate(trial.pairs)}
    assert "all 1.000/1.000" in trial.line("x", right)
    assert "all 0.000/0.000" in trial.line("x", dict.fromkeys(right, "DISTINCT"))
    contrary = sum(pair.relation == "CONTRADICTS" for pair in trial.pairs) / len(trial.pairs)
    assert f"cont {contrary:.3f}/1.000" in trial.line("x", dict.fromkeys(right, "CONTRADICTS"))


def test_a_report_has_a_line_for_each_trial():
    pairs = [Pair(p.new, p.old, p.relation, f, p.group) for f in ("dev", "dev2") for p in read(("dev",))[::9]]
    lines = list(report(Trial(pairs, WordLlamaEmbedder()), 2))
    assert len(lines) == 2 + 2 * 3 + 2 * (2 + len(LEAST))
    assert all("all " in line for line in lines[2:])
