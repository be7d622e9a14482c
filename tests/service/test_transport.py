"""TLS, health, reflection, deadlines, limits and the beginning and end of a server's life."""

import signal
import socket
import subprocess
import sys
import time
import urllib.request

import grpc
import pytest
from google.protobuf import message_factory
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.json_format import MessageToDict, ParseDict
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from interplay_server.storage.server_database import ServerDatabase

from tests.conftest import ROOT, ServerProcess, eventually, free_port
from tests.service.certificates import Authority
from tests.service.kit import METHODS, Api, admin_pb, data, fresh, pb, refused

SERVICES = sorted({method.containing_service.full_name for method in METHODS.values()})
INFO = admin_pb.GetServerInfoRequest()
AS_LOCALHOST = [("grpc.ssl_target_name_override", "localhost")]


class TestHealth:
    def test_of_every_service(self, shared_api):
        health = health_pb2_grpc.HealthStub(shared_api.channel)
        for name in ("", *SERVICES):
            assert health.Check(health_pb2.HealthCheckRequest(service=name), timeout=5).status == 1
        with pytest.raises(grpc.RpcError) as caught:
            health.Check(health_pb2.HealthCheckRequest(service="interplay.v1.Nothing"), timeout=5)
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND

    def test_not_serving_while_it_drains(self, start_server):
        server = start_server("--drain-seconds", "20")
        api = Api(server.target)
        health = health_pb2_grpc.HealthStub(api.channel)
        watches = [health.Watch(health_pb2.HealthCheckRequest(service=name), timeout=20) for name in ("", *SERVICES)]
        assert [next(watch).status for watch in watches] == [1] * (1 + len(SERVICES))
        stream = api.stream(stream_id="open", user_id="u", session_id="s")
        server.process.send_signal(signal.SIGTERM)
        assert [next(watch).status for watch in watches] == [health_pb2.HealthCheckResponse.NOT_SERVING] * (
            1 + len(SERVICES)
        )
        stream.take("go_away")
        for watch in watches:
            watch.cancel()
        stream.append("received before the end")
        assert stream.finish().interaction_count == 1
        assert server.process.wait(20) == 0
        api.close()


class TestReflection:
    def test_lists_what_is_served(self, shared_api):
        stub = reflection_pb2_grpc.ServerReflectionStub(shared_api.channel)
        request = reflection_pb2.ServerReflectionRequest(list_services="")
        (answer,) = stub.ServerReflectionInfo(iter([request]), timeout=5)
        assert sorted(one.name for one in answer.list_services_response.service) == sorted(
            [*SERVICES, "grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"]
        )

    def test_a_client_that_knows_nothing_else(self, shared_api):
        """Publishes, searches and calls every unary method by descriptors that the server gave."""
        pool = DescriptorPool(ProtoReflectionDescriptorDatabase(shared_api.channel))
        metadata = [("interplay-tenant", fresh("reflected"))]

        def call(service, name, request):
            method = pool.FindServiceByName(f"interplay.v1.{service}").methods_by_name[name]
            sent = ParseDict(request, message_factory.GetMessageClass(method.input_type)())
            answer = shared_api.channel.unary_unary(
                f"/interplay.v1.{service}/{name}",
                request_serializer=type(sent).SerializeToString,
                response_deserializer=message_factory.GetMessageClass(method.output_type).FromString,
            )(sent, metadata=metadata, timeout=10)
            return MessageToDict(answer, preserving_proto_field_name=True)

        rows = [{"role": "User", "content": "Which tent keeps rain out?"}, {"role": "Agent", "content": "The Alpine."}]
        made = call(
            "InteractionService", "PublishInteractions", {"user_id": "ada", "session_id": "s", "interactions": rows}
        )
        assert len(made["interaction_ids"]) == 2
        found = call("InteractionService", "SearchInteractions", {"query": "rain tent", "user_id": "ada", "top_k": 1})
        assert found["hits"][0]["interaction"]["data"]["content"] == "Which tent keeps rain out?"
        listed = call("InteractionService", "ListInteractions", {"user_id": "ada"})
        assert [one["interaction_id"] for one in listed["interactions"]] == made["interaction_ids"]
        assert call("AdminService", "GetServerInfo", {})["version"]
        for service in SERVICES:
            described = pool.FindServiceByName(service)
            assert {method.name for method in described.methods} == {
                name for name, method in METHODS.items() if method.containing_service.full_name == service
            }


