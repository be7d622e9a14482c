"""An expert's reply beside the agent's: pairs, gaps, contradictions, and what is no gap."""

import pytest
from interplay_server.domain.window import Judgement, Turn, Window
from interplay_server.learning.expert import expert_lessons, expert_pairs


def user(n, text, **given):
    return Turn(f"u{n}", n, n, given.pop("session", "s"), "user", text, **given)


def agent(n, text, **given):
    return Turn(f"a{n}", n, n, given.pop("session", "s"), "agent", text, **given)


def learn(question, replied, expert):
    turns = (user(1, question), agent(2, replied, expert_content=expert))
    [pair] = expert_pairs(Window("u", turns if question else turns[1:]))
    return expert_lessons(pair)


RETURNS = (
    "What is your return policy for electronics?",
    "You can return electronics within 30 days of purchase.",
    (
        "Electronics can be returned within 30 days of purchase with the original receipt. "
        "Items must be in original packaging and include all accessories. "
        "Opened software and personal care electronics are final sale. "
        "For defective items, the return window extends to 90 days. "
        "Refunds are processed to the original payment method within 5-7 business days."
    ),
)


def test_every_point_of_the_return_policy_is_an_entry_of_its_own():
    found = learn(*RETURNS)
    said = [lesson.instruction.lower() for lesson in found]
    for words in (("packaging", "accessories"), ("software", "final sale"), ("defective", "90 days"),
                  ("payment method", "5-7"), ("original receipt",)):  # fmt: skip
        assert sum(all(word in one for word in words) for one in said) == 1, words
    assert len(found) == 5
    assert {lesson.origin for lesson in found} == {"expert"}
    assert all(lesson.trigger.startswith("User asks about the return policy for electronics: ") for lesson in found)
    assert len({lesson.trigger for lesson in found}) == 5
    assert any(lesson.trigger.endswith(": defective items") for lesson in found)
    assert [lesson.pitfall for lesson in found].count("Leaving out “with the original receipt”") == 1
    assert all("30 days" in lesson.pitfall for lesson in found if "receipt" not in lesson.instruction)


def quoted(quote, turns):
    [turn] = [turn for turn in turns if turn.interaction_id == quote.interaction_id]
    field = "text" if quote.field == turn.text_field else quote.field
    return getattr(turn, field)[quote.start : quote.end]


def test_evidence_stands_in_question_reply_and_expert_text():
    turns = (user(1, "User: " + RETURNS[0]), agent(2, "Agent: " + RETURNS[1], expert_content=RETURNS[2]))
    [pair] = expert_pairs(Window("u", turns))
    for lesson in expert_lessons(pair):
        question, reply, expert = (quoted(quote, turns) for quote in lesson.evidence)
        assert question == RETURNS[0]
        assert reply == RETURNS[1]
        assert expert in RETURNS[2]
        assert expert.split()[-1].strip(".") in lesson.instruction


GAPS = [
    ("How long does shipping take?", "Shipping takes 3 days.", "Shipping takes 5 days.", ["5 days"], "3 days"),
    ("Can I cancel after shipping?", "Orders can be cancelled after shipping.", "Orders cannot be cancelled after shipping.", ["cannot be cancelled"], "can be cancelled"),
    ("When do you open on Sunday?", "We open on Sunday at 9 am.", "We open on Sunday at 10 am.", ["10 am"], "9 am"),
    ("Which oven temperature for pizza?", "Bake it at 180 degrees on the middle rack.", "Bake it at 250 degrees on the lowest rack.", ["250"], "180"),
    ("How do I undo a commit?", "Run git reset --hard HEAD~1.", "Run git reset --soft HEAD~1.", ["--soft"], "--hard"),
    ("May I lock out my tenant?", "Change the locks and keep the deposit.", "Never change the locks; that is unlawful.", ["never"], "Change the locks"),
    ("How do I get wine out of a shirt?", "Blot it with a cloth.", "Blot it with a cloth, do not rub.", ["not rub"], "do not rub"),
    ("I need a refund.", "I can help with that.", "Check the order status before offering a refund.", ["Check the order status before"], "I can help"),
    ("Where is my parcel?", "It is on its way.", "It is on its way. Could you give me your postcode?", ["Ask", "postcode"], "on its way"),
    ("How do I reset the router?", "Unplug it.", "To reset the router:\n1. Hold the button for 10 seconds.\n2. Wait for the green light.", ["Hold the button", "green light"], "Unplug"),
    ("Is breakfast included?", "Yes, breakfast is included.", "Yes, breakfast is included. It is served from 7 to 10 am.", ["served from 7"], "breakfast"),
    ("Can I bring my dog?", "Dogs are welcome.", "Dogs are welcome. A cleaning fee of 20 euros applies.", ["20 euros"], "welcome"),
    ("What does the visa cost?", "The visa costs $80.", "The visa costs $160.", ["$160"], "$80"),
    ("I lost my card.", "Please call the bank.", "Please call the bank. I'll block the card right away.", ["Offer to block the card"], "call the bank"),
    ("How do I store bread?", "Keep it in a paper bag.", "Keep it in a paper bag. Never put bread into the fridge.", ["never to put bread"], "paper bag"),
    ("Who may enter the lab?", "Students may enter the lab.", "Students may enter the lab with safety goggles and closed shoes.", ["safety goggles"], "safety goggles"),
    ("Wann ist das Büro offen?", "Täglich.", "Das Büro ist dienstags geschlossen.", ["dienstags"], "Täglich"),
]  # fmt: skip

