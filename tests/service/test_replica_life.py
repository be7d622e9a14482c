"""A replica whose source dies, comes back, or never was; who may read it; how old it says it is."""

import time
import urllib.request

import pytest
from interplay_server.storage.server_database import ServerDatabase

from tests.conftest import ServerProcess, eventually, free_port
from tests.service.kit import Api, pb, profile_pb, refused
from tests.service.replica_kit import REFRESH, Pair, info, patiently, replica_of

LIMIT = 3


@pytest.fixture
def folder(tmp_path):
    """Starts servers; stops them at the end."""
    started = []

    class Folder:
        path = tmp_path

        def main(self, *flags):
            started.append(ServerProcess(tmp_path / "main", *flags))
            return started[-1].start()

        def copy(self, server, *flags):
            started.append(replica_of(server, tmp_path / "copy", *flags))
            return started[-1]

    yield Folder()
    for one in started:
        one.stop()


def healthy(server):
    from grpc_health.v1 import health_pb2, health_pb2_grpc  # noqa: PLC0415 - of this test alone

    with Api(server.target).channel as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=20)
        return answer.status == health_pb2.HealthCheckResponse.SERVING


def metric(address, name):
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=20) as answer:
        lines = answer.read().decode().splitlines()
    [line] = [line for line in lines if line.startswith(name + " ")]
    return float(line.split()[1])


def test_a_source_that_is_killed_and_comes_back(folder):
    """What there is is served until it is too old; then neither reads nor health checks pass, until the source is back.
    Acks of the last moment, which no table has, are there all the while.
    """
    main = folder.main("--storage-apply-milliseconds", "60000")
    metrics = f"127.0.0.1:{free_port()}"
    copy = folder.copy(main, "--replica-max-staleness-seconds", str(LIMIT), "--metrics-listen", metrics)
    pair = Pair(main, copy, "acme")
    pair.main.publish(*[f"turn {n}" for n in range(50)], user="ada")
    main.kill()
    killed = time.monotonic()
    assert len(pair.copy.contents(user_id="ada")) == 50
    watch = pair.copy.WatchInteractions(pb.WatchInteractionsRequest(heartbeat_seconds=1))
    next(watch)
    assert refused(lambda: watch).code == "UNAVAILABLE"
    assert time.monotonic() - killed > LIMIT - 1
    error = refused(pair.copy.contents)
    assert (error.code, error.reason) == ("UNAVAILABLE", "REPLICA_STALE")
    assert error.metadata["source"] == str(main.data) and int(error.metadata["staleSeconds"]) >= LIMIT
    assert refused(pair.copy.publish, "x").reason == "REPLICA_READ_ONLY"
    assert not healthy(copy)
    assert metric(metrics, "interplay_replica_staleness_seconds") > LIMIT
    behind = time.time() - info(pair.copy).replica.fresh_time.ToMicroseconds() / 1e6
    assert behind > LIMIT
    main.start()
    assert len(patiently(lambda: pair.copy.contents(user_id="ada"))) == 50
    eventually(lambda: healthy(copy), 60)
    patiently(lambda: pair.main.publish("back again", user="ada"))
    pair.caught_up()
    assert patiently(lambda: pair.copy.contents(user_id="ada"))[-1] == "back again"
    assert metric(metrics, "interplay_replica_staleness_seconds") < LIMIT
    pair.close()
    assert "Traceback" not in copy.log.read_text()


def test_without_a_limit_what_there_is_is_served(folder):
    """A replica may also start when its source is gone, and stops at once."""
    main = folder.main()
    api = Api(main.target, tenant="acme")
    api.publish("kept", user="ada")
    api.close()
    main.terminate()
    copy = folder.copy(main, "--replica-max-staleness-seconds", "0")
    api = Api(copy.target, tenant="acme")
    assert api.contents() == ["kept"] and api.found("kept") == ["kept"]
    assert not info(api).replica.HasField("max_staleness")
    assert healthy(copy)
    api.close()
    assert copy.terminate() == 0
    # Its folder is the source's again, untouched.
    again = Api(main.start().target, tenant="acme")
    assert again.contents() == ["kept"]
    again.close()


def test_keys_are_those_of_the_source(folder):
    main = folder.main("--auth-required")
    copy = folder.copy(main, "--auth-required")
    database = ServerDatabase(main.data / "server.sqlite3")
    _, writer = database.create_key("acme", "w", frozenset({"READ", "WRITE"}))
    record, reader = database.create_key("acme", "r", frozenset({"READ"}))
    _, other = database.create_key("globex", "o", frozenset({"READ"}))
    pair = Pair(main, copy)
    pair.main.by(key=writer).publish("secret of acme", user="ada")
    time.sleep(REFRESH)
    assert pair.copy.by(key=reader).contents() == ["secret of acme"]
    assert pair.copy.by(key=other).contents() == []
    assert refused(pair.copy.by(key=other, tenant="acme").contents).reason == "TENANT_MISMATCH"
    assert refused(pair.copy.contents).reason == "CREDENTIAL_MISSING"
    assert refused(pair.copy.by(key=reader).publish, "x").reason == "RIGHT_MISSING"
    assert refused(pair.copy.by(key=writer).publish, "x").reason == "REPLICA_READ_ONLY"
    database.revoke_key(record.api_key_id)
    assert refused(pair.copy.by(key=reader).contents).reason == "CREDENTIAL_INVALID"
    database.close()
    pair.close()


def test_a_replica_does_not_hold_its_source_back(folder):
    """It owns its own folder; the source is restarted, optimised and written to beside it."""
    main = folder.main()
    copy = folder.copy(main)
    pair = Pair(main, copy, "acme")
    pair.main.learnt("I live in Lisbon.", user="ada")
    pair.caught_up()
    assert main.terminate() == 0
    main.start()
    assert patiently(lambda: pair.main.facts(user="ada")) == ["Lives in Lisbon"]
    patiently(lambda: pair.main.publish("after the restart", user="ada"))
    pair.caught_up()
    assert patiently(lambda: pair.copy.contents(user_id="ada"))[-1] == "after the restart"
    assert pair.same("ListProfiles", profile_pb.ListProfilesRequest()).profiles
    kept = {path.name for path in copy.data.iterdir()}
    assert not {name for name in kept if not name.startswith(".")}, kept
    pair.close()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--replica-of", "nowhere"), "is no folder"),
        (("--replica-of", "s3://bucket/prefix"), "one of a bucket is not built"),
        (("--replica-of", "{empty}"), "is no data folder of a server"),
        (("--replica-of", "{own}"), "must be another folder than server.data"),
        (("--replica-of", "{empty}", "--auth-first-key"), "makes no keys"),
    ],
)
def test_what_cannot_be_followed_is_said_at_the_start(tmp_path, flags, said):
    (tmp_path / "empty").mkdir()
    (tmp_path / "own").mkdir()
    named = [flag.format(empty=tmp_path / "empty", own=tmp_path / "own") for flag in flags]
    server = ServerProcess(tmp_path / "own", *named)
    server.start(wait=False)
    assert server.process.wait(60) != 0
    assert said in server.log.read_text()
    server.stop()
