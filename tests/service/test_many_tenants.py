"""Many tenants on one server that keeps few of them open: handles are bounded, nothing is lost, neighbours get their turn."""

import random
import sqlite3
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from interplay_server.storage.scanning import peeking

from tests.conftest import ServerProcess, eventually
from tests.service.kit import Api, admin_pb

TENANTS, OPEN = 300, 20
HANDLES = 8
"""Of an open tenant, at most: five as measured."""
CLOSING = 6
"""Tenants beyond the limit that are being opened or closed."""
RATIO, FLOOR_SECONDS = 25, 0.02


@pytest.fixture
def server(tmp_path):
    running = ServerProcess(tmp_path / "data", "--storage-max-open-tenants", str(OPEN)).start()
    yield running
    running.stop()


def handles(server):
    return len(list(Path(f"/proc/{server.pid}/fd").iterdir()))


def learnt(ledger):
    """Read beside the server, which may write to it just now."""
    try:
        with peeking(ledger) as db:
            return not db.execute("SELECT 1 FROM learners WHERE newest_seq > done_seq").fetchall()
    except sqlite3.Error:
        return False


def name_of(number):
    return f"tenant-{number:03}"


def listed(api, size=100):
    found, token = [], ""
    while True:
        page = api.ListTenants(admin_pb.ListTenantsRequest(page_size=size, page_token=token))
        found += page.tenants
        if not (token := page.next_page_token):
            return found


def test_handles_are_bounded_and_every_tenant_keeps_its_own(server):
    with closing(Api(server.target, timeout=60)) as api:
        empty, most = handles(server), []

        def publish(number):
            api.by(tenant=name_of(number)).publish(f"row of {number}")
            most.append(handles(server))

        with ThreadPoolExecutor(4) as callers:
            list(callers.map(publish, range(TENANTS)))
            numbers = random.Random(3).sample(range(TENANTS), 60)
            found = list(callers.map(lambda number: api.by(tenant=name_of(number)).contents(), numbers))
        assert found == [[f"row of {number}"] for number in numbers]
        assert max(most) < empty + (OPEN + CLOSING) * HANDLES
        tenants = listed(api)
        assert [one.name for one in tenants] == [name_of(number) for number in range(TENANTS)]
        assert all(one.usage.bytes > 0 for one in tenants)
        assert 0 < sum(one.open for one in tenants) <= OPEN + CLOSING
        closed = {one.name: one.usage.bytes for one in tenants if not one.open}
        assert all(closed.get(one.name, one.usage.bytes) > 0 for one in listed(api, 1000))
    server.restart()
    with closing(Api(server.target, timeout=60)) as api:
        again = listed(api)
        assert [one.name for one in again] == [one.name for one in tenants]
        eventually(lambda: handles(server) < empty + (OPEN + CLOSING) * HANDLES, 60)
        assert api.by(tenant=name_of(7)).contents() == ["row of 7"]


def test_what_is_left_in_tenants_that_had_to_be_closed_is_learnt_from_later(server):
    with closing(Api(server.target, timeout=60)) as api:
        first = api.by(tenant="pressed")
        first.publish("I am allergic to peanuts.", user="ada")
        for number in range(OPEN + 5):
            api.by(tenant=name_of(number)).publish("again")

        def closed():
            return not api.GetTenant(admin_pb.GetTenantRequest(name="pressed")).tenant.open

        eventually(closed, 60)
        # Nobody asks for it until it was learnt from.
        eventually(lambda: learnt(server.data / "pressed" / "ledger.sqlite3"), 120, every=0.5)
        assert first.facts(user_id="ada")


def test_a_noisy_neighbour_does_not_keep_others_waiting(server):
    with closing(Api(server.target, timeout=60)) as api:
        quiet, noisy = api.by(tenant="quiet"), api.by(tenant="noisy")

        def latency(count=25):
            seconds = []
            for number in range(count):
                began = time.perf_counter()
                quiet.publish(f"quiet {number}", evaluation_only=True)
                seconds.append(time.perf_counter() - began)
            return statistics.median(seconds)

        latency(5)
        alone = latency()
        ended, batches = threading.Event(), []

        def flood():
            while not ended.is_set():
                noisy.publish(*(f"noise {number}" for number in range(200)), evaluation_only=True)
                batches.append(1)

        flooding = [threading.Thread(target=flood) for _ in range(3)]
        for one in flooding:
            one.start()
        try:
            eventually(lambda: len(batches) >= 5, 60)
            before = len(batches)
            beside = latency()
            # There was noise while it was measured.
            assert len(batches) > before
        finally:
            ended.set()
            for one in flooding:
                one.join(60)
        assert beside < RATIO * max(alone, FLOOR_SECONDS)
        assert len(quiet.contents()) == 55
