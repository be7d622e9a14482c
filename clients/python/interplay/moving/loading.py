"""Puts records into a server, each once, however often the import is run."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from google.protobuf import json_format

from interplay.client import AsyncInterplay
from interplay.errors import AlreadyExistsError, InvalidArgumentError
from interplay.moving.records import Fact, Lesson, Record, Turn, Unmapped, digest, origin_tag
from interplay.v1 import interaction_pb2, playbook_pb2, profile_pb2

ALL_LIFECYCLES = ("current", "pending", "superseded", "archived", "expired")
BATCH_TURNS, BATCH_BYTES = 500, 3 * 2**20
_ROW = re.compile(r"^interactions\[(\d+)\]")

SESSIONS_AT_ONCE, LEARNT_AT_ONCE = 16, 64
"""Sessions, and facts or lessons, under way: the server flushes to disk once for all that wait."""
T = TypeVar("T")

Playbook = playbook_pb2.UserPlaybook | playbook_pb2.AgentPlaybook


@dataclass
class Report:
    """What became of the rows of a source, while it is being imported and at the end."""

    new: Counter[str] = field(default_factory=Counter)
    """Stored by this run (would be, in a dry run), by kind: interaction, profile, user_playbook, agent_playbook."""
    there: Counter[str] = field(default_factory=Counter)
    """Stored by an earlier run, by kind."""
    unmapped: list[Unmapped] = field(default_factory=list)
    """Rows, and parts of rows, that become nothing, and why."""
    refused: list[tuple[str, str]] = field(default_factory=list)
    """Origin of each row that the server refused, and what it said."""

    @property
    def seen(self) -> int:
        """Rows dealt with."""
        whole = sum(one.whole for one in self.unmapped)
        return self.new.total() + self.there.total() + whole + len(self.refused)


class MemoryImport:
    """Iterate over its running report, or `wait()` for the last. What was stored stays when it breaks off.

    Run again it goes on: rows are known again by the request id of interactions and by a tag of what was learnt.
    Nothing that is there is changed. Without `learn` interactions are stored and found, and nothing is learnt from
    them: what the other system learnt comes with them.
    """

    def __init__(
        self, client: AsyncInterplay, records: Iterable[Record], *, learn: bool = False, dry_run: bool = False
    ) -> None:
        self._client, self._records = client, records
        self._learn, self._dry_run = learn, dry_run
        self._published: dict[str, dict[str, list[interaction_pb2.Interaction]]] = {}
        self._facts: dict[str, dict[str, profile_pb2.Profile]] = {}
        self._lessons: dict[str, dict[str, Playbook]] = {}
        self._new_ids: dict[str, str] = {}
        self.report = Report()

    async def wait(self) -> Report:
        """Imports all that is left. Raises SourceError, and InterplayError where the server cannot go on."""
        async for _ in self:
            pass
        return self.report

    async def __aiter__(self) -> AsyncIterator[Report]:
        requests: dict[str, list[Turn]] = {}
        later: list[Fact | Lesson] = []
        for record in self._records:
            if isinstance(record, Turn):
                requests.setdefault(f"{record.request}\0{record.interaction.user_id}", []).append(record)
            elif isinstance(record, Unmapped):
                self.report.unmapped.append(record)
            else:
                later.append(record)
        sessions: dict[tuple[str, str], list[list[Turn]]] = {}
        for turns in requests.values():
            first = turns[0].interaction
            sessions.setdefault((first.user_id, first.session_id), []).append(turns)
        for places in _portions(list(sessions), SESSIONS_AT_ONCE):
            for user_id, _ in places:
                await self._know_published(user_id)
            await _all(self._publish_session(sessions[place]) for place in places)
            yield self.report
        for learnt in _portions(later, LEARNT_AT_ONCE):
            for one in learnt:
                await (self._known_facts(one) if isinstance(one, Fact) else self._known_lessons(one))
            await _all(self._store_fact(one) if isinstance(one, Fact) else self._store_lesson(one) for one in learnt)
            yield self.report

    async def _know_published(self, user_id: str) -> None:
        if user_id in self._published:
            return
        held: dict[str, list[interaction_pb2.Interaction]] = {}
        async for row in self._client.list_interactions(user_id=user_id, page_size=1000):
            held.setdefault(row.request_id, []).append(row)
        self._published[user_id] = held

    async def _publish_session(self, requests: Sequence[Sequence[Turn]]) -> None:
        """One after the other: turns without a time keep the order in which they are published."""
        for turns in requests:
            for number, batch in enumerate(_batches(turns)):
                await self._publish(batch, number)

    async def _publish(self, turns: Sequence[Turn], number: int) -> None:
        first = turns[0].interaction
        request = _short(turns[0].request if not number else f"{turns[0].request}#{number}")
        if there := self._published[first.user_id].get(request):
            pairs = _matched(turns, there)
            self.report.there["interaction"] += len(pairs)
            found = {turn.origin for turn, _, _ in pairs}
            why = "not among what an earlier import stored of its request: it was refused or empty then, or is new"
            self.report.unmapped += [Unmapped(origin=one.origin, why=why) for one in turns if one.origin not in found]
        elif self._dry_run:
            self.report.new["interaction"] += len(turns)
            return
        else:
            pairs = await self._send(turns, request)
            self.report.new["interaction"] += len(pairs)
        for turn, name, judged in pairs:
            self._new_ids[turn.old_id] = name
            if not self._dry_run:
                await self._annotate(turn, name, judged)

    async def _send(self, turns: Sequence[Turn], request: str) -> list[tuple[Turn, str, int]]:
        """Without the rows that the server finds fault with. Gives the id of each that is stored."""
        first = turns[0].interaction
        while turns:
            try:
                answer = await self._client.publish_interaction(
                    first.user_id, [turn.interaction.data for turn in turns], first.source, session_id=first.session_id,
                    agent_version=first.agent_version, agent_id=first.agent_id, request_id=request,
                    evaluation_only=first.evaluation_only or not self._learn, learn_from=first.learn_from,
                    metadata=json_format.MessageToDict(first.request_metadata) or None,
                )  # fmt: skip
            except InvalidArgumentError as error:
                bad = {int(found[1]) for one in error.violations if (found := _ROW.match(one.field))}
                whole = bad or set(range(len(turns)))
                self.report.refused += [(turns[at].origin, str(error)) for at in sorted(whole) if at < len(turns)]
                turns = [turn for at, turn in enumerate(turns) if at not in whole]
                continue
            except AlreadyExistsError as error:
                self.report.refused += [(turn.origin, str(error)) for turn in turns]
                return []
            stored = zip(turns, answer.interaction_ids, strict=True)
            return [(turn, name, 0) for turn, name in stored if name or self._empty(turn)]
        return []

    def _empty(self, turn: Turn) -> bool:
        self.report.unmapped.append(Unmapped(origin=turn.origin, why="nothing in it"))
        return False

    async def _annotate(self, turn: Turn, name: str, judged: int) -> None:
        for at, one in enumerate(turn.interaction.annotations):
            if at >= judged:
                await self._client.annotate_interaction(
                    name, annotator=one.annotator, expert_content=one.expert_content, thumb=int(one.thumb),
                    rating=one.rating if one.HasField("rating") else None, comment=one.comment,
                    corrected_content=one.corrected_content, request_id=_short(f"import/{turn.origin}/{at}"),
                )  # fmt: skip

    def _evidence(self, record: Fact | Lesson) -> list[str]:
        found = [self._new_ids[one] for one in record.evidence if one in self._new_ids]
        if len(found) < len(record.evidence) and not self._dry_run:
            lost = len(record.evidence) - len(found)
            self.report.unmapped.append(Unmapped(origin=record.origin, why=f"{lost} pieces of evidence", whole=False))
        return found

    async def _store_fact(self, fact: Fact) -> None:
        known = await self._known_facts(fact)
        key, one = _key(fact.origin, fact.profile), fact.profile
        if there := known.get(key):
            self._note_there("profile", fact.origin, there.content, one.content)
            return
        if not self._dry_run:
            try:
                known[key] = await self._client.create_profile(
                    one.user_id, one.content, category=one.category, subject=one.subject, attribute=one.attribute,
                    value=one.value, time_to_live=int(one.time_to_live), confidence=one.confidence, source=one.source,
                    tags=one.tags, custom_features=json_format.MessageToDict(one.custom_features) or None,
                    notes=one.notes, source_interaction_ids=self._evidence(fact),
                    request_id=_short(f"import/{fact.origin}/{key}"),
                )  # fmt: skip
            except (InvalidArgumentError, AlreadyExistsError) as error:
                self.report.refused.append((fact.origin, str(error)))
                return
        else:
            known[key] = one
        self.report.new["profile"] += 1

    async def _store_lesson(self, lesson: Lesson) -> None:
        one = lesson.playbook
        kind = _kind(lesson)
        known = await self._known_lessons(lesson)
        key = _key(lesson.origin, one)
        there = known.get(key)
        if there is not None:
            self._note_there(kind, lesson.origin, there.instruction, one.instruction)
        elif self._dry_run:
            self.report.new[kind] += 1
            known[key] = one
        else:
            try:
                there = known[key] = await self._create_lesson(lesson, key)
            except (InvalidArgumentError, AlreadyExistsError) as error:
                self.report.refused.append((lesson.origin, str(error)))
                return
            self.report.new[kind] += 1
        pending = isinstance(there, playbook_pb2.AgentPlaybook) and there.approval_status < 2
        if lesson.approval and pending and there is not None and not self._dry_run:
            await self._client.review_agent_playbook(
                there.playbook_id, lesson.approval, comment=f"as it was under {lesson.origin}"
            )

    async def _create_lesson(self, lesson: Lesson, key: str) -> Playbook:
        one, request = lesson.playbook, _short(f"import/{lesson.origin}/{key}")
        fields: dict[str, Any] = {
            "trigger": one.trigger, "pitfall": one.pitfall, "rationale": one.rationale, "agent_id": one.agent_id,
            "confidence": one.confidence, "tags": one.tags, "request_id": request,
            "blocking_issue": one.blocking_issue if one.HasField("blocking_issue") else None,
        }  # fmt: skip
        if isinstance(one, playbook_pb2.AgentPlaybook):
            return await self._client.create_agent_playbook(one.instruction, **fields)
        return await self._client.create_user_playbook(
            one.user_id, one.instruction, agent_version=one.agent_version, source=one.source, session_id=one.session_id,
            source_interaction_ids=self._evidence(lesson), **fields,
        )  # fmt: skip

    def _note_there(self, kind: str, origin: str, stored: str, given: str) -> None:
        self.report.there[kind] += 1
        if stored != given:
            why = "it was changed since an earlier import, here or there; what is here stays"
            self.report.unmapped.append(Unmapped(origin=origin, why=why, whole=False))

    async def _known_facts(self, fact: Fact) -> dict[str, profile_pb2.Profile]:
        """What is there already: of the system a fact comes from, or of its user where that is Interplay."""
        system = _system(fact.origin)
        scope = fact.profile.user_id if system == "interplay" else system
        if scope not in self._facts:
            where: Mapping[str, Any] = {"user_id": scope} if system == "interplay" else {"tags": [f"from:{system}"]}
            rows = self._client.list_profiles(lifecycles=ALL_LIFECYCLES, page_size=1000, **where)
            self._facts[scope] = {_key(fact.origin, row): row async for row in rows}
        return self._facts[scope]

    async def _known_lessons(self, lesson: Lesson) -> dict[str, Playbook]:
        system, kind = _system(lesson.origin), _kind(lesson)
        user = lesson.playbook.user_id if isinstance(lesson.playbook, playbook_pb2.UserPlaybook) else ""
        scope = f"{kind}/{user if system == 'interplay' else system}/{system}"
        if scope not in self._lessons:
            tags = [] if system == "interplay" else [f"from:{system}"]
            rows: AsyncIterator[Playbook]
            if kind == "agent_playbook":
                rows = self._client.list_agent_playbooks(tags=tags, lifecycles=ALL_LIFECYCLES, page_size=1000)
            else:
                user = user if system == "interplay" else ""
                rows = self._client.list_user_playbooks(user, tags=tags, lifecycles=ALL_LIFECYCLES, page_size=1000)
            self._lessons[scope] = {_key(lesson.origin, row): row async for row in rows}
        return self._lessons[scope]


async def _all(jobs: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Waits for every one of them, then raises the first of their errors."""
    for outcome in await asyncio.gather(*jobs, return_exceptions=True):
        if outcome is not None:
            raise outcome


