"""The proof that an ack means flushed: what the kernel was asked to do, in which order."""

import asyncio
import re
import shutil
import subprocess

import pytest
from interplay.v1 import interaction_pb2 as data
from interplay_server.domain.images import describe

from tests.conftest import eventually
from tests.storage.inside import png
from tests.stream.wire import Wire

CALLS = (
    "fsync,fdatasync,syncfs,pwrite64,write,rename,renameat,renameat2,sendmsg,sendto,writev,recvmsg,read,unlink,unlinkat"
)


class Trace:
    """System calls of a server from outside, as (time when it returned, name, arguments)."""

    def __init__(self, pid, path):
        if shutil.which("strace") is None:
            pytest.skip("strace is not installed")
        self.path = path
        command = [
            "strace",
            "-f",
            "-y",
            "-ttt",
            "-T",
            "-s",
            "400000",
            "-e",
            f"trace={CALLS}",
            "-o",
            str(path),
            "-p",
            str(pid),
        ]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        line = self._process.stderr.readline()
        if "attached" not in line:
            self._process.wait(5)
            self._process.stderr.close()
            pytest.skip(f"strace may not attach: {line.strip()}")

    def stop(self):
        self._process.terminate()
        self._process.wait(10)
        self._process.stderr.close()

    def calls(self):
        """(started, returned, name, text), in the order of starting; interrupted lines put together."""
        pending, made = {}, []
        for line in self.path.read_text(errors="replace").splitlines():
            found = re.match(r"(\d+)\s+([\d.]+) (.*)", line)
            if not found:
                continue
            thread, at, rest = found[1], float(found[2]), found[3]
            if rest.endswith("<unfinished ...>"):
                pending[thread] = (at, rest)
                continue
            started = at
            if rest.startswith("<... ") and thread in pending:
                started, first = pending.pop(thread)
                rest = first + rest
                ended = at
            else:
                took = re.search(r"<([\d.]+)>$", rest)
                ended = at + (float(took[1]) if took else 0)
            made.append((started, ended, rest.split("(")[0], rest))
        return sorted(made)


async def traced(server, tmp_path, act):
    trace = Trace(server.pid, tmp_path / "trace")
    try:
        await asyncio.sleep(0.3)
        answer = await act()
        await asyncio.sleep(0.3)
    finally:
        trace.stop()
    return answer, trace.calls()


def one(calls, what, *needles, names=()):
    found = [call for call in calls if call[2] in names and all(needle in call[3] for needle in needles)]
    assert found, f"no {what}"
    return found


async def test_the_flush_of_the_ledger_precedes_the_ack(start_server, tmp_path):
    server = start_server()
    async with Wire(server.target) as wire:
        await wire.publish("makes the tenant")
        stream = await wire.open("s", user_id="u", return_interaction_ids=True)

        async def act():
            ids = []
            for number in range(5):
                await stream.append(f"PAYLOAD-{number}-OF-THE-PROOF")
                ack = await stream.expect("ack")
                ids.append(ack.results[0].interaction_ids[0])
            return ids

        ids, calls = await traced(server, tmp_path, act)
    for number, interaction_id in enumerate(ids):
        written = one(
            calls, "write of the payload", f"PAYLOAD-{number}-OF-THE-PROOF", "ledger.sqlite3-wal", names={"pwrite64"}
        )[0]
        acked = one(calls, "ack", interaction_id, names={"sendmsg", "sendto", "writev", "write"})
        acked = min(call for call in acked if "socket" in call[3] or "TCP" in call[3])
        flushes = [
            call
            for call in calls
            if call[2] in {"fdatasync", "fsync"}
            and "ledger.sqlite3-wal" in call[3]
            and "= 0" in call[3]
            and call[0] >= written[0]
            and call[1] <= acked[0]
        ]
        assert flushes, f"append {number}: no flush of the log between its write and its ack"


async def test_an_image_is_flushed_before_the_ledger_names_it(start_server, tmp_path):
    server = start_server()
    image = png(9)
    sha256 = describe(image).sha256
    async with Wire(server.target) as wire:
        await wire.publish("makes the tenant")

        async def act():
            return await wire.publish(interactions=[data.InteractionData(content="LOOK-AT-THIS", image=image)])

        _, calls = await traced(server, tmp_path, act)
    file = one(calls, "flush of the file", f".{sha256}", names={"fsync"})[0]
    renamed = one(calls, "rename", sha256, names={"rename", "renameat", "renameat2"})[0]
    folders = one(calls, "flush of the folder", "/spool>", names={"fsync"})
    folder = next(call for call in folders if call[0] >= renamed[1])
    named = one(calls, "journal row", "LOOK-AT-THIS", "ledger.sqlite3-wal", names={"pwrite64"})[0]
    assert file[1] <= renamed[0] <= renamed[1] <= folder[0]
    assert folder[1] <= named[0]


async def test_the_tables_are_flushed_before_the_journal_is_trimmed(start_server, tmp_path):
    server = start_server()
    async with Wire(server.target) as wire:
        await wire.publish("makes the tenant")
        await asyncio.sleep(2.5)

        async def act():
            await wire.publish("TO-BE-TRIMMED")
            await asyncio.sleep(2.0)

        _, calls = await traced(server, tmp_path, act)
    committed = one(calls, "journal row", "TO-BE-TRIMMED", "ledger.sqlite3-wal", names={"pwrite64"})[0]
    manifests = one(calls, "version of the table", ".manifest", names={"rename", "renameat", "renameat2", "write"})
    synced = one(calls, "flush of the file system", names={"syncfs"})
    later = [
        call for call in calls
        if call[2] == "pwrite64" and "ledger.sqlite3-wal" in call[3] and call[0] > max(committed[1], manifests[0][1])
    ]  # fmt: skip
    assert later, "the journal was never trimmed"
    assert any(manifests[0][1] <= sync[0] and sync[1] <= later[0][0] for sync in synced), "trimmed before the flush"


def test_a_killed_server_gives_the_folder_back(start_server):
    server = start_server()
    server.kill()
    server.start()
    assert eventually(lambda: server.process.poll() is None)
