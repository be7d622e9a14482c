"""Slices of a comparison."""

import numpy as np
import pytest
from interplay_server.evaluation.statistics.proportions import wilson
from interplay_server.evaluation.statistics.signs import sign_test
from interplay_server.evaluation.statistics.slices import slices
from interplay_server.evaluation.statistics.votes import LOSS, TIE, WIN
from scipy import stats


def test_slices():
    pairs = [
        ("s1", WIN, {"source": "web", "topic": "refund"}),
        ("s1", WIN, {"source": "web", "topic": "delivery"}),
        ("s1", LOSS, {"source": "web", "topic": "delivery"}),
        ("s2", LOSS, {"source": "web"}),
        ("s3", TIE, {"source": "app", "topic": "refund"}),
    ]
    made = slices(pairs)
    assert [(one.dimension, one.value, one.pairs) for one in made] == [
        ("source", "web", 4), ("source", "app", 1), ("topic", "delivery", 2), ("topic", "refund", 2),
    ]  # fmt: skip
    web, app, delivery, _ = made
    assert (web.wins, web.losses, web.ties) == (1, 1, 0)
    assert web.win_rate.interval == wilson(1, 2)
    assert (app.wins, app.losses, app.ties, app.p_value, app.win_rate.value) == (0, 0, 1, 1, None)
    # Within the slice the two pairs of the session balance.
    assert (delivery.wins, delivery.losses, delivery.ties) == (0, 0, 1)
    assert slices([]) == []


def test_p_values_are_adjusted_over_all_slices():
    chance = np.random.default_rng(1)
    pairs = [
        (f"s{i}", WIN if chance.random() < (0.9 if i % 20 == 0 else 0.5) else LOSS, {"topic": f"t{i % 20}"})
        for i in range(1200)
    ]
    made = slices(pairs)
    assert [one.adjusted for one in made] == pytest.approx(stats.false_discovery_control([one.p_value for one in made]))
    assert [one.value for one in made if one.adjusted < 0.05] == ["t0"]
    for one in made:
        assert one.p_value == sign_test(one.wins, one.losses).p_value
        assert one.look.wins == one.wins


def test_a_pair_without_a_verdict_is_refused():
    with pytest.raises(ValueError, match="verdict"):
        slices([("s", 3, {"topic": "x"})])
