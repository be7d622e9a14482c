"""Transcripts of OpenAI's and Anthropic's kind, imported into a real server."""

import base64
import json
import uuid

import pytest
from interplay import AsyncInterplay, FailedPreconditionError, Interplay
from interplay.agents.transcripts import TooManyFaultsError, aimport_transcripts, import_transcripts

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
ENCODED = base64.b64encode(PIXEL).decode()


@pytest.fixture
def interplay(shared_server):
    with Interplay(shared_server.target) as client:
        yield client


@pytest.fixture
def user():
    return f"user-{uuid.uuid4().hex[:8]}"


def written(tmp_path, *records, name="chats.jsonl"):
    path = tmp_path / name
    # No two tests import the same file.
    path.write_text("\n".join(json.dumps(record) for record in records) + "\n" * (uuid.uuid4().int % 10_000 + 1))
    return path


def stored(client, user):
    return [row.data for row in client.list_interactions(user_id=user, view="full")]


OPENAI = {
    "messages": [
        {"role": "system", "content": "You help."},
        {"role": "user", "content": [
            {"type": "text", "text": "What is this?"},
            {"type": "image_url", "image_url": {"url": "https://shop.test/a.png"}},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{ENCODED}"}},
            {"type": "input_audio", "input_audio": {}},
        ]},
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"depth": 2}'}},
            {"id": "c2", "type": "function", "function": {"name": "ask", "arguments": "not json"}},
        ]},
        {"role": "tool", "tool_call_id": "c1", "content": '{"found": "lamp"}'},
        {"role": "tool", "tool_call_id": "c2", "content": "no"},
        {"role": "assistant", "content": "A lamp."},
    ],
    "model": "m-1",
}  # fmt: skip


def test_openai(interplay, user, tmp_path):
    report = import_transcripts(interplay, written(tmp_path, OPENAI), user_id=user, source="old")
    asked, picture, answered = stored(interplay, user)
    assert (asked.role, asked.content, asked.interacted_image_url) == (
        "User",
        "What is this?",
        "https://shop.test/a.png",
    )
    assert picture.image == PIXEL
    assert (answered.role, answered.content) == ("Agent", "A lamp.")
    assert [(one.tool_name, one.status) for one in answered.tools_used] == [("look", "ok"), ("ask", "ok")]
    assert answered.tools_used[0].tool_data["arguments"]["depth"] == 2
    assert answered.tools_used[0].tool_data["result"]["found"] == "lamp"
    assert answered.tools_used[1].tool_data["arguments"] == "not json"
    assert answered.metadata["model"] == "m-1"
    assert all(row.external_id for row in (asked, picture, answered))
    assert (report.conversations, report.published, report.faults) == (1, 3, [])
    assert report.skipped == {"a system message": 1, "a part input_audio": 1}
    assert next(iter(interplay.list_interactions(user_id=user))).source == "old"


ANTHROPIC = {
    "system": [{"type": "text", "text": "You help."}],
    "messages": [
        {"role": "user", "content": [
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": ENCODED}},
            {"type": "text", "text": "What is this?"},
        ]},
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "hm", "signature": "s"},
            {"type": "text", "text": "Let me look."},
            {"type": "tool_use", "id": "t1", "name": "look", "input": {"depth": 2}},
        ]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "t1", "is_error": True, "content": [{"type": "text", "text": "dark"}]},
            {"type": "text", "text": "Try again."},
        ]},
        {"role": "assistant", "content": "A lamp."},
    ],
}  # fmt: skip


@pytest.mark.parametrize("form", ["auto", "anthropic"])
def test_anthropic(interplay, user, tmp_path, form):
    report = import_transcripts(interplay, written(tmp_path, ANTHROPIC), format=form, user_id=user, with_system=True)
    system, asked, looking, again, answered = stored(interplay, user)
    assert (system.role, system.content) == ("System", "You help.")
    assert (asked.content, asked.image) == ("What is this?", PIXEL)
    assert (looking.content, looking.tools_used[0].tool_name) == ("Let me look.", "look")
    assert looking.tools_used[0].status == "error"
    assert looking.tools_used[0].tool_data["result"] == "dark"
    assert [again.content, answered.content] == ["Try again.", "A lamp."]
    assert report.skipped == {"a part thinking": 1}


