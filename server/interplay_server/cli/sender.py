"""Sends batches through a resumable publisher, and finds out how far an earlier run came."""

import re
from collections import deque
from dataclasses import dataclass
from typing import Protocol

from interplay import AsyncInterplay, InterplayError, Publisher, Receipt

from interplay_server.cli.failure import Failure, RefusalError
from interplay_server.cli.feed import Batch, Mark
from interplay_server.cli.output import as_json

LINE, DIGEST = "publish_line", "publish_digest"
_ROW = re.compile(r"(?:append\.)?interactions\[(\d+)\]\.?(.*)")
_SKIPPED = re.compile(r"interaction (\d+) (.*)")
_UNDER_WAY = 256
# Of these the append itself is at fault; after any other the stream is.
_OF_THE_BATCH = {"INVALID_REQUEST", "INVALID_MESSAGE", "MESSAGE_TOO_LARGE"}


class Reporter(Protocol):
    """Is told what becomes of the lines."""

    def refused(self, number: int, failure: Failure) -> None: ...

    def skipped(self, number: int, warning: str) -> None: ...

    def progress(self, position: int) -> None:
        """The input is dealt with up to this byte."""


@dataclass
class Tally:
    """Lines sent, and those of them, or not sent at all, that were refused; lines with nothing in them."""

    sent: int = 0
    refused_by_server: int = 0
    refused_unsent: int = 0
    empty: int = 0


class Sender:
    """Keeps a bounded number of appends under way."""

    def __init__(self, publisher: Publisher, reporter: Reporter) -> None:
        self._publisher = publisher
        self._reporter = reporter
        self._under_way: deque[tuple[Batch, Receipt]] = deque()
        self.tally = Tally()

    async def send(self, batch: Batch) -> None:
        """Raises InterplayError where the stream has broken down for good."""
        for number, fault in batch.faults:
            self.tally.refused_unsent += 1
            why = ((fault.field, fault.description),) if fault.field else ()
            self._reporter.refused(number, Failure(fault.description, "INVALID_ARGUMENT", "INVALID_LINE", why))
        if not batch.lines:
            return
        place = batch.place
        self.tally.sent += len(batch.lines)
        try:
            receipt = await self._publisher.append(
                [line.data for line in batch.lines],
                user_id=place.user_id,
                session_id=place.session_id,
                source=place.source,
                agent_version=place.agent_version,
                agent_id=place.agent_id,
                metadata={LINE: batch.mark.line, DIGEST: batch.mark.digest},
                partial_success=True,
            )
        except InterplayError as error:
            self._refuse_all(batch, error)
            return
        self._under_way.append((batch, receipt))
        while self._under_way and (self._under_way[0][1].done() or len(self._under_way) > _UNDER_WAY):
            await self._settle()

    async def finish(self) -> None:
        """Waits for all answers."""
        while self._under_way:
            await self._settle()

    async def _settle(self) -> None:
        batch, receipt = self._under_way.popleft()
        try:
            ack = await receipt
        except InterplayError as error:
            self._refuse_all(batch, error)
        else:
            for place, why in ack.rejected:
                self._refuse(batch.lines[place].number, _of_row(why, place))
            self.tally.empty += len(ack.warnings)
            for warning in ack.warnings:
                found = _SKIPPED.fullmatch(warning)
                self._reporter.skipped(
                    batch.lines[int(found[1]) if found else -1].number, found[2] if found else warning
                )
        self._reporter.progress(batch.position)

    def _refuse_all(self, batch: Batch, error: InterplayError) -> None:
        if error.reason not in _OF_THE_BATCH:
            raise error
        for place, line in enumerate(batch.lines):
            self._refuse(line.number, _of_row(error, place))

    def _refuse(self, number: int, failure: Failure) -> None:
        self.tally.refused_by_server += 1
        self._reporter.refused(number, failure)


def _of_row(error: InterplayError, place: int) -> Failure:
    """The error as it concerns one row, with paths relative to it."""
    violations = []
    for path, description in error.violations:
        found = _ROW.match(path)
        if found is None or int(found[1]) == place:
            violations.append((found[2] if found else path, description))
    return Failure(error.message, error.code, error.reason, tuple(violations))


async def find_mark(client: AsyncInterplay, stream_id: str) -> Mark | None:
    """How far the stream came, None for a new one. Raises RefusalError for a stream that another program wrote."""
    offset = (await client.get_publish_stream(stream_id)).next_offset
    if not offset:
        return None
    # The last append may hold nothing but rows that were skipped, and then nothing is stored of it.
    for last in range(offset - 1, max(-1, offset - 1001), -1):
        async for stored in client.list_interactions(request_id=f"{stream_id}/{last}", page_size=1):
            noted = as_json(stored).get("request_metadata", {})
            if LINE not in noted:
                break
            return Mark(int(noted[LINE]), str(noted[DIGEST]))
    message = (
        f"the stream {stream_id} was not written by `interplay publish`, or what it wrote was deleted; take another"
    )
    raise RefusalError(message, "FAILED_PRECONDITION", "FOREIGN_STREAM")
