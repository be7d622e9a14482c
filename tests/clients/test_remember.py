"""Agents that are briefed before they answer and remembered afterwards, against a real server."""

import asyncio
import contextlib
import inspect
import logging
import threading

import pytest
from interplay import AsyncInterplay, Context, InteractionData, Interplay, InterplayError, UnavailableError
from interplay.v1 import interaction_pb2

FACT = "I am allergic to peanuts."
ASKED = "Which snack do you recommend?"


@pytest.fixture
async def client(shared_server, request):
    """A client of a tenant of its own for each test, which knows one thing of ada."""
    tenant = request.node.name.replace("_", "-")[:60].lower()
    async with AsyncInterplay(shared_server.target, tenant=tenant) as client:
        await client.publish_interaction("ada", {"content": FACT}, session_id="before", wait="learned")
        yield client


@pytest.fixture
def plain_client(shared_server, request):
    tenant = request.node.name.replace("_", "-")[:60].lower()
    with Interplay(shared_server.target, tenant=tenant) as client:
        client.publish_interaction("ada", {"content": FACT}, session_id="before", wait="learned")
        yield client


async def said(client, session_id):
    return [(row.data.role, row.data.content) async for row in client.list_interactions(session_id=session_id)]


async def test_an_agent_is_briefed_and_the_exchange_is_published(client):
    handed = []

    @client.remember(user_id="ada", session_id="now", source="chat", agent_id="desk", agent_version="v2", timeout=30)
    async def answer(message, context):
        """Answers."""
        handed.append(context)
        return f"No peanuts [{context.citations[0].tag}]"

    assert answer.__name__ == "answer"
    assert answer.__doc__ == "Answers."
    assert inspect.iscoroutinefunction(answer)
    reply = await answer(ASKED)
    (context,) = handed
    assert "peanuts" in str(context)
    rows = [row async for row in client.list_interactions(session_id="now")]
    assert [(row.data.role, row.data.content) for row in rows] == [("User", ASKED), ("Agent", reply)]
    assert {(row.source, row.agent_id, row.agent_version) for row in rows} == {("chat", "desk", "v2")}
    assert rows[0].request_id == rows[1].request_id
    learning_id = context.profiles[0].profile.profile_id
    assert [one.learning_id for one in rows[1].data.retrieved_learnings] == [learning_id]
    assert [(one.real_id, one.tag) for one in rows[1].data.citations] == [(learning_id, context.citations[0].tag)]
    assert not rows[0].data.retrieved_learnings
    await answer("And a drink?")
    assert not any(found.interaction.session_id == "now" for found in handed[1].interactions)


async def test_what_is_remembered_is_learnt_from(client):
    agent = client.wrap(_polite, user_id="bob", session_id="s", wait="learned", timeout=30)
    assert await agent("I live in Lisbon.") == "I see."
    assert any("Lisbon" in row.content for row in [row async for row in client.list_profiles("bob")])


async def _polite(message):
    return "I see."


async def test_the_call_says_whose_it_is(client):
    agent = client.wrap(_polite, timeout=30)
    await agent("Hello", user_id="ada", session_id="one")
    await agent("Hello again", user_id="ada")
    assert await said(client, "one") == [("User", "Hello"), ("Agent", "I see.")]
    own = [row async for row in client.list_sessions(user_id="ada")]
    assert len(own) == 3
    with pytest.raises(TypeError, match="user_id was given neither"):
        await agent("Hello")
    with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
        await agent("Hello", user_id="ada", colour="blue")

    seen = []

    async def knows(user_id, text, session_id="mine"):
        seen.append((user_id, session_id))
        return "Yes"

    await client.wrap(knows, message="text", timeout=30)("carl", text="Hello", session_id="two")
    assert seen == [("carl", "two")]
    assert await said(client, "two") == [("User", "Hello"), ("Agent", "Yes")]

    async def of_a_request(message, request):
        return "Yes"

    agent = client.wrap(
        of_a_request, user_id=lambda message, request: request["user"], request_group="three", timeout=30
    )
    await agent("Hi", {"user": "dora"})
    assert [row.user_id async for row in client.list_interactions(session_id="three")] == ["dora"] * 2


