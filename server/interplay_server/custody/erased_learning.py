"""What was learnt of somebody goes, with its history; what was learnt from them and others loses them as a witness."""

from collections.abc import Sequence

import msgspec

from interplay_server.domain import generations as gens
from interplay_server.domain import journal
from interplay_server.domain.learnt import (
    AGENT_PLAYBOOK,
    PROFILE,
    RECOMPUTED,
    USER_PLAYBOOK,
    AgentPlaybook,
    ChangeFilter,
    LearntFilter,
    Row,
    RowChange,
    UserPlaybook,
)
from interplay_server.domain.query import InteractionFilter
from interplay_server.learning.learner import TenantLearner
from interplay_server.learning.step import Step
from interplay_server.learning.tenant import LearningTenant, now_micros

PAGE = 500
_CAUSE = "erasure"


class Witness(msgspec.Struct):
    """What tells that a row of an agent rests on a person."""

    playbooks: frozenset[str]
    """Their user playbooks, former ones too."""
    interactions: frozenset[str]
    words: frozenset[tuple[str, str, str]]
    """Trigger, instruction and pitfall of their playbooks."""

    def rests(self, row: Row | None) -> bool:
        """Whether a row, as it is or was, holds anything of theirs."""
        if not isinstance(row, AgentPlaybook):
            return False
        return (
            not self.playbooks.isdisjoint(row.member_ids)
            or not self.interactions.isdisjoint(row.interaction_ids)
            or any(not self.playbooks.isdisjoint(one.playbook_ids) for one in row.dissent)
            or (bool(row.member_ids) and self.words_of(row))
        )

    def words_of(self, row: AgentPlaybook) -> bool:
        """Whether the row speaks in their words."""
        return (row.trigger, row.instruction, row.pitfall) in self.words

    def alone(self, row: AgentPlaybook) -> bool:
        """Whether nobody else stands behind the row."""
        left = set(row.member_ids) - self.playbooks
        others = set(row.interaction_ids) - self.interactions
        return not left and not others

    def stripped(self, row: AgentPlaybook) -> AgentPlaybook:
        return msgspec.structs.replace(
            row,
            member_ids=tuple(one for one in row.member_ids if one not in self.playbooks),
            evidence=tuple(one for one in row.evidence if one.interaction_id not in self.interactions),
            dissent=tuple(one for one in row.dissent if self.playbooks.isdisjoint(one.playbook_ids)),
        )


async def learnt_rows(tenant: LearningTenant, user_ids: Sequence[str]) -> list[Row]:
    """Profiles and user playbooks of these ids, of all generations."""
    found: list[Row] = []
    for kind in (PROFILE, USER_PLAYBOOK):
        for user_id in user_ids:
            before, where = "", LearntFilter(user_id=user_id)
            while page := await tenant.store.learnt.rows(kind, where, limit=PAGE, before=before):
                found += page
                before = page[-1].row_id
    return list({row.row_id: row for row in found if row.user_id in user_ids}.values())


async def erase_learnt(learner: TenantLearner, user_ids: Sequence[str]) -> dict[str, int]:
    """One entry of the journal. Rows of agents that went or lost a witness, by table."""
    tenant, ids = learner.tenant, frozenset(user_ids)
    learner.forget(ids)
    await _forget_generations(tenant, ids)
    async with tenant.lock(""):
        mine = await learnt_rows(tenant, user_ids)
        witness = await _witness(tenant, mine, ids)
        step = Step(now_micros())
        for row in mine:
            # Watchers are told which row went; whose it was is nobody's business any more.
            step.remove(msgspec.structs.replace(row, user_id=""), _CAUSE)
        agents = await _agent_rows(tenant)
        touched = [row for row in agents.values() if witness.rests(row)]
        removed = 0
        for row in touched:
            if witness.alone(row) or (witness.words_of(row) and not await _said_by_others(tenant, witness, row)):
                step.remove(row, _CAUSE)
                removed += 1
            else:
                step.put(row, witness.stripped(row), RECOMPUTED, _CAUSE)
                step.forget(row)
        former = await _former(tenant, witness)
        entry = step.entry()
        forgotten = (*entry.forgotten, *((AGENT_PLAYBOOK, one) for one in former))
        await tenant.commit(msgspec.structs.replace(entry, forgotten=forgotten))
    learner.aggregator.forget(witness.playbooks)
    for agent_id in sorted({row.agent_id for row in touched}):
        await learner.aggregator.run(agent_id)
    return {"agent_playbooks": removed, "agent_playbooks_recomputed": len(touched) - removed}


