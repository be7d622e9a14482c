"""What a case plays on: servers, a proxy, drivers, and the truth as the server tells it."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from interplay import AsyncInterplay
from interplay.v1 import interaction_pb2

from tests.conformance.driver import Driver, DriverError
from tests.conformance.languages import Language
from tests.conftest import ServerProcess
from tests.support.fault_proxy import FaultProxy


class Stage:
    """One run of one case in one language."""

    def __init__(
        self, language: Language, case: dict[str, Any], folder: Path, shared: Callable[[], ServerProcess]
    ) -> None:
        self.language, self.case, self.folder = language, case, folder
        self._shared = shared
        self._stack = AsyncExitStack()
        self._drivers: list[Driver] = []
        self.name = f"{case['id']}-{language.name}-{uuid.uuid4().hex[:8]}"
        """Of the stream, the session and the user: nobody else's."""

    async def __aenter__(self):
        return self

    async def __aexit__(self, kind, error, trace):
        try:
            for driver in self._drivers:
                if error is None:
                    await driver.stop()
                else:
                    await driver.kill()
        finally:
            await self._stack.aclose()

    async def server(self, *flags: str, own: bool | None = None, data: Path | None = None) -> ServerProcess:
        """The one that all share, or with flags, or where the case asks for it, one of its own."""
        if not (flags or self.case.get("own_server") if own is None else own):
            return self._shared()
        server = ServerProcess(data or self.folder / "data", *flags)
        self._stack.callback(server.stop)
        await asyncio.to_thread(server.start)
        return server

    async def proxy(self, target: str) -> FaultProxy:
        return await self._stack.enter_async_context(FaultProxy(target))

    async def driver(self, target: str = "", **settings: Any) -> Driver:
        """Started, and connected where a target is given."""
        notes = self.folder / f"driver-{len(self._drivers)}.txt"
        driver = await Driver(self.language, notes).start()
        self._drivers.append(driver)
        if target:
            await driver.ask("connect", target=target, **settings)
        return driver

    async def lose(self, driver: Driver) -> None:
        """Kills a driver; nobody expects it to end well."""
        self._drivers.remove(driver)
        await driver.kill()

    @asynccontextmanager
    async def client(self, target: str, **settings: Any) -> AsyncIterator[AsyncInterplay]:
        """The Python client, straight to the server."""
        async with AsyncInterplay(target, **settings) as client:
            yield client

    async def stored(self, target: str, **settings: Any) -> list[int]:
        """Numbers of what is in the case's session, in the order of the journal: ids sort by it."""
        async with self.client(target, **settings) as client:
            found = [row async for row in client.list_interactions(session_id=self.name, page_size=1000)]
        return [int(row.data.external_id) for row in sorted(found, key=lambda row: row.interaction_id)]

    @staticmethod
    def require(condition: Any, said: str) -> None:
        if not condition:
            raise DriverError(said)


def row(number: int, content: str = "", **fields: Any) -> str:
    """Hex of an interaction that can be told apart."""
    data = interaction_pb2.InteractionData(content=content or f"turn {number}", external_id=str(number), **fields)
    return data.SerializeToString(deterministic=True).hex()


def bad_row(number: int) -> str:
    """Hex of an interaction that every server refuses: an action without a description."""
    return row(number, user_action=interaction_pb2.USER_ACTION_CLICK)
