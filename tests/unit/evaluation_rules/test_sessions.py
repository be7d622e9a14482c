"""Outcome, evidence, turns to resolution, escalation, satisfaction and errors of single sessions."""

import math

import pytest
from interplay_server.domain.window import Judgement, Turn
from interplay_server.evaluation.rules import ToolResult, judge_session
from interplay_server.evaluation.rules.results import MOST_POINTS, OUTCOMES
from interplay_server.evaluation.rules.session import IDLE_US, POINTS
from msgspec.structs import replace

from tests.unit.evaluation_rules.dialogues import SECOND, session

SUCCESSES = [
    (
        "u: My router drops the connection.",
        "a: Restart it and update the firmware to 2.1.",
        "u: That fixed it, thanks!",
    ),
    ("u: Please cancel order 5512.", "a: Order 5512 has been cancelled.", "u: Thank you, that's all."),
    ("u: Book me a table for two at 7.", "a: Your table for two at 7 is booked.", "u: Great, bye!"),
    ("u: How do I export my data?", "a: Open Settings, then Export.", "u: It works now."),
]
FAILURES = [
    ("u: I want a refund for my jacket.", "a: I'm sorry, I cannot refund sale items.", "u: That's ridiculous."),
    (
        "u: What is my balance?",
        "a: Your order ships on Monday.",
        "u: No, that's not what I asked for. I want my balance.",
    ),
    ("u: I need a visa letter.", "a: I am unable to issue letters.", "u: Let me speak to a manager."),
    (
        "u: Delete my account.",
        "a: I'm transferring you to a colleague.",
    ),
    ("u: Change my seat to 4A.", "a: I can't change seats after check-in.", "u: Okay, thanks anyway."),
]
ABANDONED = [
    ("u: Where is my parcel?", "a: What is your order number?"),
    ("u: I want to change my flight.", "a: I need your booking code.", "u: Forget it, I'll do it myself."),
    (
        "u: Can you help me with my tax form?",
        "a: Sure. Which form?",
        "u: The one for freelancers, which deadline applies?",
    ),
    ("u: Is the shop open on Sunday?",),
]
UNKNOWN = [
    (),
    ("a: Welcome! We sell lamps.",),
    ("u: What is the tallest mountain in Spain?", "a: Teide, at 3,715 metres."),
    ("s: session started",),
]
PARTIAL = [
    ("u: Cancel my hotel and my flight.", "a: Your hotel has been cancelled. I cannot cancel the flight, it is non-refundable.",
     "u: Okay, thank you."),
    ("u: Please update my address and refund the shipping.",
     "a: Your address has been updated. I am not able to refund the shipping.", "u: The address works now, thanks."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("outcome", "lines"),
    [("SUCCESS", one) for one in SUCCESSES]
    + [("FAILURE", one) for one in FAILURES]
    + [("ABANDONED", one) for one in ABANDONED]
    + [("UNKNOWN", one) for one in UNKNOWN]
    + [("PARTIAL", one) for one in PARTIAL],
)
def test_each_outcome(outcome, lines):
    found = judge_session(session(*lines), finished=True)
    assert found.outcome == outcome, found
    assert found.method == "rules"
    assert "heuristic" in found.note.lower()


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        (("u: Can you help me with my order? Thanks!", "a: Sure, what is the number?"), "ABANDONED"),
        (("a: Hello, how can I help?", "u: My lamp is terrible, it still doesn't work. Thanks!"), "ABANDONED"),
        (
            ("u: My lamp is terrible, it still doesn't work.", "a: Replace the bulb.", "u: That did it, thanks!"),
            "SUCCESS",
        ),
        (("u: I need to check my balance.", "a: Your balance is 40 euros."), "UNKNOWN"),
        (("u: Cancel my plan.", "a: Your plan hasn't been cancelled yet. It ends in May."), "UNKNOWN"),
        (("u: Wo ist mein Paket?", "a: Ihr Paket ist unterwegs.", "u: Danke!"), "SUCCESS"),
        (
            ("u: I want a human!", "a: What is wrong?", "u: My bill.", "a: I have corrected it.", "u: Perfect!"),
            "PARTIAL",
        ),
        (("u: translate hello", "a: hola", "u: No, into French.", "a: bonjour"), "UNKNOWN"),
        (("u: Find a hotel.", "a: Try Hotel Sole.", "u: Sounds good, book it."), "ABANDONED"),
    ],
)
def test_what_is_said_before_a_reply_is_no_verdict_on_it(lines, outcome):
    assert judge_session(session(*lines), finished=True).outcome == outcome


