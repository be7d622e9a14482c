"""FeatureService, its runs: computing, following what is computed, configuration."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

import msgspec
from interplay.v1 import feature_service_pb2 as pb

from interplay_server.domain.operation import CANCELLED, FAILED, Operation
from interplay_server.domain.ports import TenantStore
from interplay_server.domain.records import Condition, Op, among
from interplay_server.domain.shop import BUCKETS, DERIVED_BUCKET, DERIVED_KEY, FEATURES, REVISION, SEPARATOR
from interplay_server.errors import (
    ConcurrentChange,
    InvalidRequest,
    OperationEnded,
    ResumeTokenStale,
    ServerDraining,
    Violation,
)
from interplay_server.features.features import Features
from interplay_server.features.kernel import definition_version
from interplay_server.features.rows import GONE
from interplay_server.features.runs import Run, Runs, Totals
from interplay_server.features.tenant import FeatureTenant, now_micros
from interplay_server.interceptors.call import Call
from interplay_server.services.convert.feature_config import config_from_pb, config_to_pb
from interplay_server.services.convert.features import pair_to_pb, row_to_pb
from interplay_server.services.convert.filters import instant_from_pb
from interplay_server.services.convert.times import from_micros
from interplay_server.services.feature_work import AS_OF, COMPUTE, CUSTOMERS, FULL, totals_of
from interplay_server.services.operations import OperationRunner, to_pb

ROWS_AT_ONCE, BUCKETS_AT_ONCE = 500, 16
DEFAULT_HEARTBEAT_SECONDS = 15
_NEW_TENANT_SECONDS = 0.5
Cursor: TypeAlias = tuple[int, str]
"""(bucket, key) of the last row sent."""


class RunMethods:
    """Methods that compute features and follow what is computed."""

    _features: Features
    _runner: OperationRunner

    def __init__(self) -> None:
        self._draining = asyncio.Event()

    def drain(self) -> None:
        """Ends the watches."""
        self._draining.set()

    async def compute_interaction_features(self, call: Call) -> None:
        request: pb.ComputeInteractionFeaturesRequest = call.request  # type: ignore[assignment]
        as_of = instant_from_pb(request, "as_of")
        if as_of is not None and as_of > now_micros():
            raise InvalidRequest([Violation("as_of", "must not be in the future")], request)
        if request.full and request.customer_ids:
            raise InvalidRequest([Violation("customer_ids", "must not be given together with full")], request)
        store = await call.writable()
        arguments = {
            FULL: "1" if request.full else "",
            CUSTOMERS: msgspec.json.encode(sorted(_people(store, request.customer_ids))).decode(),
            AS_OF: "" if as_of is None else str(as_of),
        }
        operation = await self._runner.start(store, COMPUTE, arguments, request_id=request.request_id)
        followed = _Followed(call, store, operation.operation_id, request)
        await followed.run(await self._features.known(store), self._features.runs(store), self._runner)

    async def get_feature_config(self, call: Call) -> pb.GetFeatureConfigResponse:
        tenant = await self._features.known(call.store)
        return pb.GetFeatureConfigResponse(config=config_to_pb(tenant.config, tenant.version))

    async def update_feature_config(self, call: Call) -> pb.UpdateFeatureConfigResponse:
        request: pb.UpdateFeatureConfigRequest = call.request  # type: ignore[assignment]
        config = config_from_pb(request.config)
        if request.validate_only:
            shown = config_to_pb(config, definition_version(config.values))
            return pb.UpdateFeatureConfigResponse(config=shown)
        tenant = await self._features.known(await call.writable())
        async with tenant.configuring:
            if request.config.etag and request.config.etag != tenant.config.etag:
                raise ConcurrentChange("feature_config")
            values = msgspec.structs.replace(config.values, revision=tenant.config.values.revision + 1)
            await tenant.save_config(msgspec.structs.replace(config, values=values, update_time=now_micros()))
        return pb.UpdateFeatureConfigResponse(config=config_to_pb(tenant.config, tenant.version))

    async def watch_interaction_features(self, call: Call) -> None:
        request: pb.WatchInteractionFeaturesRequest = call.request  # type: ignore[assignment]
        heartbeat = request.heartbeat_seconds or DEFAULT_HEARTBEAT_SECONDS
        store = call.store
        after = store.tokens.read_resume_token(request.resume_token) if request.resume_token else None
        while not store.exists:
            await self._beat(call, store, 0)
            store = await self._wait_for_tenant(call, heartbeat) or store
            after = after or 0
        tenant = await self._features.known(store)
        position = tenant.revision if after is None else after
        if position > tenant.revision:
            raise ResumeTokenStale
        await self._beat(call, store, position)
        while True:
            computed = tenant.computed
            position = await _send_changes(call, tenant, request, position)
            if not await self._waited(computed, heartbeat):
                await self._beat(call, store, position)

    async def _wait_for_tenant(self, call: Call, heartbeat: float) -> TenantStore | None:
        """A read makes no tenant. Returns it, or None after a heart-beat's time."""
        end = time.monotonic() + heartbeat
        while time.monotonic() < end:
            if (store := await call.existing()) is not None:
                return store
            if self._draining.is_set():
                raise ServerDraining
            await asyncio.sleep(_NEW_TENANT_SECONDS)
        return None

    async def _waited(self, event: asyncio.Event, seconds: float) -> bool:
        """True where the event came in time. Raises ServerDraining."""
        tasks = [asyncio.create_task(event.wait()), asyncio.create_task(self._draining.wait())]
        try:
            await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*tasks, return_exceptions=True)
        if self._draining.is_set():
            raise ServerDraining
        return event.is_set()

    @staticmethod
    async def _beat(call: Call, store: TenantStore, position: int) -> None:
        await call.write(pb.WatchInteractionFeaturesResponse(resume_token=store.tokens.resume_token(position)))


