"""Every figure of a comparison, made again by independent code from the verdicts that were streamed, and nothing else."""

import math
import random
from collections import Counter, defaultdict

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import integrate, optimize, special, stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from tests.conftest import ServerProcess
from tests.service.evaluation_kit import CHALLENGER, PRODUCTION, TIE
from tests.service.judged_kit import JUDGE, JudgedApi
from tests.service.kit import eval_pb, fresh
from tests.service.learning_kit import agent, turns, user
from tests.service.test_learning_model import KEY, VARIABLE, flags
from tests.support import planted_judges as planted

EXACT = 1e-9
SIGN = {CHALLENGER: 1, PRODUCTION: -1, TIE: 0}
SHAPES = {
    "even": {"pairs": 90, "users": 30, "sessions": 2, "better": 0.5, "seed": 1},
    "clustered": {"pairs": 160, "users": 8, "sessions": 2, "better": 0.6, "seed": 2},
    "clear": {"pairs": 120, "users": 60, "sessions": 1, "better": 0.85, "seed": 3},
    "few": {"pairs": 12, "users": 4, "sessions": 1, "better": 0.4, "seed": 4},
    "one side": {"pairs": 40, "users": 40, "sessions": 1, "better": 1.0, "seed": 5},
}


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    model = planted.PlantedModel()
    model.judge("grade", planted.perfect)
    with model.fake.in_thread() as fake:
        server = ServerProcess(
            tmp_path_factory.mktemp("recomputed") / "data", *flags(fake, JUDGE), environment={VARIABLE: KEY}
        ).start()
        yield server.target
        server.stop()
        assert "Traceback" not in server.log.read_text()


@pytest.fixture(scope="module", params=SHAPES, ids=str)
def published(request, target):
    """A tenant with pairs of several sources, versions and topics, and turns without a second answer."""
    shape = SHAPES[request.param]
    api = JudgedApi(target, tenant=fresh("recomputed"), timeout=120)
    api.configure(disabled=True)
    dice = random.Random(shape["seed"])
    plain = 0
    for place in range(shape["pairs"]):
        who = f"u{dice.randrange(shape['users'])}"
        worth = 2 + (0 if dice.random() < 0.2 else 1 if dice.random() < shape["better"] else -1)
        content, shadow = (f"answer {place} grade {one}" + " word" * dice.randrange(9) for one in (2, worth))
        topic = dice.choice(["trains", "refunds", ""])
        said = [user(f"question {place} about {topic or 'nothing'}"), agent(content, shadow_content=shadow)]
        if dice.random() < 0.3:
            said.append(agent("And good day."))
            plain += 1
        batch = turns(
            *said, user=who, session=f"s{dice.randrange(shape['sessions'])}",
            source=dice.choice(["chat", "mail", "phone"]), agent_version=dice.choice(["v1", "v2"]),
        )  # fmt: skip
        batch.metadata.update({"topic": topic} if topic else {})
        api.PublishInteractions(batch)
    yield api, shape["pairs"], plain
    api.close()


@pytest.fixture(scope="module", params=[1, 2], ids=["by session", "by user"])
def compared(request, published):
    api, pairs, plain = published
    verdicts, report = api.compare(vote_unit=request.param, seed=7, expected_pair_share=pairs / (pairs + plain))
    assert len(verdicts) == pairs
    return verdicts, report, request.param, plain


def cluster_of(one, unit):
    return one.user_id if unit == 2 else (one.user_id, one.session_id)


def cast(verdicts, unit):
    """(vote, pairs) by cluster, in the order in which votes were cast: that of the last pair of a session; that of the
    first decisive pair of a user, those without one last.
    """
    own = defaultdict(list)
    for place, one in enumerate(verdicts):
        own[cluster_of(one, unit)].append((place, SIGN[one.winner]))
    made = []
    for rows in own.values():
        signs = [sign for _, sign in rows]
        if unit == 2:
            decisive = [(place, sign) for place, sign in rows if sign]
            when, vote = decisive[0] if decisive else (math.inf, 0)
        else:
            when, vote = rows[-1][0], int(np.sign(sum(signs)))
        made.append((when, vote, signs))
    return [(vote, signs) for _, vote, signs in sorted(made, key=lambda one: one[0])]


