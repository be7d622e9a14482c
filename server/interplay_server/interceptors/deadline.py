"""Ends a unary call at its deadline, the server's own where it states none. Streams have no default deadline."""

import asyncio

from google.protobuf.message import Message

from interplay_server.errors import DeadlineExceeded
from interplay_server.interceptors.call import Call, Proceed


class Deadline:
    name = "deadline"

    def __init__(self, default_seconds: float) -> None:
        self._default = default_seconds

    async def intercept(self, call: Call, proceed: Proceed) -> Message | None:
        if call.method.streaming:
            return await proceed()
        left = call.context.time_remaining()
        seconds = self._default if left is None or left > 1e6 else left
        timeout = asyncio.timeout(seconds)
        try:
            async with timeout:
                return await proceed()
        except TimeoutError:
            if timeout.expired():
                raise DeadlineExceeded(call.method.name) from None
            raise
