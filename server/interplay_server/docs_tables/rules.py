"""The rules of buf.validate in words, as the reference of the API tells them."""

from collections.abc import Mapping
from typing import Any

_BOUNDS = {"gte": "at least {}", "gt": "above {}", "lte": "at most {}", "lt": "below {}", "const": "exactly {}"}
_LENGTHS = {
    ("string", "minLen"): "at least {} characters",
    ("string", "maxLen"): "at most {} characters",
    ("string", "len"): "{} characters",
    ("bytes", "minLen"): "at least {} bytes",
    ("bytes", "maxLen"): "at most {} bytes",
    ("bytes", "len"): "{} bytes",
    ("repeated", "minItems"): "at least {} items",
    ("repeated", "maxItems"): "at most {} items",
    ("map", "minPairs"): "at least {} pairs",
    ("map", "maxPairs"): "at most {} pairs",
}
_RANGES = (
    ("minLen", "maxLen", "{} to {} characters"),
    ("minItems", "maxItems", "{} to {} items"),
    ("gte", "lte", "{} to {}"),
)
_UNITS = {"string": "characters", "bytes": "bytes"}


def of_field(rules: Mapping[str, Any]) -> str:
    """`1 to 256 characters; matches …`. Raises ValueError for a rule that has no words yet: it must not be left out."""
    said = []
    for kind, value in rules.items():
        if kind == "required":
            said.append("required")
        elif kind == "ignore":
            said.append("not checked when empty")
        elif kind == "cel":
            said += [one.get("message") or one["expression"] for one in value]
        elif isinstance(value, Mapping):
            said += _of_kind(kind, value)
        else:
            raise ValueError(f"no words for the rule {kind}")
    return "; ".join(said)


def of_message(rules: Mapping[str, Any]) -> list[str]:
    """Sentences on rules that span fields."""
    unknown = rules.keys() - {"cel", "oneof"}
    if unknown:
        raise ValueError(f"no words for the rules {', '.join(sorted(unknown))} of a message")
    return [one.get("message") or one["expression"] for one in rules.get("cel", ())]


def _of_kind(kind: str, rules: Mapping[str, Any]) -> list[str]:
    left, said = dict(rules), []
    for low, high, words in _RANGES:
        if low in left and high in left:
            text = words.format(_number(left.pop(low)), _number(left.pop(high)))
            said.append(text.replace("characters", _UNITS.get(kind, "characters")))
    for name, value in left.items():
        said += _one(kind, name, value)
    return said


def _one(kind: str, name: str, value: Any) -> list[str]:
    if (kind, name) in _LENGTHS:
        words = _LENGTHS[kind, name].format(_number(value))
        return [words.removesuffix("s") if value in {1, "1"} else words]
    if name in _BOUNDS:
        return [_BOUNDS[name].format(_number(value))]
    if name == "pattern":
        return [f"matches `{value}`"]
    if name == "definedOnly":
        return ["a value of this version"]
    if name == "notIn":
        return ["not unspecified" if kind == "enum" and value == [0] else f"none of {_listed(value)}"]
    if name == "in":
        return [f"one of {_listed(value)}"]
    if name == "finite":
        return ["finite"]
    if name == "unique":
        return ["no item twice"]
    whose = {"items": "each item", "keys": "each key", "values": "each value"}
    if name in whose:
        return [f"{whose[name]} {of_field(value).replace('; ', ', ')}"]
    raise ValueError(f"no words for the rule {kind}.{name}")


def _number(value: Any) -> str:
    """64-bit numbers are text in the JSON of an image."""
    number = float(value)
    return f"{int(number):,}" if number == int(number) else f"{number:g}"


def _listed(values: list[Any]) -> str:
    return ", ".join(f"`{value}`" if value != "" else "empty" for value in values)