def test_the_score_ranks_outcomes():
    def score(lines):
        return judge_session(session(*lines), finished=True).success

    worst_success = min(map(score, SUCCESSES))
    assert worst_success > 0.5 > max(map(score, FAILURES + ABANDONED))
    assert score(()) == 0.5


@pytest.mark.parametrize("lines", SUCCESSES + FAILURES + ABANDONED + UNKNOWN + PARTIAL)
def test_evidence_points_to_turns_and_adds_up(lines):
    turns = session(*lines)
    found = judge_session(turns, finished=True, repeat_contact=True)
    ids = {turn.interaction_id for turn in turns}
    assert {one.interaction_id for one in found.evidence} <= ids
    assert all(POINTS[one.what] == one.weight for one in found.evidence)
    assert all(-1 <= one.share <= 1 for one in found.evidence)
    assert {one.interaction_id for one in found.satisfaction} <= ids
    assert found.outcome in OUTCOMES
    assert 0 <= found.success <= 1
    assert 0 <= found.confidence <= 1


def test_turns_to_resolution_count_user_turns_before_the_resolving_agent_turn():
    lines = (
        "u: I'd like to change my flight.", "a: What is your booking code?", "u: ZK81.", "a: To which day?",
        "u: Friday.", "a: Your flight has been changed to Friday.", "u: Great, thanks!", "a: You're welcome. Have a nice day!",
        "u: Bye.",
    )  # fmt: skip
    found = judge_session(session(*lines), finished=True)
    assert found.outcome == "SUCCESS"
    assert (found.user_turns_to_resolution, found.resolving_turn, found.user_turns) == (3, "t5", 5)


@pytest.mark.parametrize("lines", FAILURES + ABANDONED + UNKNOWN + PARTIAL)
def test_what_is_not_resolved_has_no_turns_to_resolution(lines):
    found = judge_session(session(*lines), finished=True)
    assert found.user_turns_to_resolution is None
    assert found.resolving_turn == ""


def test_escalation_is_asked_for_or_done():
    asked = judge_session(session("u: Fix my bill.", "a: It looks right to me.", "u: I want to talk to a human."))
    assert asked.escalation == "asked"
    done = judge_session(session("u: Fix my bill.", "a: I'm connecting you with a billing specialist."))
    assert done.escalation == "transferred"
    tool = judge_session([*session("u: Fix my bill."), Turn("t9", 9, 90, "s1", "agent", tools=("transfer_to_human",))])
    assert tool.escalation == "transferred"
    assert judge_session(session(*SUCCESSES[0])).escalation == ""
    assert judge_session(session("u: Who is the manager of Leeds United?", "a: I can tell you.")).escalation == ""


def test_a_purchase_counts_more_than_words():
    turns = session("u: Which of these boots is warmest?", "a: The Nordkapp.", "u: Hm, not sure.")
    bought = Turn(
        "t3", 3, 30 * SECOND, "s1", "user", user_action="SUBMIT", user_action_description="Checkout completed"
    )
    assert judge_session(turns, finished=True).outcome != "SUCCESS"
    found = judge_session([*turns, bought], finished=True)
    assert found.outcome == "SUCCESS"
    assert ("t3", "user acts: purchase or completion") in {(one.interaction_id, one.what) for one in found.evidence}
    viewed = replace(bought, user_action="VIEW")
    assert judge_session([*turns, viewed], finished=True).outcome != "SUCCESS"


def test_ratings_decide_and_the_last_one_counts():
    turns = session("u: What is a gerund?", "a: A verb used as a noun.")
    up, down = Judgement("n1", thumb="up"), Judgement("n2", thumb="down")
    assert judge_session(turns, annotations={"t1": [up]}).outcome == "SUCCESS"
    assert judge_session(turns, annotations={"t1": [up, down]}).outcome == "FAILURE"
    assert judge_session([turns[0], replace(turns[1], judgements=(Judgement("n3", rating=1.0),))]).outcome == "FAILURE"
    for none in (math.nan, 3.0, math.inf):
        assert judge_session(turns, annotations={"t1": [Judgement("n4", rating=none)]}).outcome == "UNKNOWN"
    assert judge_session(turns, annotations={"elsewhere": [down]}).outcome == "UNKNOWN"


def test_an_open_session_is_not_abandoned_yet():
    turns = session("u: Where is my parcel?", "a: What is your order number?")
    last = turns[-1].time
    assert judge_session(turns, now=last + IDLE_US - 1).outcome == "UNKNOWN"
    assert judge_session(turns, now=last + IDLE_US).outcome == "ABANDONED"
    assert judge_session(turns, now=last + 1, finished=True).outcome == "ABANDONED"


