"""Erasing somebody who also spoke in person, was in an experiment, was alerted about and had objected to monitoring."""

from contextlib import closing, contextmanager

import pytest

from tests.conftest import ServerProcess, eventually
from tests.service.alert_kit import Guarded
from tests.service.dialogue_kit import CLIENT, EVERY_STATUS, DialogueApi, config, dpb, limits, pb, query
from tests.service.evaluation_kit import EvaluationApi
from tests.service.judged_kit import judged_pb
from tests.service.kit import context_pb, eval_pb
from tests.service.monitor_kit import IN
from tests.support.canaries import WORD, erased, remains

PERSON = "zq-victim-9"


@pytest.fixture
def server(tmp_path):
    made = ServerProcess(tmp_path / "data").start()
    yield made
    made.kill()
    assert "Traceback" not in made.log.read_text(), made.log.read_text()[-4000:]


def by(server, kind):
    return closing(kind(server.target, tenant="acme", timeout=120))


def tables(server):
    return {where.split("@")[0].rpartition("/")[2] for where, *_ in remains(server, [PERSON, WORD])}


@contextmanager
def talking(api, dialogue_id, person=PERSON, said=WORD):
    """Somebody played as the person asks the client, who has answered once."""
    made = api.converse(
        dialogue_id=dialogue_id,
        persona=dpb.Persona(persona_id=person, features={"role": "tester"}),
        query=query(f"How do I repair my {said}?"),
        assistant=CLIENT,
        config=config(limits=limits(4, 9)),
    )
    try:
        answered(made, 2, f"Which {said}?")
        made.take("turn")
        yield made
    finally:
        made.close()


def answered(made, sequence, text):
    assert made.take("need_assistant_turn").sequence == sequence
    made.answer(sequence, text)


def test_conversations_one_ended_and_one_going_on(server):
    with by(server, DialogueApi) as api:
        with talking(api, "ended") as ended:
            ended.take("need_assistant_turn")
            ended.send(cancel=pb.CancelDialogue())
            ended.take("completed")
        with talking(api, "going") as going, talking(api, "other", "bob", "kettle") as other:
            assert {which for _, which, _ in remains(server, [PERSON, WORD])} == {PERSON, WORD}
            operation, receipt = erased(api, PERSON)
            assert operation.state == 3, operation
            assert receipt.counts["dialogues"] == 2
            assert not remains(server, [PERSON, WORD])
            answered(going, 4, f"the {WORD} again")
            assert going.refusal().reason == "DIALOGUE_NOT_FOUND"
            answered(other, 4, "I am still here")
            assert other.take("turn").turn.assistant.content == "I am still here"
        assert [one.dialogue_id for one in api.dialogues(statuses=EVERY_STATUS)] == ["other"]
        assert not remains(server, [PERSON, WORD])


def test_an_experiment_an_alert_and_an_objection(server):
    arms = [judged_pb.ExperimentArm(name=one, share=1) for one in ("old", "new")]
    with by(server, EvaluationApi) as api:
        api.CreateExperiment(
            eval_pb.CreateExperimentRequest(experiment=judged_pb.Experiment(experiment_id="trial", arms=arms))
        )
        for one in (PERSON, "bob"):
            api.publish(f"{one} says {WORD}" if one == PERSON else "hello", user=one)
            api.GetContext(context_pb.GetContextRequest(user_id=one, experiment_id="trial"))
        monitor = Guarded(api)
        monitor.configure()
        monitor.well()
        monitor.consent("bob", IN)
        monitor.consent(PERSON, IN)
        monitor.recorded_loop(PERSON)
        monitor.recorded_loop("bob")
        about = {one.user_hash for one in monitor.alerts() if one.user_hash}
        assert len(about) == 2
        eventually(lambda: "experiment_exposures" in tables(server))
        operation, receipt = erased(api, PERSON)
        assert operation.state == 3, operation
        assert {"experiment_exposures", "monitor_events", "monitor_alerts"} <= set(receipt.counts)
        assert not remains(server, [PERSON, WORD])
        [left] = {one.user_hash for one in monitor.alerts() if one.user_hash}
        gone = (about - {left}).pop()
        assert not remains(server, [gone])
        assert monitor.total() > 600
