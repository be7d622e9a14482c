"""Who may ask the gateway: keys, tenants, origins, names of the host, TLS; and settings that contradict each other."""

import json
import ssl
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from interplay_server.storage.server_database import ServerDatabase

from tests.service.certificates import Authority
from tests.service.kit import fresh
from tests.service.web_kit import JSON, WebServer, path, published

OURS, OTHER = "https://shop.example", "https://evil.example"
PREFLIGHT = {
    "access_control_request_method": "POST",
    "access_control_request_headers": "authorization, connect-protocol-version, content-type, interplay-tenant",
}


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    """Asks for keys; pages of OURS may call it, and it is called gateway.example too."""
    flags = (
        "--auth-required",
        "--web-origins",
        f"{OURS}, http://localhost:3000",
        "--web-hosts",
        "gateway.example",
        "--console",
    )
    server = WebServer(tmp_path_factory.mktemp("web") / "data", *flags).start()
    yield server
    assert "Traceback" not in server.log(), "a request made the gateway stumble"
    server.stop()


@pytest.fixture
def key(web):
    database = ServerDatabase(web.process.data / "server.sqlite3")
    _, secret = database.create_key(fresh("tenant"), "a test's", frozenset({"READ", "WRITE"}))
    database.close()
    return secret


def test_keys_are_asked_for_and_taken(web, key):
    page = web.page()
    answer = page.call("ListInteractions", {})
    assert (answer.status, answer.error.code, answer.error.reason) == (401, "unauthenticated", "CREDENTIAL_MISSING")
    assert page.call("ListInteractions", {}, authorization="Bearer wrong").error.reason == "CREDENTIAL_INVALID"
    held = web.page(authorization=f"Bearer {key}")
    assert held.call("ListInteractions", {}).status == 200
    answer = held.call("CreateApiKey", {"displayName": "x", "rights": ["ACCESS_RIGHT_ADMIN"]})
    assert (answer.status, answer.error.code, answer.error.reason) == (403, "permission_denied", "RIGHT_MISSING")
    answer = held.call("ListInteractions", {}, interplay_tenant="another")
    assert answer.error.reason == "TENANT_MISMATCH"
    assert page.stream("WatchInteractions", {}).end["error"]["code"] == "unauthenticated"
    watch = held.open("WatchInteractions", {})
    watch.take()
    held.publish("seen")
    said = []
    while not said:
        said = published(watch.take()[1])
    watch.close()


@pytest.mark.parametrize("origin", [OURS, "http://localhost:3000"])
def test_a_named_origin_may_ask(web, key, origin):
    page = web.page(origin=origin)
    answer = page.ask("OPTIONS", path("ListInteractions"), **PREFLIGHT)
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == origin
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "interplay-tenant" in answer.headers["access-control-allow-headers"].lower()
    assert answer.headers["access-control-allow-credentials"] is None
    answer = page.call("ListInteractions", {}, authorization=f"Bearer {key}")
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["access-control-allow-credentials"] is None
    exposed = answer.headers["access-control-expose-headers"].lower()
    assert {"grpc-status", "grpc-message", "grpc-status-details-bin"} <= set(exposed.split(", "))
    assert "origin" in answer.headers["vary"].lower()


@pytest.mark.parametrize(
    "origin",
    [OTHER, "null", "http://shop.example", f"{OURS}.evil.example", f"{OURS}:444", "https://SHOP.example.", "x", ""],
)
def test_no_other_origin_may(web, key, origin):
    page = web.page(origin=origin)
    for answer in (
        page.ask("OPTIONS", path("ListInteractions"), **PREFLIGHT),
        page.call("ListInteractions", {}, authorization=f"Bearer {key}"),
        page.ask("GET", "/"),
    ):
        assert answer.status == 403
        assert answer.headers["access-control-allow-origin"] is None
    assert "web.origins" in answer.json["message"]


def test_a_preflight_for_what_is_not_offered_is_refused(web):
    page = web.page(origin=OURS)
    wrong = PREFLIGHT | {"access_control_request_headers": "x-anything"}
    assert page.ask("OPTIONS", path("ListInteractions"), **wrong).status == 400
    wrong = PREFLIGHT | {"access_control_request_method": "DELETE"}
    assert page.ask("OPTIONS", path("ListInteractions"), **wrong).status == 400


