"""What judges a session or a pair: built-in rules, or a configured model. Chosen by configuration, never by a failure.

A judge sees one order of a pair at a time; `pairs` asks for both and takes them together.
"""

import asyncio
import hashlib
from concurrent.futures import Executor
from typing import Protocol

import msgspec

from interplay_server.domain.evaluation import RULES
from interplay_server.domain.window import Turn
from interplay_server.evaluation.rules import (
    ENGINE_VERSION,
    KnownFact,
    Lesson,
    PairContext,
    SessionJudgement,
    ToolResult,
    judge_pair,
    judge_session,
)

RULES_JUDGE = "rules"


class PairCase(msgspec.Struct, frozen=True):
    """Two answers to one situation, and what was known before them."""

    interaction_id: str
    production: str
    challenger: str
    turns: tuple[Turn, ...] = ()
    question: str = ""
    """User turns since the last agent turn, which are among `turns`."""
    facts: tuple[KnownFact, ...] = ()
    lessons: tuple[Lesson, ...] = ()
    expert: str = ""
    """Of the same turn; empty where the expert's answer is one of the two."""


class Opinion(msgspec.Struct, frozen=True):
    """What a judge says of one order; winners are FIRST, SECOND or TIE. `tokens` are those of its calls to a model."""

    winner: str
    magnitude: float
    reason: str
    criteria: tuple[tuple[str, str], ...] = ()
    calls: int = 0
    tokens: int = 0


class SessionCase(msgspec.Struct, frozen=True):
    turns: tuple[Turn, ...]
    tool_results: tuple[ToolResult, ...] = ()
    finished: bool = False
    repeat_contact: bool = False
    now: int = 0
    """Microseconds since 1970."""


class Judge(Protocol):
    """`provider` is its name in the configuration; `name` says which version of which judge."""

    provider: str
    method: str
    name: str
    digest: str
    """Of everything that its verdicts depend on besides the texts."""

    async def pair(self, case: PairCase, *, production_first: bool) -> Opinion:
        """Raises ModelFailure."""

    async def session(self, case: SessionCase) -> SessionJudgement:
        """Raises ModelFailure."""


class RulesJudge:
    """Deterministic and offline: a heuristic, and called so."""

    provider, method, name = RULES_JUDGE, RULES, ENGINE_VERSION
    digest = hashlib.blake2b(ENGINE_VERSION.encode(), digest_size=8).hexdigest()

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def pair(self, case: PairCase, *, production_first: bool) -> Opinion:
        return await asyncio.get_running_loop().run_in_executor(self._executor, pair_by_rules, case, production_first)

    async def session(self, case: SessionCase) -> SessionJudgement:
        return await asyncio.get_running_loop().run_in_executor(self._executor, session_by_rules, case)


def pair_by_rules(case: PairCase, production_first: bool) -> Opinion:
    first, second = (case.production, case.challenger) if production_first else (case.challenger, case.production)
    found = judge_pair(
        PairContext(first, second, turns=case.turns, facts=case.facts, lessons=case.lessons, expert=case.expert)
    )
    criteria = tuple((one.name, one.winner) for one in found.criteria)
    return Opinion(found.winner, found.magnitude, found.reason, criteria)


def session_by_rules(case: SessionCase) -> SessionJudgement:
    return judge_session(
        case.turns,
        tool_results=case.tool_results,
        now=case.now,
        finished=case.finished,
        repeat_contact=case.repeat_contact,
    )
