"""The page on the kept features: whether the data is whole, what each feature looks like, what moved."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from interplay.v1 import feature_service_pb2 as service

from interplay_server.report import feature_plots as plots
from interplay_server.report.numbers import count, percent
from interplay_server.report.page import Markup, bullets, figure, notice, page, paragraph, section, table
from interplay_server.report.plots import Legend

MOVED, FAR = 0.1, 0.25
"""Population stability index from which a feature has moved, and moved far."""
_FEW = 0.5
_DATES = frozenset({"first_view_date", "last_view_date"})
_MEGABYTE = 1_000_000
_QUANTILES = ("5 %", "25 %", "median", "75 %", "95 %")


def features_page(report: service.GetFeatureReportResponse) -> str:
    """A whole HTML file."""
    worries = concerns(report)
    head = "LOOK AT THIS" if worries else "NOTHING STANDS OUT"
    body = f"{count(report.pair_count)} pairs of {count(report.customer_count)} customers and "
    body += f"{count(report.product_count)} products at {_instant(report.as_of.ToSeconds())}."
    return page(
        "Interaction features",
        notice(head, body, "bad" if worries else "good"),
        bullets(worries),
        section("Data", *_data(report)),
        section("Drift against the run before", *_drift(report)),
        section("Features", *_features(report)),
    )


def concerns(report: service.GetFeatureReportResponse) -> list[str]:
    """What a reader should look into, in words."""
    told = []
    if not report.pair_count:
        told.append("No pair is kept: no event or order of a customer with a product came in, or nothing ran yet.")
    if report.failed_customer_count:
        told.append(f"Customers whose last computation failed: {count(report.failed_customer_count)}.")
    if report.unknown_event_count:
        unknown = count(report.unknown_event_count)
        told.append(f"Events of types that are not known, which count for nothing: {unknown}.")
    for field, what in (("views_without_duration", "duration"), ("views_without_device", "device")):
        if report.HasField(field) and getattr(report, field) > _FEW:
            told.append(f"{percent(getattr(report, field))} of the views have no known {what}.")
    far = [one.feature for one in report.distributions if one.HasField("drift") and one.drift > FAR]
    if far:
        told.append(f"Far from the run before: {', '.join(far)}.")
    return told


def movement(one: service.FeatureDistribution) -> str:
    """The drift in a word."""
    if not one.HasField("drift"):
        return "nothing to compare with"
    return "moved far" if one.drift > FAR else "moved" if one.drift >= MOVED else "steady"


def _data(report: service.GetFeatureReportResponse) -> list[Markup]:
    dirty = "everybody" if report.dirty_customer_count < 0 else count(report.dirty_customer_count)
    run = _instant(report.last_run_time.ToSeconds()) if report.HasField("last_run_time") else "never"
    rows = [
        ("Pairs", count(report.pair_count), ""),
        ("Customers", count(report.customer_count), "with a pair"),
        ("Products", count(report.product_count), "with a pair"),
        ("Dirty customers", dirty, "changed since they were computed; reads bring them up to date"),
        ("Failed customers", count(report.failed_customer_count), "their old rows are kept"),
        ("Events", count(report.event_count), ""),
        ("of types that are not known", count(report.unknown_event_count), "kept and counted; they enter no feature"),
        ("Views", count(report.view_count), ""),
        ("without a duration", _share(report, "views_without_duration"), "share of the views"),
        ("without a device", _share(report, "views_without_device"), "share of the views"),
        ("Last whole run", run, "its end"),
        ("took", f"{report.last_run_seconds:,.1f} s", ""),
        ("peak memory", f"{report.last_run_peak_memory_bytes / _MEGABYTE:,.0f} MB", "of the whole process"),
        ("Definition", report.definition_version, "digest of definitions, weights and windows"),
    ]
    return [table("The shop's data and the last run", ("What", "How much", "Meaning"), rows, right=("How much",))]


def _drift(report: service.GetFeatureReportResponse) -> list[Markup]:
    known = [one for one in report.distributions if one.HasField("drift")]
    if not known:
        return [paragraph("There is no earlier whole run to compare with yet.")]
    ordered = sorted(known, key=lambda one: (-one.drift, one.feature))
    picture = plots.bars(
        Legend(
            "drift",
            "Population stability index of each feature",
            "; ".join(f"{one.feature} {one.drift:.3f}" for one in ordered),
            "population stability index",
        ),
        [(one.feature, one.drift, f"{one.drift:.3f} {movement(one)}") for one in ordered],
    )
    numbers = table(
        "Drift",
        ("Feature", "Index", "In a word"),
        [(one.feature, f"{one.drift:.4f}", movement(one)) for one in ordered],
        right=("Index",),
    )
    return [
        paragraph(
            f"The population stability index compares the rows with those of the whole run before: below {MOVED:g} a "
            f"feature is steady, above {FAR:g} it moved far."
        ),
        figure("Drift, the largest first", picture, numbers),
    ]


def _features(report: service.GetFeatureReportResponse) -> list[Markup]:
    if not report.pair_count:
        return [paragraph("There are no rows to look at.")]
    overview = table(
        "All features",
        ("Feature", "Rows", "Absent", "Zero", "Mean", "Deviation", *_QUANTILES),
        [_row(one) for one in report.distributions],
        right=("Rows", "Absent", "Zero", "Mean", "Deviation", *_QUANTILES),
    )
    return [overview, *(part for one in report.distributions for part in _figure(one))]


def _row(one: service.FeatureDistribution) -> Sequence[str]:
    say = _say(one)
    quantiles = [say(value) for value in one.quantiles] or ["-"] * len(_QUANTILES)
    known = one.HasField("mean") and one.feature not in _DATES
    moments = (f"{one.mean:.4g}", f"{one.standard_deviation:.4g}") if known else ("-", "-")
    zero = "-" if one.words or one.feature in _DATES else count(one.zero_count)
    return (one.feature, count(one.count), count(one.absent_count), zero, *moments, *quantiles)


def _figure(one: service.FeatureDistribution) -> list[Markup]:
    about = f"{one.feature}: {count(one.count)} rows have it, {count(one.absent_count)} lack it"
    if one.words:
        ordered = sorted(one.words.items(), key=lambda pair: (-pair[1], pair[0]))
        picture = plots.bars(
            Legend(
                one.feature, one.feature, f"{about}; {', '.join(f'{word} {rows}' for word, rows in ordered)}", "rows"
            ),
            [(word, rows, count(rows)) for word, rows in ordered],
        )
        numbers = table(one.feature, ("Word", "Rows"), [(word, count(rows)) for word, rows in ordered], right=("Rows",))
        return [figure(about, picture, numbers)]
    if not one.bin_counts:
        return [paragraph(f"{about}.", "soft")]
    say = _say(one)
    said = f"{about}; from {say(one.min)} to {say(one.max)}, median {say(one.quantiles[2])}"
    picture = plots.histogram(Legend(one.feature, one.feature, said, one.feature), one.bin_edges, one.bin_counts, say)
    bins = zip(one.bin_edges, one.bin_edges[1:], one.bin_counts, strict=False)
    rows = [(say(low), say(high), count(number)) for low, high, number in bins]
    numbers = table(one.feature, ("From", "To", "Rows"), rows, right=("From", "To", "Rows"))
    return [figure(said, picture, numbers)]


def _say(one: service.FeatureDistribution) -> Callable[[float], str]:
    return (lambda value: _instant(round(value))[:10]) if one.feature in _DATES else (lambda value: f"{value:.4g}")


def _share(report: service.GetFeatureReportResponse, field: str) -> str:
    return percent(getattr(report, field)) if report.HasField(field) else "-"


def _instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