def test_rate_limit_is_of_each_tenant(start_server):
    server = start_server("--calls-per-second", "5")
    api = Api(server.target)
    loud, quiet = api.by(tenant="loud"), api.by(tenant="quiet")
    for _ in range(5):
        loud.GetServerInfo(INFO)
    error = refused(lambda: [loud.GetServerInfo(INFO) for _ in range(5)])
    assert (error.code, error.reason, error.metadata) == (
        "RESOURCE_EXHAUSTED",
        "RATE_LIMITED",
        {"callsPerSecond": "5.0"},
    )
    assert quiet.GetServerInfo(INFO).limits.max_calls_per_second == 5
    time.sleep(1.1)
    loud.GetServerInfo(INFO)
    api.close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


class TestTls:
    def test_needs_the_right_authority(self, start_server, authority, tmp_path):
        server = start_server("--tls-certificate", authority.server.certificate, "--tls-key", authority.server.key)
        api = Api(server.target, credentials=authority.client_credentials(), options=AS_LOCALHOST)
        api.publish("over tls")
        assert api.contents() == ["over tls"]
        assert api.GetServerInfo(INFO).tenant == "default"
        api.close()
        stranger = Authority(tmp_path)
        for other in (
            Api(server.target, credentials=stranger.client_credentials(), options=AS_LOCALHOST),
            Api(server.target),
        ):
            with pytest.raises(grpc.RpcError) as caught:
                other.by(timeout=3).GetServerInfo(INFO)
            assert caught.value.code() in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}
            other.close()

    def test_certificates_open_tenants(self, start_server, authority, tmp_path):
        folder = tmp_path / "mutual"
        database = ServerDatabase(folder / "server.sqlite3")
        database.map_certificate("till", "shop", frozenset({"READ", "WRITE"}))
        _, key = database.create_key("office", "a key", frozenset({"READ", "WRITE", "ADMIN"}))
        database.close()
        server = start_server(
            "--auth-required", "--tls-certificate", authority.server.certificate, "--tls-key", authority.server.key,
            "--tls-client-ca", authority.certificate, data=folder,
        )  # fmt: skip

        def as_client(name):
            credentials = authority.client_credentials(authority.issue(name))
            return Api(server.target, credentials=credentials, options=AS_LOCALHOST)

        till, unknown = as_client("till"), as_client("unknown")
        assert till.GetServerInfo(INFO).tenant == "shop"
        till.publish("by certificate")
        assert till.contents() == ["by certificate"]
        assert refused(till.ListApiKeys, admin_pb.ListApiKeysRequest()).reason == "RIGHT_MISSING"
        assert refused(till.by(tenant="office").GetServerInfo, INFO).reason == "TENANT_MISMATCH"
        assert refused(unknown.GetServerInfo, INFO).reason == "CREDENTIAL_INVALID"
        keyed = unknown.by(key=key)
        assert keyed.GetServerInfo(INFO).tenant == "office" and keyed.contents() == []
        without = Api(server.target, credentials=authority.client_credentials(), options=AS_LOCALHOST)
        with pytest.raises(grpc.RpcError) as caught:
            without.by(timeout=3).GetServerInfo(INFO)
        assert caught.value.code() in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}
        for api in (till, unknown, without):
            api.close()


