"""Which instructions oppose one another, and which only sound different."""

import pytest
from interplay_server.learning.aggregation.polarity import distinct, opposed, overlap, stance
from interplay_server.learning.aggregation.wording import content


def against(one, other):
    a, b = stance(one), stance(other)
    assert opposed(a, b, 0.6) == opposed(b, a, 0.6)
    return opposed(a, b, 0.6)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Include code examples", "Leave out code examples"),
        ("Include code examples", "Avoid code examples"),
        ("Never call the customer", "Call the customer"),
        ("Use metric units instead of imperial", "Use imperial units instead of metric"),
        ("Write formally", "Use a casual tone"),
        ("Use the 24-hour clock", "Show times with AM and PM"),
        ("Wait 3 days", "Wait five days"),
        ("The shop is open on Sundays", "The shop is closed on Sundays"),
        ("Don\u2019t mention prices", "Mention prices"),
        ("Skip the summary", "Add a summary"),
        ("Suggest meals with meat", "Suggest meat-free meals"),
    ],
)
def test_opposed(one, other):
    assert against(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Do not use emojis", "Leave out emojis"),
        ("Use kilometres, not miles", "Answer in kilometres"),
        ("Reply within 24 hours", "Reply within 1 day"),
        ("Never skip the tests", "Run the tests"),
        ("Give no more than three options", "Give three options"),
        ("Do not restart without a confirmation", "Ask for confirmation, then restart"),
        ("Do not send the invoice before approval", "Send the invoice after approval"),
        ("Confirm the address before shipping", "Send a survey after the delivery"),
        ("Check the 2 backups", "Ask 3 colleagues"),
        ("Leave out the names of people", "Remove personal names"),
        ("Send them the link for resetting the password first", "Never ask for the password in the chat"),
        ("Suggest vegetarian places", "Suggest meat-free places"),
        ("", "Do not use emojis"),
        ("回答は短く", "Do not use emojis"),
    ],
)
def test_not_opposed(one, other):
    assert not against(one, other)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Ask for the receipt", "Offer an exchange", True),
        ("Ask for the receipt", "Ask to see the receipt", False),
        ("Ask for the receipt", "Never ask for the receipt", False),
        ("Keep it brief", "Be concise", False),
        ("Answer briefly", "Write at length, in a detailed way", False),
        ("", "Offer an exchange", False),
    ],
)
def test_distinct(one, other, expected):
    assert distinct(stance(one), stance(other), 0.6) == distinct(stance(other), stance(one), 0.6) == expected


def test_overlap_is_of_the_shorter():
    assert overlap(stance("Refund the card"), stance("Refund the money to the original card")) == 1.0
    assert overlap(stance("Refund the card"), stance("Refund by voucher")) == 0.5
    assert overlap(stance(""), stance("Refund by voucher")) == 0.0


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            ("a refund is asked for", "Use the card.", "a voucher."),
            "When a refund is asked for: Use the card. Avoid: a voucher.",
        ),
        (("When asked:", "Is it urgent? Ask!"), "When asked: Is it urgent? Ask!"),
        (("", "Be polite", " . "), "Be polite."),
    ],
)
def test_content(given, expected):
    assert content(*given) == expected
