"""A tenant that does not exist: every read is empty. A read never makes a tenant."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa

from interplay_server.domain.content_policy import PlainContent
from interplay_server.domain.learnt import Cursor, CursorKey
from interplay_server.domain.links import Links
from interplay_server.domain.ports import Candidates, Change, Embedder, Receipt, StreamPosition, Write
from interplay_server.domain.records import SEQ, Collection
from interplay_server.domain.retention import AGES
from interplay_server.domain.tokens import TokenSigner
from interplay_server.domain.vault import StoredConsent, StoredKey, StoredPerson
from interplay_server.storage.record_schema import arrow_schema

_NO_TENANT = "the tenant does not exist"


class AbsentLearnt:
    """See `domain.ports.LearntStore`."""

    async def get(self, *_: Any) -> None:
        return None

    async def get_many(self, *_: Any) -> list[Any]:
        return []

    async def rows(self, *_: Any, **__: Any) -> list[Any]:
        return []

    async def candidates(self, *_: Any, **__: Any) -> list[Any]:
        return []

    async def changes(self, *_: Any, **__: Any) -> list[Any]:
        return []

    async def changes_after(self, *_: Any, **__: Any) -> list[Any]:
        return []

    async def witnessed_by(self, *_: Any) -> list[Any]:
        return []

    async def learners(self, **_: Any) -> list[Any]:
        return []

    async def unfinished_among(self, *_: Any) -> list[Any]:
        return []

    async def link_changes(self) -> list[Any]:
        return []

    async def cursor(self, key: CursorKey) -> Cursor:
        return Cursor(key)

    async def receipts(self, *_: Any) -> list[Any]:
        return []

    async def receipts_of(self, *_: Any) -> list[Any]:
        return []

    async def queued_annotations(self, *_: Any) -> list[Any]:
        return []

    async def deletions_after(self, *_: Any) -> list[Any]:
        return []

    async def meta(self, *_: Any) -> None:
        return None

    async def request_range(self, *_: Any) -> None:
        return None


class AbsentRecords:
    """See `domain.ports.RecordStore`."""

    async def table(self, collection: Collection, *_: Any, columns: Sequence[str] = (), **__: Any) -> pa.Table:
        return arrow_schema(collection).empty_table().select(list(columns) or [*collection.names, SEQ])

    async def count(self, *_: Any) -> int:
        return 0

    def pending(self, *_: Any) -> int:
        return 0

    async def written_at(self, *_: Any) -> None:
        return None

    async def meta(self, *_: Any) -> None:
        return None

    async def due_sessions(self, *_: Any) -> list[Any]:
        return []

    async def waiting_sessions(self) -> int:
        return 0

    async def next_timer(self) -> None:
        return None

    @asynccontextmanager
    async def pinned(self, *_: Any) -> AsyncIterator[dict[str, tuple[str, int]]]:
        yield {}


class AbsentDerived:
    """See `domain.ports.DerivedStore`."""

    async def replace(self, *_: Any) -> NoReturn:
        raise LookupError("the tenant does not exist")

    async def table(self, *_: Any, **__: Any) -> None:
        return None

    async def newest(self, *_: Any) -> int:
        return 0

    async def count(self, *_: Any) -> int:
        return 0

    async def flush(self) -> None:
        return None

    async def tidy(self, *_: Any) -> None:
        return None


class AbsentVault:
    """See `domain.ports.Vault`; what writes is not called."""

    async def keys(self) -> list[StoredKey]:
        return []

    async def people(self, *_: Any) -> list[StoredPerson]:
        return []

    async def people_of(self, *_: Any) -> list[StoredPerson]:
        return []

    async def consents(self) -> list[StoredConsent]:
        return []

    async def unfinished_erasures(self) -> list[str]:
        return []

    async def add_keys(self, *_: Any) -> NoReturn:
        raise LookupError(_NO_TENANT)

    async def destroy_key(self, *_: Any) -> NoReturn:
        raise LookupError(_NO_TENANT)

    async def add_people(self, *_: Any) -> NoReturn:
        raise LookupError(_NO_TENANT)

    async def set_consent(self, *_: Any) -> NoReturn:
        raise LookupError(_NO_TENANT)

    async def forget_consent(self, *_: Any) -> NoReturn:
        raise LookupError(_NO_TENANT)

    async def forget_person(self, *_: Any) -> NoReturn:
        raise LookupError(_NO_TENANT)

    async def finish_erasure(self, *_: Any) -> NoReturn:
        raise LookupError(_NO_TENANT)


class AbsentReceipts:
    """See `domain.ports.ReceiptStore`."""

    async def save(self, *_: Any) -> NoReturn:
        raise LookupError(_NO_TENANT)

    async def get(self, *_: Any) -> None:
        return None

    async def page(self, **_: Any) -> list[Any]:
        return []


class AbsentErasures:
    """See `domain.erasure.ErasureStore`."""

    any = restored = False

    async def wait_open(self) -> None: ...

    def refusal(self, _: str) -> str:
        return ""

    def check(self, *_: str) -> None: ...

    def pseudonym(self, _: str) -> str:
        return ""

    async def get(self, _: str) -> None:
        return None

    async def page(self, **_: Any) -> list[Any]:
        return []

    async def unfinished(self) -> list[Any]:
        return []

    async def people(self) -> set[str]:
        return set()

    async def _none(self, *_: Any, **__: Any) -> NoReturn:
        raise LookupError(_NO_TENANT)

    images = entries = begin = save = readmit = reopen = open_up = tidy = _none
    forget_receipts = forget_rows = forget_ledger = shred = end = _none


class AbsentTenant:
    """See `domain.ports.TenantStore`. Services lease a tenant with `create` before they write."""

    exists = False
    applied_seq = 0
    last_seq = 0

    def __init__(self, name: str, embedder: Embedder) -> None:
        """`embedder` is the one that the tenant would get."""
        self.name, self.embedder = name, embedder
        self.tokens = TokenSigner(b"absent", "absent")
        self.learnt, self.records, self.derived = AbsentLearnt(), AbsentRecords(), AbsentDerived()
        self.vault = AbsentVault()
        self.links = Links()
        self.receipts = AbsentReceipts()
        self.content = PlainContent(name)
        self.erasures = AbsentErasures()

    def submit(self, write: Write) -> NoReturn:
        raise LookupError(f"tenant {self.name} does not exist")

    async def wait_applied(self, seq: int) -> None: ...

    async def admit(self) -> None: ...

    def linked(self, user_id: str) -> tuple[str, ...]:
        return (user_id,)

    async def wait_room(self) -> None: ...

    async def reembed(self, work: object) -> NoReturn:
        raise LookupError(f"tenant {self.name} does not exist")

    async def spool_image(self, sha256: str, data: bytes) -> NoReturn:
        raise LookupError(f"tenant {self.name} does not exist")

    def interaction_ids(self, receipt: Receipt) -> list[str]:
        return []

    async def stream_position(self, stream_id: str, method: str) -> StreamPosition:
        return StreamPosition(0, 0, None)

    async def get(self, interaction_id: str, **_: Any) -> None:
        return None

    async def image(self, sha256: str) -> None:
        return None

    async def interactions(self, *_: Any, **__: Any) -> list[Any]:
        return []

    async def published_after(self, *_: Any, **__: Any) -> list[Any]:
        return []

    async def published_at(self, *_: Any) -> list[Any]:
        return []

    async def existing_ids(self, *_: Any) -> list[str]:
        return []

    async def matching_ids(self, *_: Any) -> list[str]:
        return []

    async def ages(self, *_: Any) -> pa.Table:
        return AGES.empty_table()

    async def annotations(self, interaction_ids: Sequence[str]) -> Mapping[str, Sequence[Any]]:
        return {}

    async def expert_notes(self) -> Mapping[str, Any]:
        return {}

    async def sessions(self, *_: Any, **__: Any) -> list[Any]:
        return []

    async def whole_sessions(self, *_: Any, **__: Any) -> Mapping[tuple[str, str], Any]:
        return {}

    async def newest_in_sessions(self, *_: Any) -> Mapping[tuple[str, str], int]:
        return {}

    async def session_requests(self, *_: Any, **__: Any) -> list[Any]:
        return []

    async def load(self, *_: Any, **__: Any) -> Candidates:
        return Candidates((), np.zeros((0, 1), np.float32))

    async def count(self, *_: Any) -> int:
        return 0

    async def candidates(self, *_: Any, **__: Any) -> Candidates:
        return Candidates((), np.zeros((0, 1), np.float32))

    async def history(self, *_: Any, **__: Any) -> list[Change]:
        return []

    def subscribe(self, listener: Callable[[Sequence[Change]], None]) -> Callable[[], None]:
        return lambda: None

    async def optimize(self, **_: Any) -> Mapping[str, str]:
        return {}

    async def shred(self, *_: Any) -> None: ...

    async def save_operation(self, *_: Any) -> NoReturn:
        raise LookupError(f"tenant {self.name} does not exist")

    async def get_operation(self, *_: Any) -> None:
        return None

    async def list_operations(self, **_: Any) -> list[Any]:
        return []
