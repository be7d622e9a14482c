"""FeatureService, its files and its report: exports in pieces, imports of a shop's files."""

from typing import Any

import msgspec
import structlog
from interplay.v1 import feature_service_pb2 as pb

from interplay_server.domain.records import Condition, Op, among
from interplay_server.domain.shop import BUCKETS, EVENTS
from interplay_server.errors import (
    ExportNotFound,
    InvalidRequest,
    OffsetOutOfRange,
    StreamProtocol,
    Violation,
)
from interplay_server.features import kernel
from interplay_server.features import state as states
from interplay_server.features.exports import ARROW, CSV, PARQUET, Exports
from interplay_server.features.features import Features
from interplay_server.features.imports import FileImport
from interplay_server.features.reading import Listing, pieces
from interplay_server.features.report import DATES, Distribution, Profiler
from interplay_server.features.shapes.reports import Report
from interplay_server.features.shapes.tables import (
    CUSTOMER_DATA,
    LINE_ITEM_DATA,
    ORDER_DATA,
    PRODUCT_DATA,
    USER_INTERACTIONS,
)
from interplay_server.features.shopify import importer as shopify
from interplay_server.features.tenant import FeatureTenant, now_micros, off_loop
from interplay_server.interceptors.call import Call
from interplay_server.services.convert.filters import instant_from_pb
from interplay_server.services.convert.times import from_micros

_FORMATS = (PARQUET, PARQUET, ARROW, CSV)
_KINDS = (
    shopify.AUTO, shopify.PRODUCTS, shopify.CUSTOMERS, shopify.ORDERS, shopify.EVENTS, shopify.REDACTIONS,
    USER_INTERACTIONS, PRODUCT_DATA, CUSTOMER_DATA, ORDER_DATA, LINE_ITEM_DATA,
)  # fmt: skip
_BUCKETS_AT_ONCE = 32
_log = structlog.get_logger(__name__)


