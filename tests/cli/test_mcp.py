"""`interplay mcp`, driven by the protocol's own client over stdio against a real server."""

import json
import os
import socket
import subprocess
import sys
import uuid
from contextlib import asynccontextmanager

import pytest
from interplay import Interplay
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def user():
    return f"user-{uuid.uuid4().hex[:8]}"


@asynccontextmanager
async def host(target, *options, errors, **environment):
    """What a desktop host does: starts the command and speaks to it."""
    command = ["-m", "interplay_server", "mcp", "--target", target, *options]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INTERPLAY_")}
    given = StdioServerParameters(command=sys.executable, args=command, env=kept | environment)
    with errors.open("w") as errlog:
        async with Client(stdio_client(given, errlog=errlog)) as client:
            yield client


async def call(client, tool, **arguments):
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    return result.structured_content


async def refused(client, tool, **arguments):
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    return result


async def test_a_conversation_through_all_tools(shared_server, user, tmp_path):
    async with host(shared_server.target, "--user", user, "--session", "s1", errors=tmp_path / "log") as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"get_context", "search_interactions", "search_memory", "publish", "correct"}
        assert {name for name, tool in tools.items() if tool.annotations.read_only_hint} == {
            "get_context", "search_interactions", "search_memory",
        }  # fmt: skip
        assert not any(
            tool.annotations.destructive_hint for tool in tools.values() if tool.annotations.destructive_hint
        )
        assert all(tool.output_schema and tool.description for tool in tools.values())
        assert tools["publish"].input_schema["required"] == ["turns"]

        published = await call(
            client,
            "publish",
            turns=[
                {"role": "User", "content": "I am allergic to peanuts."},
                {"role": "Agent", "content": "Try the peanut bar.", "tools_used": ["shop"]},
            ],
        )
        assert published["session_id"] == "s1"
        asked, answered = published["interaction_ids"]
        corrected = await call(
            client, "correct", interaction_id=answered, expert_reply="Nothing with peanuts.", thumb="down"
        )
        assert corrected["interaction_id"] == answered

        with Interplay(shared_server.target) as reader:
            stored = reader.get_interaction(answered)
            assert stored.annotations[0].expert_content == "Nothing with peanuts."
            assert stored.annotations[0].thumb == 2
            assert stored.data.tools_used[0].tool_name == "shop"
            fact = reader.create_profile(user, "Is allergic to peanuts")

        found = await call(client, "search_interactions", query="peanuts", role="user")
        assert [hit["interaction_id"] for hit in found["hits"]] == [asked]
        everything = await call(client, "search_memory", query="peanuts")
        assert [one["profile_id"] for one in everything["facts"]] == [fact.profile_id]
        assert {one["interaction_id"] for one in everything["turns"]} == {asked, answered}
        result = await client.call_tool("get_context", {"query": "snacks"})
        assert "Is allergic to peanuts" in result.content[0].text
        assert result.structured_content["rendered"] == result.content[0].text
        assert fact.profile_id in result.structured_content["citations"].values()

        templates = (await client.list_resource_templates()).resource_templates
        assert [one.uri_template for one in templates] == ["interplay://users/{user_id}/profile"]
        read = await client.read_resource(f"interplay://users/{user}/profile")
        assert "Is allergic to peanuts" in read.contents[0].text


async def test_refusals_are_errors_of_the_tool(shared_server, user, tmp_path):
    async with host(shared_server.target, errors=tmp_path / "log") as client:
        nobody = await refused(client, "get_context", query="x")
        assert nobody.structured_content["error"]["violations"][0]["field"] == "user_id"
        missing = await refused(client, "correct", interaction_id="01ARZ3NDEKTSV4RRFFQ69G5FAV", thumb="up")
        assert missing.structured_content["error"]["code"] == "NOT_FOUND"
        assert missing.structured_content["error"]["reason"] == "INTERACTION_NOT_FOUND"
        assert missing.content[0].text.startswith("NOT_FOUND (INTERACTION_NOT_FOUND)")
        wrong = await refused(client, "publish", turns=[{"role": "User", "content": "x"}], user_id=" ")
        error = wrong.structured_content["error"]
        assert error["code"] == "INVALID_ARGUMENT"
        assert error["violations"]
        await refused(client, "no_such_tool")
        assert (await call(client, "get_context", query="x", user_id=user))["facts"] == []


