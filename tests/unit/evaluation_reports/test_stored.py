"""Experiments, exposures and reports over a real store in this process."""

import asyncio
import gc
import weakref

import msgspec
import pytest
from interplay_server.domain import journal
from interplay_server.domain.evaluation import (
    EVALUATIONS,
    EXPERIMENTS,
    EXPOSURES,
    VERDICTS,
    Arm,
    Exposure,
    evaluation_row,
    exposure_key,
    exposure_row,
    put,
    verdict_row,
)
from interplay_server.domain.records import Removal
from interplay_server.errors import (
    ExperimentExists,
    ExperimentNotFound,
    InvalidRequest,
    RequestIdReused,
    StorageFull,
)
from interplay_server.evaluation import experiments, reading
from interplay_server.evaluation.agent_report import ReportFilter, agent_report, learnt_texts
from interplay_server.evaluation.experiment_report import report
from interplay_server.models.wordllama import WordLlamaEmbedder
from interplay_server.storage.absent import AbsentTenant

from tests.storage.inside import publish, settle, tenant, tenants, write
from tests.unit.evaluation_reports.made import BOTH, DAY, START, experiment, session, verdict


@pytest.fixture
async def store(tmp_path):
    async with tenant(tmp_path) as opened:
        yield opened


async def no_texts(keys):
    return dict.fromkeys(keys, "x" * 300)


async def keep(store, sessions=(), verdicts=(), exposures=()):
    puts = (
        put(EVALUATIONS, *map(evaluation_row, sessions)),
        put(VERDICTS, *map(verdict_row, verdicts)),
        put(EXPOSURES, *map(exposure_row, exposures)),
    )
    await write(store, journal.Recorded(tuple(one for one in puts if one.rows)))


async def test_an_experiment_runs_until_it_is_stopped(store):
    made = await experiments.create(store, experiment(start_time=1, stop_time=2, description="why"))
    assert made.start_time > START and made.stop_time is None
    assert await experiments.get(store, "trial") == made
    stopped = await experiments.stop(store, "trial")
    assert stopped.stop_time >= stopped.start_time
    assert await experiments.stop(store, "trial") == stopped
    assert await experiments.get(store, "trial") == stopped


async def test_an_id_is_taken_once(store):
    first = await experiments.create(store, experiment())
    for request_id in ("", "another"):
        with pytest.raises(ExperimentExists):
            await experiments.create(store, experiment(description="other"), request_id)
    assert await experiments.get(store, "trial") == first
    await experiments.create(store, experiment("second"), "another")


async def test_the_same_request_again_changes_nothing(store):
    first = await experiments.create(store, experiment(), "request")
    assert await experiments.create(store, experiment(start_time=7), "request") == first
    with pytest.raises(RequestIdReused):
        await experiments.create(store, experiment(description="other"), "request")
    with pytest.raises(RequestIdReused):
        await experiments.create(store, experiment("other"), "request")
    stopped = await experiments.stop(store, "trial")
    assert await experiments.create(store, experiment(), "request") == stopped
    assert await experiments.listed(store) == [stopped]
    with pytest.raises(ExperimentExists):
        await experiments.create(store, experiment())


async def test_of_many_at_once_one_wins(store):
    asked = [experiment(description=str(place)) for place in range(20)]
    outcomes = await asyncio.gather(*(experiments.create(store, one) for one in asked), return_exceptions=True)
    made = [one for one in outcomes if not isinstance(one, Exception)]
    assert len(made) == 1
    assert sum(isinstance(one, ExperimentExists) for one in outcomes) == 19
    assert await experiments.get(store, "trial") == made[0]
    same = await asyncio.gather(*(experiments.create(store, experiment("more"), "one request") for _ in range(20)))
    assert len({one.start_time for one in same}) == 1
    stops = await asyncio.gather(*(experiments.stop(store, "more") for _ in range(20)))
    assert len({one.stop_time for one in stops}) == 1
    assert await store.records.count(EXPERIMENTS) == 2


async def test_what_is_wrong_is_not_made(store):
    with pytest.raises(InvalidRequest) as caught:
        await experiments.create(store, experiment("Bad id", (Arm("a", -1.0),)))
    assert len(caught.value.violations) == 3
    assert await experiments.listed(store) == []


async def test_what_is_not_there(store):
    for call in (experiments.get, experiments.stop):
        with pytest.raises(ExperimentNotFound):
            await call(store, "nothing")
    with pytest.raises(ExperimentNotFound):
        await experiments.arm_of(store, "nothing", "ada", "default")
    absent = AbsentTenant("nobody", WordLlamaEmbedder())
    with pytest.raises(ExperimentNotFound):
        await experiments.arm_of(absent, "trial", "ada", "default")
    assert await experiments.listed(absent) == await experiments.exposures(absent, "trial") == []


