"""Sessions and pairs judged by planted models over a real server: what is planted is found, paid once and kept."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from tests.conftest import eventually
from tests.service.evaluation_kit import (
    CHALLENGER,
    INCONCLUSIVE,
    KEEP,
    PRODUCTION,
    PROMOTE,
    TIE,
    refused,
)
from tests.service.judged_kit import JUDGE, judged, serving
from tests.service.kit import Refusal, eval_pb, fresh, operation_pb
from tests.service.learning_kit import CANCELLED, SUCCEEDED, agent, turns, user
from tests.support import planted_judges as planted
from tests.support.fake_models import throttled

DOWN = {"refuses the key": throttled(401), "is overloaded": throttled(529, 0.01)}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("judged") / "data", 60) as made:
        yield made


@pytest.fixture(scope="module")
def hurried(tmp_path_factory):
    """Gives a model up soon, for those that stay down; what it learns of their limits is nobody else's."""
    with serving(tmp_path_factory.mktemp("hurried") / "data", 6) as made:
        yield made


@pytest.fixture
def model(served):
    return served[0]


@pytest.fixture
def api(served):
    with judged(served[1]) as made:
        yield made


@pytest.fixture
def hurried_api(hurried):
    with judged(hurried[1]) as made:
        yield made


@pytest.fixture
def marker():
    return "zz" + fresh("").replace("-", "")


def label(marker, place, production, challenger, said, **fields):
    return eval_pb.LabelledPair(
        question=f"{marker} asks {place}", production=f"one {place} of {marker}, {production}",
        challenger=f"two {place} of {marker}, {challenger}", label=said, **fields,
    )  # fmt: skip


def audit(api, pairs, **fields):
    return api.AuditJudge(eval_pb.AuditJudgeRequest(judge=JUDGE, pairs=pairs, **fields)).audit


def test_a_perfect_judge_is_believed_pair_by_pair(api, model, marker):
    model.judge(marker, planted.perfect)
    graded = [(place % 3, 1 + place % 2) for place in range(36)]
    api.pairs(marker, graded)
    verdicts, report = api.compare()
    expected = [CHALLENGER if two > one else PRODUCTION if one > two else TIE for one, two in graded]
    assert [one.winner for one in verdicts] == expected
    assert not any(one.flip for one in verdicts)
    counts = Counter(expected)
    assert (report.wins, report.losses, report.ties) == (counts[CHALLENGER], counts[PRODUCTION], counts[TIE])
    assert {tuple(one.production_first for one in verdict.orders) for verdict in verdicts} == {(True, False)}
    assert (report.calls, len(model.seen(marker))) == (72, 72)
    assert report.tokens > 0
    assert {one.judge for one in verdicts} == {f"{JUDGE}/fake-1"} == {report.judge}
    decisive = [one for one in verdicts if one.winner != TIE]
    assert {one.magnitude for one in decisive} == {0.7}
    assert all(criterion.winner == one.winner for one in decisive for criterion in one.criteria)


def test_a_better_challenger_is_promoted_and_a_worse_one_is_not(api, model, marker):
    model.judge(marker, planted.perfect)
    api.pairs(marker, [(1, 2)] * 25)
    assert api.compare()[1].decision == PROMOTE
    other = api.by(tenant=fresh("worse"))
    other.configure(disabled=True)
    other.pairs(marker, [(2, 1)] * 25)
    assert other.compare()[1].decision == KEEP


def test_a_judge_that_always_says_first_decides_nothing(api, model, marker):
    model.judge(marker, planted.always_first)
    api.pairs(marker, [(1, 9)] * 40)
    verdicts, report = api.compare()
    assert all(one.flip and one.winner == TIE for one in verdicts)
    assert (report.flips, report.ties, report.wins, report.losses) == (40, 40, 0, 0)
    assert (report.decision, report.reasons[0]) == (INCONCLUSIVE, "JUDGE_FOLLOWS_POSITION")
    assert not report.win_rate.HasField("value")


