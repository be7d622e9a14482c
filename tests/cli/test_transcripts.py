"""`interplay import-transcripts` and `interplay import-spans`."""

import json

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


def chat(user, said="Hello"):
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": said}]
    return {"messages": [*messages, {"role": "assistant", "content": f"Hi {user}"}]}


@pytest.fixture
def chats(tmp_path, user):
    path = tmp_path / "chats.jsonl"
    path.write_text("".join(json.dumps(chat(user, f"Hello {number}")) + "\n" for number in range(3)))
    return path


def contents(cli, user):
    return [one["interaction"]["data"]["content"] for one in cli("search", user, "--user", user, "--json").ok().json]


def test_a_file_is_published_once(cli, user, chats):
    outcome = cli("import-transcripts", chats, "--user", user, "--source", "old").ok()
    assert outcome.out.startswith(f"{chats}: published 6 of 3 conversations, stream transcripts-auto-")
    assert "left out 3: a system message" in outcome.err
    assert sorted(contents(cli, user)) == sorted([f"Hello {number}" for number in range(3)] + [f"Hi {user}"] * 3)
    again = cli("import-transcripts", chats, "--user", user, "--source", "old", "--json").ok()
    [report] = again.json
    assert (report["published"], report["resumed_after"], report["conversations"]) == (0, 3, 3)
    assert report["skipped"] == {"a system message": 3}


def test_faults_are_named_and_limited(cli, user, tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_text("{\n" + json.dumps(chat(user)) + "\n[]\n{}\n")
    outcome = cli("import-transcripts", path, "--user", user)
    assert outcome.code == 1
    assert "published 2 of 1 conversation" in outcome.out
    assert "line 1: not JSON" in outcome.err
    assert "line 4: no messages" in outcome.err
    given_up = cli("import-transcripts", path, "--user", user, "--max-faults", "0", "--source", "other").failed()
    assert "TOO_MANY_FAULTS" in given_up.err
    nobody = cli("import-transcripts", path, "--format", "openai")
    assert nobody.code == 1
    assert "no user" in nobody.err


def test_no_server(lonely_cli, chats):
    assert "UNAVAILABLE" in lonely_cli("import-transcripts", chats, "--user", "u").failed().err


def test_several_files_of_both_kinds(cli, user, tmp_path):
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    first.write_text(json.dumps(chat(user, "First")))
    blocks = {"system": "x", "messages": [{"role": "user", "content": [{"type": "text", "text": "Second"}]}]}
    second.write_text(json.dumps([blocks], indent=1))
    outcome = cli("import-transcripts", first, second, "--user", user, "--with-system", "--json").ok()
    assert [report["published"] for report in outcome.json] == [3, 2]


def span(user, text):
    message = [{"role": "user", "parts": [{"type": "text", "content": text}]}]
    attributes = {"gen_ai.operation.name": "chat", "user.id": user, "gen_ai.input.messages": json.dumps(message)}
    return {
        "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": "chat",
        "startTimeUnixNano": "1700000000000000000", "endTimeUnixNano": "1700000001000000000",
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()],
    }  # fmt: skip


def test_spans(cli, user, tmp_path):
    path = tmp_path / "traces.json"
    path.write_text(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span(user, f"I am {user}")]}]}]}))
    assert "published 1 of 1 conversation, stream spans-" in cli("import-spans", path).ok().out
    assert contents(cli, user) == [f"I am {user}"]
    assert "published 0" in cli("import-spans", path).ok().out


def test_a_file_that_is_no_otlp(cli, tmp_path):
    path = tmp_path / "traces.bin"
    path.write_bytes(b"\xff\xfe not protobuf")
    outcome = cli("import-spans", path, "--user", "u")
    assert outcome.code == 1
    assert "not OTLP" in outcome.err
    path.write_bytes(ExportTraceServiceRequest().SerializeToString())
    assert "published 0" in cli("import-spans", path, "--user", "u").ok().out
