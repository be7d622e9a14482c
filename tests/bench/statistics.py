"""How honest the statistics of evaluation are: error rates under peeking, coverage of intervals, votes until a verdict.

    python -m tests.bench --only statistics

All is simulated with fixed seeds through the functions that the server calls. Beside a share stands what it may be, and the
binomial standard error of the simulation is allowed on top.
"""

import math

import numpy as np
from interplay_server.evaluation.statistics.agreement import A, B, agreement, cohen_kappa
from interplay_server.evaluation.statistics.anytime import log_e_values
from interplay_server.evaluation.statistics.bootstrap import cluster_share
from interplay_server.evaluation.statistics.calibration import auc
from interplay_server.evaluation.statistics.judge_bias import FIRST, SECOND, positions
from interplay_server.evaluation.statistics.length import length_controlled
from interplay_server.evaluation.statistics.lift import lift
from interplay_server.evaluation.statistics.planning import pairs_needed
from interplay_server.evaluation.statistics.proportions import compare_proportions, mean, wilson
from interplay_server.evaluation.statistics.special import NORMAL

from tests.bench.common import Plan
from tests.bench.table import Row

DECIDES = math.log(20)
_BATCH = 1000
"""Runs simulated at once."""


def error(share: float, runs: int) -> float:
    """Standard error of a share over runs."""
    return math.sqrt(share * (1 - share) / runs)


def peeking(runs: int, votes: int, *, ties: float = 0.0, win: float = 0.5, seed: int = 1) -> np.ndarray:
    """(runs,) the vote after which the e-value first reaches 20 when one looks after each; 0 where it never does.

    A vote is a tie with probability `ties`, else a win with probability `win`; ties are looked at too and change nothing.
    """
    chance = np.random.default_rng(seed)
    stops = []
    for at in range(0, runs, _BATCH):
        shape = (min(_BATCH, runs - at), votes)
        tied, won = chance.random(shape) < ties, chance.random(shape) < win
        # Decisive votes first, in their order; what lies behind them was never cast.
        order = np.argsort(tied, axis=1, kind="stable") if ties else None
        cast = won if order is None else np.take_along_axis(won, order, 1)
        reached = log_e_values(cast) >= DECIDES
        reached &= np.arange(votes) < (~tied).sum(1, keepdims=True)
        stops.append(np.where(reached.any(1), reached.argmax(1) + 1, 0))
    return np.concatenate(stops)


def clustered_peeking(
    runs: int,
    sessions: int,
    *,
    pairs: tuple[int, int] = (1, 10),
    even: float = 0.5,
    growing: bool = False,
    seed: int = 2,
) -> dict[str, float]:
    """Share of null runs that ever reach 20: pairs as votes, against one vote a session by majority and by first verdict.

    Each session has a number of pairs in the range, and a win rate of its own, Beta(even, even): half on average.
    `growing` interleaves the pairs of all sessions, so that looks are taken at majorities that still change.
    """
    chance = np.random.default_rng(seed)
    found = {"pairs": 0, "majority": 0, "first": 0}
    for _ in range(runs):
        size = chance.integers(*pairs, sessions)
        session = np.repeat(np.arange(sessions), size)
        won = chance.random(size.sum()) < np.repeat(chance.beta(even, even, sessions), size)
        if growing:
            order = chance.permutation(len(session))
            session, won = session[order], won[order]
        found["pairs"] += bool((log_e_values(won) >= DECIDES).any())
        first = won[np.unique(session, return_index=True)[1]]
        if growing:
            first = won[np.sort(np.unique(session, return_index=True)[1])]
        found["first"] += bool((log_e_values(first) >= DECIDES).any())
        if growing:
            found["majority"] += bool((_changing(session, won) >= DECIDES).any())
        else:
            lead = np.bincount(session, np.where(won, 1, -1))
            found["majority"] += bool((log_e_values(lead[lead != 0] > 0) >= DECIDES).any())
    return {name: count / runs for name, count in found.items()}


def _changing(session: np.ndarray, won: np.ndarray) -> np.ndarray:
    """Logarithms of the e-values after each pair of the majorities as they stand then."""
    lead = np.zeros(session.max() + 1, np.int64)
    counts = np.zeros((len(session), 2), np.int64)
    wins = losses = 0
    for i, (one, up) in enumerate(zip(session.tolist(), won.tolist(), strict=True)):
        before = int(lead[one])
        after = before + (1 if up else -1)
        lead[one] = after
        wins += (after > 0) - (before > 0)
        losses += (after < 0) - (before < 0)
        counts[i] = wins, losses
    most = int(counts.max()) + 1
    gamma = np.array([math.lgamma(10 + k) for k in range(2 * most + 10)])
    start = math.lgamma(20) - 2 * math.lgamma(10)
    both = np.array([math.lgamma(20 + k) for k in range(2 * most + 1)])
    n = counts.sum(1)
    return start + gamma[counts[:, 0]] + gamma[counts[:, 1]] - both[n] + n * math.log(2)


