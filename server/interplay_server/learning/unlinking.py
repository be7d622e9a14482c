"""A link is taken back: each of the two gets what rests on their own words.

A row goes to whoever's words made it. Where the other one has said it too, they read their own words again from there
on, as learning does: what they had made since is dropped for it, their cursors are put back. It all becomes one entry
of the journal.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from interplay_server.domain.ids import new_ulid
from interplay_server.domain.interaction import Interaction
from interplay_server.domain.learning_config import PLAYBOOKS, PROFILES
from interplay_server.domain.learnt import (
    CREATED,
    PINNED,
    PROFILE,
    RESTORED,
    SUPERSEDED,
    USER_PLAYBOOK,
    WITNESS_REMOVED,
    Cursor,
    CursorKey,
    Evidence,
    LearntFilter,
    Profile,
    Row,
    UserPlaybook,
    WindowReceipt,
)
from interplay_server.domain.links import LinkChange
from interplay_server.learning.passes import ARMS
from interplay_server.learning.step import Step
from interplay_server.learning.tenant import LearningTenant

PAGE = 1000
NEVER = 2**62
GUEST, ACCOUNT = 0, 1
_CAUSE = "unlinked"


@dataclass(slots=True)
class _Half:
    """One of the two people, and what they are to read again."""

    owner: str
    ids: frozenset[str]
    cited: dict[str, Evidence] = field(default_factory=dict)
    """Their interactions that witnessed rows made by the other."""
    first: int = NEVER
    """Sequence number from which on they read again, and when it was published."""
    since: int = NEVER


class _Parting:
    """Rows of both, by what is to become of them."""

    def __init__(self, guest: _Half, account: _Half, said: Mapping[str, Interaction]) -> None:
        self.halves = (guest, account)
        self._said = said
        self._times = {row.publish_time for row in said.values()}
        self.kept: dict[str, tuple[Row, Row, int]] = {}
        """The row as it is stored and as it becomes, and whose it is, by id."""
        self.dropped: dict[str, Row] = {}

    def side(self, one: Evidence) -> int:
        return GUEST if one.interaction_id in self._said else ACCOUNT

    def owner(self, row: Row) -> int:
        return GUEST if row.user_id in self.halves[GUEST].ids else ACCOUNT

    def retracted_by(self, row: Row) -> int:
        """Who took back a row that nothing superseded: it ended when their words were published."""
        return GUEST if row.end_time in self._times else ACCOUNT

    def place(self, row: Row, *, judged: bool) -> None:
        """`judged`: it was made from an annotation, which no window reads again."""
        if row.origin.generation == PINNED or not row.evidence:
            self._keep(row, self.owner(row))
            return
        sides = {self.side(one) for one in row.evidence}
        maker = self.side(row.evidence[0])
        made_by = {self.side(one) for one in row.evidence if one.publish_time <= row.create_time}
        if len(sides) == 2:
            for one in row.evidence:
                if (by := self.side(one)) != maker or (len(made_by) == 2 and not judged):
                    self.halves[by].cited[one.interaction_id] = one
        if len(made_by) == 2 and not judged:
            self.dropped[row.row_id] = row
        else:
            self._keep(row, maker)

    def _keep(self, row: Row, side: int) -> None:
        left = tuple(one for one in row.evidence if self.side(one) == side)
        after = row
        if left != row.evidence:
            after = _with_evidence(row, left)
        if self.owner(row) != side:
            after = msgspec.structs.replace(after, row_id=new_ulid(), revision=1, user_id=self.halves[side].owner)
        self.kept[row.row_id] = (row, after, side)

    def drop_read_again(self, judged: set[str]) -> None:
        """What was made of words that are read again is made of them again."""
        for row_id, (row, after, side) in list(self.kept.items()):
            made_at = after.evidence[0].publish_time if after.evidence else 0
            if row.origin.generation != PINNED and row_id not in judged and made_at >= self.halves[side].since:
                del self.kept[row_id]
                self.dropped[row_id] = row

    def close(self) -> None:
        """A place that the other one's row holds is open again, or whose it is behind that row."""
        for row_id, (row, after, side) in self.kept.items():
            if after.end_time is None:
                continue
            holder, ended = self._holder(row, side)
            if holder != after.superseded_by or ended != after.end_time:
                changed = msgspec.structs.replace(after, superseded_by=holder, end_time=ended)
                self.kept[row_id] = (row, changed, side)

    def _holder(self, row: Row, side: int) -> tuple[str, int | None]:
        seen = {row.row_id}
        while row.superseded_by:
            if (found := self.kept.get(row.superseded_by)) is not None:
                holder, becomes, of = found
                if of == side:
                    return becomes.row_id, row.end_time
            elif row.superseded_by in self.dropped:
                holder = self.dropped[row.superseded_by]
            else:
                return row.superseded_by, row.end_time
            if holder.row_id in seen:
                return "", None
            seen.add(holder.row_id)
            row = holder
        mine = row.end_time is not None and self.retracted_by(row) == side
        return "", row.end_time if mine else None


