"""What the rules find: judgements of sessions and verdicts on pairs of replies."""

import msgspec

from interplay_server.domain.window import Turn

ENGINE_VERSION = "rules-evaluation-1"
"""Changes whenever the same input may give another judgement or verdict."""
METHOD = "rules"
SUCCESS, PARTIAL, FAILURE, ABANDONED, UNKNOWN = "SUCCESS", "PARTIAL", "FAILURE", "ABANDONED", "UNKNOWN"
OUTCOMES = (SUCCESS, PARTIAL, FAILURE, ABANDONED, UNKNOWN)
ASKED, TRANSFERRED = "asked", "transferred"
FIRST, SECOND, TIE = "FIRST", "SECOND", "TIE"
NONE, SLIGHT, CLEAR = "NONE", "SLIGHT", "CLEAR"
MOST_POINTS = 5
"""The points of the strongest sign."""
NOTE = "Heuristic judgement by hand-written rules, not by a language model or a person."


class ToolResult(msgspec.Struct, frozen=True):
    """How the use of a tool in a turn ended."""

    interaction_id: str
    name: str
    failed: bool = False
    text: str = ""


class Evidence(msgspec.Struct, frozen=True):
    """A sign that a turn of the session gives, with integer points: positive speaks for success."""

    interaction_id: str
    what: str
    weight: int
    system: bool = False
    """A fault of tools or systems and not of the agent's behaviour."""

    @property
    def share(self) -> float:
        """The points as a number from -1 to 1."""
        return self.weight / MOST_POINTS


class Satisfaction(msgspec.Struct, frozen=True):
    """How content a user turn sounds, -1 to 1, 0 being neutral, and the signals with their points."""

    interaction_id: str
    score: float
    signals: tuple[tuple[str, int], ...] = ()


class SessionJudgement(msgspec.Struct, frozen=True):
    """What the rules make of one session."""

    outcome: str
    success: float
    """0 to 1, to rank sessions by; a logistic of the points, not a calibrated probability."""
    confidence: float
    evidence: tuple[Evidence, ...] = ()
    corrective_turns: tuple[str, ...] = ()
    user_turns: int = 0
    user_turns_to_resolution: int | None = None
    resolving_turn: str = ""
    """The agent turn that resolved the matter; empty unless the outcome is SUCCESS."""
    escalation: str = ""
    """Empty, ASKED or TRANSFERRED."""
    repeat_contact: bool = False
    satisfaction: tuple[Satisfaction, ...] = ()
    last_satisfaction: float | None = None
    tone_trend: float = 0.0
    """Mean satisfaction of the second half of the user turns less that of the first, -2 to 2."""
    system_errors: int = 0
    behaviour_outcome: str = UNKNOWN
    behaviour_success: float = 0.5
    """Outcome and score without the faults of tools and systems."""
    method: str = METHOD
    engine_version: str = ENGINE_VERSION
    note: str = NOTE


class KnownFact(msgspec.Struct, frozen=True):
    """A profile fact that was known before the replies."""

    fact_id: str
    text: str


class Lesson(msgspec.Struct, frozen=True):
    """A playbook entry that applied to the situation."""

    playbook_id: str
    instruction: str
    trigger: str = ""
    pitfall: str = ""


class PairContext(msgspec.Struct, frozen=True):
    """Two replies to one situation, and what was known before them."""

    first: str
    second: str
    turns: tuple[Turn, ...] = ()
    """The conversation before the replies, in order."""
    facts: tuple[KnownFact, ...] = ()
    lessons: tuple[Lesson, ...] = ()
    expert: str = ""


class CriterionVerdict(msgspec.Struct, frozen=True):
    """`margin` is positive where FIRST is better; `winner` is FIRST, SECOND or TIE."""

    name: str
    winner: str
    margin: float


class PairVerdict(msgspec.Struct, frozen=True):
    """Which reply the rules prefer. `magnitude` is 0 to 1, `strength` NONE, SLIGHT or CLEAR."""

    winner: str
    magnitude: float
    strength: str
    reason: str
    criteria: tuple[CriterionVerdict, ...] = ()
    method: str = METHOD
    engine_version: str = ENGINE_VERSION
    note: str = NOTE
