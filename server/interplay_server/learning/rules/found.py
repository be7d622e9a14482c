"""What a rule found in a clause."""

from typing import NamedTuple

from interplay_server.learning.rules.facts import Rule


class Found(NamedTuple):
    """A fact before it becomes a candidate; the span is one of code points of the turn."""

    content: str
    rule: Rule
    value: str
    subject: str
    start: int
    end: int
    retracts: bool = False
    confidence: float = 0.9
