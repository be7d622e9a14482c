"""Tenants: opened when they are asked for, closed when nobody does, a bounded number at a time."""

import asyncio
import shutil
from pathlib import Path

import pytest
from interplay_server.storage.tenants import LocalTenants

from tests.storage.inside import EVERYTHING, FakeEmbedder, publish, tenant, tenants, texts
from tests.stream.wire import until


def handles():
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def template(data):
    """A folder of a tenant with one interaction."""
    async with tenant(data, "template") as store:
        await publish(store, "from the template")
    return data / "template"


async def test_three_hundred_tenants_need_few_handles(tmp_path):
    made = await template(tmp_path)
    names = [f"t{number}" for number in range(300)]
    for name in names:
        shutil.copytree(made, tmp_path / name)
    before, most, widest = handles(), 0, 0
    async with tenants(tmp_path, max_open_tenants=8) as all_of_them:

        async def visit(name):
            nonlocal most, widest
            async with all_of_them.lease(name, create=False) as store:
                assert await texts(store) == ["from the template"]
                await publish(store, f"for {name}")
                most, widest = max(most, handles()), max(widest, len(all_of_them.open_names()))

        for at in range(0, 300, 6):
            await asyncio.gather(*(visit(name) for name in names[at : at + 6]))
        # Eight open, six coming, as many closing.
        assert widest <= 8 + 3 * 6
        assert most - before < 40 * 26
        again = names[:20]
        for name in again:
            async with all_of_them.lease(name, create=False) as store:
                assert await texts(store) == ["from the template", f"for {name}"]
    assert handles() <= before + 10


async def test_idle_tenants_are_closed_and_come_back(tmp_path):
    async with tenants(tmp_path, idle_seconds=0.2) as all_of_them:
        async with all_of_them.lease("a", create=True) as store:
            await publish(store, "x")
            await asyncio.sleep(0.7)
            assert all_of_them.open_names() == ["a"], "a tenant in use was closed"
        await until(lambda: not all_of_them.open_names(), 5)
        async with all_of_them.lease("a", create=False) as store:
            assert await texts(store) == ["x"]
            assert await texts(store, eventual=True) == ["x"]


async def test_a_lease_during_the_closing_waits_for_it(tmp_path):
    async with tenants(tmp_path, max_open_tenants=1) as all_of_them:
        for number in range(12):
            async with all_of_them.lease(f"t{number % 3}", create=True) as store:
                await publish(store, f"turn {number}")
        for name in range(3):
            async with all_of_them.lease(f"t{name}", create=False) as store:
                assert await texts(store) == [f"turn {number}" for number in range(name, 12, 3)]


async def test_many_at_once_ask_for_one_tenant(tmp_path, monkeypatch):
    opened = []
    inner = LocalTenants._open_tenant

    async def counted(self, name, entry):
        opened.append(name)
        return await inner(self, name, entry)

    monkeypatch.setattr(LocalTenants, "_open_tenant", counted)
    async with tenants(tmp_path) as all_of_them:

        async def work(number):
            async with all_of_them.lease("t", create=True) as store:
                await publish(store, f"turn {number}")

        await asyncio.gather(*(work(number) for number in range(50)))
        async with all_of_them.lease("t", create=False) as store:
            assert len(await texts(store)) == 50
    assert opened == ["t"]


async def test_a_read_never_makes_a_tenant(tmp_path):
    async with tenants(tmp_path) as all_of_them:
        async with all_of_them.lease("nobody", create=False) as store:
            assert await store.interactions(EVERYTHING, limit=5) == []
            assert await store.sessions(EVERYTHING, limit=5) == []
            assert await store.get("01H0000000000000000000000") is None
            assert (await store.stream_position("s", "publish")).next_offset == 0
            assert await store.count(EVERYTHING) == 0
            assert await store.history(0, 10, limit=5) == []
            with pytest.raises(LookupError):
                store.submit(None)
        assert all_of_them.open_names() == []
    assert not (tmp_path / "nobody").exists()


async def test_a_tenant_that_cannot_be_opened_harms_no_other_and_may_heal(tmp_path):
    made = await template(tmp_path)
    shutil.copytree(made, tmp_path / "sick")
    ledger = tmp_path / "sick" / "ledger.sqlite3"
    healthy = ledger.read_bytes()
    ledger.write_bytes(b"nonsense" * 1000)
    before = handles()
    async with tenants(tmp_path) as all_of_them:
        for _ in range(20):
            with pytest.raises(Exception, match="damaged"):
                async with all_of_them.lease("sick", create=True):
                    pass
        async with all_of_them.lease("template", create=False) as store:
            assert len(await texts(store)) == 1
        ledger.write_bytes(healthy)
        async with all_of_them.lease("sick", create=False) as store:
            assert await texts(store) == ["from the template"]
    assert handles() <= before + 15


async def test_tenants_of_one_folder_do_not_see_each_other(tmp_path):
    async with tenants(tmp_path, embedder=FakeEmbedder()) as all_of_them:
        for name in ("a", "b"):
            async with all_of_them.lease(name, create=True) as store:
                await publish(store, f"of {name}")
        for name in ("a", "b"):
            async with all_of_them.lease(name, create=False) as store:
                assert await texts(store) == [f"of {name}"]
                assert {one.user_id for one in await store.sessions(EVERYTHING, limit=5)} == {"ann"}
