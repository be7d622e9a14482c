"""Turns values of files into values of records: ids, instants, numbers, words; whatever is out of range is Invalid."""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

# The limits of the messages by which the same records come and are told.
MAX_ID = 256
"""Characters of an id, a tag, a name, a vendor or a product type; others may have:"""
MAX_WORD, MAX_TITLE, MAX_EMAIL, MAX_AGENT, MAX_CURRENCY, MAX_STATUS = 128, 1_000, 320, 2_000, 16, 64
MAX_TAGS = 250
MAX_RESULTS = 1_000
"""Products that a search showed."""
MAX_QUANTITY = 1_000_000
LAST_INSTANT = 253_402_300_800_000_000
"""Microseconds at the end of the year 9999."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_GID = re.compile(r"gid://[^/]+/([A-Za-z]+)/([^/?]+)(?:\?.*)?", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f]")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
# Up to here a bare number counts seconds (the year 5138), milliseconds, microseconds.
_SECONDS, _MILLIS, _MICROS = 1e11, 1e14, 1e17


class Invalid(Exception):
    """A field holds what a record cannot; says field and rule and never the value, which may be personal."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")


def identifier(value: object, field: str, *, required: bool = False) -> str:
    """An id as text: numbers as written, of `gid://shopify/Product/123` the last part, so that all sources join.

    Absent is empty. Raises Invalid beyond 256 characters, for control characters, for anything but text or a whole
    number, and where it is required and absent.
    """
    if value is None and not required:
        return ""
    if isinstance(value, bool):
        raise Invalid(field, "neither text nor a number")
    if isinstance(value, int):
        value = str(value)
    elif isinstance(value, float) and value.is_integer():
        value = str(int(value))
    elif value is not None and not isinstance(value, str):
        raise Invalid(field, "neither text nor a whole number")
    found = (value or "").strip()
    if found.startswith("gid://") and (gid := _GID.fullmatch(found)):
        found = gid[2]
    if required and not found:
        raise Invalid(field, "missing")
    if len(found) > MAX_ID:
        raise Invalid(field, f"longer than {MAX_ID} characters")
    if _CONTROL.search(found):
        raise Invalid(field, "holds control characters")
    return found


def gid_type(value: object) -> str:
    """`Product` of `gid://shopify/Product/123`, empty for anything else."""
    gid = _GID.fullmatch(value) if isinstance(value, str) else None
    return gid[1] if gid else ""


def text(value: object, field: str, limit: int = MAX_ID) -> str:
    """Trimmed text, empty where absent. Raises Invalid."""
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise Invalid(field, "not text")
    value = value.strip()
    if len(value) > limit:
        raise Invalid(field, f"longer than {limit} characters")
    return value


def instant(value: object, field: str, *, required: bool = False) -> int | None:
    """Microseconds since 1970: ISO 8601 or SQL text (UTC where no zone is told), or seconds, ms or µs as a number.

    Raises Invalid where it is no time or not of the years 1970 to 9999.
    """
    if isinstance(value, str):
        value = value.strip()
    if value is None or value == "":
        if required:
            raise Invalid(field, "missing")
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Invalid(field, "not a time")
    micros = (
        _calendar(value, field) if isinstance(value, str) and not _NUMBER.fullmatch(value) else _epoch(value, field)
    )
    if not 0 <= micros < LAST_INSTANT:
        raise Invalid(field, "not of the years 1970 to 9999")
    return micros


def _calendar(value: str, field: str) -> int:
    try:
        moment = datetime.fromisoformat(value.removesuffix(" UTC"))
    except ValueError:
        raise Invalid(field, "not a time") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _epoch(value: str | float, field: str) -> int:
    if isinstance(value, str):
        value = int(value) if value.isdecimal() and len(value) < MAX_ID else float(value)
    size = abs(value)
    if not math.isfinite(size) or size >= _MICROS:
        raise Invalid(field, "not of the years 1970 to 9999")
    factor = 1_000_000 if size < _SECONDS else 1_000 if size < _MILLIS else 1
    return round(value * factor)


def number(value: object, field: str, *, low: float = 0.0) -> float | None:
    """A finite number of at least `low`, None where absent or empty. Raises Invalid."""
    if isinstance(value, str):
        value = value.strip()
        if value and not _NUMBER.fullmatch(value):
            special = value.lower().lstrip("+-") in {"nan", "inf", "infinity"}
            raise Invalid(field, "not finite" if special else "not a number")
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Invalid(field, "not a number")
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise Invalid(field, "not finite")
    if found < low:
        raise Invalid(field, f"below {low:g}")
    return found


def whole(value: object, field: str, *, absent: int | None = None) -> int:
    """A whole number from 0 to a million. Raises Invalid, also where it is missing and `absent` is None."""
    found = number(value, field)
    if found is None:
        if absent is None:
            raise Invalid(field, "missing")
        return absent
    if not found.is_integer() or found > MAX_QUANTITY:
        raise Invalid(field, f"not a whole number up to {MAX_QUANTITY}")
    return int(found)


def flag(value: object, field: str, *, absent: bool) -> bool:
    """Raises Invalid for anything but true, false, t, f, yes, no, 1 and 0."""
    if value is None or value == "":
        return absent
    word = str(value).strip().lower()
    if word in {"true", "t", "yes", "1"}:
        return True
    if word in {"false", "f", "no", "0"}:
        return False
    raise Invalid(field, "neither true nor false")


def words(value: object, field: str, most: int = MAX_TAGS) -> tuple[str, ...]:
    """Tags or ids: a list, text with commas, a JSON array as text or an SQL array `{a,b}`. Raises Invalid."""
    if value is None or value == "":
        return ()
    if isinstance(value, str) and value.startswith("["):
        try:
            value = msgspec.json.decode(value)
        except msgspec.DecodeError:
            raise Invalid(field, "not a list") from None
    if isinstance(value, str):
        listed = value[1:-1] if value.startswith("{") and value.endswith("}") else value
        value = [one.strip().strip('"') for one in listed.split(",")]
    if not isinstance(value, list):
        raise Invalid(field, "not a list")
    found = tuple(dict.fromkeys(word for one in value if (word := text(one, field))))
    if len(found) > most:
        raise Invalid(field, f"more than {most}")
    return found


def first(document: Mapping[str, Any], names: Iterable[str]) -> Any:
    """The value of the first of these names that is told, else None."""
    for name in names:
        value = document.get(name)
        if value is not None:
            return value
    return None
