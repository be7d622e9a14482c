"""Malformed requests made from the descriptors: one for each rule that each field states, and each way to break it."""

import math
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from buf.validate import validate_pb2
from google.protobuf import message_factory
from google.protobuf.descriptor import FieldDescriptor as Field
from google.protobuf.struct_pb2 import Struct, Value

from tests.service.kit import METHODS, data, ipb, minimal, request_of, spb, stamp

NO_CONTROLS = r"^[^\x00-\x1f]*$"
BAD_TEXT = b"\xc3\x28"
LATEST, EARLIEST = 253_402_300_799, -62_135_596_800
BAD_STAMPS = {
    "nanos -1": stamp(1_700_000_000, -1),
    "nanos 10^9": stamp(1_700_000_000, 10**9),
    "year 10000": stamp(LATEST + 1),
    "year 0": stamp(EARLIEST - 1),
    "greatest": stamp(2**63 - 1),
    "least": stamp(-(2**63)),
}
OUTSIDE = {
    "1969": stamp(-1),
    "year 1": stamp(EARLIEST),
    "year 9999": stamp(LATEST),
    "2200": stamp(7_258_118_400),
}
NO_MESSAGES = {
    "one byte": b"\xff",
    "cut length": b"\x0a",
    "length beyond the end": b"\x0a\x05ab",
    "huge length": b"\x0a\xff\xff\xff\xff\x0f",
    "endless number": b"\x08" + b"\xff" * 11,
    "field 0": b"\x00\x01",
    "wire type 6": b"\x0e\x00",
    "wire type 7": b"\x0f\x00",
    "end of no group": b"\x0c",
    "open group": b"\x0b",
    "text": b"GET / HTTP/1.1\r\n\r\n",
    "json": b'{"user_id": "u"}',
    "an image": b"\x89PNG\r\n\x1a\n",
    "zeros": bytes(64),
}


class Case(NamedTuple):
    """What to send, and the refusal that must come."""

    method: str
    label: str
    make: Callable[[], bytes]
    fields: tuple[str, ...] = ()
    reason: str = "INVALID_REQUEST"

    @property
    def id(self) -> str:
        return f"{self.method}-{self.label}"


class Place(NamedTuple):
    """A field within a request: names and indexes from the top."""

    path: tuple
    field: Field

    def __str__(self) -> str:
        text = ""
        for step in self.path:
            text += f"[{step}]" if isinstance(step, int) else ("." if text else "") + step
        return text

    def parent(self, message):
        for step in self.path[:-1]:
            message = message[step] if isinstance(step, int) else getattr(message, step)
        return message


# Fields of rows that the server sets: what a client says there is not looked at.
ROWS = {
    "Profile", "UserPlaybook", "AgentPlaybook", "LearningConfig", "FeatureConfig", "FeatureEvent", "Experiment",
    "EvaluationConfig", "MonitoringConfig", "RetentionPolicy", "ContentPolicy",
}  # fmt: skip
# Values of a configuration hang together: tests of their own look at them.
WEIGHTS = {
    f"Feature{name}"
    for name in ("Windows", "Temporal", "Engagement", "Quality", "Intent", "Loyalty", "Recommendation", "Stage")
}
OUTPUT_ONLY = {
    "lifecycle", "superseded_by", "evidence", "origin", "support", "approval_status", "expire_time", "create_time",
    "update_time", "confirm_time", "end_time", "revision", "seq", "definition_version", "start_time", "stop_time", "report",
}  # fmt: skip


def output_only(field):
    return field.containing_type.name in ROWS and field.name in OUTPUT_ONLY


def is_map(field):
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def places(descriptor, above=()) -> Iterator[Place]:
    """Every field of a message type that clients write, those of its members too; Struct and Timestamp are not gone
    into.
    """
    for field in descriptor.fields:
        if output_only(field) or field.containing_type.name in WEIGHTS or is_map(field):
            continue
        place = Place((*above, field.name), field)
        yield place
        inner = field.message_type
        if inner is not None and not inner.full_name.startswith("google."):
            yield from places(inner, (*place.path, 0) if field.is_repeated else place.path)


