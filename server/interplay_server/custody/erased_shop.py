"""What a shop told of somebody goes: events, orders, records, links, what guests did on clients of theirs alone."""

from collections.abc import Collection, Sequence

import msgspec

from interplay_server.domain import journal, shop
from interplay_server.domain.evaluation import EVALUATIONS, EXPOSURES, OUTCOME_ROWS, VERDICTS
from interplay_server.domain.ports import TenantStore
from interplay_server.domain.records import SEQ, Condition, Op, Put, Removal, Values, among
from interplay_server.domain.shop import CUSTOMERS, EVENTS, IMPORTS, LINKS, MARKS, ORDERS
from interplay_server.domain.writing import commit
from interplay_server.features.tenant import FeatureTenant

_OF_CUSTOMER = (EVENTS, ORDERS, LINKS, CUSTOMERS)
_OF_USER = (OUTCOME_ROWS, EVALUATIONS, VERDICTS, EXPOSURES)
_CHUNK = 5000


async def erase_rows(tenant: FeatureTenant, user_ids: Sequence[str]) -> list[int]:
    """Removes rows of the shop and of evaluation; gives the sequence numbers of the shop's, whose appends are to be
    forgotten.
    """
    store, ids = tenant.store, tuple(user_ids)
    async with tenant.shop.lock:
        alone, shared = await _clients(store, ids)
        seqs: list[int] = []
        for collection, field in ((EVENTS, "user_id"), *((one, "customer_id") for one in _OF_CUSTOMER)):
            seqs += (await store.records.table(collection, [among(field, ids)], columns=(SEQ,)))[SEQ].to_pylist()
        removed = [Removal(one.name, "customer_id", ids) for one in _OF_CUSTOMER]
        removed += [Removal(one.name, "user_id", ids) for one in (EVENTS, *_OF_USER)]
        if alone:
            mine = [among("client_id", alone), Condition("customer_id", Op.EQ, "")]
            seqs += (await store.records.table(EVENTS, mine, columns=(SEQ,)))[SEQ].to_pylist()
            removed.append(Removal(EVENTS.name, "client_id", alone))
        gone, marks = await _marks(store, frozenset(ids))
        if shared:
            marks.append(shop.mark(shop.MARK_CLIENT, shared))
        if gone:
            removed.append(Removal(MARKS.name, MARKS.key, gone))
        if imports := await _imports(store, ids):
            removed.append(Removal(IMPORTS.name, IMPORTS.key, imports))
        puts = (Put(MARKS.name, tuple(marks)),) if marks else ()
        await commit(store, journal.Recorded(puts, tuple(removed)))
    return seqs


async def guest_events(store: TenantStore, user_ids: Sequence[str]) -> int:
    """How many events of guests go with these people."""
    alone, _ = await _clients(store, tuple(user_ids))
    if not alone:
        return 0
    return await store.records.count(EVENTS, [among("client_id", alone), Condition("customer_id", Op.EQ, "")])


async def _clients(store: TenantStore, ids: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Clients that only they used, and those that they shared with others."""
    records = store.records
    linked = await records.table(LINKS, [among("customer_id", ids)], columns=("client_id",))
    clients = sorted(set(linked["client_id"].to_pylist()) - {""})
    used: set[str] = set()
    for collection in (LINKS, EVENTS):
        rows = await records.table(collection, [among("client_id", clients)], columns=("client_id", "customer_id"))
        used |= {row["client_id"] for row in rows.to_pylist() if row["customer_id"] not in {*ids, ""}}
    return tuple(one for one in clients if one not in used), tuple(sorted(used))


async def _marks(store: TenantStore, ids: frozenset[str]) -> tuple[tuple[str, ...], list[Values]]:
    """Marks that name them, and what is left of these."""
    found = await store.records.table(MARKS, columns=MARKS.names)
    gone, left = [], []
    for row in found.to_pylist():
        if not ids.isdisjoint(row["subjects"]):
            gone.append(row[MARKS.key])
            if others := [one for one in row["subjects"] if one not in ids]:
                left.append(shop.mark(row["kind"], others))
    return tuple(gone), left


async def _imports(store: TenantStore, ids: Collection[str]) -> tuple[str, ...]:
    """Imports that hold something of theirs from one piece of a file to the next."""
    found = await store.records.table(IMPORTS, columns=(IMPORTS.key, "progress"))
    named = [one.encode() for one in ids]
    return tuple(row[IMPORTS.key] for row in found.to_pylist() if any(one in row["progress"] for one in named))


async def erase_features(tenant: FeatureTenant, user_ids: Sequence[str]) -> dict[str, int]:
    """Computed rows, histories and annotations, while nothing is computed."""
    async with tenant.running:
        for one in user_ids:
            tenant.pending.customers.pop(one, None)
        failed = tuple(one for one in tenant.state.failed if one not in user_ids)
        if failed != tenant.state.failed:
            await tenant.save_state(msgspec.structs.replace(tenant.state, failed=failed))
        counts = dict(await tenant.store.erasures.forget_rows(user_ids))
        tenant.copies.reset()
        await tenant.find_next_instant()
    tenant.told()
    return counts
