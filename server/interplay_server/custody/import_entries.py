"""From the rows of an export to entries of the journal, in the order in which they were made, under new ids."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import msgspec

from interplay_server.custody.export_shapes import domain, renewed
from interplay_server.custody.import_files import Staged
from interplay_server.dialogue.stored import DialogueRecord, dialogue_row, turn_row
from interplay_server.domain import evaluation, journal, shop
from interplay_server.domain.commerce import Customer, FeatureEvent, IdentityLink, Order
from interplay_server.domain.dialogue import DIALOGUES, TURNS, Turn
from interplay_server.domain.evaluation import Exposure, Outcome, PairVerdict, SessionEvaluation
from interplay_server.domain.interaction import Annotation, Details, Interaction
from interplay_server.domain.learning_config import PROFILES
from interplay_server.domain.learnt import (
    PROFILE,
    USER_PLAYBOOK,
    Cursor,
    Profile,
    Row,
    RowChange,
    Seen,
    UserPlaybook,
    WindowReceipt,
)
from interplay_server.domain.links import LinkChange
from interplay_server.domain.records import Collection, Put, Values
from interplay_server.domain.shop import CUSTOMERS, EVENTS, LINKS, MARKS, ORDERS
from interplay_server.learning.lifecycle import GENERATION_KIND

ROWS_AT_ONCE = 500
"""Rows of collections and of what is learnt in one entry."""
PROFILES_TABLE, PLAYBOOKS_TABLE = LEARNT_TABLES = ("profiles", "user_playbooks")


class Group(msgspec.Struct, frozen=True):
    """Interactions that were published together, or a link, at their place in the old journal."""

    seq: int
    publish_time: int
    entry: journal.Entry
    old: tuple[tuple[str, int], ...] = ()
    """(id, sequence number) of each interaction."""


class Ids:
    """Old ids to new ones. What an export does not have is not cited in what is taken in."""

    def __init__(self, staged: Staged) -> None:
        rows = staged.rows
        learnt = [one.row_id for name in LEARNT_TABLES for one in rows.get(name, ())]
        history = rows.get("learning_changes", ())
        self.rows = renewed(sorted({*learnt, *(one.row_id for one in history)}))
        self.changes = renewed(sorted({one.change_id for one in history}))
        self.windows = renewed(sorted({one.window_id for one in rows.get("learning_windows", ())}))
        self.interactions: dict[str, str] = {}
        self._old: list[int] = []
        self._new: list[int] = []

    def placed(self, old_id: str, old_seq: int, new_id: str, new_seq: int) -> None:
        """Called in the order of the journal."""
        self.interactions[old_id] = new_id
        self._old.append(old_seq)
        self._new.append(new_seq)

    def seq(self, old: int) -> int:
        """Of the last interaction up to a place in the old journal; 0 before the first."""
        at = bisect_right(self._old, old)
        return self._new[at - 1] if at else 0

    def known(self, old: Iterable[str]) -> tuple[str, ...]:
        return tuple(new for one in old if (new := self.interactions.get(one)) is not None)


def groups(staged: Staged, ids: Ids) -> list[Group]:
    """Interactions as they were published, and the links between the person's ids."""
    rows = sorted(staged.rows.get("interactions", ()), key=lambda one: one.seq)
    made: list[Group] = []
    for (_, publish_time), some in groupby(rows, key=lambda one: (one.header, one.publish_time)):
        found = [domain(one, Interaction) for one in some]
        datas = tuple(
            msgspec.structs.replace(one.data, details=_details(one.data.details, ids)) if one.data.details else one.data
            for one in found
        )
        old = tuple((one.interaction_id, one.seq) for one in found)
        made.append(Group(found[0].seq, publish_time, journal.Published(found[0].header, datas), old))
    for one in staged.rows.get("user_links", ()):
        link = LinkChange(one.guest_id, one.account_id, linked=True)
        made.append(Group(one.link_seq, one.link_time, journal.Recorded(links=(link,))))
    return sorted(made, key=lambda one: one.seq)


def _details(given: Details, ids: Ids) -> Details:
    """Learnt rows that were retrieved or cited are the new ones."""
    return msgspec.structs.replace(
        given,
        citations=tuple(
            msgspec.structs.replace(one, real_id=ids.rows.get(one.real_id, one.real_id)) for one in given.citations
        ),
        retrieved_learnings=tuple(
            msgspec.structs.replace(one, learning_id=ids.rows.get(one.learning_id, one.learning_id))
            for one in given.retrieved_learnings
        ),
    )


