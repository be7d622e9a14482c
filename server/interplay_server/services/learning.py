"""LearningService: configuration, work now and again, generations, state and provenance."""

from collections.abc import Sequence

import msgspec
from interplay.v1 import interaction_service_pb2
from interplay.v1 import learning_service_pb2 as pb

from interplay_server.domain.generations import Generation
from interplay_server.domain.ids import new_ulid
from interplay_server.domain.interaction import Interaction
from interplay_server.domain.learning_config import PLAYBOOKS, PROFILES, LearningConfig
from interplay_server.domain.learnt import (
    AGENT_PLAYBOOK,
    PROFILE,
    USER_PLAYBOOK,
    AgentPlaybook,
    Evidence,
    WindowReceipt,
)
from interplay_server.domain.model import ModelFailure
from interplay_server.domain.ports import TenantStore
from interplay_server.domain.query import InteractionFilter
from interplay_server.errors import (
    ConcurrentChange,
    InvalidRequest,
    ProviderUnavailable,
    RequestNotFound,
    Violation,
)
from interplay_server.interceptors.call import Call
from interplay_server.learning import rerun as generations
from interplay_server.learning import rows
from interplay_server.learning.learner import MOST_COUNTED, Stall
from interplay_server.learning.learning import Learning
from interplay_server.learning.passes import Outcome
from interplay_server.learning.tenant import LearningTenant, now_micros
from interplay_server.services.convert.filters import times_from_pb
from interplay_server.services.convert.learning import config_from_pb, config_to_pb, receipt_to_pb
from interplay_server.services.convert.learnt import evidence_to_pb, origin_to_pb
from interplay_server.services.convert.times import from_micros
from interplay_server.services.learning_work import PLAN, RERUN
from interplay_server.services.operations import OperationRunner, to_pb

_KINDS: tuple[tuple[str, ...], ...] = ((PROFILES, PLAYBOOKS), (PROFILES,), (PLAYBOOKS,))
_MAX_EVIDENCE = 1000
DONE, PENDING, SKIPPED, STALLED, DISABLED = (
    interaction_service_pb2.LEARNING_STATE_DONE,
    interaction_service_pb2.LEARNING_STATE_PENDING,
    interaction_service_pb2.LEARNING_STATE_SKIPPED,
    interaction_service_pb2.LEARNING_STATE_STALLED,
    interaction_service_pb2.LEARNING_STATE_DISABLED,
)