def same(estimate, value, low=None, high=None, n=None):
    assert estimate.value == pytest.approx(value, abs=EXACT)
    if low is not None:
        assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=EXACT)
    if n is not None:
        assert estimate.n == n


def wilson(successes, n):
    """As the roots of (p̂ - p)² = z² p (1 - p) / n."""
    z2 = stats.norm.ppf(0.975) ** 2
    share = successes / n
    low, high = np.sort(np.roots([1 + z2 / n, -2 * share - z2 / n, share**2]).real)
    return max(low, 0.0), min(high, 1.0)


def test_counts(compared):
    verdicts, report, _, plain = compared
    counts = Counter(one.winner for one in verdicts)
    assert (report.pairs, report.failed) == (len(verdicts), 0)
    assert (report.wins, report.losses, report.ties) == (counts[CHALLENGER], counts[PRODUCTION], counts[TIE])
    assert report.flips == sum(one.orders[0].winner != one.orders[1].winner for one in verdicts)
    assert report.pair_share == pytest.approx(len(verdicts) / (len(verdicts) + plain), abs=EXACT)
    expected = stats.binomtest(len(verdicts), len(verdicts) + plain, len(verdicts) / (len(verdicts) + plain)).pvalue if plain else 1.0  # fmt: skip
    assert report.sample_ratio_p_value == pytest.approx(expected, abs=EXACT)


def test_win_rates_with_wilson_intervals(compared):
    verdicts, report, _, _ = compared
    signs = [SIGN[one.winner] for one in verdicts]
    wins, losses = signs.count(1), signs.count(-1)
    low, high = proportion_confint(wins, wins + losses, method="wilson")
    same(report.win_rate, wins / (wins + losses), max(low, 0), min(high, 1), wins + losses)
    split = wins + signs.count(0) / 2
    same(report.win_rate_ties_split, split / len(signs), *wilson(split, len(signs)), len(signs))


def test_the_sign_test_of_the_votes(compared):
    verdicts, report, unit, _ = compared
    made = [vote for vote, _ in cast(verdicts, unit)]
    assert report.votes == len(made) == len({cluster_of(one, unit) for one in verdicts})
    wins, losses = made.count(1), made.count(-1)
    assert report.sign_test_p_value == pytest.approx(stats.binomtest(wins, wins + losses).pvalue, abs=EXACT)


def mixture(wins, losses, p):
    """The log of M_n(p) of the Beta(10, 10) mixture."""
    return special.betaln(10 + wins, 10 + losses) - special.betaln(10, 10) - special.xlogy(wins, p) - special.xlog1py(losses, -p)  # fmt: skip


def test_the_evidence_and_its_path(compared):
    verdicts, report, unit, _ = compared
    decisive = [vote for vote, _ in cast(verdicts, unit) if vote]
    assert report.evidence.n == len(decisive) == report.path[-1].n
    assert [one.n for one in report.path] == list(range(1, len(decisive) + 1))
    for point in [*report.path, report.evidence]:
        wins = decisive[: point.n].count(1)
        losses = point.n - wins
        assert point.rate == pytest.approx(wins / point.n, abs=EXACT)
        assert math.log(point.e_value) == pytest.approx(mixture(wins, losses, 0.5), abs=EXACT)
        middle = (wins + 1e-9) / (point.n + 2e-9)
        for end, side, none in ((point.low, 0.0, not wins), (point.high, 1.0, not losses)):
            if none:
                assert end == side
                continue
            edges = (1e-300, middle) if side == 0 else (middle, 1 - 1e-16)
            found = optimize.brentq(lambda p, w=wins, v=losses: mixture(w, v, p) - math.log(20), *edges, xtol=1e-15)
            assert end == pytest.approx(found, abs=EXACT)


