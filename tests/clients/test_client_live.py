"""Every method of the asynchronous client against a real server."""

import asyncio
import contextlib
import inspect
import socket
from datetime import UTC, datetime, timedelta

import anyio
import pytest
from interplay import (
    AlreadyExistsError,
    AsyncInterplay,
    DeadlineExceededError,
    InteractionData,
    InvalidArgumentError,
    Keepalive,
    NotFoundError,
    PermissionDeniedError,
    UnauthenticatedError,
    UnavailableError,
)
from interplay.v1 import (
    admin_service_pb2,
    context_service_pb2,
    interaction_service_pb2,
    learning_service_pb2,
    operation_pb2,
    operation_service_pb2,
    playbook_service_pb2,
    profile_service_pb2,
)

from tests.support.fault_proxy import FaultProxy

RENAMED = {
    "publish_interactions": "publish_interaction",
    "stream_publish": "publisher",
    "get_server_info": "server_info",
    "get_context": "context",
    "get_learning_config": "learning_config",
    "get_learning_status": "learning_status",
    "get_learning_provenance": "learning_provenance",
    "list_profile_changes": "profile_changes",
    "list_playbook_changes": "playbook_changes",
}
SERVICES = (
    admin_service_pb2,
    context_service_pb2,
    interaction_service_pb2,
    learning_service_pb2,
    operation_service_pb2,
    playbook_service_pb2,
    profile_service_pb2,
)
# Said by a mapping, a message or the arguments that are fields of it.
WHOLE = {"policy", "profile", "playbook", "edits", "annotation", "update_mask"}


@pytest.fixture
async def client(shared_server, request):
    """A client of a tenant of its own for each test."""
    tenant = request.node.name.replace("_", "-")[:60].lower()
    async with AsyncInterplay(shared_server.target, tenant=tenant) as client:
        yield client


def snake(name):
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def methods():
    for module in SERVICES:
        for service in module.DESCRIPTOR.services_by_name.values():
            yield from service.methods


@pytest.mark.parametrize("method", list(methods()), ids=lambda method: method.name)
def test_every_rpc_has_its_method_and_every_field_its_argument(method):
    name = snake(method.name)
    own = getattr(AsyncInterplay, RENAMED.get(name, name))
    assert callable(own)
    if name in {"stream_publish", "get_publish_stream", "import_user"}:
        return
    arguments = set(inspect.signature(own).parameters)
    fields = {field.name for field in method.input_type.fields} - {"page_token"}
    assert fields - WHOLE <= arguments
    for field in method.input_type.fields:
        if field.name in WHOLE - {"update_mask"}:
            written = {part.name for part in field.message_type.fields} & arguments
            assert written, field.name


async def test_publish_get_list_search(client):
    answer = await client.publish_interaction(
        "ada",
        [InteractionData(content="I want a laptop for sailing"), {"role": "Agent", "content": "Waterproof?"}],
        "chat",
        session_id="s1",
        agent_version="v1",
        metadata={"shop": "north"},
    )
    assert len(set(answer.interaction_ids)) == 2
    row = await client.get_interaction(answer.interaction_ids[0])
    assert (row.user_id, row.session_id, row.source, row.agent_version) == ("ada", "s1", "chat", "v1")
    assert row.request_metadata["shop"] == "north"
    found = await client.search_interactions("boat laptop", "ada", top_k=1, mode="hybrid", role_class="user")
    assert [hit.interaction.interaction_id for hit in found.hits] == [answer.interaction_ids[0]]
    near = await client.find_similar_interactions(answer.interaction_ids[0], user_id="ada")
    assert [hit.interaction.interaction_id for hit in near.hits] == [answer.interaction_ids[1]]
    newest = [row.interaction_id async for row in client.list_interactions(user_id="ada", newest_first=True)]
    assert newest == list(reversed(answer.interaction_ids))


async def test_lists_go_through_all_pages(client):
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    for session in range(5):
        turns = [{"content": f"{session}-{n}", "occur_time": moment + timedelta(minutes=n)} for n in range(7)]
        await client.publish_interaction("ada", turns, session_id=f"s{session}")
    rows = [row.data.content async for row in client.list_interactions(page_size=3)]
    assert len(rows) == 35 == len(set(rows))
    late = client.list_interactions(start_time=moment + timedelta(minutes=5), end_time=moment + timedelta(minutes=6))
    assert [row.data.content async for row in late] == [f"{session}-5" for session in range(5)]
    sessions = [session async for session in client.list_sessions(page_size=2, user_id="ada")]
    assert sorted(session.session_id for session in sessions) == [f"s{n}" for n in range(5)]
    answer = await client.get_session("s3", user_id="ada")
    assert (answer.session.interaction_count, len(answer.requests)) == (7, 1)