class LearningService:
    def __init__(self, learning: Learning, runner: OperationRunner) -> None:
        self._learning, self._runner = learning, runner

    # --- configuration

    async def get_learning_config(self, call: Call) -> pb.GetLearningConfigResponse:
        tenant = await self._learning.tenant(call.store)
        return pb.GetLearningConfigResponse(config=config_to_pb(tenant.config, self._idle(tenant)))

    async def update_learning_config(self, call: Call) -> pb.UpdateLearningConfigResponse:
        request: pb.UpdateLearningConfigRequest = call.request  # type: ignore[assignment]
        config = config_from_pb(request.config)
        tenant = await self._learning.tenant(call.store)
        tenant.engine(config)
        if request.validate_only:
            return pb.UpdateLearningConfigResponse(config=config_to_pb(config, self._idle(tenant)))
        learner = await self._learning.of(await call.writable())
        tenant = learner.tenant
        async with tenant.lock(""):
            if request.config.etag and request.config.etag != tenant.config.etag:
                raise ConcurrentChange("learning_config")
            made = msgspec.structs.replace(config, revision=tenant.config.revision + 1, update_time=now_micros())
            await learner.configure(made)
        return pb.UpdateLearningConfigResponse(config=config_to_pb(tenant.config, self._idle(tenant)))

    @staticmethod
    def _idle(tenant: LearningTenant) -> int:
        return int(tenant.idle_seconds)

    # --- work

    async def generate_profiles(self, call: Call) -> pb.GenerateProfilesResponse:
        request: pb.GenerateProfilesRequest = call.request  # type: ignore[assignment]
        done = await self._generate(call, PROFILES, request.user_id, request.extractor)
        return pb.GenerateProfilesResponse(
            window_count=done.windows,
            created_count=done.created,
            confirmed_count=done.confirmed,
            superseded_count=done.superseded,
            profile_ids=dict.fromkeys(done.row_ids),
        )

    async def generate_playbooks(self, call: Call) -> pb.GeneratePlaybooksResponse:
        request: pb.GeneratePlaybooksRequest = call.request  # type: ignore[assignment]
        done = await self._generate(call, PLAYBOOKS, request.user_id, request.extractor)
        return pb.GeneratePlaybooksResponse(
            window_count=done.windows,
            created_count=done.created,
            confirmed_count=done.confirmed,
            superseded_count=done.superseded,
            playbook_ids=dict.fromkeys(done.row_ids),
        )

    async def _generate(self, call: Call, kind: str, user_id: str, extractor: str) -> Outcome:
        tenant = await self._learning.tenant(call.store)
        named = _named(tenant.config, (kind,), extractor)
        if not call.store.exists:
            return Outcome()
        learner = await self._learning.of(call.store)
        chosen = [one for one in tenant.config.extractors(kind) if one.name in named and not one.disabled]
        try:
            return await learner.generate(user_id, kind, chosen)
        except ModelFailure as failure:
            raise ProviderUnavailable(tenant.engine().provider, failure.kind) from failure

    async def rerun_learning(self, call: Call) -> pb.RerunLearningResponse:
        request: pb.RerunLearningRequest = call.request  # type: ignore[assignment]
        start, end = times_from_pb(request)
        kinds = _KINDS[request.kind]
        tenant = await self._learning.tenant(call.store)
        _named(tenant.config, kinds, request.extractor)
        tenant.engine()
        store = await call.writable()
        tenant = (await self._learning.of(store)).tenant
        plan = generations.RerunPlan(
            kinds,
            tuple(sorted({one for user in request.user_ids for one in store.linked(user)})) or None,
            request.source,
            start,
            end,
            request.extractor,
            store.last_seq,
        )
        if request.request_id:
            same = msgspec.json.encode(msgspec.structs.replace(plan, up_to_seq=0)).decode()
            known = await self._runner.requested(store, RERUN, request.request_id, {"request": same})
            if known is not None:
                return pb.RerunLearningResponse(operation=to_pb(known))
        operation_id = new_ulid()
        generations.reserve(tenant, plan, operation_id)
        arguments = {
            PLAN: msgspec.json.encode(plan).decode(),
            "request": msgspec.json.encode(msgspec.structs.replace(plan, up_to_seq=0)).decode(),
        }
        try:
            operation = await self._runner.start(
                store, RERUN, arguments, request_id=request.request_id, operation_id=operation_id
            )
        except BaseException:
            generations.release(tenant, operation_id)
            raise
        return pb.RerunLearningResponse(operation=to_pb(operation))

    async def promote_generation(self, call: Call) -> pb.PromoteGenerationResponse:
        request: pb.PromoteGenerationRequest = call.request  # type: ignore[assignment]
        tenant = await self._learning.tenant(call.store)
        flipped = await generations.promote(tenant, _KINDS[request.kind])
        (await self._learning.of(call.store)).moved(flipped)
        return pb.PromoteGenerationResponse(pointers=[pointers_to_pb(tenant, kind) for kind in flipped])

    async def rollback_generation(self, call: Call) -> pb.RollbackGenerationResponse:
        request: pb.RollbackGenerationRequest = call.request  # type: ignore[assignment]
        tenant = await self._learning.tenant(call.store)
        flipped = await generations.roll_back(tenant, _KINDS[request.kind])
        (await self._learning.of(call.store)).moved(flipped)
        return pb.RollbackGenerationResponse(pointers=[pointers_to_pb(tenant, kind) for kind in flipped])

    # --- state and provenance

    async def get_learning_status(self, call: Call) -> pb.GetLearningStatusResponse:
        request: pb.GetLearningStatusRequest = call.request  # type: ignore[assignment]
        store = call.store
        tenant = await self._learning.tenant(store)
        response = pb.GetLearningStatusResponse(
            pointers=[pointers_to_pb(tenant, kind) for kind in (PROFILES, PLAYBOOKS)],
            provider=tenant.config.provider or self._learning.default,
        )
        user_id, seq, skipped = request.user_id, None, False
        if request.WhichOneof("about") == "request_id":
            rows, seq = await _published(store, request.request_id)
            user_id, skipped = rows[0].header.user_id, rows[0].header.evaluation_only
            ids = {row.interaction_id for row in rows}
            receipts = await store.learnt.receipts_of(user_id, min(row.seq for row in rows), seq)
            response.window_ids.extend(one.window_id for one in receipts if not ids.isdisjoint(one.interaction_ids))
        stall = None
        pending_users: Sequence[str] = ()
        if store.exists and not self._learning.learns(store):
            left = await store.learnt.learners(unfinished=True, user_id=user_id)
            pending_users = [one.user_id for one in left]
            response.pending_users = len(left)
            for one in left:
                unread = await store.published_after(((one.user_id, 0),), one.done_seq, limit=MOST_COUNTED)
                response.pending_interactions += len(unread)
        elif store.exists:
            learner = await self._learning.of(store)
            stall = learner.stall(user_id) or (None if user_id else next(iter(learner.stalls()), None))
            person = store.links.account(user_id)
            pending_users = [one for one in learner.pending_users() if not user_id or one == person]
            response.pending_users = len(pending_users)
            response.pending_interactions = await learner.pending_interactions(pending_users)
        waits = bool(pending_users) if seq is None else await _waits(store, user_id, seq)
        if skipped:
            response.state = SKIPPED
        elif not waits:
            response.state = DONE
        elif tenant.config.disabled:
            response.state = DISABLED
        else:
            response.state = STALLED if stall is not None else PENDING
        if stall is not None:
            response.stall.CopyFrom(stall_to_pb(stall))
        return response

    async def get_learning_provenance(self, call: Call) -> pb.GetLearningProvenanceResponse:
        request: pb.GetLearningProvenanceRequest = call.request  # type: ignore[assignment]
        name = request.WhichOneof("row") or "profile_id"
        kind = {"profile_id": PROFILE, "user_playbook_id": USER_PLAYBOOK}.get(name, AGENT_PLAYBOOK)
        tenant = await self._learning.tenant(call.store)
        row = await rows.find(tenant, kind, getattr(request, name))
        windows, evidence = list(row.windows), list[Evidence](row.evidence)
        response = pb.GetLearningProvenanceResponse(origin=origin_to_pb(row.origin))
        if isinstance(row, AgentPlaybook):
            members = await call.store.learnt.get_many(USER_PLAYBOOK, row.member_ids)
            response.member_ids.extend(one.row_id for one in members)
            windows = [one for member in members for one in member.windows]
            evidence = [one for member in members for one in member.evidence]
        receipts = await call.store.learnt.receipts(list(dict.fromkeys(windows)))
        there = set(await call.store.existing_ids(_cited(receipts)))
        response.windows.extend(receipt_to_pb(one, there) for one in receipts)
        response.evidence.extend(evidence_to_pb(evidence[:_MAX_EVIDENCE]))
        return response


