"""Cases for each language that was chosen, one server for those that do not harm it, and what came of each."""

import json
import os

import pytest

from tests.conformance.languages import ALL, IN_CI, RESULTS, Language, chosen
from tests.conftest import ServerProcess


def pytest_configure(config):
    config.addinivalue_line("markers", "clients: conformance of the five clients, only in `make test-clients`")


def pytest_collection_modifyitems(items):
    for item in items:
        if "conformance" in item.path.parts:
            item.add_marker(pytest.mark.clients)
            item.add_marker(pytest.mark.timeout(600))


def pytest_generate_tests(metafunc):
    if "language" in metafunc.fixturenames:
        languages = chosen()
        metafunc.parametrize("language", languages, ids=[one.name for one in languages], indirect=True)


@pytest.fixture
def language(request):
    """A client that is built; skipped where its tool chain is missing, but in CI."""
    one: Language = request.param
    if one.missing:
        said = f"{one.title} is not tested: {', '.join(one.missing)} is missing"
        if IN_CI:
            pytest.fail(said)
        pytest.skip(said)
    return one


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Writes down for the matrix what a case came to."""
    report = yield
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    one, feature = parameters.get("language"), getattr(item.obj, "feature", None)
    if isinstance(parameters.get("case"), dict):
        feature = parameters["case"]["feature"]
    if isinstance(one, Language) and feature and (report.when == "call" or not report.passed):
        if report.skipped and one.missing:
            return report
        outcome = "lacks" if report.skipped else report.outcome
        folder = RESULTS / "results" / one.name
        folder.mkdir(parents=True, exist_ok=True)
        name = parameters["case"]["id"] if isinstance(parameters.get("case"), dict) else item.originalname
        (folder / f"{name}.json").write_text(json.dumps({"feature": feature, "outcome": outcome}), encoding="utf-8")
    return report


@pytest.fixture(scope="session")
def borrowed_server(tmp_path_factory):
    """Gives the server that cases share, started by the first that asks: each works on names of its own."""
    started = []

    def borrow():
        if not started:
            started.append(ServerProcess(tmp_path_factory.mktemp("shared") / "data").start())
        return started[0]

    yield borrow
    for server in started:
        server.stop()


def pytest_report_header():
    picked = {one.name for one in chosen()}
    return [f"clients: {', '.join(one.title for one in ALL if one.name in picked)}" + (", in CI" if IN_CI else "")] + [
        f"{one.title} is left out: {', '.join(one.missing)} is missing" for one in chosen() if one.missing
    ] * ("PYTEST_XDIST_WORKER" not in os.environ)