class TestStart:
    """What is wrong is said in one line, with what to do, and no traceback."""

    @staticmethod
    def fails(*flags, environment=()):
        done = subprocess.run(
            [sys.executable, "-m", "interplay_server", "serve", *map(str, flags)],
            capture_output=True, text=True, timeout=60, cwd=ROOT, check=False, env=dict(environment) or None,
        )  # fmt: skip
        assert done.returncode in {1, 2}, done
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
        said = [line for line in done.stderr.splitlines() if line.startswith(("error:", "Error:"))]
        assert len(said) == 1, done.stderr
        return done.returncode, said[0], done.stderr

    @pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "192.0.2.1"])
    def test_beyond_loopback_without_authentication(self, tmp_path, host):
        code, line, everything = self.fails("--listen", f"{host}:0", "--data", tmp_path / "data")
        assert code == 1 and len(everything.splitlines()) == 1
        assert "auth.required" in line and "INTERPLAY_AUTH_REQUIRED" in line and "interplay keys create" in line
        assert not (tmp_path / "data").exists()

    def test_a_port_in_use(self, tmp_path):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            code, line, _ = self.fails("--listen", address, "--data", tmp_path / "data")
        assert code == 1 and address in line and "in use" in line

    def test_a_folder_in_use(self, shared_server, shared_api):
        code, line, _ = self.fails("--listen", "127.0.0.1:0", "--data", shared_server.data)
        assert code == 1 and str(shared_server.data) in line
        shared_api.GetServerInfo(INFO)

    @pytest.mark.parametrize(
        ("flags", "named"),
        [
            (["--tls-certificate", "nowhere.pem", "--tls-key", "nowhere.pem"], "nowhere.pem"),
            (["--tls-certificate", "nowhere.pem"], "tls.key"), (["--tls-client-ca", "x.pem"], "tls.certificate"),
            (["--listen", "nowhere"], "HOST:PORT"), (["--listen", "127.0.0.1:99999"], "HOST:PORT"),
            (["--workers", "0"], "--workers"), (["--log-level", "loud"], "--log-level"),
            (["--config", "nowhere.toml"], "nowhere.toml"), (["--metrics-listen", "x"], "HOST:PORT"),
        ],
        ids=lambda one: one[0] if isinstance(one, list) else "",
    )  # fmt: skip
    def test_wrong_settings(self, tmp_path, flags, named):
        _, _, everything = self.fails("--data", tmp_path / "data", *flags)
        assert named in everything

    def test_a_foreign_server_database(self, tmp_path):
        (tmp_path / "server.sqlite3").write_bytes(b"no database at all" * 100)
        code, line, _ = self.fails("--listen", "127.0.0.1:0", "--data", tmp_path)
        assert code == 1 and "server.sqlite3" in line


def test_metrics_and_json_logs(start_server):
    address = f"127.0.0.1:{free_port()}"
    server = start_server("--metrics-listen", address, "--log-format", "json", "--log-level", "debug")
    api = Api(server.target)
    secret = "a-secret-nobody-should-log"
    api.publish(data(secret), user=secret)
    api.metadata.append(("interplay-request-id", "case-17"))
    refused(api.GetInteraction, pb.GetInteractionRequest(interaction_id="x"))

    def counted() -> str:
        """Return the metrics once both calls are counted, which happens after their answers."""
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=5) as answer:
            text = answer.read().decode()
        return text if 'code="NOT_FOUND"' in text and 'code="OK",method="/interplay.v1.Inter' in text else ""

    text = eventually(counted)
    assert 'interplay_calls_total{code="OK",method="/interplay.v1.InteractionService/PublishInteractions"} 1.0' in text
    assert "interplay_interactions_total 1.0" in text
    log = eventually(lambda: [line for line in server.log.read_text().splitlines() if "GetInteraction" in line])
    assert log[-1].startswith("{") and '"reason": "INTERACTION_NOT_FOUND"' in log[-1]
    assert secret not in server.log.read_text() and secret not in text
    assert '"request_id": "case-17"' in log[-1]
    api.close()


def test_ipv6(tmp_path):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    server = ServerProcess(tmp_path / "data")
    server.target = "[::1]:0"
    server.start()
    api = Api(server.target)
    assert server.target.startswith("[::1]:") and api.GetServerInfo(INFO).version
    api.close()
    server.stop()
