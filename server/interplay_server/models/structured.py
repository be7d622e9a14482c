"""Answers that must be a JSON object of a given schema: reading, checking, and asking for a better one."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry

_MOST_PROBLEMS = 5
# Without a registry of its own the validator would fetch what a `$ref` names.
_NO_REGISTRY: Registry[Any] = Registry()


class Unfit(Exception):
    """An answer is no JSON object of the schema; the message says why, in words for the model."""


class Fitting(NamedTuple):
    text: str
    """The object alone, without what stood around it."""
    value: Mapping[str, Any]


def read_object(text: str, schema: Mapping[str, Any]) -> Fitting:
    """The object in `text` that fulfils `schema` (JSON Schema 2020-12). Prose and fences around it are passed over.

    Raises Unfit.
    """
    try:
        found, value = _first_object(text)
        if not isinstance(value, dict):
            raise Unfit("it is not a JSON object")
        found.encode()
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise Unfit("it holds characters that are not Unicode") from None
    except ValueError:
        raise Unfit("it is not valid JSON") from None
    except RecursionError:
        raise Unfit("it is nested too deeply") from None
    if problems := _problems(value, schema):
        raise Unfit("; ".join(problems))
    return Fitting(found, value)


def correction(problem: str) -> str:
    """What a model is told whose answer was `problem`."""
    return (
        f"Your answer could not be used: {problem}. "
        "Answer again with the corrected JSON object alone, without any text around it."
    )


def request_in_words(schema: Mapping[str, Any]) -> str:
    """The schema for a model whose endpoint takes none."""
    return (
        "Answer with one JSON object alone, without any text around it, that fulfils this JSON Schema:\n"
        + json.dumps(schema, ensure_ascii=False, sort_keys=True)
    )


def is_closed(schema: object) -> bool:
    """Whether every object of the schema allows its properties alone and requires them all, as strict modes ask."""
    if isinstance(schema, list):
        return all(map(is_closed, schema))
    if not isinstance(schema, dict):
        return True
    if schema.get("type") == "object":
        names = set(schema.get("properties", {}))
        if schema.get("additionalProperties") is not False or set(schema.get("required", [])) != names:
            return False
    return all(is_closed(value) for value in schema.values())


def _first_object(text: str) -> tuple[str, object]:
    """Raises ValueError."""
    decoder = json.JSONDecoder(parse_constant=_refuse)
    stripped = text.strip()
    try:
        return stripped, decoder.decode(stripped)
    except ValueError:
        start = stripped.find("{")
        if start < 0:
            raise
        value, end = decoder.raw_decode(stripped, start)
        return stripped[start:end], value


def _refuse(constant: str) -> object:
    raise ValueError(constant)


def _problems(value: object, schema: Mapping[str, Any]) -> list[str]:
    validator = Draft202012Validator(schema, registry=_NO_REGISTRY)
    found = sorted(validator.iter_errors(value), key=lambda error: [str(step) for step in error.absolute_path])
    said = [_in_words(error) for error in found[:_MOST_PROBLEMS]]
    return said + [f"and {len(found) - _MOST_PROBLEMS} more"] * (len(found) > _MOST_PROBLEMS)


def _in_words(error: ValidationError) -> str:
    instance: Any = error.instance
    where = error.json_path[:200]
    if error.validator == "required":
        rule: Any = error.validator_value
        missing = [name for name in rule if name not in instance]
        return f"{where} lacks {', '.join(missing)}"
    if error.validator == "additionalProperties" and error.validator_value is False:
        return f"{where} has properties that the schema does not name"
    said = json.dumps(error.validator_value, ensure_ascii=False)
    return f"{where} breaks the rule {error.validator}: {said[:200]}"
