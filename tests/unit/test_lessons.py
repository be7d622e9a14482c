"""Lessons of whole windows: outcomes, judgements, arms, repetitions and evidence."""

import pytest
from interplay_server.domain.window import GAP_KINDS, Judgement, Turn, Window
from interplay_server.learning.lessons import ENGINE_VERSION, lessons, ordinary_lessons


def user(n, text, **given):
    return Turn(f"u{n}", n, n, given.pop("session", "s"), "user", text, **given)


def agent(n, text, **given):
    return Turn(f"a{n}", n, n, given.pop("session", "s"), "agent", text, **given)


def learn(*turns, arm="production"):
    found = lessons(Window("u", turns, arm))
    for lesson in found:
        assert lesson.evidence
        for quote in lesson.evidence:
            assert quoted(quote, turns).strip()
    return found


def quoted(quote, turns):
    [turn] = [turn for turn in turns if turn.interaction_id == quote.interaction_id]
    fields = [getattr(turn, quote.field, None) if quote.field != turn.text_field else turn.text]
    fields += [getattr(judgement, quote.field, None) for judgement in turn.judgements]
    assert any(field and 0 <= quote.start < quote.end <= len(field) for field in fields)
    return next(field[quote.start : quote.end] for field in fields if field and quote.end <= len(field))


CORRECTED = (
    user(1, "How far is Ghent?"),
    agent(2, "It is 34 miles away."),
    user(3, "Use kilometres instead of miles."),
)


def test_a_correction_cites_request_reply_and_correction():
    [lesson] = learn(*CORRECTED)
    assert [quoted(quote, CORRECTED) for quote in lesson.evidence] == [turn.text for turn in CORRECTED]
    assert lesson.instruction == "Use kilometres instead of miles."
    assert lesson.trigger == "User asks how far is Ghent"
    assert lesson.pitfall == "Answering “It is 34 miles away”"


def test_a_correction_that_an_earlier_window_has_seen_is_not_learnt_again():
    assert learn(*CORRECTED[:2], user(3, CORRECTED[2].text, fresh=False)) == []
    assert len(learn(user(1, "How far is Ghent?", fresh=False), agent(2, "34 miles.", fresh=False), CORRECTED[2])) == 1


def test_sessions_are_kept_apart():
    assert learn(CORRECTED[0], CORRECTED[1], user(3, CORRECTED[2].text, session="other")) == []


def test_the_request_is_what_was_asked_before_the_answers_to_the_agents_questions():
    [lesson] = learn(
        user(1, "Book a table for tonight."), agent(2, "For how many?"), user(3, "Four."),
        agent(4, "I booked a table outside."), user(5, "No, I said inside, not outside."),
    )  # fmt: skip
    assert lesson.trigger == "User asks to book a table for tonight"


def test_two_orders_in_a_turn_are_two_lessons():
    found = learn(user(1, "The tap drips."), agent(2, "Replace the tap."),
                  user(3, "Wrong, first replace the washer. And turn off the water before you start."))  # fmt: skip
    assert len(found) == 2


def test_repetitions_in_a_window_are_one_lesson():
    again = (
        user(4, "How far is Ghent from Bruges?"),
        agent(5, "It is 30 miles."),
        user(6, "Use kilometres instead of miles!"),
    )
    assert len(learn(*CORRECTED, *again)) == 1


def test_ordinary_lessons_stay_beside_the_experts():
    turns = (
        user(1, "How do I return a kettle?"),
        agent(2, "Bring it to the shop.", expert_content="Bring it to the shop. Opened kettles are final sale."),
        user(3, "Next time tell me the opening hours as well."),
    )
    assert [lesson.origin for lesson in learn(*turns)] == ["expert", "redirection"]
    assert [lesson.origin for lesson in ordinary_lessons(Window("u", turns))] == ["redirection"]


def test_the_shadow_arm_refuses_lessons_from_reactions_to_production():
    turns = (
        user(1, "How far is Ghent?"),
        agent(2, "It is 34 miles away.", text_field="shadow_content"),
        user(3, "Use kilometres instead of miles.", reacts_to_production=True),
        agent(4, "55 km.", text_field="shadow_content", expert_content="55 km. The train takes 40 minutes."),
    )
    assert learn(*turns, arm="shadow") == []
    assert [lesson.origin for lesson in learn(*turns)] == ["expert", "redirection"]
    before = (*turns[:2], user(3, "Use kilometres instead of miles."))
    [lesson] = learn(*before, arm="shadow")
    assert "shadow_content" in {quote.field for quote in lesson.evidence}


def test_a_shadowed_first_reply_is_compared_with_the_expert():
    turns = (
        user(1, "How far is Ghent?"),
        agent(2, "55 km.", text_field="shadow_content", expert_content="55 km. The train takes 40 minutes."),
        user(3, "Use miles instead of kilometres.", reacts_to_production=True),
    )
    [lesson] = learn(*turns, arm="shadow")
    assert lesson.origin == "expert"


@pytest.mark.parametrize(
    ("said", "tools"),
    [("That worked, thank you!", ("lookup_order", "issue_refund")), ("Perfect, thanks for your help!", ("lookup_order", "issue_refund")),
     ("It works now!", ("restart_router",))],
)  # fmt: skip
def test_a_confirmed_task_gives_a_recipe(said, tools):
    [lesson] = learn(user(1, "I want a refund for my kettle."), agent(2, "", tools=tools[:1]),
                     agent(3, "Your refund is on its way.", tools=tools[1:]), user(4, said))  # fmt: skip
    assert lesson.origin == "success"
    assert all(tool in lesson.instruction for tool in tools)
    assert lesson.confidence <= 0.5


