"""Statements of an expert that only put the agent's into other words."""

from interplay_server.learning.paraphrase import alike, reworded
from interplay_server.learning.sentences import sentences


def _reworded(agent, expert, question=""):
    said = sentences(expert)
    return reworded(sentences(agent), said, range(len(said)), question)


def test_other_words_for_a_clause_are_no_gap():
    agent = "Check the weather, tell somebody your route and take plenty of water."
    expert = (
        "Look at the forecast. Let a friend know where you walk. Pack enough to drink. Turn back by noon if it clouds."
    )
    assert _reworded(agent, expert, "How should I prepare for a hike?") == {0, 1, 2}


def test_a_clause_serves_once():
    assert _reworded("Dry the pan.", "Wipe off the moisture. Leave no damp spot.") == {0}


def test_a_new_figure_is_a_gap():
    assert _reworded("The refund takes ten days.", "The money arrives in 14 days.") == set()


def test_what_the_question_says_links_nothing():
    assert (
        _reworded("Any heater may run on it.", "A heater needs a wall socket.", "Can my heater use this lead?") == set()
    )


def test_stems_are_alike_by_beginning_or_by_group():
    assert alike("forecast", "forecaster")
    assert alike("weather", "forecast")
    assert not alike("weather", "socket")