def _portions(many: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(many), size):
        yield many[start : start + size]


def _kind(lesson: Lesson) -> str:
    return "user_playbook" if isinstance(lesson.playbook, playbook_pb2.UserPlaybook) else "agent_playbook"


def _system(origin: str) -> str:
    return origin.partition(":")[0]


def _key(origin: str, row: profile_pb2.Profile | Playbook) -> str:
    """What makes a row the same one: the tag of its origin, or what it says where it comes from Interplay."""
    if _system(origin) != "interplay":
        return next((tag for tag in row.tags if tag.startswith("origin:")), origin_tag(origin))
    tags = "\0".join(sorted(row.tags))
    if isinstance(row, profile_pb2.Profile):
        return digest(row.user_id, row.content, row.category, row.attribute, row.value, tags)
    user = row.user_id if isinstance(row, playbook_pb2.UserPlaybook) else ""
    return digest(user, row.agent_id or "default", row.trigger, row.instruction, row.pitfall, row.rationale, tags)


def _short(request: str) -> str:
    return request if len(request) <= 256 else f"import/{digest(request)}"


def _batches(turns: Sequence[Turn]) -> Iterator[list[Turn]]:
    """Of one place each, in order, small enough for a message."""
    batch: list[Turn] = []
    size = 0
    for turn in turns:
        bytes_of = turn.interaction.data.ByteSize()
        apart = batch and _place(batch[0]) != _place(turn)
        if apart or len(batch) == BATCH_TURNS or (batch and size + bytes_of > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(turn)
        size += bytes_of
    if batch:
        yield batch


def _place(turn: Turn) -> tuple[Any, ...]:
    one = turn.interaction
    return one.session_id, one.source, one.agent_version, one.agent_id, one.evaluation_only, one.learn_from


def _matched(turns: Sequence[Turn], there: Sequence[interaction_pb2.Interaction]) -> list[tuple[Turn, str, int]]:
    """Turns with the id under which an earlier run stored them, and how many annotations that holds."""
    rows = sorted(there, key=lambda row: row.interaction_id)
    found = []
    for turn in turns:
        data = turn.interaction.data
        for row in rows:
            if (row.data.content, row.data.external_id) == (data.content, data.external_id):
                found.append((turn, row.interaction_id, len(row.annotations)))
                rows.remove(row)
                break
    return found
