"""How an agent's sessions went, by version and day, with the shadow beside it and what the injected facts did."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from interplay_server.domain.evaluation import (
    CHALLENGER,
    PRODUCTION,
    SHADOW_CONTEST,
    SUCCESS,
    UNKNOWN,
    PairVerdict,
    SessionEvaluation,
)
from interplay_server.domain.learnt import AGENT_PLAYBOOK, PROFILE, USER_PLAYBOOK
from interplay_server.domain.ports import TenantStore
from interplay_server.evaluation.learning_effects import Key, LearningEffect, LearningTally
from interplay_server.evaluation.reading import days_in, evaluations_in, verdicts_in
from interplay_server.evaluation.statistics.bootstrap import cluster_share
from interplay_server.evaluation.statistics.estimates import CONFIDENCE, Estimate, Gap
from interplay_server.evaluation.statistics.lift import clustered_mean
from interplay_server.evaluation.statistics.proportions import mean, proportion
from interplay_server.evaluation.statistics.special import Floats

MOST_RESAMPLED = 100
"""Rows whose clustered rates are resampled; those beyond get the closed form, which is named in their method."""
TEXT_LENGTH = 200
Texts = Callable[[Sequence[Key]], Awaitable[Mapping[Key, str]]]
"""Texts of learnings by (kind, id); those that are gone are missing."""


class ReportFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Empty does not filter; times are those of a session's last interaction, the end exclusive."""

    agent_id: str = ""
    agent_versions: tuple[str, ...] = ()
    source: str = ""
    start_time: int | None = None
    end_time: int | None = None
    by_day: bool = False
    max_learnings: int = 50


class ReportRow(msgspec.Struct, frozen=True, kw_only=True):
    """Rates of success are over sessions whose outcome is known, all others over all sessions for which there is a
    value. `agent_version` and `day` are empty where a row is not by them.
    """

    agent_version: str
    day: str
    sessions: int
    success_rate: Estimate
    success_rate_by_user: Estimate
    behaviour_success_rate: Estimate
    corrective_turns: Estimate
    user_turns_to_resolution: Estimate
    escalation_rate: Estimate
    repeat_contact_rate: Estimate
    final_satisfaction: Estimate
    value: float | None
    outcomes: dict[str, int]
    shadow_pairs: int
    shadow_win_rate: Estimate


class AgentReport(msgspec.Struct, frozen=True, kw_only=True):
    total: ReportRow
    rows: tuple[ReportRow, ...]
    """By version; then, where asked for, by version and day."""
    learnings: tuple[LearningEffect, ...]
    """Those in most sessions first."""


_SESSION = np.dtype(
    [
        ("user", np.int64),
        ("version", np.int64),
        ("outcome", np.int64),
        ("last_time", np.int64),
        ("success", np.float64),
        ("behaviour", np.float64),
        ("corrective", np.float64),
        ("resolution", np.float64),
        ("escalated", np.float64),
        ("repeat", np.float64),
        ("satisfaction", np.float64),
        ("value", np.float64),
    ]
)
"""The first three are places in the names of an AgentTally; NaN stands for no value."""
_NONE, _NOBODY = float("nan"), -1
_DAY_US = 86_400_000_000
Sessions = NDArray[np.void]
Places = NDArray[np.int64]


