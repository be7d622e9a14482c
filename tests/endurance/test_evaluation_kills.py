"""SIGKILL while pairs and sessions are judged: the work goes on by itself, and nothing that is kept is judged again."""

import random
import re
from collections import Counter

import msgspec
import pytest

from tests.conftest import ServerProcess, eventually
from tests.service.evaluation_kit import CHALLENGER
from tests.service.judged_kit import JUDGE, JudgedApi
from tests.service.learning_kit import SUCCEEDED
from tests.service.test_evaluation_model_sessions import session_answer, talk
from tests.service.test_learning_model import KEY, VARIABLE, flags
from tests.support import planted_judges as planted
from tests.support.fake_models import Reply

MARKER = "zzkill"


class Slow:
    """Answers after a moment."""

    def __init__(self, seconds):
        self._seconds = seconds

    def __call__(self, seen):
        if planted.kind_of(seen) == "session":
            return session_answer()
        made = planted.verdict(planted.perfect(*planted.both(seen)))
        return Reply(msgspec.json.encode(made).decode(), latency=self._seconds)


def connect(server):
    return JudgedApi(server.target, tenant="t", timeout=240)


def reached(fake, goal):
    return len(fake.seen) >= goal


def done(api, operation_id):
    return api.operation(operation_id).state == SUCCEEDED


def run(tmp_path, pairs, kills, record_property):
    seed = random.randrange(2**32)
    dice, model = random.Random(seed), planted.PlantedModel()
    model.plant(MARKER, Slow(0.05))
    with model.fake.in_thread() as fake:
        server = ServerProcess(tmp_path / "data", *flags(fake, JUDGE), environment={VARIABLE: KEY}).start()
        try:
            api = connect(server)
            api.configure(disabled=True)
            api.evaluation_config(judge=JUDGE, idle_seconds=2)
            api.pairs(MARKER, [(1, 2)] * pairs)
            call = api.messages(request_id="r")
            operation_id = next(call).operation.operation_id
            for number in range(kills):
                goal = len(fake.seen) + dice.randrange(1, 2 * pairs // kills)
                eventually(lambda goal=goal, api=api: reached(fake, goal) or done(api, operation_id), 120)
                talk(api, MARKER, user_id=f"kill{number}")
                server.kill()
                call.cancel()
                api.close()
                server.start()
                api = connect(server)
                call = api.messages(request_id="r")
                assert next(call).operation.operation_id == operation_id
            api.close()
            api = connect(server)
            # Nobody follows it: it ends by itself.
            assert api.ended(operation_id)[0].state == SUCCEEDED
            steps, report = api.compare(request_id="r")
            assert [one.index for one in steps] == list(range(pairs))
            assert {one.winner for one in steps} == {CHALLENGER}
            assert (report.pairs, report.failed) == (pairs, 0)
            asked = Counter(planted.both(one) for one in fake.seen if planted.kind_of(one) == "pair")
            assert len(asked) == 2 * pairs
            # A kill loses what was judged since the last commit, a second ago at most, and what was on its way.
            lost = sum(asked.values()) - 2 * pairs
            assert lost <= kills * 2 * 64
            before = len([one for one in fake.seen if planted.kind_of(one) == "pair"])
            again, _ = api.compare()
            assert all(one.reused for one in again)
            assert len([one for one in fake.seen if planted.kind_of(one) == "pair"]) == before
            judged = {f"kill{number}" for number in range(kills)}
            eventually(lambda: judged <= {one.user_id for one in api.judged()}, 120)
            api.close()
            log = server.log.read_text()
        finally:
            server.stop()
    figures = f"{kills} kills, {pairs} pairs, {lost} answers asked for again, seed {seed}"
    record_property("kills", figures)
    print(figures)
    assert not re.search("Traceback|internal error", log), log[-3000:]


def test_a_few_kills_while_pairs_are_judged(tmp_path, record_property):
    run(tmp_path, 120, 3, record_property)


@pytest.mark.endurance
@pytest.mark.timeout(1800)
def test_many_kills_while_pairs_are_judged(tmp_path, record_property):
    run(tmp_path, 1500, 40, record_property)
