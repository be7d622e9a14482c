"""Merging of facts: what must never merge, slots, several known facts at once, quantities."""

import itertools

import pytest
from interplay_server.learning.meaning.quantity import Quantity, agree, split
from interplay_server.learning.merge import (
    THRESHOLDS,
    CosineThresholds,
    Fact,
    Relation,
    decide,
    relation,
    relation_explained,
)

DUPLICATE, REFINES = Relation.DUPLICATE, Relation.REFINES
CONTRADICTS, DISTINCT = Relation.CONTRADICTS, Relation.DISTINCT


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ("Budget is 1200 euros", "Budget is 1200 dollars"),
        ("Drinks 1.5 l of water a day", "Drinks 1.5 ml of water a day"),
        ("Is allergic to peanuts", "Is not allergic to peanuts"),
        ("Works at Siemens", "Works at Bosch"),
        ("Son is 5", "Son is 6"),
        ("Flight leaves on 12 May", "Flight leaves on 13 May"),
        ("Prefers aisle seats", "Prefers window seats"),
        ("Wife is called Ana", "Wife is called Eva"),
        ("Takes coffee with milk", "Takes coffee without milk"),
        ("PR 5850 was merged", "PR 5851 was merged"),
        ("Has two cats", "Has three cats"),
        ("Lives in Lisbon", "Mother lives in Lisbon"),
    ],
)
def test_no_cosine_makes_unlike_facts_duplicates(new, old):
    for first, second in ((new, old), (old, new)):
        assert relation(Fact(first), Fact(second), 1.0) in {CONTRADICTS, DISTINCT}


def test_equal_words_beside_other_verbs_merge_only_from_the_threshold_on():
    new, old = Fact("Is preparing for the bar exam in Leeds"), Fact("Is practising for the bar exam in Leeds")
    limits = CosineThresholds(other_verb=0.6, other_words=0.9)
    assert relation(new, old, 0.7, thresholds=limits) is DUPLICATE
    assert relation(new, old, 0.5, thresholds=limits) is DISTINCT


def test_the_default_embedder_has_thresholds():
    assert -1 <= THRESHOLDS["wordllama-256"].other_verb <= THRESHOLDS["wordllama-256"].other_words <= 1


@pytest.mark.parametrize(
    "text", ["", "?!", "Budget:", "not", "no", "without", "and", "犬が好き", "🙂", "a " * 5_000, "Has", "than"]
)
def test_any_text_has_a_relation_and_repeats_itself(text):
    assert relation(Fact(text), Fact(text), 1.0) is DUPLICATE
    assert relation(Fact(text), Fact("Lives in Lisbon"), 0.0) is DISTINCT
    assert relation(Fact("Lives in Lisbon"), Fact(text), 0.0) is DISTINCT


def slot(content, attribute, value, subject="user", single=True):
    return Fact(content, subject=subject, attribute=attribute, value=value, single_valued=single)


def test_slots_decide_where_both_have_them():
    blue = slot("Blue is what they always pick", "favourite_colour", "blue")
    green = slot("Went for green this time", "favourite_colour", "green")
    assert relation(green, blue, 0.2) is CONTRADICTS
    assert relation(slot("Went for green", "car_colour", "green"), blue, 0.9) is DISTINCT
    assert relation(slot("Picks green", "favourite_colour", "green", subject="son"), blue, 0.9) is DISTINCT


def test_nested_values_of_a_slot_refine():
    country = slot("Home: Germany", "home", "Germany")
    town = slot("Home: Berlin, Germany", "home", "Berlin, Germany")
    assert relation(town, country, 0.7) is REFINES
    assert relation(country, town, 0.7) is DUPLICATE


def test_other_values_of_a_slot_with_many_values_stay():
    french = slot("Speaks French", "language", "French", single=False)
    assert relation(slot("Speaks German", "language", "German", single=False), french, 0.8) is DISTINCT


def test_a_fact_may_contradict_two_at_once():
    olds = [Fact("Lives in Munich"), Fact("Home is in Bonn"), Fact("Has a dog")]
    assert decide(Fact("Moved to Berlin"), olds, [0.5, 0.6, 0.1]) == [CONTRADICTS, CONTRADICTS, DISTINCT]


def test_of_several_duplicates_the_nearest_is_renewed_and_nothing_is_refined():
    olds = [Fact("Has a dog called Rex"), Fact("Owns a dog called Rex"), Fact("Has a dog")]
    assert decide(Fact("Dog is called Rex"), olds, [0.8, 0.9, 0.7]) == [DISTINCT, DUPLICATE, DISTINCT]


def test_decide_wants_a_cosine_for_each():
    with pytest.raises(ValueError, match="zip"):
        decide(Fact("Has a dog"), [Fact("Has a cat")], [])


def test_every_verdict_has_a_reason():
    for new, old in itertools.permutations(["Has a dog", "Has a dog called Rex", "Has no dog", "Likes tea"], 2):
        assert relation_explained(Fact(new), Fact(old), 0.5)[1]


def only(text):
    (found,) = [part for part in split(text) if isinstance(part, Quantity)]
    return found


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("1.5 l", "1500 ml", True),
        ("6 ft", "183 cm", True),
        ("6 ft", "188 cm", False),
        ("$1.2k", "1,200 dollars", True),
        ("1200 euros", "1200 dollars", False),
        ("twice a week", "2 times per week", True),
        ("twice a week", "every day", False),
        ("7 pm", "19:00", True),
        ("7 pm", "7 am", False),
        ("5 march 1990", "march 5, 1990", True),
        ("march 5", "5 march 1990", True),
        ("utc+1", "cet", True),
        ("between 2 and 3", "2-3", True),
        ("two", "2", True),
        ("up to $500", "at least $500", False),
        ("68 °f", "20 °c", True),
        ("80 kg", "180 cm", None),
    ],
)
def test_quantities_agree_across_units_and_spellings(a, b, expected):
    assert agree(only(a), only(b)) is expected
    assert agree(only(b), only(a)) is expected
