"""Merging with vectors of words: other wordings of a fact are found, and what must never merge still does not."""

import pytest
from interplay_server.learning.meaning.evidence import evidence
from interplay_server.learning.meaning.gist import gist
from interplay_server.learning.meaning.verdict import Verdict
from interplay_server.learning.meaning.weights import NAMES, WEIGHTS
from interplay_server.learning.merge import Fact, Relation, decide, relation, relation_explained
from interplay_server.models.wordllama import WordLlamaEmbedder

DUPLICATE, REFINES = Relation.DUPLICATE, Relation.REFINES
CONTRADICTS, DISTINCT = Relation.CONTRADICTS, Relation.DISTINCT


@pytest.fixture(scope="module")
def embedder():
    return WordLlamaEmbedder()


@pytest.fixture(scope="module")
def related(embedder):
    def of(new, old):
        mine, yours = embedder.embed([new, old])
        return relation(Fact(new), Fact(old), float(mine @ yours), words=embedder.word_vectors)

    return of


@pytest.mark.parametrize(
    ("new", "old", "expected"),
    [
        ("Browser: Firefox", "Uses Firefox for browsing", DUPLICATE),
        ("Munich resident", "Lives in Munich", DUPLICATE),
        ("Mends bicycles at the weekend", "Repairs bikes on weekends", DUPLICATE),
        ("Gluten makes the user ill", "Can't have gluten", DUPLICATE),
        ("Lactose intolerant", "Can't eat lactose", DUPLICATE),
        ("Has a garden with twelve fruit trees near the river", "Has a garden", REFINES),
        ("Emojis are fine now", "Never use emojis with this user", CONTRADICTS),
        ("The boiler has been repaired", "The boiler is broken", CONTRADICTS),
        ("No longer has a hamster", "Has a hamster named Lola", CONTRADICTS),
        ("Loves mango", "Loves papaya", DISTINCT),
        ("Sells jam", "Sells honey", DISTINCT),
        ("Has one sister", "Has one brother", DISTINCT),
        ("Home insurance is with Zurich", "Car insurance is with AXA", DISTINCT),
        ("I hate my job", "Works as a car salesman", DISTINCT),
    ],
)
def test_other_wordings(related, new, old, expected):
    assert related(new, old) is expected


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ("Budget is 1200 euros", "Budget is 1200 dollars"),
        ("Drinks 1.5 l of water a day", "Drinks 1.5 ml of water a day"),
        ("Is allergic to peanuts", "Is not allergic to peanuts"),
        ("Son is 5", "Son is 6"),
        ("Prefers aisle seats", "Prefers window seats"),
        ("Takes coffee with milk", "Takes coffee without milk"),
        ("PR 5850 was merged", "PR 5851 was merged"),
        ("Has two cats", "Has three cats"),
        ("Lives in Lisbon", "Mother lives in Lisbon"),
        ("Likes jazz", "Hates jazz"),
        ("Works for Siemens", "Works for Bosch"),
    ],
)
def test_no_cosine_makes_unlike_facts_one(embedder, new, old):
    for first, second in ((new, old), (old, new)):
        found = relation(Fact(first), Fact(second), 1.0, words=embedder.word_vectors)
        assert found in {CONTRADICTS, DISTINCT}


@pytest.mark.parametrize("text", ["", "?!", "not", "without", "犬が好き", "🙂", "a " * 5_000, "than"])
def test_any_text_has_a_relation(embedder, text):
    words = embedder.word_vectors
    assert relation(Fact(text), Fact(text), 1.0, words=words) is DUPLICATE
    assert relation(Fact(text), Fact("Lives in Lisbon"), 0.0, words=words) is DISTINCT
    assert relation(Fact("Lives in Lisbon"), Fact(text), 0.0, words=words) is DISTINCT


def test_slots_decide_before_words(embedder):
    green = Fact("The car is green", attribute="car_colour", value="green", single_valued=True)
    blue = Fact("Blue is what they always pick", attribute="favourite_colour", value="blue", single_valued=True)
    assert relation(green, blue, 0.9, words=embedder.word_vectors) is DISTINCT


def test_decide_hands_the_words_on(embedder):
    olds = [Fact("Uses Firefox for browsing"), Fact("Loves papaya")]
    assert decide(Fact("Browser: Firefox"), olds, [0.7, 0.1]) == [DISTINCT, DISTINCT]
    assert decide(Fact("Browser: Firefox"), olds, [0.7, 0.1], words=embedder.word_vectors) == [DUPLICATE, DISTINCT]


def test_every_judgement_has_a_reason(embedder):
    new, old = Fact("Browser: Firefox"), Fact("Uses Firefox for browsing")
    assert relation_explained(new, old, 0.7, words=embedder.word_vectors)[1]


def test_every_piece_of_evidence_has_its_weights(embedder):
    found = evidence(gist("Has a dog"), gist("Has a cat"), 0.5, Verdict.OTHER, embedder.word_vectors)
    assert tuple(found) == NAMES
    assert WEIGHTS.shape == (len(NAMES), 4)
    assert abs(WEIGHTS).max() < 20