async def test_the_list_is_the_latest_first(store):
    made = [await experiments.create(store, experiment(f"trial-{place}")) for place in range(5)]
    await experiments.stop(store, "trial-3")
    found = await experiments.listed(store)
    assert [one.experiment_id for one in found] == [one.experiment_id for one in reversed(made)]
    page = await experiments.listed(store, limit=2)
    rest = await experiments.listed(store, before=experiments.place(page[-1]))
    assert [*page, *rest] == found
    running = await experiments.listed(store, running_only=True)
    assert [one.experiment_id for one in running] == ["trial-4", "trial-2", "trial-1", "trial-0"]
    assert await experiments.listed(store, experiment_id="trial-1") == [made[1]]


async def test_arms_of_a_stopped_one_and_of_another_agent(store):
    await experiments.create(store, experiment(agent_id="bot"))
    assert await experiments.arm_of(store, "trial", "ada", "other") is None
    arm = await experiments.arm_of(store, "trial", "ada", "bot")
    assert arm in BOTH
    assert arm == experiments.assign(experiments.secret_of(store), experiment(), "ada")
    await experiments.stop(store, "trial")
    assert await experiments.arm_of(store, "trial", "ada", "bot") is None


async def test_the_first_exposure_counts(store):
    await asyncio.gather(*(experiments.expose(store, "trial", "ada", "learned") for _ in range(30)))
    (first,) = await experiments.exposures(store, "trial")
    written = store.last_seq
    await experiments.expose(store, "trial", "ada", "learned")
    await experiments.expose(store, "trial", "bob", "holdout")
    assert store.last_seq == written + 1
    await experiments.expose(store, "second", "ada", "holdout")
    found = await experiments.exposures(store, "trial")
    assert {(one.user_id, one.arm) for one in found} == {("ada", "learned"), ("bob", "holdout")}
    assert first in found


async def test_exposures_and_arms_outlive_the_process(tmp_path):
    users = [f"u{place}" for place in range(50)]
    async with tenant(tmp_path) as store:
        made = await experiments.create(store, experiment())
        arms = [await experiments.arm_of(store, "trial", user, "x") for user in users]
        for user, arm in zip(users, arms, strict=True):
            await experiments.expose(store, "trial", user, arm.name)
        exposed = await experiments.exposures(store, "trial")
    async with tenant(tmp_path) as store:
        assert await experiments.get(store, "trial") == made
        assert [await experiments.arm_of(store, "trial", user, "x") for user in users] == arms
        written = store.last_seq
        for user, arm in zip(users, arms, strict=True):
            await experiments.expose(store, "trial", user, arm.name)
        assert store.last_seq == written
        assert sorted(await experiments.exposures(store, "trial"), key=str) == sorted(exposed, key=str)


async def test_an_exposure_is_made_when_its_caller_goes_away(store, monkeypatch):
    submit, submitted = store.submit, asyncio.Event()

    def told(written):
        submit(written)
        submitted.set()

    monkeypatch.setattr(store, "submit", told)
    waiting = asyncio.create_task(experiments.expose(store, "trial", "ada", "learned"))
    await submitted.wait()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert waiting.cancelled()
    await experiments.expose(store, "trial", "ada", "learned")
    assert len(await experiments.exposures(store, "trial")) == 1
    assert store.last_seq == 1


async def test_an_exposure_that_fails_is_tried_again(store, monkeypatch):
    submit = store.submit
    monkeypatch.setattr(store, "submit", lambda write: write.done(StorageFull("t")))
    failed = await asyncio.gather(
        *(experiments.expose(store, "trial", "ada", "learned") for _ in range(5)), return_exceptions=True
    )
    assert all(isinstance(one, StorageFull) for one in failed)
    monkeypatch.setattr(store, "submit", submit)
    await experiments.expose(store, "trial", "ada", "learned")
    assert len(await experiments.exposures(store, "trial")) == 1


async def test_exposures_beyond_those_remembered_are_looked_up(store, monkeypatch):
    monkeypatch.setattr(experiments, "REMEMBERED", 3)
    for _ in range(2):
        for place in range(10):
            await experiments.expose(store, "trial", f"u{place}", "learned")
    assert len(experiments._of(store).exposed) == 3
    assert len(await experiments.exposures(store, "trial")) == 10
    assert store.last_seq == 10


async def test_new_users_need_no_look_at_the_tables(store, monkeypatch):
    await experiments.expose(store, "trial", "ada", "learned")

    async def unasked(*_, **__):
        raise AssertionError("the tables were asked")

    monkeypatch.setattr(store.records, "table", unasked)
    for user in ("ada", "bob", "ada", "eve"):
        await experiments.expose(store, "trial", user, "learned")
    monkeypatch.undo()
    assert {one.user_id for one in await experiments.exposures(store, "trial")} == {"ada", "bob", "eve"}