async def test_a_conversation_adds_only_what_is_new(client):
    queries = []

    async def answer(messages, context: Context):
        queries.append([found.profile.content for found in context.profiles])
        return {"role": "assistant", "content": "Nuts, no peanuts", "tool_calls": []}

    agent = client.wrap(answer, user_id="ada", session_id="chat", timeout=30)
    await agent(
        [
            {"role": "system", "content": "Be brief"},
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": "Hello!"},
            {"role": "user", "content": [{"type": "text", "text": ASKED}], "name": "ada"},
            InteractionData(role="User", user_action="click", user_action_description="opened the menu"),
        ]
    )
    rows = [row.data async for row in client.list_interactions(session_id="chat")]
    assert [(row.role, row.content) for row in rows] == [
        ("user", ASKED), ("User", ""), ("assistant", "Nuts, no peanuts"),
    ]  # fmt: skip
    assert rows[1].user_action == interaction_pb2.USER_ACTION_CLICK
    assert queries == [["Is allergic to peanuts"]]


async def test_other_replies(client, caplog):
    class Answer:
        text = "Forty-two"

    async def answer(message):
        return Answer()

    await client.wrap(answer, user_id="ada", session_id="a", reply=lambda one: one.text, timeout=30)("Well?")
    assert await said(client, "a") == [("User", "Well?"), ("Agent", "Forty-two")]
    agent = client.wrap(answer, user_id="ada", session_id="b", timeout=30)
    with caplog.at_level(logging.WARNING, "interplay"):
        assert isinstance(await agent("Well?"), Answer)
        await agent("Still?")
    assert await said(client, "b") == [("User", "Well?"), ("User", "Still?")]
    assert [record.getMessage() for record in caplog.records] == [
        "Answer is not remembered: it is no text; say reply=..."
    ]

    async def shadowed(message):
        return InteractionData(role="Agent", content="Yes", shadow_content="No")

    await client.wrap(shadowed, user_id="ada", session_id="c", timeout=30)("Well?")
    assert [row.data.shadow_content async for row in client.list_interactions(session_id="c")] == ["", "No"]


async def test_messages_and_replies_of_other_shapes(client, caplog):
    async def answer(message):
        return {"score": 3}

    agent = client.wrap(answer, user_id="ada", session_id="s", timeout=30)
    with caplog.at_level(logging.WARNING, "interplay"):
        assert await agent({"role": "Shopper", "content": "Hello"}) == {"score": 3}
        assert await agent("") == {"score": 3}
        assert await agent(None) == {"score": 3}
        assert await agent(iter(["Hello"])) == {"score": 3}
    assert [record.getMessage() for record in caplog.records] == [
        "dict is not remembered: it is no text; say reply=...",
        "could not remember an agent, going on without",
    ]
    assert await said(client, "s") == [("Shopper", "Hello")]
    with pytest.raises(TypeError, match="a text, a turn or a list of turns"):
        await client.wrap(answer, user_id="ada", strict=True, timeout=30)(iter(["Hello"]))


async def test_a_stream_that_is_dropped_is_published_too(client):
    async def answer(message):
        yield "Once "
        yield "upon"

    async for piece in client.wrap(answer, user_id="ada", session_id="s", timeout=30)("Go"):
        assert piece == "Once "
        break
    async with asyncio.timeout(20), contextlib.aclosing(client.watch_interactions(from_beginning=True)) as changes:
        async for change in changes:
            rows = [row.data.content for row in change.published.interactions if row.session_id == "s"]
            if rows:
                assert rows == ["Go", "Once "]
                break


async def test_an_agent_that_fails_still_fails_and_the_question_is_kept(client):
    async def answer(message, context):
        raise KeyError("lost")

    with pytest.raises(KeyError, match="lost"):
        await client.wrap(answer, user_id="ada", session_id="s", timeout=30)(ASKED)
    assert await said(client, "s") == [("User", ASKED)]