def fixed_peeking(runs: int, votes: int, every: int, seed: int = 3) -> float:
    """False positives of a z test at 5 % that is looked at every so many votes."""
    chance = np.random.default_rng(seed)
    wins = np.cumsum(chance.random((runs, votes)) < 0.5, axis=1, dtype=np.int32)[:, every - 1 :: every]
    n = np.arange(every, votes + 1, every)
    return float((np.abs(wins - n / 2) / np.sqrt(n / 4) > NORMAL.inv_cdf(0.975)).any(1).mean())


def sequence_coverage(runs: int, votes: int, win: float, seed: int = 4) -> float:
    """Share of runs whose confidence sequence holds the true rate after every vote."""
    chance = np.random.default_rng(seed)
    held = 0
    for at in range(0, runs, _BATCH):
        won = chance.random((min(_BATCH, runs - at), votes)) < win
        held += int((log_e_values(won, null=win) < DECIDES).all(1).sum())
    return held / runs


def wilson_coverage(n: int, p: float) -> float:
    """Exact: the probability of all counts whose interval holds p."""
    log_pmf = [
        math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) + k * math.log(p) + (n - k) * math.log(1 - p)
        for k in range(n + 1)
    ]
    return sum(math.exp(log_pmf[k]) for k in range(n + 1) if p in wilson(k, n))


def wald_coverage(n: int, p: float) -> float:
    """Exact, of p ± 1.96 √(p(1-p)/n), for comparison."""
    total = 0.0
    for k in range(n + 1):
        half = 1.96 * math.sqrt(k / n * (1 - k / n) / n)
        if abs(k / n - p) <= half:
            total += math.comb(n, k) * p**k * (1 - p) ** (n - k)
    return total


def sessions(chance: np.random.Generator, count: int, rate: float, *, heavy: bool = False) -> tuple:
    """Wins and decisive pairs of sessions with rates of their own (intraclass correlation .3); `heavy`: a tenth of them has
    ten times the pairs.
    """
    p = chance.beta(rate * 7 / 3, (1 - rate) * 7 / 3, count)
    n = chance.integers(2, 9, count)
    if heavy:
        n = n * np.where(chance.random(count) < 0.1, 10, 1)
    return chance.binomial(n, p), n


def bootstrap_coverage(
    runs: int, clusters: int, rate: float, *, method: str = "studentised", heavy: bool = False, seed: int = 5
) -> tuple[float, float]:
    """Coverage and mean width of the interval of the win rate."""
    chance = np.random.default_rng(seed)
    held, width = 0, 0.0
    for _ in range(runs):
        wins, n = sessions(chance, clusters, rate, heavy=heavy)
        interval = cluster_share(wins, n, method=method, resamples=1000, rng=chance).interval
        held += rate in interval
        width += interval.high - interval.low
    return held / runs, width / runs


TABLE = np.array([[0.30, 0.08, 0.04], [0.07, 0.27, 0.04], [0.05, 0.05, 0.10]])
"""Shares of pairs: rows what people say, columns what the judge says."""
_CHANCE = float(TABLE.sum(0) @ TABLE.sum(1))
KAPPA = (float(np.trace(TABLE)) - _CHANCE) / (1 - _CHANCE)


def kappa_coverage(runs: int, n: int, seed: int = 6) -> float:
    chance = np.random.default_rng(seed)
    tables = chance.multinomial(n, TABLE.ravel(), size=runs).reshape(-1, 3, 3)
    intervals = [cohen_kappa(one).interval for one in tables]
    return sum(one is not None and KAPPA in one for one in intervals) / runs


