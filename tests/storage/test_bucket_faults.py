"""Object stores that fail while a tenant is written to: nothing is lost, nothing is there twice, and it heals."""

import pytest
from interplay_server.errors import BucketUnavailable

from tests.storage.bucketed import opened, server, settle_at_last, until
from tests.storage.inside import EVERYTHING, annotate, comments, publish, settle, texts


async def test_publishing_is_told_once_there_is_no_room(s3, tmp_path):
    async with server(tmp_path / "one", s3, max_pending_rows=5) as tenants, opened(tenants) as store:
        await publish(store, "a")
        await settle(store)
        s3.faults.refuse = 503
        await publish(store, *"bcdefg")
        await until(lambda: store.failing)
        with pytest.raises(BucketUnavailable, match="patience"):
            await store.wait_room()
        s3.heal()
        await settle_at_last(store)
        await store.wait_room()
        assert await store.count(EVERYTHING) == 7


async def test_an_answer_that_is_lost_doubles_nothing(s3, tmp_path):
    async with server(tmp_path / "one", s3, ship_seconds=0.05) as tenants, opened(tenants) as store:
        expected, kinds = [], ["/ledger/log/", "/_versions/", "/data/", "/annotations", ".servers"]
        one, *_ = await publish(store, "first")
        expected.append("first")
        for number in range(15):
            kind = kinds[number % len(kinds)]
            left = [2]

            def among(method, path, kind=kind, left=left):
                if method == "PUT" and kind in path and left[0]:
                    left[0] -= 1
                    return True
                return False

            s3.faults.cut_after, s3.faults.among = True, among
            await publish(store, f"row {number}")
            await annotate(store, one, f"note {number}")
            expected.append(f"row {number}")
            await settle_at_last(store)
        s3.heal()
        await settle(store)
        assert sorted(await texts(store, eventual=True)) == sorted(expected)
        assert await store._tables.count(None) == len(expected)
        notes = (await comments(store, one))[one]
        assert sorted(notes) == sorted(f"note {number}" for number in range(15))


async def test_an_append_that_was_made_before_the_store_went_down_is_not_made_again(s3, tmp_path):
    async with server(tmp_path / "one", s3, ship_seconds=0.05) as tenants, opened(tenants) as store:
        one, *_ = await publish(store, "a")
        await annotate(store, one, "first")
        await settle(store)
        made = []

        def among(method, path):
            """The commit is made, its answer lost, and nothing answers after it."""
            if "/interactions.lance/_versions/" in path and method == "PUT":
                made.append(path)
            return bool(made)

        s3.faults.cut_after, s3.faults.among = True, among
        await publish(store, "b")
        await annotate(store, one, "second")
        await until(lambda: store.failing)
        assert made
        s3.heal()
        await settle_at_last(store)
        assert await texts(store, eventual=True) == ["a", "b"]
        assert await store._tables.count(None) == 2
        assert (await comments(store, one))[one] == ["first", "second"]


async def test_a_stop_while_the_store_is_down_loses_nothing(s3, tmp_path):
    async with server(tmp_path / "one", s3) as tenants, opened(tenants) as store:
        await publish(store, "a")
        await settle(store)
        s3.faults.refuse = 503
        await publish(store, "b")
    s3.heal()
    async with server(tmp_path / "one", s3) as tenants, opened(tenants) as store:
        assert await texts(store) == ["a", "b"]
        await settle(store)
        assert await texts(store, eventual=True) == ["a", "b"]
