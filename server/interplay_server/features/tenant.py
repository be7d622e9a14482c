"""What is known of the shop of one open tenant: configuration, how far its kept rows are, and who waits for them."""

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from interplay_server.domain import journal
from interplay_server.domain.ports import Change, TenantStore
from interplay_server.domain.records import SEQ, Condition, Op, among
from interplay_server.domain.shop import CUSTOMERS, EVENTS, FEATURES, LINKS, MARKS, ORDERS, PRODUCTS
from interplay_server.domain.writing import commit
from interplay_server.features import state as states
from interplay_server.features.distributed import RayCluster
from interplay_server.features.gather import Catalogue, Reader, StoredCopies
from interplay_server.features.kernel import Resources, definition_version
from interplay_server.features.linked import as_linked
from interplay_server.features.pending import Pending
from interplay_server.features.rows import GONE
from interplay_server.features.shop import Shop
from interplay_server.features.state import FeatureState, StoredConfig

T = TypeVar("T")
_NOTED = (
    (EVENTS, "customer_id", "client_id"),
    (ORDERS, "customer_id", ""),
    (CUSTOMERS, "customer_id", ""),
    (LINKS, "customer_id", "client_id"),
)
"""Collections, with their columns of customers and clients."""


@dataclass(frozen=True, slots=True)
class Engine:
    """What computations of the whole server share."""

    executor: Executor
    use: Resources
    background: Resources
    """Of the refresher: publishing comes first."""
    part_events: int
    cluster: RayCluster | None = None
    """Where whole runs are computed; None for here."""
    held_events: int = 6_000_000
    """That a run reads at once, about."""


