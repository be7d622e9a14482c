"""Settings: the environment, what is refused, what grpc is told."""

import json
from pathlib import Path

import grpc
import pytest
from interplay import AsyncInterplay, ClientConfig, Keepalive, Tls
from interplay.config import is_loopback, service_config
from interplay.v1 import (
    admin_service_pb2,
    context_service_pb2,
    dialogue_service_pb2,
    evaluation_service_pb2,
    feature_service_pb2,
    interaction_service_pb2,
    learning_service_pb2,
    monitor_service_pb2,
    operation_service_pb2,
    playbook_service_pb2,
    profile_service_pb2,
)

ROOT = Path(__file__).parents[2]
SERVICES = (
    admin_service_pb2,
    context_service_pb2,
    dialogue_service_pb2,
    evaluation_service_pb2,
    feature_service_pb2,
    interaction_service_pb2,
    learning_service_pb2,
    monitor_service_pb2,
    operation_service_pb2,
    playbook_service_pb2,
    profile_service_pb2,
)
# Done twice, the second would do something else, or fail although the first did what was asked.
NEVER_RETRIED = {
    "CreateApiKey", "CreateTenant", "DeleteTenant", "BackupTenant", "DeleteBackup",
    "ReadmitUser", "UnlinkUsers", "SetRetention", "SetContentPolicy",
    "UpdateProfile", "UpdateUserPlaybook", "UpdateAgentPlaybook", "UpdateLearningConfig", "UpdateEvaluationConfig",
    "UpdateFeatureConfig", "UpdateMonitoringConfig",
    "RotateKey", "DestroyKey",
    "DeleteProfile", "DeleteUserPlaybook", "DeleteAgentPlaybook",
    "ReviewAgentPlaybook", "PromoteGeneration", "RollbackGeneration",
    # UNAVAILABLE may be the provider's, and a second answer would not count what the first had learnt.
    "GenerateProfiles", "GeneratePlaybooks",
}  # fmt: skip


def test_defaults():
    config = ClientConfig.from_environment({})
    assert config == ClientConfig()
    assert (config.target, config.timeout, config.keepalive) == ("localhost:50051", 30.0, Keepalive(30.0, 15.0))
    assert config.metadata() == ()


def test_the_environment_fills_what_is_not_given():
    environment = {"INTERPLAY_TARGET": "127.0.0.1:7", "INTERPLAY_API_KEY": "k", "INTERPLAY_TENANT": "acme"}
    config = ClientConfig.from_environment(environment, target=None, api_key="", timeout=5)
    assert (config.target, config.timeout) == ("127.0.0.1:7", 5)
    assert config.metadata() == (("authorization", "Bearer k"), ("interplay-tenant", "acme"))
    given = ClientConfig.from_environment(environment, target="localhost:8", api_key="mine", tenant="t")
    assert (given.target, given.api_key, given.tenant) == ("localhost:8", "mine", "t")


def test_the_client_reads_the_process_environment(monkeypatch):
    monkeypatch.setenv("INTERPLAY_TARGET", "127.0.0.1:7")
    assert AsyncInterplay().config.target == "127.0.0.1:7"
    assert AsyncInterplay("127.0.0.1:8", tenant="t").config.tenant == "t"


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("localhost:50051", True),
        ("LOCALHOST", True),
        ("127.0.0.1:1", True),
        ("127.8.9.1:1", True),
        ("[::1]:50051", True),
        ("::1", True),
        ("unix:/run/interplay.sock", True),
        ("dns:///localhost:1", True),
        ("ipv4:127.0.0.1:1", True),
        ("ipv6:[::1]:1", True),
        ("10.0.0.1:50051", False),
        ("interplay.example:443", False),
        ("localhost.example:443", False),
        ("dns:///interplay.example:443", False),
        ("dns://127.0.0.1/interplay.example:443", False),
        ("[2001:db8::1]:443", False),
        ("0.0.0.0:1", False),
    ],
)
def test_what_is_this_machine(target, expected):
    assert is_loopback(target) is expected


def test_a_key_is_not_sent_in_plaintext_over_a_network():
    with pytest.raises(ValueError, match=r"refusing to send the API key in plaintext to far\.example:1"):
        ClientConfig(target="far.example:1", api_key="secret")
    ClientConfig(target="far.example:1")
    ClientConfig(target="localhost:1", api_key="secret")
    ClientConfig(target="far.example:1", api_key="secret", tls=Tls())
    ClientConfig(target="far.example:1", api_key="secret", credentials=grpc.ssl_channel_credentials())
    ClientConfig(target="far.example:1", api_key="secret", allow_insecure=True)


def test_a_key_is_not_shown():
    assert "secret" not in repr(ClientConfig(api_key="secret"))


def test_contradictions_are_refused():
    with pytest.raises(ValueError, match="either tls or credentials"):
        ClientConfig(tls=Tls(), credentials=grpc.ssl_channel_credentials())
    with pytest.raises(ValueError, match="above 0"):
        ClientConfig(timeout=0)
    with pytest.raises(ValueError, match="belong together"):
        Tls(certificate_chain=b"x").credentials()


def test_grpc_is_told_of_sizes_keepalive_and_retries():
    options = dict(ClientConfig(keepalive=Keepalive(10, 5)).channel_options())
    assert options["grpc.max_receive_message_length"] == options["grpc.max_send_message_length"] == 32 * 2**20
    assert (options["grpc.keepalive_time_ms"], options["grpc.keepalive_timeout_ms"]) == (10_000, 5_000)
    assert json.loads(options["grpc.service_config"]) == service_config()
    assert options["grpc.enable_http_proxy"] == 0
    assert "grpc.enable_http_proxy" not in dict(ClientConfig(target="far.example:1").channel_options())


def test_the_packaged_service_config_is_that_of_all_clients():
    shared = (ROOT / "clients/service_config.json").read_bytes()
    assert (ROOT / "clients/python/interplay/service_config.json").read_bytes() == shared


def test_every_unary_method_is_retried_but_those_that_must_not_be_doubled():
    (entry,) = service_config()["methodConfig"]
    assert entry["retryPolicy"] == {
        "maxAttempts": 5,
        "initialBackoff": "0.1s",
        "maxBackoff": "10s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE"],
    }
    unary = {
        (service.full_name, method.name)
        for module in SERVICES
        for service in module.DESCRIPTOR.services_by_name.values()
        for method in service.methods
        if not method.client_streaming and not method.server_streaming and method.name not in NEVER_RETRIED
    }
    assert {(name["service"], name["method"]) for name in entry["name"]} == unary
