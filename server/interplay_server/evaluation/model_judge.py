"""A configured language model as judge, through the port `domain.model`.

A failure of the model goes to the caller as it is: the rules never answer in its place.
"""

import hashlib
import json
import unicodedata
from collections.abc import Mapping

import msgspec

from interplay_server.domain.evaluation import MODEL
from interplay_server.domain.model import SYSTEM, USER, Completion, Message, ModelFailure, ModelProvider, Usage
from interplay_server.evaluation.judges import Opinion, PairCase, SessionCase
from interplay_server.evaluation.judging_answers import (
    MAX_REASON,
    METHOD,
    NOTE,
    grounded,
    read_pair,
    read_session,
    shortened,
)
from interplay_server.evaluation.judging_prompts import PAIR_PROMPT, SESSION_PROMPT, Prompt, digest
from interplay_server.evaluation.judging_records import pair_record, session_record
from interplay_server.evaluation.rules.results import FIRST, SECOND, TIE, UNKNOWN, SessionJudgement
from interplay_server.evaluation.rules.speech import spoken_turns


class JudgedSession(msgspec.Struct, frozen=True):
    """A judgement, and what it cost. `dropped` counts references to turns that do not hold, by reason."""

    judgement: SessionJudgement
    calls: int = 0
    tokens: int = 0
    dropped: Mapping[str, int] = {}


class ModelJudge:
    """Asks one model. Calls may run at once.

    `calls` counts attempts and repairs of an answer too; `tokens` are those given, from a cache or not, and those made.
    """

    method = MODEL

    def __init__(self, provider: ModelProvider, *, deadline_seconds: float) -> None:
        """`deadline_seconds` is for each call of the model."""
        self.provider = provider.name
        self.name = f"{provider.name}/{provider.model}"
        self.digest = digest(provider.model, PAIR_PROMPT, SESSION_PROMPT)
        self._provider = provider
        self._deadline = deadline_seconds

    async def pair(self, case: PairCase, *, production_first: bool) -> Opinion:
        """One order in one call; none where code can tell. Raises ModelFailure."""
        first, second = (case.production, case.challenger) if production_first else (case.challenger, case.production)
        if (settled := _without_model(first, second)) is not None:
            return settled
        answered = await self._ask(PAIR_PROMPT, pair_record(case, first, second))
        answer = read_pair(answered.parsed)
        return Opinion(
            answer.winner,
            0.0 if answer.winner == TIE else round(answer.magnitude, 6),
            shortened(answer.reason, MAX_REASON),
            tuple((one.name, one.winner) for one in answer.criteria),
            answered.usage.attempts,
            _tokens(answered.usage),
        )

    async def session(self, case: SessionCase) -> SessionJudgement:
        """Raises ModelFailure."""
        return (await self.judge_session(case)).judgement

    async def judge_session(self, case: SessionCase) -> JudgedSession:
        """One call; none where nobody says anything. Raises ModelFailure."""
        if not spoken_turns(case.turns):
            nothing = SessionJudgement(UNKNOWN, 0.5, 0.0, repeat_contact=case.repeat_contact, method=METHOD, note=NOTE)
            return JudgedSession(msgspec.structs.replace(nothing, engine_version=self.name))
        record = session_record(case)
        answered = await self._ask(SESSION_PROMPT, record.text)
        found = grounded(read_session(answered.parsed), record.turns, case)
        judgement = msgspec.structs.replace(found.judgement, engine_version=self.name)
        return JudgedSession(judgement, answered.usage.attempts, _tokens(answered.usage), found.dropped)

    async def _ask(self, prompt: Prompt, record: str) -> Completion:
        """The end of one call; its deltas of text are of no use here."""
        completion: Completion | None = None
        stream = self._provider.complete(
            [Message(SYSTEM, prompt.system(), cache=True), Message(USER, prompt.user(record))],
            schema=prompt.schema,
            deadline=self._deadline,
            seed=_seed(prompt.kind, record),
            max_tokens=prompt.max_tokens,
        )
        async for event in stream:
            if isinstance(event, Completion):
                completion = event
        if completion is None:
            raise ModelFailure(ModelFailure.MALFORMED, "the model's answer has no end")
        return completion


def _without_model(first: str, second: str) -> Opinion | None:
    """What needs no judge: answers alike but for white space between words, or one that shows nothing."""
    ours, theirs = _normal(first), _normal(second)
    if ours == theirs:
        return Opinion(TIE, 0.0, "The answers are identical." if ours else "Both answers are empty.")
    if ours and theirs:
        return None
    return Opinion(FIRST, 1.0, "SECOND is empty.") if ours else Opinion(SECOND, 1.0, "FIRST is empty.")


def _normal(text: str) -> str:
    """Without blank lines, invisible ends and spare white space; indentation stays, as it means something in code."""
    if not any(unicodedata.category(char)[0] not in "ZC" for char in text):
        return ""
    lines = unicodedata.normalize("NFC", text).strip().splitlines()
    return "\n".join(line[: len(line) - len(line.lstrip())] + " ".join(line.split()) for line in lines if line.strip())


def _seed(kind: str, record: str) -> int:
    """31 bits, which every provider takes; the same for the same texts."""
    return int.from_bytes(hashlib.sha256(json.dumps((kind, record)).encode()).digest()[:4]) & 0x7FFF_FFFF


def _tokens(usage: Usage) -> int:
    return usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens + usage.output_tokens