async def test_pieces_pass_through_at_once_and_are_published_together(client):
    gate = asyncio.Event()

    @client.remember(user_id="ada", session_id="s", timeout=30)
    async def answer(message, *, context):
        yield f"{len(context.profiles)} thing: "
        await gate.wait()
        yield "no peanuts"

    assert inspect.isasyncgenfunction(answer)
    pieces = answer(ASKED)
    assert await anext(pieces) == "1 thing: "
    assert await said(client, "s") == []
    gate.set()
    assert [piece async for piece in pieces] == ["no peanuts"]
    rows = [row.data async for row in client.list_interactions(session_id="s")]
    assert [row.content for row in rows] == [ASKED, "1 thing: no peanuts"]
    assert len(rows[1].retrieved_learnings) == 1
    assert not rows[1].HasField("metadata")


@pytest.mark.parametrize("how", ["left", "cancelled", "failed"])
async def test_a_reply_that_is_broken_off_is_published_as_far_as_it_came(client, how):
    closed = asyncio.Event()

    async def answer(message):
        try:
            yield "Once "
            yield "upon "
            if how == "failed":
                raise KeyError("lost")
            await asyncio.Event().wait()
            yield "never"
        finally:
            closed.set()

    heard, two = [], asyncio.Event()

    async def listen():
        async with contextlib.aclosing(client.wrap(answer, user_id="ada", session_id=how, timeout=30)("Go")) as pieces:
            async for piece in pieces:
                heard.append(piece)
                if len(heard) == 2:
                    two.set()
                    if how == "left":
                        return

    listening = asyncio.create_task(listen())
    await two.wait()
    if how == "cancelled":
        listening.cancel()
    expected = {"left": contextlib.nullcontext(), "cancelled": pytest.raises(asyncio.CancelledError)}
    with expected.get(how, pytest.raises(KeyError)):
        await listening
    assert closed.is_set()
    rows = [row.data async for row in client.list_interactions(session_id=how)]
    assert [row.content for row in rows] == ["Go", "Once upon "]
    assert dict(rows[1].metadata) == {"broken_off": True}


async def test_a_coroutine_may_return_its_stream(client):
    async def pieces():
        for text in ("a", "b"):
            yield {"delta": text}

    async def answer(message):
        return pieces()

    agent = client.wrap(answer, user_id="ada", session_id="s", reply=lambda piece: piece["delta"], timeout=30)
    assert [piece async for piece in await agent("Go")] == [{"delta": "a"}, {"delta": "b"}]
    assert await said(client, "s") == [("User", "Go"), ("Agent", "ab")]


async def test_without_a_server_the_agent_answers_all_the_same(unused_tcp_port, caplog):
    async def answer(message, context):
        return f"{context}{bool(context)}"

    async def stream(message):
        yield "a"
        yield "b"

    async with AsyncInterplay(f"127.0.0.1:{unused_tcp_port}") as client:
        with caplog.at_level(logging.WARNING, "interplay"):
            assert await client.wrap(answer, user_id="ada", timeout=0.2)("Hello") == "False"
            assert [piece async for piece in client.wrap(stream, user_id="ada", timeout=0.2)("Hello")] == ["a", "b"]
        assert [record.getMessage() for record in caplog.records] == [
            "could not brief an agent, going on without",
            "could not remember an agent, going on without",
            "could not remember an agent, going on without",
        ]
        with pytest.raises(InterplayError):
            await client.wrap(answer, user_id="ada", timeout=0.2, strict=True)("Hello")
        with pytest.raises(InterplayError):
            await client.wrap(_polite, user_id="ada", timeout=0.2, strict=True)("Hello")

        async def fails(message):
            raise KeyError("lost")

        with pytest.raises(KeyError):
            await client.wrap(fails, user_id="ada", timeout=0.2, strict=True)("Hello")


async def test_a_context_of_ones_own_is_kept(client):
    async def answer(message, context):
        return str(context)

    assert await client.wrap(answer, user_id="ada", session_id="s", timeout=30)("Hi", context="mine") == "mine"
    other = client.wrap(lambda_like, user_id="ada", session_id="s", parameter="memory", timeout=30)
    assert "peanuts" in await other(ASKED)


