"""What a test may do to a server from beside: hold its disk back, look at its memory, freeze its wire."""

import asyncio
import contextlib
import re
import sqlite3
import urllib.request
from pathlib import Path


@contextlib.contextmanager
def held_ledger(data, tenant="default"):
    """Nothing can be committed meanwhile; the server waits up to 10 s for the lock."""
    db = sqlite3.connect(data / tenant / "ledger.sqlite3", isolation_level=None, timeout=10)
    try:
        db.execute("BEGIN IMMEDIATE")
        yield
        db.execute("ROLLBACK")
    finally:
        db.close()


def memory(pid):
    """Resident bytes of a process."""
    return int(re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())[1]) * 1024


def metric(address, name):
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return float(re.search(rf"^{name} (\S+)$", text, re.MULTILINE)[1])


class FreezableProxy:
    """Forwards TCP to `target`; when frozen it takes nothing and gives nothing, and says so to nobody."""

    def __init__(self, target):
        host, port = target.rsplit(":", 1)
        self._to = (host, int(port))
        self._thaw = asyncio.Event()
        self._thaw.set()
        self._writers = []

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.target = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        self._tasks = set()
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()

    def freeze(self):
        self._thaw.clear()

    async def _serve(self, reader, writer):
        up_reader, up_writer = await asyncio.open_connection(*self._to)
        self._writers += [writer, up_writer]
        for source, sink in ((reader, up_writer), (up_reader, writer)):
            task = asyncio.create_task(self._pump(source, sink))
            self._tasks.add(task)

    async def _pump(self, source, sink):
        with contextlib.suppress(OSError):
            while chunk := await source.read(65536):
                await self._thaw.wait()
                sink.write(chunk)
                await sink.drain()
            sink.close()
