"""Where a learnt row stands at an instant, derived from its validity, the generation pointers and its time to live."""

from interplay_server.domain.generations import AllGenerations
from interplay_server.domain.learning_config import PLAYBOOKS, PROFILES
from interplay_server.domain.learnt import AGENT_PLAYBOOK, PINNED, PROFILE, Profile, Row

CURRENT, PENDING, SUPERSEDED, ARCHIVED, EXPIRED = "current", "pending", "superseded", "archived", "expired"
GENERATION_KIND = {PROFILE: PROFILES, "user_playbook": PLAYBOOKS}


def lifecycle(row: Row, generations: AllGenerations, as_of: int) -> str | None:
    """None for a row that was not known at `as_of` yet."""
    if row.valid_from > as_of:
        return None
    if row.kind != AGENT_PLAYBOOK and row.origin.generation != PINNED:
        of_kind = generations.of(GENERATION_KIND[row.kind])
        if of_kind.pending is not None and row.origin.generation == of_kind.pending.number:
            return PENDING
        if row.origin.generation != of_kind.active_for(row.user_id):
            return ARCHIVED
    if row.end_time is not None and row.end_time <= as_of:
        return SUPERSEDED
    if isinstance(row, Profile):
        expires = row.expire_time(as_of)
        if expires is not None and expires <= as_of:
            return EXPIRED
    return CURRENT
