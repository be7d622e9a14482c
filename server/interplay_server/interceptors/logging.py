"""One line for each call when it ends: never its content."""

import asyncio
import time

import structlog
from google.protobuf.message import Message

from interplay_server.interceptors.call import Call, Proceed

_log = structlog.get_logger("interplay_server.calls")
_FAULTS = {"INTERNAL", "UNKNOWN", "DATA_LOSS"}


class Logging:
    name = "logging"

    async def intercept(self, call: Call, proceed: Proceed) -> Message | None:
        started = time.perf_counter()
        try:
            return await proceed()
        except asyncio.CancelledError:
            call.code = "CANCELLED"
            raise
        finally:
            log = _log.error if call.code in _FAULTS else _log.debug
            log(
                "call",
                method=call.method.path,
                code=call.code,
                reason=call.reason or None,
                tenant=call.tenant_name or None,
                principal=call.credential.principal,
                milliseconds=round((time.perf_counter() - started) * 1000, 2),
            )
