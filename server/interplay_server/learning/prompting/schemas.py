"""The shape of an answer: JSON schemas for providers, and the same as types.

The schemas keep to what strict modes of Anthropic and OpenAI have in common: every property required, nothing besides,
no bounds of length or range (those are checked in `grounding`), no references.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from interplay_server.domain.model import ModelFailure
from interplay_server.domain.window import CATEGORIES, GAP_KINDS, TTLS

ORIGINS = ("correction", "redirection", "success", "annotation")
EXPERT_ORIGIN = "expert"

Schema = Mapping[str, Any]


class Cited(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    turn: str
    quote: str


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A profile item as a model writes it."""

    content: str
    category: str
    subject: str
    attribute: str
    value: str
    single_valued: bool
    ttl: str
    confidence: float
    retracts: bool
    evidence: tuple[Cited, ...]


class Lesson(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A playbook item as a model writes it."""

    origin: str
    trigger: str
    instruction: str
    pitfall: str
    rationale: str
    blocking_kind: str | None
    blocking_details: str
    confidence: float
    evidence: tuple[Cited, ...]


Item = TypeVar("Item", Fact, Lesson)

_TEXT: Schema = {"type": "string"}
_FLAG: Schema = {"type": "boolean"}
_NUMBER: Schema = {"type": "number"}


def _one_of(names: Sequence[str]) -> Schema:
    return {"type": "string", "enum": list(names)}


def _object(properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _list_of(item: Schema) -> Schema:
    return {"type": "array", "items": item}


_EVIDENCE = _list_of(_object({"turn": _TEXT, "quote": _TEXT}))


def _lessons(origins: Sequence[str]) -> Schema:
    # Evidence first: what is written after it is written with the proof in view.
    lesson = {
        "evidence": _EVIDENCE,
        "origin": _one_of(origins),
        "trigger": _TEXT,
        "instruction": _TEXT,
        "pitfall": _TEXT,
        "rationale": _TEXT,
        "blocking_kind": {"anyOf": [_one_of(GAP_KINDS), {"type": "null"}]},
        "blocking_details": _TEXT,
        "confidence": _NUMBER,
    }
    return _object({"items": _list_of(_object(lesson))})


PROFILE_SCHEMA = _object(
    {
        "items": _list_of(
            _object(
                {
                    "evidence": _EVIDENCE,
                    "content": _TEXT,
                    "category": _one_of(CATEGORIES),
                    "subject": _TEXT,
                    "attribute": _TEXT,
                    "value": _TEXT,
                    "single_valued": _FLAG,
                    "ttl": _one_of(tuple(TTLS)),
                    "confidence": _NUMBER,
                    "retracts": _FLAG,
                }
            )
        )
    }
)
LESSON_SCHEMA = _lessons(ORIGINS)
EXPERT_SCHEMA = _lessons((EXPERT_ORIGIN,))


def read(answer: Mapping[str, Any] | None, kind: type[Item]) -> list[Item]:
    """Items of an answer that fulfils a schema. Raises ModelFailure MALFORMED for any other."""
    if answer is None:
        raise _malformed("no object")
    try:
        items = msgspec.convert(answer, type=dict[str, list[kind]])  # type: ignore[valid-type]
    except msgspec.ValidationError as error:
        raise _malformed("an object of another shape") from error
    if set(items) != {"items"}:
        raise _malformed("an object of another shape")
    for item in items["items"]:
        _check(item)
    return items["items"]


def _check(item: Fact | Lesson) -> None:
    if not math.isfinite(item.confidence):
        raise _malformed("a confidence that is no number")
    if isinstance(item, Fact):
        known = item.category in CATEGORIES and item.ttl in TTLS
    else:
        known = item.origin in {*ORIGINS, EXPERT_ORIGIN} and item.blocking_kind in {None, *GAP_KINDS}
    if not known:
        raise _malformed("a word that is not in its list")


def _malformed(what: str) -> ModelFailure:
    return ModelFailure(ModelFailure.MALFORMED, f"the model answered with {what}")
