"""Conversations of a file through the resumable publisher: each once, however often an import breaks off."""

import asyncio
import contextlib
import hashlib
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from interplay.agents._messages import Message, interactions, wellformed
from interplay.client import AsyncInterplay
from interplay.errors import FailedPreconditionError, InterplayError
from interplay.publisher import Publisher
from interplay.receipt import Receipt
from interplay.v1 import interaction_pb2

_MAX_ROWS = 100
_MAX_BYTES = 4 * 2**20
_UNDER_WAY = 64
_MAX_NAME = 256
_BLOCK = 2**20
APPEND = "import_append"


@dataclass
class Conversation:
    """Messages of one session as a file holds them. `place` says where, for a person to find it."""

    place: str
    messages: list[Message]
    user_id: str = ""
    session_id: str = ""
    agent_id: str = ""
    agent_version: str = ""


class TooManyFaultsError(ValueError):
    """More of a file could not be read than the caller allows."""


@dataclass
class ImportReport:
    """What an import did. Counts are of this call, but for `resumed_after`."""

    path: str
    stream_id: str
    conversations: int = 0
    """Conversations with something in them, published now or by an earlier call."""
    published: int = 0
    """Interactions that the server took."""
    resumed_after: int = 0
    """Appends of an earlier call, which were not sent again."""
    skipped: Counter[str] = field(default_factory=Counter)
    """What was left out of conversations, by reason."""
    fault_count: int = 0
    """Places that could not be read, hold nothing for anybody, or were refused."""
    faults: list[str] = field(default_factory=list)
    """The first 100 of these, and why."""

    def fault(self, place: str, reason: str) -> None:
        self.fault_count += 1
        if len(self.faults) < 100:
            self.faults.append(f"{place}: {reason}")


Progress = Callable[[int, int], None]
"""Is called with the bytes dealt with and those of the file."""


@dataclass(frozen=True)
class Owner:
    """Whose conversations are that do not say it."""

    user_id: str = ""
    agent_id: str = ""
    agent_version: str = ""
    source: str = ""
    session_prefix: str = ""
    with_system: bool = False
    evaluation_only: bool = False


@dataclass
class _Append:
    number: int
    place: str
    rows: list[interaction_pb2.InteractionData]
    overrides: dict[str, Any]
    position: int


async def import_conversations(
    client: AsyncInterplay,
    path: Path,
    conversations: Iterable[tuple[Conversation | None, int]],
    owner: Owner,
    report: ImportReport,
    *,
    kind: str,
    progress: Progress | None = None,
) -> ImportReport:
    """Publishes what a reader finds: conversations, each with the byte at which the file goes on behind it.

    Appends are numbered in the order of the file and say their number in their metadata; what an earlier call of the
    same file and owner published is not sent again. Raises InterplayError where the server refuses the stream.
    """
    digest, size = await asyncio.to_thread(_digest, path, f"{kind}/{owner!r}")
    report.stream_id = f"{kind}-{digest[:40]}"
    report.resumed_after = await _dealt_with(client, report.stream_id)
    # Every receipt is awaited here, or given up together with the import.
    publisher = client.publisher(report.stream_id, source=owner.source or kind, on_error=lambda error, receipt: None)  # noqa: ARG005
    under_way: deque[tuple[_Append, Receipt]] = deque()

    async def settle() -> None:
        append, receipt = under_way.popleft()
        await _settle(append, receipt, report)
        if progress is not None:
            progress(append.position, size)

    appends = _appends(conversations, owner, digest, report)
    try:
        async with contextlib.aclosing(_threaded(appends)) as made:
            async for append in made:
                if append.number <= report.resumed_after:
                    continue
                under_way.append((append, await _send(publisher, append)))
                while under_way and (len(under_way) > _UNDER_WAY or under_way[0][1].done()):
                    await settle()
        while under_way:
            await settle()
        await publisher.close()
    finally:
        await publisher.abort()
    if progress is not None:
        progress(size, size)
    return report


async def _send(publisher: Publisher, append: _Append) -> Receipt:
    return await publisher.append(append.rows, partial_success=True, **append.overrides)