def test_the_own_page_may_ask(web, key):
    host = "{}:{}".format(*web.address)
    assert web.page(origin=f"http://{host}").call("ListInteractions", {}, authorization=f"Bearer {key}").status == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200), ("localhost:8080", 200), ("LOCALHOST", 200), ("127.0.0.1:1", 200), ("[::1]:8080", 200),
        ("gateway.example", 200), ("gateway.example.:443", 200), ("evil.example", 403), ("evil.example:8080", 403),
        ("localhost.evil.example", 403), ("127.0.0.1.evil.example", 403), ("[::1].evil.example", 403), ("", 403),
        ("10.0.0.1", 403), ("evil.example#localhost", 403), ("localhost@evil.example", 403),
    ],
)  # fmt: skip
def test_only_own_names_of_the_host_are_answered(web, host, status):
    """A page that made its name point here (DNS rebinding) asks by that name."""
    for method, where in (("GET", "/"), ("POST", path("GetServerInfo"))):
        answer = web.page(host=host).ask(method, where, b"{}", content_type=JSON)
        assert answer.status in ({200, 401} if status == 200 else {status}), (method, answer.status)
        if status == 403:
            assert "web.hosts" in answer.json["message"]


def test_answers_say_how_little_they_may_do(web):
    page = web.page().ask("GET", "/")
    policy = page.headers["content-security-policy"]
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    for part in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'none'"):
        assert part in policy
    assert "unsafe" not in policy and "http" not in policy
    again = web.page().ask("GET", "/", if_none_match=page.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    for where in ("/", "/console.js", "/console.css", "/icon.svg", "/nothing", path("GetServerInfo")):
        answer = web.page().ask("GET", where)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["server"] is None
    for where in ("/../app.py", "/..%2fapp.py", "/%2e%2e/app.py", "/index.html", "/console"):
        assert web.page().ask("GET", where).status in {404, 405}, where


def test_without_settings_no_origin_may_ask(tmp_path):
    server = WebServer(tmp_path / "data").start()
    try:
        page = server.page(origin=OURS)
        assert page.ask("OPTIONS", path("GetServerInfo"), **PREFLIGHT).status == 403
        assert page.call("GetServerInfo", {}).status == 403
        assert server.page().call("GetServerInfo", {}).status == 200
    finally:
        server.stop()


def test_any_origin_may_ask_where_keys_are_needed(tmp_path):
    server = WebServer(tmp_path / "data", "--auth-required", "--web-origins", "*").start()
    try:
        answer = server.page(origin=OTHER).call("ListInteractions", {})
        assert (answer.status, answer.headers["access-control-allow-origin"]) == (401, "*")
        assert answer.headers["access-control-allow-credentials"] is None
    finally:
        server.stop()


def test_tls_is_that_of_the_grpc_port_and_a_certificate_gives_no_identity(tmp_path):
    """With mutual TLS there, a browser gives a key here."""
    authority = Authority(tmp_path)
    flags = (
        "--auth-required", "--tls-certificate", authority.server.certificate, "--tls-key", authority.server.key,
        "--tls-client-ca", authority.certificate,
    )  # fmt: skip
    server = WebServer(tmp_path / "data", *flags).start()
    try:
        assert server.url.startswith("https://")
        database = ServerDatabase(server.process.data / "server.sqlite3")
        _, secret = database.create_key("one", "a test's", frozenset({"READ"}))
        database.close()
        context = ssl.create_default_context(cafile=authority.certificate)
        request = urllib.request.Request(
            f"https://localhost:{server.address[1]}{path('GetServerInfo')}", b"{}",
            {"content-type": JSON, "authorization": f"Bearer {secret}"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=60, context=context) as answer:
            assert json.load(answer)["tenant"] == "one"
        request.remove_header("Authorization")
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=60, context=context)
        assert caught.value.code == 401
        caught.value.close()
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--web", "0.0.0.0:0"], "without authentication"),
        (["--web", "nowhere"], "HOST:PORT"),
        (["--web", "127.0.0.1:0", "--web-origins", "*"], "needs auth.required"),
        (["--web", "127.0.0.1:0", "--web-origins", "shop.example"], "web.origins must be origins"),
        (["--web", "127.0.0.1:0", "--web-origins", "https://shop.example/page"], "web.origins must be origins"),
        (["--web", "127.0.0.1:0", "--web-stalled-seconds", "0"], "at least 0.1"),
        (
            ["--console", "--tls-certificate", "a", "--tls-key", "b", "--tls-client-ca", "c"],
            "API keys, not for certificates",
        ),
        (["--web", "192.0.2.1:80", "--auth-required"], "cannot listen on 192.0.2.1:80"),
    ],
)
def test_settings_that_make_no_sense_are_refused_in_a_line(tmp_path, flags, said):
    command = [
        sys.executable,
        "-m",
        "interplay_server",
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--data",
        str(tmp_path / "d"),
        *flags,
    ]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode != 0
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
