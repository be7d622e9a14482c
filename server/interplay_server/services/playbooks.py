"""PlaybookService: lessons from one user's sessions and lessons aggregated over users."""

from typing import Any

from google.protobuf.message import Message
from interplay.v1 import playbook_pb2
from interplay.v1 import playbook_service_pb2 as pb

from interplay_server.domain.learnt import (
    AGENT_PLAYBOOK,
    APPROVED,
    PENDING,
    USER_PLAYBOOK,
    AgentPlaybook,
    ChangeFilter,
    LearntFilter,
    Row,
    UserPlaybook,
)
from interplay_server.errors import InvalidRequest, PlaybookNotFound, Violation
from interplay_server.interceptors.call import Call
from interplay_server.learning import rows
from interplay_server.learning.learning import Learning
from interplay_server.learning.recall import Recall, Wanted, listed, recall
from interplay_server.learning.tenant import LearningTenant, now_micros
from interplay_server.services.batches import digest
from interplay_server.services.convert.filters import instant_from_pb, page_size, query_key, times_from_pb
from interplay_server.services.convert.learnt import (
    AGENT_PLAYBOOK_FIELDS,
    USER_PLAYBOOK_FIELDS,
    Shown,
    approval_names,
    arm_name,
    change_names,
    fitting,
    lifecycle_names,
    mask_paths,
    written,
)
from interplay_server.services.learning_work import AGGREGATE
from interplay_server.services.learnt_hits import hit_fields
from interplay_server.services.operations import OperationRunner, to_pb
from interplay_server.services.search import DEFAULT_TOP_K, MODES
from interplay_server.streaming.learnt_watch import LearntWatches

_FIELDS = {USER_PLAYBOOK: USER_PLAYBOOK_FIELDS, AGENT_PLAYBOOK: AGENT_PLAYBOOK_FIELDS}
_DECISIONS = ("", "approve", "reject", "edit", "reopen")
_EDITABLE = ("trigger", "instruction", "pitfall", "rationale", "blocking_issue")