class AgentTally:
    """Takes sessions and pairs by the page, and keeps a few numbers of each."""

    def __init__(self, confidence: float = CONFIDENCE) -> None:
        self._confidence = confidence
        self._users: dict[str, int] = {}
        self._versions: dict[str, int] = {}
        self._outcomes: dict[str, int] = {}
        self._sessions: dict[tuple[str, str], int] = {}
        self._pairs: dict[str, tuple[int, int, str]] = {}
        """(session, time of the verdict, winner) by interaction."""
        self._pages: list[Sessions] = []
        self._days: list[Sessions] = []
        self._learnings = LearningTally()
        self.first_time: int | None = None
        """The first interaction of all sessions."""

    def add(self, evaluations: Iterable[SessionEvaluation]) -> None:
        """A session that comes twice counts once, as it came first: it was judged anew between two pages."""
        rows = []
        for one in evaluations:
            key = (one.user_id, one.session_id)
            if key in self._sessions:
                continue
            self._sessions[key] = len(self._sessions)
            self._learnings.add(one)
            if self.first_time is None or one.first_time < self.first_time:
                self.first_time = one.first_time
            rows.append(self._numbers(one))
        self._pages.append(np.array(rows, _SESSION))

    def _numbers(self, one: SessionEvaluation) -> tuple[float, ...]:
        value = one.reported.value if one.reported is not None else None
        return (
            self._users.setdefault(one.user_id, len(self._users)),
            self._versions.setdefault(one.agent_version, len(self._versions)),
            self._outcomes.setdefault(one.outcome, len(self._outcomes)),
            one.last_time,
            one.success if one.known else _NONE,
            _NONE if one.behaviour_success is None else one.behaviour_success,
            len(one.corrective_ids),
            _NONE if one.user_turns_to_resolution is None else one.user_turns_to_resolution,
            one.escalated,
            one.repeat_contact,
            one.satisfaction[-1][1] if one.satisfaction else _NONE,
            _NONE if value is None else value,
        )

    def add_days(self, days: Iterable[Mapping[str, Any]]) -> None:
        """Sessions that retention left as counts (rows of DAYS): nobody's, with no value but whether they succeeded."""
        for one in days:
            version = self._versions.setdefault(one["agent_version"], len(self._versions))
            outcome = self._outcomes.setdefault(one["outcome"], len(self._outcomes))
            success = _NONE if one["outcome"] == UNKNOWN else float(one["outcome"] == SUCCESS)
            places = (_NOBODY, version, outcome, one["day"], success)
            unknown = (_NONE,) * (len(_SESSION.names or ()) - len(places))
            self._days.append(np.repeat(np.array([(*places, *unknown)], _SESSION), one["sessions"]))

    def add_verdicts(self, verdicts: Iterable[PairVerdict]) -> None:
        """After the sessions: of shadow against production, in one of them; of a pair the latest verdict counts."""
        for one in verdicts:
            at = self._sessions.get((one.user_id, one.session_id))
            if at is None or one.contest != SHADOW_CONTEST:
                continue
            before = self._pairs.get(one.interaction_id)
            if before is None or one.judge_time >= before[1]:
                self._pairs[one.interaction_id] = (at, one.judge_time, one.winner)

    def report(self, *, by_day: bool = False, max_learnings: int = 50) -> AgentReport:
        """Without the texts of learnings."""
        sessions = np.concatenate([np.empty(0, _SESSION), *self._pages, *self._days])
        days = sessions["last_time"] // _DAY_US
        everything = np.arange(len(sessions))
        names = list(self._versions)
        versions = sorted((names[key], own) for key, own in _groups(sessions["version"], everything))
        groups = [(version, "", own) for version, own in versions]
        if by_day:
            for version, own in versions:
                groups += [(version, str(np.datetime64(day, "D")), at) for day, at in _groups(days[own], own)]
        pairs = self._pairs_by_session(len(sessions))
        total, *rows = (
            self._row(sessions[own], pairs[own], version, day, resampled=place < MOST_RESAMPLED)
            for place, (version, day, own) in enumerate([("", "", everything), *groups])
        )
        learnings = self._learnings.effects(max_learnings, self._confidence)
        return AgentReport(total=total, rows=tuple(rows), learnings=tuple(learnings))

    def _pairs_by_session(self, sessions: int) -> Floats:
        """(sessions, 3): pairs, those won by the shadow, those that are no tie."""
        made = np.zeros((sessions, 3))
        for at, _, winner in self._pairs.values():
            made[at] += (1, winner == CHALLENGER, winner in (CHALLENGER, PRODUCTION))
        return made

    def _row(self, own: Sessions, pairs: Floats, version: str, day: str, *, resampled: bool) -> ReportRow:
        level = self._confidence

        def share(column: str) -> Estimate:
            values = _known(own[column])
            return proportion(float(values.sum()), values.size, level)

        def average(column: str, low: float, high: float) -> Estimate:
            return mean(_known(own[column]), level).within(low, high)

        known = np.isfinite(own["success"]) & (own["user"] != _NOBODY)
        _, user = np.unique(own["user"][known], return_inverse=True)
        successes, n = np.bincount(user, own["success"][known]), np.bincount(user).astype(np.float64)
        values, count = _known(own["value"]), np.bincount(own["outcome"], minlength=len(self._outcomes))
        return ReportRow(
            agent_version=version,
            day=day,
            sessions=len(own),
            success_rate=share("success"),
            success_rate_by_user=_clustered(successes.astype(np.float64), n, "users", level, resampled=resampled),
            behaviour_success_rate=share("behaviour"),
            corrective_turns=average("corrective", 0.0, math.inf),
            user_turns_to_resolution=average("resolution", 0.0, math.inf),
            escalation_rate=share("escalated"),
            repeat_contact_rate=share("repeat"),
            final_satisfaction=average("satisfaction", -1.0, 1.0),
            value=_total(values),
            outcomes={name: int(count[at]) for name, at in sorted(self._outcomes.items()) if count[at]},
            shadow_pairs=int(pairs[:, 0].sum()),
            shadow_win_rate=_clustered(pairs[:, 1], pairs[:, 2], "sessions", level, resampled=resampled),
        )


