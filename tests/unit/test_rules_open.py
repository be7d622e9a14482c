"""What the open readings take from sentences that no table of the rules knows, and what they leave alone."""

import pytest
from interplay_server.learning.rules.profiles import extract_profiles

from tests.unit.test_rules_profiles import contents, window

STATED = """
I teach the cello to adults in my living room => teaches the cello
We keep bees and sell the honey at the market => keeps bees
I'm on 20mg citalopram, is ibuprofen ok with that? => 20mg citalopram
I am a Brazilian citizen holding a German residence permit => brazilian, german
We're a Muslim household => muslim household
since last week i'm driving an e-niro => e-niro
My blood pressure tablets are ramipril 5mg => ramipril
Our garden faces north => faces north
Being left-handed, I find most scissors useless => left-handed
As the only developer in a charity I need free software => only developer in a charity
Because of my pacemaker I was told to keep away from induction hobs => pacemaker
What's a good name for our new labrador puppy? => labrador
For my diabetic father I need a cake recipe => diabetic father
Direct debit only, always => direct debit
Every Thursday evening is choir for me => thursday, choir
Mondays work best for me => mondays
bullet points please, I skim everything => bullet points
actually it's Porto now => porto
The wedding is now on 14 June => 14 june
My e-mail changed, write to pia@mail.example => pia@mail.example
we're with O2 now => o2
Please change my size to L => size is l
Freelance translator, two kids => freelance translator, two kids
not a hundred percent certain, but my car insurance is with Admiral => admiral
I'd guess our water pressure is around 2 bar => 2 bar
in my garden theres heavy clay => heavy clay
I have dual citizenship (Irish and Canadian) => irish
"""
RETRACTED = """
I'm done with crypto => crypto
pls delete the netflix thing from what you know about me => netflix
Forget what I said about needing parking => parking
The old golf is sold => golf
Steffi moved out => steffi
that allergy to cats was a misdiagnosis => allergy to cats
You can take lactose off my list => lactose
"""
UNSTATED = """
I live for long weekends haha
My parcel is stuck in Leipzig
I could eat a horse
my internet keeps dropping in this chat
I give up on this puzzle
Our president said taxes would fall
I'm five minutes away
My boss's dog is called Bruno
Our postman is allergic to bees
my friend Lena just moved to Oslo
I have three more things to ask
My train leaves in 20 minutes
In this story I am a knight and my horse is called Rex
If I had a dog I'd call him Rex
Bitcoin is at 60k now, this page says
"""


def _rows(table):
    return [line.split(" => ") for line in table.strip().splitlines()]


@pytest.mark.parametrize(("said", "words"), _rows(STATED))
def test_an_open_reading_keeps_what_is_stated(said, words):
    found = " | ".join(contents(said)).lower()
    assert [word for word in words.split(", ") if word not in found] == []


@pytest.mark.parametrize(("said", "words"), _rows(RETRACTED))
def test_what_is_over_is_a_retraction(said, words):
    gone = [one for one in extract_profiles(window(said)) if one.retracts]
    assert [one for one in gone if words in one.content.lower()]


@pytest.mark.parametrize("said", UNSTATED.strip().splitlines())
def test_what_is_of_the_moment_or_of_others_is_left_alone(said):
    assert contents(said) == []


@pytest.mark.parametrize(
    ("question", "answer", "words"),
    [
        ("Which provider do you have for electricity?", "octopus", "octopus"),
        ("Do you own or rent?", "rent. two rooms, no lift", "rent"),
        ("Are there any foods you avoid?", "Mushrooms. And anything with coriander.", "coriander"),
        ("Got any experience with climbing?", "yeah been bouldering for 3 yrs", "bouldering"),
    ],
)
def test_an_answer_is_kept_with_what_was_asked(question, answer, words):
    (content,) = contents(f"Agent: {question}", answer)
    assert words in content.lower()


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is your order number?", "5512"),
        ("What city would you like to depart from?", "Atlanta"),
        ("Do you want me to book it?", "yes, that sounds good"),
        ("Which account should I transfer it from?", "my checking account"),
    ],
)
def test_an_answer_about_the_task_is_none(question, answer):
    assert contents(f"Agent: {question}", answer) == []


def test_evidence_of_an_open_reading_covers_its_words():
    said = "Hello there. My blood pressure tablets are ramipril 5mg, thanks."
    (made,) = extract_profiles(window(said))
    quote = made.evidence[0]
    assert said[quote.start : quote.end] == "My blood pressure tablets are ramipril 5mg"


def test_an_open_reading_is_less_sure_than_a_table():
    (table,) = extract_profiles(window("I'm allergic to nuts"))
    (opened,) = extract_profiles(window("We're a Muslim household"))
    assert opened.confidence < table.confidence
