"""Methods of a client that tell an agent what it should know, and remember what it said."""

# ruff: noqa: ASYNC109 - a timeout here is the deadline that grpc sends to the server

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeVar

from interplay import _words as words
from interplay import types
from interplay._exchange import Remembering, Who
from interplay._transport import Transport
from interplay.context import Context
from interplay.remember import asynchronous
from interplay.types import Time, Word
from interplay.v1 import context_service_pb2 as service

R = TypeVar("R")

Wait = Literal["durable", "visible", "learned"]


class Briefing:
    """The part of AsyncInterplay that calls ContextService."""

    _transport: Transport

    async def context(
        self,
        user_id: str,
        query: str = "",
        *,
        turns: Iterable[service.ContextTurn | Mapping[str, str] | str] = (),
        session_id: str = "",
        agent_id: str = "",
        agent_version: str = "",
        top_k: int = 0,
        token_budget: int = 0,
        as_of: Time = None,
        consistency: Word = None,
        arm: Word = None,
        experiment_id: str = "",
        timeout: float | None = None,
    ) -> Context:
        """Briefs an agent on a user: facts, lessons and past interactions that matter to what it is asked.

        That is `query`, or else the last user turn of `turns` ({role, content} or the text of a user's turn, oldest
        first). Interactions of `session_id` are left out. `top_k` of each kind, 1 to 50, 0 means 5; `token_budget` of
        the rendered text, 0 means 1,000. `experiment_id` assigns the user to an arm, which `.arm` says; in a holdout
        arm facts and lessons are left out. Raises NotFoundError where there is no such experiment.
        """
        request = service.GetContextRequest(
            user_id=user_id,
            query=query,
            turns=[_turn(turn) for turn in turns],
            session_id=session_id,
            agent_id=agent_id,
            agent_version=agent_version,
            top_k=top_k,
            token_budget=token_budget,
            as_of=types.timestamp(as_of, "as_of"),
            consistency=words.consistency(consistency),
            arm=words.arm(arm),
            experiment_id=experiment_id,
        )
        return Context.of(await self._transport.unary(self._transport.contexts.GetContext, request, timeout))

    async def search_all(
        self,
        query: str,
        user_id: str = "",
        *,
        source: str = "",
        agent_id: str = "",
        agent_version: str = "",
        arm: Word = None,
        top_k: int = 0,
        mode: Word = None,
        threshold: float | None = None,
        as_of: Time = None,
        timeout: float | None = None,
    ) -> service.SearchAllResponse:
        """Searches `.profiles`, `.user_playbooks`, `.agent_playbooks` and `.interactions` at once, each best first.

        `top_k` of each kind, 1 to 100, 0 means 5; other arguments as in search_profiles.
        """
        request = service.SearchAllRequest(
            query=query,
            user_id=user_id,
            source=source,
            agent_id=agent_id,
            agent_version=agent_version,
            arm=words.arm(arm),
            top_k=top_k,
            mode=words.search_mode(mode),
            threshold=threshold,
            as_of=types.timestamp(as_of, "as_of"),
        )
        return await self._transport.unary(self._transport.contexts.SearchAll, request, timeout)

    def remember(
        self,
        *,
        user_id: Who = None,
        session_id: Who = None,
        request_group: Who = None,
        source: str = "",
        agent_id: str = "",
        agent_version: str = "",
        top_k: int = 0,
        token_budget: int = 0,
        message: str = "",
        parameter: str = "context",
        reply: Callable[[Any], Any] | None = None,
        wait: Wait = "durable",
        timeout: float = 5.0,
        strict: bool = False,
    ) -> Callable[[Callable[..., R]], Callable[..., R]]:
        """A decorator for an agent: it is handed a Context for the user's message, and the exchange is published.

        The message is the argument `message`, the first one when not said: text, an interaction, or a list of turns.
        `user_id` and `session_id` are ids, functions of the call's arguments, or said by each call as keywords; without
        a session each exchange is one of its own. The Context goes to `parameter` where the function has it. The reply
        is text, an interaction, or an iterator of texts, which pass through at once and are published when they end or
        are broken off; `reply` makes text of anything else. `timeout` in seconds counts for each of the two calls.
        Where memory fails the agent is called without and a warning is logged; `strict` raises instead.
        """
        settings = Remembering(
            user_id=user_id,
            session_id=session_id,
            request_group=request_group,
            source=source,
            agent_id=agent_id,
            agent_version=agent_version,
            top_k=top_k,
            token_budget=token_budget,
            message=message,
            parameter=parameter,
            reply=reply,
            wait=wait,
            timeout=timeout,
            strict=strict,
        )
        return lambda function: asynchronous(self, function, settings)

    def wrap(self, agent: Callable[..., R], **settings: Any) -> Callable[..., R]:
        """The agent as remember() with these settings makes it."""
        wrapped: Callable[..., R] = self.remember(**settings)(agent)
        return wrapped


def _turn(value: service.ContextTurn | Mapping[str, str] | str) -> service.ContextTurn:
    if isinstance(value, service.ContextTurn):
        return value
    if isinstance(value, str):
        return service.ContextTurn(role="User", content=value)
    types.refuse_unknown(value, ("role", "content"), "entry of turns")
    return service.ContextTurn(role=value.get("role") or "User", content=value.get("content") or "")
