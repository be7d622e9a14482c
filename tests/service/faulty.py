"""A server with broken parts, for faults that no client can make: which part breaks depends on the tenant's name.

python tests/service/faulty.py DATA    prints `listening on HOST:PORT` like the real one
"""

import asyncio
import errno
import sys
import time

from interplay_server import app
from interplay_server.models.wordllama import WordLlamaEmbedder
from interplay_server.services import learning_work
from interplay_server.settings import load_settings
from interplay_server.storage.ledger import Ledger
from interplay_server.storage.tenant import LocalTenant
from interplay_server.streaming import learnt_watch, watch

SECRET = "lancedb.secret"  # what an exception of a library might say
WRITE_FAULTS = {"full": errno.ENOSPC, "readonly": errno.EROFS, "quota": errno.EDQUOT}
_commit, _embed = Ledger.commit, WordLlamaEmbedder.embed
_interactions, _optimize = LocalTenant.interactions, LocalTenant.optimize
_rerun = learning_work.rerun


def commit(self, writes):
    if self._tenant in WRITE_FAULTS and self.path.with_name("broken").exists():
        raise OSError(WRITE_FAULTS[self._tenant], f"{SECRET} commit")
    if self._tenant == "slow":
        time.sleep(2)
    return _commit(self, writes)


async def interactions(self, where, **arguments):
    if where.user_id == "internal":
        raise RuntimeError(f"{SECRET} list")
    return await _interactions(self, where, **arguments)


async def optimize(self, **arguments):
    if self.name == "slow-optimize":
        await asyncio.sleep(60)
    return await _optimize(self, **arguments)


async def rerun(tenant, *arguments):
    if tenant.store.name == "slow-rerun":
        await asyncio.sleep(60)
    return await _rerun(tenant, *arguments)


def embed(self, texts):
    if "embedder-down" in texts:
        raise RuntimeError(f"{SECRET} embed")
    return _embed(self, texts)


Ledger.commit = commit
LocalTenant.interactions = interactions
LocalTenant.optimize = optimize
WordLlamaEmbedder.embed = embed
learning_work.rerun = rerun
watch.MAX_BUFFERED = learnt_watch.MAX_BUFFERED = 4

if __name__ == "__main__":
    flags = {"server.listen": "127.0.0.1:0", "server.data": sys.argv[1], "search.cached_turns": 0, "stream.max_open": 1}
    app.run(load_settings(flags=flags | {"storage.idle_seconds": 0.3, "server.default_deadline_seconds": 1.0}))