async def take_apart(tenant: LearningTenant, step: Step, change: LinkChange) -> tuple[str, ...]:
    """Puts what changes into the step; users whose interactions are to be looked at again. Under the account's lock."""
    store, links = tenant.store, tenant.store.links
    # Whatever either was linked to since is followed after it.
    account = [one for one in links.linked(change.account_id) if one != change.guest_id]
    guest = frozenset((change.guest_id,))
    said = await _said(tenant, change.guest_id)
    parting = _Parting(_Half(change.guest_id, guest), _Half(change.account_id, frozenset(account)), said)
    rows = await _rows(tenant, guest | frozenset(account))
    judged = await _judged(tenant, rows)
    for row in rows:
        parting.place(row, judged=row.row_id in judged)
    await _read_together(tenant, change, parting, said)
    for side in (GUEST, ACCOUNT):
        await _look_back(tenant, parting, side)
    progress = next(iter(await store.learnt.learners(unfinished=False, user_id=change.guest_id)), None)
    if progress is not None and progress.done_seq < min(progress.newest_seq, change.since):
        # What they published before the link is not read to its end: it is read as theirs, and all that followed.
        behind = [row for row in said.values() if row.seq > progress.done_seq]
        _from(parting.halves[GUEST], behind)
    parting.drop_read_again(judged)
    parting.close()
    for row in parting.dropped.values():
        step.remove(row, _CAUSE)
    for row, after, _ in parting.kept.values():
        if after.row_id != row.row_id:
            step.remove(row, _CAUSE)
            step.put(None, after, CREATED, _CAUSE)
        elif after is not row:
            step.put(row, after, _named(row, after), _CAUSE)
    await _turn_back(tenant, step, parting)
    again = {change.guest_id}
    if parting.halves[ACCOUNT].first != NEVER:
        again.update(account)
    return tuple(sorted(again))


async def _said(tenant: LearningTenant, guest_id: str) -> dict[str, Interaction]:
    found: dict[str, Interaction] = {}
    after = 0
    while page := await tenant.store.published_after(((guest_id, 0),), after, limit=PAGE):
        found |= {row.interaction_id: row for row in page}
        after = page[-1].seq
    return found


async def _rows(tenant: LearningTenant, ids: frozenset[str]) -> list[Row]:
    found: list[Row] = []
    for kind in (PROFILE, USER_PLAYBOOK):
        before = ""
        while page := await tenant.store.learnt.rows(kind, LearntFilter(user_ids=ids), limit=PAGE, before=before):
            found += page
            before = page[-1].row_id
    return found