async def _settle(append: _Append, receipt: Receipt, report: ImportReport) -> None:
    try:
        ack = await receipt
    except InterplayError as error:
        if error.code != "INVALID_ARGUMENT" and error.reason != "MESSAGE_TOO_LARGE":
            raise
        report.fault(append.place, f"refused: {_why(error)}")
        return
    for _, rejected in ack.rejected:
        report.fault(append.place, f"refused: {_why(rejected)}")
    report.published += len(append.rows) - len(ack.rejected) - len(ack.warnings)


def _why(error: InterplayError) -> str:
    return "; ".join(what for _, what in error.violations) or error.message


async def _dealt_with(client: AsyncInterplay, stream_id: str) -> int:
    """Number of the last append that an earlier call published; 0 for none.

    Raises FailedPreconditionError where the server holds what it published and has forgotten the stream.
    """
    offset = (await client.get_publish_stream(stream_id)).next_offset
    if not offset:
        async for _ in client.list_interactions(request_id=f"{stream_id}/0", page_size=1):
            message = "the file was imported before, so long ago that the server has forgotten how far that came"
            raise FailedPreconditionError(message, reason="IMPORTED_BEFORE")
    for last in range(offset - 1, max(-1, offset - 1001), -1):
        async for stored in client.list_interactions(request_id=f"{stream_id}/{last}", page_size=1):
            return int(str(stored.request_metadata[APPEND]).partition(".")[0])
    return 0


def _appends(
    conversations: Iterable[tuple[Conversation | None, int]], owner: Owner, digest: str, report: ImportReport
) -> Iterator[_Append]:
    number = 0
    for ordinal, (conversation, position) in enumerate(conversations):
        if conversation is None:
            continue
        try:
            rows = _rows(conversation, owner, report)
        except Exception as error:  # noqa: BLE001 - what a file holds may be anything, and the others go on
            report.fault(conversation.place, f"not understood: {error!r}")
            continue
        user_id = wellformed(conversation.user_id or owner.user_id)
        if not rows:
            report.fault(conversation.place, "nothing in it")
            continue
        if not user_id.strip() or len(user_id) > _MAX_NAME:
            report.fault(conversation.place, "no user" if not user_id.strip() else "a user id over 256 characters")
            continue
        report.conversations += 1
        session = wellformed(f"{owner.session_prefix}{conversation.session_id or f'{digest[:16]}-{ordinal}'}")
        for place, row in enumerate(rows):
            row.external_id = row.external_id or f"{digest[:16]}-{ordinal}-{place}"
        batches = list(_batches(rows))
        for place, batch in enumerate(batches):
            number += 1
            overrides = {
                "user_id": user_id,
                "session_id": session[:_MAX_NAME],
                "agent_id": wellformed(conversation.agent_id or owner.agent_id)[:_MAX_NAME],
                "agent_version": wellformed(conversation.agent_version or owner.agent_version)[:_MAX_NAME],
                "session_finished": place == len(batches) - 1,
                "evaluation_only": owner.evaluation_only,
                "metadata": {APPEND: number, "import_place": conversation.place},
            }
            yield _Append(number, conversation.place, batch, overrides, position)


def _rows(conversation: Conversation, owner: Owner, report: ImportReport) -> list[interaction_pb2.InteractionData]:
    rows, left_out = interactions(conversation.messages, with_system=owner.with_system)
    report.skipped.update(left_out)
    return rows


def _batches(rows: list[interaction_pb2.InteractionData]) -> Iterator[list[interaction_pb2.InteractionData]]:
    batch: list[interaction_pb2.InteractionData] = []
    size = 0
    for row in rows:
        if batch and (len(batch) == _MAX_ROWS or size + row.ByteSize() > _MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += row.ByteSize()
    if batch:
        yield batch


async def _threaded(appends: Iterator[_Append]) -> AsyncGenerator[_Append, None]:
    """Reads on a thread, so that a long file does not hold up the connection."""
    while (append := await asyncio.to_thread(next, appends, None)) is not None:
        yield append


def _digest(path: Path, salt: str) -> tuple[str, int]:
    """Of what the file holds and of how it is to be imported; and the file's size in bytes, at least 1."""
    digest = hashlib.sha256(salt.encode())
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
        return digest.hexdigest(), max(1, file.tell())
