"""Methods of a client for lessons from one user's sessions, and for what happened to lessons of either kind."""

# ruff: noqa: ASYNC109 - a timeout here is the deadline that grpc sends to the server

import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from typing import Any, Unpack

from interplay import _words as words
from interplay import types
from interplay._transport import Transport
from interplay._words import OlderNames, Words
from interplay.types import Time, Word
from interplay.v1 import playbook_pb2
from interplay.v1 import playbook_service_pb2 as service
from interplay.v1.playbook_service_pb2_grpc import PlaybookServiceStub


class UserPlaybooks:
    """The part of AsyncInterplay that calls PlaybookService for user playbooks."""

    _transport: Transport

    async def search_user_playbooks(
        self,
        query: str,
        user_id: str = "",
        *,
        agent_id: str = "",
        agent_version: str = "",
        source: str = "",
        tags: Iterable[str] = (),
        lifecycles: Words = (),
        arm: Word = None,
        top_k: int = 0,
        mode: Word = None,
        threshold: float | None = None,
        as_of: Time = None,
        timeout: float | None = None,
    ) -> service.SearchUserPlaybooksResponse:
        """Searches lessons of one user, or of all, by meaning and words; arguments as in search_profiles."""
        request = service.SearchUserPlaybooksRequest(
            query=query,
            user_id=user_id,
            agent_id=agent_id,
            agent_version=agent_version,
            source=source,
            tags=words.texts(tags, "tags"),
            lifecycles=words.lifecycles(lifecycles),
            arm=words.arm(arm),
            top_k=top_k,
            mode=words.search_mode(mode),
            threshold=threshold,
            as_of=types.timestamp(as_of, "as_of"),
        )
        return await self._transport.unary(self._transport.playbooks.SearchUserPlaybooks, request, timeout)

    async def get_user_playbook(self, playbook_id: str, *, timeout: float | None = None) -> playbook_pb2.UserPlaybook:
        """One user playbook. Raises NotFoundError."""
        request = service.GetUserPlaybookRequest(playbook_id=playbook_id)
        answer = await self._transport.unary(self._transport.playbooks.GetUserPlaybook, request, timeout)
        return answer.playbook

    def list_user_playbooks(
        self,
        user_id: str = "",
        *,
        agent_id: str = "",
        agent_version: str = "",
        source: str = "",
        kind: str = "",
        tags: Iterable[str] = (),
        lifecycles: Words = (),
        arm: Word = None,
        as_of: Time = None,
        page_size: int = 0,
        timeout: float | None = None,
    ) -> AsyncIterator[playbook_pb2.UserPlaybook]:
        """Iterates over all that match, the newest first; other arguments as in list_profiles.

        `kind` correction, redirection, success, expert, annotation or manual.
        """
        request = service.ListUserPlaybooksRequest(
            user_id=user_id,
            agent_id=agent_id,
            agent_version=agent_version,
            source=source,
            kind=kind,
            tags=words.texts(tags, "tags"),
            lifecycles=words.lifecycles(lifecycles),
            arm=words.arm(arm),
            as_of=types.timestamp(as_of, "as_of"),
            page_size=page_size,
        )
        return self._transport.pages(self._transport.playbooks.ListUserPlaybooks, request, "playbooks", timeout)

    async def create_user_playbook(
        self,
        user_id: str,
        instruction: str = "",
        *,
        trigger: str = "",
        pitfall: str = "",
        rationale: str = "",
        blocking_issue: Any = None,
        agent_id: str = "",
        agent_version: str = "",
        confidence: float = 0.0,
        source_interaction_ids: Iterable[str] = (),
        source: str = "",
        session_id: str = "",
        tags: Iterable[str] = (),
        request_id: str | None = None,
        timeout: float | None = None,
        **older: Unpack[OlderNames],
    ) -> playbook_pb2.UserPlaybook:
        """Stores a lesson by hand: in the situation `trigger` do `instruction` and avoid `pitfall`.

        `when_condition`, `do_action` and `do_not_action` are older names of these three. `blocking_issue` is a kind
        (missing_tool, permission_denied, external_dependency, policy_restriction) or {kind, details}.
        """
        request = service.CreateUserPlaybookRequest(
            playbook=playbook_pb2.UserPlaybook(
                user_id=user_id,
                rationale=rationale,
                blocking_issue=words.blocking_issue(blocking_issue),
                agent_id=agent_id,
                agent_version=agent_version,
                confidence=confidence,
                source_interaction_ids=words.texts(source_interaction_ids, "source_interaction_ids"),
                source=source,
                session_id=session_id,
                tags=words.texts(tags, "tags"),
                **words.renamed(older, trigger=trigger, instruction=instruction, pitfall=pitfall),
            ),
            request_id=request_id or uuid.uuid4().hex,
        )
        answer = await self._transport.unary(self._transport.playbooks.CreateUserPlaybook, request, timeout)
        return answer.playbook

    async def update_user_playbook(
        self,
        playbook_id: str,
        *,
        trigger: str | None = None,
        instruction: str | None = None,
        pitfall: str | None = None,
        rationale: str | None = None,
        blocking_issue: Any = None,
        agent_id: str | None = None,
        agent_version: str | None = None,
        confidence: float | None = None,
        source_interaction_ids: Iterable[str] | None = None,
        source: str | None = None,
        session_id: str | None = None,
        tags: Iterable[str] | None = None,
        etag: str = "",
        timeout: float | None = None,
        **older: Unpack[OlderNames],
    ) -> playbook_pb2.UserPlaybook:
        """Changes what is given and nothing else, as update_profile. Raises NotFoundError, AbortedError."""
        values, mask = words.changed(
            rationale=rationale,
            blocking_issue=words.blocking_issue(blocking_issue),
            agent_id=agent_id,
            agent_version=agent_version,
            confidence=confidence,
            source_interaction_ids=words.texts(source_interaction_ids, "source_interaction_ids"),
            source=source,
            session_id=session_id,
            tags=words.texts(tags, "tags"),
            **words.renamed(older, trigger=trigger, instruction=instruction, pitfall=pitfall),
        )
        request = service.UpdateUserPlaybookRequest(
            playbook=playbook_pb2.UserPlaybook(playbook_id=playbook_id, etag=etag, **values), update_mask=mask
        )
        answer = await self._transport.unary(self._transport.playbooks.UpdateUserPlaybook, request, timeout)
        return answer.playbook

    async def delete_user_playbook(self, playbook_id: str, *, etag: str = "", timeout: float | None = None) -> None:
        """Deletes one for good, its history included. Raises NotFoundError, AbortedError. Never retried."""
        request = service.DeleteUserPlaybookRequest(playbook_id=playbook_id, etag=etag)
        await self._transport.unary(self._transport.playbooks.DeleteUserPlaybook, request, timeout)

    def playbook_changes(
        self,
        user_id: str = "",
        *,
        playbook_id: str = "",
        start_time: Time = None,
        end_time: Time = None,
        change_types: Words = (),
        page_size: int = 0,
        timeout: float | None = None,
    ) -> AsyncIterator[playbook_pb2.PlaybookChange]:
        """Iterates over what happened to user and agent playbooks, the latest first, as profile_changes.

        `change_types` may also be reviewed and recomputed.
        """
        request = service.ListPlaybookChangesRequest(
            user_id=user_id,
            playbook_id=playbook_id,
            start_time=types.timestamp(start_time, "start_time"),
            end_time=types.timestamp(end_time, "end_time"),
            change_types=words.change_types(change_types),
            page_size=page_size,
        )
        return self._transport.pages(self._transport.playbooks.ListPlaybookChanges, request, "changes", timeout)

    def watch_playbooks(
        self,
        *,
        user_id: str = "",
        resume_token: str = "",
        from_beginning: bool = False,
        heartbeat_seconds: int = 0,
        heartbeats: bool = False,
    ) -> AsyncGenerator[service.WatchPlaybooksResponse, None]:
        """Follows changes of user playbooks, and without `user_id` of agent playbooks too, as watch_profiles."""
        request = service.WatchPlaybooksRequest(
            user_id=user_id,
            resume_token=resume_token,
            from_beginning=from_beginning,
            heartbeat_seconds=heartbeat_seconds,
        )
        return self._transport.watch(
            PlaybookServiceStub,
            "WatchPlaybooks",
            request,
            lambda answer: not answer.HasField("change"),
            heartbeats=heartbeats,
        )