async def lambda_like(message, memory):
    return str(memory)


async def test_what_cannot_be_wrapped_is_refused_at_once(client):
    with pytest.raises(TypeError, match="Interplay wraps plain functions"):
        client.wrap(lambda message: "x", user_id="ada")
    with pytest.raises(TypeError, match="no parameter for the user's message"):
        client.wrap(_polite, user_id="ada", message="text")

    async def deaf(context):
        return "x"

    with pytest.raises(TypeError, match="no parameter for the user's message"):
        client.wrap(deaf, user_id="ada")
    with pytest.raises(ValueError, match="same thing"):
        client.wrap(_polite, session_id="a", request_group="b")


async def test_an_object_that_is_called_is_an_agent_too(client):
    class Desk:
        async def __call__(self, message, context):
            return str(len(context.profiles))

    for agent in (Desk(), Desk().__call__):
        assert await client.wrap(agent, user_id="ada", session_id="s", timeout=30)(ASKED) == "1"


def test_plain_agents(plain_client):
    client, handed = plain_client, []

    @client.remember(user_id="ada", session_id="s", timeout=30)
    def answer(message: str, context: Context) -> str:
        handed.append(context)
        return "No peanuts"

    @client.remember(session_id="t", timeout=30)
    def stream(message, context):
        yield "No "
        yield "peanuts"
        yield "!"

    assert answer(ASKED) == "No peanuts"
    assert "peanuts" in str(handed[0])
    assert [row.data.content for row in client.list_interactions(session_id="s")] == [ASKED, "No peanuts"]
    assert inspect.isgeneratorfunction(stream)
    assert list(stream(ASKED, user_id="ada")) == ["No ", "peanuts", "!"]
    pieces = stream(ASKED, user_id="ada")
    assert next(pieces) == "No "
    pieces.close()
    rows = [row.data for row in client.list_interactions(session_id="t")]
    assert [row.content for row in rows] == [ASKED, "No peanuts!", ASKED, "No "]
    assert rows[3].metadata["broken_off"] is True
    assert len(rows[1].retrieved_learnings) == 1
    iterating = client.wrap(lambda message: iter(["a", "b"]), user_id="ada", session_id="u", timeout=30)
    assert list(iterating("Go")) == ["a", "b"]
    assert [row.data.content for row in client.list_interactions(session_id="u")] == ["Go", "ab"]


def test_plain_agents_that_fail_and_wrong_ones(plain_client):
    def answer(message):
        raise KeyError("lost")

    with pytest.raises(KeyError):
        plain_client.wrap(answer, user_id="ada", session_id="s", timeout=30)("Hi")
    assert [row.data.content for row in plain_client.list_interactions(session_id="s")] == ["Hi"]
    with pytest.raises(TypeError, match="AsyncInterplay wraps such functions"):
        plain_client.wrap(_polite, user_id="ada")
    with pytest.raises(TypeError):
        plain_client.wrap(answer, user_id="ada", colour="blue")


def test_plain_agents_without_a_server(unused_tcp_port, caplog):
    with Interplay(f"127.0.0.1:{unused_tcp_port}") as client:
        with caplog.at_level(logging.WARNING, "interplay"):
            assert client.wrap(lambda message, context: f"<{context}>", user_id="ada", timeout=0.2)("Hello") == "<>"
        assert len(caplog.records) == 2
        strict = client.wrap(lambda message: "x", user_id="ada", timeout=5, strict=True)
        with pytest.raises(UnavailableError):
            strict("Hello")


def test_plain_agents_are_called_from_many_threads(plain_client):
    agent = plain_client.wrap(lambda message: message.upper(), user_id="ada", timeout=30)
    failures = []

    def work(number):
        try:
            assert agent(f"hello {number}", session_id=f"t{number}") == f"HELLO {number}"
        except BaseException as error:  # noqa: BLE001 - told to the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for number in range(8):
        rows = [row.data.content for row in plain_client.list_interactions(session_id=f"t{number}")]
        assert rows == [f"hello {number}", f"HELLO {number}"]