def _named(config: LearningConfig, kinds: Sequence[str], extractor: str) -> set[str]:
    """Names of the extractors meant. Raises InvalidRequest for one that the configuration does not have."""
    names = {one.name for kind in kinds for one in config.extractors(kind)}
    if extractor and extractor not in names:
        raise InvalidRequest(
            [Violation("extractor", f"is not in the configuration, which has {', '.join(sorted(names))}")]
        )
    return {extractor} if extractor else names


async def _published(store: TenantStore, request_id: str) -> tuple[list[Interaction], int]:
    """What is left of a request, and its last sequence number. Raises RequestNotFound."""
    span = await store.learnt.request_range(request_id)
    where = InteractionFilter(request_id=request_id)
    found = await store.interactions(where, limit=1000)
    if not found:
        raise RequestNotFound(request_id)
    last = max(row.seq for row in found)
    return found, max(last, span[1] if span else 0)


async def _waits(store: TenantStore, user_id: str, seq: int) -> bool:
    progress = await store.learnt.learners(unfinished=False, user_id=user_id)
    return bool(progress) and progress[0].done_seq < seq


def _cited(receipts: Sequence[WindowReceipt]) -> list[str]:
    return list(dict.fromkeys(one for receipt in receipts for one in receipt.interaction_ids))


def stall_to_pb(stall: Stall) -> pb.LearningStall:
    return pb.LearningStall(
        reason=stall.reason,
        message=stall.message,
        user_id=stall.user_id,
        since=from_micros(stall.since),
        next_attempt=from_micros(stall.next_attempt),
        attempts=stall.attempts,
    )


def pointers_to_pb(tenant: LearningTenant, kind: str) -> pb.GenerationPointers:
    of_kind = tenant.generations.of(kind)
    number = pb.GENERATION_KIND_PROFILES if kind == PROFILES else pb.GENERATION_KIND_PLAYBOOKS

    def shown(one: Generation | None) -> pb.Generation | None:
        return (
            None
            if one is None
            else pb.Generation(
                generation=one.number,
                kind=number,
                create_time=None if one.create_time is None else from_micros(one.create_time),
                complete=one.complete,
                user_count=len(one.users or ()),
                operation_id=one.operation_id,
            )
        )

    return pb.GenerationPointers(
        kind=number, active=shown(of_kind.active), previous=shown(of_kind.previous), pending=shown(of_kind.pending)
    )
