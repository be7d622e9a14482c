"""The asynchronous client: one method for each method of the server."""

# ruff: noqa: ASYNC109 - a timeout here is the deadline that grpc sends to the server

import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from types import TracebackType
from typing import Any, Self

import grpc

from interplay import _words as words
from interplay import types
from interplay._administration import Administration
from interplay._agent_playbooks import AgentPlaybooks
from interplay._briefing import Briefing, Wait
from interplay._content_policy import ContentPolicies
from interplay._custody import Custody
from interplay._dialogues import Dialogues
from interplay._erasure import Erasures
from interplay._evaluation import Evaluation
from interplay._features import Features
from interplay._learning import Learning
from interplay._links import Links
from interplay._monitor import Monitor
from interplay._monitor_privacy import MonitorPrivacy
from interplay._profiles import Profiles
from interplay._reembedding import Reembedding
from interplay._retention import Retention
from interplay._shop import Shop
from interplay._transport import Transport
from interplay._user_export import UserExports
from interplay._user_playbooks import UserPlaybooks
from interplay.config import ClientConfig, Keepalive, Tls
from interplay.publisher import ErrorCallback, Policy, Publisher, Settings
from interplay.types import InteractionLike, Time, Word
from interplay.v1 import context_pb2, interaction_pb2
from interplay.v1 import interaction_service_pb2 as service
from interplay.v1.interaction_service_pb2_grpc import InteractionServiceStub


