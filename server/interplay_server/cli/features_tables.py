"""How features look to people: values, rows, reports of runs and imports."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any

import click
from google.protobuf.timestamp_pb2 import Timestamp
from interplay.features import EXTRA_NAMES, FEATURE_NAMES
from interplay.v1 import feature_pb2
from interplay.v1 import feature_service_pb2 as service

from interplay_server.cli.output import counted, table
from interplay_server.cli.times import local
from interplay_server.cli.words import Words
from interplay_server.report.features import concerns, movement

FORMATS = Words(service.FeatureExportFormat, "FEATURE_EXPORT_FORMAT_")
KINDS = Words(service.ShopImportKind, "SHOP_IMPORT_KIND_")
SOURCES = Words(feature_pb2.OrdersSource, "ORDERS_SOURCE_")

FAMILIES = {
    "views and engagement": (
        "total_views", "unique_views", "view_duration_avg", "view_frequency", "engagement_score",
    ),
    "shopping": ("cart_adds", "cart_removes", "purchases", "cart_conversion_rate", "view_to_purchase_rate"),
    "discovery": ("search_views", "category_views", "collection_views", "direct_views", "referral_views"),
    "time": ("first_view_date", "last_view_date", "view_recency", "view_consistency", "seasonal_view_pattern"),
    "devices and channel": (
        "mobile_views", "desktop_views", "tablet_views", "preferred_device", "channel_preference",
    ),
    "quality": ("interaction_quality_score", "intent_score", "loyalty_indicator", "recommendation_score"),
}  # fmt: skip
COLUMNS = (
    "total_views", "cart_adds", "purchases", "view_recency", "engagement_score", "intent_score", "recommendation_score",
)  # fmt: skip
_BOUND = re.compile(r"([a-z_]+)\s*(>=|<=|=)\s*(\S+)")
_SHOWN_PROBLEMS = 20


def value(message: Any, name: str) -> str:
    """A feature or what stands beside it; `-` where it is undefined, which is not 0."""
    field = message.DESCRIPTOR.fields_by_name[name]
    if field.has_presence and not message.HasField(name):
        return "-"
    found = getattr(message, name)
    if isinstance(found, Timestamp):
        return found.ToDatetime(UTC).astimezone().strftime("%Y-%m-%d %H:%M")
    if isinstance(found, bool):
        return "yes" if found else "no"
    if isinstance(found, float):
        return f"{found:.3f}".rstrip("0").rstrip(".")
    return str(found)


class Bound(click.ParamType[service.FeatureBound]):
    """An option that holds FEATURE>=VALUE, FEATURE<=VALUE or FEATURE=VALUE."""

    name = "bound"

    def convert(
        self, value: str | service.FeatureBound, param: click.Parameter | None, ctx: click.Context | None
    ) -> service.FeatureBound:
        if isinstance(value, service.FeatureBound):
            return value
        found = _BOUND.fullmatch(value.strip())
        if found is None:
            self.fail(f"{value!r} is not like intent_score>=0.5, total_views<=9 or purchases=0", param, ctx)
        name, sign, number = found.groups()
        try:
            end = float(number)
        except ValueError:
            self.fail(f"{number!r} is not a number", param, ctx)
        return service.FeatureBound(feature=name, min=end if sign != "<=" else None, max=end if sign != ">=" else None)


def pair_lines(row: feature_pb2.InteractionFeatureRow) -> Iterator[str]:
    """All 29 features by family, and what stands beside them."""
    yield click.style(f"{row.customer_id} and {row.product_id}", bold=True)
    purchases = f"purchases from {SOURCES.of(row.orders_source)}"
    yield f"as of {local(row.as_of)}, {purchases}, definition {row.definition_version}"
    for family, names in FAMILIES.items():
        yield ""
        yield from table((family, "value"), [(name, value(row.features, name)) for name in names])
    yield ""
    beside = [(name, value(row.extras, name)) for name in EXTRA_NAMES]
    yield from table(("beside them", "value"), beside)


def row_lines(rows: Iterable[feature_pb2.InteractionFeatureRow], columns: Sequence[str]) -> Iterator[str]:
    cells = [(row.customer_id, row.product_id, *(value(_part(row, name), name) for name in columns)) for row in rows]
    headings = tuple(name.replace("_", " ") for name in columns)
    yield from table(("customer", "product", *headings), cells, right=headings[:-1])


def known_columns() -> tuple[str, ...]:
    return (*FEATURE_NAMES, *EXTRA_NAMES)


def recommendation_lines(found: Iterable[service.Recommendation], *, explain: bool) -> Iterator[str]:
    rows = list(found)
    cells = [
        (
            str(place),
            f"{one.score:.3f}",
            one.product_id,
            *(value(one.row.features, name) for name in ("total_views", "cart_adds", "purchases", "view_recency")),
            one.title,
        )
        for place, one in enumerate(rows, 1)
    ]
    headings = ("#", "score", "product", "views", "cart adds", "purchases", "days ago", "title")
    heading, *lines = table(headings, cells, right=("#", "score", "views", "cart adds", "purchases", "days ago"))
    yield heading
    for line, one in zip(lines, rows, strict=True):
        yield line
        if explain:
            yield click.style(f"   {explanation(one)}", dim=True)


def explanation(one: service.Recommendation) -> str:
    """`0.412 = (intent 0.2 + engagement 0.21) * rest 0.5`: what a score is made of."""
    parts = " + ".join(f"{name} {part:.3f}" for name, part in sorted(one.parts.items(), key=lambda pair: -pair[1]))
    factors = "".join(f" * {name} {factor:g}" for name, factor in sorted(one.factors.items()) if factor != 1)
    return f"{one.score:.3f} = ({parts}){factors}"


def totals_lines(totals: service.ComputeTotals) -> Iterator[str]:
    scope = "whole run" if totals.full else "run over what was wanted or had changed"
    yield from table(
        ("what", "result"),
        [
            ("customers", f"{totals.customers}, a {scope}"),
            ("pairs", f"{totals.pairs} computed, {totals.removed_pairs} gone"),
            ("events", f"{totals.events}: {totals.unknown_events} of unknown types, {totals.future_events} later"),
            ("failed", counted(totals.failed_customers, "customer")),
            ("took", f"{totals.seconds:.2f} s, peak memory {totals.peak_memory_bytes / 1e6:.0f} MB"),
            ("as of", local(totals.as_of)),
            ("definition", totals.definition_version),
        ],
    )
    if totals.failures:
        yield ""
        failures = [(one.customer_id, one.reason) for one in totals.failures]
        yield from table(("failed customer", "why; its old rows are kept"), failures)


def report_lines(report: service.GetFeatureReportResponse) -> Iterator[str]:
    for worry in concerns(report):
        yield click.style(worry, bold=True)
    dirty = "everybody" if report.dirty_customer_count < 0 else str(report.dirty_customer_count)
    yield from table(
        ("what", "result"),
        [
            ("pairs", f"{report.pair_count}: {report.customer_count} customers, {report.product_count} products"),
            ("dirty customers", dirty),
            ("failed customers", str(report.failed_customer_count)),
            ("events", f"{report.event_count}, {report.unknown_event_count} of unknown types"),
            ("views", str(report.view_count)),
            ("without duration", _share(report, "views_without_duration")),
            ("without device", _share(report, "views_without_device")),
            ("last whole run", local(report.last_run_time) or "never"),
            ("took", f"{report.last_run_seconds:.2f} s, peak memory {report.last_run_peak_memory_bytes / 1e6:.0f} MB"),
            ("definition", report.definition_version),
        ],
    )
    if report.pair_count:
        yield ""
        headings = ("feature", "rows", "absent", "zero", "mean", "median", "drift", "values")
        yield from table(headings, map(_distribution, report.distributions), right=headings[1:6])


def _distribution(one: service.FeatureDistribution) -> tuple[str, ...]:
    plain = one.HasField("mean") and not one.feature.endswith("_date")
    mean, median = (f"{one.mean:.4g}", f"{one.quantiles[2]:.4g}") if plain else ("-", "-")
    drift = f"{one.drift:.3f} {movement(one)}" if one.HasField("drift") else "-"
    words = ", ".join(f"{word} {rows}" for word, rows in sorted(one.words.items(), key=lambda pair: -pair[1]))
    said = words or (f"{one.min:.4g} to {one.max:.4g}" if plain else "")
    return (one.feature, str(one.count), str(one.absent_count), str(one.zero_count), mean, median, drift, said)


def import_lines(report: service.ShopImportReport) -> Iterator[str]:
    """What was stored and what was left out and why."""
    groups: tuple[tuple[str, Mapping[str, int]], ...] = (
        ("read", report.read), ("stored", report.stored), ("skipped", report.skipped), ("noted", report.noted),
    )  # fmt: skip
    cells = [(group, str(count), name) for group, counts in groups for name, count in sorted(counts.items())]
    if report.redacted_rows:
        cells.append(("deleted", str(report.redacted_rows), "rows of redacted customers"))
    yield from table(("what", "how many", "of"), cells, right=("how many",))
    if report.unknown_columns:
        yield f"columns that mean nothing here: {', '.join(report.unknown_columns)}"
    if report.problems:
        yield ""
        shown = report.problems[:_SHOWN_PROBLEMS]
        yield from table(
            ("line", "byte", "reason", "detail"),
            [(str(one.line), str(one.offset), one.reason, one.detail) for one in shown],
            right=("line", "byte"),
        )
        if (more := sum(report.skipped.values()) - len(shown)) > 0:
            yield f"and {more} more"


def event_lines(events: Iterable[feature_pb2.FeatureEvent]) -> Iterator[str]:
    cells = [
        (
            local(one.created_at),
            one.event_type,
            one.customer_id or f"guest {one.client_id}",
            one.product_id,
            one.device_type,
            one.page_type,
            f"{one.view_duration:g}" if one.HasField("view_duration") else "",
            one.event_id,
        )
        for one in events
    ]
    yield from table(("when", "event", "customer", "product", "device", "from", "seconds", "id"), cells)


def _part(row: feature_pb2.InteractionFeatureRow, name: str) -> Any:
    return row.features if name in FEATURE_NAMES else row.extras


def _share(report: service.GetFeatureReportResponse, field: str) -> str:
    return f"{100 * getattr(report, field):.1f} % of the views" if report.HasField(field) else "-"
