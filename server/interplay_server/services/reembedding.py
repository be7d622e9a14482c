"""Change of embedder, of AdminService."""

import asyncio
import time
from collections.abc import Callable, Mapping

from interplay.v1 import admin_service_pb2 as pb

from interplay_server.domain.embedding import Embedders
from interplay_server.domain.ids import new_ulid
from interplay_server.domain.operation import PENDING, RUNNING, SUCCEEDED, Operation
from interplay_server.domain.ports import TenantStore
from interplay_server.domain.reembedding import REEMBED, Reembedding
from interplay_server.errors import EmbedderUnavailable
from interplay_server.interceptors.call import Call
from interplay_server.services.operations import OPERATION_ID, OperationRunner, Progress, Work, to_pb

_EMBEDDER = "embedder"


class ReembedMethods:
    _embedders: Embedders
    _runner: OperationRunner
    _reembedding: asyncio.Lock
    """Of two calls at once the second finds the operation of the first."""

    async def reembed_tables(self, call: Call) -> pb.ReembedTablesResponse:
        request: pb.ReembedTablesRequest = call.request  # type: ignore[assignment]
        if self._embedders.get(request.embedder) is None:
            raise EmbedderUnavailable(request.embedder)
        store = await call.writable()
        async with self._reembedding:
            operation = await self._running(store)
            if operation is None and store.embedder.name == request.embedder:
                operation = _nothing_to_do(request.embedder)
                await store.save_operation(operation)
            if operation is None:
                operation = await self._runner.start(store, REEMBED, {_EMBEDDER: request.embedder})
        return pb.ReembedTablesResponse(operation=to_pb(operation))

    async def _running(self, store: TenantStore) -> Operation | None:
        for state in (RUNNING, PENDING):
            for one in await store.list_operations(kind=REEMBED, state=state, before=None, limit=1):
                if not (now := self._runner.current(one)).ended:
                    return now
        return None


def _nothing_to_do(embedder: str) -> Operation:
    now = time.time_ns() // 1000
    arguments, result = {_EMBEDDER: embedder}, {_EMBEDDER: embedder, "rows": "0"}
    return Operation(new_ulid(), REEMBED, SUCCEEDED, now, now, end_time=now, arguments=arguments, result=result)


def reembed_work(stopping: Callable[[], bool]) -> Work:
    """The work behind REEMBED."""

    async def work(store: TenantStore, arguments: Mapping[str, str], progress: Progress) -> Mapping[str, str]:
        return await store.reembed(Reembedding(arguments[OPERATION_ID], arguments[_EMBEDDER], progress, stopping))

    return work
