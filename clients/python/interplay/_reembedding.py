"""The method of a client that changes a tenant's embedder."""

# ruff: noqa: ASYNC109 - a timeout here is the deadline that grpc sends to the server

from interplay._transport import Transport
from interplay.operation import OperationHandle
from interplay.v1 import admin_service_pb2 as admin


class Reembedding:
    """The part of AsyncInterplay that calls AdminService for embedders."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def reembed_tables(self, embedder: str, *, timeout: float | None = None) -> OperationHandle:
        """Starts to embed everything of the caller's tenant anew; searches go on with the old vectors meanwhile.

        `server_info().available_embedders` lists the names. Returns at once; the operation counts rows, its result has
        embedder and rows. While one runs, it is that one. Raises FailedPreconditionError (EMBEDDER_UNAVAILABLE).
        """
        request = admin.ReembedTablesRequest(embedder=embedder)
        answer = await self._transport.unary(self._transport.admin.ReembedTables, request, timeout)
        return OperationHandle(self._transport, answer.operation)