def fill(message):
    """Sets every member that is a message of ours, and what its rules ask for."""
    for field in message.DESCRIPTOR.fields:
        rules = rules_of(field)
        inner = field.message_type
        if output_only(field) or is_map(field):
            continue
        if inner is not None and not inner.full_name.startswith("google."):
            value = getattr(message, field.name)
            if field.is_repeated:
                fill(value[0] if value else value.add())
            else:
                value.SetInParent()
                fill(value)
        elif not field.is_repeated:
            needed = rules.string.min_len or not re.search(rules.string.pattern, "")
            if field.type == Field.TYPE_STRING and needed and not getattr(message, field.name):
                setattr(message, field.name, "x")
            if field.type == Field.TYPE_ENUM and 0 in rules.enum.not_in and not getattr(message, field.name):
                setattr(message, field.name, 1)
            if field.type == Field.TYPE_INT32 and rules.int32.gte > getattr(message, field.name):
                setattr(message, field.name, rules.int32.gte)
        elif field.type == Field.TYPE_STRING and not getattr(message, field.name):
            getattr(message, field.name).append("x")
    return message


def rules_of(field):
    return field.GetOptions().Extensions[validate_pb2.field]


def breakages(field, rules) -> Iterator[tuple[str, object]]:  # noqa: C901, PLR0912 - one case a type
    """Values that break a rule of a single field, with a label."""
    match field.type:
        case Field.TYPE_STRING:
            if rules.string.HasField("max_len"):
                yield "too long", "x" * (rules.string.max_len + 1)
                if rules.string.max_len < 2000:
                    yield "too long in wide letters", "\U0001f3d5" * (rules.string.max_len + 1)
            if rules.string.min_len or not re.search(rules.string.pattern, ""):
                yield "empty", ""
            if rules.string.pattern == NO_CONTROLS:
                yield from (("a line's end", "x\n"), ("a unit separator", "x\x1fy"), ("a zero", "\0"))
            elif rules.string.pattern:
                yield from (("other letters", "A b\u00e9"), ("a line's end", "x\n"), ("endless", "x" * 100_000))
        case Field.TYPE_BYTES:
            yield "too long", bytes(rules.bytes.max_len + 1)
        case Field.TYPE_ENUM:
            assert rules.enum.defined_only, field.full_name
            yield from (("unknown 99", 99), ("unknown -1", -1), ("unknown greatest", 2**31 - 1))
            yield from ((f"forbidden {value}", value) for value in rules.enum.not_in)
        case Field.TYPE_INT32:
            yield from (("-1", -1), ("least", -(2**31)))
            if rules.int32.HasField("lte"):
                yield from (("one too many", rules.int32.lte + 1), ("greatest", 2**31 - 1))
        case Field.TYPE_INT64:
            yield from (("-1", -1), ("least", -(2**63)))
        case Field.TYPE_DOUBLE:
            yield from (("NaN", math.nan), ("inf", math.inf), ("-inf", -math.inf))
            if rules.double.HasField("gte"):
                yield "below", rules.double.gte - 1e-9
            if rules.double.HasField("lte"):
                yield from (("1e308", 1e308), ("above", math.nextafter(rules.double.lte, math.inf) + 1e-9))


def of_rules(method, base) -> Iterator[Case]:
    """Breaks each rule of each field, one at a time."""
    for place in places(base.DESCRIPTOR):
        rules = rules_of(place.field)
        if place.field.is_repeated:
            yield from _of_list(method, base, place, rules)
        elif place.field.message_type is not None:
            if rules.required:
                yield Case(method, f"{place} missing", _changed(base, place, None), (str(place),))
        elif place.field.type != Field.TYPE_BOOL:
            for label, value in breakages(place.field, rules):
                yield Case(method, f"{place} {label}", _changed(base, place, value), (str(place),))