async def test_an_exposure_that_was_removed_is_made_again(store):
    await experiments.expose(store, "trial", "ada", "learned")
    await write(store, journal.Recorded(removed=(Removal(EXPOSURES.name, "key", (exposure_key("trial", "ada"),)),)))
    await experiments.expose(store, "trial", "ada", "learned")
    assert len(await experiments.exposures(store, "trial")) == 1


async def test_a_closed_tenant_is_forgotten(tmp_path):
    async with tenants(tmp_path) as all_of_them:
        async with all_of_them.lease("t", create=True) as store:
            await experiments.create(store, experiment())
            kept = weakref.ref(experiments._of(store))
        async with all_of_them.lease("other", create=True) as other:
            with pytest.raises(ExperimentNotFound):
                await experiments.get(other, "trial")
    del store, other, all_of_them
    gc.collect()
    assert kept() is None


@pytest.mark.parametrize("applied", [False, True])
async def test_the_report_of_an_experiment_is_of_what_is_stored(store, applied, monkeypatch):
    monkeypatch.setattr(reading, "SLICE", 7)
    trial = experiment(agent_id="bot")
    exposures = [Exposure("trial", f"u{n}", BOTH[n % 2].name, START) for n in range(60)]
    exposures += [Exposure("else", "stranger", "learned", START)]
    sessions = [
        session(f"u{n}", f"s{k}", "SUCCESS" if n % 4 else "FAILURE", at=START + k * DAY)
        for n in range(60)
        for k in range(3)
    ]
    sessions += [session("stranger", "s"), session("u0", "old", at=START - DAY), session("u1", "x", agent_id="other")]
    await keep(store, sessions, exposures=exposures)
    if applied:
        await settle(store)
    found = await report(store, trial)
    assert [(one.users, one.sessions, one.success_rate.value) for one in found.arms] == [(30, 90, 0.5), (30, 90, 1.0)]
    assert found.arms[1].success_lift.value == 0.5
    assert (await report(store, msgspec.structs.replace(trial, experiment_id="nobody"))).arms[0].users == 0


@pytest.mark.parametrize("applied", [False, True])
async def test_the_report_of_an_agent_is_of_what_is_stored(store, applied, monkeypatch):
    monkeypatch.setattr(reading, "SLICE", 7)
    key = ("profile", "gone")
    sessions = [
        session(
            f"u{n}",
            f"s{n}",
            "SUCCESS" if n % 2 else "FAILURE",
            at=START + n // 3 * DAY,
            agent_version=str(n % 3),
            source="web" if n % 5 else "app",
            injected=(key,) if n % 4 else (),
        )
        for n in range(60)
    ]
    verdicts = [verdict(f"i{n}", f"u{n}", f"s{n}", "CHALLENGER", at=START + n // 3 * DAY + 1) for n in range(60)]
    await keep(store, [*sessions, session("z", "z", agent_id="other")], verdicts)
    if applied:
        await settle(store)
    everything = await agent_report(store, ReportFilter(agent_id="bot"), no_texts)
    assert (everything.total.sessions, everything.total.shadow_pairs) == (60, 60)
    assert everything.total.success_rate.value == 0.5
    assert [(row.agent_version, row.sessions) for row in everything.rows] == [("0", 20), ("1", 20), ("2", 20)]
    assert [(one.kind, one.id, one.injected, len(one.text)) for one in everything.learnings] == [(*key, 45, 200)]
    assert (await agent_report(store, ReportFilter(), no_texts)).total.sessions == 61
    start, end = sessions[10].last_time, sessions[40].last_time
    wanted = ReportFilter(
        agent_id="bot", agent_versions=("0", "1"), source="web", start_time=start, end_time=end, by_day=True
    )
    mine = [
        one
        for one in sessions
        if one.agent_version in wanted.agent_versions and one.source == "web" and start <= one.last_time < end
    ]
    some = await agent_report(store, wanted, no_texts)
    assert some.total.sessions == some.total.shadow_pairs == len(mine)
    assert sum(row.sessions for row in some.rows if row.day) == len(mine)
    assert (await agent_report(store, ReportFilter(agent_id="nobody"), no_texts)).total.sessions == 0


async def test_sessions_of_one_instant_stay_together(store, monkeypatch):
    monkeypatch.setattr(reading, "SLICE", 2)
    await keep(store, [session(f"u{n}", "s", at=START + (n // 5)) for n in range(20)])
    pages = [page async for page in reading.evaluations_in(store)]
    assert [len(page) for page in pages] == [5, 5, 5, 5]
    assert len({one.user_id for page in pages for one in page}) == 20


async def test_texts_of_what_is_gone_are_missing(store):
    await publish(store, "hello")
    assert await learnt_texts(store, [("profile", "x"), ("agent_playbook", "y"), ("strange", "z")]) == {}