def test_the_e_value_is_a_mixture_of_likelihood_ratios(compared):
    """By numerical integration over the prior."""
    _, report, _, _ = compared
    n, wins = report.evidence.n, round(report.evidence.rate * report.evidence.n)
    density = stats.beta(10, 10).pdf
    value, _ = integrate.quad(lambda p: density(p) * (2 * p) ** wins * (2 * (1 - p)) ** (n - wins), 0, 1, epsabs=0, epsrel=1e-12)  # fmt: skip
    assert report.evidence.e_value == pytest.approx(value, rel=1e-8)


def test_slices_and_their_adjustment(compared):
    verdicts, report, unit, _ = compared
    members = defaultdict(list)
    for one in verdicts:
        members["source", one.source].append(one)
        members["agent_version", one.agent_version].append(one)
        if one.topic:
            members["topic", one.topic].append(one)
    told = {(one.dimension, one.value): one for one in report.slices}
    named = {key for key in told if key[0] != "topic" or key[1] in {"trains", "refunds"}}
    assert named == set(members)
    for key, rows in members.items():
        found, made = told[key], [vote for vote, _ in cast(rows, unit)]
        wins, losses = made.count(1), made.count(-1)
        assert (found.pairs, found.wins, found.losses, found.ties) == (len(rows), wins, losses, made.count(0))
        if wins + losses:
            low, high = proportion_confint(wins, wins + losses, method="wilson")
            same(found.win_rate, wins / (wins + losses), max(low, 0), min(high, 1), wins + losses)
            assert found.p_value == pytest.approx(stats.binomtest(wins, wins + losses).pvalue, abs=EXACT)
        else:
            assert not found.win_rate.HasField("value")
    adjusted = multipletests([one.p_value for one in report.slices], method="fdr_bh")[1]
    assert [one.adjusted_p_value for one in report.slices] == pytest.approx(list(adjusted), abs=EXACT)


def test_topics_that_nobody_named_hold_the_pairs_without_a_name(compared):
    verdicts, report, _, _ = compared
    found = [one for one in report.slices if one.dimension == "topic" and one.value not in {"trains", "refunds"}]
    assert sum(one.pairs for one in found) == sum(not one.topic for one in verdicts)


def test_criteria(compared):
    verdicts, report, _, _ = compared
    counts = defaultdict(Counter)
    for one in verdicts:
        for part in one.criteria:
            counts[part.criterion][part.winner] += 1
    for name, count in counts.items():
        n = count[CHALLENGER] + count[PRODUCTION]
        if n:
            same(report.criteria[name], count[CHALLENGER] / n, *wilson(count[CHALLENGER], n), n)
        else:
            assert name not in report.criteria


def test_how_often_the_longer_answer_wins(compared):
    verdicts, report, _, _ = compared
    signs = [SIGN[one.winner] * int(np.sign(one.challenger_length - one.production_length)) for one in verdicts]
    n = signs.count(1) + signs.count(-1)
    same(report.longer_wins, signs.count(1) / n, *wilson(signs.count(1), n), n)


def test_the_win_rate_at_equal_length(compared):
    """Firth's likelihood, maximised by another optimiser; the sandwich by statsmodels' clusters of the same weights."""
    verdicts, report, unit, _ = compared
    y = np.array([(SIGN[one.winner] + 1) / 2 for one in verdicts])
    d = np.array([one.challenger_length - one.production_length for one in verdicts], float)
    rows = np.column_stack([np.ones(len(d)), np.tanh(d / np.sqrt((d**2).mean()))])

    def loss(weights):
        at = rows @ weights
        p = special.expit(at)
        information = (rows.T * (p * (1 - p))) @ rows
        return -(y * at - np.logaddexp(0, at)).sum() - np.linalg.slogdet(information)[1] / 2

    weights = optimize.minimize(loss, np.zeros(2), method="BFGS", options={"gtol": 1e-9}).x
    value = special.expit(weights[0])
    found = report.length_controlled_win_rate
    # The penalty is flat at its top: an optimiser without derivatives comes this near.
    assert found.value == pytest.approx(value, abs=1e-6)
    keys = [cluster_of(one, unit) for one in verdicts]
    assert found.n == len(set(keys))
    p = special.expit(rows @ weights)
    bread = np.linalg.inv((rows.T * (p * (1 - p))) @ rows)
    scores = sm.stats.sandwich_covariance.group_sums(rows * (y - p)[:, None], np.unique([str(one) for one in keys], return_inverse=True)[1])  # fmt: skip
    clusters = len(set(keys))
    spread = bread @ (scores.T @ scores) @ bread * clusters / (clusters - 1)
    half = stats.t.ppf(0.975, clusters - 1) * math.sqrt(spread[0, 0])
    assert (found.low, found.high) == pytest.approx(
        (special.expit(weights[0] - half), special.expit(weights[0] + half)), abs=1e-5
    )