def test_calls_without_ids_as_logs_shorten_them(interplay, user, tmp_path):
    messages = [
        {"role": "user", "content": "Book it"},
        {"role": "assistant", "content": None, "tool_calls": [{"name": "find", "arguments": '{"to": "SEA"}'}]},
        {"role": "tool", "name": "find", "content": "HAT136"},
        {"role": "assistant", "content": None, "function_call": {"name": "book", "arguments": "{}"}},
        {"role": "function", "name": "book", "content": "done"},
        {"role": "user", "content": "Thanks"},
    ]
    report = import_transcripts(interplay, written(tmp_path, {"messages": messages}), user_id=user)
    _, worked, _ = stored(interplay, user)
    assert [(one.tool_name, one.tool_data["result"]) for one in worked.tools_used] == [
        ("find", "HAT136"),
        ("book", "done"),
    ]
    assert (worked.role, worked.content, report.skipped) == ("Agent", "", {})


def test_a_whole_document_and_bare_messages(interplay, user, tmp_path):
    chats = [OPENAI | {"conversation_id": f"{user}-{number}"} for number in range(3)]
    path = tmp_path / "chats.json"
    path.write_text(json.dumps(chats, indent=1))
    assert import_transcripts(interplay, path, user_id=user).conversations == 3
    assert {one.session_id for one in interplay.list_sessions(user_id=user)} == {f"{user}-{n}" for n in range(3)}
    bare = tmp_path / "bare.json"
    bare.write_text(json.dumps([{"role": "user", "content": f"Hi from {user}"}], indent=1))
    assert import_transcripts(interplay, bare, user_id=user).published == 1


def test_batch_files_with_answers(interplay, user, tmp_path):
    record = {
        "custom_id": f"{user}-1", "body": {"messages": [{"role": "user", "content": "Hi"}], "user": user},
        "response": {"body": {"choices": [{"message": {"content": "Hello"}}]}},
    }  # fmt: skip
    responses = {
        "id": f"{user}-2",
        "request": {"input": "More?", "user": user},
        "response": {"output": [{"type": "message", "role": "assistant",
                                 "content": [{"type": "output_text", "text": "No"}]}]},
    }  # fmt: skip
    import_transcripts(interplay, written(tmp_path, record, responses))
    assert [row.content for row in stored(interplay, user)] == ["Hi", "Hello", "More?", "No"]


def test_an_export_of_chatgpt(interplay, user, tmp_path):
    def node(name, parent, children, role, content, **more):
        message = {"id": f"{user}-{name}", "author": {"role": role}, "create_time": 1_700_000_000.5, "content": content}
        return {"id": name, "parent": parent, "children": children, "message": message | more}

    def text(said):
        return {"content_type": "text", "parts": [said]}

    mapping = {
        "root": {"id": "root", "parent": None, "children": ["s"], "message": None},
        "s": node("s", "root", ["u"], "system", text("")),
        "u": node("u", "s", ["a1", "a2"], "user", {"content_type": "multimodal_text", "parts": [
            {"content_type": "image_asset_pointer"}, "Hello"]}),
        "a1": node("a1", "u", [], "assistant", text("The branch that was left")),
        "a2": node("a2", "u", ["t"], "assistant", text("Hi!"), metadata={"model_slug": "g-4"}),
        "t": node("t", "a2", ["a3"], "tool", text("search results")),
        "a3": node("a3", "t", [], "assistant", text("Done.")),
    }  # fmt: skip
    export = [{"title": "t", "conversation_id": f"{user}-c", "current_node": "a3", "mapping": mapping}]
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps(export))
    report = import_transcripts(interplay, path, user_id=user)
    rows = stored(interplay, user)
    assert [row.content for row in rows] == ["Hello", "Hi!", "Done."]
    assert [row.external_id for row in rows] == [f"{user}-{name}" for name in ("u", "a2", "a3")]
    assert rows[0].occur_time.seconds == 1_700_000_000
    assert rows[1].metadata["model"] == "g-4"
    assert report.skipped["a message of another branch"] == 1
    assert report.skipped["a part image_asset_pointer"] == 1
    assert report.skipped["a message to or from a tool of the application"] == 1


def test_an_export_with_chat_messages(interplay, user, tmp_path):
    export = [{"uuid": f"{user}-c", "name": "t", "chat_messages": [
        {"uuid": f"{user}-1", "sender": "human", "text": "Hello", "content": [{"type": "text", "text": "Hello"}],
         "created_at": "2026-01-02T03:04:05.678Z", "attachments": [{"file_name": "a.pdf"}], "files": []},
        {"uuid": f"{user}-2", "sender": "assistant", "text": "Hi!", "content": []},
    ]}]  # fmt: skip
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps(export))
    report = import_transcripts(interplay, path, user_id=user)
    rows = stored(interplay, user)
    assert [(row.role, row.content, row.external_id) for row in rows] == [
        ("User", "Hello", f"{user}-1"), ("Agent", "Hi!", f"{user}-2"),
    ]  # fmt: skip
    assert rows[0].occur_time.ToJsonString() == "2026-01-02T03:04:05.678Z"
    assert report.skipped == {"an attached file": 1}


