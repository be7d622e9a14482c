"""Methods of a client that say how a tenant stores content."""

# ruff: noqa: ASYNC109 - a timeout here is the deadline that grpc sends to the server

from collections.abc import Iterable, Mapping
from typing import Any

from interplay._transport import Transport
from interplay.v1 import admin_service_pb2 as admin
from interplay.v1 import custody_pb2

ContentRuleLike = custody_pb2.ContentRule | Mapping[str, Any]
"""A rule, or its fields: `redaction` as "off", "detect" or "mask", `encryption` as "plain", "indexed" or "sealed"."""


class ContentPolicies:
    """The part of AsyncInterplay that calls AdminService for content policies; needs the right ADMIN."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def get_content_policy(self, *, timeout: float | None = None) -> custody_pb2.ContentPolicy:
        """Without rules everything is stored as it comes."""
        request = admin.GetContentPolicyRequest()
        return (await self._transport.unary(self._transport.admin.GetContentPolicy, request, timeout)).policy

    async def set_content_policy(
        self, rules: Iterable[ContentRuleLike], *, revision: int = 0, timeout: float | None = None
    ) -> custody_pb2.ContentPolicy:
        """Sets the whole policy, for what is published from then on; with a revision, only in place of that one.

        Raises InvalidArgumentError, AbortedError (CONCURRENT_CHANGE), FailedPreconditionError (KEY_UNAVAILABLE).
        """
        policy = custody_pb2.ContentPolicy(rules=map(_rule, rules), revision=revision)
        request = admin.SetContentPolicyRequest(policy=policy)
        return (await self._transport.unary(self._transport.admin.SetContentPolicy, request, timeout)).policy


def _rule(given: ContentRuleLike) -> custody_pb2.ContentRule:
    if isinstance(given, custody_pb2.ContentRule):
        return given
    fields = dict(given)
    for name, prefix in (("redaction", "REDACTION_MODE_"), ("encryption", "ENCRYPTION_MODE_")):
        if isinstance(word := fields.get(name), str) and not word.startswith(prefix):
            fields[name] = f"{prefix}{word.upper()}"
    return custody_pb2.ContentRule(**fields)
