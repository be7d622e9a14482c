"""Imports of the seed's JSON lines: a malformed line skips only itself, and what broke off goes on where it stood."""

import json
import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec

from interplay_server.domain.monitoring import MOST_MILLISECONDS, EventType, RawEvent, Status
from interplay_server.domain.writing import commit
from interplay_server.errors import InvalidRequest, Violation
from interplay_server.monitoring.actions import IMPORT
from interplay_server.monitoring.keys import pseudonym
from interplay_server.monitoring.tenant import MonitorTenant

AT_ONCE = 1000
LINE_BYTES = 2**20
AHEAD_US = 3_600_000_000
MOST_PROBLEMS = 100
_MARK = b"\xef\xbb\xbf"
_LONGEST = {"command": 8192, "error_message": 65_536, "session_id": 256, "user_hash": 256}
_METADATA_BYTES = 65_536
_FIELD = re.compile(r"\$\.([a-z_]+)")
_MISSING = re.compile(r"missing required field `([a-z_]+)`")


class Line(msgspec.Struct):
    """What the seed's monitor writes."""

    timestamp: str
    interaction_type: EventType
    command: str
    status: Status
    duration_ms: float
    error_message: str | None = None
    metadata: dict[str, Any] | None = None
    session_id: str | None = None
    user_hash: str | None = None


class Problem(msgspec.Struct, frozen=True):
    """`line` from 1; what is wrong names fields, never what stood there."""

    line: int
    field: str
    why: str


class Progress(msgspec.Struct):
    """Everything before `offset` is recorded."""

    offset: int = 0
    line_count: int = 0
    recorded: int = 0
    opted_out: int = 0
    bad_count: int = 0
    problems: list[Problem] = []
    finished: bool = False


class EventImport:
    """One import. `feed` records what a piece completes before it returns; one at a time."""

    def __init__(self, tenant: MonitorTenant, import_id: str) -> None:
        self._tenant, self._import_id = tenant, import_id
        self.progress = Progress()
        self.offset = 0
        """End of what was read."""
        self._left = bytearray()
        self._overlong = False

    async def open(self) -> None:
        """Raises KeyUnavailable."""
        ring = await self._tenant.keys.ring()
        self._name = pseudonym(ring.names, "import", self._import_id).hex()
        text = await self._tenant.store.records.meta(self._meta_key)
        if text:
            self.progress = msgspec.json.decode(text, type=Progress)
        self.offset = self.progress.offset

    @property
    def _meta_key(self) -> str:
        return f"monitor_import/{self._name}"

    async def feed(self, piece: bytes) -> None:
        self.offset += len(piece)
        self._left += piece
        end = self._left.rfind(b"\n") + 1
        if end:
            lines = bytes(self._left[: end - 1]).split(b"\n")
            del self._left[:end]
            await self._take(lines, self.offset - len(self._left))
        if len(self._left) > LINE_BYTES:
            self._overlong = True
            self._left.clear()

    async def finish(self, actor: str) -> None:
        progress = self.progress
        if self._left or self._overlong:
            lines = [bytes(self._left)]
            self._left.clear()
            await self._take(lines, self.offset)
        progress.finished = True
        details = {"lines": progress.line_count, "recorded": progress.recorded, "bad": progress.bad_count}
        meta = {self._meta_key: msgspec.json.encode(progress).decode()}
        await self._tenant.actions.record(IMPORT, details, actor=actor, meta=meta)

    async def _take(self, lines: Sequence[bytes], end: int) -> None:
        """`end` is where the last of the lines ends."""
        sizes = [len(line) + 1 for line in lines]
        start = end - sum(sizes)
        for at in range(0, len(lines), AT_ONCE):
            some = lines[at : at + AT_ONCE]
            start += sum(sizes[at : at + AT_ONCE])
            await self._record(some, min(start, end))

    async def _record(self, lines: Sequence[bytes], safe_offset: int) -> None:
        tenant, progress = self._tenant, self.progress
        overlong, self._overlong = self._overlong, False
        parse = partial(_parsed, lines, progress.line_count, self._name, time.time_ns() // 1000, overlong=overlong)
        events, problems = await tenant.in_thread(parse)
        await tenant.store.admit()
        await tenant.store.wait_room()
        taken = await tenant.intake.take(events, rejected=len(problems))
        progress.offset = safe_offset
        progress.line_count += len(lines)
        progress.recorded += len(taken.kept)
        progress.opted_out += len(taken.refused)
        progress.bad_count += len(problems)
        progress.problems += problems[: max(0, MOST_PROBLEMS - len(progress.problems))]
        meta = {self._meta_key: msgspec.json.encode(progress).decode()}
        await commit(tenant.store, msgspec.structs.replace(taken.entry, meta=meta))


def _parsed(
    lines: Sequence[bytes], before: int, name: str, now: int, *, overlong: bool
) -> tuple[list[RawEvent], list[Problem]]:
    """Events and problems; ids follow from the import and the line."""
    events, problems = [], []
    for number, line in enumerate(lines, before + 1):
        text = line.removeprefix(_MARK) if number == 1 else line
        if overlong and number == before + 1:
            problems.append(Problem(number, "line", f"must be at most {LINE_BYTES} bytes"))
        elif text.strip():
            try:
                events.append(_event(text, f"{name}/{number}", now))
            except InvalidRequest as error:
                problems.append(Problem(number, error.violations[0].field, error.violations[0].description))
    return events, problems


def _event(text: bytes, event_id: str, now: int) -> RawEvent:
    """Raises InvalidRequest."""
    try:
        line = msgspec.json.decode(text, type=Line)
    except msgspec.ValidationError as error:
        found = _FIELD.search(str(error)) or _MISSING.search(str(error))
        known = found is not None and found[1] in Line.__struct_fields__
        raise _bad(found[1] if found and known else "line", "is missing or of the wrong kind") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _bad("line", "is no JSON object in UTF-8") from None
    for field, most in _LONGEST.items():
        if len(getattr(line, field) or "") > most:
            raise _bad(field, f"must be at most {most} characters")
    if not 0 <= line.duration_ms <= MOST_MILLISECONDS:
        raise _bad("duration_ms", f"must be 0 to {MOST_MILLISECONDS:,}")
    if line.metadata and len(json.dumps(line.metadata)) > _METADATA_BYTES:
        raise _bad("metadata", f"must be at most {_METADATA_BYTES} bytes as JSON")
    return RawEvent(
        event_id=event_id,
        timestamp=_instant(line.timestamp, now),
        interaction_type=line.interaction_type,
        command=line.command,
        status=line.status,
        duration_ms=line.duration_ms,
        error_message=line.error_message or "",
        metadata=line.metadata or {},
        session_id=line.session_id or "",
        user_hash=line.user_hash or "",
        client="import",
    )


def _instant(text: str, now: int) -> int:
    """Microseconds; without a zone UTC. Raises InvalidRequest."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _bad("timestamp", "must be an ISO 8601 instant") from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    try:
        since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    except OverflowError:
        raise _bad("timestamp", "must be an ISO 8601 instant") from None
    micros = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    if not 0 <= micros <= now + AHEAD_US:
        raise _bad("timestamp", "must be an instant from 1970 to an hour from now")
    return micros


def _bad(field: str, why: str) -> InvalidRequest:
    return InvalidRequest([Violation(field, why)])