async def _witness(tenant: LearningTenant, mine: Sequence[Row], ids: frozenset[str]) -> Witness:
    playbooks = {row.row_id for row in mine if row.kind == USER_PLAYBOOK}
    words = set(filter(None, map(_words, mine)))
    for user_id in ids:
        for change in await changes_of(tenant, ChangeFilter(kinds=(USER_PLAYBOOK,), user_id=user_id)):
            playbooks.add(change.row_id)
            words |= set(filter(None, map(_words, (change.before, change.after))))
    interactions = await tenant.store.matching_ids(InteractionFilter(user_ids=ids))
    return Witness(frozenset(playbooks), frozenset(interactions), frozenset(words))


def _words(row: Row | None) -> tuple[str, str, str] | None:
    return (row.trigger, row.instruction, row.pitfall) if isinstance(row, UserPlaybook) else None


async def _agent_rows(tenant: LearningTenant) -> dict[str, AgentPlaybook]:
    found: dict[str, AgentPlaybook] = {}
    before = ""
    while page := await tenant.store.learnt.rows(AGENT_PLAYBOOK, LearntFilter(), limit=PAGE, before=before):
        found |= {row.row_id: row for row in page if isinstance(row, AgentPlaybook)}
        before = page[-1].row_id
    return found


async def _said_by_others(tenant: LearningTenant, witness: Witness, row: AgentPlaybook) -> bool:
    """Whether another member says the same in the same words."""
    others = [one for one in row.member_ids if one not in witness.playbooks]
    found = await tenant.store.learnt.get_many(USER_PLAYBOOK, others)
    return (row.trigger, row.instruction, row.pitfall) in set(map(_words, found))


async def _former(tenant: LearningTenant, witness: Witness) -> list[str]:
    """Rows of agents that once rested on them, as their history tells; those that are removed forget theirs anyway."""
    told = await changes_of(tenant, ChangeFilter(kinds=(AGENT_PLAYBOOK,)))
    found = dict.fromkeys(one.row_id for one in told if witness.rests(one.before) or witness.rests(one.after))
    return list(found)


async def changes_of(tenant: LearningTenant, where: ChangeFilter) -> list[RowChange]:
    found: list[RowChange] = []
    before: tuple[int, str] | None = None
    while page := await tenant.store.learnt.changes(where, limit=PAGE, before=before):
        found += page
        before = (page[-1].seq, page[-1].change_id)
    return found


async def _forget_generations(tenant: LearningTenant, ids: frozenset[str]) -> None:
    """Generations that were made for some users do not name them any more."""
    async with tenant.pointing:
        text = gens.save(tenant.generations)
        made = tenant.generations
        for name in ("profiles", "playbooks"):
            of_kind: gens.Generations = getattr(made, name)
            pending = None if of_kind.pending is None else _without(of_kind.pending, ids)
            of_kind = msgspec.structs.replace(
                of_kind, promoted=tuple(_without(one, ids) for one in of_kind.promoted), pending=pending
            )
            made = msgspec.structs.replace(made, **{name: of_kind})
        if gens.save(made) != text:
            await tenant.commit(journal.Learnt(meta={gens.META_KEY: gens.save(made)}))


def _without(one: gens.Generation, ids: frozenset[str]) -> gens.Generation:
    if one.users is None or ids.isdisjoint(one.users):
        return one
    return msgspec.structs.replace(one, users=tuple(user for user in one.users if user not in ids))