def clustered_kappa_coverage(runs: int, clusters: int, seed: int = 7) -> tuple[float, float]:
    """Of the bootstrap over sessions and of the asymptotic interval; sessions repeat one of their rows up to five times."""
    chance = np.random.default_rng(seed)
    labels = np.array([A, B, "TIE"])
    held = [0, 0]
    for _ in range(runs):
        size = chance.integers(1, 6, clusters)
        cell = np.repeat(chance.choice(9, clusters, p=TABLE.ravel()), size)
        member = np.repeat(np.arange(clusters), size)
        human, judge = labels[cell // 3].tolist(), labels[cell % 3].tolist()
        for i, groups in enumerate((member.tolist(), None)):
            interval = agreement(human, judge, clusters=groups, rng=chance).kappa.interval
            held[i] += interval is not None and KAPPA in interval
    return held[0] / runs, held[1] / runs


def auc_coverage(runs: int, n: int, seed: int = 8) -> float:
    """Normal scores half a class each, one standard deviation apart: the area is .760."""
    chance = np.random.default_rng(seed)
    true, y = NORMAL.cdf(1 / math.sqrt(2)), np.repeat([0, 1], n // 2)
    return sum(true in auc(chance.normal(y, 1), y).interval for _ in range(runs)) / runs


def lift_coverage(runs: int, users: int, effect: float = 0.0, seed: int = 9) -> tuple[float, float]:
    """Coverage, and the share of runs with p < 5 %: users an arm with 1 to 9 sessions and a success rate of their own."""
    chance = np.random.default_rng(seed)
    held = found = 0
    for _ in range(runs):
        arms = []
        for rate in (0.5 + effect, 0.5):
            n = chance.integers(1, 10, users)
            arms.append((chance.binomial(n, chance.beta(rate * 3, (1 - rate) * 3, users)), n))
        made = lift(*arms)
        held += effect in made.interval
        found += made.p_value < 0.05
    return held / runs, found / runs


def mean_coverage(runs: int, n: int, seed: int = 10) -> float:
    """Of the number of turns, Poisson around 4."""
    chance = np.random.default_rng(seed)
    return sum(4.0 in mean(row).interval for row in chance.poisson(4, (runs, n))) / runs


def difference_coverage(runs: int, n: int, p: float, q: float, seed: int = 11) -> float:
    chance = np.random.default_rng(seed)
    pairs = zip(chance.binomial(n, p, runs).tolist(), chance.binomial(n, q, runs).tolist(), strict=True)
    return sum(p - q in compare_proportions(one, n, two, n).interval for one, two in pairs) / runs


def length_coverage(runs: int, clusters: int, seed: int = 12) -> tuple[float, float, float]:
    """Coverage of the true rate at equal length (.5) and the mean of the estimates, beside the mean raw win rate.

    The shadow is longer on average and a judge likes length: the log odds of a win are tanh(difference / rms).
    """
    chance = np.random.default_rng(seed)
    held, controlled, raw = 0, 0.0, 0.0
    for _ in range(runs):
        size = chance.integers(1, 6, clusters)
        member = np.repeat(np.arange(clusters), size)
        difference = chance.normal(60, 100, len(member))
        odds = 1.5 * np.tanh(difference / math.hypot(60, 100))
        won = chance.random(len(member)) < 1 / (1 + np.exp(-odds))
        made = length_controlled(np.where(won, 1, -1), difference, member.tolist()).win_rate
        held += 0.5 in made.interval
        controlled += made.value
        raw += won.mean()
    return held / runs, controlled / runs, raw / runs


def planted_position(runs: int, pairs: int, bias: float, seed: int = 13) -> tuple[float, float, float]:
    """A judge that says "first" with probability `bias` and is right 8 times of 10 otherwise, on equal answers.

    Mean estimate of the bias, coverage of its interval, and the win rate of one answer over both orders.
    """
    chance = np.random.default_rng(seed)
    total, held, wins, decisive = 0.0, 0, 0, 0
    for _ in range(runs):
        better = chance.random((pairs, 1)) < 0.5
        says_a = better == (chance.random((pairs, 2)) < 0.8)
        first = np.where(chance.random((pairs, 2)) < bias, True, says_a == np.array([True, False]))
        made = positions([(FIRST if one else SECOND, FIRST if two else SECOND) for one, two in first.tolist()])
        total += made.excess.value
        held += bias in made.excess.interval
        wins += int((first[:, 0] & ~first[:, 1]).sum())
        decisive += int((first[:, 0] != first[:, 1]).sum())
    return total / runs, held / runs, wins / decisive


def measure(plan: Plan) -> list[Row]:
    runs = plan.pick(10_000, 2000)
    return [*_errors(runs), *_stops(plan.pick(4000, 1000)), *_coverages(plan.pick(2000, 400))]


def _errors(runs: int) -> list[Row]:
    few = runs // 5
    rows = [
        _at_most("peeking after every vote, 1,000 votes", float((peeking(runs, 1000) > 0).mean()), runs),
        _at_most("the same with 40 % ties", float((peeking(runs, 1000, ties=0.4, seed=21) > 0).mean()), runs),
        Row("z test at 5 %, looked at every 20 votes", f"{fixed_peeking(runs, 1000, 20):.1%}", "for comparison"),
    ]
    for growing in (False, True):
        found = clustered_peeking(few, 200, growing=growing)
        how = "pairs of all sessions interleaved" if growing else "one session after another"
        rows.append(Row(f"{how}: pairs as votes", f"{found['pairs']:.1%}", "for comparison"))
        if growing:
            rows.append(Row(f"{how}: majority while it changes", f"{found['majority']:.1%}", "not covered by theory"))
        else:
            rows.append(_at_most(f"{how}: majority of each", found["majority"], few))
        rows.append(_at_most(f"{how}: first decisive verdict", found["first"], few))
    worst = clustered_peeking(few // 4, 400, pairs=(20, 30), even=1e6, growing=True)
    rows.append(
        Row(
            "400 users who go on, even chances: majority while it changes",
            f"{worst['majority']:.1%}",
            "why `first` exists",
        )
    )
    rows.append(_at_most("the same: first decisive verdict", worst["first"], few // 4))
    return rows


def _stops(runs: int) -> list[Row]:
    rows = []
    for win in (0.55, 0.6, 0.65):
        stop = peeking(runs, 5000, win=win, seed=31)
        found = np.where(stop > 0, stop, np.iinfo(np.int64).max)
        middle, most = (int(np.quantile(found, share, method="lower")) for share in (0.5, 0.8))
        fixed = pairs_needed(win).decisive
        rows.append(
            Row(f"win rate {win:.0%}: votes until a verdict", f"median {middle:,}, 80 % by {most:,}",
                f"{fixed:,} fixed, 80 % power", middle / fixed)
        )  # fmt: skip
    return rows


def _coverages(runs: int) -> list[Row]:
    rows = [
        Row("Wilson, n 20, rate .9 (exact)", f"{wilson_coverage(20, 0.9):.1%}", f"{wald_coverage(20, 0.9):.1%} Wald"),
        *(
            _held(f"confidence sequence, all of 2,000 votes, rate {win}", sequence_coverage(runs, 2000, win), runs)
            for win in (0.5, 0.6, 0.9)
        ),
        Row("difference of shares, n 30, .7 and .5", f"{difference_coverage(runs, 30, 0.7, 0.5):.1%}", "95 % nominal"),
        Row("mean of turns, n 20", f"{mean_coverage(runs, 20):.1%}", "95 % nominal"),
    ]
    for heavy in (False, True):
        for clusters in (20, 50, 200):
            (covered, width), (percentile, narrow) = (
                bootstrap_coverage(runs, clusters, 0.6, method=method, heavy=heavy)
                for method in ("studentised", "percentile")
            )
            name = f"bootstrap of {clusters} sessions{', a tenth with ten times the pairs' if heavy else ''}"
            rows.append(Row(name, f"{covered:.1%}, width {width:.2f}", f"{percentile:.1%}, {narrow:.2f} percentile"))
    rows += [Row(f"kappa, {n} rows", f"{kappa_coverage(runs, n):.1%}", "95 % nominal") for n in (15, 50, 200)]
    for clusters in (50, 200):
        covered, naive = clustered_kappa_coverage(runs // 4, clusters)
        rows.append(
            Row(f"kappa, {clusters} sessions that repeat", f"{covered:.1%}", f"{naive:.1%} rows as independent")
        )
    rows += [Row(f"AUC, {n} rows", f"{auc_coverage(runs, n):.1%}", "95 % nominal") for n in (40, 200)]
    for users in (20, 100):
        covered, positives = lift_coverage(runs, users)
        rows.append(Row(f"lift, {users} users an arm", f"{covered:.1%}", f"{positives:.1%} with p < 5 %"))
    covered, controlled, raw = length_coverage(runs // 2, 60)
    rows.append(Row("length-controlled win rate, true 50 %", f"{covered:.1%}, mean {controlled:.1%}", f"{raw:.1%} raw"))
    estimate, covered, win = planted_position(runs // 10, 500, 0.3)
    rows.append(Row('planted: "first" in 30 %', f"found {estimate:.1%}, covered {covered:.1%}", f"win rate {win:.1%}"))
    return rows


def _at_most(what: str, share: float, runs: int) -> Row:
    """Met where the share is below 5 % but for two standard errors of the simulation."""
    return Row(what, f"{share:.2%} false", goal="≤ 5 %", met=share <= 0.05 + 2 * error(0.05, runs))


def _held(what: str, share: float, runs: int) -> Row:
    return Row(what, f"{share:.2%}", goal="≥ 95 %", met=share >= 0.95 - 2 * error(0.95, runs))
