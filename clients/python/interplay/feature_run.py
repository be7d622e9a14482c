"""A computation of features as it goes."""

import contextlib
from collections.abc import AsyncGenerator, Sequence
from typing import Any, Self

from interplay._resuming import resumed
from interplay._transport import Transport
from interplay.features import FeatureRow
from interplay.v1 import feature_pb2, operation_pb2
from interplay.v1 import feature_service_pb2 as service
from interplay.v1 import operation_service_pb2 as operations


class FeatureRun:
    """Iterate over its progress, or over `rows()`, then read `.totals`; or `wait()` for those.

    Made by compute_features(). It goes on by itself when the connection breaks. The server
    works on whether anybody follows or not.
    """

    def __init__(
        self, transport: Transport, request: service.ComputeInteractionFeaturesRequest, patience: float
    ) -> None:
        self._transport, self._request, self._patience = transport, request, patience
        self._operation = operation_pb2.Operation()
        self._latest = service.ComputeProgress()
        self._totals: service.ComputeTotals | None = None
        self._answers: AsyncGenerator[service.ComputeInteractionFeaturesResponse, None] | None = None

    @property
    def request_id(self) -> str:
        return self._request.request_id

    @property
    def resume_after(self) -> str:
        """Goes on after the last rows that were taken; for compute_features() with the same request_id."""
        return self._request.resume_after

    @property
    def operation(self) -> operation_pb2.Operation:
        """The work underneath; empty before an answer."""
        return self._operation

    @property
    def progress(self) -> service.ComputeProgress:
        """The latest that was heard of."""
        return self._latest

    @property
    def totals(self) -> service.ComputeTotals:
        """What was computed. Raises RuntimeError before the end."""
        if self._totals is None:
            raise RuntimeError("the totals come last: iterate to the end, or wait()")
        return self._totals

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> service.ComputeProgress:
        while (answer := await self._next()) is not None:
            if answer.HasField("progress"):
                return answer.progress
        raise StopAsyncIteration

    async def rows(self) -> AsyncGenerator[FeatureRow, None]:
        """Yields the rows as they are kept. Raises RuntimeError once the run is followed without them."""
        async with contextlib.aclosing(self.messages()) as pieces:
            async for piece in pieces:
                for row in piece:
                    yield FeatureRow.of(row)

    async def messages(self) -> AsyncGenerator[Sequence[feature_pb2.InteractionFeatureRow], None]:
        """Yields the rows as messages, 1 to 500 at once, as rows()."""
        if self._answers is not None and not self._request.return_rows:
            raise RuntimeError("the run is followed without its rows already")
        self._request.return_rows = True
        while (answer := await self._next()) is not None:
            if answer.rows.rows:
                yield answer.rows.rows
                self._request.resume_after = answer.rows.cursor

    async def wait(self) -> service.ComputeTotals:
        """Follows it to its end and returns the totals."""
        async for _ in self:
            pass
        return self.totals

    async def aclose(self) -> None:
        """Detaches; the server goes on."""
        if self._answers is not None:
            await self._answers.aclose()

    async def cancel(self) -> None:
        """Asks the server to stop; customers that were computed are kept."""
        request = operations.CancelOperationRequest(operation_id=self._operation.operation_id)
        answer = await self._transport.unary(self._transport.operations.CancelOperation, request)
        self._operation = answer.operation

    async def _next(self) -> service.ComputeInteractionFeaturesResponse | None:
        if self._answers is None:
            self._answers = resumed(self._transport, self._method, self._request, _is_last, self._patience)
        answer = await anext(self._answers, None)
        if answer is not None:
            self._take(answer)
        return answer

    def _method(self) -> Any:
        return self._transport.features.ComputeInteractionFeatures

    def _take(self, answer: service.ComputeInteractionFeaturesResponse) -> None:
        kind = answer.WhichOneof("event")
        if kind == "operation":
            self._operation = answer.operation
        elif kind == "progress":
            self._latest = answer.progress
        elif kind == "totals":
            self._totals = answer.totals


def _is_last(answer: service.ComputeInteractionFeaturesResponse) -> bool:
    return answer.HasField("totals")
