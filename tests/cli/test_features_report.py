"""The page on features: one file that says what matters, whatever the report holds."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from interplay.features import FEATURE_NAMES
from interplay.v1 import feature_service_pb2 as service
from interplay_server.report.features import concerns, features_page, movement

VOID = {"meta", "br", "hr", "img", "link"}


class Balance(HTMLParser):
    """Every element that is opened is closed, in order; collects ids."""

    def __init__(self):
        super().__init__()
        self.open, self.ids = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_startendtag(self, tag, attrs):
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def checked(page):
    parser = Balance()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    assert len(parser.ids) == len(set(parser.ids))
    assert not re.search(r"<script|javascript:|https?://|url\(", page)
    return page


def distribution(name="intent_score", **fields):
    given = {
        "count": 90, "absent_count": 10, "zero_count": 5, "min": 0.0, "max": 1.0, "mean": 0.4,
        "standard_deviation": 0.2, "quantiles": (0.0, 0.2, 0.4, 0.6, 0.9), "bin_edges": (0.0, 0.5, 1.0),
        "bin_counts": (60, 30),
    }  # fmt: skip
    return service.FeatureDistribution(feature=name, **given | fields)


def words(**counts):
    return service.FeatureDistribution(feature="preferred_device", count=sum(counts.values()), words=counts)


def report(*distributions, **fields):
    given = {
        "pair_count": 100, "customer_count": 20, "product_count": 9, "event_count": 500, "view_count": 300,
        "views_without_duration": 0.1, "views_without_device": 0.0, "last_run_seconds": 1.5,
        "last_run_peak_memory_bytes": 250_000_000, "definition_version": "abc",
    }  # fmt: skip
    made = service.GetFeatureReportResponse(distributions=distributions, **given | fields)
    made.as_of.FromJsonString("2026-03-01T12:00:00Z")
    return made


def test_a_shop_without_worries():
    page = checked(features_page(report(distribution(), words(mobile=60, desktop=30))))
    assert "NOTHING STANDS OUT" in page and "100 pairs of 20 customers" in page
    assert "There is no earlier whole run to compare with yet." in page
    assert "from 0 to 1, median 0.4" in page
    assert "mobile 60, desktop 30" in page
    for told in ("250 MB", "1.5 s", "10.0 %", "never"):
        assert told in page


def test_what_a_reader_should_look_into():
    made = report(
        distribution(drift=0.4), distribution("total_views", drift=0.15), distribution("purchases", drift=0.01),
        failed_customer_count=3, unknown_event_count=7, views_without_duration=0.9, dirty_customer_count=-1,
    )  # fmt: skip
    page = checked(features_page(made))
    assert "LOOK AT THIS" in page and "everybody" in page
    assert concerns(made) == [
        "Customers whose last computation failed: 3.",
        "Events of types that are not known, which count for nothing: 7.",
        "90.0 % of the views have no known duration.",
        "Far from the run before: intent_score.",
    ]
    assert [movement(one) for one in made.distributions] == ["moved far", "moved", "steady"]
    assert page.index("0.400 moved far") < page.index("0.150 moved") < page.index("0.010 steady")


def test_the_plot_draws_the_bins():
    page = features_page(report(distribution(bin_edges=(0.0, 1.0, 2.0, 4.0), bin_counts=(10, 0, 5))))
    (svg,) = re.findall(r"<svg .*?</svg>", page, re.DOTALL)
    bars = list(ET.fromstring(svg).iter("rect"))
    heights, widths = ([float(bar.get(name)) for bar in bars] for name in ("height", "width"))
    assert heights[0] == pytest.approx(2 * heights[2], abs=0.2) and heights[1] == 0
    assert widths[2] == pytest.approx(2 * widths[0], abs=2)


@pytest.mark.parametrize(
    "made",
    [
        service.GetFeatureReportResponse(),
        report(*[service.FeatureDistribution(feature=name, absent_count=100) for name in FEATURE_NAMES]),
        report(distribution(min=7, max=7, bin_edges=(7.0, 7.0), bin_counts=(90,), quantiles=(7.0,) * 5)),
        report(distribution("first_view_date", min=0, max=253402300799, quantiles=(0.0,) * 5)),
        report(words(**{"<b>": 3, "x" * 300: 1})),
    ],
    ids=["nothing at all", "all absent", "one value", "year 9999", "words that are markup"],
)
def test_odd_reports_make_a_page(made):
    page = checked(features_page(made))
    assert "<b>" not in page.replace("<b>LOOK", "").replace("<b>NOTHING", "")


def test_dates_are_dates():
    page = features_page(report(distribution("last_view_date", min=0, max=86_400 * 365, quantiles=(86_400.0,) * 5)))
    assert "from 1970-01-01 to 1971-01-01, median 1970-01-02" in page
