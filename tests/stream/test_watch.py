"""WatchInteractions: from now, from the beginning, from a token; every change once, in the order of the journal."""

import asyncio

import grpc
import pytest
from interplay.v1 import interaction_pb2 as data
from interplay.v1 import interaction_service_pb2 as service
from interplay_server.errors import SlowConsumer
from interplay_server.streaming import watch as watching

from tests.storage.inside import SLOW, delete, publish, settle, tenant
from tests.stream.wire import Wire, failure_of, turns, unique, until

HELD_BACK = ("--storage-apply-milliseconds", "600000", "--storage-apply-rows", "1000000")


class Watch:
    """Answers of a watch as events: ("published", text), ("deleted", id), ("annotated", id)."""

    def __init__(self, wire, **fields):
        self._call = wire.stub.WatchInteractions(service.WatchInteractionsRequest(**fields), metadata=wire.metadata)
        self.tokens, self.heartbeats, self.ids = [], 0, []

    async def answer(self, seconds=15):
        async with asyncio.timeout(seconds):
            answer = await self._call.read()
        assert answer is not grpc.aio.EOF
        self.tokens.append(answer.resume_token)
        return answer

    async def start(self):
        """The first answer: a heart-beat with a token, from which on nothing is missed."""
        assert (await self.answer()).WhichOneof("event") == "heartbeat"
        return self

    async def events(self, count, seconds=15):
        """The next `count` events; published interactions count one by one."""
        found = []
        while len(found) < count:
            answer = await self.answer(seconds)
            kind = answer.WhichOneof("event")
            if kind == "published":
                assert 1 <= len(answer.published.interactions) <= 500
                found += [("published", row.data.content) for row in answer.published.interactions]
                self.ids += [row.interaction_id for row in answer.published.interactions]
            elif kind == "deleted":
                found += [("deleted", one) for one in answer.deleted.interaction_ids]
            elif kind == "annotated":
                found.append(("annotated", answer.annotated.interaction_id))
            else:
                self.heartbeats += 1
        assert len(found) == count, found
        return found

    async def failure(self):
        async with asyncio.timeout(15):
            try:
                while await self._call.read() is not grpc.aio.EOF:
                    pass
            except grpc.aio.AioRpcError as error:
                return failure_of(error)
            return (await self._call.code()).name, ""

    def close(self):
        self._call.cancel()


@pytest.fixture
async def own(shared_server):
    """A connection to a tenant of this test alone."""
    async with Wire(shared_server.target, tenant=unique("tenant")) as connection:
        yield connection


async def annotate(wire, interaction_id, comment="good"):
    request = service.AnnotateInteractionRequest(
        interaction_id=interaction_id, annotation=data.Annotation(comment=comment)
    )
    return await wire.call("AnnotateInteraction", request)


async def test_from_now_tells_what_comes_and_not_what_was(own):
    await own.publish("before")
    watch = await Watch(own).start()
    await own.publish("a", "b")
    await own.publish("c", user_id="bob")
    assert await watch.events(3) == [("published", one) for one in "abc"]
    watch.close()


async def test_a_watch_may_come_before_the_first_publish(own):
    watch = await Watch(own).start()
    await own.publish("first ever")
    assert await watch.events(1) == [("published", "first ever")]
    watch.close()


async def test_from_beginning_tells_everything_and_goes_on_live(own):
    for number in range(12):
        await own.publish(*(f"{number}/{one}" for one in range(100)))
    expected = [("published", f"{number}/{one}") for number in range(12) for one in range(100)]
    watch = Watch(own, from_beginning=True)
    assert await watch.events(1200) == expected
    await own.publish("live")
    assert await watch.events(1) == [("published", "live")]
    watch.close()


async def test_deletions_are_tombstones_and_annotations_are_told(own):
    watch = await Watch(own).start()
    ids = list((await own.publish("a", "b")).interaction_ids)
    await annotate(own, ids[0])
    await own.delete(interaction_ids=ids)
    assert await watch.events(5) == [
        ("published", "a"),
        ("published", "b"),
        ("annotated", ids[0]),
        ("deleted", ids[0]),
        ("deleted", ids[1]),
    ]
    watch.close()
    late = Watch(own, from_beginning=True)
    assert await late.events(2) == [("deleted", ids[0]), ("deleted", ids[1])]
    late.close()


