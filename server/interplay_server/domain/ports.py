"""What the services need of storage and models; `app` puts the implementations in."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from interplay_server.domain.content_policy import Content
from interplay_server.domain.erasure import ErasureStore
from interplay_server.domain.interaction import Interaction, Session, SessionRequest, StoredAnnotation
from interplay_server.domain.journal import Entry, Learnt
from interplay_server.domain.learnt import (
    ChangeFilter,
    Cursor,
    CursorKey,
    Learner,
    LearntFilter,
    QueuedAnnotation,
    Row,
    RowChange,
    WindowReceipt,
)
from interplay_server.domain.links import LinkChange, Links, Members
from interplay_server.domain.operation import Operation
from interplay_server.domain.query import InteractionFilter, Position, SessionPosition
from interplay_server.domain.records import Collection, Condition, Rows
from interplay_server.domain.reembedding import Reembedding
from interplay_server.domain.retention import Receipt as RetentionReceipt
from interplay_server.domain.tokens import TokenSigner
from interplay_server.domain.vault import StoredConsent, StoredContentKey, StoredKey, StoredPerson

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into unit vectors of `dimension` numbers, zeros for a text without tokens."""

    @property
    def name(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    def embed(self, texts: Sequence[str], /) -> Vectors: ...

    def word_vectors(self, words: Sequence[str], /) -> Vectors:
        """Vectors of single words from the same space, for the soft match."""


class StreamKey(msgspec.Struct, frozen=True, gc=False):
    """Makes a write the append at `offset` of a stream; None takes the next offset."""

    stream_id: str
    method: str
    offset: int | None


@dataclass(slots=True)
class Write:
    """One entry for the journal, with what makes it happen once. `done` is called on the event loop."""

    entry: Entry | None
    """None is a barrier: done when everything before it is committed."""
    payload: bytes
    done: Callable[["Outcome"], None]
    stream: StreamKey | None = None
    request_id: str = ""
    """Idempotency key; empty for none."""
    digest: bytes = b""
    """Of the payload as the client sent it."""
    layout: tuple[int, ...] | None = None
    """Places of the stored rows in the client's batch, where rows were skipped or rejected."""
    make: Callable[[int, int], Sequence["Made"]] | None = None
    """Makes several entries, all or nothing, once their first sequence number and the time are known; `entry` is None.
    Called by the thread that commits.
    """
    made: Sequence["Made"] = ()


class Made(msgspec.Struct, frozen=True, gc=False):
    """One of several entries of a write, at its place. `publish_time` may be long ago."""

    seq: int
    publish_time: int
    entry: Entry
    payload: bytes


class Receipt(msgspec.Struct, frozen=True, gc=False):
    """A write is durable, or was already."""

    first_seq: int
    publish_time: int
    count: int
    duplicate: bool = False
    offset: int = 0
    layout: tuple[int, ...] | None = None


Outcome = Receipt | Exception


@dataclass(frozen=True, slots=True)
class StreamPosition:
    next_offset: int
    interaction_count: int
    update_time: int | None


class Change(msgspec.Struct, frozen=True, gc=False):
    """A committed entry as watchers and caches see it."""

    seq: int
    """Its last sequence number."""
    publish_time: int
    interactions: tuple[Interaction, ...] = ()
    deleted_ids: tuple[str, ...] = ()
    annotation: StoredAnnotation | None = None
    learnt: Learnt | None = None
    rows: Rows | None = None
    """Of collections."""
    links: tuple[LinkChange, ...] = ()

    @property
    def size(self) -> int:
        """Rows to be written, at least one."""
        return max(1, len(self.interactions), len(self.rows.put) if self.rows else 0)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows of the first stage with their vectors, and which arm failed."""

    rows: Sequence[Interaction]
    vectors: Vectors
    degraded_reason: str = ""


class LearntStore(Protocol):
    """What was learnt and how far, of one tenant. Reads see every entry committed before they began."""

    async def get(self, kind: str, row_id: str) -> Row | None: ...

    async def get_many(self, kind: str, row_ids: Sequence[str]) -> list[Row]: ...

    async def rows(self, kind: str, where: LearntFilter, *, limit: int, before: str = "") -> list[Row]:
        """The newest first by id; `before` is the last id of the page before."""

    async def candidates(
        self, kind: str, where: LearntFilter, *, text: str, vector: Vectors | None, limit: int
    ) -> list[Row]:
        """First stage of a search across users."""

    async def changes(
        self, where: ChangeFilter, *, limit: int, before: tuple[int, str] | None = None
    ) -> list[RowChange]:
        """The latest first by (sequence, id)."""

    async def changes_after(self, seq: int, up_to_seq: int, *, limit: int) -> list[RowChange]:
        """In the order of the journal; whole entries, at least one where there are any."""

    async def witnessed_by(self, interaction_ids: Sequence[str]) -> list[tuple[str, str]]:
        """(kind, row id) of rows whose evidence names one of these."""

    async def learners(self, *, unfinished: bool, user_id: str = "") -> list[Learner]: ...

    async def unfinished_among(self, user_ids: Sequence[str]) -> list[Learner]: ...

    async def link_changes(self) -> list[tuple[int, LinkChange]]:
        """Changes of links that learning has not followed, with their sequence numbers."""

    async def cursor(self, key: CursorKey) -> Cursor: ...

    async def receipts(self, window_ids: Sequence[str]) -> list[WindowReceipt]: ...

    async def receipts_of(self, user_id: str, first_seq: int, last_seq: int) -> list[WindowReceipt]:
        """Windows of a user whose range meets a range of sequence numbers."""

    async def queued_annotations(self, limit: int, after: int = 0) -> list[QueuedAnnotation]:
        """In the order of the journal, beyond the sequence number `after`."""

    async def deletions_after(self, seq: int, limit: int) -> list[tuple[int, tuple[str, ...]]]: ...

    async def meta(self, key: str) -> str | None: ...

    async def request_range(self, request_id: str) -> tuple[int, int] | None:
        """First and last sequence number of a publish request or append (`stream_id/offset`) by a client's id."""


@dataclass(frozen=True, slots=True)
class SessionTimer:
    """A session that is to be evaluated once it is finished or idle."""

    user_id: str
    session_id: str
    newest_seq: int
    newest_time: int
    finished: bool


class RecordStore(Protocol):
    """Collections of one tenant. Reads see every entry committed before they began."""

    async def table(
        self,
        collection: Collection,
        where: Sequence[Condition] = (),
        *,
        columns: Sequence[str] = (),
        order: Sequence[str] = (),
        descending: bool = False,
        after: Sequence[object] = (),
        limit: int | None = None,
    ) -> pa.Table:
        """Rows with the column `seq`, or with `columns` only. `order` names columns that are never None, the last of
        them unique; `after` are those of the last row of the page before.
        """

    async def count(self, collection: Collection, where: Sequence[Condition] = ()) -> int: ...

    def pending(self, collection: Collection) -> int:
        """Rows that are committed and not in LanceDB yet."""

    async def written_at(self, collection: Collection) -> int | None:
        """When the collection's table was last written to, in microseconds; None where there is none."""

    async def meta(self, key: str) -> str | None: ...

    async def due_sessions(self, idle_since: int, limit: int) -> list[SessionTimer]:
        """To be evaluated: finished, or without a publish since an instant in microseconds; longest idle first."""

    async def waiting_sessions(self) -> int:
        """How many sessions are not evaluated."""

    async def next_timer(self) -> int | None:
        """Last publish of the session that is idle for the longest time and not evaluated."""

    def pinned(self, collections: Sequence[Collection]) -> AbstractAsyncContextManager[dict[str, tuple[str, int]]]:
        """Folders and versions of tables by name, for other processes to read; they stay readable until the end. What
        is not applied yet is not in them.
        """


class Vault(Protocol):
    """Keys, people and consents of one tenant. A write is on the disk when it returns; what is deleted is overwritten
    in every file by then.
    """

    async def keys(self) -> list[StoredKey]:
        """The oldest first, destroyed ones too."""

    async def add_keys(self, keys: Sequence[StoredKey]) -> None: ...

    async def destroy_key(self, key_id: str, now: int, replacement: StoredKey | None) -> int:
        """Its material and people are gone; gives how many people no other key knows."""

    async def people(self, lookups: Sequence[bytes]) -> list[StoredPerson]: ...

    async def people_of(self, aliases: Sequence[str]) -> list[StoredPerson]:
        """All rows of these aliases."""

    async def add_people(self, people: Sequence[StoredPerson]) -> None: ...

    async def consents(self) -> list[StoredConsent]: ...

    async def set_consent(self, consent: StoredConsent) -> None: ...

    async def forget_consent(self, subject: bytes) -> None: ...

    async def forget_person(self, alias: str) -> None:
        """Deletes all rows of the alias and notes, in the same transaction, that its events are to be deleted."""

    async def unfinished_erasures(self) -> list[str]:
        """Aliases whose events are to be deleted still."""

    async def finish_erasure(self, alias: str) -> None: ...


class ContentKeys(Protocol):
    """Keys that seal texts of people, in a tenant's vault; written and destroyed as its other rows are."""

    async def of_person(self, person: bytes) -> StoredContentKey | None:
        """Their live key."""

    async def named(self, key_ids: Sequence[bytes]) -> list[StoredContentKey]:
        """Destroyed ones too."""

    async def add(self, key: StoredContentKey) -> None: ...

    async def destroy(self, people: Sequence[bytes], now: int) -> list[bytes]:
        """Ids of the keys that are gone now."""


class DerivedStore(Protocol):
    """Tables of rows that can be computed again, with the columns `key`, `bucket` and `revision`."""

    async def replace(self, name: str, rows: pa.Table, revision: int, scope: Sequence[Condition]) -> None:
        """Adds rows, all of this revision, then deletes what meets `scope` and is of an earlier one."""

    async def table(
        self, name: str, where: Sequence[Condition] = (), *, columns: Sequence[str] = ()
    ) -> pa.Table | None:
        """The newest row of each key; None for a table that is not there. `where` must hold of all rows of a key, or
        of none.
        """

    async def count(self, name: str) -> int:
        """About how many rows there are."""

    async def newest(self, name: str) -> int:
        """The greatest revision, 0 for none."""

    async def flush(self) -> None:
        """Returns when everything replaced is on the disk."""

    async def tidy(self, name: str) -> None:
        """Compacts the table and its indexes."""


class ReceiptStore(Protocol):
    """Receipts of retention."""

    async def save(self, receipt: RetentionReceipt) -> None: ...

    async def get(self, operation_id: str) -> RetentionReceipt | None: ...

    async def page(self, *, limit: int, before: tuple[int, str] | None = None) -> list[RetentionReceipt]:
        """Of runs that ended, the newest first; `before` is (end time, operation id) of the last one seen."""


class TenantStore(Protocol):
    """Everything of one tenant. Reads see every write committed before they began, unless `eventual`."""

    name: str
    tokens: TokenSigner
    exists: bool
    """Somebody has written to it."""

    @property
    def learnt(self) -> LearntStore: ...

    @property
    def records(self) -> RecordStore: ...

    @property
    def derived(self) -> DerivedStore: ...

    @property
    def vault(self) -> Vault: ...

    @property
    def receipts(self) -> ReceiptStore: ...

    @property
    def content(self) -> Content: ...

    @property
    def embedder(self) -> Embedder:
        """Made the vectors in the tables; another one after `reembed`. Vectors of two never meet in one read whose
        caller sees the same one before and after.
        """

    async def reembed(self, work: Reembedding) -> Mapping[str, str]:
        """Gives the tables the vectors of another embedder while they are in use. Raises EmbedderUnavailable."""

    @property
    def links(self) -> Links: ...

    @property
    def erasures(self) -> ErasureStore: ...

    def linked(self, user_id: str) -> tuple[str, ...]:
        """All ids of one person, the account's first; only this one where nobody is linked."""

    def submit(self, write: Write) -> None:
        """Queues a write; the outcome is a StorageFull or the like when nothing was written."""

    async def wait_applied(self, seq: int) -> None:
        """Returns when every entry up to `seq` is in LanceDB."""

    async def admit(self) -> None:
        """Raises QuotaExceeded where the tenant may not write."""

    async def wait_room(self) -> None:
        """Returns when the in-memory tail has room for more."""

    async def spool_image(self, sha256: str, data: bytes) -> None:
        """Makes image bytes durable before the entry that refers to them."""

    def interaction_ids(self, receipt: Receipt) -> list[str]: ...

    async def stream_position(self, stream_id: str, method: str) -> StreamPosition: ...

    async def get(self, interaction_id: str, *, eventual: bool = False) -> Interaction | None: ...

    async def image(self, sha256: str) -> bytes | None: ...

    async def interactions(
        self,
        where: InteractionFilter,
        *,
        limit: int,
        after: Position | None = None,
        newest_first: bool = False,
        eventual: bool = False,
    ) -> list[Interaction]: ...

    async def published_after(self, members: Members, seq: int, *, limit: int) -> list[Interaction]:
        """Interactions of exactly these ids in the order of the journal, not those that are only evaluated."""

    async def published_at(self, seqs: Sequence[int]) -> list[Interaction]:
        """Those that are still there, in the order of the journal."""

    async def existing_ids(self, interaction_ids: Sequence[str]) -> list[str]: ...

    async def matching_ids(self, where: InteractionFilter) -> list[str]: ...

    async def ages(self, before: int | None = None) -> pa.Table:
        """`key`, `time`, `source` and `seq` of all interactions, or of those that happened before an instant."""

    async def annotations(self, interaction_ids: Sequence[str]) -> Mapping[str, Sequence[StoredAnnotation]]: ...

    async def expert_notes(self) -> Mapping[str, StoredAnnotation]:
        """The newest annotation with an expert reply, by interaction."""

    async def sessions(
        self,
        where: InteractionFilter,
        *,
        limit: int,
        after: SessionPosition | None = None,
        eventual: bool = False,
        people: bool = True,
    ) -> list[Session]:
        """With `people`, a guest's sessions are those of their account."""

    async def whole_sessions(
        self, keys: Sequence[tuple[str, str]], *, limit: int
    ) -> Mapping[tuple[str, str], Sequence[Interaction]]:
        """Interactions of each (user, session), in the order of the conversation; one read for all. At most the latest
        `limit` of each, and of all together the latest `limit` times their number.
        """

    async def newest_in_sessions(self, keys: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
        """The newest sequence number of each (user, session) that there is."""

    async def session_requests(
        self, user_id: str, session_id: str, *, limit: int, eventual: bool = False
    ) -> list[SessionRequest]: ...

    async def load(self, where: InteractionFilter, *, limit: int) -> Candidates:
        """Up to `limit` rows with vectors, newest by sequence first."""

    async def count(self, where: InteractionFilter) -> int:
        """Rows in the tables."""

    async def candidates(
        self, where: InteractionFilter, *, text: str, vector: Vectors | None, eventual: bool
    ) -> Candidates:
        """First stage of search by words and by `vector`, with the sessions around the best."""

    @property
    def applied_seq(self) -> int: ...

    @property
    def last_seq(self) -> int: ...

    async def history(self, after_seq: int, up_to_seq: int, *, limit: int) -> list[Change]:
        """Changes in the order of the journal, a page that ends at any of them; empty when there are no more. Published
        rows that were deleted since are left out.
        """

    def subscribe(self, listener: Callable[[Sequence[Change]], None]) -> Callable[[], None]:
        """Calls `listener` with each group of committed changes; returns what ends it."""

    async def optimize(self, *, prune_all: bool, progress: Callable[[int, int], None]) -> Mapping[str, str]: ...

    async def shred(self, collections: Sequence[Collection]) -> None:
        """Returns when what was removed from these collections is in no file any more: tables, their versions and
        indexes, journal.
        """

    async def save_operation(self, operation: Operation) -> None: ...

    async def get_operation(self, operation_id: str) -> Operation | None: ...

    async def list_operations(self, *, kind: str, state: str, before: str | None, limit: int) -> list[Operation]: ...


class Tenants(Protocol):
    """Opens tenants on demand and closes idle ones."""

    def lease(self, name: str, *, create: bool) -> AbstractAsyncContextManager[TenantStore]:
        """Keeps a tenant open. Without `create`, a tenant that does not exist is an empty one."""
