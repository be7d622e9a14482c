"""What an extractor reads (a window of turns) and what it proposes (candidates), both free of storage.

Times are microseconds since 1970, UTC.
"""

import msgspec

from interplay_server.domain.interaction import PRODUCTION

CONTENT, ACTION, EXPERT = "content", "user_action_description", "expert_content"
SHADOW_CONTENT, COMMENT, CORRECTED = "shadow_content", "comment", "corrected_content"

TTLS: dict[str, int | None] = {
    "one_day": 1,
    "one_week": 7,
    "one_month": 30,
    "one_quarter": 90,
    "one_year": 365,
    "infinity": None,
}
"""Days a fact is valid after its last confirmation; None is for ever."""

CATEGORIES = ("factual", "work", "goal", "circumstance", "relationship", "environment", "preference", "inferred")
GAP_KINDS = ("missing_tool", "permission_denied", "external_dependency", "policy_restriction")


class Judgement(msgspec.Struct, frozen=True):
    """A later annotation of a turn; see `domain.interaction.Annotation`."""

    annotation_id: str
    annotator: str = ""
    expert_content: str = ""
    thumb: str = ""
    rating: float | None = None
    comment: str = ""
    corrected_content: str = ""


class Turn(msgspec.Struct, frozen=True):
    """One interaction as an arm sees it: of a shadowed agent turn, `text` is the shadow in the SHADOW arm."""

    interaction_id: str
    seq: int
    time: int
    session_id: str
    role_class: str
    text: str = ""
    text_field: str = CONTENT
    """Which stored field `text` is: CONTENT, or SHADOW_CONTENT for a shadowed turn in the SHADOW arm."""
    speaker: str = ""
    source: str = ""
    agent_id: str = "default"
    agent_version: str = ""
    expert_content: str = ""
    user_action: str = "NONE"
    user_action_description: str = ""
    tools: tuple[str, ...] = ()
    image_sha256: str = ""
    judgements: tuple[Judgement, ...] = ()
    fresh: bool = True
    """False for a turn that an earlier window has seen as well and that is here as context."""
    reacts_to_production: bool = False
    """In the SHADOW arm: a user turn after the first shadowed turn of its session, which answered another reply."""


class Window(msgspec.Struct, frozen=True):
    """Turns of one user in the order of the journal."""

    user_id: str
    turns: tuple[Turn, ...]
    arm: str = PRODUCTION


class Quote(msgspec.Struct, frozen=True):
    """A span of code points, end exclusive, that exists in a stored text field of an interaction."""

    interaction_id: str
    field: str
    start: int
    end: int


class ProfileCandidate(msgspec.Struct, frozen=True):
    """A fact about the user or their world, not yet merged with what is known.

    `subject`, `attribute` and `value` name the slot it fills (`user`, `home_city`, `Lisbon`); empty where unknown. Two
    facts in one slot of a single-valued attribute contradict each other.
    """

    content: str
    category: str
    evidence: tuple[Quote, ...]
    subject: str = "user"
    attribute: str = ""
    value: str = ""
    single_valued: bool = False
    ttl: str = "one_year"
    confidence: float = 0.5
    retracts: bool = False
    """The user says that the fact no longer holds: what matches it is superseded, nothing new is added."""
    notes: str = ""
    tags: tuple[str, ...] = ()


class PlaybookCandidate(msgspec.Struct, frozen=True):
    """A lesson for the agent, not yet merged. `trigger` is phrased as a future request."""

    trigger: str
    instruction: str
    evidence: tuple[Quote, ...]
    origin: str
    """correction, redirection, success, expert or annotation."""
    pitfall: str = ""
    rationale: str = ""
    blocking_kind: str = ""
    """One of GAP_KINDS, or empty."""
    blocking_details: str = ""
    confidence: float = 0.5
    agent_id: str = "default"
    agent_version: str = ""
    session_id: str = ""
    tags: tuple[str, ...] = ()
