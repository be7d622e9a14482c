"""Experiments on what is learnt: who is in which arm, who was exposed, and since when.

Users are assigned by a keyed hash, so nothing needs to be written for an assignment to last.
"""

import asyncio
import hashlib
import math
import re
import time
from collections.abc import Sequence
from weakref import WeakKeyDictionary

import msgspec
import structlog

from interplay_server.domain import journal
from interplay_server.domain.evaluation import (
    EXPERIMENTS,
    EXPOSURES,
    Arm,
    Experiment,
    Exposure,
    experiment_row,
    exposure_key,
    exposure_row,
    put,
    records,
)
from interplay_server.domain.ports import Change, TenantStore
from interplay_server.domain.records import equal
from interplay_server.domain.writing import commit
from interplay_server.errors import ExperimentExists, ExperimentNotFound, InvalidRequest, Violation

FEWEST_ARMS, MOST_ARMS = 2, 10
LEAST_SHARE = 1e-6
"""Of all: what is below it never comes about."""
LONGEST_DESCRIPTION, LONGEST_AGENT = 10_000, 256
REMEMBERED = 65_536
"""Exposures of a tenant that are not looked up in its tables again."""
_PURPOSE = b"experiment arms"
_NAME = re.compile(r"[a-z0-9_-]{1,64}")
_NAME_RULE = "must be 1 to 64 characters of a-z, 0-9, _ and -"
_log = structlog.get_logger(__name__)


class _Known:
    """What is kept of one open tenant. Knows nothing of its store, so that it goes with it."""

    def __init__(self) -> None:
        self.changing = asyncio.Lock()
        """Held by whoever reads an experiment in order to make or stop it."""
        self.experiments: dict[str, Experiment] = {}
        self.changes = 0
        """Changes of experiments seen: what was read before the last of them may be old."""
        self.exposed: dict[str, None] = {}
        self.complete: set[str] = set()
        """Experiments of which every exposure is in `exposed`."""
        self.losses = 0
        """Times that something was taken from `exposed`."""
        self.writing: dict[str, asyncio.Task[None]] = {}

    def on_changes(self, changes: Sequence[Change]) -> None:
        for change in changes:
            if change.rows is None:
                continue
            if any(name == EXPERIMENTS.name for name, _, _ in change.rows.put):
                self.changes += 1
                self.experiments.clear()
            if any(one.collection == EXPOSURES.name for one in change.rows.removed):
                self.losses += 1
                self.exposed.clear()
                self.complete.clear()

    def remember(self, key: str) -> None:
        while len(self.exposed) >= REMEMBERED:
            del self.exposed[next(iter(self.exposed))]
            self.losses += 1
            self.complete.clear()
        self.exposed[key] = None


_known: WeakKeyDictionary[TenantStore, _Known] = WeakKeyDictionary()


def _of(store: TenantStore) -> _Known:
    found = _known.get(store)
    if found is None:
        found = _known[store] = _Known()
        store.subscribe(found.on_changes)
    return found


def violations(experiment: Experiment, path: str = "experiment") -> list[Violation]:
    """Everything that is wrong with an experiment as it was asked for."""
    found = []
    if not _NAME.fullmatch(experiment.experiment_id):
        found.append(Violation(f"{path}.experiment_id", _NAME_RULE))
    if len(experiment.description) > LONGEST_DESCRIPTION:
        found.append(Violation(f"{path}.description", f"must be at most {LONGEST_DESCRIPTION} characters"))
    if len(experiment.agent_id) > LONGEST_AGENT:
        found.append(Violation(f"{path}.agent_id", f"must be at most {LONGEST_AGENT} characters"))
    if not FEWEST_ARMS <= len(experiment.arms) <= MOST_ARMS:
        found.append(Violation(f"{path}.arms", f"must be {FEWEST_ARMS} to {MOST_ARMS}"))
    return found + _wrong_names(experiment.arms, path) + _wrong_shares(experiment, path)


