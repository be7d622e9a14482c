"""OperationService and the runner behind it: long work that survives a restart, can be watched and cancelled."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog
from google.rpc import code_pb2, status_pb2
from interplay.v1 import operation_pb2
from interplay.v1 import operation_service_pb2 as pb

from interplay_server.domain import operation as domain
from interplay_server.domain.ids import new_ulid
from interplay_server.domain.ports import Tenants, TenantStore
from interplay_server.errors import InternalError, InterplayError, OperationNotFound, RequestIdReused
from interplay_server.interceptors.call import Call
from interplay_server.services.convert.filters import page_size, query_key
from interplay_server.services.convert.times import from_micros

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Done:
    """What work came to, where some items of it failed."""

    result: Mapping[str, str]
    failures: Sequence[domain.Failure] = ()
    failed_count: int = 0


Work = Callable[[TenantStore, Mapping[str, str], Progress], Awaitable[Mapping[str, str] | Done]]
_MAX_FAILURES = 100
REQUEST_ID, OPERATION_ID = "request_id", "operation_id"
_log = structlog.get_logger(__name__)


def _untold(_kind: str, _state: str) -> None: ...


class OperationRunner:
    """`kinds` is what can be run; an operation that a stop interrupted is taken up again when its tenant opens.
    `on_end` is told the kind and the state of each that ended.
    """

    def __init__(
        self, tenants: Callable[[], Tenants], kinds: Mapping[str, Work], on_end: Callable[[str, str], None] = _untold
    ) -> None:
        self._tenants, self._kinds, self._on_end = tenants, kinds, on_end
        self._running: dict[str, asyncio.Task[None]] = {}
        self._current: dict[str, domain.Operation] = {}
        self._changed: dict[str, asyncio.Event] = {}
        self._resuming: set[asyncio.Task[None]] = set()
        self._accepting: set[str] = set()
        """Being stored by start(), which runs them itself: their tenant may be opening just now."""
        self._starting = asyncio.Lock()
        self._stopping = False

    async def start(
        self,
        store: TenantStore,
        kind: str,
        arguments: Mapping[str, str],
        *,
        request_id: str = "",
        operation_id: str = "",
    ) -> domain.Operation:
        """The same request again gives the operation that it started; work finds its id among its arguments. Raises
        RequestIdReused.
        """
        async with self._starting:
            if request_id and (known := await self.requested(store, kind, request_id, arguments)) is not None:
                return known
            now, own_id = _now(), operation_id or new_ulid()
            kept = {**arguments, OPERATION_ID: own_id, **({REQUEST_ID: request_id} if request_id else {})}
            made = domain.Operation(own_id, kind, domain.RUNNING, now, now, arguments=kept)
            self._accepting.add(own_id)
            try:
                await store.save_operation(made)
                self._spawn(store.name, made)
            finally:
                self._accepting.discard(own_id)
            return made

    async def requested(
        self, store: TenantStore, kind: str, request_id: str, arguments: Mapping[str, str]
    ) -> domain.Operation | None:
        """What an earlier request of this id started. Raises RequestIdReused for another payload."""
        for one in await store.list_operations(kind=kind, state="", before=None, limit=1000):
            if one.arguments.get(REQUEST_ID) == request_id:
                if any(one.arguments.get(name) != value for name, value in arguments.items()):
                    raise RequestIdReused(request_id)
                return self.current(one)
        return None

    @property
    def stopping(self) -> bool:
        """The server is about to stop; what runs is taken up again."""
        return self._stopping

    def resume(self, store: TenantStore) -> None:
        """Takes up what was running when the tenant was last open."""

        async def take_up() -> None:
            for state in (domain.RUNNING, domain.PENDING):
                for listed in await store.list_operations(kind="", state=state, before=None, limit=1000):
                    one = await store.get_operation(listed.operation_id)
                    if one is None or one.ended or one.kind not in self._kinds:
                        continue
                    if one.operation_id not in self._current and one.operation_id not in self._accepting:
                        self._spawn(store.name, one)

        task = asyncio.create_task(take_up(), name="resume operations")
        self._resuming.add(task)
        task.add_done_callback(self._resuming.discard)

    def current(self, stored: domain.Operation) -> domain.Operation:
        return self._current.get(stored.operation_id, stored)

    async def wait_change(self, operation_id: str) -> None:
        """Returns at the next change, or at once for one that is not running."""
        if (changed := self._changed.get(operation_id)) is not None:
            await changed.wait()

    async def cancel(self, operation_id: str) -> None:
        if (task := self._running.get(operation_id)) is not None:
            task.cancel()
            await asyncio.wait([task])

    async def close(self) -> None:
        """Stops what runs; it stays RUNNING and is taken up at the next start."""
        self._stopping = True
        tasks = [*self._running.values(), *self._resuming]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _spawn(self, tenant: str, operation: domain.Operation) -> None:
        self._current[operation.operation_id] = operation
        self._changed[operation.operation_id] = asyncio.Event()
        task = asyncio.create_task(self._run(tenant, operation), name=f"operation {operation.kind}")
        self._running[operation.operation_id] = task

    async def _run(self, tenant: str, operation: domain.Operation) -> None:
        operation_id = operation.operation_id

        def progress(done: int, total: int) -> None:
            self._update(operation_id, done_count=done, total_count=total)

        async with self._tenants().lease(tenant, create=False) as store:
            try:
                result = await self._kinds[operation.kind](store, operation.arguments, progress)
            except asyncio.CancelledError:
                if self._stopping:
                    raise
                ended: dict[str, Any] = {"state": domain.CANCELLED}
            except Exception as error:  # noqa: BLE001 - any failure of the work is the operation's result
                told = error if isinstance(error, InterplayError) else InternalError()
                foreign = None if told is error else error
                _log.error(
                    "operation failed",
                    kind=operation.kind,
                    operation=operation_id,
                    reason=told.reason,
                    exc_info=foreign,
                )
                failure = domain.Failure(operation.kind, told.reason, told.message)
                ended = {"state": domain.FAILED, "error": failure}
            else:
                last = self._current[operation_id]
                done = result if isinstance(result, Done) else Done(result)
                ended = {
                    "state": domain.SUCCEEDED,
                    "result": dict(done.result),
                    "done_count": last.total_count,
                    "failures": tuple(done.failures[:_MAX_FAILURES]),
                    "failed_count": done.failed_count,
                }
            finally:
                self._running.pop(operation_id, None)
            # Stored before it is told: who sees the end must find it in every list.
            end = _now()
            made = msgspec.structs.replace(self._current[operation_id], update_time=end, end_time=end, **ended)
            await store.save_operation(made)
        self._current.pop(operation_id)
        self._changed.pop(operation_id).set()
        self._on_end(made.kind, made.state)

    def _update(self, operation_id: str, **changes: Any) -> None:
        self._current[operation_id] = msgspec.structs.replace(
            self._current[operation_id], update_time=_now(), **changes
        )
        changed, self._changed[operation_id] = self._changed[operation_id], asyncio.Event()
        changed.set()


class OperationService:
    def __init__(self, runner: OperationRunner) -> None:
        self._runner = runner

    async def get_operation(self, call: Call) -> pb.GetOperationResponse:
        request: pb.GetOperationRequest = call.request  # type: ignore[assignment]
        return pb.GetOperationResponse(operation=to_pb(await self._find(call, request.operation_id)))

    async def list_operations(self, call: Call) -> pb.ListOperationsResponse:
        request: pb.ListOperationsRequest = call.request  # type: ignore[assignment]
        query, size, store = query_key(request), page_size(request.page_size), call.store
        before = store.tokens.read_page_token(request.page_token, query, str) if request.page_token else None
        state = (
            operation_pb2.OperationState.Name(request.state).removeprefix("OPERATION_STATE_") if request.state else ""
        )
        found = await store.list_operations(kind=request.kind, state=state, before=before, limit=size + 1)
        response = pb.ListOperationsResponse(operations=[to_pb(self._runner.current(one)) for one in found[:size]])
        if len(found) > size:
            response.next_page_token = store.tokens.page_token(query, found[size - 1].operation_id)
        return response

    async def watch_operation(self, call: Call) -> None:
        request: pb.WatchOperationRequest = call.request  # type: ignore[assignment]
        while True:
            found = await self._find(call, request.operation_id)
            await call.write(pb.WatchOperationResponse(operation=to_pb(found)))
            if found.ended:
                return
            await self._runner.wait_change(request.operation_id)

    async def cancel_operation(self, call: Call) -> pb.CancelOperationResponse:
        request: pb.CancelOperationRequest = call.request  # type: ignore[assignment]
        await self._find(call, request.operation_id)
        await self._runner.cancel(request.operation_id)
        return pb.CancelOperationResponse(operation=to_pb(await self._find(call, request.operation_id)))

    async def _find(self, call: Call, operation_id: str) -> domain.Operation:
        found = await call.store.get_operation(operation_id)
        if found is None:
            raise OperationNotFound(operation_id)
        return self._runner.current(found)


def to_pb(operation: domain.Operation) -> operation_pb2.Operation:
    made = operation_pb2.Operation(
        operation_id=operation.operation_id,
        kind=operation.kind,
        state=f"OPERATION_STATE_{operation.state}",
        total_count=operation.total_count,
        done_count=operation.done_count,
        failed_count=operation.failed_count,
        progress_percent=operation.progress_percent,
        create_time=from_micros(operation.create_time),
        update_time=from_micros(operation.update_time),
        end_time=None if operation.end_time is None else from_micros(operation.end_time),
        result=operation.result,
    )
    for failure in operation.failures[:_MAX_FAILURES]:
        made.failures.add(item=failure.item, status=_status(failure))
    if operation.error is not None:
        made.error.CopyFrom(_status(operation.error))
    return made


def _status(failure: domain.Failure) -> status_pb2.Status:
    return status_pb2.Status(code=code_pb2.INTERNAL, message=f"{failure.reason}: {failure.message}")


def _now() -> int:
    return time.time_ns() // 1000
