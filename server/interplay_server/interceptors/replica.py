"""On a replica: writes are refused, and reads too once nothing was seen of the source for too long."""

from typing import Final, Protocol

from google.protobuf.message import Message

from interplay_server.domain.credentials import READ
from interplay_server.errors import MethodUnimplemented, ReplicaReadOnly
from interplay_server.interceptors.call import Call, MethodInfo, Proceed

INFO: Final = "GetServerInfo"
ALSO_READ: Final = frozenset(
    {
        "GetContentPolicy",
        "GetOperation",
        "GetRetention",
        "GetTenant",
        "ListApiKeys",
        "ListBackups",
        "ListErasures",
        "ListKeys",
        "ListOperations",
        "ListPrivacyActions",
        "ListRetentionReceipts",
        "ListTenants",
        "ListUserLinks",
    }
)
"""Of administrators and operators, what changes nothing."""
NOT_OFFERED: Final = frozenset({"WatchAlerts", "WatchOperation", "WatchPatterns"})
"""Told by what detects, mines and works, which a replica does not."""


class Source(Protocol):
    @property
    def name(self) -> str: ...

    def check(self) -> None:
        """Raises ReplicaStale."""


class Replica:
    """`source` is None on a server of its own. A write is refused before anything is opened or read for it."""

    name = "replica"

    def __init__(self, source: Source | None) -> None:
        self._source = source

    async def intercept(self, call: Call, proceed: Proceed) -> Message | None:
        if self._source is not None:
            if call.method.name in NOT_OFFERED:
                raise MethodUnimplemented(call.method.path)
            if not reads(call.method):
                raise ReplicaReadOnly(self._source.name)
            if call.method.name != INFO:
                self._source.check()
        return await proceed()


def reads(method: MethodInfo) -> bool:
    """Whether a replica serves it. What it would write all the same, as the exposure to an experiment, is refused when
    it is written.
    """
    return method.right in {"", READ} or method.name in ALSO_READ