async def agent_report(
    store: TenantStore, wanted: ReportFilter, texts: Texts, confidence: float = CONFIDENCE
) -> AgentReport:
    """Of what is stored. `texts` are looked up for the learnings that are reported, and cut to TEXT_LENGTH."""
    tally = AgentTally(confidence)
    async for evaluations in evaluations_in(
        store,
        agent_id=wanted.agent_id,
        agent_versions=wanted.agent_versions,
        source=wanted.source,
        start_time=wanted.start_time,
        end_time=wanted.end_time,
    ):
        await asyncio.to_thread(tally.add, evaluations)
    days = await days_in(
        store,
        agent_id=wanted.agent_id,
        agent_versions=wanted.agent_versions,
        source=wanted.source,
        start_time=wanted.start_time,
        end_time=wanted.end_time,
    )
    await asyncio.to_thread(tally.add_days, days)
    if tally.first_time is not None:
        # A turn of a session is between its first and its last interaction.
        turns = verdicts_in(
            store,
            contest=SHADOW_CONTEST,
            agent_id=wanted.agent_id,
            start_time=tally.first_time,
            end_time=wanted.end_time,
        )
        async for verdicts in turns:
            await asyncio.to_thread(tally.add_verdicts, verdicts)
    made = await asyncio.to_thread(tally.report, by_day=wanted.by_day, max_learnings=wanted.max_learnings)
    said = await texts([(one.kind, one.id) for one in made.learnings]) if made.learnings else {}
    learnings = tuple(
        msgspec.structs.replace(one, text=said.get((one.kind, one.id), "")[:TEXT_LENGTH]) for one in made.learnings
    )
    return msgspec.structs.replace(made, learnings=learnings)


async def learnt_texts(store: TenantStore, keys: Sequence[Key]) -> dict[Key, str]:
    """Texts of what is still there, by (kind, id)."""
    found: dict[Key, str] = {}
    for kind in (PROFILE, USER_PLAYBOOK, AGENT_PLAYBOOK):
        if ids := [one for of, one in keys if of == kind]:
            found |= {(kind, row.row_id): row.content for row in await store.learnt.get_many(kind, ids)}
    return found


def _known(values: Floats) -> Floats:
    kept: Floats = values[np.isfinite(values)]
    return kept


def _total(values: Floats) -> float | None:
    """None without values, and where they add up to more than a number can be."""
    with np.errstate(all="ignore"):
        total = float(values.sum())
    return total if values.size and math.isfinite(total) else None


def _groups(keys: Places, own: Places) -> list[tuple[int, Places]]:
    """The places of each key, the smallest key first; both are as long."""
    order = np.argsort(keys, kind="stable")
    found, starts = np.unique(keys[order], return_index=True)
    return list(zip(found.tolist(), np.split(own[order], starts[1:]), strict=True)) if len(found) else []


def _clustered(successes: Floats, n: Floats, clusters: str, confidence: float, *, resampled: bool) -> Estimate:
    """The closed form has no interval for clusters that are all alike; it is then that of the resampled one."""
    made = None if resampled else clustered_mean(successes, n, confidence).within(0.0, 1.0)
    if made is None or made.gap is Gap.NO_SPREAD:
        made = cluster_share(successes, n, confidence=confidence)
    return msgspec.structs.replace(made, method=f"{made.method}, by {clusters}")
