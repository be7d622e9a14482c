"""GetContext with an experiment, over the wire: arms, what is withheld, and exposures that outlive a kill.

Experiments are made beside the stopped server, on its folder.
"""

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from interplay_server.domain.evaluation import Arm, Experiment
from interplay_server.evaluation import experiments
from interplay_server.models.embedders import ServerEmbedders
from interplay_server.settings import Storage
from interplay_server.storage.server_database import ServerDatabase
from interplay_server.storage.tenants import LocalTenants
from scipy import stats

from tests.conftest import ServerProcess
from tests.service.kit import AgentPlaybook, Api, context_pb, playbook_pb, refused

ARMS = (Arm("learned", 3.0), Arm("holdout", 2.0, holdout=True))
TENANT = "shop"


def beside(folder, job, tenant=TENANT):
    """Runs a job on a tenant of a server that does not run."""

    async def run():
        opened = LocalTenants(folder, Storage(), ServerEmbedders(), 2)
        try:
            async with opened.lease(tenant, create=True) as store:
                return await job(store)
        finally:
            await opened.close()

    return asyncio.run(run())


async def make(store):
    for name, agent in (("trial", ""), ("shares", ""), ("bots", "bot"), ("stopped", "")):
        await experiments.create(store, Experiment(name, "", ARMS, agent, 0))
    await experiments.stop(store, "stopped")


def exposed(folder, name):
    """Arm and instant by user, as they are stored."""
    found = beside(folder, lambda store: experiments.exposures(store, name))
    return {one.user_id: (one.arm, one.first_time) for one in found}


def arms_beside(folder, name, users):
    async def arms(store):
        one = await experiments.get(store, name)
        return {user: experiments.assign(experiments.secret_of(store), one, user).name for user in users}

    return beside(folder, arms)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("experiments") / "data"
    beside(made, make)
    return made


@pytest.fixture(scope="module")
def api(folder):
    server = ServerProcess(folder).start()
    api = Api(server.target, tenant=TENANT)
    api.unaggregated()
    playbook = AgentPlaybook(trigger="the user asks for a recipe", instruction="Offer a recipe without nuts")
    api.CreateAgentPlaybook(playbook_pb.CreateAgentPlaybookRequest(playbook=playbook))
    yield api
    api.close()
    server.stop()
    assert "Traceback" not in server.log.read_text()


def known(api, user):
    """A user of whom a fact, a lesson and a turn are known."""
    api.profile("is allergic to nuts", user=user)
    api.lesson("Ask about allergies before a recipe", user=user, trigger="the user asks for a recipe")
    api.publish("Which recipe do you like for nuts?", user=user)


def found_in(api, name, wanted, users):
    """A user of an arm."""
    return next(user for user in users if api.context(user, experiment_id=name).arm == wanted)


def names(prefix, count=100):
    return [f"{prefix}-{place}" for place in range(count)]