def test_equal_answers_stay_equal_under_a_judge_that_leans_to_the_first(api, model, marker):
    """One order alone would give the win to whoever stands there."""
    model.judge("leaning", planted.leaning(0.3))
    # Without the marker of this run in the answers, the planted judge says the same every time.
    for place in range(240):
        made = turns(
            user(f"leaning, {place}?"), agent(f"a {place}", shadow_content=f"b {place}"), user=f"u{place}", session="s"
        )
        api.PublishInteractions(made)
    verdicts, report = api.compare()
    for place, shown_first in enumerate((PRODUCTION, CHALLENGER)):
        winners = [one.orders[place].winner for one in verdicts]
        assert winners.count(shown_first) / len(winners) > 0.58
    assert abs(report.win_rate.value - 0.5) < 0.08
    assert report.win_rate.low < 0.5 < report.win_rate.high
    assert report.evidence.low < 0.5 < report.evidence.high
    assert report.decision == INCONCLUSIVE
    # .51 of the pairs have an order that leans, and half of the lone leans are no flip.
    assert 0.15 < report.flips / report.pairs < 0.40


def test_a_coin_flips_half_and_decides_nothing(api, model, marker):
    model.judge(marker, planted.coin)
    api.pairs(marker, [(1, 1)] * 120)
    _, report = api.compare()
    assert 0.3 < report.flips / report.pairs < 0.7
    assert report.decision == INCONCLUSIVE


def test_an_audit_finds_a_perfect_judge_good(api, model, marker):
    model.judge(marker, planted.perfect)
    pairs = [
        label(marker, at, f"grade {at % 2}", f"grade {1 - at % 2}", PRODUCTION if at % 2 else CHALLENGER)
        for at in range(60)
    ]
    found = audit(api, pairs)
    assert found.passed, found
    assert (found.pairs, found.failed, found.agreement.value, found.kappa.value) == (60, 0, 1.0, 1.0)
    assert found.flip_rate.value == 0
    assert found.first_preference.value == 0.5


def test_an_audit_finds_what_follows_the_place(api, model, marker):
    model.judge(marker, planted.always_first)
    pairs = [label(marker, at, "grade 1", "grade 2", CHALLENGER if at % 2 else PRODUCTION) for at in range(60)]
    found = audit(api, pairs)
    assert (found.flip_rate.value, found.first_preference.value) == (1.0, 1.0)
    assert not found.passed
    assert "POSITION_BIAS" in found.failures
    api.pairs(marker, [(1, 2)] * 25)
    model.judge(marker, planted.perfect)
    # A judge is its configuration: what it was found to be holds until it is audited anew.
    _, report = api.compare()
    assert (report.decision, report.reasons[0]) == (INCONCLUSIVE, "JUDGE_AUDIT_FAILED")
    assert not report.audit.passed
    # Too few labels take nothing back.
    assert not audit(api, [label(marker, 0, "grade 1", "grade 2", CHALLENGER)]).passed
    assert api.compare()[1].reasons[0] == "JUDGE_AUDIT_FAILED"


