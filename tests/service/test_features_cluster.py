"""Servers that compute whole runs by a Ray cluster: one that they start, one that cannot be joined."""

import subprocess
from importlib.util import find_spec

import pytest

from tests.conftest import eventually, free_port
from tests.service.kit import Api
from tests.service.shop_kit import Shop, event, order, pb, when

pytestmark = pytest.mark.timeout(600)
SECONDS = 165
needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="the extra ray is not installed")


@pytest.fixture
def opened(start_server):
    """Starts servers that compute when they are asked to only, in small parts, over the same events."""

    def start(*flags):
        server = start_server("--features-refresh-seconds", "0", "--features-part-events", "1000", *flags)
        shop = Shop(Api(server.target, timeout=SECONDS))
        for at in range(0, 60, 10):
            shop.record(
                *[
                    event(("product_viewed", "add_to_cart")[n % 2], product=f"p{p}", customer=f"c{c}", at=60 * n + c)
                    for c in range(at, at + 10)
                    for p in range(5)
                    for n in range(1 + c % 9)
                ]
            )
        shop.orders(*[order(f"o{c}", product=f"p{c % 5}", customer=f"c{c}", at=900 + c) for c in range(20)])
        return server, shop.api

    return start


def whole_run(api):
    request = pb.ComputeInteractionFeaturesRequest(full=True, as_of=when(5000), return_rows=True)
    answers = list(api.ComputeInteractionFeatures(request))
    found = {(row.customer_id, row.product_id): row for one in answers for row in one.rows.rows}
    totals = answers[-1].totals
    assert (totals.customers, totals.pairs, len(found)) == (60, 300, 300) and not totals.failures
    return {pair: row.features for pair, row in found.items()}


def processes():
    """Parent and state of all processes, by id and time of their start."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,stat=,lstart="], capture_output=True, text=True, check=True)
    rows = [line.split(maxsplit=3) for line in listed.stdout.splitlines()]
    return {(int(pid), started): int(parent) for pid, parent, state, started in rows if state[0] != "Z"}


def below(pid):
    """All processes that it began, and that those began."""
    listed, found, parents = processes(), set(), {pid}
    while parents:
        children = {one for one, parent in listed.items() if parent in parents}
        found |= children
        parents = {child for child, _ in children}
    return found


def left(those):
    return those & processes().keys()


@needs_ray
@pytest.mark.parametrize("end", ["terminate", "kill"])
def test_a_cluster_of_its_own_computes_the_same_and_ends_with_the_server(opened, end):
    _, alone = opened()
    local = whole_run(alone)
    server, api = opened("--features-ray", "local")
    assert not below(server.pid)
    assert whole_run(api) == local
    # The second run of one server finds the cluster.
    cluster = below(server.pid)
    assert len(cluster) > 3
    assert whole_run(api) == local
    assert "computed here" not in server.log.read_text()
    cluster |= below(server.pid)
    assert server.terminate(90) == 0 if end == "terminate" else server.kill() is None
    eventually(lambda: not left(cluster), 90)
    assert "Traceback" not in server.log.read_text()


@needs_ray
def test_a_start_that_is_under_way_ends_with_the_server(opened):
    server, api = opened("--features-ray", "local")
    call = api.ComputeInteractionFeatures(pb.ComputeInteractionFeaturesRequest(full=True))
    cluster = eventually(lambda: below(server.pid), SECONDS)
    assert server.terminate(90) == 0
    call.cancel()
    eventually(lambda: not left(cluster), 90)


def test_without_the_cluster_the_server_computes(opened):
    """Also where the extra is not installed."""
    _, alone = opened()
    server, api = opened("--features-ray", f"127.0.0.1:{free_port()}")
    assert whole_run(api) == whole_run(alone)
    assert "the cluster cannot be joined: the run is computed here" in server.log.read_text()