class AsyncInterplay(
    Administration,
    Custody,
    Erasures,
    UserExports,
    Links,
    Retention,
    ContentPolicies,
    Reembedding,
    Profiles,
    UserPlaybooks,
    AgentPlaybooks,
    Learning,
    Briefing,
    Evaluation,
    Shop,
    Features,
    Monitor,
    MonitorPrivacy,
    Dialogues,
):
    """A client for asyncio. `target`, `api_key` and `tenant` default to INTERPLAY_TARGET, _API_KEY and _TENANT.

    Use it as an asynchronous context manager or close it. It connects at its first call and belongs to one event loop.
    Every method raises InterplayError; `timeout` is in seconds and None means that of the client. Times carry a zone.
    """

    def __init__(
        self,
        target: str | None = None,
        *,
        api_key: str | None = None,
        tenant: str | None = None,
        tls: Tls | None = None,
        credentials: grpc.ChannelCredentials | None = None,
        keepalive: Keepalive | None = None,
        timeout: float | None = None,
        allow_insecure: bool = False,
        config: ClientConfig | None = None,
    ) -> None:
        super().__init__(
            Transport(
                config
                or ClientConfig.from_environment(
                    target=target,
                    api_key=api_key,
                    tenant=tenant,
                    tls=tls,
                    credentials=credentials,
                    keepalive=keepalive,
                    timeout=timeout,
                    allow_insecure=allow_insecure,
                )
            )
        )

    @property
    def config(self) -> ClientConfig:
        return self._transport.config

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connection; calls that are open fail. Close publishers first."""
        await self._transport.close()

    async def publish_interaction(
        self,
        user_id: str,
        interactions: InteractionLike | Iterable[InteractionLike],
        source: str = "",
        *,
        session_id: str | None = None,
        request_group: str | None = None,
        agent_version: str = "",
        agent_id: str = "",
        request_id: str | None = None,
        wait: Wait = "durable",
        wait_for_response: bool = False,
        session_finished: bool = False,
        evaluation_only: bool = False,
        learn_from: Word = None,
        metadata: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> service.PublishInteractionsResponse:
        """Publishes 1 to 1,000 interactions as one batch; when it returns they are durable and searchable.

        `request_group` is an older name of `session_id`; without either the batch is a session of its own.
        `request_id` makes a retry safe and is made up when absent. `wait_for_response` is `wait="learned"`.
        """
        if session_id and request_group and session_id != request_group:
            raise ValueError("session_id and request_group are the same thing; give one")
        request = service.PublishInteractionsRequest(
            user_id=user_id,
            session_id=session_id or request_group or f"session-{uuid.uuid4().hex}",
            source=source,
            agent_version=agent_version,
            interactions=types.interactions(interactions),
            request_id=request_id or uuid.uuid4().hex,
            session_finished=session_finished,
            evaluation_only=evaluation_only,
            learn_from=types.learn_from(learn_from),
            wait=types.enum_value(service.WaitLevel, "WAIT_LEVEL_", "learned" if wait_for_response else wait, "wait"),
            agent_id=agent_id,
            metadata=types.struct(metadata),
        )
        return await self._transport.unary(self._transport.interactions.PublishInteractions, request, timeout)

    def publisher(
        self,
        stream_id: str,
        *,
        user_id: str = "",
        session_id: str = "",
        source: str = "",
        agent_version: str = "",
        agent_id: str = "",
        buffer: int = 10_000,
        buffer_bytes: int = 64 * 2**20,
        policy: Policy = "wait",
        context: context_pb2.ContextRequest | Mapping[str, int] | bool | None = None,
        on_error: ErrorCallback | None = None,
        return_ids: bool = False,
        max_outstanding: int = 0,
        heartbeat: float | None = None,
    ) -> Publisher:
        """A publisher over a named stream that survives lost connections and restarts of the server; see Publisher.

        `stream_id` must be unique to this publisher. `buffer` and `buffer_bytes` bound what is not acked; when full,
        `policy` says whether append() waits or raises BufferFullError. `context` asks for a briefing after user turns:
        True or {top_k, token_budget}. `on_error` is called with (error, receipt) for each append that was refused, and
        with (error, None) when the publisher stops for good. `heartbeat` in seconds, None for the server's interval.
        """
        settings = Settings(
            stream_id=stream_id,
            user_id=user_id,
            session_id=session_id,
            source=source,
            agent_version=agent_version,
            agent_id=agent_id,
            buffer=buffer,
            buffer_bytes=buffer_bytes,
            policy=policy,
            context=context,
            on_error=on_error,
            return_ids=return_ids,
            max_outstanding=max_outstanding,
            heartbeat=heartbeat,
        )
        return Publisher(self._transport, settings)

    async def get_publish_stream(
        self, stream_id: str, *, timeout: float | None = None
    ) -> service.GetPublishStreamResponse:
        """How far a named stream has come: next_offset, interaction_count, update_time; 0 for one that is not known."""
        request = service.GetPublishStreamRequest(stream_id=stream_id)
        return await self._transport.unary(self._transport.interactions.GetPublishStream, request, timeout)

    async def annotate_interaction(
        self,
        interaction_id: str,
        *,
        annotator: str = "",
        expert_content: str = "",
        thumb: Word = None,
        rating: float | None = None,
        comment: str = "",
        corrected_content: str = "",
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> interaction_pb2.Annotation:
        """Adds a judgement: `thumb` up or down, `rating` 1 (worst) to 5, texts. Returns it with its id and time."""
        request = service.AnnotateInteractionRequest(
            interaction_id=interaction_id,
            annotation=interaction_pb2.Annotation(
                annotator=annotator,
                expert_content=expert_content,
                thumb=types.thumb(thumb),
                rating=rating,
                comment=comment,
                corrected_content=corrected_content,
            ),
            request_id=request_id or uuid.uuid4().hex,
        )
        answer = await self._transport.unary(self._transport.interactions.AnnotateInteraction, request, timeout)
        return answer.annotation

    async def get_interaction(
        self,
        interaction_id: str,
        *,
        view: Word = None,
        consistency: Word = None,
        timeout: float | None = None,
    ) -> interaction_pb2.Interaction:
        """One interaction; `view="full"` brings image bytes. Raises NotFoundError."""
        request = service.GetInteractionRequest(
            interaction_id=interaction_id, view=_view(view), consistency=words.consistency(consistency)
        )
        answer = await self._transport.unary(self._transport.interactions.GetInteraction, request, timeout)
        return answer.interaction

    def list_interactions(
        self,
        *,
        user_id: str = "",
        session_id: str = "",
        source: str = "",
        agent_version: str = "",
        agent_id: str = "",
        start_time: Time = None,
        end_time: Time = None,
        role: str = "",
        role_class: Word = None,
        user_action: Word = None,
        external_id: str = "",
        request_id: str = "",
        as_of: Time = None,
        newest_first: bool = False,
        view: Word = None,
        consistency: Word = None,
        page_size: int = 0,
        timeout: float | None = None,
    ) -> AsyncIterator[interaction_pb2.Interaction]:
        """Iterates over all that match, by occur_time or else publish_time; `end_time` is exclusive.

        `page_size` 1 to 1,000, 0 means 50; `timeout` counts for each page.
        """
        request = service.ListInteractionsRequest(
            user_id=user_id,
            session_id=session_id,
            source=source,
            agent_version=agent_version,
            agent_id=agent_id,
            start_time=types.timestamp(start_time, "start_time"),
            end_time=types.timestamp(end_time, "end_time"),
            role=role,
            role_class=types.role_class(role_class),
            user_action=types.user_action(user_action),
            external_id=external_id,
            request_id=request_id,
            as_of=types.timestamp(as_of, "as_of"),
            newest_first=newest_first,
            view=_view(view),
            consistency=words.consistency(consistency),
            page_size=page_size,
        )
        return self._transport.pages(self._transport.interactions.ListInteractions, request, "interactions", timeout)

    async def delete_interactions(
        self,
        interaction_ids: Iterable[str] = (),
        *,
        user_id: str = "",
        session_id: str = "",
        source: str = "",
        agent_version: str = "",
        start_time: Time = None,
        end_time: Time = None,
        validate_only: bool = False,
        timeout: float | None = None,
    ) -> int:
        """Deletes by ids, at most 10,000, or else by filter. Returns how many; `validate_only` only counts."""
        request = service.DeleteInteractionsRequest(
            interaction_ids=interaction_ids,
            user_id=user_id,
            session_id=session_id,
            source=source,
            agent_version=agent_version,
            start_time=types.timestamp(start_time, "start_time"),
            end_time=types.timestamp(end_time, "end_time"),
            validate_only=validate_only,
        )
        answer = await self._transport.unary(self._transport.interactions.DeleteInteractions, request, timeout)
        return int(answer.deleted_count)

    async def search_interactions(
        self,
        query: str,
        user_id: str = "",
        *,
        session_id: str = "",
        source: str = "",
        agent_version: str = "",
        agent_id: str = "",
        role: str = "",
        role_class: Word = None,
        user_action: Word = None,
        external_id: str = "",
        start_time: Time = None,
        end_time: Time = None,
        top_k: int = 0,
        mode: Word = None,
        threshold: float | None = None,
        as_of: Time = None,
        consistency: Word = None,
        timeout: float | None = None,
    ) -> service.SearchInteractionsResponse:
        """Searches by meaning and words, over all users where `user_id` is empty; `.hits` come best first.

        `top_k` 1 to 100, 0 means 10; `mode` hybrid, vector or text; `threshold` is a cosine, -1 to 1.
        """
        request = service.SearchInteractionsRequest(
            query=query,
            user_id=user_id,
            session_id=session_id,
            source=source,
            agent_version=agent_version,
            agent_id=agent_id,
            role=role,
            role_class=types.role_class(role_class),
            user_action=types.user_action(user_action),
            external_id=external_id,
            start_time=types.timestamp(start_time, "start_time"),
            end_time=types.timestamp(end_time, "end_time"),
            top_k=top_k,
            mode=words.search_mode(mode),
            threshold=threshold,
            as_of=types.timestamp(as_of, "as_of"),
            consistency=words.consistency(consistency),
        )
        return await self._transport.unary(self._transport.interactions.SearchInteractions, request, timeout)

    async def find_similar_interactions(
        self,
        interaction_id: str,
        *,
        user_id: str = "",
        top_k: int = 0,
        threshold: float | None = None,
        exclude_session: bool = False,
        consistency: Word = None,
        timeout: float | None = None,
    ) -> service.FindSimilarInteractionsResponse:
        """The nearest neighbours of a stored interaction; `.hits` come best first. Raises NotFoundError."""
        request = service.FindSimilarInteractionsRequest(
            interaction_id=interaction_id,
            user_id=user_id,
            top_k=top_k,
            threshold=threshold,
            exclude_session=exclude_session,
            consistency=words.consistency(consistency),
        )
        return await self._transport.unary(self._transport.interactions.FindSimilarInteractions, request, timeout)

    def list_sessions(
        self,
        *,
        user_id: str = "",
        source: str = "",
        agent_version: str = "",
        start_time: Time = None,
        end_time: Time = None,
        as_of: Time = None,
        consistency: Word = None,
        page_size: int = 0,
        timeout: float | None = None,
    ) -> AsyncIterator[interaction_pb2.Session]:
        """Iterates over sessions, the latest activity first; `page_size` and `timeout` as in list_interactions."""
        request = service.ListSessionsRequest(
            user_id=user_id,
            source=source,
            agent_version=agent_version,
            start_time=types.timestamp(start_time, "start_time"),
            end_time=types.timestamp(end_time, "end_time"),
            as_of=types.timestamp(as_of, "as_of"),
            consistency=words.consistency(consistency),
            page_size=page_size,
        )
        return self._transport.pages(self._transport.interactions.ListSessions, request, "sessions", timeout)

    async def get_session(
        self, session_id: str, *, user_id: str = "", consistency: Word = None, timeout: float | None = None
    ) -> service.GetSessionResponse:
        """A session and its latest 1,000 requests; `user_id` where several users share it. Raises NotFoundError."""
        request = service.GetSessionRequest(
            session_id=session_id, user_id=user_id, consistency=words.consistency(consistency)
        )
        return await self._transport.unary(self._transport.interactions.GetSession, request, timeout)

    def watch_interactions(
        self,
        *,
        user_id: str = "",
        session_id: str = "",
        source: str = "",
        agent_version: str = "",
        role_class: Word = None,
        resume_token: str = "",
        from_beginning: bool = False,
        heartbeat_seconds: int = 0,
        heartbeats: bool = False,
    ) -> AsyncGenerator[service.WatchInteractionsResponse, None]:
        """Follows what is published, annotated and deleted, without end, across lost connections.

        Each answer has one of `published`, `deleted`, `annotated`, with `heartbeats` also `heartbeat`, and the
        `resume_token` from which a later watch goes on. Heart-beats come every `heartbeat_seconds`, 1 to 300, 0 means
        15; after three of them in silence the connection counts as dead.
        """
        request = service.WatchInteractionsRequest(
            user_id=user_id,
            session_id=session_id,
            source=source,
            agent_version=agent_version,
            role_class=types.role_class(role_class),
            resume_token=resume_token,
            from_beginning=from_beginning,
            heartbeat_seconds=heartbeat_seconds,
        )
        return self._transport.watch(
            InteractionServiceStub,
            "WatchInteractions",
            request,
            lambda change: change.WhichOneof("event") == "heartbeat",
            heartbeats=heartbeats,
        )


def _view(value: Word) -> Any:
    return types.enum_value(service.InteractionView, "INTERACTION_VIEW_", value, "view")
