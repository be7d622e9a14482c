"""Sessions judged by a planted model over a real server: evidence that exists, patience, and what was reported."""

# ruff: noqa: F811 - fixtures of the other half

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from tests.conftest import eventually
from tests.service.evaluation_kit import FAILURE, MODEL, REPORTED, SUCCESS
from tests.service.kit import Refusal, judged_pb, pb
from tests.service.learning_kit import agent, user
from tests.service.test_evaluation_model import DOWN, JUDGE, api, marker, model, served  # noqa: F401
from tests.support import planted_judges as planted
from tests.support.fake_models import throttled


def session_answer(outcome="SUCCESS", evidence=("T2",), **fields):
    return {
        "evidence": [{"turn": tag, "what": "it is solved", "speaks": "FOR", "system": False} for tag in evidence],
        "corrective_turns": [], "satisfaction": [{"turn": "T1", "score": 3}], "system_errors": [], "escalation": "NONE",
        "resolving_turn": "T2", "outcome": outcome, "behaviour_outcome": outcome, "confidence": 0.9,
    } | fields  # fmt: skip


def talk(api, marker, *, user_id="u", session=None):
    said = (user(f"{marker}: where is my parcel?"), agent("It comes tomorrow."), user("Thanks."))
    return api.session(*said, user_id=user_id, session=session)


def test_what_a_model_says_of_a_session_rests_on_turns_that_exist(api, model, marker):
    api.evaluation_config(judge=JUDGE)
    model.plant(marker, lambda _: session_answer(evidence=("T2", "T99", "T0", "interaction-1"), corrective_turns=["T7", "T3"]))  # fmt: skip
    session = talk(api, marker)
    [found] = eventually(lambda: api.judged(user_id="u"), 30)
    rows = api.listed(user_id="u", session_id=session)
    assert (found.outcome, found.method, found.judge) == (SUCCESS, MODEL, f"{JUDGE}/fake-1")
    assert [one.interaction_id for one in found.evidence] == [rows[1].interaction_id]
    assert list(found.corrective_interaction_ids) == [rows[2].interaction_id]
    assert found.user_turns_to_resolution == 1
    model.plant(marker, lambda _: session_answer(evidence=("T50",)))
    api.evaluate(again=True)
    [found] = api.judged(user_id="u")
    assert (found.outcome, len(found.evidence)) == (judged_pb.SESSION_OUTCOME_UNKNOWN, 0)


@pytest.mark.parametrize("down", DOWN.values(), ids=DOWN)
def test_sessions_wait_for_a_model_that_is_down(api, model, marker, down):
    api.evaluation_config(judge=JUDGE)
    model.plant(marker, lambda _: down)
    for place in range(3):
        talk(api, marker, user_id=f"u{place}")
    eventually(lambda: len(model.seen(marker)) >= 3, 30)
    assert api.judged() == []
    model.plant(marker, lambda _: session_answer())
    eventually(lambda: len(api.judged()) == 3, 60)


def test_a_session_that_cannot_be_read_does_not_hold_up_the_others(api, model, marker):
    api.evaluation_config(judge=JUDGE)
    model.plant(f"{marker}bad", lambda _: planted.MALFORMED)
    for place in range(60):
        talk(api, f"{marker}bad", user_id=f"bad{place}")
    # Each of them is asked, told what was wrong and asked again.
    eventually(lambda: len(model.seen(f"{marker}bad")) >= 120, 60)
    model.plant(marker, lambda seen: planted.MALFORMED if f"{marker}bad" in seen.prompt else session_answer())
    good = {f"good{place}" for place in range(5)}
    for name in good:
        talk(api, marker, user_id=name)
    eventually(lambda: {one.user_id for one in api.judged()} == good, 60)
    model.plant(f"{marker}bad", lambda _: session_answer())
    eventually(lambda: len(api.judged()) == 65, 120)


def test_what_is_reported_while_a_model_judges_wins(api, model, marker):
    api.evaluation_config(judge=JUDGE)
    gate = threading.Event()

    async def slow(_):
        while not gate.is_set():  # noqa: ASYNC110 - set from another thread
            await asyncio.sleep(0.01)
        return session_answer()

    model.plant(marker, slow)
    session = talk(api, marker)
    eventually(lambda: model.seen(marker), 30)
    assert api.report("u", session, FAILURE, value=2.5).evaluation.method == REPORTED
    other = talk(api, marker, user_id="v")
    gate.set()
    eventually(lambda: api.judged(user_id="v", session_id=other), 30)
    [found] = eventually(lambda: [one for one in api.judged(user_id="u") if one.judge.startswith(JUDGE)], 30)
    assert (found.outcome, found.method, found.reported.value) == (FAILURE, REPORTED, 2.5)


def test_of_reports_at_once_one_is_taken(api):
    session = api.session(user("Where is it?"), agent("Here."))
    barrier = threading.Barrier(8)

    def run(place):
        barrier.wait()
        try:
            return api.report("u", session, SUCCESS, value=place).evaluation.reported.value
        except grpc.RpcError as error:
            return Refusal.of(error).reason

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(run, range(8)))
    [taken] = [one for one in found if one != "OUTCOME_CONFLICT"]
    assert api.evaluation("u", session).reported.value == taken


def test_a_deletion_is_followed_while_the_model_is_down_and_the_report_stays(api, model, marker):
    api.evaluation_config(judge=JUDGE)
    model.plant(marker, lambda _: session_answer())
    session = talk(api, marker)
    eventually(lambda: api.judged(user_id="u"), 30)
    api.report("u", session, FAILURE)
    model.plant(marker, lambda _: throttled(401))
    last = api.listed(user_id="u")[-1].interaction_id
    api.DeleteInteractions(pb.DeleteInteractionsRequest(interaction_ids=[last]))
    eventually(lambda: api.judged(user_id="u") == [], 30)
    model.plant(marker, lambda _: session_answer())
    api.evaluate()
    [found] = api.judged(user_id="u")
    assert (found.method, found.outcome, found.interaction_count) == (REPORTED, FAILURE, 2)
