"""The strict definition of a corrective turn, positives and each kind that is none."""

import pytest
from interplay_server.evaluation.rules import corrective_turns

from tests.unit.evaluation_rules.dialogues import session

CORRECTIVE = [
    ("u: When does the library close?", "a: It closes at 5 pm.", "u: That's wrong, it closes at 8 on Thursdays."),
    ("u: Translate this into Dutch.", "a: Das ist gut.", "u: That is not what I asked for."),
    ("u: List my open invoices.", "a: You have invoice 11.", "u: You forgot invoice 12, add it."),
    ("u: Summarise the memo.", "a: A long text follows here about many things.", "u: Make it shorter."),
    ("u: Reset my password.", "a: Try turning it off and on.", "u: You didn't answer my question."),
    ("u: Order a large pizza.", "a: I ordered a small pizza.", "u: No, I said large."),
    ("u: My phone is +1 555 0100, please call me.", "a: What is your number?", "u: I already gave you my number."),
]
NONE = [
    ("first request", ("u: You never call back, why?",)),
    ("first request after a greeting", ("a: Hello, how can I help?", "u: My invoice is wrong, I was charged twice.")),
    ("new topic", ("u: When does it open?", "a: At nine.", "u: And how much is a ticket for children?")),
    ("answer to a question", ("u: Book a table.", "a: For four people?", "u: No, for two.")),
    ("answer to a question", ("u: Send it to me.", "a: To which address?", "u: 12 Elm Road.")),
    ("thanks", ("u: When does it open?", "a: At nine.", "u: Perfect, thanks a lot!")),
    ("declining more help", ("u: When does it open?", "a: At nine. Anything else?", "u: No thanks, that's all.")),
    ("own mistake", ("u: Book it for June 5.", "a: Booked for June 5.", "u: Sorry, my mistake, I meant June 6.")),
    ("giving up", ("u: Do you know the tune?", "a: I don't know it.", "u: Never mind.")),
    (
        "answer that denies",
        ("u: I have a complaint.", "a: What went wrong?", "u: They charged me twice. That isn't right."),
    ),
]


@pytest.mark.parametrize("lines", CORRECTIVE)
def test_corrective(lines):
    assert corrective_turns(session(*lines)) == (f"t{len(lines) - 1}",)


@pytest.mark.parametrize(("kind", "lines"), NONE)
def test_not_corrective(kind, lines):
    assert corrective_turns(session(*lines)) == (), kind


def test_each_corrective_turn_counts_once_and_context_counts_too():
    lines = (
        "u: Draft a note to my landlord.", "a: Yo landlord!", "u: That's too casual.", "a: Dear Sir, I beg to inform you.",
        "u: Now it's too formal. Make it friendlier.", "a: Dear Ms Hart, hello.", "u: Great, thanks.",
    )  # fmt: skip
    assert corrective_turns(session(*lines)) == ("t2", "t4")
    assert corrective_turns(session(*lines, fresh=False)) == ("t2", "t4")


def test_nothing_to_correct():
    assert corrective_turns([]) == ()
    assert corrective_turns(session("u: That's wrong.")) == ()
