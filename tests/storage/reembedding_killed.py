"""A change of embedder that is killed at a step: `python -m tests.storage.reembedding_killed FOLDER STEP`.

Prints how many rows it had told of, as JSON, right before the kill.
"""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from interplay_server.domain.reembedding import Reembedding
from interplay_server.storage import reembedding
from interplay_server.storage.ledger import Ledger
from interplay_server.storage.reembedding import Reembedder

from tests.storage.inside import EVERYTHING, FakeEmbedder, FakeEmbedders, delete, publish, settle, tenant
from tests.storage.test_reembedding import OPERATION

reembedding.LEAST_PAGE, reembedding.MOST_PAGE = 16, 128
told = [0]


def die():
    print(json.dumps(told[-1]), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)


def before(owner, name, count=1):
    """Dies when a function is called for the `count`-th time."""
    inner, calls = getattr(owner, name), 0

    def called(*args, **kwargs):
        nonlocal calls
        calls += 1
        if calls == count:
            die()
        return inner(*args, **kwargs)

    setattr(owner, name, staticmethod(called) if name == "_rows" else called)


def after_commit():
    inner = Ledger.change_meta

    def called(self, values, gone=()):
        inner(self, values, gone)
        if "vector_tables" in values:
            die()

    Ledger.change_meta = called


ARMED = {
    "page 1": lambda: before(Reembedder, "_rows"),
    "page 3": lambda: before(Reembedder, "_rows", 3),
    "index": lambda: before(reembedding, "open_table", 2),
    "exchange": lambda: before(Reembedder, "_exchange"),
    "commit": after_commit,
    "drop": lambda: before(reembedding, "reads_ended"),
}


async def main(data, step):
    embedders = FakeEmbedders(FakeEmbedder("a", 8), FakeEmbedder("b", 16))
    async with tenant(Path(data), embedders=embedders) as store:
        (row, *_) = await store.interactions(EVERYTHING, limit=1)
        await delete(store, row.interaction_id)
        await settle(store)
        await publish(store, "meanwhile")
        ARMED[step]()
        await store.reembed(Reembedding(OPERATION, "b", lambda done, _: told.append(done), lambda: False))
    raise AssertionError(f"{step} never came")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