class FeatureTenant:
    """Lives on one event loop."""

    def __init__(self, store: TenantStore, engine: Engine) -> None:
        self.store, self.engine = store, engine
        self.shop = Shop(store)
        self.catalogue = Catalogue(store)
        self.copies = StoredCopies(store, self.compute, engine.background)
        self.config = StoredConfig()
        self.state = FeatureState()
        self.pending = Pending()
        self.running = asyncio.Lock()
        """Held by whoever replaces kept rows."""
        self.configuring = asyncio.Lock()
        """Held by whoever replaces the configuration."""
        self.next_instant: int | None = None
        """First instant at which a kept row is out of date by itself; None where there is none."""
        self.wake, self._computed = asyncio.Event(), asyncio.Event()
        self._revision = 0
        self._loaded = asyncio.Lock()
        self._ready = self._outdated = False
        self._unsubscribe = store.subscribe(self._on_changes) if store.exists else None

    async def close(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()

    @property
    def records(self) -> Reader:
        """What features are computed from: guests who are linked count as their accounts."""
        return as_linked(self.store.records, self.store.links)

    @property
    def shop_id(self) -> str:
        return self.config.shop_id or self.store.name

    @property
    def version(self) -> str:
        return definition_version(self.config.values)

    async def ready(self) -> None:
        """Returns when it is known what the ledger and the tables say."""
        if self._ready and not self._outdated:
            return
        async with self._loaded:
            if self._ready and not self._outdated:
                return
            self._outdated = False
            records = self.store.records
            self.config = states.config_of(await records.meta(states.CONFIG_KEY))
            self.state = states.state_of(await records.meta(states.STATE_KEY))
            self.pending.done(self.state.watermark)
            if self.store.exists:
                await self._note_what_was_left()
                self._revision = max(self.state.revision, await self.store.derived.newest(FEATURES))
                await self.find_next_instant()
            self.pending.known = True
            self._ready = True

    def outdate(self) -> None:
        """On a replica: what was written down has changed, and is read again before it is used."""
        self._outdated = True
        self.catalogue.changed()
        self.copies.reset()
        self.told()

    async def _note_what_was_left(self) -> None:
        """From rows beyond the watermark. What is committed meanwhile is noted twice."""
        later, seq = [Condition(SEQ, Op.GT, self.state.watermark)], self.store.last_seq
        for collection, customer, client in _NOTED:
            columns = tuple(filter(None, (customer, client)))
            found = await self.store.records.table(collection, later, columns=columns)
            for column, noted in ((customer, self.pending.customers), (client, self.pending.clients)):
                if column:
                    noted.update(dict.fromkeys(pc.unique(found[column]).to_pylist(), seq))
        for noted in (self.pending.customers, self.pending.clients):
            noted.pop("", None)
        marks = await self.store.records.table(MARKS, later, columns=("kind", "subjects"))
        for mark in marks.to_pylist():
            self.pending.mark(mark["kind"], mark["subjects"], seq)
        if self.state.version and self.state.version != self.version:
            self.pending.everything = max(1, self.store.last_seq)
        for customer in self.state.failed:
            self.pending.customers.setdefault(customer, 1)

    def _on_changes(self, changes: Sequence[Change]) -> None:
        noted = False
        for change in changes:
            if change.rows is None:
                continue
            noted |= self.pending.note(change)
            if any(one.collection == EVENTS.name and one.field != EVENTS.key for one in change.rows.removed):
                self.copies.reset()
            if any(name == PRODUCTS.name for name, _, _ in change.rows.put):
                self.catalogue.changed()
        if noted:
            self.wake.set()

    async def compute(self, job: Callable[[], T]) -> T:
        """Runs a computation off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self.engine.executor, job)

    # --- kept rows

    def next_revision(self) -> int:
        """Greater than every one before, also than those of a table that was made anew."""
        self._revision = max(self._revision + 1, time.time_ns() // 1000)
        return self._revision

    @property
    def unrefreshed(self) -> bool:
        """Something was recorded that the kept rows do not know, failed customers apart."""
        pending, failed = self.pending, self.state.failed
        return bool(pending) and not (
            failed
            and not (pending.everything or pending.clients or pending.products)
            and set(pending.customers) <= set(failed)
        )

    @property
    def revision(self) -> int:
        return self._revision

    async def rows(self, where: Sequence[Condition] = (), columns: Sequence[str] = ()) -> pa.Table | None:
        """Kept rows of pairs that exist; None where none were ever kept."""
        wanted = (*columns, GONE) if columns and GONE not in columns else columns
        found = await self.store.derived.table(FEATURES, where, columns=wanted)
        if found is None:
            return None
        if pc.any(found[GONE]).as_py():
            found = found.filter(pc.invert(found[GONE]))
        return found.select(list(columns)) if columns else found

    async def find_next_instant(self) -> None:
        found = await self.rows(columns=("state_next_instant",))
        self.next_instant = None if found is None else pc.min(found["state_next_instant"]).as_py()

    def told(self) -> None:
        """Kept rows have changed: wakes watchers."""
        self._computed.set()
        self._computed = asyncio.Event()

    @property
    def computed(self) -> asyncio.Event:
        """Set when kept rows change; taken before they are read."""
        return self._computed

    # --- who is out of date

    async def stale(self, customers: Collection[str]) -> set[str]:
        """Of these customers, those with anything recorded since their kept rows were computed."""
        pending = self.pending
        if pending.everything or not self.state.version:
            return set(customers)
        linked = self.store.links.linked
        found = {
            one
            for one in customers
            if one not in self.state.failed and any(name in pending.customers for name in linked(one))
        }
        if pending.clients:
            links = await self.records.table(
                LINKS, [among("customer_id", list(customers))], columns=("client_id", "customer_id")
            )
            for client, customer in zip(links["client_id"].to_pylist(), links["customer_id"].to_pylist(), strict=True):
                if client in pending.clients:
                    found.add(customer)
        if pending.products:
            kept = await self.rows([among("customer_id", list(customers))], ("customer_id", "product_id"))
            if kept is not None:
                touched = kept.filter(pc.is_in(kept["product_id"], pa.array(list(pending.products), pa.string())))
                found |= set(touched["customer_id"].to_pylist())
        return found

    # --- what is written down

    async def save_state(self, state: FeatureState, **also: str) -> None:
        entry = journal.Recorded(meta={states.STATE_KEY: states.encode(state), **also})
        await commit(self.store, entry)
        self.state = state

    async def save_config(self, config: StoredConfig) -> None:
        """Every row is computed anew."""
        await commit(self.store, journal.Recorded(meta={states.CONFIG_KEY: states.encode(config)}))
        changed = definition_version(config.values) != self.version
        self.config = config
        if changed:
            self.pending.everything = max(1, self.store.last_seq)
            self.wake.set()

    def replaced(self, **values: object) -> FeatureState:
        return msgspec.structs.replace(self.state, **values)


def now_micros() -> int:
    return time.time_ns() // 1000


def off_loop(function: Callable[..., T], *arguments: object, **named: object) -> Callable[[], T]:
    return partial(function, *arguments, **named)
