"""Long work of the server that was started and can be waited for."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping

from interplay._transport import Transport
from interplay.errors import InterplayError, from_status
from interplay.v1 import operation_pb2
from interplay.v1 import operation_service_pb2 as service
from interplay.v1.operation_service_pb2_grpc import OperationServiceStub


async def watched(transport: Transport, operation_id: str) -> AsyncGenerator[operation_pb2.Operation, None]:
    """Yields an operation on every change until it ends, across lost connections. Raises NotFoundError."""
    request = service.WatchOperationRequest(operation_id=operation_id)
    async with contextlib.aclosing(transport.follow(OperationServiceStub, "WatchOperation", request)) as answers:
        async for answer in answers:
            yield answer.operation
            if answer.operation.HasField("end_time"):
                return


class OperationHandle:
    """An operation that was accepted. It goes on whether anybody waits or not, after a restart of the server too."""

    def __init__(self, transport: Transport, operation: operation_pb2.Operation) -> None:
        self._transport = transport
        self._latest = operation

    @property
    def operation_id(self) -> str:
        return str(self._latest.operation_id)

    @property
    def latest(self) -> operation_pb2.Operation:
        """The operation as it was last heard of."""
        return self._latest

    @property
    def result(self) -> Mapping[str, str]:
        """What it found, as names and values; empty before wait() has returned."""
        return dict(self._latest.result)

    def done(self) -> bool:
        """Whether it had ended when it was last heard of."""
        return bool(self._latest.HasField("end_time"))

    async def progress(self) -> AsyncGenerator[operation_pb2.Operation, None]:
        """Yields it on every change, with `done_count` of `total_count` and `progress_percent`, until it ends."""
        async with contextlib.aclosing(watched(self._transport, self.operation_id)) as changes:
            async for operation in changes:
                self._latest = operation
                yield operation

    async def wait(self, timeout: float | None = None) -> operation_pb2.Operation:  # noqa: ASYNC109 - the work goes on
        """Waits for its end, at most `timeout` seconds: TimeoutError.

        Raises the InterplayError that it failed with, one of the code CANCELLED where it was cancelled.
        """
        async with asyncio.timeout(timeout):
            if not self.done():
                async with contextlib.aclosing(self.progress()) as changes:
                    async for _ in changes:
                        pass
        latest = self._latest
        if latest.state == operation_pb2.OPERATION_STATE_FAILED:
            raise from_status(latest.error)
        if latest.state == operation_pb2.OPERATION_STATE_CANCELLED:
            raise InterplayError(f"operation {self.operation_id} was cancelled", code="CANCELLED")
        return latest

    async def cancel(self) -> None:
        """Asks it to stop at its next safe point; wait() tells when it has."""
        request = service.CancelOperationRequest(operation_id=self.operation_id)
        answer = await self._transport.unary(self._transport.operations.CancelOperation, request)
        self._latest = answer.operation