def test_system_errors_count_against_the_task_and_not_against_behaviour():
    turns = session("u: Cancel booking 77.", "a: One moment.", "s: TimeoutError: backend", "a: Please try tomorrow.")
    found = judge_session(turns, finished=True)
    assert found.system_errors == 1
    assert found.outcome == "FAILURE"
    assert found.behaviour_outcome == "UNKNOWN"
    assert found.behaviour_success > found.success


def test_failed_tools_and_those_that_worked_later():
    turns = session(
        "u: Cancel booking 77.", "a: Trying.", "a: Trying again.", "a: Booking 77 has been cancelled.", "u: Thanks!"
    )
    failed, worked = ToolResult("t1", "cancel", failed=True), ToolResult("t2", "cancel")
    recovered = judge_session(turns, tool_results=[failed, worked], finished=True)
    assert recovered.system_errors == 1
    assert recovered.outcome == "SUCCESS"
    stuck = judge_session(turns, tool_results=[worked, replace(failed, interaction_id="t3")], finished=True)
    assert stuck.outcome == "PARTIAL"
    assert stuck.success < recovered.success < recovered.behaviour_success
    gone = judge_session(turns, tool_results=[replace(failed, interaction_id="other")], finished=True)
    assert gone.system_errors == 0


def test_a_repeated_contact_undoes_success():
    turns = session(*SUCCESSES[1])
    assert judge_session(turns, finished=True).outcome == "SUCCESS"
    again = judge_session(turns, finished=True, repeat_contact=True)
    assert again.outcome != "SUCCESS"
    assert again.repeat_contact
    assert again.success < judge_session(turns, finished=True).success


def test_satisfaction_follows_the_session():
    found = judge_session(
        session(
            "u: Where can I park near the clinic?", "a: The clinic opens at nine.",
            "u: That's not what I asked. Where can I park?", "a: Sorry! There is a car park in Mill Lane.",
            "u: Perfect, that's exactly what I needed, thank you!",
        )
    )  # fmt: skip
    first, second, third = (one.score for one in found.satisfaction)
    assert first == 0
    assert second < 0 < third
    assert found.last_satisfaction == third
    assert found.tone_trend > 0
    assert "repair" in dict(found.satisfaction[1].signals)


@pytest.mark.parametrize(
    ("text", "signal"),
    [
        ("This still doesn't work", "complains"),
        ("great, another error", "complains"),
        ("You already asked me that", "complains"),
        ("But I pay for it every month", "objects"),
        ("WHERE IS MY MONEY NOW", "shouts"),
        ("Thanks", "thanks"),
        ("That works perfectly", "praises"),
        ("How do I reset the thermostat upstairs", "repeats_self"),
    ],
)
def test_signals(text, signal):
    """The first three are those that sentiment words miss."""
    turns = session("u: How do I reset the thermostat upstairs", "a: Hold both buttons.", f"u: {text}")
    assert signal in dict(judge_session(turns).satisfaction[-1].signals)


def test_signals_of_the_agent():
    turns = session("u: Is room 5 free?", "a: I am sorry, the calendar is down.", "u: And now?",
                    "a: I am sorry, the calendar is down.", "u: Hm.")  # fmt: skip
    heard = [dict(one.signals) for one in judge_session(turns).satisfaction]
    assert "agent_fails" in heard[1]
    assert {"agent_fails", "agent_repeats"} <= set(heard[2])


def test_the_strongest_sign_is_the_unit_of_shares():
    assert max(map(abs, POINTS.values())) == MOST_POINTS


def test_order_of_turns_is_by_time():
    turns = session(*SUCCESSES[0])
    assert judge_session(reversed(turns)) == judge_session(turns)


@pytest.mark.parametrize(
    "text",
    [
        "", " \n\t", "?" * 100_000, "." * 100_000, "no " * 33_000, "a" * 100_000, "```" * 30_000, "1 " * 50_000,
        "i'll just " * 10_000, "\u0000\ud7ff\U0001f600" * 1000, "شكرا جزيلا لك", "\u8c22\u8c22\uff0c\u95ee\u9898", "thank you " * 10_000,
    ],
)  # fmt: skip
def test_hostile_text(text):
    turns = [replace(one, text=text) for one in session("u: x", "a: x", "s: x", "u: x")]
    found = judge_session(turns, finished=True)
    assert found.outcome in OUTCOMES
    assert math.isfinite(found.success)


def test_only_actions():
    turns = [
        Turn(f"t{n}", n, n, "s1", "user", user_action="CLICK", user_action_description="opens the menu")
        for n in range(5)
    ]
    found = judge_session(turns, finished=True)
    assert (found.outcome, found.user_turns, found.last_satisfaction) == ("UNKNOWN", 0, None)