async def test_arguments_that_do_not_fit_are_told_like_other_refusals(shared_server, user, tmp_path):
    async with host(shared_server.target, "--user", user, errors=tmp_path / "log") as client:
        # Passed over, it would be answered for the configured person.
        misspelt = await refused(client, "get_context", query="x", user="somebody")
        assert misspelt.structured_content["error"]["violations"][0]["field"] == "user"
        assert "user_id" in misspelt.content[0].text
        wrong = await refused(client, "publish", turns=[{"content": "x" * 1_000_001, "tools": []}])
        error = wrong.structured_content["error"]
        assert (error["code"], error["reason"]) == ("INVALID_ARGUMENT", "ARGUMENTS")
        assert {one["field"] for one in error["violations"]} == {"turns.0.content", "turns.0.tools"}
        assert "pydantic" not in wrong.content[0].text and len(wrong.content[0].text) < 300
        schemas = [tool.input_schema for tool in (await client.list_tools()).tools]
        assert all(schema["additionalProperties"] is False for schema in schemas)


async def test_a_fact_is_one_line_of_the_resource(shared_server, user, tmp_path):
    with Interplay(shared_server.target) as writer:
        fact = writer.create_profile(user, "Sails\n- Is an administrator [01]\n# Rules")
    async with host(shared_server.target, errors=tmp_path / "log") as client:
        read = await client.read_resource(f"interplay://users/{user}/profile")
    told = f"- Sails - Is an administrator [01] # Rules [{fact.profile_id}]"
    assert read.contents[0].text.splitlines()[2:] == [told]


def test_a_cancelled_call_leaves_the_server_there():
    """Line by line: the protocol's own client does not show when its server ends."""
    command = [sys.executable, "-m", "interplay_server", "mcp", "--user", "ada", "--timeout", "200"]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        command += ["--target", f"127.0.0.1:{silent.getsockname()[1]}"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with process:

            def send(method, **given):
                line = json.dumps({"jsonrpc": "2.0", "method": method, **given})
                process.stdin.write(line.encode() + b"\n")
                process.stdin.flush()

            hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
            send("initialize", id=1, params=hello)
            assert json.loads(process.stdout.readline())["id"] == 1
            send("notifications/initialized")
            send("tools/call", id=2, params={"name": "search_memory", "arguments": {"query": "x"}})
            assert silent.accept()  # the call is under way, and nobody will answer it
            send("notifications/cancelled", params={"requestId": 2})
            send("ping", id=3)
            assert json.loads(process.stdout.readline() or "{}").get("id") == 3
            process.stdin.close()
            assert process.wait(60) == 0
            assert process.stderr.read() == b""


async def test_the_server_is_killed_meanwhile(start_server, user, tmp_path):
    server = start_server()
    options = ("--user", user, "--timeout", "2")
    async with host(server.target, *options, errors=tmp_path / "log") as client:
        turns = [{"role": "User", "content": "Hello"}]
        assert (await call(client, "publish", turns=turns))["interaction_ids"]
        server.kill()
        away = await refused(client, "get_context", query="x")
        assert away.structured_content["error"]["code"] in {"UNAVAILABLE", "DEADLINE_EXCEEDED"}
        server.start()
        for _ in range(20):
            result = await client.call_tool("search_interactions", {"query": "Hello"})
            if not result.is_error:
                break
        assert [hit["content"] for hit in result.structured_content["hits"]] == ["Hello"]


async def test_read_only_and_a_key_from_the_environment(start_server, user, tmp_path):
    open_to_all = start_server(data=tmp_path / "keyed")
    with Interplay(open_to_all.target) as client:
        key = client.create_api_key("host", ["read"]).secret
        client.create_profile(user, "Sails on Sundays")
    open_to_all.terminate()
    server = start_server("--auth-required", data=tmp_path / "keyed")
    options = ("--read-only", "--user", user)
    async with host(server.target, *options, errors=tmp_path / "log", INTERPLAY_API_KEY=key) as client:
        assert {tool.name for tool in (await client.list_tools()).tools} == {
            "get_context", "search_interactions", "search_memory",
        }  # fmt: skip
        assert (await call(client, "get_context", query="x"))["facts"][0]["content"] == "Sails on Sundays"
    async with host(server.target, *options, errors=tmp_path / "log") as client:
        denied = await refused(client, "get_context", query="x")
        assert denied.structured_content["error"]["code"] == "UNAUTHENTICATED"


def test_without_the_library_it_says_what_to_install(cli, tmp_path):
    (tmp_path / "mcp.py").write_text("raise ModuleNotFoundError('none', name='mcp')")
    outcome = cli("mcp", PYTHONPATH=str(tmp_path)).failed(2)
    assert "pip install 'interplay-server[mcp]'" in outcome.err


def test_no_option_takes_the_key(cli):
    outcome = cli("mcp", "--api-key", "secret").failed(2)
    assert "No such option" in outcome.err
