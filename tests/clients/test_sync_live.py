"""The synchronous façade: the same methods, from any thread."""

import inspect
import threading

import interplay
import pytest
from interplay import (
    AsyncInterplay,
    BufferFullError,
    Interplay,
    InvalidArgumentError,
    NotFoundError,
    Publisher,
    PublisherClosedError,
    SyncPublisher,
)


def public(kind):
    return {name for name in dir(kind) if not name.startswith("_")}


def test_every_method_is_there_with_its_documentation():
    assert public(Interplay) == public(AsyncInterplay)
    assert public(SyncPublisher) == public(Publisher)
    for name in public(Interplay) - {"config", "publisher"}:
        own, other = getattr(Interplay, name), getattr(AsyncInterplay, name)
        assert own.__doc__ == other.__doc__
        assert inspect.signature(own) == inspect.signature(other)


def test_it_takes_the_same_settings(monkeypatch):
    monkeypatch.setenv("INTERPLAY_TENANT", "acme")
    assert Interplay("localhost:1", timeout=3).config == AsyncInterplay("localhost:1", timeout=3).config
    with pytest.raises(TypeError):
        Interplay("localhost:1", colour="blue")


def test_calls_iterators_and_errors(shared_server):
    with Interplay(shared_server.target, tenant="sync-1") as client:
        for number in range(5):
            client.publish_interaction("ada", {"content": f"laptop {number}"}, session_id="s")
        assert [row.data.content for row in client.list_interactions(page_size=2)] == [f"laptop {n}" for n in range(5)]
        first = next(client.list_interactions())
        assert client.get_interaction(first.interaction_id) == first
        assert client.search_interactions("laptop", user_id="ada", top_k=2).hits
        watch = client.watch_interactions(from_beginning=True)
        assert next(watch).published.interactions[0] == first
        watch.close()
        with pytest.raises(NotFoundError):
            client.get_interaction("absent")
        with pytest.raises(NotFoundError):
            next(client.watch_operation("absent"))
    with pytest.raises(RuntimeError, match="the client is closed"):
        client.server_info()


def test_it_can_be_used_from_many_threads(shared_server):
    failures = []
    with Interplay(shared_server.target, tenant="sync-2") as client:

        def work(name):
            try:
                for number in range(10):
                    client.publish_interaction(name, {"content": str(number)}, session_id=name)
                assert len(list(client.list_interactions(session_id=name))) == 10
            except BaseException as error:  # noqa: BLE001 - told to the test's own thread
                failures.append(error)

        threads = [threading.Thread(target=work, args=(f"user-{n}",)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert len(list(client.list_sessions())) == 8


def test_publishing_over_a_stream(shared_server):
    told = []
    with Interplay(shared_server.target, tenant="sync-3") as client:
        with client.publisher(
            "s", user_id="ada", session_id="s", return_ids=True, context=True, on_error=lambda *one: told.append(one)
        ) as publisher:
            receipts = [publisher.append({"content": f"boat {n}"}) for n in range(20)]
            bad = publisher.append({"user_action": "click"})
            publisher.flush()
            assert publisher.pending == 0
            assert publisher.stream_id == "s"
            assert [receipt.result(5).offset for receipt in receipts] == list(range(20))
            assert receipts[19].context(5).offset == 19
            with pytest.raises(InvalidArgumentError):
                bad.result()
            assert bad.done()
            publisher.append_nowait({"content": "last"})
            publisher.drain()
        assert [error.code for error, _ in told] == ["INVALID_ARGUMENT"]
        assert [context.offset for context in publisher.contexts()][-1] == 20
        assert len(list(client.list_interactions())) == 21
        with pytest.raises(PublisherClosedError):
            publisher.append({"content": "x"})


def test_a_publisher_that_cannot_send(server):
    with Interplay(server.target) as client:
        publisher = client.publisher("s", user_id="ada", session_id="s", buffer=1, policy="reject")
        server.kill()
        receipt = publisher.append_nowait({"content": "x"})
        with pytest.raises(BufferFullError):
            publisher.append_nowait({"content": "y"})
        with pytest.raises(TimeoutError):
            receipt.result(0.2)
        publisher.abort()
        with pytest.raises(PublisherClosedError):
            receipt.result()


def test_waiting_inside_a_callback_is_refused_instead_of_waiting_for_ever(shared_server):
    caught = []
    with Interplay(shared_server.target, tenant="sync-4") as client:

        def ask(error, receipt):
            try:
                client.server_info()
            except RuntimeError as refusal:
                caught.append(str(refusal))

        with client.publisher("s", user_id="ada", session_id="s", on_error=ask) as publisher:
            publisher.append({"user_action": "click"})
    assert caught == ["a blocking call on the client's own thread would wait for itself"]


def test_the_package_exports_what_it_says():
    assert sorted(interplay.__all__) == interplay.__all__
    assert all(hasattr(interplay, name) for name in interplay.__all__)
