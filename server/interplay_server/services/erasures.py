"""Erasing people, of AdminService: the tombstone at once, the rest as an operation, receipts, and the way back."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager

import msgspec
import structlog
from interplay.v1 import admin_service_pb2 as pb
from interplay.v1 import custody_pb2

from interplay_server.custody.erasure import Erasing
from interplay_server.domain.custody import Progress
from interplay_server.domain.erasure import Erasure, names
from interplay_server.domain.ids import new_ulid
from interplay_server.domain.operation import PENDING, RUNNING, SUCCEEDED, Operation
from interplay_server.domain.ports import TenantStore
from interplay_server.errors import ErasureNotFound, ErasureRunning, InterplayError, UserNotFound
from interplay_server.interceptors.call import Call
from interplay_server.services.convert.filters import page_size, query_key
from interplay_server.services.convert.times import from_micros
from interplay_server.services.operations import OperationRunner, Work, to_pb

ERASE = "erase_user"
_PSEUDONYM = "pseudonym"
_RETRY_SECONDS = 5.0
_log = structlog.get_logger(__name__)


class ErasureMethods:
    _erasures: "Erasures"

    async def erase_user(self, call: Call) -> pb.EraseUserResponse:
        request: pb.EraseUserRequest = call.request  # type: ignore[assignment]
        store = await call.existing()
        if store is None:
            if not request.allow_missing:
                raise UserNotFound(request.user_id)
            store = await call.writable()
        operation, erasure = await self._erasures.start(store, request.user_id, allow_missing=request.allow_missing)
        return pb.EraseUserResponse(operation=to_pb(operation), erasure=to_erasure(erasure))

    async def list_erasures(self, call: Call) -> pb.ListErasuresResponse:
        request: pb.ListErasuresRequest = call.request  # type: ignore[assignment]
        size, query, store = page_size(request.page_size), query_key(request), call.store
        before = (
            store.tokens.read_page_token(request.page_token, query, tuple[int, str]) if request.page_token else None
        )
        of = ""
        if request.user_id:
            of = store.erasures.refusal(request.user_id) or store.erasures.pseudonym(request.user_id)
        found = await store.erasures.page(limit=size + 1, before=before, pseudonym=of)
        response = pb.ListErasuresResponse(erasures=[to_erasure(one) for one in found[:size]])
        if len(found) > size:
            last = found[size - 1]
            response.next_page_token = store.tokens.page_token(query, (last.start_time, last.pseudonym))
        return response

    async def readmit_user(self, call: Call) -> pb.ReadmitUserResponse:
        request: pb.ReadmitUserRequest = call.request  # type: ignore[assignment]
        erasures = call.store.erasures
        receipt = erasures.refusal(request.user_id)
        found = await erasures.get(receipt) if receipt else None
        if found is None:
            raise ErasureNotFound(request.user_id)
        if found.user_ids:
            raise ErasureRunning(found.pseudonym)
        return pb.ReadmitUserResponse(erasure=to_erasure(await erasures.readmit(found, _now())))


class Erasures:
    """Operations that erase. `lease` keeps a tenant open by its name."""

    def __init__(
        self,
        erasing: Erasing,
        runner: OperationRunner,
        lease: Callable[[str], AbstractAsyncContextManager[TenantStore]],
    ) -> None:
        self.erasing, self._runner, self._lease = erasing, runner, lease
        self._starting = asyncio.Lock()
        self._following: set[asyncio.Task[None]] = set()

    async def start(self, store: TenantStore, user_id: str, *, allow_missing: bool) -> tuple[Operation, Erasure]:
        """The operation that erases somebody, or that did. Raises UserNotFound."""
        async with self._starting:
            if receipt := store.erasures.refusal(user_id):
                erasure = await store.erasures.get(receipt)
                assert erasure is not None  # noqa: S101 - a tombstone names its receipt
                return await self._known(store, erasure)
            ids = store.linked(user_id)
            if not (allow_missing or await self.erasing.knows(store, ids)):
                raise UserNotFound(user_id)
            erasure = await self.erasing.begin(store, user_id, new_ulid())
            return await self._run(store, erasure), erasure

    async def _known(self, store: TenantStore, erasure: Erasure) -> tuple[Operation, Erasure]:
        """One that failed or was cancelled is begun again; one that was forgotten tells once more what it came to."""
        operation = await store.get_operation(erasure.operation_id)
        if operation is not None:
            operation = self._runner.current(operation)
            if not operation.ended or operation.state == SUCCEEDED:
                return operation, erasure
            erasure = msgspec.structs.replace(erasure, operation_id=new_ulid())
            await store.erasures.save(erasure)
        return await self._run(store, erasure), erasure

    async def _run(self, store: TenantStore, erasure: Erasure) -> Operation:
        arguments = {_PSEUDONYM: erasure.pseudonym}
        return await self._runner.start(store, ERASE, arguments, operation_id=erasure.operation_id)

    # --- what a stop or a restore left

    def follow(self, store: TenantStore) -> None:
        """Called with each tenant that opens."""
        if not (store.erasures.any or store.erasures.restored):
            return
        task = asyncio.create_task(self._take_up(store.name), name="take up erasures")
        self._following.add(task)
        task.add_done_callback(self._following.discard)

    async def close(self) -> None:
        for task in self._following:
            task.cancel()
        await asyncio.gather(*self._following, return_exceptions=True)

    async def _take_up(self, name: str) -> None:
        try:
            await self._taken_up(name)
        except InterplayError as error:
            # It went out of use meanwhile; whoever opens it next is followed again.
            _log.warning("cannot take up erasures", tenant=name, reason=error.reason)

    async def _taken_up(self, name: str) -> None:
        async with self._lease(name) as store:
            await store.erasures.tidy()
            while not self._runner.stopping:
                try:
                    if store.erasures.restored:
                        await self._erase_again(store)
                    for erasure in await store.erasures.unfinished():
                        await self._finish(store, erasure)
                except InterplayError as error:
                    _log.error("cannot take up erasures", tenant=name, reason=error.reason)
                if not store.erasures.restored or not await store.erasures.unfinished():
                    break
                await asyncio.sleep(_RETRY_SECONDS)
            if store.erasures.restored and not self._runner.stopping:
                await store.erasures.open_up()

    async def _erase_again(self, store: TenantStore) -> None:
        """Of a restored tenant: everybody in it who was erased since the backup was made."""
        erasures = store.erasures
        under_way = {one.pseudonym for one in await erasures.unfinished()}
        held: dict[str, list[str]] = {}
        for one in sorted(await erasures.people()):
            if receipt := erasures.refusal(one):
                held.setdefault(receipt, []).append(one)
        for receipt, ids in held.items():
            if receipt not in under_way:
                await erasures.reopen(receipt, ids, new_ulid(), _now())
        if held:
            _log.info("erasing again what a backup held", tenant=store.name, people=len(held))

    async def _finish(self, store: TenantStore, erasure: Erasure) -> None:
        runner = self._runner
        operation = await store.get_operation(erasure.operation_id)
        if operation is None or operation.ended:
            if operation is not None:
                erasure = msgspec.structs.replace(erasure, operation_id=new_ulid())
                await store.erasures.save(erasure)
            operation = await self._run(store, erasure)
        while store.erasures.restored and not operation.ended:
            await runner.wait_change(operation.operation_id)
            stored = await store.get_operation(operation.operation_id)
            operation = runner.current(stored or operation)


def erase_work(erasing: Callable[[], Erasing]) -> dict[str, Work]:
    """The work behind ERASE."""

    async def work(store: TenantStore, arguments: Mapping[str, str], progress: Progress) -> Mapping[str, str]:
        pseudonym = arguments[_PSEUDONYM]
        counts = await erasing().erase(store, pseudonym, progress)
        return {_PSEUDONYM: pseudonym, **{name: str(count) for name, count in sorted(counts.items())}}

    return {ERASE: work}


async def stop_operations(runner: OperationRunner, store: TenantStore, user_ids: Sequence[str]) -> None:
    """Cancels what runs on behalf of somebody and names them."""
    for state in (RUNNING, PENDING):
        for one in await store.list_operations(kind="", state=state, before=None, limit=1000):
            said = msgspec.json.encode(msgspec.structs.replace(one, operation_id="")).decode()
            if one.kind != ERASE and names(said, user_ids):
                with contextlib.suppress(InterplayError):
                    await runner.cancel(one.operation_id)


def to_erasure(erasure: Erasure) -> custody_pb2.Erasure:
    def instant(value: int | None) -> object:
        return None if value is None else from_micros(value)

    return custody_pb2.Erasure(
        pseudonym=erasure.pseudonym,
        start_time=from_micros(erasure.start_time),
        end_time=instant(erasure.end_time),  # type: ignore[arg-type]
        counts=dict(erasure.counts),
        readmit_time=instant(erasure.readmit_time),  # type: ignore[arg-type]
    )


def _now() -> int:
    return time.time_ns() // 1000
