"""Every curl line of docs/browsers.md, executed; and what the page says of limits."""

import json
import re
import shutil
import subprocess

import pytest
from interplay_server.interceptors.parsing import MAX_MESSAGE_BYTES
from interplay_server.settings import DEFAULT_WEB, Web
from interplay_server.web import gateway

from tests.conftest import ROOT
from tests.service.kit import METHODS
from tests.service.web_kit import WebServer, frames, published

PAGE = (ROOT / "docs" / "browsers.md").read_text(encoding="utf-8")
LINES = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_curl_lines_do_what_the_page_says(tmp_path):
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    server = WebServer(tmp_path / "data").start()
    try:
        publish, search, error, watch = (
            subprocess.run(
                ["sh", "-c", one.replace(f"http://{DEFAULT_WEB}/", server.url)],
                capture_output=True,
                timeout=120,
                check=False,
            ).stdout
            for one in LINES
        )
    finally:
        server.stop()
    assert json.loads(publish)["interactionIds"]
    assert json.loads(search)["hits"][0]["interaction"]["data"]["content"] == "Where is my order?"
    assert json.loads(error)["code"] == "not_found"
    messages = [json.loads(payload) for _, payload in frames(watch)]
    assert ["Where is my order?"] in [published(one) for one in messages]


def test_the_page_names_every_stream_from_the_client():
    named = PAGE[PAGE.index("## What a browser cannot do") : PAGE.index("## Who may ask")]
    for method in METHODS.values():
        assert (f"`{method.name}`" in named) == (method.client_streaming or method.name == "PublishInteractions")


def test_the_limits_are_those_of_the_gateway():
    assert f"| body of a request | {MAX_MESSAGE_BYTES // 2**20} MiB |" in PAGE
    assert f"{gateway._BODIES_AT_ONCE * MAX_MESSAGE_BYTES // 2**20} MiB" in PAGE
    assert f"| connections | {gateway._CONNECTIONS:,} |" in PAGE
    assert f"`web.stalled_seconds`, {Web().stalled_seconds:g}" in PAGE