def test_a_file_is_imported_once(interplay, user, tmp_path):
    path = written(tmp_path, *(OPENAI | {"id": f"{user}-{number}"} for number in range(5)))
    first = import_transcripts(interplay, path, user_id=user)
    again = import_transcripts(interplay, path, user_id=user)
    assert (first.published, again.published, again.resumed_after) == (15, 0, 5)
    assert again.stream_id == first.stream_id
    assert len(stored(interplay, user)) == 15


def test_an_import_that_the_server_has_forgotten_is_refused(interplay, shared_server, user, tmp_path):
    path = written(tmp_path, OPENAI)
    stream_id = import_transcripts(interplay, path, user_id=user).stream_id
    with Interplay(shared_server.target, tenant="later") as later:
        later.publish_interaction(user, {"content": "x"}, request_id=f"{stream_id}/0")
        with pytest.raises(FailedPreconditionError, match="before"):
            import_transcripts(later, path, user_id=user)


async def test_an_import_that_breaks_off_goes_on(start_server, user, tmp_path):
    server = start_server()
    path = written(tmp_path, *(OPENAI | {"id": f"{user}-{number}"} for number in range(120)))
    async with AsyncInterplay(server.target) as client:
        seen = []

        def progress(done, size):
            seen.append(done)
            if len(seen) == 20:
                raise KeyError("the program ends here")

        with pytest.raises(KeyError):
            await aimport_transcripts(client, path, user_id=user, progress=progress)
        server.restart()
        report = await aimport_transcripts(client, path, user_id=user)
        assert report.resumed_after >= 20
        rows = [row.data.external_id async for row in client.list_interactions(user_id=user)]
        assert len(rows) == len(set(rows)) == 360
        assert seen == sorted(seen)


def test_bad_lines_are_named_and_limited(interplay, user, tmp_path):
    path = tmp_path / "bad.jsonl"
    good = json.dumps(OPENAI)
    path.write_text("\n".join([good, "{", '"text"', "{}", json.dumps({"messages": []}), good, f"[{user!r}"]) + "\n")
    report = import_transcripts(interplay, path, user_id=user)
    assert report.conversations == 2
    assert [fault.split(":")[0] for fault in report.faults] == ["line 2", "line 3", "line 4", "line 5", "line 7"]
    with pytest.raises(TooManyFaultsError, match="line 3"):
        import_transcripts(interplay, path, user_id=user, max_faults=1)


def test_what_no_server_would_take(interplay, user, tmp_path):
    messages = [
        {"role": "user", "content": "x" * 1_000_001},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x.test/" + "y" * 3000}}]},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]},
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": "c", "function": {"name": "n" * 300, "arguments": json.dumps({"x": "y" * 100_000, "n": 1e400})}}]},
    ]  # fmt: skip
    report = import_transcripts(interplay, written(tmp_path, {"messages": messages}), user_id=user)
    long, called = stored(interplay, user)
    assert len(long.content) == 1_000_000
    assert called.tools_used[0].tool_name == "n" * 256
    assert report.faults == []
    assert sum(report.skipped.values()) == 3
    nobody = import_transcripts(interplay, written(tmp_path, OPENAI))
    assert (nobody.published, nobody.fault_count, nobody.faults) == (0, 1, ["conversation 1: no user"])


def test_what_no_message_can_hold_does_not_end_the_import(interplay, user, tmp_path):
    """Half a surrogate pair, which JSON lets through, and arguments of a tool deeper than protobuf reads."""
    half, deep = chr(0xD800), "[" * 300 + "]" * 300
    call = {"id": f"c{half}", "function": {"name": f"look{half}", "arguments": '{"a": ' + deep + "}"}}
    odd = {"messages": [
        {"role": "user", "name": f"a{half}", "content": f"half {half} and \U0001f600"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": f"c{half}", "content": json.dumps({f"k{half}": half})},
        {"role": "assistant", "content": "Done"},
    ], "id": f"s{half}"}  # fmt: skip
    plain = {"messages": [{"role": "user", "content": "Next"}]}
    report = import_transcripts(interplay, written(tmp_path, odd, plain), user_id=user)
    assert (report.conversations, report.published, report.faults) == (2, 3, [])
    rows = {row.content: row for row in stored(interplay, user)}
    assert set(rows) == {"half \ufffd and \U0001f600", "Done", "Next"}
    assert rows["half \ufffd and \U0001f600"].speaker == "a\ufffd"
    use = rows["Done"].tools_used[0]
    assert (use.tool_name, use.status) == ("look\ufffd", "ok")
    assert use.tool_data["result"]["k\ufffd"] == "\ufffd"
    assert "a" in use.tool_data["arguments"]
