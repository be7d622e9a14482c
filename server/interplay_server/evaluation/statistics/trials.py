"""Repeated trials of tasks: how often all of k, or at least one of k, would succeed."""

from collections.abc import Sequence
from math import comb

from interplay_server.evaluation.statistics.estimates import CONFIDENCE, Estimate
from interplay_server.evaluation.statistics.proportions import mean


def pass_hat(n: int, successes: int, k: int) -> float:
    """pass^k, all of k trials succeed: C(successes, k) / C(n, k), unbiased (Yao et al., tau-bench, 2024).

    Raises:
        ValueError: unless 0 ≤ successes ≤ n and 1 ≤ k ≤ n.
    """
    _check(n, successes, k)
    return comb(successes, k) / comb(n, k)


def pass_at(n: int, successes: int, k: int) -> float:
    """pass@k, at least one of k trials succeeds: 1 - C(n - successes, k) / C(n, k), unbiased (Chen et al., 2021)."""
    _check(n, successes, k)
    return 1 - comb(n - successes, k) / comb(n, k)


def pass_hat_over_tasks(tasks: Sequence[tuple[int, int]], k: int, confidence: float = CONFIDENCE) -> Estimate:
    """Mean of pass^k over tasks, each (trials, successes), with a t interval over tasks, cut to [0, 1]."""
    made = mean([pass_hat(n, successes, k) for n, successes in tasks], confidence)
    return made.within(0.0, 1.0)


def _check(n: int, successes: int, k: int) -> None:
    if not 0 <= successes <= n or not 1 <= k <= n:
        raise ValueError(f"{successes} successes in {n} trials, {k} at once")