def test_steps_that_worked_are_the_recipe():
    [lesson] = learn(user(1, "My printer is offline."), agent(2, "1. Turn off the printer.\n2. Restart the router.\n3. Turn on the printer."),
                     user(3, "That fixed it!"))  # fmt: skip
    assert lesson.instruction == "Give these steps: Turn off the printer; Restart the router; Turn on the printer."


@pytest.mark.parametrize(
    ("reply", "tools", "said"),
    [
        ("It arrives tomorrow.", (), "Thanks!"),
        ("It arrives tomorrow.", ("track",), "Thank you"),
        ("I restarted it.", ("restart", "check"), "Thanks, but it is still broken."),
        ("I restarted it.", ("restart", "check"), "Thanks anyway, I'll try elsewhere."),
        ("I transferred you.", ("lookup", "transfer_to_human_agents"), "Thank you!"),
        ("Shall I book it?", ("search", "quote"), "Yes, please go ahead, thanks."),
        ("Turn it off. Turn it on.", (), "Ok, let me try."),
    ],
)
def test_politeness_is_no_success(reply, tools, said):
    assert learn(user(1, "Where is my kettle?"), agent(2, reply, tools=tools), user(3, said)) == []


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("I'm sorry, I don't have a tool to send emails.", "missing_tool"),
        ("I can't browse the internet.", "missing_tool"),
        ("I don't have permission to change that account.", "permission_denied"),
        ("I cannot do it because the booking system is currently down.", "external_dependency"),
        ("The payment service is unavailable.", "external_dependency"),
        ("I cannot refund it, our policy allows exchanges only.", "policy_restriction"),
    ],
)
def test_what_stands_in_the_way_is_named(reply, kind):
    [lesson] = learn(user(1, "Please send the invoice to my accountant."), agent(2, reply))
    assert lesson.blocking_kind == kind
    assert kind in GAP_KINDS
    assert lesson.blocking_details == reply


@pytest.mark.parametrize(
    "reply", ["I can't wait to help!", "You cannot miss it, it is next to the church.", "Is the system down?", "Done."]
)
def test_nothing_stands_in_the_way(reply):
    assert learn(user(1, "Please send the invoice to my accountant."), agent(2, reply)) == []


def test_a_correction_of_a_blocked_reply_carries_the_blockage():
    [lesson] = learn(user(1, "Send the invoice to my accountant."), agent(2, "I don't have a tool to send emails."),
                     user(3, "That's wrong, use the outbox function next time."))  # fmt: skip
    assert lesson.blocking_kind == "missing_tool"
    assert "outbox" in lesson.instruction


@pytest.mark.parametrize(
    ("judgement", "origin", "words"),
    [
        (Judgement("j", thumb="down", comment="You should mention the delivery fee."), "annotation", "Mention the delivery fee"),
        (Judgement("j", thumb="down", comment="Never promise a delivery date."), "annotation", "Never promise a delivery date"),
        (Judgement("j", rating=1.0, comment="The reply ignores the allergy question."), "annotation", "allergy question"),
        (Judgement("j", thumb="up", comment="Clear steps and the right link."), "success", "Clear steps"),
        (Judgement("j", rating=5.0, comment="Asked for the order number first."), "success", "order number"),
        (Judgement("j", expert_content="It costs 5 euros. Pick-up is free."), "expert", "Pick-up is free"),
        (Judgement("j", corrected_content="It costs 7 euros."), "expert", "7 euros"),
    ],
)  # fmt: skip
def test_judgements_with_a_reason_are_lessons(judgement, origin, words):
    [lesson] = learn(user(1, "What does delivery cost?"), agent(2, "It costs 5 euros.", judgements=(judgement,)))
    assert lesson.origin == origin
    assert words.lower() in lesson.instruction.lower()
    assert lesson.trigger == "User asks what does delivery cost"


@pytest.mark.parametrize(
    "judgement",
    [
        Judgement("j", thumb="down"),
        Judgement("j", thumb="down", comment="bad"),
        Judgement("j", thumb="up", comment="Great!"),
        Judgement("j", rating=3.0, comment="It mentions the price but not the tax."),
        Judgement("j", comment="Seen by the night shift."),
        Judgement("j", expert_content="it costs 5 EUROS"),
    ],
)
def test_judgements_without_a_reason_are_none(judgement):
    assert learn(user(1, "What does delivery cost?"), agent(2, "It costs 5 euros.", judgements=(judgement,))) == []


@pytest.mark.parametrize(
    "piece",
    ["no, ", "you forgot ", "not x, ", "always ", "I asked for ", "that's wrong ", "please ", "don't\n", "i said "],
)
def test_huge_turns_are_read_in_part(piece):
    text = (piece * 1_000_000)[:1_000_000]
    assert (
        len(
            learn(
                user(1, text),
                agent(2, text),
                user(3, text),
                agent(4, text, judgements=(Judgement("j", thumb="down", comment=text),)),
            )
        )
        < 20
    )


def test_the_same_window_gives_the_same_lessons():
    assert lessons(Window("u", CORRECTED)) == lessons(Window("u", CORRECTED))
    assert ENGINE_VERSION
