"""People who were erased: the receipts, the pseudonyms that keep them out, and whom an entry of the journal is about.

A pseudonym is a keyed digest of a user id, made with the tenant's secret: only that tenant, and a backup of it, can
tell whose it is, and only by trying.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from interplay_server.domain import journal
from interplay_server.domain.dialogue import DIALOGUES
from interplay_server.domain.evaluation import EVALUATIONS, EXPOSURES, OUTCOME_ROWS, VERDICTS
from interplay_server.domain.records import Put, Values
from interplay_server.domain.shop import CUSTOMERS, EVENTS, LINKS, ORDERS

PERSON_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    EVENTS.name: ("customer_id", "user_id"),
    CUSTOMERS.name: ("customer_id",),
    ORDERS.name: ("customer_id",),
    LINKS.name: ("customer_id",),
    OUTCOME_ROWS.name: ("user_id",),
    EVALUATIONS.name: ("user_id",),
    VERDICTS.name: ("user_id",),
    EXPOSURES.name: ("user_id",),
    DIALOGUES.name: ("persona_id",),
}
"""Of each collection whose rows are about one person, the fields that name them."""
_COLLECTIONS = (EVENTS, CUSTOMERS, ORDERS, LINKS, OUTCOME_ROWS, EVALUATIONS, VERDICTS, EXPOSURES, DIALOGUES)
_PLACES = {one.name: tuple(one.names.index(field) for field in PERSON_FIELDS[one.name]) for one in _COLLECTIONS}
_DOMAIN = b"interplay/erased-user/1\0"
_DIGITS = 32


class Erasure(msgspec.Struct, frozen=True):
    """Times in microseconds. `user_ids` are there while it runs; `counts` are rows by table."""

    pseudonym: str
    start_time: int
    operation_id: str
    user_ids: tuple[str, ...] = ()
    end_time: int | None = None
    readmit_time: int | None = None
    counts: Mapping[str, int] = {}

    @property
    def running(self) -> bool:
        return self.end_time is None


class ErasureStore(Protocol):
    """What one tenant's storage knows and does of erasures. A step that was done changes nothing when done again."""

    @property
    def any(self) -> bool:
        """Somebody is erased and not admitted again."""

    @property
    def restored(self) -> bool:
        """The tenant came out of a backup, and who was erased since it was made is being erased again."""

    async def wait_open(self) -> None:
        """Returns when nobody is `restored`."""

    async def tidy(self) -> None:
        """Takes up what a kill after the end of an erasure may have left of ids in the ledger's log."""

    def refusal(self, user_id: str) -> str:
        """Pseudonym of the receipt of somebody who is erased, empty for everybody else. It never waits."""

    def check(self, *user_ids: str) -> None:
        """Raises UserErased."""

    def pseudonym(self, user_id: str) -> str: ...

    async def get(self, pseudonym: str) -> Erasure | None:
        """The newest of a person."""

    async def page(self, *, limit: int, before: tuple[int, str] | None = None, pseudonym: str = "") -> list[Erasure]:
        """The newest first; `before` is (start time, pseudonym) of the last one seen."""

    async def unfinished(self) -> list[Erasure]: ...

    async def begin(self, user_ids: Sequence[str], operation_id: str, now: int) -> Erasure:
        """From the moment of the call on nothing is written about these people; when it returns, everything that was
        submitted before is committed, and all of it is in the ledger.
        """

    async def save(self, erasure: Erasure) -> None: ...

    async def readmit(self, erasure: Erasure, now: int) -> Erasure: ...

    async def people(self) -> set[str]:
        """Ids of everybody about whom anything is held."""

    async def open_up(self) -> None:
        """Whoever was in the backup and had been erased is erased again."""

    async def reopen(self, receipt: str, user_ids: Sequence[str], operation_id: str, now: int) -> Erasure:
        """Another erasure of somebody who is kept out already."""

    async def images(self, user_ids: Sequence[str]) -> list[str]:
        """Names of images that they show."""

    async def entries(self, user_ids: Sequence[str]) -> int:
        """Entries of the journal that publish for them and are not in the tables for good."""

    async def forget_receipts(self, seqs: Sequence[int]) -> int:
        """Drops what tells repeated publishes of these rows, and digests of them, from the ledger."""

    async def forget_rows(self, user_ids: Sequence[str]) -> Mapping[str, int]:
        """Deletes what no entry of the journal can remove: histories, annotations that they made, computed features."""

    async def forget_ledger(self, user_ids: Sequence[str]) -> Mapping[str, int]:
        """Deletes what the ledger says of them, operations that name them too."""

    async def shred(self, told: Callable[[], None]) -> None:
        """Returns when nothing that was removed is in a file: tables, their versions and indexes, journal, ledger,
        spool.
        """

    async def end(self, erasure: Erasure) -> None:
        """Saves the receipt without the ids, of which no file holds anything when it returns."""


