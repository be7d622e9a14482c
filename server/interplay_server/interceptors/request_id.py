"""Gives every call an id: the client's `interplay-request-id` if it is a decent one, else a new one."""

import re

import structlog
from google.protobuf.message import Message

from interplay_server.domain.ids import new_ulid
from interplay_server.interceptors.call import Call, Proceed

HEADER = "interplay-request-id"
_DECENT = re.compile(r"[\w.:/-]{1,128}")


class RequestId:
    name = "request_id"

    async def intercept(self, call: Call, proceed: Proceed) -> Message | None:
        given = call.metadata.get(HEADER, "")
        call.request_id = given if _DECENT.fullmatch(given) else new_ulid()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=call.request_id)
        return await proceed()