def _of_list(method, base, place, rules) -> Iterator[Case]:
    def with_items(items):
        def make():
            request = _copy(base)
            parent = place.parent(request)
            parent.ClearField(place.field.name)
            getattr(parent, place.field.name).extend(items())
            return request.SerializeToString()

        return make

    def one():
        return place.parent(_copy(base)), place.field.name

    def first():
        parent, name = one()
        return getattr(parent, name)[0]

    if rules.repeated.min_items:
        yield Case(method, f"{place} empty", with_items(list), (str(place),))
    if rules.repeated.max_items:
        many = rules.repeated.max_items + 1
        items = (lambda: [1] * many) if place.field.type == Field.TYPE_ENUM else (lambda: [first()] * many)
        yield Case(method, f"{place} too many", with_items(items), (str(place),))
    if rules.repeated.unique:
        yield Case(method, f"{place} twice the same", with_items(lambda: [1, 1]), (str(place),))
    if rules.repeated.HasField("items"):
        for label, value in breakages(place.field, rules.repeated.items):
            yield Case(method, f"{place}[0] {label}", with_items(lambda value=value: [value]), (f"{place}[0]",))


def _copy(base):
    made = type(base)()
    made.CopyFrom(base)
    return made


def _changed(base, place, value):
    def make():
        request = _copy(base)
        parent = place.parent(request)
        if value is None:
            parent.ClearField(place.field.name)
        elif isinstance(value, str | int | float | bytes):
            setattr(parent, place.field.name, value)
        else:
            getattr(parent, place.field.name).CopyFrom(value)
        return request.SerializeToString()

    return make


def of_stamps(method, base) -> Iterator[Case]:
    """Timestamps that are none, and those outside what a field allows. Those that the server sets are not looked at."""
    for place in places(base.DESCRIPTOR):
        if place.field.message_type is None or place.field.message_type.full_name != "google.protobuf.Timestamp":
            continue
        if place.field.name == "create_time":
            continue
        for label, value in (BAD_STAMPS | (OUTSIDE if place.field.name == "occur_time" else {})).items():
            yield Case(method, f"{place} {label}", _changed(base, place, value), (str(place),))


def of_structs(method, base) -> Iterator[Case]:
    """Structs that JSON could not hold, or too much of it."""
    bad = {}
    for name, number in (("NaN", math.nan), ("inf", math.inf), ("-inf", -math.inf)):
        value = Value(number_value=number)
        bad[name] = Struct(fields={"a": value})
        bad[f"{name} in a list"] = Struct(fields={"a": Value(list_value={"values": [value]})})
        bad[f"{name} deep"] = Struct(fields={"a": Value(struct_value=bad[f"{name} in a list"])})
    bad["over 64 KiB"] = Struct(fields={"a": Value(string_value="x" * 65_536)})
    bad["over 64 KiB of names"] = Struct(fields={f"{at:06}": Value() for at in range(6000)})
    deep = Value(number_value=1)
    for _ in range(34):
        deep = Value(list_value={"values": [deep]})
    bad["too deep"] = Struct(fields={"a": deep})
    for place in places(base.DESCRIPTOR):
        if place.field.message_type is not None and place.field.message_type.full_name == "google.protobuf.Struct":
            for label, value in bad.items():
                yield Case(method, f"{place} {label}", _changed(base, place, value), (str(place),))


def of_texts(method, base) -> Iterator[Case]:
    """Broken UTF-8 in every text, keys and values of Structs too."""
    for place in places(base.DESCRIPTOR):
        inner = place.field.message_type
        tails = {}
        if place.field.type == Field.TYPE_STRING:
            tails[""] = BAD_TEXT
        elif inner is not None and inner.full_name == "google.protobuf.Struct":
            tails[" key"] = _wire(1, _wire(1, BAD_TEXT))
            tails[" value"] = _wire(1, _wire(1, b"a") + _wire(2, _wire(3, BAD_TEXT)))
        for label, payload in tails.items():
            raw = payload
            descriptor, numbers = base.DESCRIPTOR, []
            for step in place.path:
                if isinstance(step, str):
                    numbers.append(descriptor.fields_by_name[step].number)
                    descriptor = descriptor.fields_by_name[step].message_type
            for number in reversed(numbers):
                raw = _wire(number, raw)
            yield Case(
                method, f"{place}{label} broken UTF-8", lambda raw=raw: base.SerializeToString() + raw,
                reason="INVALID_MESSAGE",
            )  # fmt: skip


