"""Interactions as they are published, journaled and stored.

Times are microseconds since 1970, UTC. The garbage collector does not look at what there are thousands of
(gc=False): no cycle can lead through it.
"""

from typing import Any

import msgspec

from interplay_server.domain.images import ImageRef
from interplay_server.domain.roles import strip_speaker_prefix

NO_ACTION = "NONE"
ACTIONS = (NO_ACTION, "CLICK", "SCROLL", "TYPE", "VIEW", "SUBMIT")
PRODUCTION, SHADOW, BOTH = "production", "shadow", "both"
DEFAULT_AGENT = "default"
MAX_TEXT = 1_000_000
MAX_BATCH = 1_000
MAX_METADATA_BYTES = 64 * 1024
DAY_US = 86_400_000_000


class ToolUse(msgspec.Struct, frozen=True):
    tool_name: str
    tool_data: dict[str, Any] | None = None
    status: str = ""


class Citation(msgspec.Struct, frozen=True):
    kind: str
    real_id: str
    tag: str = ""
    title: str = ""


class RetrievedLearning(msgspec.Struct, frozen=True):
    kind: str
    learning_id: str
    exposure_receipt: str = ""


class ProductRef(msgspec.Struct, frozen=True):
    product_id: str
    event_type: str = ""


class Details(msgspec.Struct, frozen=True, omit_defaults=True):
    """What few interactions carry; one JSON column in the table."""

    tools_used: tuple[ToolUse, ...] = ()
    citations: tuple[Citation, ...] = ()
    retrieved_learnings: tuple[RetrievedLearning, ...] = ()
    product_ref: ProductRef | None = None
    metadata: dict[str, Any] | None = None


class InteractionData(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One turn, click, image or tool use as its publisher gave it, defaults filled in."""

    role: str
    role_class: str
    content: str = ""
    speaker: str = ""
    external_id: str = ""
    shadow_content: str = ""
    expert_content: str = ""
    user_action: str = NO_ACTION
    user_action_description: str = ""
    image_url: str = ""
    image: ImageRef | None = None
    occur_time: int | None = None
    details: Details | None = None

    @property
    def search_text(self) -> str:
        """What is indexed: content without a speaker's prefix, action description and tool names.

        Never shadow or expert text, never a URL.
        """
        said = (
            strip_speaker_prefix(self.content, (self.role, self.speaker)) if ":" in self.content[:80] else self.content
        )
        if not self.user_action_description and self.details is None:
            return said
        tools = [tool.tool_name for tool in self.details.tools_used] if self.details else []
        return "\n".join(part for part in (said, self.user_action_description, " ".join(tools)) if part)


class Sealing(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How texts lie on the disk: `mode` is of `content_policy`, the key is one of the person."""

    mode: str
    key_id: bytes


class BatchHeader(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the interactions of one publish request share."""

    user_id: str
    session_id: str
    request_id: str
    source: str = ""
    agent_id: str = DEFAULT_AGENT
    agent_version: str = ""
    evaluation_only: bool = False
    learn_from: str = ""
    """PRODUCTION, SHADOW or BOTH; empty for what the tenant's configuration says."""
    session_finished: bool = False
    metadata: dict[str, Any] | None = None
    sealing: Sealing | None = None


class Interaction(msgspec.Struct, frozen=True, gc=False):
    """A stored interaction. `seq` is its place in the tenant's journal."""

    seq: int
    interaction_id: str
    publish_time: int
    header: BatchHeader
    data: InteractionData

    @property
    def event_time(self) -> int:
        return self.publish_time if self.data.occur_time is None else self.data.occur_time


class Annotation(msgspec.Struct, frozen=True, array_like=True):
    """A judgement given afterwards; `thumb` is "", "up" or "down", `rating` 1 to 5."""

    annotator: str = ""
    expert_content: str = ""
    thumb: str = ""
    rating: float | None = None
    comment: str = ""
    corrected_content: str = ""


class StoredAnnotation(msgspec.Struct, frozen=True):
    seq: int
    annotation_id: str
    interaction_id: str
    create_time: int
    annotation: Annotation
    sealing: Sealing | None = None


class Session(msgspec.Struct, frozen=True):
    user_id: str
    session_id: str
    first_time: int
    last_time: int
    interaction_count: int
    request_count: int
    sources: tuple[str, ...]
    agent_versions: tuple[str, ...]
    finished: bool


class SessionRequest(msgspec.Struct, frozen=True):
    request_id: str
    publish_time: int
    source: str
    agent_version: str
    interaction_count: int
    evaluation_only: bool
