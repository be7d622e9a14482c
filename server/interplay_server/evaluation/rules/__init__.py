"""Judges of sessions and of pairs of replies by hand-written rules: offline, deterministic, a heuristic by name."""

from interplay_server.evaluation.rules.correctives import corrective_turns
from interplay_server.evaluation.rules.pairs import judge_pair
from interplay_server.evaluation.rules.replies import grade_reply
from interplay_server.evaluation.rules.results import (
    ENGINE_VERSION,
    METHOD,
    NOTE,
    CriterionVerdict,
    Evidence,
    KnownFact,
    Lesson,
    PairContext,
    PairVerdict,
    Satisfaction,
    SessionJudgement,
    ToolResult,
)
from interplay_server.evaluation.rules.session import judge_session
from interplay_server.evaluation.rules.topics import same_topic

__all__ = [
    "ENGINE_VERSION",
    "METHOD",
    "NOTE",
    "CriterionVerdict",
    "Evidence",
    "KnownFact",
    "Lesson",
    "PairContext",
    "PairVerdict",
    "Satisfaction",
    "SessionJudgement",
    "ToolResult",
    "corrective_turns",
    "grade_reply",
    "judge_pair",
    "judge_session",
    "same_topic",
]