def pseudonym_of(secret: bytes, user_id: str) -> str:
    """32 hexadecimal digits."""
    return hmac.digest(secret, _DOMAIN + user_id.encode(), hashlib.sha256).hex()[:_DIGITS]


def names(text: str, user_ids: Iterable[str]) -> bool:
    """Whether a text names one of these, as a word of its own."""
    return any(one in text and re.search(rf"(?<!\w){re.escape(one)}(?!\w)", text) for one in user_ids)


def person_of(entry: journal.Entry) -> str:
    """Whose interactions an entry publishes; empty for every other entry."""
    return entry.header.user_id if isinstance(entry, journal.Published) else ""


def people_of(entry: journal.Recorded) -> set[str]:
    """Everybody whom rows of an entry are about."""
    return {one for put in entry.puts for row in put.rows for one in people_of_row(put.collection, row)}


def people_of_row(collection: str, row: Values) -> set[str]:
    return {row[at] for at in _PLACES.get(collection, ())} - {""}


def without(entry: journal.Entry, gone: Callable[[str], bool]) -> journal.Entry:
    """An entry without what it says of people who are gone; the same one where it says nothing of them."""
    if isinstance(entry, journal.Deleted):
        left = tuple(one for one in entry.customers if not gone(one))
        return entry if left == entry.customers else msgspec.structs.replace(entry, customers=left)
    if isinstance(entry, journal.Recorded):
        puts = tuple(_put_without(one, gone) for one in entry.puts)
        kept = {
            "evaluated": _left(entry.evaluated, gone, lambda one: one[0]),
            "links": tuple(one for one in entry.links if not (gone(one.guest_id) or gone(one.account_id))),
        }
        if all(map(_same, puts, entry.puts)) and all(getattr(entry, name) == value for name, value in kept.items()):
            return entry
        return msgspec.structs.replace(entry, puts=tuple(one for one in puts if one.rows), **kept)
    if isinstance(entry, journal.Learnt):
        return _learnt_without(entry, gone)
    return entry


def _put_without(put: Put, gone: Callable[[str], bool]) -> Put:
    if not (places := _PLACES.get(put.collection)):
        return put
    left = tuple(row for row in put.rows if not any(row[at] and gone(row[at]) for at in places))
    return put if len(left) == len(put.rows) else Put(put.collection, left)


def _same(one: Put, other: Put) -> bool:
    return one is other


def _learnt_without(entry: journal.Learnt, gone: Callable[[str], bool]) -> journal.Learnt:
    reopened = None if entry.reopened is None else _left(entry.reopened, gone, lambda one: one)
    if entry.reopened and not reopened:
        reopened = None  # the empty tuple would mean everybody
    kept = {
        "puts": _left(entry.puts, gone, lambda one: one.user_id),
        "changes": _left(entry.changes, gone, lambda one: one.user_id),
        "cursors": _left(entry.cursors, gone, lambda one: one.key.user_id),
        "receipts": _left(entry.receipts, gone, lambda one: one.user_id),
        "done": _left(entry.done, gone, lambda one: one[0]),
        "reopened": reopened,
    }
    if all(getattr(entry, name) == value for name, value in kept.items()):
        return entry
    return msgspec.structs.replace(entry, **kept)


def _left(rows: Iterable, gone: Callable[[str], bool], of: Callable) -> tuple:  # type: ignore[type-arg]
    return tuple(one for one in rows if not ((user := of(one)) and gone(user)))