class Note(msgspec.Struct, frozen=True):
    """A judgement; `queued` says that it is still to be learnt from."""

    time: int
    old_id: str
    """Of its interaction."""
    entry: journal.Annotated
    queued: bool


def annotations(staged: Staged, ids: Ids) -> list[Note]:
    """In their order; those of interactions that went are left out."""
    rows = sorted(staged.rows.get("annotations", ()), key=lambda one: one.seq)
    return [
        Note(
            one.create_time, one.interaction_id, journal.Annotated(new, domain(one.annotation, Annotation)), one.queued
        )
        for one in rows
        if (new := ids.interactions.get(one.interaction_id)) is not None
    ]


# --- collections


def records(staged: Staged, ids: Ids, evaluated: Callable[[str, str], int]) -> Iterator[journal.Recorded]:
    """`evaluated` gives the newest place of a session in the new journal."""
    rows = staged.rows
    yield from _puts(
        evaluation.OUTCOME_ROWS,
        (evaluation.outcome_row(domain(one, Outcome)) for one in rows.get("session_outcomes", ())),
    )
    judged = [_evaluation(domain(one, SessionEvaluation), ids) for one in rows.get("session_evaluations", ())]
    yield from _puts(evaluation.EVALUATIONS, map(evaluation.evaluation_row, judged))
    ended = [(one.user_id, one.session_id, one.last_seq) for one in judged if one.last_seq]
    ended = [one for one in ended if evaluated(one[0], one[1]) <= one[2]]
    if ended:
        yield journal.Recorded(evaluated=tuple(ended))
    verdicts = [domain(one, PairVerdict) for one in rows.get("pair_verdicts", ())]
    yield from _puts(
        evaluation.VERDICTS,
        (
            evaluation.verdict_row(msgspec.structs.replace(one, interaction_id=new))
            for one in verdicts
            if (new := ids.interactions.get(one.interaction_id)) is not None
        ),
    )
    exposures = rows.get("experiment_exposures", ())
    yield from _puts(evaluation.EXPOSURES, (evaluation.exposure_row(domain(one, Exposure)) for one in exposures))
    yield from _shop(staged)
    yield from _puts(DIALOGUES, (dialogue_row(domain(one, DialogueRecord)) for one in rows.get("dialogues", ())))
    turns = rows.get("dialogue_turns", ())
    yield from _puts(TURNS, (turn_row(one.dialogue_id, domain(one, Turn)) for one in turns))


def _shop(staged: Staged) -> Iterator[journal.Recorded]:
    rows = staged.rows
    events = [domain(one, FeatureEvent) for one in rows.get("shop_events", ()) if not one.from_interaction]
    orders = [domain(one, Order) for one in rows.get("orders", ())]
    yield from _puts(CUSTOMERS, (shop.customer_row(domain(one, Customer)) for one in rows.get("customers", ())))
    yield from _puts(ORDERS, map(shop.order_row, orders))
    yield from _puts(LINKS, (shop.link_row(domain(one, IdentityLink)) for one in rows.get("identity_links", ())))
    yield from _puts(EVENTS, map(shop.event_row, events))
    if orders:
        yield journal.Recorded((Put(MARKS.name, (shop.mark(shop.MARK_CUSTOMER, staged.user_ids),)),))


def _puts(collection: Collection, rows: Iterable[Values]) -> Iterator[journal.Recorded]:
    for some in _chunks(list(rows)):
        yield journal.Recorded((Put(collection.name, tuple(some)),))


def _evaluation(one: SessionEvaluation, ids: Ids) -> SessionEvaluation:
    new = ids.interactions
    return msgspec.structs.replace(
        one,
        first_seq=ids.seq(one.first_seq),
        last_seq=ids.seq(one.last_seq),
        interaction_ids=ids.known(one.interaction_ids),
        evidence=tuple(
            msgspec.structs.replace(part, interaction_id=new.get(part.interaction_id, ""))
            for part in one.evidence
            if part.interaction_id in new or not part.interaction_id
        ),
        corrective_ids=ids.known(one.corrective_ids),
        satisfaction=tuple((new[turn], value) for turn, value in one.satisfaction if turn in new),
        injected=tuple((kind, ids.rows.get(row_id, row_id)) for kind, row_id in one.injected),
        cited=tuple((kind, ids.rows.get(row_id, row_id)) for kind, row_id in one.cited),
    )


