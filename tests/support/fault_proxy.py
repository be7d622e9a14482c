"""A TCP proxy that harms what goes through it."""

import asyncio
import contextlib
import socket
import struct
from typing import Self


class FaultProxy:
    """Forwards to `target` (HOST:PORT) from `self.target`, a free port of this machine."""

    def __init__(self, target: str) -> None:
        self._host, _, port = target.rpartition(":")
        self._port = int(port)
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._frozen: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._said: dict[asyncio.StreamWriter, bytearray] = {}
        self.delay = 0.0
        """Seconds that every piece is late."""
        self.rate = 0.0
        """Bytes a second in each direction, 0 for no limit."""
        self.budgets: list[tuple[str, int]] = []
        """What befalls the next connections: `cut` or `reset` once so many bytes went from client to server."""
        self.recording = False
        """Keep what clients say, for duplicate()."""
        self.connections = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.target = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_) -> None:
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def cut(self) -> None:
        """Ends every connection with FIN."""
        for pair in list(self._pairs):
            self._cut(pair)

    def reset(self) -> None:
        """Ends every connection with RST."""
        for pair in list(self._pairs):
            self._reset(pair)

    def half_open(self) -> None:
        """Every connection stays open and carries nothing any more; later ones are sound."""
        for pair in self._pairs:
            self._frozen.update(pair)

    def freeze(self) -> None:
        """Nothing flows on any connection, later ones too, until thaw()."""
        self._flows.clear()

    def thaw(self) -> None:
        self._flows.set()

    async def duplicate(self) -> None:
        """Says everything that clients have said so far once more, each on a second connection of its own.

        What the server answers to that is heard by nobody.
        """
        for said in [bytes(said) for said in self._said.values()]:
            reader, writer = await asyncio.open_connection(self._host, self._port)
            writer.write(said)
            await writer.drain()
            task = asyncio.create_task(self._swallow(reader, writer))
            self._tasks.add(task)

    async def _swallow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError):
                while await reader.read(65536):
                    pass
        finally:
            writer.close()

    @staticmethod
    def _cut(pair: tuple[asyncio.StreamWriter, asyncio.StreamWriter]) -> None:
        for writer in pair:
            writer.close()

    @staticmethod
    def _reset(pair: tuple[asyncio.StreamWriter, asyncio.StreamWriter]) -> None:
        for writer in pair:
            sock = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        harm, budget = self.budgets.pop(0) if self.budgets else ("", 0)
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
        except OSError:
            writer.close()
            return
        pair = (writer, far_writer)
        self._pairs.add(pair)
        if self.recording:
            self._said[far_writer] = bytearray()

        async def upstream() -> None:
            if budget:
                await self._pump(reader, far_writer, budget)
                (self._cut if harm == "cut" else self._reset)(pair)
            else:
                await self._pump(reader, far_writer)

        try:
            # asyncio would complain of a connection whose task was cancelled; here that is how the proxy ends.
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(upstream(), self._pump(far_reader, writer))
        finally:
            self._pairs.discard(pair)
            self._frozen.difference_update(pair)
            self._tasks.discard(task)
            self._said.pop(far_writer, None)
            for one in pair:
                one.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, budget: int = 0) -> None:
        said, left = self._said.get(writer), budget or None
        with contextlib.suppress(OSError):
            while data := await reader.read(4096 if self.rate else 65536):
                if writer in self._frozen:
                    continue
                await self._flows.wait()
                if self.delay:
                    await asyncio.sleep(self.delay)
                if self.rate:
                    await asyncio.sleep(len(data) / self.rate)
                if left is not None:
                    data = data[:left]
                    left -= len(data)
                if said is not None:
                    said += data
                writer.write(data)
                await writer.drain()
                if left == 0:
                    return
        if writer not in self._frozen:
            writer.close()
