"""The alerts for Prometheus: every rule can fire, and asks only for what a server exposes."""

import os
import re
import shutil
import subprocess
import urllib.request

import pytest
import yaml
from interplay_server.services.methods import RIGHTS
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import ROOT, eventually, free_port
from tests.service.kit import Api, batch

FOLDER = ROOT / "docs" / "prometheus"
RULES = [
    rule
    for group in yaml.safe_load((FOLDER / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
TESTED = yaml.safe_load((FOLDER / "alerts_test.yml").read_text(encoding="utf-8"))["tests"]
# What only work that has ended shows.
LATER = {"interplay_operation_last_end_seconds", "interplay_operations_total"}


@pytest.fixture(scope="module")
def promtool():
    """Skips where Prometheus is not installed; CI installs it."""
    found = shutil.which("promtool")
    if found is None:
        reason = "promtool of Prometheus is missing"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    return found


@pytest.mark.parametrize("command", [("check", "rules", "alerts.yml"), ("test", "rules", "alerts_test.yml")])
def test_promtool_says_so(promtool, command):
    run = subprocess.run([promtool, *command], cwd=FOLDER, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_each_alert_is_seen_to_fire():
    fired = {one["alertname"] for test in TESTED for one in test["alert_rule_test"] if one["exp_alerts"]}
    assert fired == {rule["alert"] for rule in RULES}


def test_each_alert_says_what_to_do():
    for rule in RULES:
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert set(rule["annotations"]) == {"summary", "description"}


def test_a_server_exposes_what_is_asked_for(start_server):
    address = f"127.0.0.1:{free_port()}"
    server = start_server("--metrics-listen", address)
    api = Api(server.target)
    api.PublishInteractions(batch("hello"))
    api.close()

    def told():
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        return text if 'code="OK"' in text else None

    text = eventually(told, 60)
    served = {sample.name for family in text_string_to_metric_families(text) for sample in family.samples}
    values = {sample.name: sample.value for family in text_string_to_metric_families(text) for sample in family.samples}
    asked = {name for rule in RULES for name in re.findall(r"\b(?:interplay|process)_\w+", rule["expr"])}
    assert asked - served == LATER
    assert values["interplay_open_tenants"] == 1
    assert values["interplay_failing_tenants"] == 0
    assert 0 < values["interplay_disk_free_bytes"] <= values["interplay_disk_total_bytes"]
    assert values["process_open_fds"] > 10


def test_methods_are_those_of_the_contract():
    named = [
        name
        for rule in RULES
        for group in re.findall(r"\((\w+(?:\|\w+)+)\)", rule["expr"])
        for name in group.split("|")
    ]
    assert named and set(named) <= set(RIGHTS)