def _wrong_names(arms: Sequence[Arm], path: str) -> list[Violation]:
    found = []
    for at, arm in enumerate(arms):
        if not _NAME.fullmatch(arm.name):
            found.append(Violation(f"{path}.arms[{at}].name", _NAME_RULE))
        elif any(arm.name == other.name for other in arms[:at]):
            found.append(Violation(f"{path}.arms[{at}].name", "must be of no other arm"))
    return found


def _wrong_shares(experiment: Experiment, path: str) -> list[Violation]:
    sound = [math.isfinite(arm.share) and arm.share > 0 for arm in experiment.arms]
    parts = shares(experiment) if all(sound) else [1.0] * len(sound)
    found = []
    for at, (good, part) in enumerate(zip(sound, parts, strict=True)):
        if not good:
            found.append(Violation(f"{path}.arms[{at}].share", "must be finite and above 0"))
        elif part < LEAST_SHARE:
            found.append(Violation(f"{path}.arms[{at}].share", "must be at least a millionth of all shares"))
    return found


def shares(experiment: Experiment) -> list[float]:
    """Of each arm, in relation to their sum."""
    # Divided by the greatest first: the sum of finite numbers need not be finite.
    greatest = max((arm.share for arm in experiment.arms), default=1.0)
    parts = [arm.share / greatest for arm in experiment.arms]
    return [part / math.fsum(parts) for part in parts]


def assign(secret: bytes, experiment: Experiment, user_id: str) -> Arm:
    """The user's arm: where a hash keyed by `secret`, at most 64 bytes, falls among the shares.

    The same for ever, independent of other experiments, and not to be guessed without the secret.
    """
    name = experiment.experiment_id.encode()
    drawn = hashlib.blake2b(len(name).to_bytes(4, "big") + name + user_id.encode(), digest_size=8, key=secret)
    point = int.from_bytes(drawn.digest(), "big") / 2**64
    reached = 0.0
    for arm, part in zip(experiment.arms, shares(experiment), strict=True):
        reached += part
        if point < reached:
            return arm
    return experiment.arms[-1]


def secret_of(store: TenantStore) -> bytes:
    return store.tokens.derived_key(_PURPOSE)


async def create(store: TenantStore, experiment: Experiment, request_id: str = "") -> Experiment:
    """The experiment, which runs from now on; its times are not looked at. The same again with a request id gives what
    became of the first. `store` must be writable.

    Raises InvalidRequest, ExperimentExists, RequestIdReused.
    """
    if found := violations(experiment):
        raise InvalidRequest(found)
    asked = msgspec.structs.replace(experiment, start_time=0, stop_time=None)
    signature = hashlib.blake2b(b"experiment" + msgspec.msgpack.encode(asked), digest_size=16).digest()
    made = msgspec.structs.replace(asked, start_time=_now())
    async with _of(store).changing:
        existing = await _stored(store, made.experiment_id)
        used = bool(request_id) and await store.learnt.request_range(request_id) is not None
        if existing is not None and not used:
            raise ExperimentExists(made.experiment_id)
        receipt = await commit(store, _entry(made), request_id, signature)
    if not receipt.duplicate:
        return made
    return await get(store, made.experiment_id)


async def stop(store: TenantStore, experiment_id: str) -> Experiment:
    """The experiment as it is then; one that was stopped keeps its time. Raises ExperimentNotFound."""
    async with _of(store).changing:
        found = await get(store, experiment_id)
        if found.stop_time is not None:
            return found
        stopped = msgspec.structs.replace(found, stop_time=max(_now(), found.start_time))
        await commit(store, _entry(stopped))
    return stopped


async def get(store: TenantStore, experiment_id: str) -> Experiment:
    """Raises ExperimentNotFound."""
    known = _of(store)
    if (found := known.experiments.get(experiment_id)) is not None:
        return found
    changes = known.changes
    found = await _stored(store, experiment_id)
    if found is None:
        raise ExperimentNotFound(experiment_id)
    if known.changes == changes:
        known.experiments[experiment_id] = found
    return found


