"""Tables that a kill kept from their first version."""

import shutil

from tests.storage.inside import EVERYTHING, published, submit, tenant


async def test_a_table_without_a_version_is_made_again(tmp_path):
    async with tenant(tmp_path):
        pass
    lance = tmp_path / "t" / "lance"
    shutil.rmtree(lance / "interactions.lance", ignore_errors=True)
    (lance / "interactions.lance" / "_transactions").mkdir(parents=True)
    (lance / "interactions.lance" / "_transactions" / "0-half.txn").write_bytes(b"")
    async with tenant(tmp_path) as store:
        await submit(store, published("Hello?"))
        await store.wait_applied(store.last_seq)
        assert len(await store.matching_ids(EVERYTHING)) == 1
