"""docs/api is current, complete and without dead links; its rules have words for every rule that the proto uses."""

import re

import pytest
from interplay.v1 import profile_service_pb2
from interplay_server.docs_tables import reference, rules
from interplay_server.services.methods import SERVICES

from tests.conftest import ROOT

FOLDER = ROOT / "docs" / "api"


@pytest.fixture(scope="module")
def made():
    return reference.pages(reference.image(ROOT))


def test_the_pages_are_current(made):
    kept = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*")}
    assert sorted(kept) == sorted(made)
    for name, text in made.items():
        assert kept[name] == text, f"docs/api/{name} is not current: python -m interplay_server.docs_tables"


def test_the_same_image_gives_the_same_pages(made):
    assert reference.pages(reference.image(ROOT)) == made


def test_every_method_message_and_field_is_told(made):
    for service in SERVICES.values():
        page = next(text for text in made.values() if f"\n# {service.name}\n" in text)
        for method in service.methods:
            assert f"\n## {method.name}\n" in page
            for message in (method.input_type, method.output_type):
                assert re.search(rf"(?:Request|Response): \[?{message.name}\b", page), message.name
    page = made["profile-service.md"]
    for name, message in profile_service_pb2.DESCRIPTOR.message_types_by_name.items():
        told = page.partition(f"{name}\n")[2].partition("\n##")[0]
        for field in message.fields:
            assert f"| `{field.name}` | {field.number} |" in told


def test_every_row_says_something(made):
    for name, text in made.items():
        rows = [line for line in text.splitlines() if re.match(r"\| `", line)]
        for row in rows:
            assert re.search(r"\S[.}`)]+ \|$", row), f"{name}: {row}"


def slug(heading):
    return re.sub(r"[^a-z0-9_ -]", "", heading.lower()).replace(" ", "-")


def test_links_lead_somewhere(made):
    anchors = {
        name: {slug(found) for found in re.findall(r"^#+ (.+)$", text, re.MULTILINE)} for name, text in made.items()
    }
    count = 0
    for name, text in made.items():
        for target, anchor in re.findall(r"\]\(([a-z0-9-]*(?:\.md)?)#([^)]+)\)", text):
            assert anchor in anchors[target or name], f"{name}: {target}#{anchor}"
            count += 1
        for path in re.findall(r"\]\((\.\./[^)#]+)\)", text):
            assert (FOLDER / path).resolve().exists(), f"{name}: {path}"
    assert count > 500


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"string": {"minLen": "1", "maxLen": "10000"}}, "1 to 10,000 characters"),
        ({"string": {"maxLen": "256"}, "required": True}, "at most 256 characters; required"),
        ({"int32": {"gte": 0, "lte": 100}}, "0 to 100"),
        ({"double": {"finite": True, "gt": 0}}, "finite; above 0"),
        ({"enum": {"definedOnly": True, "notIn": [0]}}, "a value of this version; not unspecified"),
        (
            {"repeated": {"maxItems": "1000", "items": {"string": {"minLen": "1", "maxLen": "64"}}}},
            "at most 1,000 items; each item 1 to 64 characters",
        ),
        ({"repeated": {"minItems": "1"}}, "at least 1 item"),
        ({"string": {"in": ["", "semantic"]}}, "one of empty, `semantic`"),
        ({"map": {"maxPairs": "3", "values": {"double": {"gte": 0}}}}, "at most 3 pairs; each value at least 0"),
    ],
)
def test_rules_in_words(given, words):
    assert rules.of_field(given) == words


@pytest.mark.parametrize("given", [{"string": {"email": True}}, {"brandNew": 1}])
def test_a_rule_without_words_is_not_left_out_in_silence(given):
    with pytest.raises(ValueError, match="no words"):
        rules.of_field(given)


def test_messages_with_rules_of_their_own():
    assert rules.of_message({"cel": [{"id": "a", "message": "one needs the other", "expression": "true"}]}) == [
        "one needs the other"
    ]
    with pytest.raises(ValueError, match="no words"):
        rules.of_message({"other": 1})