async def _judged(tenant: LearningTenant, rows: Iterable[Row]) -> set[str]:
    """Rows that were made from annotations."""
    lessons = [row for row in rows if isinstance(row, UserPlaybook)]
    windows = list({row.origin.window_id for row in lessons if row.origin.window_id})
    found: Sequence[WindowReceipt] = await tenant.store.learnt.receipts(windows) if windows else ()
    given = {one.window_id for one in found if one.trigger == "annotation"}
    return {row.row_id for row in lessons if row.origin.window_id in given}


async def _read_together(
    tenant: LearningTenant, change: LinkChange, parting: _Parting, said: Mapping[str, Interaction]
) -> None:
    """From the first window on that held words of both, each reads their own again: there one may have kept the other
    from being heard.
    """
    if not said:
        return
    after = min(row.seq for row in said.values())
    first: dict[tuple[str, str, int], WindowReceipt] = {}
    for one in await tenant.store.learnt.receipts_of(change.account_id, after, NEVER):
        theirs = said.keys() & set(one.interaction_ids)
        if theirs and len(theirs) < len(one.interaction_ids):
            key = (one.extractor, one.arm, one.generation)
            if key not in first or one.first_seq < first[key].first_seq:
                first[key] = one
    for interaction_id in {each for one in first.values() for each in one.interaction_ids}:
        own = said.get(interaction_id)
        row = own if own is not None else await tenant.store.get(interaction_id)
        if row is not None:
            _from(parting.halves[ACCOUNT if own is None else GUEST], [row])


async def _look_back(tenant: LearningTenant, parting: _Parting, of: int) -> None:
    """The first of their interactions that they are to read again."""
    half, kept = parting.halves[of], parting.kept.values()
    if not half.cited and half.since == NEVER:
        return
    since = min([half.since, *(one.publish_time for one in half.cited.values())])
    cited = {one.interaction_id for one in half.cited.values() if one.publish_time == since}
    # What was committed in the same moment is read again as well.
    cited |= {
        one.interaction_id for _, row, side in kept if side == of for one in row.evidence if one.publish_time == since
    }
    there = [await tenant.store.get(one) for one in sorted(cited)]
    _from(half, [row for row in there if row is not None])


def _from(half: _Half, rows: Iterable[Interaction]) -> None:
    for row in rows:
        half.first, half.since = min(half.first, row.seq), min(half.since, row.publish_time)


async def _turn_back(tenant: LearningTenant, step: Step, parting: _Parting) -> None:
    """Cursors stand where each of the two has read to: the guest as far as the account has, but for what is read
    again.
    """
    guest, other = parting.halves
    for kind in (PROFILES, PLAYBOOKS):
        of_kind = tenant.generations.of(kind)
        numbers = {one.number for one in (*of_kind.promoted, *((of_kind.pending,) if of_kind.pending else ()))}
        for number in sorted(numbers):
            for extractor in tenant.config.extractors(kind):
                for arm in ARMS:
                    cursors = [
                        await tenant.store.learnt.cursor(CursorKey(one, extractor.name, arm, number))
                        for one in (guest.owner, other.owner)
                    ]
                    read = max(one.seq for one in cursors)
                    places = (min(read, guest.first - 1), min(cursors[1].seq, other.first - 1))
                    for cursor, place in zip(cursors, places, strict=True):
                        tenant.scanned.pop(cursor.key, None)
                        if cursor.seq != place:
                            step.cursors.append(Cursor(cursor.key, place))


def _with_evidence(row: Row, left: tuple[Evidence, ...]) -> Row:
    changes: dict[str, object] = {"evidence": left}
    if isinstance(row, Profile | UserPlaybook) and left and row.origin.generation != PINNED:
        changes["confirm_time"] = max(one.time for one in left)
        changes["valid_from"] = min(one.publish_time for one in left)
    return msgspec.structs.replace(row, **changes)


def _named(row: Row, after: Row) -> str:
    if row.end_time is not None and after.end_time is None:
        return RESTORED
    return SUPERSEDED if row.superseded_by != after.superseded_by else WITNESS_REMOVED
