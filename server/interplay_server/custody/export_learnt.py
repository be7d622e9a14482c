"""A person's interactions and what was learnt from them, in pages of bounded size."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec

from interplay_server.custody.export_person import MOST_ROWS, Page, Person
from interplay_server.custody.export_shapes import row, shape
from interplay_server.custody.export_tables import (
    TABLES,
    AgentPlaybookReference,
)
from interplay_server.domain.interaction import Interaction
from interplay_server.domain.learning_config import PLAYBOOKS, PROFILES
from interplay_server.domain.learnt import (
    AGENT_PLAYBOOK,
    PINNED,
    PROFILE,
    USER_PLAYBOOK,
    AgentPlaybook,
    ChangeFilter,
    CursorKey,
    LearntFilter,
    Profile,
    Row,
    RowChange,
    UserPlaybook,
)
from interplay_server.domain.query import InteractionFilter, Position
from interplay_server.learning.passes import ARMS

PAGE_BYTES = 2 * 2**20
"""What a page should come to: pages of long texts have few rows."""
FIRST_ROWS = 50
_INNER = {PROFILE: shape(Profile), USER_PLAYBOOK: shape(UserPlaybook)}
_KINDS = {PROFILE: PROFILES, USER_PLAYBOOK: PLAYBOOKS}
_TABLE_OF = {PROFILE: "profiles", USER_PLAYBOOK: "user_playbooks"}


class Sized:
    """How many rows the next page should have, from what the last one came to."""

    def __init__(self) -> None:
        self.rows = FIRST_ROWS

    def took(self, rows: int, size: int) -> None:
        if rows:
            self.rows = max(1, min(MOST_ROWS, 2 * self.rows, PAGE_BYTES * rows // max(1, size)))


# --- interactions


async def interactions(person: Person) -> AsyncIterator[Page]:
    where = InteractionFilter(user_id=person.user_id, before_seq=person.sequence + 1)
    after, sized = None, Sized()
    while page := await person.store.interactions(where, limit=sized.rows, after=after):
        after = Position(page[-1].event_time, page[-1].seq)
        for one in page:
            if one.data.image is not None:
                person.images[one.data.image.name] = one.data.image
        sized.took(len(page), sum(_size(one) for one in page))
        yield [row(one, TABLES["interactions"].row) for one in page]


def _size(one: Interaction) -> int:
    return 500 + len(one.data.content) + len(one.data.shadow_content) + len(one.data.expert_content)


async def annotations(person: Person) -> AsyncIterator[Page]:
    queued, after = set[int](), 0
    while page := await person.store.learnt.queued_annotations(MOST_ROWS, after):
        after = page[-1].seq
        queued |= {one.seq for one in page}
    kind = TABLES["annotations"].row
    async for interactions in _ids(person):
        found = await person.store.annotations(interactions)
        notes = [note for notes in found.values() for note in notes if note.seq <= person.sequence]
        yield [msgspec.structs.replace(row(note, kind), queued=note.seq in queued) for note in notes]


async def _ids(person: Person) -> AsyncIterator[list[str]]:
    where = InteractionFilter(user_id=person.user_id, before_seq=person.sequence + 1)
    ids = await person.store.matching_ids(where)
    for at in range(0, len(ids), MOST_ROWS):
        yield ids[at : at + MOST_ROWS]


# --- what was learnt


def learnt(kind: str) -> Callable[[Person], AsyncIterator[Page]]:
    async def pages(person: Person) -> AsyncIterator[Page]:
        async for found in _rows_of(person, kind):
            if kind == USER_PLAYBOOK:
                person.playbook_ids |= {one.row_id for one in found}
            yield [
                msgspec.structs.replace(row(one, TABLES[_TABLE_OF[kind]].row), active=person.learning.shows(one))
                for one in found
            ]

    return pages


async def _rows_of(person: Person, kind: str) -> AsyncIterator[list[Row]]:
    where, before = LearntFilter(user_id=person.user_id), ""
    while page := await person.store.learnt.rows(kind, where, limit=200, before=before):
        before = page[-1].row_id
        yield page


async def changes(person: Person) -> AsyncIterator[Page]:
    where, before = ChangeFilter(user_id=person.user_id, kinds=tuple(_KINDS)), (person.sequence + 1, "")
    while page := await person.store.learnt.changes(where, limit=200, before=before):
        before = (page[-1].seq, page[-1].change_id)
        yield [change_row(one) for one in page]


def change_row(change: RowChange) -> Any:
    """`before` and `after` say by themselves of what kind they are."""
    plain = row(msgspec.structs.replace(change, before=None, after=None), TABLES["learning_changes"].row)
    parts = {name: row(one, _INNER[one.kind]) for name in ("before", "after") if (one := getattr(change, name))}
    return msgspec.structs.replace(plain, **parts)


async def windows(person: Person) -> AsyncIterator[Page]:
    kind, learning = TABLES["learning_windows"].row, person.learning
    kinds = {one.name: kind for kind in _KINDS.values() for one in learning.config.extractors(kind)}
    for user_id in person.user_ids:
        found = await person.store.learnt.receipts_of(user_id, 0, person.sequence)
        active = {kind: learning.active_generation(kind, user_id) for kind in _KINDS.values()}
        yield [
            msgspec.structs.replace(row(one, kind), active=one.generation in (PINNED, active[of]))
            for one in found
            if one.user_id == user_id and (of := kinds.get(one.extractor, PROFILES))
        ]


async def cursors(person: Person) -> AsyncIterator[Page]:
    """Of the generations that are active."""
    config, learnt, table = person.learning.config, person.store.learnt, TABLES["learning_cursors"].row
    for user_id in person.user_ids:
        found = [
            (kind, await learnt.cursor(CursorKey(user_id, one.name, arm, generation)))
            for kind in _KINDS.values()
            for one in config.extractors(kind)
            for generation in (person.learning.active_generation(kind, user_id),)
            for arm in ARMS
        ]
        yield [msgspec.structs.replace(row(one, table), kind=kind) for kind, one in found if one.seq]


async def learners(person: Person) -> AsyncIterator[Page]:
    for user_id in person.user_ids:
        found = await person.store.learnt.learners(unfinished=False, user_id=user_id)
        yield [row(one, TABLES["learners"].row) for one in found]


async def agent_playbooks(person: Person) -> AsyncIterator[Page]:
    if not person.playbook_ids:
        return
    before = ""
    while page := await person.store.learnt.rows(AGENT_PLAYBOOK, LearntFilter(), limit=200, before=before):
        before = page[-1].row_id
        mine = [
            (one, tuple(member for member in one.member_ids if member in person.playbook_ids))
            for one in page
            if isinstance(one, AgentPlaybook)
        ]
        yield [
            AgentPlaybookReference(
                playbook_id=one.row_id,
                agent_id=one.agent_id,
                approval=one.approval,
                create_time=one.create_time,
                update_time=one.update_time,
                member_ids=members,
            )
            for one, members in mine
            if members
        ]