def _people(store: TenantStore, customers: Iterable[str]) -> set[str]:
    """With every id of theirs."""
    return {one for customer in customers for one in store.linked(customer)}


async def _send_changes(
    call: Call, tenant: FeatureTenant, request: pb.WatchInteractionFeaturesRequest, after: int
) -> int:
    """Sends what was computed later than the revision `after`; gives the last revision sent."""
    where = [Condition(REVISION, Op.GT, after)]
    if request.customer_id:
        # Rows of a guest who was linked meanwhile are told as removed.
        where.append(among("customer_id", tenant.store.linked(request.customer_id)))
    if request.product_id:
        where.append(among("product_id", (request.product_id,)))
    found = await tenant.store.derived.table(FEATURES, where)
    if found is None or not found.num_rows:
        return after
    rows = found.sort_by([(REVISION, "ascending"), (DERIVED_KEY, "ascending")])
    tokens = tenant.store.tokens
    for at in range(0, rows.num_rows, ROWS_AT_ONCE):
        piece = rows.slice(at, ROWS_AT_ONCE).to_pylist()
        more = at + ROWS_AT_ONCE < rows.num_rows
        # A piece may end within a revision: a watch that resumes there gets the rest of it again.
        complete = piece[-1][REVISION] - 1 if more else piece[-1][REVISION]
        answer = pb.WatchInteractionFeaturesResponse(resume_token=tokens.resume_token(complete))
        answer.rows.extend(row_to_pb(row) for row in piece if not row[GONE])
        answer.removed.extend(pair_to_pb(row[DERIVED_KEY].split(SEPARATOR)) for row in piece if row[GONE])
        await call.write(answer)
    return int(rows[REVISION][-1].as_py())


