"""Which of two replies is better: each criterion, symmetry, ties, empty and hostile texts."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interplay_server.evaluation.rules import KnownFact, Lesson, PairContext, judge_pair
from interplay_server.evaluation.rules.marks import CRITERIA, SPECIFICITY
from msgspec.structs import replace

from tests.conftest import ROOT
from tests.unit.evaluation_rules.dialogues import session

SMOKE = [
    json.loads(line)
    for line in (ROOT / "tests" / "quality" / "evaluation" / "reply_pairs_smoke.jsonl").read_text("utf-8").splitlines()
]
MIRROR = {"FIRST": "SECOND", "SECOND": "FIRST", "TIE": "TIE"}
REFUND = "u: I would like to get a refund"
ASKS = "Happy to help you with that. What is your email or phone number?"
KNOWS = (
    "Happy to assist you with that. I can see your phone number is 123-456-7890. "
    "Is that the right number to send the refund confirmation to?"
)


def context(item):
    return PairContext(
        item["first"],
        item["second"],
        tuple(session(*item["turns"])),
        tuple(KnownFact(f"f{n}", text) for n, text in enumerate(item["facts"])),
        tuple(Lesson(*fields) for fields in item["lessons"]),
        item["expert"],
    )


def swapped(pair):
    return replace(pair, first=pair.second, second=pair.first)


def assert_mirrored(pair):
    one, other = judge_pair(pair), judge_pair(swapped(pair))
    assert other.winner == MIRROR[one.winner]
    assert (other.magnitude, other.strength) == (one.magnitude, one.strength)
    assert [(c.name, MIRROR[c.winner], -c.margin) for c in other.criteria] == [
        (c.name, c.winner, c.margin) for c in one.criteria
    ]
    assert other.reason == one.reason.replace(one.winner, other.winner, 1)
    return one


@pytest.mark.parametrize("item", SMOKE, ids=lambda item: item["name"])
def test_smoke(item):
    found = assert_mirrored(context(item))
    assert found.winner == item["winner"], found
    if item["criterion"]:
        assert {c.name: c.winner for c in found.criteria}[item["criterion"]] == item["winner"]
        assert found.magnitude > 0
        assert found.strength in {"SLIGHT", "CLEAR"}
        assert found.reason.startswith(item["winner"])
    else:
        assert (found.magnitude, found.strength) == (0, "NONE")


@pytest.mark.parametrize(
    ("turns", "facts", "strength"),
    [
        ((REFUND,), ("Phone number is 123-456-7890",), "CLEAR"),
        ((REFUND,), ("User's phone number: (123) 456-7890",), "CLEAR"),
        (("u: My phone number is 123-456-7890.", "a: Thanks, noted.", REFUND), (), "CLEAR"),
        (("a: Your phone number, please?", "u: 123 456 7890", "a: How can I help?", REFUND), (), "CLEAR"),
        ((REFUND,), (), "SLIGHT"),
        ((REFUND,), ("Lives in Lisbon",), None),
    ],
)
def test_the_refund_is_decided_for_the_personalised_reply(turns, facts, strength):
    known = tuple(KnownFact(f"f{n}", text) for n, text in enumerate(facts))
    found = assert_mirrored(PairContext(ASKS, KNOWS, tuple(session(*turns)), known))
    assert found.winner == "SECOND"
    if strength:
        assert found.strength == strength
        assert "known of the user" in found.reason
    sides = {c.name: c.winner for c in found.criteria}
    assert sides["asks_for_known"] == ("SECOND" if strength == "CLEAR" else "TIE")


def test_a_claim_against_what_is_known_does_not_win():
    other = (KnownFact("f0", "Phone number is 999-888-7777"),)
    found = judge_pair(PairContext(ASKS, KNOWS, tuple(session(REFUND)), other))
    sides = {c.name: c.winner for c in found.criteria}
    assert sides["contradicts"] == "FIRST"
    assert sides["uses_known_facts"] == "TIE"


def test_a_country_code_is_no_contradiction():
    known = (KnownFact("f0", "Phone number is 123-456-7890"),)
    turns = tuple(session("u: Call me."))
    found = judge_pair(PairContext("I'll call you at +1 (123) 456-7890.", "I'll call you.", turns, known))
    assert {c.name: c.winner for c in found.criteria}["contradicts"] == "TIE"
    assert found.winner == "FIRST"


def test_a_name_of_somebody_else_is_not_asked_for_again():
    turns = tuple(session("u: My name is Ann.", "a: Hello.", "u: Reset my PIN."))
    for asked in ("What was your mother's maiden name?", "What is the name of your first pet?"):
        sides = {c.name: c.winner for c in judge_pair(PairContext(asked, "Please hold.", turns)).criteria}
        assert sides["asks_for_known"] == "TIE"
    sides = {c.name: c.winner for c in judge_pair(PairContext("What is your name?", "Please hold.", turns)).criteria}
    assert sides["asks_for_known"] == "SECOND"


def test_padding_does_not_win():
    said = (
        "Preheat the oven to 220 degrees and slice the potatoes thinly. Layer them with cream, garlic, thyme and grated "
        "Gruyere, then season with nutmeg, salt and white pepper. Cover the dish with foil and bake it for forty minutes, "
        "uncover it, and brown the crust under the grill until the edges crackle. Let it rest before serving so that the "
        "sauce thickens; leftovers keep for three days in the fridge."
    )
    filler = " It is worth saying that this is what you can do, and that you can do it as it is said here." * 6
    turns = tuple(session("u: How do I make potato gratin?"))
    assert judge_pair(PairContext(said, said + filler, turns)).winner != "SECOND"
    assert judge_pair(PairContext(said, f"{said} {said}", turns)).winner != "SECOND"


def test_length_alone_decides_nothing():
    weights = {name: weight for name, _, weight in CRITERIA} | dict([SPECIFICITY])
    assert weights["length"] < 0.15


def test_a_missing_capital_or_mark_alone_decides_nothing():
    turns = tuple(session("u: Where is the station?"))
    said = "The station is behind the museum."
    assert judge_pair(PairContext("Next to the harbour", "Next to the river.", turns)).winner == "TIE"
    found = judge_pair(PairContext("the station is behind the old museum", said, turns))
    assert (found.winner, found.strength) == ("SECOND", "SLIGHT")


@pytest.mark.parametrize("empty", ["", " \n", "...", "!?", "\u200b"])
def test_empty_replies_lose(empty):
    found = assert_mirrored(PairContext(empty, "No.", tuple(session("u: Is it open?"))))
    assert (found.winner, found.strength) == ("SECOND", "CLEAR")
    assert judge_pair(PairContext(empty, "  ")).winner == "TIE"


def test_identical_but_for_form():
    found = judge_pair(PairContext("Yes,  we do!", "yes, we do", tuple(session("u: Do you?"))))
    assert (found.winner, found.reason) == ("TIE", "The replies are identical.")


def test_quotes_are_short_and_reasons_are_one_line():
    long = "I can see your phone number is 123-456-7890, " + "and so on and on " * 40 + "."
    reason = judge_pair(PairContext(ASKS, long, tuple(session(REFUND)))).reason
    assert len(reason.partition("\u201c")[2].partition("\u201d")[0]) <= 120
    assert "\n" not in reason


VOCABULARY = """
sorry please refund phone number is 123-456-7890 your what ? . ! no cannot obviously order A-77120 30 days 90 return
receipt ``` vegetarian dinner the and i you can thanks mail@example.org name Ann \U0001f600 \u8c22\u8c22 Do
"""
WORDS = st.sampled_from([*VOCABULARY.split(), "\n"])
TEXTS = st.lists(WORDS, max_size=90).map(" ".join) | st.text(max_size=60)


@settings(deadline=None, max_examples=250)
@given(TEXTS, TEXTS, st.lists(TEXTS, max_size=4), st.lists(TEXTS, max_size=3), TEXTS, TEXTS)
def test_swapping_mirrors_the_verdict(first, second, said, facts, expert, lesson):
    turns = tuple(session(*(f"{'ua'[n % 2]}:{text}" for n, text in enumerate(said))))
    known = tuple(KnownFact(f"f{n}", text) for n, text in enumerate(facts))
    pair = PairContext(first, second, turns, known, (Lesson("p", lesson, "", expert),), expert)
    found = assert_mirrored(pair)
    assert 0 <= found.magnitude <= 1
    assert (found.winner == "TIE") == (found.strength == "NONE")
    assert judge_pair(pair) == found


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000, "." * 100_000, "```" * 30_000, "? " * 50_000, "1-" * 50_000, "x@" * 50_000, "what is your name " * 6_000,
        "123 456 7890 " * 8_000, "\u0000\ud7ff" * 1000, "\u60a8\u7684\u7535\u8bdd\u53f7\u7801\u662f\u4ec0\u4e48\uff1f" * 1000,
    ],
)  # fmt: skip
def test_hostile_text(text):
    turns = tuple(session(f"u: {text}", f"a: {text}", f"u: {text}"))
    known = (KnownFact("f", text),)
    found = judge_pair(PairContext(text, ASKS, turns, known, (Lesson("p", text, text, text),), text))
    assert found.winner in MIRROR
    assert_mirrored(PairContext(text, f"{text} no", turns, known))