async def test_publishing_makes_up_ids_and_repeats_safely(client):
    first = await client.publish_interaction("ada", {"content": "x"})
    second = await client.publish_interaction("ada", {"content": "x"})
    assert first.request_id
    assert first.request_id != second.request_id
    sessions = [session.session_id async for session in client.list_sessions()]
    assert len(set(sessions)) == 2
    one = await client.publish_interaction("ada", {"content": "y"}, session_id="s", request_id="r1")
    again = await client.publish_interaction("ada", {"content": "y"}, session_id="s", request_id="r1")
    assert (one.interaction_ids, again.duplicate) == (again.interaction_ids, True)
    with pytest.raises(AlreadyExistsError) as caught:
        await client.publish_interaction("ada", {"content": "z"}, session_id="s", request_id="r1")
    assert caught.value.reason == "REQUEST_ID_REUSED"


async def test_request_group_is_the_session_and_waiting_is_for_learning(client):
    answer = await client.publish_interaction(
        "ada", {"content": "x"}, request_group="g", wait_for_response=True, session_finished=True
    )
    assert answer.learning_state in set(interaction_service_pb2.LearningState.values()) - {0, 1}
    assert (await client.get_session("g")).session.finished
    await client.publish_interaction("ada", {"content": "y"}, request_group="g", session_id="g", wait="visible")
    with pytest.raises(ValueError, match="give one"):
        await client.publish_interaction("ada", {"content": "y"}, request_group="g", session_id="h")
    with pytest.raises(ValueError, match="wait must be one of durable, visible, learned"):
        await client.publish_interaction("ada", {"content": "y"}, wait="whenever")


async def test_annotate_and_delete(client):
    answer = await client.publish_interaction("ada", [{"content": "a"}, {"content": "b"}], session_id="s")
    note = await client.annotate_interaction(
        answer.interaction_ids[0], annotator="eve", thumb="up", rating=4.5, comment="good"
    )
    assert note.annotation_id
    row = await client.get_interaction(answer.interaction_ids[0])
    assert [(one.comment, one.rating) for one in row.annotations] == [("good", 4.5)]
    assert await client.delete_interactions(user_id="ada", validate_only=True) == 2
    assert await client.delete_interactions([answer.interaction_ids[0]]) == 1
    with pytest.raises(NotFoundError) as caught:
        await client.get_interaction(answer.interaction_ids[0])
    assert caught.value.reason == "INTERACTION_NOT_FOUND"
    assert caught.value.resource == ("interaction", answer.interaction_ids[0])


async def test_all_violations_come_at_once(client):
    with pytest.raises(InvalidArgumentError) as caught:
        await client.publish_interaction("", [{"content": "x", "user_action": "click"}, {"role": "r" * 1001}])
    assert {one.field.rpartition(".")[2] for one in caught.value.violations} >= {"user_id", "role"}


async def test_a_watch_goes_on_after_cuts_and_restarts(server):
    async with FaultProxy(server.target) as proxy, AsyncInterplay(proxy.target) as client:
        seen, token = [], ""

        async def follow():
            nonlocal token
            async with contextlib.aclosing(client.watch_interactions(from_beginning=True, heartbeat_seconds=1)) as all_:
                async for change in all_:
                    token = change.resume_token
                    seen.extend(row.data.content for row in change.published.interactions)

        following = asyncio.create_task(follow())
        async with AsyncInterplay(server.target) as direct:
            for number in range(40):
                await direct.publish_interaction("ada", {"content": str(number)}, session_id="s")
                if number in {10, 20}:
                    proxy.cut()
                if number == 15:
                    proxy.reset()
                if number == 30:
                    await asyncio.to_thread(server.restart)
                    await asyncio.sleep(1)
        async with asyncio.timeout(30):
            while len(seen) < 40:  # noqa: ASYNC110 - the watch is the thing under test
                await asyncio.sleep(0.05)
        following.cancel()
        with pytest.raises(asyncio.CancelledError):
            await following
        assert seen == [str(number) for number in range(40)]
        answer = await client.publish_interaction("ada", {"content": "last"}, session_id="s")
        await client.delete_interactions(answer.interaction_ids)
        async with asyncio.timeout(20), contextlib.aclosing(client.watch_interactions(resume_token=token)) as later:
            async for change in later:
                if change.WhichOneof("event") == "deleted":
                    assert list(change.deleted.interaction_ids) == list(answer.interaction_ids)
                    break


