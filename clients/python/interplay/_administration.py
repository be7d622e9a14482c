"""Methods of a client that look after the server: keys, maintenance and operations."""

# ruff: noqa: ASYNC109 - a timeout here is the deadline that grpc sends to the server

from collections.abc import AsyncGenerator, AsyncIterator, Iterable

from interplay import types
from interplay._transport import Transport
from interplay.operation import watched
from interplay.types import Time, Word
from interplay.v1 import admin_service_pb2 as admin
from interplay.v1 import api_key_pb2, operation_pb2
from interplay.v1 import operation_service_pb2 as operations


class Administration:
    """The half of AsyncInterplay that calls AdminService and OperationService."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def server_info(self, *, timeout: float | None = None) -> admin.GetServerInfoResponse:
        """What the server is and what it allows."""
        return await self._transport.unary(self._transport.admin.GetServerInfo, admin.GetServerInfoRequest(), timeout)

    async def create_api_key(
        self,
        display_name: str,
        rights: Iterable[str | int],
        *,
        expire_time: Time = None,
        timeout: float | None = None,
    ) -> admin.CreateApiKeyResponse:
        """Makes a key with the rights read, write, admin; `.secret` is shown this once. Never retried by itself."""
        request = admin.CreateApiKeyRequest(
            display_name=display_name,
            rights=[types.enum_value(api_key_pb2.AccessRight, "ACCESS_RIGHT_", right, "rights") for right in rights],
            expire_time=types.timestamp(expire_time, "expire_time"),
        )
        return await self._transport.unary(self._transport.admin.CreateApiKey, request, timeout)

    def list_api_keys(
        self, *, show_revoked: bool = False, page_size: int = 0, timeout: float | None = None
    ) -> AsyncIterator[api_key_pb2.ApiKey]:
        """Iterates over the keys of the tenant, the newest first."""
        request = admin.ListApiKeysRequest(show_revoked=show_revoked, page_size=page_size)
        return self._transport.pages(self._transport.admin.ListApiKeys, request, "api_keys", timeout)

    async def revoke_api_key(self, api_key_id: str, *, timeout: float | None = None) -> api_key_pb2.ApiKey:
        """Revokes a key at once. Raises NotFoundError."""
        request = admin.RevokeApiKeyRequest(api_key_id=api_key_id)
        answer = await self._transport.unary(self._transport.admin.RevokeApiKey, request, timeout)
        return answer.api_key

    async def optimize_tables(
        self, *, prune_all_versions: bool = False, timeout: float | None = None
    ) -> operation_pb2.Operation:
        """Starts maintenance and returns its operation."""
        request = admin.OptimizeTablesRequest(prune_all_versions=prune_all_versions)
        answer = await self._transport.unary(self._transport.admin.OptimizeTables, request, timeout)
        return answer.operation

    async def get_operation(self, operation_id: str, *, timeout: float | None = None) -> operation_pb2.Operation:
        """One operation. Raises NotFoundError."""
        request = operations.GetOperationRequest(operation_id=operation_id)
        answer = await self._transport.unary(self._transport.operations.GetOperation, request, timeout)
        return answer.operation

    def list_operations(
        self, *, kind: str = "", state: Word = None, page_size: int = 0, timeout: float | None = None
    ) -> AsyncIterator[operation_pb2.Operation]:
        """Iterates over operations, the newest first; `state` pending, running, succeeded, failed or cancelled."""
        request = operations.ListOperationsRequest(
            kind=kind,
            state=types.enum_value(operation_pb2.OperationState, "OPERATION_STATE_", state, "state"),
            page_size=page_size,
        )
        return self._transport.pages(self._transport.operations.ListOperations, request, "operations", timeout)

    def watch_operation(self, operation_id: str) -> AsyncGenerator[operation_pb2.Operation, None]:
        """Yields an operation on every change until it ends, across lost connections. Raises NotFoundError."""
        return watched(self._transport, operation_id)

    async def cancel_operation(self, operation_id: str, *, timeout: float | None = None) -> operation_pb2.Operation:
        """Asks an operation to stop at its next safe point. Raises NotFoundError."""
        request = operations.CancelOperationRequest(operation_id=operation_id)
        answer = await self._transport.unary(self._transport.operations.CancelOperation, request, timeout)
        return answer.operation
