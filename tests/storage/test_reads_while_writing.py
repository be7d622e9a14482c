"""Tail and tables together: under heavy publishing, applying and optimising no row is ever missing or double."""

import asyncio
import random
import time

import pytest
from interplay.v1 import interaction_service_pb2 as service
from interplay_server.domain.query import Position

from tests.storage.inside import EVERYTHING, delete, publish, settle, tenant, texts
from tests.stream.wire import Wire, unique


@pytest.fixture
async def wire(shared_server):
    async with Wire(shared_server.target) as connection:
        yield connection


async def test_list_search_and_sessions_see_every_acked_row_once(wire):  # noqa: C901 - writers, readers, checks
    """Writers with deletions beside readers: what was acked before a read is in it once, what was deleted is not."""
    writers, seconds = 4, 6
    acked = dict.fromkeys(range(writers), 0)
    removed = {number: set() for number in range(writers)}
    doomed = {number: set() for number in range(writers)}
    users = {number: unique("user") for number in range(writers)}
    stop = time.monotonic() + seconds
    checks = {"list": 0, "search": 0, "sessions": 0, "get": 0}

    async def writer(number):
        ids = []
        stream = await wire.open(unique("s"), user_id=users[number], return_interaction_ids=True)
        count = 0
        while time.monotonic() < stop:
            for _ in range(random.randrange(1, 12)):
                await stream.append(f"zebra {count}")
                count += 1
            await stream.wait_acked(count)
            ids = [one for ack in stream.acks for result in ack.results for one in result.interaction_ids]
            acked[number] = count
            if random.random() < 0.2:
                place = random.randrange(count)
                if place not in doomed[number]:
                    doomed[number].add(place)
                    await wire.delete(interaction_ids=[ids[place]])
                    removed[number].add(place)
            await asyncio.sleep(random.random() * 0.03)
        await stream.finish()
        return ids

    def check(number, places, least, gone, what):
        assert len(places) == len(set(places)), f"{what}: double rows"
        missing = set(range(least)) - set(places) - doomed[number]
        assert not missing, f"{what}: rows {missing} are missing of {least}"
        assert not gone & set(places), f"{what}: deleted rows {gone & set(places)} are back"
        checks[what] += 1

    async def reader(number):
        user = users[number]
        while time.monotonic() < stop:
            least, gone = acked[number], set(removed[number])
            rows = await wire.list(user_id=user)
            check(number, [int(row.data.content.split()[1]) for row in rows], least, gone, "list")
            if rows:
                row = random.choice(rows)
                place = int(row.data.content.split()[1])
                if place not in doomed[number]:
                    got = await wire.call(
                        "GetInteraction", service.GetInteractionRequest(interaction_id=row.interaction_id)
                    )
                    assert got.interaction.data.content == row.data.content
                    checks["get"] += 1

            least, gone, doom = acked[number], set(removed[number]), len(doomed[number])
            request = service.SearchInteractionsRequest(query="zebra", user_id=user, top_k=100)
            hits = (await wire.call("SearchInteractions", request)).hits
            places = [int(hit.interaction.data.content.split()[1]) for hit in hits]
            assert len(places) == len(set(places)), "search: double rows"
            assert not gone & set(places), "search: deleted rows are back"
            assert len(places) >= min(100, least - len(doomed[number])), "search: too few"
            checks["search"] += 1

            least, gone = acked[number], len(removed[number])
            answer = await wire.call("ListSessions", service.ListSessionsRequest(user_id=user))
            if least > len(doomed[number]):
                (session,) = answer.sessions
                assert session.interaction_count >= least - len(doomed[number]), "sessions: rows are missing"
                assert session.interaction_count <= acked[number] + 50 - gone, "sessions: double rows"
                checks["sessions"] += 1
            assert doom <= len(doomed[number])

    await asyncio.gather(*(writer(number) for number in users), *(reader(number) for number in users))
    print(checks, acked, {number: len(gone) for number, gone in removed.items()})
    assert min(checks.values()) > 5
    assert sum(len(gone) for gone in removed.values()) > 3
    for number, user in users.items():
        places = [int(row.data.content.split()[1]) for row in await wire.list(user_id=user)]
        assert places == [place for place in range(acked[number]) if place not in removed[number]]


async def test_pages_have_no_holes_while_rows_move_into_the_tables(tmp_path):
    """Pages read one after the other, the applier between them."""
    async with tenant(tmp_path, apply_milliseconds=1) as store:
        written = 0

        async def write():
            nonlocal written
            for number in range(400):
                await publish(store, f"turn {number}")
                written = number + 1

        async def read():
            while written < 400:
                least, found, after = written, [], None
                while page := await store.interactions(EVERYTHING, limit=13, after=after):
                    found += [row.seq for row in page]
                    after = Position(page[-1].event_time, page[-1].seq)
                assert found == list(range(1, len(found) + 1))
                assert len(found) >= least

        await asyncio.gather(write(), read(), read())
        assert await texts(store) == [f"turn {number}" for number in range(400)]


def versions_and_files(folder):
    table = folder / "lance" / "interactions.lance"
    return len(list((table / "_versions").glob("*.manifest"))), sum(1 for path in table.rglob("*") if path.is_file())


async def test_a_thousand_small_commits_keep_versions_and_files_few(tmp_path):
    """Optimise and prune run beside readers; no row is ever hidden from one."""
    async with tenant(tmp_path, apply_milliseconds=1, apply_rows=1, optimize_commits=60, prune_seconds=0.5) as store:
        done, reads, errors = 0, 0, []
        widest = [0, 0]

        async def write():
            nonlocal done
            for number in range(1000):
                await publish(store, f"turn {number}", user=f"u{number % 3}")
                await settle(store)
                done = number + 1
                if number % 50 == 0:
                    versions, files = versions_and_files(tmp_path / "t")
                    widest[:] = [max(widest[0], versions), max(widest[1], files)]
            done = 1000

        async def read(eventual):
            nonlocal reads
            while done < 1000:
                least = done
                found = await texts(store, eventual=eventual)
                if found[:least] != [f"turn {number}" for number in range(least)] or len(set(found)) != len(found):
                    errors.append((least, len(found)))
                reads += 1
                await asyncio.sleep(0.03)

        await asyncio.gather(write(), read(eventual=True), read(eventual=False))
        print("at most", widest, "versions and files,", reads, "reads")
        assert not errors
        assert reads > 20
        assert widest[0] < 400
        assert widest[1] < 2500
        await store.optimize(prune_all=True, progress=lambda *_: None)
        versions, files = versions_and_files(tmp_path / "t")
        assert versions <= 3
        assert files < 150
        assert len(await texts(store)) == 1000


async def test_pruning_everything_hides_nothing_from_readers(tmp_path):
    async with tenant(tmp_path, apply_milliseconds=1) as store:
        for at in range(0, 3000, 250):
            await publish(store, *(f"turn {number}" for number in range(at, at + 250)))
            await settle(store)
        stop = False

        async def read():
            reads = 0
            while not stop:
                assert len(await texts(store, user_id="ann")) == 3000
                reads += 1
            return reads

        readers = [asyncio.create_task(read()) for _ in range(3)]
        for number in range(25):
            await delete(store, *await publish(store, f"comes and goes {number}", user="bob"))
            await settle(store)
            await store.optimize(prune_all=True, progress=lambda *_: None)
            if any(reader.done() for reader in readers):
                break
        stop = True
        results = await asyncio.gather(*readers, return_exceptions=True)
        assert all(isinstance(one, int) and one > 0 for one in results), results
