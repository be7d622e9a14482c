"""Corrections without a word of rejection, and turns that only go on."""

import pytest
from interplay_server.domain.window import Turn, Window
from interplay_server.learning.lessons import lessons

IMPLIED = """
Who wrote Middlemarch? | Jane Austen. | George Eliot. => George Eliot
How tall is the Eiffel Tower? | About 300 m. | With the antennas it's 330 m. => 330
What's the emergency number here? | 911. | We're in Spain, so 112. => 112
book me a cab for 7 | Done, a cab is coming at 7 pm. | 7 in the MORNING. obviously => MORNING
Prepare the slides for Monday. | Here are 32 slides ... | Ten at most. Nobody sits through thirty-two. => Ten at most
Can you fix my query? | SELECT * FROM orders ... | We never select star in this codebase, list the columns. => columns
Add Lena to the meeting. | I added Lena Schmidt. | It should have been Lena Sommer. => Lena Sommer
Translate the menu. | Dish 1: Snail in butter ... | Prices are missing. => Prices
what's our vpn address | vpn.oldcorp.example | thats the old one, it's vpn.newcorp.example => vpn.newcorp.example
Give me the population of Slovenia | 5.4 million | You've mixed it up with Slovakia. Slovenia has 2.1 million. => 2.1
"""
GOES_ON = """
Make a list of jobs | Here is a list of ten. | These look great.
How tall is Everest? | 8,849 m. | That's 20 times the Eiffel Tower!
Find a recipe for soup | Here is one with leeks. | Put it in my folder please.
When does the train leave? | At 9:40 from platform 2. | We have 20 minutes then.
Is the shop open? | Until 8 pm. | My wife said 7, she was wrong.
Book a taxi | Done, it comes at 7. | Book one for Tuesday as well.
Who invented the zip? | Whitcomb Judson. | Never would have guessed.
What's 20% of 80? | 16. | Then use 16 in the invoice.
Where's my parcel? | It is in Lyon. | That courier is useless, wrong city again.
Set a timer | For how long? | Ten minutes, not a second longer.
Which bus goes to the zoo? | Line 12. | Only one change, good.
"""


def _lessons(*said):
    turns = [
        Turn(f"i{n}", n, n * 1_000_000, "s", "agent" if n == 2 else "user", text) for n, text in enumerate(said, 1)
    ]
    return lessons(Window("u", tuple(turns)))


@pytest.mark.parametrize("line", IMPLIED.strip().splitlines())
def test_an_unspoken_correction_is_a_lesson(line):
    said, words = line.rsplit(" => ", 1)
    (made,) = _lessons(*said.split(" | "))
    assert (made.origin, words in made.instruction) == ("correction", True)


@pytest.mark.parametrize("line", GOES_ON.strip().splitlines())
def test_a_turn_that_goes_on_is_no_correction(line):
    assert [one for one in _lessons(*line.split(" | ")) if one.origin in {"correction", "redirection"}] == []