def test_an_audit_finds_what_loves_length(api, model, marker):
    model.judge(marker, planted.longer)
    pairs = []
    for at in range(80):
        texts = [f"grade {at % 2}", f"grade {1 - at % 2}"]
        texts[at // 2 % 2] += " and so on" * 5
        pairs.append(label(marker, at, *texts, PRODUCTION if at % 2 else CHALLENGER))
    found = audit(api, pairs)
    assert found.longer_preference.value == 1.0
    assert abs(found.human_longer_preference.value - 0.5) < 0.01
    assert "VERBOSITY_BIAS" in found.failures
    assert "POSITION_BIAS" not in found.failures
    assert found.flip_rate.value == 0


def test_an_audit_finds_what_prefers_its_own(api, model, marker):
    model.judge(marker, planted.own_family)
    pairs = []
    for at in range(80):
        texts, families = [f"grade {at % 2}", f"grade {1 - at % 2}"], ["other", "other"]
        own = at // 2 % 2
        texts[own] += ", own words"
        families[own] = "own"
        said = PRODUCTION if at % 2 else CHALLENGER
        pairs.append(label(marker, at, *texts, said, production_family=families[0], challenger_family=families[1]))
    found = audit(api, pairs, judge_family="own")
    assert abs(found.self_preference.value - 0.5) < 1e-9
    assert "SELF_PREFERENCE" in found.failures
    model.judge(marker, planted.perfect)
    stranger = api.by(tenant=fresh("fair"))
    fair = audit(stranger, pairs, judge_family="own")
    assert fair.self_preference.value == 0
    assert fair.passed
    assert not audit(stranger, pairs).HasField("self_preference")


@pytest.mark.parametrize("down", DOWN.values(), ids=DOWN)
def test_an_audit_that_breaks_off_goes_on_where_it_was(hurried_api, hurried, marker, down):
    api, model = hurried_api, hurried[0]
    failing = planted.Failing(planted.perfect, 41, down)
    model.plant(marker, failing)
    pairs = [label(marker, at, "grade 1", "grade 2", CHALLENGER if at % 5 else TIE) for at in range(55)]
    with refused("PROVIDER_UNAVAILABLE", grpc.StatusCode.UNAVAILABLE):
        audit(api, pairs)
    before = Counter({pair: count for pair, count in model.answered.items() if marker in pair[0]})
    done = {frozenset(pair) for pair in before if pair[::-1] in before}
    failing.mended = True
    found = audit(api, pairs)
    assert (found.pairs, found.failed) == (55, 0)
    assert len(done) >= 10
    for first, second in before:
        if frozenset((first, second)) in done:
            assert model.answered[first, second] == before[first, second]


def test_an_audit_of_what_cannot_be_read_goes_on(api, model, marker):
    model.plant(marker, lambda seen: planted.MALFORMED if "one 7 of" in str(planted.both(seen)) else planted.verdict(planted.perfect(*planted.both(seen))))  # fmt: skip
    pairs = [label(marker, at, "grade 1", "grade 2", CHALLENGER if at % 5 else TIE) for at in range(20)]
    found = audit(api, pairs)
    assert (found.pairs, found.failed, sum(found.confusion)) == (19, 1, 19)


def test_what_stays_malformed_fails_alone_and_says_why(api, model, marker):
    def behave(seen):
        place = int(planted.both(seen)[0].split()[1])
        return planted.MALFORMED if place % 5 == 2 else planted.verdict(planted.perfect(*planted.both(seen)))

    model.plant(marker, behave)
    api.pairs(marker, [(1, 2)] * 30)
    steps, report = api.compare()
    assert [one.index for one in steps] == list(range(30))
    failed = {one.index: one.reason for one in steps if one.DESCRIPTOR.name == "PairFailure"}
    assert failed == dict.fromkeys(range(2, 30, 5), "MALFORMED")
    assert (report.pairs, report.failed, report.wins) == (24, 6, 24)
    # The share of the turns with a pair does not depend on the judge.
    assert report.pair_share == 1.0
    # Two calls, and those that were malformed once more.
    assert report.calls == len(model.seen(marker)) == 24 * 2 + 6 * 4
    model.judge(marker, planted.perfect)
    steps, report = api.compare()
    assert [one.reused for one in steps] == [place % 5 != 2 for place in range(30)]
    assert report.calls == 12


def test_a_model_that_asks_for_patience_is_asked_again(api, model, marker):
    turned_away = Counter()

    def behave(seen):
        turned_away[planted.both(seen)] += 1
        if turned_away[planted.both(seen)] == 1:
            return throttled(429, 0.01)
        return planted.verdict(planted.perfect(*planted.both(seen)))

    model.plant(marker, behave)
    api.pairs(marker, [(1, 2)] * 12)
    steps, report = api.compare()
    assert [one.winner for one in steps] == [CHALLENGER] * 12
    assert report.calls == len(model.seen(marker)) == 48


@pytest.mark.parametrize("down", DOWN.values(), ids=DOWN)
@pytest.mark.parametrize("request_id", ["", "the same"])
def test_a_model_that_is_down_loses_nothing_that_was_judged(hurried_api, hurried, marker, down, request_id):
    api, model = hurried_api, hurried[0]
    failing = planted.Failing(planted.perfect, 151, down)
    model.plant(marker, failing)
    api.pairs(marker, [(1, 2)] * 100)
    call, told = api.messages(request_id=request_id), []
    with pytest.raises(grpc.RpcError) as caught:
        told += (one.verdict for one in call if one.HasField("verdict"))
    assert (caught.value.code(), Refusal.of(caught.value).reason) == (
        grpc.StatusCode.UNAVAILABLE, "PROVIDER_UNAVAILABLE",
    )  # fmt: skip
    answered = Counter({pair: count for pair, count in model.answered.items() if marker in pair[0]})
    judged = {frozenset(pair) for pair in answered if pair[::-1] in answered}
    assert len(judged) > 50
    # A second attempt while it is still down says the same.
    with refused("PROVIDER_UNAVAILABLE", grpc.StatusCode.UNAVAILABLE):
        api.compare(request_id=request_id)
    failing.mended = True
    steps, report = api.compare(request_id=request_id)
    assert [one.index for one in steps] == list(range(100))
    assert report.wins == 100
    assert {one.interaction_id for one in told} <= {one.interaction_id for one in steps if one.reused}
    for pair in answered:
        if frozenset(pair) in judged:
            assert model.answered[pair] == 1, "judged twice"
    assert all(model.answered[pair] == 1 for pair in model.answered if marker in pair[0] and pair not in answered)


@pytest.mark.parametrize(("most", "pairs"), [(1, 0), (2, 1), (7, 3), (40, 20), (1000, 30)])
def test_no_more_calls_are_made_than_may_be(api, model, marker, most, pairs):
    model.judge(marker, planted.perfect)
    api.pairs(marker, [(1, 2)] * 30)
    steps, report = api.compare(max_calls=most)
    assert (len(steps), report.pairs) == (pairs, pairs)
    assert report.calls == len(model.seen(marker)) == 2 * pairs <= most
    assert report.budget_exhausted == (pairs < 30)


def test_no_more_tokens_are_used_than_may_be(api, model, marker):
    model.judge(marker, planted.perfect)
    api.pairs(marker, [(1, 2)] * 30)
    _, first = api.compare(max_calls=2)
    _, report = api.compare(max_tokens=first.tokens * 10)
    assert 5 <= report.pairs - 1 <= 10
    assert report.tokens <= first.tokens * 10
    assert report.budget_exhausted
    _, report = api.compare()
    assert report.pairs == 30
    assert len(model.seen(marker)) == 60


def test_a_budget_is_not_exceeded_by_answers_that_are_malformed_once(api, model, marker):
    seen_once = set()

    def behave(seen):
        pair = planted.both(seen)
        if pair in seen_once:
            return planted.verdict(planted.perfect(*pair))
        seen_once.add(pair)
        return planted.MALFORMED

    model.plant(marker, behave)
    api.evaluation_config(max_concurrent=1)
    api.pairs(marker, [(1, 2)] * 30)
    _, report = api.compare(max_calls=22)
    assert report.pairs == 5
    assert report.calls == len(model.seen(marker)) == 20


def test_a_budget_ends_the_stream_at_the_first_pair_without_a_verdict(api, model, marker):
    """Verdicts of another comparison behind it are not told, and do not count."""
    model.judge(marker, planted.perfect)
    api.pairs(marker, [(1, 2)] * 5, source="first")
    api.pairs(marker, [(2, 1)] * 4, source="last")
    api.compare(filter=eval_pb.SessionFilter(source="last"))
    steps, report = api.compare(max_calls=4)
    assert [one.index for one in steps] == [0, 1]
    assert (report.pairs, report.wins, report.losses) == (2, 2, 0)


def test_so_many_pairs_are_judged_at_once_as_may_be(api, model, marker):
    model.judge(marker, planted.perfect)
    api.evaluation_config(max_concurrent=3)
    api.pairs(marker, [(1, 2)] * 24)
    gate = planted.Gate(planted.perfect)
    model.plant(marker, gate)
    model.fake.most_running = 0
    call = api.messages()
    eventually(lambda: model.fake.running == 6, 60)
    gate.open()
    assert len(list(call)) == 26
    assert model.fake.most_running == 6


def test_the_latest_pairs_are_taken_and_the_share_of_turns_with_a_pair_is_that_of_all(api, model, marker):
    model.judge(marker, planted.perfect)
    api.pairs(marker, [(1, 2)] * 30)
    api.session(user("Hello?"), agent("Hello."), finished=False)
    steps, report = api.compare(max_pairs=4, expected_pair_share=0.97)
    assert [one.user_id for one in steps] == ["u26", "u27", "u28", "u29"]
    assert abs(report.pair_share - 30 / 31) < 1e-9
    assert report.sample_ratio_p_value > 0.05
    assert "SAMPLE_RATIO_MISMATCH" not in report.reasons
    assert api.compare(expected_pair_share=1.0)[1].reasons[0] == "SAMPLE_RATIO_MISMATCH"


def test_who_goes_away_only_detaches(api, model, marker):
    gate = planted.Gate(planted.perfect, free=100)
    model.plant(marker, gate)
    api.pairs(marker, [(1, 2)] * 90)
    call = api.messages(request_id="r")
    operation = next(call).operation
    assert next(call).verdict.index == 0
    call.cancel()
    gate.open()
    assert api.ended(operation.operation_id)[0].state == SUCCEEDED
    steps, report = api.compare(request_id="r", resume_after=1)
    assert [one.index for one in steps] == list(range(1, 90))
    assert report.wins == 90
    assert len(model.seen(marker)) == report.calls == 180


def test_a_comparison_that_is_cancelled_says_so_and_keeps_what_is_judged(api, model, marker):
    gate = planted.Gate(planted.perfect, free=101)
    model.plant(marker, gate)
    api.pairs(marker, [(1, 2)] * 90)
    call = api.messages()
    operation = next(call).operation
    eventually(lambda: sum(model.answered[pair] for pair in list(model.answered) if marker in pair[0]) == 101, 60)
    api.CancelOperation(operation_pb.CancelOperationRequest(operation_id=operation.operation_id))
    with pytest.raises(grpc.RpcError) as caught:
        list(call)
    assert (caught.value.code(), Refusal.of(caught.value).reason) == (grpc.StatusCode.ABORTED, "OPERATION_ENDED")
    assert api.operation(operation.operation_id).state == CANCELLED
    gate.open()
    before = Counter({pair: count for pair, count in model.answered.items() if marker in pair[0]})
    steps, _ = api.compare()
    reused = [one for one in steps if one.reused]
    # A verdict needs both answers; the last few may have come as the work was cancelled.
    assert len(reused) >= 40
    assert len(steps) == 90
    both_ways = [pair for pair in before if pair[::-1] in before]
    again = sum(model.answered[pair] - before[pair] for pair in both_ways)
    assert again <= 2 * 8


def test_the_same_request_at_once_is_one_operation(api, model, marker):
    model.judge(marker, planted.perfect)
    api.pairs(marker, [(1, 2)] * 20)
    barrier = threading.Barrier(8)

    def run(_):
        barrier.wait()
        messages = list(api.messages(request_id="at once"))
        return messages[0].operation.operation_id, len(messages), messages[-1].report.wins

    with ThreadPoolExecutor(8) as pool:
        [found] = set(pool.map(run, range(8)))
    assert found[1:] == (22, 20)
    assert len(model.seen(marker)) == 40
    [kept] = api.ListOperations(operation_pb.ListOperationsRequest(kind="compare_arms")).operations
    assert kept.operation_id == found[0]


def test_two_comparisons_at_once_agree(api, model, marker):
    model.judge(marker, planted.perfect)
    api.pairs(marker, [(1, 2), (2, 1), (1, 1)] * 10)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: api.compare(), range(4)))
    told = {tuple((one.interaction_id, one.winner) for one in steps) for steps, _ in found}
    assert len(told) == 1
    assert {(report.wins, report.losses, report.ties) for _, report in found} == {(10, 10, 10)}


def test_tenants_do_not_share_verdicts(api, model, marker):
    model.judge(marker, planted.perfect)
    api.pairs(marker, [(1, 2)] * 3)
    api.compare()
    other = api.by(tenant=fresh("other"))
    assert other.compare()[1].pairs == 0
    other.configure(disabled=True)
    other.pairs(marker, [(1, 2)] * 3)
    steps, _ = other.compare()
    assert not any(one.reused for one in steps)
    assert not {one.interaction_id for one in steps} & {one.interaction_id for one in api.compare()[0]}
    assert other.judged() == []


def test_another_judge_judges_anew(api, model, marker):
    model.judge(marker, planted.perfect)
    api.pairs(marker, [(1, 2)] * 4)
    for judge in (JUDGE, "rules"):
        assert not any(one.reused for one in api.compare(judge=judge)[0])
    for judge in (JUDGE, "rules"):
        assert all(one.reused for one in api.compare(judge=judge)[0])