async def test_a_silent_watch_is_called_again(server):
    async with (
        FaultProxy(server.target) as proxy,
        AsyncInterplay(proxy.target, keepalive=Keepalive(1, 1)) as client,
        contextlib.aclosing(client.watch_interactions(heartbeat_seconds=1, heartbeats=True)) as changes,
    ):
        assert (await anext(changes)).WhichOneof("event") == "heartbeat"
        proxy.half_open()
        async with asyncio.timeout(20):
            while proxy.connections < 2:
                await anext(changes)


async def test_a_watch_with_a_bad_token_fails(client):
    await client.publish_interaction("ada", {"content": "x"})
    with pytest.raises(InvalidArgumentError) as caught:
        await anext(client.watch_interactions(resume_token="nonsense"))
    assert caught.value.reason == "INVALID_RESUME_TOKEN"


async def test_operations(client):
    await client.publish_interaction("ada", {"content": "x"}, wait="visible")
    started = await client.optimize_tables(prune_all_versions=True)
    assert started.kind
    states = [one.state async for one in client.watch_operation(started.operation_id)]
    assert states[-1] == operation_pb2.OPERATION_STATE_SUCCEEDED
    got = await client.get_operation(started.operation_id)
    assert got.HasField("end_time")
    assert (await client.cancel_operation(started.operation_id)).state == got.state
    listed = [one.operation_id async for one in client.list_operations(state="succeeded", kind=started.kind)]
    assert listed == [started.operation_id]
    with pytest.raises(NotFoundError):
        await client.get_operation("absent")
    with pytest.raises(NotFoundError):
        await anext(client.watch_operation("absent"))


async def test_keys_open_what_they_may(start_server, tmp_path):
    server = start_server()
    async with AsyncInterplay(server.target) as client:
        info = await client.server_info()
        assert info.version
        assert info.limits.max_message_bytes == 16 * 2**20
        made = await client.create_api_key("reader", ["read"], expire_time=datetime.now(UTC) + timedelta(hours=1))
        assert [key.display_name async for key in client.list_api_keys()] == ["reader"]
        async with AsyncInterplay(server.target, api_key=made.secret) as reader:
            assert [row async for row in reader.list_interactions()] == []
            with pytest.raises(PermissionDeniedError) as caught:
                await reader.publish_interaction("ada", {"content": "x"})
            assert caught.value.reason == "RIGHT_MISSING"
            revoked = await client.revoke_api_key(made.api_key.api_key_id)
            assert revoked.HasField("revoke_time")
            with pytest.raises(UnauthenticatedError):
                await reader.server_info()
        assert [key async for key in client.list_api_keys()] == []
        assert len([key async for key in client.list_api_keys(show_revoked=True)]) == 1


async def test_unary_calls_are_retried_while_the_server_is_away(server):
    async with FaultProxy(server.target) as proxy, AsyncInterplay(proxy.target) as client:
        await client.server_info()
        calls = []
        for number in range(60):
            calls.append(
                asyncio.create_task(client.publish_interaction("ada", {"content": str(number)}, session_id="s"))
            )
            await asyncio.sleep(0.01)
            if number % 20 == 10:
                proxy.reset()
        answers = await asyncio.gather(*calls)
        rows = [row.data.content async for row in client.list_interactions(session_id="s")]
        assert sorted(rows, key=int) == [str(number) for number in range(60)]
        assert len({answer.interaction_ids[0] for answer in answers}) == 60


async def test_where_nobody_listens_the_call_fails_soon(unused_tcp_port):
    async with AsyncInterplay(f"127.0.0.1:{unused_tcp_port}") as client:
        async with asyncio.timeout(15):
            with pytest.raises(UnavailableError) as caught:
                await client.server_info()
    assert caught.value.reason == ""


async def test_a_deadline_passes(server):
    async with FaultProxy(server.target) as proxy, AsyncInterplay(proxy.target) as client:
        await client.server_info()
        proxy.half_open()
        with pytest.raises(DeadlineExceededError):
            await client.server_info(timeout=0.3)


async def test_a_scope_of_anyio_ends_where_it_cancels_a_call(unused_tcp_port_factory):
    """As in every handler of Starlette: the cancellation is the scope's own, and goes no further."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", unused_tcp_port_factory()))
        silent.listen()
        async with AsyncInterplay(f"127.0.0.1:{silent.getsockname()[1]}") as client:
            with anyio.move_on_after(0.2) as scope:
                await client.server_info()
            assert scope.cancelled_caught


async def test_a_closed_client_says_so(shared_server):
    client = AsyncInterplay(shared_server.target)
    await client.close()
    await client.close()
    with pytest.raises(RuntimeError, match="the client is closed"):
        await client.server_info()
