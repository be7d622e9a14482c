"""The dashboard for Grafana asks only for what a server exposes, and for all of it."""

import json
import re
import urllib.request

import pytest
import yaml
from interplay_server.domain.custody import Standing
from interplay_server.domain.monitoring import FAILED, EventType, Status
from interplay_server.telemetry.metrics import COMMAND_LABELS, OTHER, Metrics
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import ROOT, eventually, free_port
from tests.service.kit import Api, batch

FILE = ROOT / "docs" / "grafana" / "interplay.json"
DASHBOARD = json.loads(FILE.read_text(encoding="utf-8"))
WORDS = {"sum", "by", "rate", "increase", "histogram_quantile", "topk", "clamp_min", "label_values", "max", "min"}
VARIABLES = {"$__rate_interval", "$__range"}


def panels(kind=None):
    return [one for one in DASHBOARD["panels"] if kind in (None, one["type"])]


def targets():
    return [(panel, one) for panel in panels() for one in panel.get("targets", ())]


def variables():
    return {one["name"]: one for one in DASHBOARD["templating"]["list"]}


def expressions():
    queries = [one["query"]["query"] for one in variables().values() if one["type"] == "query"]
    return [one["expr"] for _, one in targets()] + queries


def parts(expression):
    """Names of metrics with the labels that are asked of each; whatever else is a word must be known."""
    asked = {}
    for name, matchers in re.findall(r"\b((?:interplay|process)_\w+)(\{[^}]*\})?", expression):
        found = re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", matchers)
        asked.setdefault(name, set()).update(found)
    grouped = {label.strip() for group in re.findall(r"\bby \(([^)]*)\)", expression) for label in group.split(",")}
    if listed := re.fullmatch(r"label_values\((\w+), (\w+)\)", expression):
        grouped = {listed[2]}
    asked = {name: labels | grouped for name, labels in asked.items()}
    rest = re.sub(r"\{[^}]*\}|\bby \([^)]*\)|\[[^\]]*\]|(?:interplay|process)_\w+|\b\d[\d.e-]*", " ", expression)
    strange = set(re.findall(r"[A-Za-z_]\w*", rest)) - WORDS - grouped
    return asked, strange


def exposed(text):
    """Labels by the name of each sample; names of families without a sample too."""
    found = {}
    for family in text_string_to_metric_families(text):
        suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(family.type, ("",))
        for suffix in suffixes:
            found.setdefault(family.name + suffix, set())
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return {name: labels for name, labels in found.items() if not name.endswith("_created")}


@pytest.fixture(scope="module")
def used():
    """Every metric of the code, each with its labels."""
    metrics = Metrics()
    metrics.calls.labels("m", "OK").inc()
    metrics.open_calls.labels("m").inc()
    metrics.seconds.labels("m").observe(1)
    metrics.usage.recorded(EventType.CLI_COMMAND, "deploy", Status.ERROR, 12)
    metrics.usage.refused({"opted_out": 1, "dropped": 2, "rejected": 3})
    metrics.usage.redacted(4)
    metrics.redacted("mask", {"email": 1})
    metrics.usage.alert_opened("latency", "high")
    metrics.server.operation_ended("backup_tenant", "SUCCEEDED")
    metrics.server.follow(Standing, ROOT)
    return exposed(generate_latest(metrics.registry).decode())


def test_a_server_exposes_what_is_asked_for(start_server, used):
    address = f"127.0.0.1:{free_port()}"
    server = start_server("--metrics-listen", address)
    Api(server.target).PublishInteractions(batch("hello"))

    def told():
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        return text if 'code="OK"' in text else None

    served = exposed(eventually(told, 60))
    for name, labels in served.items():
        assert labels <= used[name], name
    for expression in expressions():
        asked, strange = parts(expression)
        assert asked and not strange, (expression, strange)
        for name, labels in asked.items():
            assert name in served, expression
            assert labels <= used[name], (expression, labels - used[name])


def test_every_metric_is_shown(used):
    asked = {name for expression in expressions() for name in parts(expression)[0]}
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in used}
    own = {name for name in families if name.startswith("interplay_")}
    assert own - {re.sub(r"_(bucket|sum|count)$", "", name) for name in asked} == set()


def test_what_is_not_exposed_would_be_found():
    asked, strange = parts('sum by (who) (rate(interplay_gone_total{user="x"}[5m])) + up')
    assert asked == {"interplay_gone_total": {"who", "user"}}
    assert strange == {"up"}


def test_labels_in_legends_are_those_of_the_result():
    for panel, target in targets():
        labels = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
        grouped = re.search(r"\bby \(([^)]*)\)", target["expr"])
        kept = {one.strip() for one in grouped[1].split(",")} - {"le"} if grouped else set()
        assert labels == kept, (panel["title"], target["expr"])


def test_failures_are_those_of_the_domain(used):
    named = {match for expression in expressions() for match in re.findall(r'status=~"([^"]*)"', expression)}
    assert {frozenset(one.split("|")) for one in named} == {frozenset(FAILED)}
    about = " ".join(panel.get("description", "") for panel in panels())
    assert f"At most {COMMAND_LABELS} commands" in about and OTHER in about


def test_ids_are_unique_and_panels_lie_beside_each_other():
    ids = [one["id"] for one in panels()]
    assert len(ids) == len(set(ids))
    taken = set()
    for panel in panels():
        at = panel["gridPos"]
        own = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24 and not own & taken, panel["title"]
        taken |= own
    for panel in panels():
        references = [one["refId"] for one in panel.get("targets", ())]
        assert len(references) == len(set(references))


def test_the_data_source_is_chosen_by_the_reader():
    assert variables()["datasource"]["type"] == "datasource"
    assert variables()["datasource"]["query"] == "prometheus"
    assert DASHBOARD["id"] is None
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    shown = [one for one in panels() if one["type"] != "row"]
    sources = [one["datasource"] for one in (*shown, *(target for _, target in targets()))]
    assert sources and all(one == chosen for one in sources)
    assert all(one["title"] and one["description"] and one["targets"] for one in shown)
    for expression in expressions():
        names = set(re.findall(r"\$\w+", expression))
        assert names <= VARIABLES | {f"${name}" for name in variables()}, expression


def test_it_names_no_machine_and_no_other_page():
    text = FILE.read_text(encoding="utf-8")
    assert not re.search(r"https?://|localhost|\d+\.\d+\.\d+\.\d+|:\d{4,5}\b", text)
    assert not {"instance", "job", "host"} & {
        label for one in expressions() for labels in parts(one)[0].values() for label in labels
    }


def test_the_note_on_provisioning_is_sound():
    note = (FILE.parent / "README.md").read_text(encoding="utf-8")
    prometheus, source, dashboards = (yaml.safe_load(one) for one in re.findall(r"```yaml\n(.*?)```", note, re.DOTALL))
    assert prometheus["scrape_configs"][0]["static_configs"][0]["targets"]
    assert source["datasources"][0]["type"] == "prometheus"
    assert dashboards["providers"][0]["options"]["path"]
