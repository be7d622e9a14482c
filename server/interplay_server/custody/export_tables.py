"""Tables of a person's export: what their rows are and whether an import takes them."""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from interplay_server.custody.export_shapes import shape
from interplay_server.dialogue.stored import DialogueRecord
from interplay_server.domain.commerce import Customer, FeatureEvent, IdentityLink, Order
from interplay_server.domain.dialogue import Turn
from interplay_server.domain.evaluation import Exposure, Outcome, PairVerdict, SessionEvaluation
from interplay_server.domain.interaction import Interaction, StoredAnnotation
from interplay_server.domain.learnt import Cursor, Learner, Profile, RowChange, UserPlaybook, WindowReceipt
from interplay_server.domain.monitoring import EventType, Status
from interplay_server.monitoring.actions import Action
from interplay_server.monitoring.detection.alerts import Alert
from interplay_server.monitoring.usage_profile import UsageProfile

FORMAT: Final = 1
"""Version of the format; another one is not taken in."""
MANIFEST: Final = "manifest.json"
JSON_LINES, PARQUET = "jsonl", "parquet"
SUFFIXES: Final[Mapping[str, str]] = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
}


class Table(msgspec.Struct, frozen=True):
    """`row` is the struct of a line; `taken` says that an import takes the rows in."""

    name: str
    about: str
    row: Any
    taken: bool = True


class AgentPlaybookReference(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    playbook_id: str
    agent_id: str
    approval: str
    create_time: int
    update_time: int
    member_ids: tuple[str, ...]
    """The person's own playbooks among its members."""


class PairFeatures(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    customer_id: str
    product_id: str
    as_of: int
    values: dict[str, Any]


class MonitoredEvent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As it is kept: without secrets, under pseudonyms. `readable` is false where its key was destroyed."""

    event_id: str
    user_id: str
    timestamp: int
    interaction_type: EventType
    command: str
    status: Status
    duration_ms: float
    session_id: str
    agent_version: str
    playbook_id: str
    client: str
    error_message: str | None
    metadata: dict[str, Any] | None
    readable: bool


class MonitoringConsent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    user_id: str
    opted_in: bool
    time: int


class LinkedIds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    guest_id: str
    account_id: str
    link_time: int
    link_seq: int
    """Its place in the journal."""


class ExportedFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    path: str
    sha256: str
    bytes: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`user_ids` has the account's first; `sequence` is the place in the journal up to which the export holds all."""

    format_version: int
    format: Literal["jsonl", "parquet"]
    server_version: str
    export_time: int
    user_ids: tuple[str, ...]
    sequence: int
    counts: dict[str, int]
    missing_images: tuple[str, ...] = ()
    files: tuple[ExportedFile, ...] = ()


_ACTIVE = ("active", bool, True)
_KIND = ("kind", Literal["profiles", "playbooks"], "profiles")
_USER = ("user_id", str, "")
_TABLES = (
    Table("interactions", "Interactions, in the order in which they happened.", shape(Interaction)),
    Table(
        "annotations",
        "Judgements on interactions; `queued` ones are not learnt from yet.",
        shape(StoredAnnotation, ("queued", bool, False)),
    ),
    Table(
        "profiles",
        "Facts; those that are not `active` are of a generation that reads do not see.",
        shape(Profile, _ACTIVE),
    ),
    Table("user_playbooks", "Lessons of this person; `active` as for profiles.", shape(UserPlaybook, _ACTIVE)),
    Table("learning_changes", "History of facts and lessons, the latest first.", shape(RowChange)),
    Table("learning_windows", "Windows of interactions that were learnt from.", shape(WindowReceipt, _ACTIVE)),
    Table(
        "learning_cursors",
        "How far each extractor has read.",
        shape(Cursor, _KIND),
    ),
    Table("learners", "How far learning has come.", shape(Learner)),
    Table(
        "agent_playbooks",
        "Lessons of agents that rest on lessons of this person; their texts are of several people.",
        AgentPlaybookReference,
        taken=False,
    ),
    Table("session_outcomes", "What was reported of sessions.", shape(Outcome)),
    Table("session_evaluations", "Judged sessions.", shape(SessionEvaluation)),
    Table("pair_verdicts", "Judged pairs of answers.", shape(PairVerdict)),
    Table("experiment_exposures", "Arms of experiments.", shape(Exposure)),
    Table(
        "shop_events",
        "Events of shops; those `from_interaction` stand for an interaction of the same id.",
        shape(FeatureEvent, ("from_interaction", bool, False)),
    ),
    Table("customers", "Customers of shops.", shape(Customer)),
    Table("orders", "Orders.", shape(Order)),
    Table("identity_links", "Clients that were found to be a customer.", shape(IdentityLink)),
    Table("features", "Computed features of customer and product.", PairFeatures, taken=False),
    Table("monitor_events", "Monitored calls.", MonitoredEvent),
    Table("monitor_alerts", "Alerts about this person.", shape(Alert), taken=False),
    Table("monitor_consents", "What was said about being monitored.", MonitoringConsent),
    Table("usage_profiles", "How the product was used in the last 90 days.", shape(UsageProfile, _USER), taken=False),
    Table("privacy_actions", "What was done with monitored data of this person.", shape(Action), taken=False),
    Table("dialogues", "Dialogues in which this person is the persona, without their turns.", shape(DialogueRecord)),
    Table("dialogue_turns", "Turns of these dialogues.", shape(Turn, ("dialogue_id", str, ""))),
    Table("user_links", "Ids of guests that are this person.", LinkedIds),
)
TABLES: Final[Mapping[str, Table]] = {one.name: one for one in _TABLES}
