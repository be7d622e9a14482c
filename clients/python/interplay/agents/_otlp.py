"""Reads spans from files in OpenTelemetry's protocol (OTLP)."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from interplay.agents._importing import ImportReport, TooManyFaultsError

MAX_LINE_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Span:
    """A span with its attributes as plain values; times in nanoseconds since 1970."""

    trace_id: str
    span_id: str
    parent_id: str
    start: int
    end: int
    attributes: Mapping[str, Any]
    events: tuple[tuple[str, Mapping[str, Any]], ...]
    """Names and attributes."""
    resource: Mapping[str, Any]


def spans_of(path: Path, report: ImportReport, max_faults: int) -> Iterator[Span]:
    """All spans of a file; documents that cannot be read are noted. Raises TooManyFaultsError, ImportError."""
    faults = 0
    for place, document in _documents(path):
        try:
            if isinstance(document, ValueError):
                raise document
            yield from _of_document(document)
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            report.fault(place, f"not OTLP: {error}")
            faults += 1
            if faults > max_faults:
                raise TooManyFaultsError(
                    f"{path}: more than {max_faults} places are not OTLP; {place}: {error}"
                ) from error


def _documents(path: Path) -> Iterator[tuple[str, Any]]:
    with path.open("rb") as file:
        start = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        file.seek(0)
        if start not in b"{[":
            yield "the file", _protobuf(path.read_bytes())
            return
        first = file.readline(MAX_LINE_BYTES)
        if isinstance(_json(first), ValueError):
            whole = _json(path.read_bytes())
            if not isinstance(whole, ValueError):
                yield "the file", whole
                return
        file.seek(0)
        for number, line in enumerate(iter(lambda: file.readline(MAX_LINE_BYTES), b""), 1):
            if line.strip():
                yield f"line {number}", _json(line)


def _json(text: bytes) -> Any:
    try:
        return json.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        return ValueError(str(error))


def _protobuf(data: bytes) -> Any:
    try:
        from google.protobuf.json_format import MessageToDict  # noqa: PLC0415 - only for files in protobuf
        from google.protobuf.message import DecodeError  # noqa: PLC0415 - as above
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (  # noqa: PLC0415 - optional
            ExportTraceServiceRequest,
        )
    except ImportError as error:
        raise ImportError("files in protobuf need `pip install opentelemetry-proto`") from error
    try:
        message = ExportTraceServiceRequest.FromString(data)
    except DecodeError as error:
        return ValueError(f"neither JSON nor a protobuf message of an export: {error}")
    document = MessageToDict(message)
    raw = (span for group in message.resource_spans for scope in group.scope_spans for span in scope.spans)
    for given, span in zip(_all(document), raw, strict=True):
        # The mapping of protobuf to JSON has base64 where OTLP has hexadecimal digits.
        given.update(traceId=span.trace_id.hex(), spanId=span.span_id.hex(), parentSpanId=span.parent_span_id.hex())
    return document


def _all(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for group in document.get("resourceSpans") or ():
        for scope in group.get("scopeSpans") or ():
            yield from scope.get("spans") or ()


def _of_document(document: Any) -> Iterator[Span]:
    if isinstance(document, list):
        for one in document:
            yield from _of_document(one)
        return
    if not isinstance(document, Mapping) or "resourceSpans" not in document:
        raise ValueError("no resourceSpans")
    for group in document["resourceSpans"]:
        resource = _attributes((group.get("resource") or {}).get("attributes"))
        for scope in group.get("scopeSpans") or ():
            for given in scope.get("spans") or ():
                events = tuple(
                    (str(one.get("name") or ""), _attributes(one.get("attributes")))
                    for one in given.get("events") or ()
                )
                yield Span(
                    str(given.get("traceId") or ""),
                    str(given.get("spanId") or ""),
                    str(given.get("parentSpanId") or ""),
                    int(given.get("startTimeUnixNano") or 0),
                    int(given.get("endTimeUnixNano") or 0),
                    _attributes(given.get("attributes")),
                    events,
                    resource,
                )


def _attributes(given: Iterable[Mapping[str, Any]] | None) -> dict[str, Any]:
    return {str(one["key"]): _value(one.get("value")) for one in given or ()}


def _value(given: Any) -> Any:
    """A plain value: 64-bit integers are text in OTLP's JSON."""
    if not isinstance(given, Mapping) or not given:
        return None
    kind, value = next(iter(given.items()))
    if kind == "intValue":
        return int(value)
    if kind == "arrayValue":
        return [_value(one) for one in value.get("values") or ()]
    if kind == "kvlistValue":
        return _attributes(value.get("values"))
    return value
