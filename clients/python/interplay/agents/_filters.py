"""Filters and patterns of LangGraph's stores."""

from collections.abc import Mapping, Sequence
from typing import Any

_ORDER = {
    "$gt": lambda held, asked: held > asked,
    "$gte": lambda held, asked: held >= asked,
    "$lt": lambda held, asked: held < asked,
    "$lte": lambda held, asked: held <= asked,
}


def fits(value: Mapping[str, Any], wanted: Mapping[str, Any] | None) -> bool:
    """Whether a value has what a filter asks for. Raises ValueError for an operator that does not exist."""
    return all(_fits(value.get(name), one) for name, one in (wanted or {}).items())


def _fits(held: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        if any(str(name).startswith("$") for name in wanted):
            return all(_compares(held, str(name), one) for name, one in wanted.items())
        return isinstance(held, Mapping) and fits(held, wanted)
    if isinstance(wanted, list | tuple):
        return isinstance(held, list) and len(held) == len(wanted) and all(map(_fits, held, wanted))
    return bool(held == wanted)


def _compares(held: Any, operator: str, wanted: Any) -> bool:
    if operator == "$eq":
        return bool(held == wanted)
    if operator == "$ne":
        return bool(held != wanted)
    if operator not in _ORDER:
        raise ValueError(f"unsupported operator: {operator}")
    try:
        return bool(_ORDER[operator](float(held), float(wanted)))
    except (TypeError, ValueError):
        # What is absent or no number is neither more nor less; texts, such as dates, have an order too.
        both = isinstance(held, str) and isinstance(wanted, str)
        return both and bool(_ORDER[operator](held, wanted))


def matches(namespace: Sequence[str], kind: str, path: Sequence[str]) -> bool:
    """Whether a namespace begins (prefix) or ends (suffix) with a path, in which `*` stands for any one label."""
    if kind not in {"prefix", "suffix"}:
        raise ValueError(f"unsupported match type: {kind}")
    if len(namespace) < len(path):
        return False
    part = namespace[: len(path)] if kind == "prefix" else namespace[len(namespace) - len(path) :]
    return all(asked in {"*", label} for label, asked in zip(part, path, strict=True))
