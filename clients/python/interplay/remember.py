"""Wraps agents so that they are briefed before they answer and remembered afterwards."""

import contextlib
import functools
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from typing import Any, Protocol, TypeVar

from interplay._exchange import Agent, Exchange, Remembering, log
from interplay.context import Context

R = TypeVar("R")


class AsyncMemory(Protocol):
    """What wrapping an asynchronous agent asks of a client."""

    async def context(self, user_id: str, **arguments: Any) -> Context: ...

    async def publish_interaction(self, user_id: str, **arguments: Any) -> Any: ...


class Memory(Protocol):
    """What wrapping a plain agent asks of a client."""

    def context(self, user_id: str, **arguments: Any) -> Context: ...

    def publish_interaction(self, user_id: str, **arguments: Any) -> Any: ...


def asynchronous(memory: Any, function: Callable[..., R], settings: Remembering) -> Callable[..., R]:
    """The wrapped agent: a coroutine function or an asynchronous generator function. Raises TypeError for others."""
    agent = Agent(function, settings)
    kept: AsyncMemory = memory

    @functools.wraps(function)
    async def answer(*args: Any, **kwargs: Any) -> Any:
        exchange = agent.called(args, kwargs)
        await _brief(kept, exchange)
        try:
            reply = await exchange.call()
        except BaseException:
            await _keep(kept, exchange, failed=True)
            raise
        if isinstance(reply, AsyncIterator):
            return _passed(kept, exchange, reply)
        await _keep(kept, exchange, reply)
        return reply

    @functools.wraps(function)
    async def stream(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, None]:
        exchange = agent.called(args, kwargs)
        await _brief(kept, exchange)
        async with contextlib.aclosing(_passed(kept, exchange, exchange.call())) as pieces:
            async for piece in pieces:
                yield piece

    made: Any
    if _is(inspect.isasyncgenfunction, function):
        made = stream
    elif _is(inspect.iscoroutinefunction, function):
        made = answer
    else:
        raise TypeError(f"{function!r} is not asynchronous: Interplay wraps plain functions")
    return made  # type: ignore[no-any-return]


def plain(memory: Any, function: Callable[..., R], settings: Remembering) -> Callable[..., R]:
    """The wrapped agent: a function or a generator function. Raises TypeError for asynchronous ones."""
    if _is(inspect.isasyncgenfunction, function) or _is(inspect.iscoroutinefunction, function):
        raise TypeError(f"{function!r} is asynchronous: AsyncInterplay wraps such functions")
    agent = Agent(function, settings)
    kept: Memory = memory

    @functools.wraps(function)
    def answer(*args: Any, **kwargs: Any) -> Any:
        exchange = agent.called(args, kwargs)
        _brief_plainly(kept, exchange)
        try:
            reply = exchange.call()
        except BaseException:
            _keep_plainly(kept, exchange, failed=True)
            raise
        if isinstance(reply, Iterator):
            return _passed_plainly(kept, exchange, reply)
        _keep_plainly(kept, exchange, reply)
        return reply

    @functools.wraps(function)
    def stream(*args: Any, **kwargs: Any) -> Generator[Any, None, None]:
        exchange = agent.called(args, kwargs)
        _brief_plainly(kept, exchange)
        yield from _passed_plainly(kept, exchange, exchange.call())

    made: Any = stream if _is(inspect.isgeneratorfunction, function) else answer
    return made  # type: ignore[no-any-return]


def _is(check: Callable[[Any], bool], function: Any) -> bool:
    """Also for an object whose class defines __call__."""
    return check(function) or check(getattr(function, "__call__", None))  # noqa: B004 - its kind is asked for


@contextlib.contextmanager
def _sparing(exchange: Exchange, what: str, *, failed: bool = False) -> Generator[None, None, None]:
    """Goes on without memory where it fails, unless that is not wanted. `failed`: the agent's own error comes first."""
    try:
        yield
    except Exception:
        if exchange.agent.settings.strict and not failed:
            raise
        log.warning("could not %s an agent, going on without", what, exc_info=True)


async def _brief(memory: AsyncMemory, exchange: Exchange) -> None:
    if exchange.takes_context:
        with _sparing(exchange, "brief"):
            exchange.context = await memory.context(**exchange.question())


async def _keep(memory: AsyncMemory, exchange: Exchange, reply: Any = None, *, failed: bool = False) -> None:
    with _sparing(exchange, "remember", failed=failed):
        if (publication := exchange.publication(reply)) is not None:
            await memory.publish_interaction(**publication)


async def _passed(memory: AsyncMemory, exchange: Exchange, pieces: AsyncIterator[Any]) -> AsyncGenerator[Any, None]:
    try:
        async for piece in pieces:
            with _sparing(exchange, "remember"):
                exchange.hear(piece)
            yield piece
    except BaseException:
        exchange.broken_off = True
        raise
    finally:
        if isinstance(pieces, AsyncGenerator):
            await pieces.aclose()
        await _keep(memory, exchange, failed=exchange.broken_off)


def _brief_plainly(memory: Memory, exchange: Exchange) -> None:
    if exchange.takes_context:
        with _sparing(exchange, "brief"):
            exchange.context = memory.context(**exchange.question())


def _keep_plainly(memory: Memory, exchange: Exchange, reply: Any = None, *, failed: bool = False) -> None:
    with _sparing(exchange, "remember", failed=failed):
        if (publication := exchange.publication(reply)) is not None:
            memory.publish_interaction(**publication)


def _passed_plainly(memory: Memory, exchange: Exchange, pieces: Iterator[Any]) -> Generator[Any, None, None]:
    try:
        for piece in pieces:
            with _sparing(exchange, "remember"):
                exchange.hear(piece)
            yield piece
    except BaseException:
        exchange.broken_off = True
        raise
    finally:
        if isinstance(pieces, Generator):
            pieces.close()
        _keep_plainly(memory, exchange, failed=exchange.broken_off)
