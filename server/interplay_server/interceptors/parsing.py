"""Bytes to messages: size, then form."""

from google.protobuf.message import DecodeError, Message

from interplay_server.errors import InvalidMessage, MessageTooLarge
from interplay_server.interceptors.call import Call, Proceed

MAX_MESSAGE_BYTES = 16 * 2**20


class Parsing:
    name = "parsing"

    async def intercept(self, call: Call, proceed: Proceed) -> Message | None:
        parse = call.method.request_type.FromString
        type_name = call.method.request_type.DESCRIPTOR.full_name

        def receive(raw: bytes) -> Message:
            if len(raw) > MAX_MESSAGE_BYTES:
                raise MessageTooLarge(len(raw), MAX_MESSAGE_BYTES)
            try:
                return parse(raw)
            except DecodeError:
                raise InvalidMessage(
                    f"the bytes are not a {type_name}; texts must be UTF-8", messageType=type_name
                ) from None

        call.receive = receive
        return await proceed()
