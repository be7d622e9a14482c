"""A comparison of two arms: verdicts as they come, the report they come to, and pairs that people labelled."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Self

from interplay import _words as words
from interplay import types
from interplay._transport import Backoff, Transport, may_reconnect
from interplay.errors import InterplayError, UnavailableError
from interplay.v1 import evaluation_pb2, operation_pb2
from interplay.v1 import evaluation_service_pb2 as service
from interplay.v1 import operation_service_pb2 as operations

PairLike = service.LabelledPair | Mapping[str, Any]
"""A labelled pair as message, or as mapping of its fields with `label` and `contest` as bare words."""

_MODEL_DOWN = "PROVIDER_UNAVAILABLE"
_CUT_OFF = "the comparison broke off before its report"


class Comparison:
    """Iterates over the verdicts of the pairs in their order, across lost connections; then `report` is there.

    Leaving it early only detaches: the server goes on, and another compare_arms() with the same `request_id` and
    `resume_after` goes on behind the last verdict that was taken. One that failed or was cancelled is asked for again
    with another `request_id`: what was judged is kept.
    """

    def __init__(self, transport: Transport, request: service.CompareArmsRequest, patience: float) -> None:
        self._transport = transport
        self._request = request
        self._patience = patience
        self._operation = operation_pb2.Operation()
        self._report: evaluation_pb2.ComparisonReport | None = None
        self._failures: list[service.PairFailure] = []
        self._verdicts = self._run()

    @property
    def request_id(self) -> str:
        return str(self._request.request_id)

    @property
    def resume_after(self) -> int:
        """Place behind the last pair that was taken, judged or not."""
        return int(self._request.resume_after)

    @property
    def operation(self) -> operation_pb2.Operation:
        """The work as it was when the call began: its `total_count` is the number of pairs. Empty before an answer."""
        return self._operation

    @property
    def failures(self) -> Sequence[service.PairFailure]:
        """Pairs that could not be judged, as far as the verdicts were taken."""
        return tuple(self._failures)

    @property
    def report(self) -> evaluation_pb2.ComparisonReport:
        """What was found. Raises RuntimeError before the last verdict was taken."""
        if self._report is None:
            raise RuntimeError("the report comes after the last verdict: iterate to the end, or wait()")
        return self._report

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> evaluation_pb2.PairVerdict:
        return await anext(self._verdicts)

    async def wait(self) -> evaluation_pb2.ComparisonReport:
        """Takes all verdicts that are left and returns the report."""
        async for _ in self:
            pass
        return self.report

    async def aclose(self) -> None:
        """Detaches; the server goes on."""
        await self._verdicts.aclose()

    async def cancel(self) -> None:
        """Asks the server to stop judging; what was judged is kept for the next comparison."""
        request = operations.CancelOperationRequest(operation_id=self._operation.operation_id)
        answer = await self._transport.unary(self._transport.operations.CancelOperation, request)
        self._operation = answer.operation

    async def _run(self) -> AsyncGenerator[evaluation_pb2.PairVerdict, None]:
        backoff = Backoff()
        clock = asyncio.get_running_loop().time
        since = clock()
        while True:
            pause, heard = None, False
            try:
                call = self._transport.evaluations.CompareArms
                async with contextlib.aclosing(self._transport.stream(call, self._request)) as answers:
                    async for answer in answers:
                        heard, before = True, self.resume_after
                        verdict = self._take(answer)
                        if self.resume_after > before:
                            backoff.reset()
                        if verdict is not None:
                            yield verdict
                        if self._report is not None:
                            return
                broken: InterplayError = UnavailableError(_CUT_OFF)
            except InterplayError as error:
                if not may_reconnect(error) or error.reason == _MODEL_DOWN:
                    raise
                broken, pause = error, error.retry_after
            since = clock() if heard else since
            delay = backoff.next(pause)
            if clock() + delay > since + self._patience:
                raise broken
            await asyncio.sleep(delay)

    def _take(self, answer: service.CompareArmsResponse) -> evaluation_pb2.PairVerdict | None:
        """The verdict, where this is one and new."""
        kind = answer.WhichOneof("message")
        if kind == "operation":
            self._operation = answer.operation
        elif kind == "report":
            self._report = answer.report
        elif kind is not None:
            one: Any = getattr(answer, kind)
            if one.index < self._request.resume_after:
                return None
            self._request.resume_after = one.index + 1
            if kind == "verdict":
                return answer.verdict
            self._failures.append(one)
        return None


def labelled_pair(value: PairLike, what: str = "pair") -> service.LabelledPair:
    """The message of a labelled pair. Raises TypeError or ValueError that name the field after `what`."""
    if isinstance(value, service.LabelledPair):
        return value
    if not isinstance(value, Mapping):
        raise TypeError(f"{what} must be a mapping, not {type(value).__name__}")
    given = dict(value)
    label = types.enum_value(evaluation_pb2.PairWinner, "PAIR_WINNER_", given.get("label"), f"{what}.label")
    if not label:
        raise ValueError(f"{what}.label must be one of production, challenger, tie")
    given["label"] = label
    given["contest"] = types.enum_value(evaluation_pb2.Contest, "CONTEST_", given.get("contest"), f"{what}.contest")
    pair: service.LabelledPair = words.message(service.LabelledPair, given, what)
    return pair
