"""Whether somebody comes back with the same matter."""

import pytest
from interplay_server.evaluation.rules import same_topic


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (["My washing machine leaks water."], ["Hi again, the washing machine is still leaking water"]),
        (["Where is order A-99812?"], ["A-99812 has still not come"]),
        (["I can't log in to the billing portal"], ["hello", "log in to the billing portal fails"]),
    ],
)
def test_same(one, two):
    assert same_topic(one, two)
    assert same_topic(two, one)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (["My washing machine leaks water."], ["How do I pay my invoice by card?"]),
        (["I have a question"], ["I have a question"]),
        ([], []),
        (["Where is order A-99812?"], ["Where is order B-10044?"]),
        (["hello"], ["hello"]),
    ],
)
def test_not_same(one, two):
    assert not same_topic(one, two)
    assert not same_topic(two, one)