class PlaybookService:
    def __init__(self, learning: Learning, watches: LearntWatches, runner: OperationRunner) -> None:
        self._learning, self._watches, self._runner = learning, watches, runner

    # --- user playbooks

    async def search_user_playbooks(self, call: Call) -> pb.SearchUserPlaybooksResponse:
        request: pb.SearchUserPlaybooksRequest = call.request  # type: ignore[assignment]
        where = LearntFilter(
            user_id=request.user_id, agent_id=request.agent_id, source=request.source, arm=arm_name(request.arm)
        )
        found, shown = await self._search(call, USER_PLAYBOOK, request, where)
        response = pb.SearchUserPlaybooksResponse(
            degraded=bool(found.degraded_reason), degraded_reason=found.degraded_reason
        )
        response.hits.extend(
            fitting(
                pb.UserPlaybookHit(playbook=shown.user_playbook(one.row), **hit_fields(one.hit))
                for one in found.hits
                if isinstance(one.row, UserPlaybook)
            )
        )
        return response

    async def get_user_playbook(self, call: Call) -> pb.GetUserPlaybookResponse:
        request: pb.GetUserPlaybookRequest = call.request  # type: ignore[assignment]
        return pb.GetUserPlaybookResponse(playbook=await self._get(call, USER_PLAYBOOK, request.playbook_id))

    async def list_user_playbooks(self, call: Call) -> pb.ListUserPlaybooksResponse:
        request: pb.ListUserPlaybooksRequest = call.request  # type: ignore[assignment]
        where = LearntFilter(
            user_id=request.user_id,
            agent_id=request.agent_id,
            source=request.source,
            arm=arm_name(request.arm),
            lesson=request.kind,
        )
        found, token = await self._list(call, USER_PLAYBOOK, request, where)
        return pb.ListUserPlaybooksResponse(playbooks=found, next_page_token=token)

    async def create_user_playbook(self, call: Call) -> pb.CreateUserPlaybookResponse:
        request: pb.CreateUserPlaybookRequest = call.request  # type: ignore[assignment]
        return pb.CreateUserPlaybookResponse(
            playbook=await self._create(call, USER_PLAYBOOK, request, request.playbook.user_id)
        )

    async def update_user_playbook(self, call: Call) -> pb.UpdateUserPlaybookResponse:
        return pb.UpdateUserPlaybookResponse(playbook=await self._update(call, USER_PLAYBOOK))

    async def delete_user_playbook(self, call: Call) -> pb.DeleteUserPlaybookResponse:
        await self._delete(call, USER_PLAYBOOK)
        return pb.DeleteUserPlaybookResponse()

    # --- agent playbooks

    async def search_agent_playbooks(self, call: Call) -> pb.SearchAgentPlaybooksResponse:
        request: pb.SearchAgentPlaybooksRequest = call.request  # type: ignore[assignment]
        approvals = approval_names(request.approval_statuses)
        if not approvals and not request.include_rejected:
            approvals = (PENDING, APPROVED)
        where = LearntFilter(agent_id=request.agent_id, approvals=approvals)
        found, shown = await self._search(call, AGENT_PLAYBOOK, request, where)
        response = pb.SearchAgentPlaybooksResponse(
            degraded=bool(found.degraded_reason), degraded_reason=found.degraded_reason
        )
        response.hits.extend(
            fitting(
                pb.AgentPlaybookHit(playbook=shown.agent_playbook(one.row), **hit_fields(one.hit))
                for one in found.hits
                if isinstance(one.row, AgentPlaybook)
            )
        )
        return response

    async def get_agent_playbook(self, call: Call) -> pb.GetAgentPlaybookResponse:
        request: pb.GetAgentPlaybookRequest = call.request  # type: ignore[assignment]
        return pb.GetAgentPlaybookResponse(playbook=await self._get(call, AGENT_PLAYBOOK, request.playbook_id))

    async def list_agent_playbooks(self, call: Call) -> pb.ListAgentPlaybooksResponse:
        request: pb.ListAgentPlaybooksRequest = call.request  # type: ignore[assignment]
        conflict = request.conflict if request.HasField("conflict") else None
        where = LearntFilter(
            agent_id=request.agent_id, approvals=approval_names(request.approval_statuses), conflict=conflict
        )
        found, token = await self._list(call, AGENT_PLAYBOOK, request, where)
        return pb.ListAgentPlaybooksResponse(playbooks=found, next_page_token=token)

    async def create_agent_playbook(self, call: Call) -> pb.CreateAgentPlaybookResponse:
        request: pb.CreateAgentPlaybookRequest = call.request  # type: ignore[assignment]
        return pb.CreateAgentPlaybookResponse(playbook=await self._create(call, AGENT_PLAYBOOK, request, ""))

    async def update_agent_playbook(self, call: Call) -> pb.UpdateAgentPlaybookResponse:
        return pb.UpdateAgentPlaybookResponse(playbook=await self._update(call, AGENT_PLAYBOOK))

    async def delete_agent_playbook(self, call: Call) -> pb.DeleteAgentPlaybookResponse:
        await self._delete(call, AGENT_PLAYBOOK)
        return pb.DeleteAgentPlaybookResponse()

    async def review_agent_playbook(self, call: Call) -> pb.ReviewAgentPlaybookResponse:
        request: pb.ReviewAgentPlaybookRequest = call.request  # type: ignore[assignment]
        decision = _DECISIONS[request.decision]
        paths = [one.name for one, _ in request.edits.ListFields() if one.name in _EDITABLE]
        if paths and decision not in {"approve", "edit"}:
            raise InvalidRequest([Violation("edits", "go with APPROVE and EDIT only")])
        if decision == "edit" and not paths:
            raise InvalidRequest([Violation("edits", "must be given")])
        edits = written(request.edits, AGENT_PLAYBOOK_FIELDS, paths, path="edits", required=("instruction",))
        tenant = await self._existing(call, request.playbook_id)
        row = await rows.review(
            tenant,
            request.playbook_id,
            decision,
            reviewer=request.reviewer,
            comment=request.comment,
            edits=edits,
            etag=request.etag,
        )
        return pb.ReviewAgentPlaybookResponse(playbook=Shown(tenant.generations, now_micros()).agent_playbook(row))

    async def aggregate_playbooks(self, call: Call) -> pb.AggregatePlaybooksResponse:
        request: pb.AggregatePlaybooksRequest = call.request  # type: ignore[assignment]
        store = await call.writable()
        arguments = {"agent_id": request.agent_id, "full": "1" if request.full else ""}
        operation = await self._runner.start(store, AGGREGATE, arguments, request_id=request.request_id)
        return pb.AggregatePlaybooksResponse(operation=to_pb(operation))

    # --- history

    async def list_playbook_changes(self, call: Call) -> pb.ListPlaybookChangesResponse:
        request: pb.ListPlaybookChangesRequest = call.request  # type: ignore[assignment]
        query, size, store = query_key(request), page_size(request.page_size), call.store
        before = (
            store.tokens.read_page_token(request.page_token, query, tuple[int, str]) if request.page_token else None
        )
        start, end = times_from_pb(request)
        where = ChangeFilter(
            (USER_PLAYBOOK, AGENT_PLAYBOOK),
            request.user_id,
            request.playbook_id,
            change_names(request.change_types),
            start,
            end,
        )
        found = await store.learnt.changes(where, limit=size + 1, before=before)
        tenant = await self._learning.tenant(store)
        shown = Shown(tenant.generations, now_micros())
        response = pb.ListPlaybookChangesResponse(changes=fitting(shown.playbook_change(one) for one in found[:size]))
        if len(found) > (count := len(response.changes)):
            last = found[count - 1]
            response.next_page_token = store.tokens.page_token(query, (last.seq, last.change_id))
        return response

    async def watch_playbooks(self, call: Call) -> None:
        await self._watches.run(call, (USER_PLAYBOOK, AGENT_PLAYBOOK))

    # --- what both kinds share

    async def _search(self, call: Call, kind: str, request: Any, where: LearntFilter) -> tuple[Recall, Shown]:
        tenant = await self._learning.tenant(call.store)
        wanted = _wanted(request, where)
        found = await recall(
            tenant,
            kind,
            wanted,
            request.query,
            top_k=request.top_k or DEFAULT_TOP_K,
            mode=MODES[request.mode],
            threshold=request.threshold if request.HasField("threshold") else None,
        )
        return found, Shown(tenant.generations, wanted.instant)

    async def _list(self, call: Call, kind: str, request: Any, where: LearntFilter) -> tuple[list[Any], str]:
        """A page of messages and the token of the next."""
        query, size, store = query_key(request), page_size(request.page_size), call.store
        before = store.tokens.read_page_token(request.page_token, query, str) if request.page_token else ""
        tenant = await self._learning.tenant(store)
        wanted = _wanted(request, where)
        found = await listed(tenant, kind, wanted, limit=size + 1, before=before)
        shown = Shown(tenant.generations, wanted.instant)
        page = fitting(_message(shown, row) for row in found[:size])
        token = store.tokens.page_token(query, found[len(page) - 1].row_id) if len(found) > len(page) else ""
        return page, token

    async def _get(self, call: Call, kind: str, playbook_id: str) -> Any:
        tenant = await self._learning.tenant(call.store)
        return _shown(tenant, await rows.find(tenant, kind, playbook_id))

    async def _create(self, call: Call, kind: str, request: Any, user_id: str) -> Any:
        request_id = request.request_id
        request.ClearField("request_id")
        fields = _FIELDS[kind]
        named = ("user_id",) if kind == USER_PLAYBOOK else ()
        values = written(request.playbook, fields, fields, path="playbook", required=("instruction",), named=named)
        store = await call.writable()
        store.erasures.check(user_id)
        tenant = (await self._learning.of(store)).tenant
        row = await rows.create(tenant, kind, user_id, values, request_id=request_id, signature=digest(request, kind))
        await self._touch(call, row, new=True)
        return _shown(tenant, row)

    async def _update(self, call: Call, kind: str) -> Any:
        request: Any = call.request
        given: Message = request.playbook
        paths = mask_paths(given, request.update_mask.paths, _FIELDS[kind])
        values = written(
            given, _FIELDS[kind], paths, path="playbook", required=("instruction",), named=("playbook_id",)
        )
        tenant = await self._existing(call, request.playbook.playbook_id)
        row = await rows.update(tenant, kind, request.playbook.playbook_id, values, request.playbook.etag)
        await self._touch(call, row)
        return _shown(tenant, row)

    async def _delete(self, call: Call, kind: str) -> None:
        request: Any = call.request
        tenant = await self._existing(call, request.playbook_id)
        await self._touch(call, await rows.delete(tenant, kind, request.playbook_id, request.etag))

    async def _touch(self, call: Call, row: Row, *, new: bool = False) -> None:
        """What a person changes counts for the aggregates too."""
        if isinstance(row, UserPlaybook):
            learner = await self._learning.of(call.store if call.store.exists else await call.writable())
            learner.touch(row.agent_id, new=new)

    async def _existing(self, call: Call, playbook_id: str) -> LearningTenant:
        """Raises PlaybookNotFound where there is no tenant: a failed write makes none."""
        if not call.store.exists:
            raise PlaybookNotFound(playbook_id)
        return (await self._learning.of(call.store)).tenant


def _wanted(request: Any, where: LearntFilter) -> Wanted:
    return Wanted(
        where,
        lifecycle_names(request.lifecycles),
        tuple(request.tags),
        instant_from_pb(request, "as_of"),
        request.agent_version,
    )


def _shown(tenant: LearningTenant, row: Row) -> "playbook_pb2.UserPlaybook | playbook_pb2.AgentPlaybook":
    return _message(Shown(tenant.generations, now_micros()), row)


def _message(shown: Shown, row: Row) -> "playbook_pb2.UserPlaybook | playbook_pb2.AgentPlaybook":
    if isinstance(row, UserPlaybook):
        return shown.user_playbook(row)
    assert isinstance(row, AgentPlaybook)  # noqa: S101 - by its kind
    return shown.agent_playbook(row)