def test_a_holdout_gets_interactions_only(api):
    user = found_in(api, "trial", "holdout", names("withheld"))
    known(api, user)
    plain = api.context(user, "a recipe with nuts")
    assert plain.profiles and len(plain.playbooks) == 2 and plain.interactions
    assert (plain.arm, plain.withheld) == ("", False)
    answer = api.context(user, "a recipe with nuts", experiment_id="trial")
    assert (answer.arm, answer.withheld, answer.degraded) == ("holdout", True, False)
    assert not answer.profiles and not answer.playbooks
    assert answer.interactions == plain.interactions
    assert "Which recipe do you like" in answer.rendered
    for hidden in ("allergic", "Ask about allergies", "Offer a recipe", "LESSON:", "## What is known"):
        assert hidden not in answer.rendered.partition("\n## ")[2]
    assert {one.id for one in answer.citations} == {one.interaction.interaction_id for one in answer.interactions}
    assert answer.rendered_tokens == -(-len(answer.rendered) // 4) < plain.rendered_tokens


def test_a_holdout_of_whom_only_facts_are_known_is_told_nothing(api):
    user = found_in(api, "trial", "holdout", names("nothing"))
    api.profile("is allergic to nuts", user=user)
    answer = api.context(user, "nuts", experiment_id="trial")
    assert (answer.withheld, answer.rendered, answer.rendered_tokens) == (True, "", 0)
    assert api.context(user, "nuts").rendered


def test_the_other_arm_gets_everything(api):
    user = found_in(api, "trial", "learned", names("told"))
    known(api, user)
    answer = api.context(user, "a recipe with nuts", experiment_id="trial")
    assert (answer.arm, answer.withheld) == ("learned", False)
    plain = api.context(user, "a recipe with nuts")
    assert (answer.rendered, answer.profiles, answer.playbooks) == (plain.rendered, plain.profiles, plain.playbooks)


@pytest.mark.parametrize(("name", "agent"), [("stopped", ""), ("bots", ""), ("bots", "other")])
def test_one_that_was_stopped_or_is_for_another_agent_changes_nothing(api, name, agent):
    for user in names("outside", 20):
        answer = api.context(user, experiment_id=name, agent_id=agent)
        assert (answer.arm, answer.withheld) == ("", False)


def test_one_for_this_agent(api):
    arms = {api.context(user, experiment_id="bots", agent_id="bot").arm for user in names("bots", 60)}
    assert arms == {"learned", "holdout"}


def test_an_unknown_experiment(api):
    error = refused(api.context, "ada", experiment_id="nothing")
    assert (error.code, error.reason) == ("NOT_FOUND", "EXPERIMENT_NOT_FOUND")
    assert error.metadata["resourceName"] == error.details["ResourceInfo"].resource_name == "nothing"
    error = refused(api.context, "ada", experiment_id="x" * 65)
    assert (error.code, error.fields) == ("INVALID_ARGUMENT", ["experiment_id"])


def test_a_read_makes_no_tenant(api, folder):
    other = api.by(tenant="never-written")
    assert refused(other.context, "ada", experiment_id="trial").reason == "EXPERIMENT_NOT_FOUND"
    assert other.context("ada").arm == ""
    assert list(folder.rglob(TENANT))
    assert not list(folder.rglob("never-written"))


def test_experiments_of_another_tenant_are_not_seen(api):
    other = api.by(tenant="elsewhere")
    other.publish("hello")
    assert refused(other.context, "ada", experiment_id="trial").reason == "EXPERIMENT_NOT_FOUND"


def test_shares_over_many_users(api):
    users = names("share", 2000)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda user: api.context(user, experiment_id="shares"), users))
    count = Counter(one.arm for one in answers)
    assert sum(count.values()) == 2000
    assert stats.binomtest(count["learned"], 2000, 0.6).pvalue > 1e-4
    assert all(one.withheld == (one.arm == "holdout") and not one.degraded for one in answers)


def test_exposures_outlive_a_kill(tmp_path):
    folder = tmp_path / "data"
    beside(folder, make)
    users = names("durable", 40)
    server = ServerProcess(folder).start()
    try:
        api = Api(server.target, tenant=TENANT)
        with ThreadPoolExecutor(8) as pool:
            # Each user three times, also at once.
            answers = list(pool.map(lambda user: api.context(user, experiment_id="trial").arm, users * 3))
        told = dict(zip(users, answers, strict=False))
        assert answers == [told[user] for user in users] * 3
        api.context("stranger", experiment_id="stopped")
        server.kill()
        before = exposed(folder, "trial")
        assert {user: arm for user, (arm, _) in before.items()} == told == arms_beside(folder, "trial", users)
        server.start()
        assert [api.context(user, experiment_id="trial").arm for user in users] == [told[user] for user in users]
        api.close()
        server.kill()
        assert exposed(folder, "trial") == before
        assert exposed(folder, "stopped") == {}
        beside(folder, lambda store: experiments.stop(store, "trial"))
        server.start()
        api = Api(server.target, tenant=TENANT)
        assert {api.context(user, experiment_id="trial").arm for user in [*users, "newcomer"]} == {""}
        api.close()
        server.kill()
        assert exposed(folder, "trial") == before
    finally:
        server.stop()


def test_a_key_that_may_only_read_is_exposed(tmp_path):
    folder = tmp_path / "data"
    beside(folder, make)
    database = ServerDatabase(folder / "server.sqlite3")
    _, key = database.create_key(TENANT, "a reader", frozenset({"READ"}), None)
    _, stranger = database.create_key("nobody", "another tenant's", frozenset({"READ"}), None)
    database.close()
    server = ServerProcess(folder, "--auth-required").start()
    try:
        api = Api(server.target, key=key)
        arm = api.context("ada", experiment_id="trial").arm
        request = context_pb.GetContextRequest(user_id="ada", experiment_id="trial")
        assert refused(api.by(key=stranger).GetContext, request).reason == "EXPERIMENT_NOT_FOUND"
        api.close()
    finally:
        server.stop()
    assert {user: one for user, (one, _) in exposed(folder, "trial").items()} == {"ada": arm}
