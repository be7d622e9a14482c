"""Grades of single replies."""

import math

import pytest
from interplay_server.evaluation.rules import KnownFact, grade_reply

from tests.unit.evaluation_rules.dialogues import session

ORDER = session("a: Welcome to the tea bar.", "u: Could I get a jasmine tea with honey?")
BETTER = [
    ("Of course! A jasmine tea with honey, coming up.", "Tea"),
    ("Of course, one jasmine tea with honey.", "Obviously."),
    ("Jasmine tea with honey it is.", "We close at six."),
    ("Jasmine tea with honey it is.", "I'm sorry, I can't."),
]


@pytest.mark.parametrize(("good", "bad"), BETTER)
def test_better_replies_grade_higher(good, bad):
    assert 1 > grade_reply(ORDER, good) > grade_reply(ORDER, bad) > 0


def test_arguments_that_nobody_mentioned_grade_lower():
    named = grade_reply(ORDER, "", arguments=["jasmine tea", "honey"])
    partly = grade_reply(ORDER, "", arguments=["jasmine tea", "oat milk"])
    other = grade_reply(ORDER, "", arguments=["espresso"])
    assert named > partly > other
    assert grade_reply(ORDER, "", arguments=["oat milk"], facts=[KnownFact("f", "Takes oat milk")]) > other


def test_nothing_grades_zero_and_no_argument_is_neutral():
    assert grade_reply(ORDER, "") == grade_reply([], " ... ") == 0
    assert grade_reply(ORDER, "", arguments=[""]) == 0.5


@pytest.mark.parametrize("text", ["x" * 100_000, "tea " * 30_000, "\U0001f600", "茶"])
def test_hostile_text(text):
    grade = grade_reply(session(f"u: {text}"), text, arguments=[text], expert=text)
    assert math.isfinite(grade)
    assert 0 <= grade <= 1
