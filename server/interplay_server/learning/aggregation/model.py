"""What aggregation reads (members, settings, seeds) and what it makes (groups). Times are microseconds since 1970."""

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

EXPERT_ORIGINS = frozenset({"expert"})
"""Origins of a user playbook that count as an expert's."""

SIMILARITIES = {"wordllama-256": 0.32}
"""Least average cosine of two clusters that become one, by name of the embedder; see `aggregate.default_similarity`.

WordLlama: on 45 scenes of 209 lessons in one pool, pairs on one side of one group have precision .85 and recall .70 at
.32; the same within .01 at .31 and .33.
"""


class AggregationCancelled(Exception):
    """The caller's check said stop; nothing was made."""


class Member(msgspec.Struct, frozen=True):
    """One current user playbook."""

    playbook_id: str
    user_id: str
    session_id: str
    agent_id: str
    agent_version: str
    origin: str
    """correction, redirection, success, expert, annotation or manual."""
    trigger: str
    instruction: str
    pitfall: str = ""
    rationale: str = ""
    blocking_kind: str = ""
    blocking_details: str = ""
    time: int = 0
    """Of the last confirmation."""
    confidence: float = 0.5
    apart: str = ""
    """Id of the interaction on which an expert wrote the reply that this is one gap of, or empty. Members that share it
    are never one lesson: the gaps of a reply are independent."""

    @property
    def is_expert(self) -> bool:
        return self.origin in EXPERT_ORIGINS


class AggregationSettings(msgspec.Struct, frozen=True):
    """Who becomes a group, and how its members vote."""

    min_cluster_size: int = 2
    """Members that a group without an expert needs."""
    min_users: int = 1
    """Distinct users that any group needs."""
    similarity: float = SIMILARITIES["wordllama-256"]
    """Least average cosine of two clusters that become one, above 0, at most 1."""
    direction_overlap: float = 0.6
    """Share of the shorter instruction's words in the longer one from which both speak of the same thing: a differing
    number then opposes them, and of several sides such a member takes that one."""
    per_user_cap: float = 2.0
    """Most weight of one user in a vote, or that of their heaviest member where that is more."""
    expert_weight: float = 3.0
    winner_share: float = 0.6
    """The winning side must hold more than this share of the weight, else the group is in conflict."""

    def __post_init__(self) -> None:
        if not 0 < self.similarity <= 1:
            raise ValueError("similarity must be above 0 and at most 1")
        if not (0 <= self.direction_overlap <= 1 and 0 <= self.winner_share < 1):
            raise ValueError("direction_overlap must lie in [0, 1] and winner_share in [0, 1)")
        if self.per_user_cap <= 0 or self.expert_weight <= 0:
            raise ValueError("weights must be positive")
        if self.min_cluster_size < 1 or self.min_users < 1:
            raise ValueError("min_cluster_size and min_users must be at least 1")


class Seed(msgspec.Struct, frozen=True):
    """A group that exists: what of it is still current stays together."""

    group_id: str
    member_ids: tuple[str, ...]


class Dissent(msgspec.Struct, frozen=True):
    """A side that lost the vote."""

    instruction: str
    weight: float
    member_ids: tuple[str, ...]


class Rejected(msgspec.Struct, frozen=True, eq=False):
    """A lesson that a reviewer rejected; see `aggregate.suppressed`."""

    centroid: Floats
    support_when_rejected: float
    """The group's `weight` at that time."""
    instruction: str = ""


class Group(msgspec.Struct, frozen=True, eq=False):
    """An aggregate before it is stored."""

    agent_id: str
    member_ids: tuple[str, ...]
    """Sorted."""
    fingerprint: str
    """Of the member ids: the first 16 hex digits of the SHA-256 over them, one a line."""
    seed_id: str
    """The seed that it continues, or empty."""
    member_count: int
    distinct_users: int
    distinct_sessions: int
    expert_count: int
    agent_versions: tuple[str, ...]
    first_time: int
    last_time: int
    trigger: str
    instruction: str
    pitfall: str
    rationale: str
    blocking_kind: str
    blocking_details: str
    content: str
    weight: float
    """Of all votes, capped by user: its support."""
    winner_share: float
    conflict: bool
    """No side holds more than the share that a winner needs; `instruction` is then that of the heaviest side."""
    dissent: tuple[Dissent, ...]
    """Sides that lost, heaviest first; recorded also where there is a clear winner."""
    confidence: float
    """w / (w + 2) times the winner's share, w the weight of the winning side; in [0, 1)."""
    centroid: Floats
    """(d,) unit vector."""
    cohesion: float
    """Length of the mean of the members' vectors, in [0, 1]: times the cosine to the centroid, it gives a vector's
    average cosine to the members."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Group):
            return NotImplemented
        names = (name for name in self.__struct_fields__ if name != "centroid")
        return all(getattr(self, name) == getattr(other, name) for name in names) and np.array_equal(
            self.centroid, other.centroid
        )

    def __hash__(self) -> int:
        return hash((self.agent_id, self.fingerprint))
