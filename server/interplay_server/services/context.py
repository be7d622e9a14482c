"""ContextService, and the context of a publishing stream: what an agent should know before it answers."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
from interplay.v1 import (
    context_pb2,
    interaction_pb2,
    interaction_service_pb2,
    playbook_service_pb2,
    profile_service_pb2,
    publish_stream_pb2,
)
from interplay.v1 import context_service_pb2 as pb

from interplay_server.domain import journal
from interplay_server.domain.evaluation import Arm
from interplay_server.domain.interaction import DEFAULT_AGENT
from interplay_server.domain.learnt import (
    AGENT_PLAYBOOK,
    APPROVED,
    PENDING,
    PROFILE,
    USER_PLAYBOOK,
    AgentPlaybook,
    LearntFilter,
    Profile,
    UserPlaybook,
)
from interplay_server.domain.ports import Receipt, TenantStore
from interplay_server.domain.query import InteractionFilter
from interplay_server.domain.roles import USER, role_class
from interplay_server.errors import InterplayError
from interplay_server.evaluation.experiments import arm_of, expose
from interplay_server.interceptors.call import Call
from interplay_server.learning.context import Ask, Context, make_context
from interplay_server.learning.learning import Learning
from interplay_server.learning.recall import Recall, Recalled, Wanted, recall
from interplay_server.learning.tenant import LearningTenant
from interplay_server.retrieval.briefing import Line, render
from interplay_server.retrieval.search import Hit, SearchEngine
from interplay_server.services.convert.filters import instant_from_pb
from interplay_server.services.convert.interactions import interaction_to_pb
from interplay_server.services.convert.learnt import Shown, arm_name, fitting
from interplay_server.services.learnt_hits import hit_fields
from interplay_server.services.search import MODES, InteractionSearch

DEFAULT_TOP_K = 5
DEFAULT_TOKEN_BUDGET = 1000
MAX_QUERY = 10_000
MAX_KIND_BYTES = 4 * 2**20
"""Rows of one kind in an answer, but for a first one that is larger alone."""
_KINDS = {
    "profile": interaction_pb2.LEARNING_KIND_PROFILE,
    "user_playbook": interaction_pb2.LEARNING_KIND_USER_PLAYBOOK,
    "agent_playbook": interaction_pb2.LEARNING_KIND_AGENT_PLAYBOOK,
}


class ContextService:
    def __init__(self, learning: Learning, engine: SearchEngine, search: InteractionSearch) -> None:
        self._learning, self._engine, self._search = learning, engine, search

    async def get_context(self, call: Call) -> pb.GetContextResponse:
        request: pb.GetContextRequest = call.request  # type: ignore[assignment]
        tenant = await self._learning.tenant(call.store)
        ask = Ask(
            user_id=request.user_id,
            query=request.query if request.query.strip() else _last_user_turn(request.turns),
            top_k=request.top_k or DEFAULT_TOP_K,
            token_budget=request.token_budget or DEFAULT_TOKEN_BUDGET,
            agent_id=request.agent_id or DEFAULT_AGENT,
            agent_version=request.agent_version,
            session_id=request.session_id,
            as_of=instant_from_pb(request, "as_of"),
            arm=arm_name(request.arm),
            eventual=request.consistency == interaction_service_pb2.CONSISTENCY_EVENTUAL,
        )
        arm = None
        if request.experiment_id:
            arm = await arm_of(call.store, request.experiment_id, ask.user_id, ask.agent_id)
        found = await make_context(tenant, self._engine, ask)
        if arm is not None:
            found = await _exposed(call.store, request.experiment_id, ask, arm, found)
        response = pb.GetContextResponse(
            rendered_tokens=found.briefing.tokens,
            degraded=bool(found.degraded_reason),
            degraded_reason=found.degraded_reason,
            arm=arm.name if arm is not None else "",
            withheld=arm is not None and arm.holdout,
        )
        _fill(response, tenant, ask, found)
        return response

    async def brief(
        self,
        store: TenantStore,
        opened: publish_stream_pb2.StreamOpen,
        entry: journal.Published,
        receipt: Receipt,
    ) -> publish_stream_pb2.StreamPublishResponse:
        """What matters to the last user turn of an append, from before the append."""
        turn = [row for row in entry.interactions if row.role_class == USER and row.content][-1]
        tenant = await self._learning.tenant(store)
        ask = Ask(
            user_id=entry.header.user_id,
            query=turn.content[:MAX_QUERY],
            top_k=opened.context.top_k or DEFAULT_TOP_K,
            token_budget=opened.context.token_budget or DEFAULT_TOKEN_BUDGET,
            agent_id=entry.header.agent_id,
            agent_version=entry.header.agent_version,
            before_seq=receipt.first_seq,
        )
        context = context_pb2.AgentContext(offset=receipt.offset)
        _fill(context, tenant, ask, await make_context(tenant, self._engine, ask))
        return publish_stream_pb2.StreamPublishResponse(context=context)

    async def search_all(self, call: Call) -> pb.SearchAllResponse:
        request: pb.SearchAllRequest = call.request  # type: ignore[assignment]
        tenant = await self._learning.tenant(call.store)
        as_of, top_k = instant_from_pb(request, "as_of"), request.top_k or DEFAULT_TOP_K
        mode = MODES[request.mode]
        threshold = request.threshold if request.HasField("threshold") else None
        arm = arm_name(request.arm)

        def rows(kind: str, where: LearntFilter) -> Awaitable[Recall]:
            version = request.agent_version if kind != PROFILE else ""
            wanted = Wanted(where, as_of=as_of, agent_version=version)
            return recall(tenant, kind, wanted, request.query, top_k=top_k, mode=mode, threshold=threshold)

        user, source, agent = request.user_id, request.source, request.agent_id
        names = (PROFILE, USER_PLAYBOOK, AGENT_PLAYBOOK, "interaction")
        found: Sequence[Any] = await asyncio.gather(
            rows(PROFILE, LearntFilter(user_id=user, source=source, arm=arm)),
            rows(USER_PLAYBOOK, LearntFilter(user_id=user, source=source, agent_id=agent, arm=arm)),
            rows(AGENT_PLAYBOOK, LearntFilter(agent_id=agent, approvals=(PENDING, APPROVED))),
            self._engine.search(
                call.store,
                request.query,
                InteractionFilter(
                    user_id=user, source=source, agent_id=agent, agent_version=request.agent_version, as_of=as_of
                ),
                top_k=top_k,
                mode=mode,
                threshold=threshold,
            ),
            return_exceptions=True,
        )
        failed = [part for part in found if isinstance(part, BaseException)]
        if len(failed) == len(found):
            raise failed[0]
        reasons = [f"{name} failed" for name, part in zip(names, found, strict=True) if part in failed]
        reasons += [part.degraded_reason for part in found if part not in failed and part.degraded_reason]
        response = pb.SearchAllResponse(degraded=bool(reasons), degraded_reason="; ".join(dict.fromkeys(reasons)))
        shown = Shown(tenant.generations, Wanted(as_of=as_of).instant)

        def hits_of(part: Any, message: Callable[[Any], Any]) -> list[Any]:
            return [] if part in failed else fitting(map(message, part.hits), MAX_KIND_BYTES)

        response.profiles.extend(
            hits_of(
                found[0],
                lambda one: profile_service_pb2.ProfileHit(profile=shown.profile(one.row), **hit_fields(one.hit)),
            )
        )
        response.user_playbooks.extend(
            hits_of(
                found[1],
                lambda one: playbook_service_pb2.UserPlaybookHit(
                    playbook=shown.user_playbook(one.row), **hit_fields(one.hit)
                ),
            )
        )
        response.agent_playbooks.extend(
            hits_of(
                found[2],
                lambda one: playbook_service_pb2.AgentPlaybookHit(
                    playbook=shown.agent_playbook(one.row), **hit_fields(one.hit)
                ),
            )
        )
        if found[3] not in failed:
            hits = await self._search.hits(call.store, found[3].hits, terms=mode == "hybrid")
            response.interactions.extend(hits)
        return response


async def _exposed(store: TenantStore, experiment_id: str, ask: Ask, arm: Arm, found: Context) -> Context:
    """What a user of that arm is told, once it is written down that they are of it. Where that fails, the user is told
    the same, and the next call tries again.
    """
    reasons = [found.degraded_reason] if found.degraded_reason else []
    try:
        await expose(store, experiment_id, ask.user_id, arm.name)
    except InterplayError:
        reasons.append("exposure failed")
    if arm.holdout:
        lines = [_line(hit) for hit in found.interactions]
        found = Context([], [], found.interactions, render([], [], lines, ask.token_budget))
    return msgspec.structs.replace(found, degraded_reason="; ".join(reasons))


def _line(hit: Hit) -> Line:
    row = hit.interaction
    return Line(
        id=row.interaction_id,
        kind="interaction",
        text=row.data.search_text,
        time=row.event_time,
        score=hit.ranked.score,
        speaker=row.data.speaker or row.data.role,
    )


def _fill(message: Any, tenant: LearningTenant, ask: Ask, found: Context) -> None:
    """Fields that a stream's context and the answer of GetContext share."""
    shown = Shown(tenant.generations, Wanted(as_of=ask.as_of).instant)
    profiles = fitting((_profile(shown, one) for one in found.profiles), MAX_KIND_BYTES)
    playbooks = fitting((_playbook(shown, one) for one in found.playbooks), MAX_KIND_BYTES)
    interactions = fitting(
        (
            context_pb2.ContextInteraction(interaction=interaction_to_pb(hit.interaction), score=hit.ranked.score)
            for hit in found.interactions
        ),
        MAX_KIND_BYTES,
    )
    message.profiles.extend(profiles)
    message.playbooks.extend(playbooks)
    message.interactions.extend(interactions)
    message.rendered = found.briefing.text
    returned = {one.row.row_id for one in (*found.profiles[: len(profiles)], *found.playbooks[: len(playbooks)])}
    returned |= {hit.interaction.interaction_id for hit in found.interactions[: len(interactions)]}
    for citation in found.briefing.citations:
        if citation.id in returned:
            message.citations.add(tag=citation.tag, kind=_KINDS.get(citation.kind, 0), id=citation.id)


def _profile(shown: Shown, one: Recalled) -> context_pb2.ContextProfile:
    assert isinstance(one.row, Profile)  # noqa: S101 - by its kind
    return context_pb2.ContextProfile(profile=shown.profile(one.row), score=one.hit.score)


def _playbook(shown: Shown, one: Recalled) -> context_pb2.ContextPlaybook:
    if isinstance(one.row, AgentPlaybook):
        return context_pb2.ContextPlaybook(agent_playbook=shown.agent_playbook(one.row), score=one.hit.score)
    assert isinstance(one.row, UserPlaybook)  # noqa: S101 - by its kind
    return context_pb2.ContextPlaybook(user_playbook=shown.user_playbook(one.row), score=one.hit.score)


def _last_user_turn(turns: Sequence[pb.ContextTurn]) -> str:
    said = [turn.content for turn in turns if role_class(turn.role) == USER and turn.content.strip()]
    return said[-1][:MAX_QUERY] if said else ""