NO_GAPS = [
    ("What is your return policy?", "You can return it within 30 days.", "you can return it  within 30 days"),
    ("When do you open?", "We open at 9!", "We open at 9."),
    ("When do you open?", "We open at 9.", "Hello! We open at 9. Have a great day!"),
    ("When do you open?", "We open at 9.", "I'm sorry for the wait. We open at 9. Please let me know if you need anything else."),
    ("How far is it?", "45 kilometers is 45000 meters.", "45 kilometers is equivalent to 45000 meters."),
    ("Can I pay by card?", "Yes, you can pay by card.", "Certainly, of course you can pay by card."),
    ("What's my name?", "Ok whats your name", "Could I get your name, please?"),
    ("How long is the trip?", "It takes two hours by train.", "By train it takes 2 hours."),
    ("Where do I park?", "Park behind the church. Parking is free.", "Parking is free; park behind the church."),
]  # fmt: skip


@pytest.mark.parametrize(("question", "replied", "expert", "wanted", "pitfall"), GAPS)
def test_a_gap_is_an_entry(question, replied, expert, wanted, pitfall):
    [lesson] = learn(question, replied, expert)
    assert all(words.lower() in lesson.instruction.lower() for words in wanted), lesson.instruction
    assert pitfall in lesson.pitfall
    assert lesson.rationale


@pytest.mark.parametrize(("question", "replied", "expert"), NO_GAPS)
def test_style_and_order_are_no_gaps(question, replied, expert):
    assert learn(question, replied, expert) == []


@pytest.mark.parametrize(
    ("question", "trigger"),
    [
        ("What is your return policy for electronics?", "User asks about the return policy for electronics"),
        ("Hi! Can I cancel my order #12345?", "User asks whether they can cancel their order"),
        ("Hello, how do I reset my password please?", "User asks how to reset their password"),
        ("Could you please book me a table?", "User asks to book them a table"),
        ("I'd like to change my address.", "User wants to change their address"),
        ("I'm looking for a gift for my son", "User looks for a gift for their son"),
        ("Write a poem about spring.", "User asks to write a poem about spring"),
        ("My phone won't start.", "User says that their phone won't start"),
        ("Is there a lift?", "User asks whether there is a lift"),
        ("Do you ship to Iceland?", "User asks whether you ship to Iceland"),
    ],
)
def test_the_trigger_is_a_future_request(question, trigger):
    [lesson] = learn(question, "Sorry.", "The office in Malta decides within a week.")
    assert lesson.trigger == trigger


def test_all_user_turns_since_the_last_reply_are_the_question():
    turns = (
        user(1, "Hello"), agent(2, "Hi, what can I do?"),
        user(3, "I bought a kettle."), user(4, "Can I return it?"), user(5, "other session", session="t"),
        agent(6, "Yes.", expert_content="Yes, bring the receipt."),
        user(7, "Thanks"), agent(8, "Bye", expert_content="Goodbye"),
    )  # fmt: skip
    first, second = expert_pairs(Window("u", turns))
    assert [turn.interaction_id for turn in first.question] == ["u3", "u4"]
    assert [turn.interaction_id for turn in second.question] == ["u7"]


