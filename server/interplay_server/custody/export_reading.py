"""Everything that is held on a person, table by table."""

from collections.abc import AsyncIterator, Callable

from interplay_server.custody import export_learnt, export_records
from interplay_server.custody.export_person import Page, Person
from interplay_server.domain.commerce import Customer, IdentityLink
from interplay_server.domain.evaluation import (
    EVALUATIONS,
    EXPOSURES,
    OUTCOME_ROWS,
    VERDICTS,
    Exposure,
    Outcome,
    PairVerdict,
    SessionEvaluation,
)
from interplay_server.domain.learnt import PROFILE, USER_PLAYBOOK
from interplay_server.domain.shop import CUSTOMERS, LINKS, ORDERS, order_of

READ: dict[str, Callable[[Person], AsyncIterator[Page]]] = {
    "interactions": export_learnt.interactions,
    "annotations": export_learnt.annotations,
    "profiles": export_learnt.learnt(PROFILE),
    "user_playbooks": export_learnt.learnt(USER_PLAYBOOK),
    "learning_changes": export_learnt.changes,
    "learning_windows": export_learnt.windows,
    "learning_cursors": export_learnt.cursors,
    "learners": export_learnt.learners,
    "agent_playbooks": export_learnt.agent_playbooks,
    "session_outcomes": export_records.recorded(
        OUTCOME_ROWS, "user_id", "session_outcomes", export_records.decoded(Outcome)
    ),
    "session_evaluations": export_records.recorded(
        EVALUATIONS, "user_id", "session_evaluations", export_records.decoded(SessionEvaluation)
    ),
    "pair_verdicts": export_records.recorded(VERDICTS, "user_id", "pair_verdicts", export_records.decoded(PairVerdict)),
    "experiment_exposures": export_records.recorded(
        EXPOSURES, "user_id", "experiment_exposures", export_records.named(Exposure)
    ),
    "shop_events": export_records.shop_events,
    "customers": export_records.recorded(CUSTOMERS, "customer_id", "customers", export_records.named(Customer)),
    "orders": export_records.recorded(ORDERS, "customer_id", "orders", order_of),
    "identity_links": export_records.recorded(
        LINKS, "customer_id", "identity_links", export_records.named(IdentityLink)
    ),
    "features": export_records.features,
    "monitor_events": export_records.monitor_events,
    "monitor_alerts": export_records.alerts,
    "monitor_consents": export_records.consents,
    "usage_profiles": export_records.usage_profiles,
    "privacy_actions": export_records.privacy_actions,
    "dialogues": export_records.dialogues,
    "dialogue_turns": export_records.turns,
    "user_links": export_records.links,
}
"""Pages of each table, in the order of the export: one that reads what another has found comes after it."""
