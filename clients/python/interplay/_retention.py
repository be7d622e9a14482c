"""Methods of a client that say how long a tenant keeps what it has."""

# ruff: noqa: ASYNC109 - a timeout here is the deadline that grpc sends to the server

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import timedelta
from typing import Any

from interplay._transport import Transport
from interplay.operation import OperationHandle
from interplay.v1 import admin_service_pb2 as admin
from interplay.v1 import custody_pb2

RetentionRuleLike = custody_pb2.RetentionRule | Mapping[str, Any]
"""A rule, or its fields: `kind` as a word such as "interactions", `max_age` as a timedelta."""


class Retention:
    """The part of AsyncInterplay that calls AdminService for retention; needs the right ADMIN."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def get_retention(self, *, timeout: float | None = None) -> custody_pb2.RetentionPolicy:
        """Without rules everything is kept."""
        request = admin.GetRetentionRequest()
        return (await self._transport.unary(self._transport.admin.GetRetention, request, timeout)).policy

    async def set_retention(
        self, rules: Iterable[RetentionRuleLike], *, revision: int = 0, timeout: float | None = None
    ) -> custody_pb2.RetentionPolicy:
        """Sets the whole policy; with a revision, only in place of that one.

        Raises InvalidArgumentError, AbortedError (CONCURRENT_CHANGE).
        """
        policy = custody_pb2.RetentionPolicy(rules=map(_rule, rules), revision=revision)
        request = admin.SetRetentionRequest(policy=policy)
        return (await self._transport.unary(self._transport.admin.SetRetention, request, timeout)).policy

    async def apply_retention(self, *, validate_only: bool = False, timeout: float | None = None) -> OperationHandle:
        """Starts to remove what the policy no longer keeps, which the server also does every hour; `validate_only` only
        counts. Returns at once; the operation's result has the rows of each rule.
        """
        request = admin.ApplyRetentionRequest(validate_only=validate_only)
        answer = await self._transport.unary(self._transport.admin.ApplyRetention, request, timeout)
        return OperationHandle(self._transport, answer.operation)

    def list_retention_receipts(
        self, *, page_size: int = 0, timeout: float | None = None
    ) -> AsyncIterator[custody_pb2.RetentionReceipt]:
        """Iterates over what runs of retention removed, the newest first."""
        request = admin.ListRetentionReceiptsRequest(page_size=page_size)
        return self._transport.pages(self._transport.admin.ListRetentionReceipts, request, "receipts", timeout)


def _rule(given: RetentionRuleLike) -> custody_pb2.RetentionRule:
    if isinstance(given, custody_pb2.RetentionRule):
        return given
    fields = dict(given)
    if isinstance(kind := fields.get("kind"), str) and not kind.startswith("RETAINED_KIND_"):
        fields["kind"] = f"RETAINED_KIND_{kind.upper()}"
    age = fields.pop("max_age", None)
    made = custody_pb2.RetentionRule(**fields)
    if isinstance(age, timedelta):
        made.max_age.FromTimedelta(age)
    elif age is not None:
        made.max_age.CopyFrom(age)
    return made