def test_pairs_needed(compared):
    verdicts, report, unit, _ = compared
    made = cast(verdicts, unit)
    votes = [vote for vote, _ in made]
    n = votes.count(1) + votes.count(-1)
    rate = votes.count(1) / n
    if rate == 0.5:
        assert not report.HasField("pairs_needed")
        return
    spread = stats.norm.isf(0.025) / 2 + stats.norm.isf(0.2) * math.sqrt(rate * (1 - rate))
    decisive = max((spread / (rate - 0.5)) ** 2, 1 - math.log2(0.05))
    per_vote, tie_rate = len(verdicts) / len(made), 1 - n / len(made)
    assert report.pairs_needed == math.ceil(decisive * per_vote / (1 - tie_rate))


def test_bootstraps_repeat_and_agree_with_another_one(compared, published):
    verdicts, report, unit, _ = compared
    sums = np.array([[signs.count(1), signs.count(-1), signs.count(0)] for _, signs in cast(verdicts, unit)], float)
    wins, losses, ties = sums.T
    pairs = (
        (report.win_rate_bootstrap, wins, wins + losses),
        (report.win_rate_ties_split_bootstrap, wins + ties / 2, wins + losses + ties),
    )
    for found, won, of in pairs:
        y, d = won[of > 0], of[of > 0]
        assert found.value == pytest.approx(y.sum() / d.sum(), abs=EXACT)
        assert found.n == len(d)
        assert found.low <= found.value <= found.high
        dice = np.random.default_rng(11)
        drawn = dice.integers(0, len(d), (4000, len(d)))
        low, high = np.quantile(y[drawn].sum(1) / d[drawn].sum(1), [0.025, 0.975])
        assert found.low <= high
        assert low <= found.high
        if len(d) >= 25 and 0.05 < found.value < 0.95:
            # Studentised against percentiles: alike to a third of their width.
            assert abs(found.low - low) < (high - low) / 3
            assert abs(found.high - high) < (high - low) / 3
    api = published[0]
    again = api.compare(vote_unit=unit, seed=7)[1]
    assert again.win_rate_bootstrap == report.win_rate_bootstrap
    assert again.win_rate_ties_split_bootstrap == report.win_rate_ties_split_bootstrap
    assert again.path == report.path


def test_the_decision_follows_from_the_figures(compared):
    report = compared[1]
    if report.votes < 20:
        assert (report.decision, report.reasons[0]) == (3, "TOO_FEW_CLUSTERS")
    elif report.evidence.e_value >= 20:
        assert report.decision == (1 if report.evidence.rate > 0.5 else 2)
    else:
        assert (report.decision, report.reasons[0]) == (3, "NOT_ENOUGH_EVIDENCE")
    if report.evidence.n:
        assert f"{100 * report.evidence.low:.1f} to {100 * report.evidence.high:.1f} %" in report.sentence


def test_a_filter_compares_those_alone(published):
    api, _, _ = published
    verdicts, report = api.compare(filter=eval_pb.SessionFilter(source="chat", agent_version="v1"))
    assert {(one.source, one.agent_version) for one in verdicts} <= {("chat", "v1")}
    assert report.pairs == len(verdicts) == sum(
        one.source == "chat" and one.agent_version == "v1" for one in api.compare()[0]
    )  # fmt: skip