# --- what was learnt


def learnt(staged: Staged, ids: Ids, generation: Mapping[str, int]) -> Iterator[journal.Learnt]:
    """Rows of the generations that were active, under those that are active here by kind of rows, their history,
    windows, and how far everything has come.
    """
    rows = staged.rows
    shown: set[str] = set()
    for name, kind in ((PROFILES_TABLE, Profile), (PLAYBOOKS_TABLE, UserPlaybook)):
        active = [one for one in rows.get(name, ()) if one.active]
        shown |= {one.row_id for one in active}
        for some in _chunks(active):
            yield journal.Learnt(puts=tuple(_row(domain(one, kind), ids, generation) for one in some))
    hidden = {one.row_id for name in LEARNT_TABLES for one in rows.get(name, ())} - shown
    # The journal gives all changes of an entry one place: their ids tell the order within it.
    history = sorted(rows.get("learning_changes", ()), key=lambda one: (one.seq, one.change_id))
    for some in _chunks([one for one in history if one.row_id not in hidden]):
        yield journal.Learnt(changes=tuple(_change(one, ids, generation) for one in some))
    kinds = {one.key.extractor: one.kind for one in rows.get("learning_cursors", ())}
    for some in _chunks([one for one in rows.get("learning_windows", ()) if one.active]):
        made = (_receipt(domain(one, WindowReceipt), ids) for one in some)
        yield journal.Learnt(receipts=tuple(_of(one, generation[kinds.get(one.extractor, PROFILES)]) for one in made))
    cursors = tuple(_cursor(domain(one, Cursor), ids, generation[one.kind]) for one in rows.get("learning_cursors", ()))
    done = [(one.user_id, ids.seq(one.done_seq)) for one in rows.get("learners", ())]
    yield journal.Learnt(cursors=cursors, done=tuple(done))


def _row(row: Row, ids: Ids, generation: Mapping[str, int]) -> Any:
    origin = msgspec.structs.replace(
        row.origin,
        window_id=ids.windows.get(row.origin.window_id, ""),
        generation=row.origin.generation and generation[GENERATION_KIND[row.kind]],
    )
    return msgspec.structs.replace(
        row,
        row_id=ids.rows[row.row_id],
        origin=origin,
        evidence=tuple(
            msgspec.structs.replace(one, interaction_id=new)
            for one in row.evidence
            if (new := ids.interactions.get(one.interaction_id)) is not None
        ),
        windows=tuple(new for one in row.windows if (new := ids.windows.get(one)) is not None),
        superseded_by=ids.rows.get(row.superseded_by, ""),
    )


_KINDS: dict[str, type[Row]] = {PROFILE: Profile, USER_PLAYBOOK: UserPlaybook}


def _change(given: Any, ids: Ids, generation: Mapping[str, int]) -> RowChange:
    plain = domain(msgspec.structs.replace(given, before=None, after=None), RowChange)
    kind = _KINDS[given.kind]
    before, after = (
        None if one is None else _row(domain(one, kind), ids, generation) for one in (given.before, given.after)
    )
    made: RowChange = msgspec.structs.replace(
        plain,
        change_id=ids.changes[plain.change_id],
        row_id=ids.rows[plain.row_id],
        cause=ids.windows.get(plain.cause) or ids.rows.get(plain.cause) or plain.cause,
        before=before,
        after=after,
        seq=0,
    )
    return made


def _of(one: WindowReceipt, generation: int) -> WindowReceipt:
    return msgspec.structs.replace(one, generation=one.generation and generation)


def _receipt(one: WindowReceipt, ids: Ids) -> WindowReceipt:
    return msgspec.structs.replace(
        one,
        window_id=ids.windows[one.window_id],
        interaction_ids=ids.known(one.interaction_ids),
        first_seq=ids.seq(one.first_seq),
        last_seq=ids.seq(one.last_seq),
        row_ids=tuple(new for row_id in one.row_ids if (new := ids.rows.get(row_id)) is not None),
    )


def _cursor(one: Cursor, ids: Ids, generation: int) -> Cursor:
    recent = tuple(Seen(seq, seen.windows) for seen in one.recent if (seq := ids.seq(seen.seq)))
    key = msgspec.structs.replace(one.key, generation=one.key.generation and generation)
    return Cursor(key, ids.seq(one.seq), recent)


def _chunks(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (rows[at : at + ROWS_AT_ONCE] for at in range(0, len(rows), ROWS_AT_ONCE))