async def listed(
    store: TenantStore,
    *,
    running_only: bool = False,
    experiment_id: str = "",
    before: tuple[int, str] | None = None,
    limit: int | None = None,
) -> list[Experiment]:
    """The latest first by (start_time, id); `before` is that of the last one of the page before."""
    found = records(await store.records.table(EXPERIMENTS, equal(key=experiment_id)), Experiment)
    chosen = [
        one
        for one in found
        if not (running_only and one.stop_time is not None) and (before is None or place(one) < before)
    ]
    return sorted(chosen, key=place, reverse=True)[:limit]


def place(experiment: Experiment) -> tuple[int, str]:
    """Where it stands in the list."""
    return experiment.start_time, experiment.experiment_id


async def arm_of(store: TenantStore, experiment_id: str, user_id: str, agent_id: str) -> Arm | None:
    """The user's arm; None where the experiment was stopped or is for another agent. Raises ExperimentNotFound."""
    experiment = await get(store, experiment_id)
    if experiment.stop_time is not None or experiment.agent_id not in ("", agent_id):
        return None
    return assign(secret_of(store), experiment, user_id)


async def expose(store: TenantStore, experiment_id: str, user_id: str, arm: str) -> None:
    """Returns when it is durable that the user was exposed. Only the first time is written, also by many at once.

    Raises the write's error; the next call tries again.
    """
    known, key = _of(store), exposure_key(experiment_id, user_id)
    if key in known.exposed or store.erasures.refusal(user_id):
        return
    if key not in known.writing:
        exposure = Exposure(experiment_id, user_id, arm, _now())
        if experiment_id not in known.complete:
            await _look_up(known, store, experiment_id, key)
        # Others may have come this far meanwhile: from here to the task nobody else runs.
        if key in known.exposed:
            return
        if key not in known.writing:
            known.writing[key] = asyncio.create_task(_write(store, exposure))
            known.writing[key].add_done_callback(lambda done: _written(known, key, done))
    # Whoever goes away leaves the write to be made.
    await asyncio.shield(known.writing[key])


async def exposures(store: TenantStore, experiment_id: str) -> list[Exposure]:
    table = await store.records.table(EXPOSURES, equal(experiment_id=experiment_id))
    columns = (table[name].to_pylist() for name in msgspec.structs.asdict(Exposure("", "", "", 0)))
    return [Exposure(*row) for row in zip(*columns, strict=True)]


async def _look_up(known: _Known, store: TenantStore, experiment_id: str, key: str) -> None:
    """All exposures of an experiment at once where they can be kept, so that new users need no look at the tables."""
    losses, room = known.losses, REMEMBERED - len(known.exposed)
    if room > 0:
        table = await store.records.table(EXPOSURES, equal(experiment_id=experiment_id), columns=["key"], limit=room)
        if table.num_rows < room and known.losses == losses:
            known.exposed |= dict.fromkeys(table["key"].to_pylist())
            known.complete.add(experiment_id)
            return
    if await store.records.count(EXPOSURES, equal(key=key)) and known.losses == losses:
        known.remember(key)


async def _write(store: TenantStore, exposure: Exposure) -> None:
    await commit(store, journal.Recorded((put(EXPOSURES, exposure_row(exposure)),)))


def _written(known: _Known, key: str, done: asyncio.Task[None]) -> None:
    del known.writing[key]
    if done.cancelled():
        return
    if (error := done.exception()) is None:
        known.remember(key)
    else:
        _log.warning("cannot record an exposure", reason=str(error))


async def _stored(store: TenantStore, experiment_id: str) -> Experiment | None:
    found = await store.records.table(EXPERIMENTS, equal(key=experiment_id), columns=["record"])
    return next(iter(records(found, Experiment)), None)


def _entry(experiment: Experiment) -> journal.Recorded:
    return journal.Recorded((put(EXPERIMENTS, experiment_row(experiment)),))


def _now() -> int:
    return time.time_ns() // 1000