async def test_filters_hold_for_published_rows_and_never_for_deletions(own):
    for from_beginning in (False, True):
        watch = Watch(
            own, user_id="ann", session_id="s1", role_class=data.ROLE_CLASS_USER, from_beginning=from_beginning
        )
        await watch.start()
        if not from_beginning:
            await own.publish("another user", user_id="bob", session_id="s1")
            await own.publish("another session", session_id="s2")
            await own.publish("an agent", session_id="s1", interactions=turns("an agent", role="Agent"))
            other = await own.publish("doomed", user_id="bob", session_id="s3")
            await own.publish("mine", session_id="s1")
            await own.delete(interaction_ids=list(other.interaction_ids))
        assert await watch.events(2) == [("published", "mine"), ("deleted", other.interaction_ids[0])]
        watch.close()


async def test_heartbeats_carry_a_token_that_moves_on(own):
    watch = await Watch(own, user_id="nobody", heartbeat_seconds=1).start()
    await own.publish("filtered away")
    await asyncio.sleep(0.1)
    answer = await watch.answer()
    assert answer.WhichOneof("event") == "heartbeat"
    assert answer.resume_token != watch.tokens[0]
    watch.close()
    after = await Watch(own, resume_token=answer.resume_token).start()
    await own.publish("next")
    assert await after.events(1) == [("published", "next")]
    after.close()


@pytest.mark.parametrize("held_back", [True, False], ids=["from the tail", "from the tables"])
async def test_every_token_resumes_right_behind_it(start_server, held_back):
    """Each answer's token goes on exactly after that answer, whether the rows are applied yet or not."""
    server = start_server(*(HELD_BACK if held_back else ()))
    async with Wire(server.target) as wire:
        watch = await Watch(wire, user_id="ann").start()
        both = [data.InteractionData(role="User", content=f"turn {number}") for number in range(700)]
        first = await wire.publish(interactions=both)
        await annotate(wire, first.interaction_ids[3])
        await wire.publish("bob's", user_id="bob")
        await wire.delete(interaction_ids=[first.interaction_ids[5]])
        await wire.publish("last")
        events = [await watch.events(500), await watch.events(200)] + [await watch.events(1) for _ in range(3)]
        tokens = watch.tokens
        watch.close()
        assert len(tokens) == 1 + len(events)
        if not held_back:
            await wire.call("PublishInteractions", service.PublishInteractionsRequest(
                user_id="carl", session_id="s", interactions=turns("flushes"), wait=service.WAIT_LEVEL_VISIBLE))  # fmt: skip
        gone = ("published", "turn 5")
        for place, token in enumerate(tokens):
            rest = [event for part in events[place:] for event in part if event != gone]
            again = Watch(wire, resume_token=token, user_id="ann")
            assert await again.events(len(rest)) == rest
            again.close()


async def test_resuming_over_restarts_sees_every_change_once_in_order(start_server):
    server = start_server()
    seen, token, published, ids = [], None, [], []
    for round_ in range(2):
        async with Wire(server.target) as wire:
            watch = Watch(wire, **({"resume_token": token} if token else {"from_beginning": True}))
            await watch.start()
            for number in range(20):
                text = f"{round_}/{number}"
                published.append(("published", text))
                ids += (await wire.publish(text)).interaction_ids
            seen += await watch.events(20)
            token = watch.tokens[-1]
            watch.close()
            # Nobody watches: these are told by the next watch.
            unseen = [f"{round_}/unseen {number}" for number in range(5)]
            await wire.publish(*unseen)
            victim = ids.pop(0)
            await wire.delete(interaction_ids=[victim])
            published += [*(("published", text) for text in unseen), ("deleted", victim)]
        server.restart()
        async with Wire(server.target) as wire:
            watch = Watch(wire, resume_token=token)
            seen += await watch.events(6)
            token = watch.tokens[-1]
            watch.close()
    assert seen == published


async def test_tokens_of_nobody_and_of_another_tenant_are_refused(own, shared_server):
    await own.publish("x")
    watch = await Watch(own).start()
    token = watch.tokens[0]
    watch.close()
    async with Wire(shared_server.target, tenant=unique("tenant")) as other:
        await other.publish("y")
        for bad in (token, "nonsense", token[:-2], "!!"):
            assert await Watch(other, resume_token=bad).failure() == ("INVALID_ARGUMENT", "INVALID_RESUME_TOKEN")
    both = Watch(own, resume_token=token, from_beginning=True)
    assert await both.failure() == ("INVALID_ARGUMENT", "INVALID_REQUEST")