def _wire(number, payload):
    """A length-delimited field."""
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _varint(value):
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    return bytes([*made, value])


def of_bytes(method) -> Iterator[Case]:
    """A message without fields skips over numbered 0 too: nothing of that kind is asked there."""
    bare = not METHODS[method].input_type.fields
    for label, raw in NO_MESSAGES.items():
        if bare and label in {"field 0", "zeros"}:
            continue
        yield Case(method, f"bytes: {label}", lambda raw=raw: raw, reason="INVALID_MESSAGE")


def unary_cases() -> list[Case]:
    """For every method but StreamPublish."""
    made = []
    for name, method in METHODS.items():
        if method.client_streaming:
            continue
        base = minimal(name)
        full = fill(_copy(base))
        made += [*of_rules(name, full), *of_stamps(name, base), *of_structs(name, _with_tool(base)), *of_bytes(name)]
        made += of_texts(name, base)
        empty = message_factory.GetMessageClass(method.input_type)()
        needed = [
            field.name
            for field in empty.DESCRIPTOR.fields
            if rules_of(field).string.min_len
            or rules_of(field).repeated.min_items
            or rules_of(field).required
            or 0 in rules_of(field).enum.not_in
        ]
        if needed:
            made.append(Case(name, "nothing at all", lambda: b"", tuple(needed)))
    return made


def _with_tool(base):
    """Structs of tools need a tool."""
    made = _copy(base)
    if "interactions" in made.DESCRIPTOR.fields_by_name:
        made.interactions[0].tools_used.add(tool_name="a tool")
    return made


def stream_cases(part) -> list[Case]:
    """For `open` or `append` of StreamPublish; the path begins with the part."""
    if part == "open":
        base = request_of("StreamPublish", open=spb.StreamOpen(stream_id="bad", user_id="u", session_id="s"))
    else:
        base = request_of("StreamPublish", append=spb.StreamAppend(interactions=[data("good")]))
    member = getattr(base, part)
    full = _copy(base)
    fill(getattr(full, part))
    number = base.DESCRIPTOR.fields_by_name[part].number
    broken = [*of_rules("x", getattr(full, part)), *of_stamps("x", member), *of_structs("x", _with_tool(member))]
    return [
        Case(
            "StreamPublish",
            f"{part}.{case.label}",
            lambda case=case: _wire(number, case.make()),
            tuple(f"{part}.{field}" for field in case.fields),
            case.reason,
        )
        for case in [*broken, *of_texts("x", member)]
    ]


def together() -> list[Case]:
    """Rules between fields, and batches with nothing in them."""
    publish = minimal("PublishInteractions")

    def rows(*interactions):
        request = _copy(publish)
        del request.interactions[:]
        request.interactions.extend(interactions)
        return request.SerializeToString

    several = {
        "both kinds of image": (rows(data(image=b"GIF89a" + bytes(20), interacted_image_url="http://x")),
                                "interactions[0].image"),
        "a broken image": (rows(data("x"), data(image=b"GIF88a" + bytes(20))), "interactions[1].image"),
        "only empty rows": (rows(data(), data(" ")), "interactions"),
        "an action without description": (rows(data("x", user_action=ipb.USER_ACTION_CLICK)),
                                          "interactions[0].user_action_description"),
        "1,001 interactions": (rows(*[data("x")] * 1001), "interactions"),
    }  # fmt: skip
    made = [Case("PublishInteractions", label, make, (field,)) for label, (make, field) in several.items()]
    deep = b""
    for _ in range(60):  # three messages a level, a hundred is what a parser takes
        deep = _wire(1, _wire(1, b"a") + _wire(2, _wire(5, deep)))
    metadata = publish.DESCRIPTOR.fields_by_name["metadata"].number
    deepest = publish.SerializeToString() + _wire(metadata, deep)
    return [*made, Case("PublishInteractions", "deeper than parsers go", lambda: deepest, reason="INVALID_MESSAGE")]
