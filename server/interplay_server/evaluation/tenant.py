"""What evaluation knows of one open tenant: configuration, judges, and what was stored."""

from collections.abc import Mapping, Sequence

from interplay_server.domain import evaluation_config
from interplay_server.domain.evaluation import (
    AUDITS,
    EVALUATIONS,
    OUTCOME_ROWS,
    Outcome,
    SessionEvaluation,
    StoredAudit,
    records,
    session_key,
)
from interplay_server.domain.evaluation_config import META_KEY, EvaluationConfig
from interplay_server.domain.ports import TenantStore
from interplay_server.domain.records import Condition, Op, among, equal
from interplay_server.errors import ProviderNotConfigured
from interplay_server.evaluation.judges import Judge


class EvaluationTenant:
    """`judges` are those that the server is configured with, by provider."""

    def __init__(self, store: TenantStore, judges: Mapping[str, Judge]) -> None:
        self.store, self._judges = store, judges

    async def config(self) -> EvaluationConfig:
        return evaluation_config.load(await self.store.records.meta(META_KEY))

    def judge(self, name: str) -> Judge:
        """Raises ProviderNotConfigured."""
        if name not in self._judges:
            raise ProviderNotConfigured(name)
        return self._judges[name]

    async def outcome(self, user_id: str, session_id: str) -> Outcome | None:
        found = await self.store.records.table(OUTCOME_ROWS, equal(key=session_key(user_id, session_id)))
        return next(iter(records(found, Outcome)), None)

    async def outcomes(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Outcome]:
        """By (user, session)."""
        where = [among("key", [session_key(*one) for one in keys])]
        found = records(await self.store.records.table(OUTCOME_ROWS, where), Outcome)
        return {(one.user_id, one.session_id): one for one in found}

    async def evaluation(self, user_id: str, session_id: str) -> SessionEvaluation | None:
        found = await self.store.records.table(EVALUATIONS, equal(key=session_key(user_id, session_id)))
        return next(iter(records(found, SessionEvaluation)), None)

    async def evaluations(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], SessionEvaluation]:
        """By (user, session)."""
        where = [among("key", [session_key(*one) for one in keys])]
        found = records(await self.store.records.table(EVALUATIONS, where), SessionEvaluation)
        return {(one.user_id, one.session_id): one for one in found}

    async def evaluations_of(self, user_ids: Sequence[str], ended_after: int) -> list[SessionEvaluation]:
        """Of users' sessions whose last interaction is at or after an instant."""
        where = [among("user_id", user_ids), Condition("last_time", Op.GE, ended_after)]
        return records(await self.store.records.table(EVALUATIONS, where), SessionEvaluation)

    async def audit(self, judge_digest: str) -> StoredAudit | None:
        found = await self.store.records.table(AUDITS, equal(key=judge_digest))
        return next(iter(records(found, StoredAudit)), None)
