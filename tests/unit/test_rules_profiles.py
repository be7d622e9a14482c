"""The built-in extractor of profiles, end to end: windows in, candidates out."""

import pytest
from interplay_server.domain.interaction import PRODUCTION, SHADOW
from interplay_server.domain.roles import role_class
from interplay_server.domain.window import Turn, Window
from interplay_server.learning.rules.profiles import READ_HEAD, READ_TAIL, extract_profiles


def window(*said, arm=PRODUCTION, **fields):
    """Turns from "Agent: text" or "text" of the user; `fields` go to the last turn."""
    turns = []
    for i, line in enumerate(said):
        role, text = ("agent", line[7:]) if line.startswith("Agent: ") else ("user", line)
        more = fields if i == len(said) - 1 else {}
        turns.append(Turn(f"i{i}", i, i, "s", more.pop("role_class", role_class(role)), text, **more))
    return Window("u", tuple(turns), arm)


def contents(*said, **fields):
    return [c.content for c in extract_profiles(window(*said, **fields))]


@pytest.mark.parametrize(
    ("question", "answer", "content"),
    [
        ("Where do you live?", "Porto, since last year", "Lives in Porto, since last year"),
        ("What size do you wear?", "Medium", "Wears size Medium"),
        ("What size do you wear?", "a 42", "Wears size 42"),
        ("What is your budget?", "around 350 pounds", "Budget is 350 pounds"),
        ("Do you have any allergies?", "No, none.", "Has no known allergies"),
        ("Are you vegetarian?", "Yes, for ten years now.", "Is vegetarian"),
        ("Do you eat meat?", "no", "Does not eat meat"),
        ("Which language should I answer in?", "Portuguese please", "Wants answers in Portuguese"),
    ],
)
def test_a_short_answer_fills_the_slot_that_was_asked(question, answer, content):
    assert contents(f"Agent: {question}", answer) == [content]


@pytest.mark.parametrize("answer", ["Porto", "Medium", "a 42", "around 350 pounds", "no", "Yes, for ten years now."])
def test_few_words_without_a_question_are_no_fact(answer):
    assert contents(answer) == []


@pytest.mark.parametrize("answer", ["not sure", "why?", "I'd rather not say", "book it", "Thanks a lot"])
def test_no_answer_is_no_fact(answer):
    assert contents("Agent: Where do you live?", answer) == []


def test_an_answer_to_another_reply_is_not_used_in_the_shadow_arm():
    said = ("Agent: Where do you live?", "Porto")
    assert contents(*said, arm=SHADOW) == ["Lives in Porto"]
    assert contents(*said, arm=SHADOW, reacts_to_production=True) == []
    assert contents("Agent: ?", "I live in Porto", arm=SHADOW, reacts_to_production=True) == ["Lives in Porto"]


def test_only_fresh_turns_of_the_user_are_read():
    assert contents("I live in Porto", fresh=False) == []
    assert contents("Agent: I am a doctor and I live in Porto") == []
    assert contents("I am a doctor", role_class="system") == []


def test_a_fact_said_twice_is_one_candidate_with_both_places():
    (made,) = extract_profiles(window("I'm allergic to peanuts", "As I said, I'm allergic to peanuts!"))
    assert [q.interaction_id for q in made.evidence] == ["i0", "i1"]
    assert (made.attribute, made.value, made.ttl) == ("allergy", "peanuts", "infinity")


def test_the_later_value_of_a_single_valued_slot_stays():
    (made,) = extract_profiles(window("My budget is $1.2k", "Actually my budget is 1,500 euros now"))
    assert (made.value, made.single_valued) == ("1500 EUR", True)


def test_a_move_names_the_new_home():
    (made,) = extract_profiles(window("We moved from Leeds to York"))
    assert (made.content, made.attribute, made.value) == ("Lives in York, moved from Leeds", "home", "York")


@pytest.mark.parametrize(
    ("text", "attribute", "value"),
    [("I don't have the dog any more", "pet", "dog"), ("I'm no longer vegan", "diet", "vegan"),
     ("I don't work at Shell anymore", "employer", "Shell")],
)  # fmt: skip
def test_an_end_retracts(text, attribute, value):
    (made,) = extract_profiles(window(text))
    assert (made.retracts, made.attribute, made.value) == (True, attribute, value)


def test_giving_up_a_food_is_a_fact_of_its_own():
    (made,) = extract_profiles(window("I no longer eat meat"))
    assert (made.content, made.retracts) == ("No longer eats meat", False)


def test_relatives_are_subjects_of_their_own():
    (made,) = extract_profiles(window("my daughter is allergic to nuts"))
    assert (made.content, made.subject, made.attribute) == ("Daughter is allergic to nuts", "daughter", "allergy")


def test_unlike_things_are_facts_apart():
    assert contents("I have two kids, a dog and a Tesla") == ["Has two kids", "Has a dog", "Has a Tesla"]


def test_a_hedge_lowers_and_a_marker_raises_confidence():
    plain, hedged, marked = (
        extract_profiles(window(text))[0].confidence
        for text in ("I prefer tea", "I think I prefer tea", "Remember that I prefer tea")
    )
    assert hedged < plain < marked


@pytest.mark.parametrize(
    ("text", "ttl"), [("I'm traveling to Oslo next week", "one_week"), ("my name is Ana", "infinity")]
)
def test_time_in_the_clause_bounds_the_fact(text, ttl):
    assert extract_profiles(window(text))[0].ttl == ttl


def test_evidence_counts_code_points_past_emoji():
    text = "🎉🎉 so happy! im a teacher from São Paulo 😀"
    (made,) = extract_profiles(window(text))
    assert text[made.evidence[0].start : made.evidence[0].end] == "im a teacher from São Paulo"


def test_evidence_at_the_end_of_a_very_long_turn():
    text = "la " * 5_000 + ". I live in Porto."
    (made,) = extract_profiles(window(text))
    assert text[made.evidence[0].start : made.evidence[0].end] == "I live in Porto"
    middle = "la " * 5_000 + ". I live in Porto. " + "la " * 5_000
    assert len(middle) > READ_HEAD + READ_TAIL
    assert contents(middle) == []


@pytest.mark.parametrize(
    "unit",
    ["a", "I am ", ", ", "i have very ", "' ", "\n", "$1,1,", "a.a@", "my son , ", "my budget ", ".", "(", "😀", "here is the ",
     "not ", "\u2018a", "allergic to "],
)  # fmt: skip
def test_hostile_text_ends(unit):
    """What is read of a turn is bounded, so this is quick however long the turn is; a hang fails by the suite's limit."""
    extract_profiles(window(unit * (1_000_000 // len(unit))))


def test_same_window_same_candidates():
    said = (
        "I live in Porto",
        "my dog Rex is 4",
        "I love hiking and hate running",
        "I have two kids, a dog and a Tesla",
    )
    assert extract_profiles(window(*said)) == extract_profiles(window(*said))
