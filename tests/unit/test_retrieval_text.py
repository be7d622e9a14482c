"""Tokens, stems, names and pronouns."""

import pytest
from interplay_server.domain.roles import strip_speaker_prefix
from interplay_server.retrieval import text as txt


def stems(text):
    return [word.stem for word in txt.words(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("She was painting the paintings", ["paint", "paint"]),
        ("Caroline's dog doesn't bark", ["carolin", "dog", "bark"]),
        ("Caroline\u2019s dog", ["carolin", "dog"]),
        ("self-care in 2023", ["self", "care", "2023"]),
        ("Die Straßenbahn fährt", ["die", "strassenbahn", "fährt"]),
        ("l'homme", ["homm"]),
        ("", []),
        ("?!… 🙂", []),
    ],
)
def test_words_are_stemmed_without_stop_words(text, expected):
    assert stems(text) == expected


def test_unspaced_scripts_give_pairs_and_single_han():
    assert stems("犬が好き") == ["犬が", "が好", "好き", "犬", "好"]
    assert stems("犬") == ["犬"]
    assert set(stems("犬")) & set(stems("犬が好き"))


def test_combining_marks_do_not_cut_words():
    assert stems("हिन्दी") == ["हिन्दी"]


def test_long_words_are_cut():
    assert len(txt.words("a" * 100_000)[0].text) == 64


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("Caroline: hi there", ["Caroline"], "hi there"),
        ("**caroline**: hi", ["Caroline"], "hi"),
        ("Note: buy milk", ["Caroline"], "Note: buy milk"),
        ("花子\uff1aこんにちは", ["花子"], "こんにちは"),
        ("Caroline:", ["Caroline"], "Caroline:"),
        ("at 10:30", ["", " "], "at 10:30"),
    ],
)
def test_speaker_prefix(text, names, expected):
    assert strip_speaker_prefix(text, names) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("How are you?", True),
        ('"How are you?" ', True),
        ("元気ですか\uff1f", True),
        ("What's up? [shares a photo: a dog]", True),
        ("Really? Yes.", False),
        ("[why?]", True),
        ("", False),
    ],
)
def test_question_flag(text, expected):
    assert txt.ends_with_question(text) is expected


def test_class_words_and_numbers_are_no_names():
    assert txt.name_words("User") == txt.name_words("Support Agent 7") == frozenset()
    assert txt.name_words("Mary-Ann O'Brien") == {"mary", "ann", "brien"}


def test_names_leave_the_dense_query_only():
    query = txt.analyse_query("What did Caroline's sister paint?", {"caroline"}, 64)
    assert query.named == {"caroline"}
    assert query.dense_text == "What did  sister paint?"
    assert [word.text for word in query.words] == ["caroline", "sister", "paint"]


def test_a_query_of_names_alone_keeps_its_dense_text():
    assert txt.analyse_query("Caroline?", {"caroline"}, 64).dense_text == "Caroline?"


def test_an_unspaced_name_is_found_inside_a_run():
    query = txt.analyse_query("花子は何を描いた", {"花子"}, 64)
    assert query.named == {"花子"}
    assert "花子" not in query.dense_text


@pytest.mark.parametrize(
    ("query", "side"),
    [
        ("where did I park my car", "user"),
        ("what did you tell me", "agent"),
        ("which restaurants were recommended", "agent"),
        ("Can you remind me where I parked?", "user"),
        ("what did the assistant promise", "agent"),
        ("red bicycle", ""),
    ],
)
def test_the_first_pronoun_points_to_a_side(query, side):
    assert txt.analyse_query(query, frozenset(), 64).side == side


def test_distinct_words_are_capped():
    query = txt.analyse_query(" ".join(f"word{i}" for i in range(5000)), frozenset(), 64)
    assert len(query.words) == 64
