"""Methods of a library's client, watched: briefed before they run, published after they answered."""

import functools
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Protocol, Self

from interplay.agents._messages import Message
from interplay.agents._turns import Heard, Turn, Watcher, sparing


class Histories:
    """Conversations that a provider keeps, by the id of the last answer; the latest 256."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, list[Message]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, answer_id: Any) -> list[Message]:
        """Empty for one that is not known."""
        with self._lock:
            return [*self._kept.get(answer_id, ())] if isinstance(answer_id, str) else []

    def keep(self, answer_id: str, messages: list[Message]) -> None:
        with self._lock:
            self._kept[answer_id] = messages
            while len(self._kept) > 256:
                self._kept.popitem(last=False)


class Piece(Protocol):
    """Puts the events of a stream together."""

    def take(self, event: Any) -> None: ...

    def heard(self) -> Heard | None:
        """None where nothing was said."""


class Dialect(Protocol):
    """How one method of a library takes messages and answers."""

    def read(self, arguments: dict[str, Any]) -> tuple[Sequence[Message], str]:
        """The messages of a call, and what tells its conversation apart."""

    def briefable(self, arguments: dict[str, Any]) -> bool:
        """Whether the call takes a system prompt."""

    def brief(self, arguments: dict[str, Any], text: str) -> dict[str, Any]:
        """The arguments with a briefing in the system prompt; those given stay as they are."""

    def heard(self, arguments: dict[str, Any], answer: Any) -> Heard | None:
        """What an answer says; None where it is none, such as a raw response."""

    def pieces(self, arguments: dict[str, Any]) -> Piece: ...


def watched(method: Callable[..., Any], dialect: Dialect, watcher: Watcher) -> Callable[..., Any]:
    """A method that returns an answer, or with stream=True an iterator of events."""

    @functools.wraps(method)
    def call(*args: Any, **arguments: Any) -> Any:
        turn, briefed = _begin(dialect, watcher, arguments)
        try:
            answer = method(*args, **briefed)
        except BaseException:
            _publish(watcher, watcher.rows(turn, None))
            raise
        if arguments.get("stream") is True:
            return Events(answer, turn, dialect.pieces(arguments), watcher)
        _publish(watcher, watcher.rows(turn, lambda: dialect.heard(arguments, answer)))
        return answer

    return call


def watched_async(method: Callable[..., Any], dialect: Dialect, watcher: Watcher) -> Callable[..., Any]:
    """watched() for asyncio."""

    @functools.wraps(method)
    async def call(*args: Any, **arguments: Any) -> Any:
        turn, briefed = await _abegin(dialect, watcher, arguments)
        try:
            answer = await method(*args, **briefed)
        except BaseException:
            await _apublish(watcher, watcher.rows(turn, None))
            raise
        if arguments.get("stream") is True:
            return AsyncEvents(answer, turn, dialect.pieces(arguments), watcher)
        await _apublish(watcher, watcher.rows(turn, lambda: dialect.heard(arguments, answer)))
        return answer

    return call


class Events:
    """A stream of events that is heard while it passes; everything else of it is as it was."""

    def __init__(self, stream: Any, turn: Turn | None, pieces: Piece, watcher: Watcher) -> None:
        self._stream, self._turn, self._pieces, self._watcher = stream, turn, pieces, watcher
        self._passing = self._pass()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __iter__(self) -> Iterator[Any]:
        return self._passing

    def __next__(self) -> Any:
        return next(self._passing)

    def __enter__(self) -> Self:
        self._stream.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.__exit__(kind, error, trace)
        self._end()

    def close(self) -> None:
        """Closes the stream; what was heard of it is published."""
        self._stream.close()
        self._end()

    def _pass(self) -> Iterator[Any]:
        try:
            for event in self._stream:
                with sparing("hear"):
                    self._pieces.take(event)
                yield event
        finally:
            self._end()

    def _end(self) -> None:
        turn, self._turn = self._turn, None
        _publish(self._watcher, self._watcher.rows(turn, self._pieces.heard))


class AsyncEvents:
    """Events for asyncio."""

    def __init__(self, stream: Any, turn: Turn | None, pieces: Piece, watcher: Watcher) -> None:
        self._stream, self._turn, self._pieces, self._watcher = stream, turn, pieces, watcher
        self._passing = self._pass()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __aiter__(self) -> AsyncIterator[Any]:
        return self._passing

    async def __anext__(self) -> Any:
        return await anext(self._passing)

    async def __aenter__(self) -> Self:
        await self._stream.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stream.__aexit__(kind, error, trace)
        await self._end()

    async def close(self) -> None:
        """Closes the stream; what was heard of it is published."""
        await self._stream.close()
        await self._end()

    async def _pass(self) -> AsyncIterator[Any]:
        try:
            async for event in self._stream:
                with sparing("hear"):
                    self._pieces.take(event)
                yield event
        finally:
            await self._end()

    async def _end(self) -> None:
        turn, self._turn = self._turn, None
        await _apublish(self._watcher, self._watcher.rows(turn, self._pieces.heard))


class Manager:
    """The context manager of a helper that streams; briefed when it is entered, heard when it is left.

    `snapshot` is what a stream has said so far. Works with `with` or with `async with`, as the helper does.
    """

    def __init__(
        self,
        method: Callable[..., Any],
        arguments: dict[str, Any],
        dialect: Dialect,
        watcher: Watcher,
        snapshot: Callable[[Any], Any],
    ) -> None:
        self._method, self._arguments = method, arguments
        self._dialect, self._watcher, self._snapshot = dialect, watcher, snapshot
        self._turn: Turn | None = None
        self._manager: Any = None
        self._stream: Any = None

    def __enter__(self) -> Any:
        self._turn, briefed = _begin(self._dialect, self._watcher, self._arguments)
        try:
            self._manager = self._method(**briefed)
            self._stream = self._manager.__enter__()
        except BaseException:
            _publish(self._watcher, self._watcher.rows(self._turn, None))
            raise
        return self._stream

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._manager.__exit__(kind, error, trace)
        _publish(self._watcher, self._watcher.rows(self._turn, self._heard))

    async def __aenter__(self) -> Any:
        self._turn, briefed = await _abegin(self._dialect, self._watcher, self._arguments)
        try:
            self._manager = self._method(**briefed)
            self._stream = await self._manager.__aenter__()
        except BaseException:
            await _apublish(self._watcher, self._watcher.rows(self._turn, None))
            raise
        return self._stream

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._manager.__aexit__(kind, error, trace)
        await _apublish(self._watcher, self._watcher.rows(self._turn, self._heard))

    def _heard(self) -> Heard | None:
        answer = self._snapshot(self._stream)
        return None if answer is None else self._dialect.heard(self._arguments, answer)


def _begin(dialect: Dialect, watcher: Watcher, arguments: dict[str, Any]) -> tuple[Turn | None, dict[str, Any]]:
    turn = watcher.turn(lambda: dialect.read(arguments))
    text = watcher.brief(turn) if dialect.briefable(arguments) else ""
    return turn, _with(dialect, arguments, text)


async def _abegin(dialect: Dialect, watcher: Watcher, arguments: dict[str, Any]) -> tuple[Turn | None, dict[str, Any]]:
    turn = watcher.turn(lambda: dialect.read(arguments))
    text = await watcher.abrief(turn) if dialect.briefable(arguments) else ""
    return turn, _with(dialect, arguments, text)


def _with(dialect: Dialect, arguments: dict[str, Any], text: str) -> dict[str, Any]:
    if text:
        with sparing("brief"):
            return dialect.brief(arguments, text)
    return arguments


def _publish(watcher: Watcher, rows: list[Any]) -> None:
    if rows:
        watcher.memory.publish(rows)


async def _apublish(watcher: Watcher, rows: list[Any]) -> None:
    if rows:
        await watcher.memory.apublish(rows)