def test_a_pair_without_a_question_is_used():
    [lesson] = learn("", "Ok.", "Opened software is final sale.")
    assert lesson.instruction == "Mention that opened software is final sale."
    assert "software" in lesson.trigger.lower()
    assert {quote.interaction_id for quote in lesson.evidence} == {"a2"}


def test_judgements_give_pairs_and_repeated_texts_one():
    judged = (
        Judgement("j1", expert_content="Bring the receipt."),
        Judgement("j2", corrected_content="bring the receipt"),
        Judgement("j3", corrected_content="Bring the receipt and the box."),
    )
    turns = (user(1, "Can I return it?"), agent(2, "Yes.", judgements=judged))
    assert [(pair.expert, pair.field) for pair in expert_pairs(Window("u", turns))] == [
        ("Bring the receipt.", "expert_content"),
        ("Bring the receipt and the box.", "corrected_content"),
    ]


def test_what_an_earlier_window_has_seen_counts_for_its_judgements_only():
    seen = agent(2, "Yes.", expert_content="Bring the receipt.", fresh=False)
    assert expert_pairs(Window("u", (user(1, "Return?"), seen))) == []
    judged = agent(2, "Yes.", fresh=False, judgements=(Judgement("j", expert_content="Bring the receipt."),))
    assert len(expert_pairs(Window("u", (user(1, "Return?"), judged)))) == 1


def test_the_shadow_arm_compares_the_shadow_and_refuses_what_reacts_to_production():
    reply = agent(
        2,
        "Items need the original receipt.",
        text_field="shadow_content",
        expert_content="Items need the original receipt. Refunds take 7 days.",
    )
    turns = (user(1, "Can I return it?"), reply)
    [lesson] = expert_lessons(expert_pairs(Window("u", turns, "shadow"))[0])
    assert "7 days" in lesson.instruction
    assert {quote.field for quote in lesson.evidence} == {"content", "shadow_content", "expert_content"}
    reacting = (user(1, "Can I return it?", reacts_to_production=True), reply)
    assert expert_lessons(expert_pairs(Window("u", reacting, "shadow"))[0]) == []
    assert expert_lessons(expert_pairs(Window("u", reacting))[0]) != []


def test_a_slight_that_the_expert_leaves_out_is_about_courtesy():
    [lesson] = learn("What are the first squares?", "Here are your stupid squares: 1, 4, 9.", "Squares: 1, 4, 9.")
    assert "polite" in lesson.instruction
    assert lesson.tags == ("tone",)
    assert lesson.pitfall == "Writing “stupid”"


def test_figures_that_agree_are_no_contradiction():
    found = learn(
        "How long?", "Standard takes 3 days. Express takes 1 day.", "Express takes 1 day. Standard takes 3 days."
    )
    assert found == []


def test_identifiers_do_not_reach_trigger_and_instruction():
    [lesson] = learn(
        "Where is order #A-99812?", "No idea.", "Your parcel 4471882 waits at the depot; write to kim@example.org."
    )
    assert not {"99812", "4471882", "kim@"} & {
        word for word in ("99812", "4471882", "kim@") if word in lesson.trigger + lesson.instruction
    }


@pytest.mark.parametrize(
    "piece", ["word ", "a. ", "(", "1. ", "- x\n", ",", "If so, the fee is 3 euros and ", "\u3002犬", "not "]
)
def test_huge_texts_are_read_in_part(piece):
    text = (piece * 1_000_000)[:1_000_000]
    assert len(learn(text, text[::-1], text + "The fee is 7 euros.")) <= 13


def test_a_click_can_be_the_question():
    clicked = user(1, "", user_action="CLICK", user_action_description="I want to return the kettle")
    turns = (clicked, agent(2, "Ok.", expert_content="Opened kettles are final sale."))
    [lesson] = expert_lessons(expert_pairs(Window("u", turns))[0])
    assert lesson.trigger == "User wants to return the kettle"
    assert lesson.evidence[0].field == "user_action_description"