class FileMethods:
    """Methods that move whole files, and the report."""

    _features: Features
    _exports: Exports

    async def export_interaction_features(self, call: Call) -> None:
        request: pb.ExportInteractionFeaturesRequest = call.request  # type: ignore[assignment]
        as_of = instant_from_pb(request, "as_of")
        if request.offset and not request.export_id:
            raise InvalidRequest([Violation("offset", "goes with export_id only")], request)
        name = call.store.name
        if request.export_id:
            export = await self._exports.find(name, request.export_id)
            if export is None:
                raise ExportNotFound(request.export_id)
            if request.offset > export.size:
                raise InvalidRequest([Violation("offset", "must not be beyond the end of the file")], request)
        else:
            tenant = await self._features.known(call.store)
            customer = call.store.links.account(request.customer_id)
            query = Listing(now_micros() if as_of is None else as_of, customer, request.product_id)
            export = await self._exports.make(tenant, query, _FORMATS[request.format])
        async for offset, data in self._exports.pieces(name, export, request.offset):
            last = offset + len(data) >= export.size
            await call.write(
                pb.ExportInteractionFeaturesResponse(
                    export_id=export.export_id,
                    path=export.name,
                    offset=offset,
                    data=data,
                    last=last,
                    sha256=export.sha256 if last else "",
                    row_count=export.rows,
                )
            )

    async def import_shopify(self, call: Call) -> None:
        message = await call.read()
        kind = None if message is None else message.WhichOneof("message")
        if message is None or kind != "open":
            raise StreamProtocol("the first message must be open", kind or "open")
        opened: pb.ShopImportOpen = message.open
        store = await call.writable()
        tenant = await self._features.known(store)
        job = FileImport(tenant, self._features.runs(store), opened.import_id, _KINDS[opened.kind])
        try:
            await job.open()
        except ValueError as error:
            wrong = Violation("open.kind", "must be the one that the import_id began with")
            raise InvalidRequest([wrong], message) from error
        answer = pb.ShopImportOpened(offset=job.offset, finished=job.finished)
        await call.write(pb.ImportShopifyResponse(opened=answer))
        while not job.finished:
            message = await call.read()
            if message is None:
                return
            kind = message.WhichOneof("message")
            if kind == "piece":
                await self._take(job, opened.import_id, message.piece)
                ack = pb.ShopImportAck(offset=job.offset, safe_offset=job.safe_offset)
                await call.write(pb.ImportShopifyResponse(ack=ack))
            elif kind == "finish":
                await job.finish()
            else:
                raise StreamProtocol("open must be sent once", "open")
        await call.write(pb.ImportShopifyResponse(report=_report_to_pb(job.report, job.redacted_rows)))

    @staticmethod
    async def _take(job: FileImport, import_id: str, piece: pb.ShopImportPiece) -> None:
        """What was read already is passed over."""
        if piece.offset > job.offset:
            raise OffsetOutOfRange(import_id, piece.offset, job.offset)
        if fresh := piece.data[job.offset - piece.offset :]:
            await job.feed(fresh)

    async def get_feature_report(self, call: Call) -> pb.GetFeatureReportResponse:
        tenant = await self._features.known(call.store)
        as_of = max(now_micros(), tenant.state.as_of)
        profiler = Profiler(as_of)
        async for rows in pieces(tenant, Listing(as_of)):
            await tenant.compute(off_loop(profiler.take, rows))
        known = states.profiles_of(await call.store.records.meta(states.PROFILE_KEY))
        profile = await tenant.compute(off_loop(profiler.profile, known.previous))
        told = await _data_quality(tenant)
        views = profile.views
        state, pending = tenant.state, tenant.pending
        dirty = -1 if pending.everything or not state.version else len(set(pending.customers) | set(pending.clients))
        if not told["events"] and not pending:
            dirty = 0
        return pb.GetFeatureReportResponse(
            pair_count=profile.pairs,
            customer_count=profile.customers,
            product_count=profile.products,
            dirty_customer_count=dirty,
            failed_customer_count=len(state.failed),
            event_count=told["events"],
            unknown_event_count=told["unknown"],
            view_count=views,
            views_without_duration=told["untimed_views"] / told["views"] if told["views"] else None,
            views_without_device=profile.views_without_device / views if views else None,
            distributions=[_distribution_to_pb(one) for one in profile.distributions],
            as_of=from_micros(as_of),
            last_run_time=from_micros(state.run_end) if state.run_end else None,
            last_run_seconds=state.run_seconds,
            last_run_peak_memory_bytes=state.run_peak_bytes,
            definition_version=tenant.version,
        )


async def _data_quality(tenant: FeatureTenant) -> dict[str, int]:
    total = dict.fromkeys(("events", "views", "untimed_views", "unknown"), 0)
    if not tenant.store.exists:
        return total
    scopes = [[among("bucket", list(range(at, at + _BUCKETS_AT_ONCE)))] for at in range(0, BUCKETS, _BUCKETS_AT_ONCE)]
    scopes.append([Condition("customer_id", Op.EQ, "")])
    for scope in scopes:
        columns = ("event_type", "page_type", "view_duration")
        events = await tenant.store.records.table(EVENTS, scope, columns=columns)
        if events.num_rows:
            for name, count in (await tenant.compute(off_loop(kernel.data_quality, events))).items():
                total[name] += count
    return total


def _distribution_to_pb(one: Distribution) -> pb.FeatureDistribution:
    return pb.FeatureDistribution(
        feature=one.feature,
        count=one.count,
        absent_count=one.absent,
        zero_count=0 if one.feature in DATES else one.zeros,
        min=one.least,
        max=one.greatest,
        mean=one.mean,
        standard_deviation=one.deviation,
        quantiles=one.quantiles,
        bin_edges=one.edges,
        bin_counts=one.bins,
        words=one.words,
        drift=one.drift,
    )


def _report_to_pb(report: Report, redacted: int) -> pb.ShopImportReport:
    problems: list[Any] = [pb.ShopImportProblem(**msgspec.structs.asdict(problem)) for problem in report.problems]
    return pb.ShopImportReport(
        read=report.read,
        stored={name: count for name, count in report.made.items() if count},
        skipped=report.skipped,
        noted=report.noted,
        problems=problems,
        unknown_columns=report.unknown_columns,
        redacted_rows=redacted,
    )
