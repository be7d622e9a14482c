"""Turns what was raised into the answer: InterplayErrors as they are, everything else as INTERNAL, with the log holding
what it was.
"""

import asyncio
from collections.abc import Callable

import grpc
import structlog
from google.protobuf.message import Message

from interplay_server.errors import InternalError, InterplayError
from interplay_server.interceptors.call import Call, Proceed
from interplay_server.interceptors.status import DETAILS_KEY, grpc_code, to_status

_log = structlog.get_logger(__name__)


def _unknown(_error: BaseException, _tenant: str) -> None: ...


class Errors:
    """`told` knows what else is not a fault of ours."""

    name = "errors"

    def __init__(self, told: Callable[[BaseException, str], InterplayError | None] = _unknown) -> None:
        self._told = told

    async def intercept(self, call: Call, proceed: Proceed) -> Message | None:
        try:
            return await proceed()
        except InterplayError as raised:
            error = raised
            if isinstance(raised, InternalError):
                _log.exception("internal error", method=call.method.path)
        except (asyncio.CancelledError, grpc.aio.AbortError):
            raise
        except Exception as raised:  # noqa: BLE001 - whatever it is, the caller gets no text of it and the log the rest
            _log.exception("unexpected error", method=call.method.path)
            error = self._told(raised, call.tenant_name) or InternalError()
        await call.hear_out()
        call.code, call.reason = error.code, error.reason
        status = to_status(error, call.request_id, call.method.name)
        await call.context.abort(
            grpc_code(error), status.message, trailing_metadata=((DETAILS_KEY, status.SerializeToString()),)
        )
        return None
