"""Messages as JSON and as bytes. The server is given bytes, whatever the browser sent."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, Final, Protocol

from google.protobuf import json_format, message_factory
from google.protobuf.message import DecodeError, Message

from interplay_server.errors import InvalidMessage, InvalidRequest, Violation
from interplay_server.web.failures import Refused, refused

_APART_BYTES = 64 * 1024
"""Larger JSON is read and written in `_APART`: other calls go on, and few bodies are held as objects at once."""
_APART = ThreadPoolExecutor(2, thread_name_prefix="gateway-json")
_MAX_TOKENS = 500_000
"""A value takes far more memory than the two or three bytes it can be written in."""
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[,\[{]', re.DOTALL)
_MAX_NAMED = 100
_MAX_DEPTH = 100
_PLACE = re.compile(r"Failed to parse (\w+) field")
# They have forms of their own in JSON: their fields are no fields of the text.
_OWN_FORM: Final = {
    f"google.protobuf.{name}"
    for name in (
        "Any", "Struct", "Value", "ListValue", "Timestamp", "Duration", "FieldMask", "DoubleValue", "FloatValue",
        "Int64Value", "UInt64Value", "Int32Value", "UInt32Value", "BoolValue", "StringValue", "BytesValue",
    )
}  # fmt: skip


class Codec(Protocol):
    """`request` gives the bytes for the server, `response` what the browser reads."""

    name: str

    async def request(self, body: bytes) -> bytes: ...

    async def response(self, raw: bytes) -> bytes: ...


class Binary:
    """As it is: the server itself says what is no message."""

    name = "proto"

    async def request(self, body: bytes) -> bytes:
        return body

    async def response(self, raw: bytes) -> bytes:
        return raw


class Json:
    """By proto3's mapping. Unknown fields are refused, all of them named."""

    name = "json"

    def __init__(self, method: Any) -> None:
        self._method = method.name
        self._request = message_factory.GetMessageClass(method.input_type)
        self._response = message_factory.GetMessageClass(method.output_type)

    async def request(self, body: bytes) -> bytes:
        """Raises Refused."""
        return await _apart(self._parse, body)

    async def response(self, raw: bytes) -> bytes:
        return await _apart(self._write, raw)

    def _write(self, raw: bytes) -> bytes:
        given = json_format.MessageToDict(self._response.FromString(raw))
        return json.dumps(given, ensure_ascii=False, separators=(",", ":")).encode()

    def _parse(self, body: bytes) -> bytes:
        type_name = self._request.DESCRIPTOR.full_name

        def no_message(sentence: str) -> Refused:
            return refused(InvalidMessage(sentence, messageType=type_name), method=self._method)

        if sum(1 for _ in islice(_TOKEN.finditer(body), _MAX_TOKENS + 1)) > _MAX_TOKENS:
            raise no_message(f"the body holds more than {_MAX_TOKENS:,} names, values and brackets of JSON")
        try:
            given = json.loads(body.decode(), object_pairs_hook=_once)
        except _TwiceError as error:
            raise no_message(f"the body names {error.args[0][:100]!r} twice in one object") from None
        except (ValueError, RecursionError):
            raise no_message(f"the body is no {type_name} as JSON in UTF-8") from None
        if not isinstance(given, dict):
            raise no_message(f"the body must be a JSON object that is a {type_name}")
        message = self._request()
        try:
            json_format.ParseDict(given, message)
            return message.SerializeToString()
        except (json_format.ParseError, DecodeError, ValueError, TypeError, RecursionError) as error:
            violations = list(islice(unknown_fields(given, message), _MAX_NAMED)) or [_misfit(error)]
            raise refused(InvalidRequest(violations), method=self._method) from None


class _TwiceError(ValueError):
    """A name stands twice in an object: which value counts would depend on the reader."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object. Raises ValueError also for a name that UTF-8 cannot hold, over which protobuf would stumble."""
    made = dict(pairs)
    "".join(made).encode()
    if len(made) < len(pairs):
        seen: set[str] = set()
        raise _TwiceError(next(name for name, _ in pairs if name in seen or seen.add(name)))  # type: ignore[func-returns-value]
    return made


async def _apart(work: Callable[[bytes], bytes], data: bytes) -> bytes:
    if len(data) <= _APART_BYTES:
        return work(data)
    return await asyncio.get_running_loop().run_in_executor(_APART, work, data)


def unknown_fields(given: Mapping[str, Any], message: Message) -> Iterator[Violation]:
    yield from _unknown(given, message.DESCRIPTOR, "", 0)


def _unknown(given: Any, descriptor: Any, path: str, depth: int) -> Iterator[Violation]:
    if not isinstance(given, dict) or depth > _MAX_DEPTH or descriptor.full_name in _OWN_FORM:
        return
    fields = {name: field for field in descriptor.fields for name in (field.name, field.json_name)}
    for name, value in given.items():
        place = f"{path}{name[:100]}"
        field = fields.get(name)
        if field is None:
            yield Violation(place, f"is no field of {descriptor.full_name}")
        elif field.message_type is None:
            continue
        elif field.message_type.GetOptions().map_entry:
            inner = field.message_type.fields_by_name["value"].message_type
            if inner is not None and isinstance(value, dict):
                for key, one in value.items():
                    yield from _unknown(one, inner, f"{place}[{key[:100]!r}].", depth + 1)
        elif field.is_repeated:
            for at, one in enumerate(value if isinstance(value, list) else ()):
                yield from _unknown(one, field.message_type, f"{place}[{at}].", depth + 1)
        else:
            yield from _unknown(value, field.message_type, f"{place}.", depth + 1)


def _misfit(error: Exception) -> Violation:
    """Where a value does not fit its field; the library's own words stay here."""
    return Violation(".".join(_PLACE.findall(str(error))), "holds a value that its field cannot hold")
