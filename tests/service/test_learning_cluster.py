"""Learning anew on a Ray cluster gives, row by row, what a server gives alone; where there is no cluster it does that."""

from importlib.util import find_spec

import pytest

from tests.conftest import ServerProcess, free_port
from tests.service.learning_kit import LearningApi, agent, user

pytestmark = pytest.mark.timeout(600)
needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="the extra ray is not installed")
PEOPLE = [f"user-{n}" for n in range(8)]
SAID = (
    "I live in Lisbon and I am allergic to peanuts.",
    "My daughter's name is Mia and she is 7 years old.",
    "No, not like that: always give me the price in euros first.",
    "I moved to Oslo last month.",
    "I work as a nurse at a hospital and I prefer to be called in the evening.",
    "That's wrong again, please never suggest a phone call before noon.",
)


def published(server):
    """An api of a server that everybody has said the same to."""
    api = LearningApi(server.target, tenant="acme", timeout=170)
    api.configure(window_size=4, stride=2)
    for at, name in enumerate(PEOPLE):
        for said in (*SAID[at % 3 :], *SAID[: at % 3]):
            api.say(user(said), agent("Understood."), user=name, session="s", learn=False)
    for name in PEOPLE:
        api.caught_up(name, 120)
    return api


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """What a server without a cluster learns anew."""
    server = ServerProcess(tmp_path_factory.mktemp("alone") / "data").start()
    found = learnt_anew(published(server))
    server.stop()
    return found


def learnt_anew(api):
    """What stands in the pending generations after a rerun, once they are promoted; without ids and times."""
    result = api.succeeded(api.rerun())
    api.promote()
    assert int(result["windows"]) >= 3 * len(PEOPLE)
    facts = {
        name: sorted(
            (one.content, one.category, len(one.evidence), one.HasField("end_time"), one.origin.generation)
            for one in api.profiles(name)
        )
        for name in PEOPLE
    }
    lessons = sorted(
        (one.user_id, one.instruction, one.trigger, len(one.evidence), one.origin.generation) for one in api.playbooks()
    )
    assert all(facts.values()) and lessons
    return result["windows"], facts, lessons


@needs_ray
def test_a_cluster_learns_the_same(start_server, alone):
    server = start_server("--features-ray", "local")
    assert learnt_anew(published(server)) == alone
    said = server.log.read_text()
    assert "learnt from here" not in said and "Traceback" not in said


def test_without_the_cluster_the_server_learns(start_server, alone):
    """Also where the extra is not installed."""
    server = start_server("--features-ray", f"127.0.0.1:{free_port()}")
    assert learnt_anew(published(server)) == alone
    assert "the cluster cannot be joined: users are learnt from here" in server.log.read_text()
