"""Retention, of AdminService."""

import time
from collections.abc import Awaitable, Callable, Mapping

import msgspec
from google.protobuf.duration_pb2 import Duration
from interplay.v1 import admin_service_pb2 as pb
from interplay.v1 import custody_pb2

from interplay_server.custody.retention import Retention, policy_of
from interplay_server.domain import retention as domain
from interplay_server.domain.operation import PENDING, RUNNING
from interplay_server.domain.ports import TenantStore
from interplay_server.domain.retention import Policy, Receipt, Rule
from interplay_server.errors import InvalidRequest, Violation
from interplay_server.interceptors.call import Call
from interplay_server.services.convert.filters import page_size, query_key
from interplay_server.services.convert.times import from_micros
from interplay_server.services.operations import OPERATION_ID, OperationRunner, Progress, Work, to_pb

APPLY = "apply_retention"
_POLICY, _AS_OF, _VALIDATE_ONLY = "policy", "as_of", "validate_only"
_SECOND_US = 1_000_000


class RetentionMethods:
    _runner: OperationRunner
    _retention: Retention

    async def set_retention(self, call: Call) -> pb.SetRetentionResponse:
        request: pb.SetRetentionRequest = call.request  # type: ignore[assignment]
        rules = tuple(_rule(one, place) for place, one in enumerate(request.policy.rules))
        if wrong := domain.violations(rules):
            raise InvalidRequest([Violation(_path(place, field), what) for place, field, what in wrong], request)
        made = await self._retention.replace(await call.writable(), rules, request.policy.revision)
        return pb.SetRetentionResponse(policy=policy_to_pb(made))

    async def get_retention(self, call: Call) -> pb.GetRetentionResponse:
        return pb.GetRetentionResponse(policy=policy_to_pb(await policy_of(call.store)))

    async def apply_retention(self, call: Call) -> pb.ApplyRetentionResponse:
        request: pb.ApplyRetentionRequest = call.request  # type: ignore[assignment]
        store = await call.writable()
        policy, as_of = await policy_of(store), time.time_ns() // 1000
        arguments = _arguments(policy, as_of, validate_only=request.validate_only)
        return pb.ApplyRetentionResponse(operation=to_pb(await self._runner.start(store, APPLY, arguments)))

    async def list_retention_receipts(self, call: Call) -> pb.ListRetentionReceiptsResponse:
        request: pb.ListRetentionReceiptsRequest = call.request  # type: ignore[assignment]
        query, size, store = query_key(request), page_size(request.page_size), call.store
        before = (
            store.tokens.read_page_token(request.page_token, query, tuple[int, str]) if request.page_token else None
        )
        found = await store.receipts.page(limit=size + 1, before=before)
        response = pb.ListRetentionReceiptsResponse(receipts=[receipt_to_pb(one) for one in found[:size]])
        if len(found) > size:
            last = found[size - 1]
            response.next_page_token = store.tokens.page_token(query, (last.end_time, last.operation_id))
        return response


def retention_work(retention: Callable[[], Retention]) -> dict[str, Work]:
    """Work by kind."""

    async def apply(store: TenantStore, arguments: Mapping[str, str], progress: Progress) -> Mapping[str, str]:
        policy = msgspec.json.decode(arguments[_POLICY], type=Policy)
        as_of = int(arguments[_AS_OF])
        if arguments.get(_VALIDATE_ONLY):
            counts = await retention().count(store, policy, as_of)
        else:
            counts = await retention().apply(store, arguments[OPERATION_ID], policy, as_of, progress)
        return {name: str(count) for name, count in counts.items()}

    return {APPLY: apply}


def by_itself(runner: OperationRunner) -> Callable[[TenantStore, Policy, int], Awaitable[None]]:
    """Runs retention as an operation and waits for its end; not beside one that runs already."""

    async def start(store: TenantStore, policy: Policy, as_of: int) -> None:
        for state in (RUNNING, PENDING):
            if await store.list_operations(kind=APPLY, state=state, before=None, limit=1):
                return
        started = await runner.start(store, APPLY, _arguments(policy, as_of))
        while not runner.current(started).ended:
            stored = await store.get_operation(started.operation_id)
            if stored is not None and stored.ended:
                return
            await runner.wait_change(started.operation_id)

    return start


def _arguments(policy: Policy, as_of: int, *, validate_only: bool = False) -> dict[str, str]:
    made = {_POLICY: msgspec.json.encode(policy).decode(), _AS_OF: str(as_of)}
    return {**made, _VALIDATE_ONLY: "true"} if validate_only else made


def _rule(given: custody_pb2.RetentionRule, place: int) -> Rule:
    """Raises InvalidRequest."""
    max_age = None
    if given.HasField("max_age"):
        max_age = _micros(given.max_age)
        if max_age is None:
            raise InvalidRequest([Violation(_path(place, "max_age"), "must be a duration")])
    kind = custody_pb2.RetainedKind.Name(given.kind).removeprefix("RETAINED_KIND_").lower()
    return Rule(kind, given.source, max_age, given.max_count, given.keep_aggregates)


def _micros(given: Duration) -> int | None:
    """None for one that protobuf forbids."""
    if abs(given.seconds) > 315_576_000_000 or abs(given.nanos) >= 1_000_000_000 or given.seconds * given.nanos < 0:
        return None
    return given.seconds * _SECOND_US + given.nanos // 1000


def _path(place: int, field: str) -> str:
    return f"policy.rules[{place}].{field}" if field else f"policy.rules[{place}]"


def policy_to_pb(policy: Policy) -> custody_pb2.RetentionPolicy:
    return custody_pb2.RetentionPolicy(
        rules=[
            custody_pb2.RetentionRule(
                kind=f"RETAINED_KIND_{rule.kind.upper()}",
                source=rule.source,
                max_age=None if rule.max_age is None else _duration(rule.max_age),
                max_count=rule.max_count,
                keep_aggregates=rule.keep_aggregates,
            )
            for rule in policy.rules
        ],
        update_time=from_micros(policy.update_time) if policy.revision else None,
        revision=policy.revision,
    )


def _duration(micros: int) -> Duration:
    seconds, rest = divmod(micros, _SECOND_US)
    return Duration(seconds=seconds, nanos=rest * 1000)


def receipt_to_pb(receipt: Receipt) -> custody_pb2.RetentionReceipt:
    return custody_pb2.RetentionReceipt(
        operation_id=receipt.operation_id,
        time=from_micros(receipt.end_time or 0),
        counts=receipt.counts,
        revision=receipt.revision,
    )