async def test_many_watchers_of_busy_streams_see_the_same_order(own):
    watches = [await Watch(own).start() for _ in range(5)]

    async def push(name):
        stream = await own.open(name, user_id=name)
        for number in range(60):
            await stream.append(f"{name} {number}")
        await stream.finish()

    names = [unique("s") for _ in range(4)]
    await asyncio.gather(*(push(name) for name in names))
    told = [await watch.events(240) for watch in watches]
    assert all(one == told[0] for one in told)
    for name in names:
        assert [text for _, text in told[0] if text.startswith(name)] == [f"{name} {number}" for number in range(60)]
    for watch in watches:
        watch.close()


@pytest.mark.endurance
async def test_a_real_consumer_that_falls_too_far_behind_is_told_and_resumes(start_server):
    """20,000 changes wait at most; the watcher is cut off with SLOW_CONSUMER and misses nothing with its token."""
    server = start_server()
    async with Wire(server.target) as wire, Wire(server.target) as slow:
        watch = await Watch(slow).start()
        stream = await wire.open("s", user_id="u")
        padding = "x" * 900
        for number in range(34_000):
            await stream.append(f"{number} {padding}")
        await stream.finish()
        got, failure = [], None
        try:
            while True:
                got += [row.data.content.split()[0] for row in (await watch.answer()).published.interactions]
        except grpc.aio.AioRpcError as error:
            failure = failure_of(error)
        assert failure == ("RESOURCE_EXHAUSTED", "SLOW_CONSUMER")
        assert got == [str(number) for number in range(len(got))]
        assert len(got) < 34_000
        again = Watch(slow, resume_token=watch.tokens[-1])
        rest = await again.events(34_000 - len(got), 30)
        assert [text.split()[0] for _, text in rest] == [str(number) for number in range(len(got), 34_000)]
        again.close()


class SlowCall:
    """A call whose peer reads only when it is let."""

    def __init__(self, store, request):
        self.store, self.request = store, request
        self.gate, self.answers = asyncio.Event(), []

    def tenant_exists(self):
        return True

    async def writable(self):
        return self.store

    async def write(self, answer):
        self.answers.append(answer)
        if not answer.HasField("heartbeat"):
            await self.gate.wait()


async def test_a_consumer_that_falls_too_far_behind_is_told_and_resumes(tmp_path, monkeypatch):
    monkeypatch.setattr(watching, "MAX_BUFFERED", 100)
    async with tenant(tmp_path) as store:
        call = SlowCall(store, service.WatchInteractionsRequest())
        watch = asyncio.create_task(watching.InteractionWatch(call).run())
        await until(lambda: call.answers)
        for number in range(150):
            await publish(store, f"turn {number}")
        assert len(call.answers) == 2
        call.gate.set()
        with pytest.raises(SlowConsumer):
            await asyncio.wait_for(watch, 5)
        seen = [row.data.content for answer in call.answers for row in answer.published.interactions]
        again = SlowCall(store, service.WatchInteractionsRequest(resume_token=call.answers[-1].resume_token))
        again.gate.set()
        rest = asyncio.create_task(watching.InteractionWatch(again).run())
        while len(seen) < 150:
            await asyncio.sleep(0.01)
            seen += [row.data.content for answer in again.answers for row in answer.published.interactions]
            again.answers.clear()
        assert seen == [f"turn {number}" for number in range(150)]
        rest.cancel()
        await asyncio.gather(rest, return_exceptions=True)


@pytest.mark.parametrize("what", ["rows", "tombstones", "both"])
async def test_catching_up_goes_over_pages_of_every_kind(tmp_path, monkeypatch, what):
    """More rows and tombstones than a page, some deletions not applied yet."""
    monkeypatch.setattr(watching, "PAGE", 7)
    async with tenant(tmp_path, **SLOW) as store:
        ids = await publish(store, *(f"turn {number}" for number in range(40)))
        await settle(store)
        gone = [] if what == "rows" else ids if what == "tombstones" else ids[::2]
        for one in gone:
            await delete(store, one)
            if what == "tombstones" and one == ids[20]:
                await settle(store)
        if what == "rows":
            await delete(store, *(gone := ids[:9]))
        call = SlowCall(store, service.WatchInteractionsRequest(from_beginning=True))
        call.gate.set()
        watch = asyncio.create_task(watching.InteractionWatch(call).run())
        told, removed = [], []
        async with asyncio.timeout(10):
            while len(told) + len(removed) < 40:
                await asyncio.sleep(0.01)
                told = [row.interaction_id for answer in call.answers for row in answer.published.interactions]
                removed = [one for answer in call.answers for one in answer.deleted.interaction_ids]
        assert told == [one for one in ids if one not in gone]
        assert removed == list(gone)
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
