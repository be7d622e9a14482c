"""Methods of a client for lessons of an agent: aggregated over users, or written by hand."""

# ruff: noqa: ASYNC109 - a timeout here is the deadline that grpc sends to the server

import uuid
from collections.abc import AsyncIterator, Iterable
from typing import Any, Unpack

from interplay import _words as words
from interplay import types
from interplay._transport import Transport
from interplay._words import OlderNames, Words
from interplay.operation import OperationHandle
from interplay.types import Time, Word
from interplay.v1 import playbook_pb2
from interplay.v1 import playbook_service_pb2 as service


class AgentPlaybooks:
    """The part of AsyncInterplay that calls PlaybookService for agent playbooks."""

    _transport: Transport

    async def search_agent_playbooks(
        self,
        query: str,
        *,
        agent_id: str = "",
        agent_version: str = "",
        include_rejected: bool = False,
        approval_statuses: Words = (),
        tags: Iterable[str] = (),
        lifecycles: Words = (),
        top_k: int = 0,
        mode: Word = None,
        threshold: float | None = None,
        as_of: Time = None,
        timeout: float | None = None,
    ) -> service.SearchAgentPlaybooksResponse:
        """Searches lessons of agents by meaning and words; other arguments as in search_profiles.

        `approval_statuses` pending and approved when not said, or rejected.
        """
        request = service.SearchAgentPlaybooksRequest(
            query=query,
            agent_id=agent_id,
            agent_version=agent_version,
            include_rejected=include_rejected,
            approval_statuses=words.approval_statuses(approval_statuses),
            tags=words.texts(tags, "tags"),
            lifecycles=words.lifecycles(lifecycles),
            top_k=top_k,
            mode=words.search_mode(mode),
            threshold=threshold,
            as_of=types.timestamp(as_of, "as_of"),
        )
        return await self._transport.unary(self._transport.playbooks.SearchAgentPlaybooks, request, timeout)

    async def get_agent_playbook(self, playbook_id: str, *, timeout: float | None = None) -> playbook_pb2.AgentPlaybook:
        """One agent playbook. Raises NotFoundError."""
        request = service.GetAgentPlaybookRequest(playbook_id=playbook_id)
        answer = await self._transport.unary(self._transport.playbooks.GetAgentPlaybook, request, timeout)
        return answer.playbook

    def list_agent_playbooks(
        self,
        *,
        agent_id: str = "",
        agent_version: str = "",
        approval_statuses: Words = (),
        conflict: bool | None = None,
        tags: Iterable[str] = (),
        lifecycles: Words = (),
        as_of: Time = None,
        page_size: int = 0,
        timeout: float | None = None,
    ) -> AsyncIterator[playbook_pb2.AgentPlaybook]:
        """Iterates over all that match, the newest first, rejected ones too; other arguments as in list_profiles."""
        request = service.ListAgentPlaybooksRequest(
            agent_id=agent_id,
            agent_version=agent_version,
            approval_statuses=words.approval_statuses(approval_statuses),
            conflict=conflict,
            tags=words.texts(tags, "tags"),
            lifecycles=words.lifecycles(lifecycles),
            as_of=types.timestamp(as_of, "as_of"),
            page_size=page_size,
        )
        return self._transport.pages(self._transport.playbooks.ListAgentPlaybooks, request, "playbooks", timeout)

    async def create_agent_playbook(
        self,
        instruction: str = "",
        *,
        trigger: str = "",
        pitfall: str = "",
        rationale: str = "",
        blocking_issue: Any = None,
        agent_id: str = "",
        confidence: float = 0.0,
        tags: Iterable[str] = (),
        request_id: str | None = None,
        timeout: float | None = None,
        **older: Unpack[OlderNames],
    ) -> playbook_pb2.AgentPlaybook:
        """Stores a lesson by hand; arguments and older names as in create_user_playbook."""
        request = service.CreateAgentPlaybookRequest(
            playbook=playbook_pb2.AgentPlaybook(
                rationale=rationale,
                blocking_issue=words.blocking_issue(blocking_issue),
                agent_id=agent_id,
                confidence=confidence,
                tags=words.texts(tags, "tags"),
                **words.renamed(older, trigger=trigger, instruction=instruction, pitfall=pitfall),
            ),
            request_id=request_id or uuid.uuid4().hex,
        )
        answer = await self._transport.unary(self._transport.playbooks.CreateAgentPlaybook, request, timeout)
        return answer.playbook

    async def update_agent_playbook(
        self,
        playbook_id: str,
        *,
        trigger: str | None = None,
        instruction: str | None = None,
        pitfall: str | None = None,
        rationale: str | None = None,
        blocking_issue: Any = None,
        agent_id: str | None = None,
        confidence: float | None = None,
        tags: Iterable[str] | None = None,
        etag: str = "",
        timeout: float | None = None,
        **older: Unpack[OlderNames],
    ) -> playbook_pb2.AgentPlaybook:
        """Changes what is given and nothing else, as update_profile. Raises NotFoundError, AbortedError."""
        values, mask = words.changed(
            rationale=rationale,
            blocking_issue=words.blocking_issue(blocking_issue),
            agent_id=agent_id,
            confidence=confidence,
            tags=words.texts(tags, "tags"),
            **words.renamed(older, trigger=trigger, instruction=instruction, pitfall=pitfall),
        )
        request = service.UpdateAgentPlaybookRequest(
            playbook=playbook_pb2.AgentPlaybook(playbook_id=playbook_id, etag=etag, **values), update_mask=mask
        )
        answer = await self._transport.unary(self._transport.playbooks.UpdateAgentPlaybook, request, timeout)
        return answer.playbook

    async def delete_agent_playbook(self, playbook_id: str, *, etag: str = "", timeout: float | None = None) -> None:
        """Deletes one for good, its history included. Raises NotFoundError, AbortedError. Never retried."""
        request = service.DeleteAgentPlaybookRequest(playbook_id=playbook_id, etag=etag)
        await self._transport.unary(self._transport.playbooks.DeleteAgentPlaybook, request, timeout)

    async def review_agent_playbook(
        self,
        playbook_id: str,
        decision: Word,
        *,
        reviewer: str = "",
        comment: str = "",
        trigger: str = "",
        instruction: str = "",
        pitfall: str = "",
        rationale: str = "",
        etag: str = "",
        timeout: float | None = None,
        **older: Unpack[OlderNames],
    ) -> playbook_pb2.AgentPlaybook:
        """Decides approve, reject, edit or reopen; approve and edit may bring new texts. Never retried by itself.

        Raises NotFoundError, AbortedError where the row is not the one of `etag` any more.
        """
        edits = {
            name: text
            for name, text in words.renamed(
                older, trigger=trigger, instruction=instruction, pitfall=pitfall, rationale=rationale
            ).items()
            if text
        }
        request = service.ReviewAgentPlaybookRequest(
            playbook_id=playbook_id,
            decision=words.review_decision(decision),
            reviewer=reviewer,
            comment=comment,
            edits=playbook_pb2.AgentPlaybook(**edits) if edits else None,
            etag=etag,
        )
        answer = await self._transport.unary(self._transport.playbooks.ReviewAgentPlaybook, request, timeout)
        return answer.playbook

    async def aggregate_playbooks(
        self,
        agent_id: str = "",
        *,
        full: bool = False,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> OperationHandle:
        """Makes agent playbooks of user playbooks now; `full` clusters everything anew. Running it twice adds nothing.

        Returns at once; the operation's result counts groups, created, updated, superseded and conflicts.
        """
        request = service.AggregatePlaybooksRequest(
            agent_id=agent_id, full=full, request_id=request_id or uuid.uuid4().hex
        )
        answer = await self._transport.unary(self._transport.playbooks.AggregatePlaybooks, request, timeout)
        return OperationHandle(self._transport, answer.operation)
