"""Answers that must be a JSON object: found in text, checked, and described when they fail."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from interplay_server.models.structured import Unfit, correction, is_closed, read_object, request_in_words

from tests.support.fake_models import FakeModels

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["facts"],
    "properties": {
        "facts": {
            "type": "array",
            "maxItems": 3,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["text", "score"],
                "properties": {
                    "text": {"type": "string", "minLength": 1},
                    "score": {"type": "number", "minimum": 0, "maximum": 1},
                    "kind": {"enum": ["diet", "role"]},
                },
            },
        },
    },
}
GOOD = {"facts": [{"text": "eats no meat — ever 🥕", "score": 0.5, "kind": "diet"}]}
ANY = {"type": "object"}


@pytest.mark.parametrize(
    "around",
    ["{}", " \n{}\n", "```json\n{}\n```", "```\n{}```", "Here it is:\n{}\nAnything else?", "{} {{not: json}}"],
)
def test_the_object_is_found(around):
    written = json.dumps(GOOD, ensure_ascii=False)
    found = read_object(around.format(written), SCHEMA)
    assert found.value == GOOD and json.loads(found.text) == GOOD and found.text == written


@given(st.dictionaries(st.text(), st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists)))
def test_every_object_comes_back(value):
    assert read_object(f"x {json.dumps(value)} y", ANY).value == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not valid JSON"), ("no", "not valid JSON"), ("{", "not valid JSON"), ('{"facts": [}', "not valid JSON"),
        ('{"facts": NaN}', "not valid JSON"), ('{"facts": Infinity}', "not valid JSON"), ("[1]", "not a JSON object"),
        ("null", "not a JSON object"), ('"facts"', "not a JSON object"), ('{"facts": ' + "9" * 5000 + "}", "not valid JSON"),
        ('{"facts": [{"text": "\\ud800", "score": 1}]}', "not Unicode"), ("{}", "$ lacks facts"),
        ('{"a":' * 100_000, "nested too deeply"),
        ('{"facts": 3}', '$.facts breaks the rule type: "array"'),
        ('{"facts": [{"text": "x"}]}', "$.facts[0] lacks score"),
        ('{"facts": [{"score": 0}]}', "$.facts[0] lacks text"),
        ('{"facts": [{"text": "", "score": 1}]}', "$.facts[0].text breaks the rule minLength: 1"),
        ('{"facts": [{"text": "x", "score": 2}]}', "$.facts[0].score breaks the rule maximum: 1"),
        ('{"facts": [{"text": "x", "score": "1"}]}', '$.facts[0].score breaks the rule type: "number"'),
        ('{"facts": [{"text": "x", "score": true}]}', '$.facts[0].score breaks the rule type: "number"'),
        ('{"facts": [{"text": "x", "score": 1, "kind": "car"}]}', 'kind breaks the rule enum: ["diet", "role"]'),
        ('{"facts": [], "more": 1}', "$ has properties that the schema does not name"),
        (json.dumps({"facts": [{"text": "x", "score": 1}] * 4}), "$.facts breaks the rule maxItems: 3"),
        (json.dumps({"facts": [{"score": 7}] * 3}), "and 1 more"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(text, said):
    with pytest.raises(Unfit) as caught:
        read_object(text, SCHEMA)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 2000 and str(caught.value) in correction(str(caught.value))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_no_reference_is_fetched():
    with FakeModels().in_thread() as server:
        with pytest.raises(Exception, match=r"(?i)unresolvable"):
            read_object("{}", {"$ref": f"{server.base_url('anthropic')}/schema.json"})
        assert server.connections == 0


def test_references_within_the_schema_are_followed():
    schema = {"type": "object", "properties": {"x": {"$ref": "#/$defs/n"}}, "$defs": {"n": {"type": "integer"}}}
    assert read_object('{"x": 1}', schema).value == {"x": 1}
    with pytest.raises(Unfit, match=r"\$\.x breaks"):
        read_object('{"x": "1"}', schema)


def test_the_schema_in_words_is_whole():
    assert json.loads(request_in_words(SCHEMA).partition("\n")[2]) == SCHEMA


@pytest.mark.parametrize(
    ("schema", "closed"),
    [
        (SCHEMA, False), (ANY, False), ({"type": "string"}, True),
        ({"type": "object", "properties": {"a": {}}, "required": ["a"], "additionalProperties": False}, True),
        ({"type": "object", "properties": {"a": {}}, "required": [], "additionalProperties": False}, False),
        ({"type": "array", "items": {"type": "object"}}, False), ({"anyOf": [{"type": "null"}, ANY]}, False),
    ],
)  # fmt: skip
def test_closed_schemas(schema, closed):
    assert is_closed(schema) is closed