class _Followed:
    """An operation that computes, as one call follows it."""

    def __init__(
        self, call: Call, store: TenantStore, operation_id: str, request: pb.ComputeInteractionFeaturesRequest
    ) -> None:
        self._call, self._store, self._operation_id = call, store, operation_id
        self._wants_rows = request.return_rows
        self._query = b"compute" + operation_id.encode()
        self._cursor: Cursor = (0, "")
        if request.resume_after:
            self._cursor = store.tokens.read_page_token(request.resume_after, self._query, tuple[int, str])

    async def run(self, tenant: FeatureTenant, runs: Runs, runner: OperationRunner) -> None:
        told: Operation | None = None
        sent_progress = None
        while True:
            stored = await self._store.get_operation(self._operation_id)
            assert stored is not None  # noqa: S101 - it was stored before it was started
            current = runner.current(stored)
            if told is None:
                await self._call.write(pb.ComputeInteractionFeaturesResponse(operation=to_pb(current)))
            told = current
            run = runs.current.get(self._operation_id)
            if run is not None and run.planned and (progress := _progress(run)) != sent_progress:
                sent_progress = progress
                await self._call.write(pb.ComputeInteractionFeaturesResponse(progress=progress))
            if self._wants_rows and run is not None:
                await self._send_rows(tenant, run.totals, run.next_bucket)
            if current.ended:
                break
            await runner.wait_change(self._operation_id)
        if told.state in {CANCELLED, FAILED}:
            raise OperationEnded(told.operation_id, told.state)
        totals = totals_of(told.result)
        if self._wants_rows:
            await self._send_rows(tenant, totals, BUCKETS)
        await self._call.write(pb.ComputeInteractionFeaturesResponse(totals=_totals(totals)))

    async def _send_rows(self, tenant: FeatureTenant, totals: Totals, before_bucket: int) -> None:
        """Rows of the run up to a bucket, beyond the cursor; of a whole run also those computed again since."""
        bucket = self._cursor[0]
        while bucket < before_bucket:
            buckets = range(bucket, min(bucket + BUCKETS_AT_ONCE, before_bucket))
            where = [among(DERIVED_BUCKET, list(buckets)), Condition(REVISION, Op.GT, totals.revision)]
            if not totals.full:
                where.append(Condition(REVISION, Op.LE, totals.last_revision))
            if (rows := await tenant.rows(where)) is not None and rows.num_rows:
                await self._send(rows.sort_by([(DERIVED_BUCKET, "ascending"), (DERIVED_KEY, "ascending")]))
            bucket = buckets[-1] + 1
            self._cursor = max(self._cursor, (bucket, ""))

    async def _send(self, rows: Any) -> None:
        for at in range(0, rows.num_rows, ROWS_AT_ONCE):
            piece: Sequence[dict[str, Any]] = [
                row
                for row in rows.slice(at, ROWS_AT_ONCE).to_pylist()
                if (row[DERIVED_BUCKET], row[DERIVED_KEY]) > self._cursor
            ]
            if not piece:
                continue
            self._cursor = (piece[-1][DERIVED_BUCKET], piece[-1][DERIVED_KEY])
            sent = pb.ComputedRows(cursor=self._store.tokens.page_token(self._query, self._cursor))
            sent.rows.extend(row_to_pb(row) for row in piece)
            await self._call.write(pb.ComputeInteractionFeaturesResponse(rows=sent))


def _progress(run: Run) -> pb.ComputeProgress:
    return pb.ComputeProgress(
        done_customers=run.done_customers,
        total_customers=run.total_customers,
        computed_pairs=run.totals.pairs,
        failed_customers=len(run.totals.failures),
    )


def _totals(totals: Totals) -> pb.ComputeTotals:
    return pb.ComputeTotals(
        customers=totals.customers,
        pairs=totals.pairs,
        removed_pairs=totals.removed_pairs,
        events=totals.events,
        unknown_events=totals.unknown_events,
        future_events=totals.future_events,
        failed_customers=len(totals.failures),
        failures=[pb.ComputeFailure(customer_id=customer, reason=why) for customer, why in totals.failures],
        seconds=totals.seconds,
        peak_memory_bytes=totals.peak_bytes,
        as_of=from_micros(totals.as_of),
        definition_version=totals.version,
        full=totals.full,
    )
