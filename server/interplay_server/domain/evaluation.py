"""What evaluation keeps: reported outcomes, judged sessions and pairs, audits, experiments and exposures.

Times are microseconds since 1970, UTC. Each kind is a collection whose rows carry what filters need, and the whole as
one record.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
import pyarrow as pa

from interplay_server.domain.records import Collection, Field, Index, Put, Type, Values

SUCCESS, PARTIAL, FAILURE, ABANDONED, UNKNOWN = "SUCCESS", "PARTIAL", "FAILURE", "ABANDONED", "UNKNOWN"
OUTCOMES = (SUCCESS, PARTIAL, FAILURE, ABANDONED, UNKNOWN)
RULES, MODEL, ACTION, REPORTED = "RULES", "MODEL", "ACTION", "REPORTED"
SHADOW_CONTEST, EXPERT_CONTEST = "SHADOW", "EXPERT"
PRODUCTION, CHALLENGER, TIE = "PRODUCTION", "CHALLENGER", "TIE"
BY_SESSION, BY_USER = "session", "user"
T = TypeVar("T", bound=msgspec.Struct)


class Outcome(msgspec.Struct, frozen=True):
    """What somebody reported of a session; at most one a session."""

    user_id: str
    session_id: str
    outcome: str
    occur_time: int
    report_time: int
    value: float | None = None
    action: str = ""
    reporter: str = ""
    comment: str = ""

    def same(self, other: "Outcome") -> bool:
        """Whether both say the same, whenever they were reported."""
        return (self.outcome, self.value, self.action) == (other.outcome, other.value, other.action)


class Evidence(msgspec.Struct, frozen=True):
    """`weight` from -1, against success, to 1."""

    interaction_id: str
    what: str
    weight: float


class SessionEvaluation(msgspec.Struct, frozen=True):
    user_id: str
    session_id: str
    agent_id: str
    agent_version: str
    source: str
    outcome: str
    method: str
    success_score: float
    confidence: float
    first_time: int
    last_time: int
    evaluate_time: int
    first_seq: int
    last_seq: int
    """Oldest and newest interaction that the judge saw, in the journal."""
    interaction_ids: tuple[str, ...]
    """What it rests on: everything of the session."""
    judge: str
    judge_hash: str
    evidence: tuple[Evidence, ...] = ()
    corrective_ids: tuple[str, ...] = ()
    user_turns: int = 0
    agent_turns: int = 0
    user_turns_to_resolution: int | None = None
    escalated: bool = False
    repeat_contact: bool = False
    satisfaction: tuple[tuple[str, float], ...] = ()
    """(interaction, -1 to 1) of each user turn."""
    system_errors: int = 0
    behaviour_success: bool | None = None
    reported: Outcome | None = None
    injected: tuple[tuple[str, str], ...] = ()
    """(kind, id) of facts and lessons that were retrieved for the agent."""
    cited: tuple[tuple[str, str], ...] = ()
    finished: bool = False
    """The publisher said that the session is over."""
    opening: str = ""
    """What the user came for, cut short: to recognise who comes back about the same."""

    @property
    def known(self) -> bool:
        """The outcome counts in rates."""
        return self.outcome != UNKNOWN

    @property
    def success(self) -> bool:
        return self.outcome == SUCCESS


class Ordered(msgspec.Struct, frozen=True):
    """What a judge said of a pair in one order. `criteria` are (name, winner)."""

    production_first: bool
    winner: str
    magnitude: float
    reason: str
    criteria: tuple[tuple[str, str], ...] = ()


class PairVerdict(msgspec.Struct, frozen=True):
    """The verdict of both orders: a tie where they disagree, which is a flip."""

    interaction_id: str
    contest: str
    user_id: str
    session_id: str
    source: str
    agent_id: str
    agent_version: str
    topic: str
    occur_time: int
    judge: str
    judge_hash: str
    judge_time: int
    winner: str
    flip: bool
    magnitude: float
    criteria: tuple[tuple[str, str], ...]
    reason: str
    orders: tuple[Ordered, ...]
    question: str
    """What the user asked, cut short."""
    production_length: int
    challenger_length: int
    text_hash: str
    """Of both answers: an expert reply that is given anew is judged anew."""
    calls: int = 0
    tokens: int = 0


class Arm(msgspec.Struct, frozen=True):
    name: str
    share: float
    holdout: bool = False


class Experiment(msgspec.Struct, frozen=True):
    experiment_id: str
    description: str
    arms: tuple[Arm, ...]
    agent_id: str
    start_time: int
    stop_time: int | None = None


class Exposure(msgspec.Struct, frozen=True):
    """A user was assigned to an arm; the first time counts."""

    experiment_id: str
    user_id: str
    arm: str
    first_time: int


class StoredAudit(msgspec.Struct, frozen=True):
    """`message` is the serialised JudgeAudit; `state` is passed or failed."""

    judge_hash: str
    judge: str
    audit_time: int
    state: str
    message: bytes


_SORTED, _FEW = Index.SORTED, Index.FEW
_RECORD = Field("record", Type.BYTES)

OUTCOME_ROWS = Collection("session_outcomes", (Field("key"), Field("user_id", index=_SORTED), _RECORD))
EVALUATIONS = Collection(
    "session_evaluations",
    (
        Field("key"),
        Field("user_id", index=_SORTED),
        Field("session_id"),
        Field("agent_id", index=_FEW),
        Field("agent_version", index=_FEW),
        Field("source", index=_FEW),
        Field("outcome", index=_FEW),
        Field("method", index=_FEW),
        Field("last_time", Type.INT, _SORTED),
        Field("first_seq", Type.INT, _SORTED),
        Field("last_seq", Type.INT, _SORTED),
        Field("judge_hash"),
        _RECORD,
    ),
)
VERDICTS = Collection(
    "pair_verdicts",
    (
        Field("key"),
        Field("interaction_id", index=_SORTED),
        Field("user_id", index=_SORTED),
        Field("session_id"),
        Field("agent_id", index=_FEW),
        Field("agent_version", index=_FEW),
        Field("contest", index=_FEW),
        Field("judge_hash", index=_FEW),
        Field("occur_time", Type.INT, _SORTED),
        _RECORD,
    ),
    witness="interaction_id",
)
AUDITS = Collection("judge_audits", (Field("key"), Field("audit_time", Type.INT), _RECORD))
EXPERIMENTS = Collection("experiments", (Field("key"), Field("start_time", Type.INT, _SORTED), _RECORD))
EXPOSURES = Collection(
    "experiment_exposures",
    (
        Field("key"),
        Field("experiment_id", index=_SORTED),
        Field("user_id", index=_SORTED),
        Field("arm"),
        Field("first_time", Type.INT),
    ),
)
DAYS = Collection(
    "evaluation_days",
    (
        Field("key"),
        Field("day", Type.INT, _SORTED),
        Field("agent_id", index=_FEW),
        Field("agent_version", index=_FEW),
        Field("source", index=_FEW),
        Field("outcome", index=_FEW),
        Field("sessions", Type.INT),
    ),
)
"""What is left of evaluations that retention removed: sessions by outcome; `day` is the first instant of a day of their
last interaction, in UTC.
"""
EVALUATION_COLLECTIONS = (OUTCOME_ROWS, EVALUATIONS, VERDICTS, AUDITS, EXPERIMENTS, EXPOSURES, DAYS)

_encode = msgspec.msgpack.Encoder().encode


def session_key(user_id: str, session_id: str) -> str:
    """No other pair has it, whatever characters are in the two."""
    return f"{len(user_id)}:{user_id}{session_id}"


def verdict_key(interaction_id: str, contest: str, judge_hash: str) -> str:
    return f"{interaction_id}/{contest}/{judge_hash}"


def exposure_key(experiment_id: str, user_id: str) -> str:
    return f"{experiment_id}/{user_id}"


def outcome_row(one: Outcome) -> Values:
    return (session_key(one.user_id, one.session_id), one.user_id, _encode(one))


def evaluation_row(one: SessionEvaluation) -> Values:
    key = session_key(one.user_id, one.session_id)
    plain = (one.agent_id, one.agent_version, one.source, one.outcome, one.method)
    place = (one.last_time, one.first_seq, one.last_seq)
    return (key, one.user_id, one.session_id, *plain, *place, one.judge_hash, _encode(one))


def verdict_row(one: PairVerdict) -> Values:
    key = verdict_key(one.interaction_id, one.contest, one.judge_hash)
    plain = (one.user_id, one.session_id, one.agent_id, one.agent_version, one.contest, one.judge_hash, one.occur_time)
    return (key, one.interaction_id, *plain, _encode(one))


def audit_row(one: StoredAudit) -> Values:
    return (one.judge_hash, one.audit_time, _encode(one))


def experiment_row(one: Experiment) -> Values:
    return (one.experiment_id, one.start_time, _encode(one))


def exposure_row(one: Exposure) -> Values:
    return (exposure_key(one.experiment_id, one.user_id), *msgspec.structs.astuple(one))


def put(collection: Collection, *rows: Values) -> Put:
    return Put(collection.name, rows)


def records(table: pa.Table, kind: type[T]) -> list[T]:
    """What the column `record` holds."""
    decode: Any = msgspec.msgpack.Decoder(kind).decode
    return [decode(record) for record in table["record"].to_pylist()]


def seqs_of(interaction_ids: Sequence[str]) -> list[int]:
    """Places in the journal, which the ids of interactions carry (`ids.InteractionIds`)."""
    return [_seq(one) for one in interaction_ids]


_DIGITS = {digit: value for value, digit in enumerate("0123456789ABCDEFGHJKMNPQRSTVWXYZ")}


def _seq(interaction_id: str) -> int:
    value = 0
    for digit in interaction_id[-8:]:
        value = value << 5 | _DIGITS.get(digit, 0)
    return value
