"""The Feast recipe with the real Feast, and what docs/features-exports.md shows, against a real server."""

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import pytest
from interplay import Interplay

ROOT = Path(__file__).parents[2]
RECIPE = ROOT / "docs" / "examples" / "feast"
PAGE = (ROOT / "docs" / "features-exports.md").read_text(encoding="utf-8")
FRAGMENTS = re.findall(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", PAGE, re.MULTILINE | re.DOTALL)
TENANT = "recipes"

GUARD = """
import os, sys

def watch(event, arguments):
    where = None
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        where = arguments[1][0]
    elif event == "socket.getaddrinfo":
        where = arguments[0]
    if where is not None and str(where) not in ("127.0.0.1", "::1", "localhost", "0.0.0.0", ""):
        with open(os.environ["NETWORK_LOG"], "a") as file:
            file.write(f"{event} {where}\\n")
        raise OSError(f"no network here: {where}")

sys.addaudithook(watch)
"""


def day(number, hour=12):
    return datetime(2025, 1, number, hour, tzinfo=UTC)


def seen(number, customer="ada", product="lamp", kind="product_viewed", **fields):
    """`created_at` says which event it is: nothing else needs an id."""
    stamp = {"created_at": fields.pop("created_at", None) or day(number)}
    return {"event_type": kind, "customer_id": customer, "product_id": product, **stamp, **fields}


@pytest.fixture(scope="module")
def shop(shared_server):
    """Two customers' January."""
    events = [
        *[seen(number, device_type="mobile", view_duration=20.0) for number in (3, 4, 9, 10)],
        *[seen(number, product="desk", page_type="search") for number in (5, 20)],
        seen(10, kind="product_added_to_cart"),
        seen(11, kind="checkout_completed", order_id="o1"),
        seen(6, customer="grace"),
    ]
    with Interplay(shared_server.target, tenant=TENANT) as client:
        client.record_events(events)
        client.compute_features(full=True).wait()
        yield client


class Recipe:
    """A copy of the recipe in a folder of its own; its programs reach the loopback and nothing else."""

    def __init__(self, folder, target):
        self.folder, self.target = folder / "feast", target
        shutil.copytree(RECIPE, self.folder, ignore=shutil.ignore_patterns("data", "__pycache__"))
        guard = folder / "guard"
        guard.mkdir()
        (guard / "sitecustomize.py").write_text(GUARD)
        self.log = folder / "network"
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("INTERPLAY_", "FEAST_"))}
        self.environment = plain | {
            "PYTHONPATH": str(guard),
            "NETWORK_LOG": str(self.log),
            "FEAST_USAGE": "False",
            "HOME": str(folder),
            "INTERPLAY_TENANT": TENANT,
        }

    def run(self, *command, folder="."):
        done = subprocess.run(
            [sys.executable, *command],
            cwd=self.folder / folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout

    def feast(self, *command):
        return self.run("-m", "feast.cli.cli", *command, folder="feature_repo")

    def push(self):
        return subprocess.Popen(
            [sys.executable, "push.py", self.target, "1"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        )


@pytest.mark.timeout(600)
@pytest.mark.skipif(find_spec("feast") is None, reason="Feast is not installed")
def test_feast_serves_what_was_exported_and_pushed(shop, shared_server, tmp_path):
    recipe = Recipe(tmp_path, shared_server.target)
    days = ("2025-01-05", "2025-01-12", "2025-01-19")
    assert recipe.run("export.py", recipe.target, *days).splitlines()[0].startswith("2025-01-05: 1 rows")
    assert "interactions" in recipe.feast("apply")
    recipe.feast("materialize", "2025-01-01T00:00:00", "2025-01-20T00:00:00")

    said = recipe.run("read.py", "ada", "lamp", "2025-01-06", "2025-01-13", "2025-01-18", "2025-02-01").splitlines()
    expected = []
    for shown, exported in (("2025-01-06", 5), ("2025-01-13", 12), ("2025-01-18", 12)):
        row = shop.interaction_features("ada", "lamp", as_of=day(exported, 0)).features
        figures = (float(row["total_views"]), float(row["purchases"]), round(row["intent_score"], 3))
        expected.append((shown, *figures))
    read = [(line.split()[0], *map(float, line.split()[1:])) for line in said[:3]]
    assert read == expected and read[0][1:3] == (2, 0) and read[1][1:3] == (4, 1)
    assert len(said) == 4, "a row older than the time to live was served"
    newest = shop.interaction_features("ada", "lamp", as_of=day(19, 0)).features
    *counts, intent = said[3].split()[1:]
    assert counts == ["4", "1"] and float(intent) == pytest.approx(newest["intent_score"])

    pushing = recipe.push()
    views = 0
    while pushing.poll() is None:
        # Whatever was computed before it followed is not pushed.
        views += 1
        shop.record_events(seen(25, created_at=datetime.now(UTC), event_id=f"fresh-{views}"))
        try:
            pushing.wait(2)
        except subprocess.TimeoutExpired:
            assert views < 150, "nothing was pushed"
    assert pushing.returncode == 0 and "pushed" in pushing.stdout.read()
    pushing.stdout.close()
    online = recipe.run("read.py", "ada", "lamp", "2025-01-06").splitlines()[-1].split()
    assert 4 < int(online[1]) <= 4 + views and online[2] == "1"
    assert not recipe.log.exists(), recipe.log.read_text()


def test_the_guard_sees_what_goes_out(tmp_path):
    """What the recipe is held to would be noticed."""
    recipe = Recipe(tmp_path, "")
    program = (
        "import socket\ntry:\n  socket.create_connection(('192.0.2.1', 9), 1)\nexcept OSError as error:\n  print(error)"
    )
    assert "no network here" in recipe.run("-c", program)
    assert recipe.log.read_text()


def test_the_view_holds_every_feature():
    from interplay import FEATURE_NAMES  # noqa: PLC0415 - only here

    text = (RECIPE / "feature_repo" / "interactions.py").read_text()
    assert tuple(re.findall(r'Field\(name="(\w+)"', text)) == FEATURE_NAMES


@pytest.mark.parametrize("number", range(len(FRAGMENTS)))
def test_a_fragment_of_the_page_runs(shared_server, monkeypatch, tmp_path, capsys, number):
    """The first one records and exports what the others read."""
    monkeypatch.setenv("INTERPLAY_TENANT", "page")
    monkeypatch.chdir(tmp_path)
    for text, _ in dict.fromkeys((FRAGMENTS[0], FRAGMENTS[number])):
        capsys.readouterr()
        exec(compile(text.replace("localhost:50051", shared_server.target), f"fragment {number}", "exec"), {})
    shown = FRAGMENTS[number][1]
    assert shown and capsys.readouterr().out.strip() == shown.strip()


def test_the_page_shows_every_reader():
    assert len(FRAGMENTS) == PAGE.count("```python") >= 5
    for name in ("pandas", "polars", "duckdb", "pyarrow.ipc"):
        assert any(f"import {name}" in text for text, _ in FRAGMENTS), name
