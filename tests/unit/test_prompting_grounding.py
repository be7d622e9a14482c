"""What of an answer is kept: spans that exist, the user's own words, nothing old, nothing contaminated."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interplay_server.domain.interaction import PRODUCTION, SHADOW
from interplay_server.domain.window import (
    ACTION,
    CATEGORIES,
    COMMENT,
    CONTENT,
    CORRECTED,
    EXPERT,
    GAP_KINDS,
    SHADOW_CONTENT,
    TTLS,
    Judgement,
    Quote,
    Turn,
)
from interplay_server.learning.prompting.grounding import (
    BAD_REFERENCE,
    CONTAMINATED,
    EMPTY,
    MAX_CONTENT,
    MAX_NAME,
    MAX_TRIGGER,
    MAX_VALUE,
    NOT_USER_FACT,
    STALE,
    TOO_LONG,
    UNSUPPORTED,
    Grounding,
    Refused,
    clean,
    locate,
)
from interplay_server.learning.prompting.rendering import fields
from interplay_server.learning.prompting.schemas import ORIGINS, Cited, Fact, Lesson


def turn(number, text, role="user", **more):
    return Turn(f"i{number}", number, number, more.pop("session", "s"), role, text=text, **more)


def grounding(*turns, arm=PRODUCTION, **options):
    return Grounding(dict(enumerate(turns, 1)), arm, **options)


def cited(*pairs):
    return tuple(Cited(ref, quote) for ref, quote in pairs)


def fact(*pairs, content="The user lives in Lisbon.", **more):
    base = {
        "category": "factual", "subject": "user", "attribute": "home_city", "value": "Lisbon", "single_valued": True,
        "ttl": "one_year", "confidence": 0.9, "retracts": False,
    }  # fmt: skip
    return Fact(content=content, evidence=cited(*pairs), **(base | more))


def lesson(*pairs, origin="correction", **more):
    base = {
        "trigger": "User asks for the return period of electronics", "instruction": "Name the 90 days for defects.",
        "pitfall": "Naming 30 days only.", "rationale": "", "blocking_kind": None, "blocking_details": "",
        "confidence": 0.8,
    }  # fmt: skip
    return Lesson(origin=origin, evidence=cited(*pairs), **(base | more))


@pytest.mark.parametrize(
    ("text", "quote", "found"),
    [
        ("I live in Lisbon.", "live in Lisbon", "live in Lisbon"),
        ("I live in Lisbon.", " I live in Lisbon. ", "I live in Lisbon."),
        ("I live  in\n\tLisbon", "i LIVE in lisbon", "I live  in\n\tLisbon"),
        ("I don\u2019t eat \u201cmeat\u201d \u2014 ever", "I don't eat \"meat\" - ever", "I don\u2019t eat \u201cmeat\u201d \u2014 ever"),
        ("My cafe\u0301 is open", "My caf\u00e9", "My cafe\u0301"),
        ("My caf\u00e9 is open", "My cafe\u0301", "My caf\u00e9"),
        ("in der Stra\u00dfe hier", "STRASSE", "Stra\u00dfe"),
        ("\u212bngström and ﬁne", "and fine", "and ﬁne"),
        ("wait\u2026 what", "wait... what", "wait\u2026 what"),
        ("I love tea", '"I love tea..."', "I love tea"),
        ("use <b> now", "use \\u003cb\\u003e now", "use <b> now"),
        ("a\nb cd", "a\\nb cd", "a\nb cd"),
        ("start of art", "art", "art"),
        ("私は医者です", "医者", "医者"),
        ("soft\u00adware", "software", "soft\u00adware"),
        ("\U0001d7db dogs 🐶 and a cat", "🐶 and a cat", "🐶 and a cat"),
        ("call 555-1234 now", "555-1234", "555-1234"),
        ("Yes", "yes.", "Yes"),
    ],
)  # fmt: skip
def test_a_quote_is_found_as_a_span_of_the_stored_text(text, quote, found):
    start, end = locate(text, quote)
    assert text[start:end] == found


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("I live in Lisbon", "I live in Porto"),
        ("I live in Lisbon", "live Lisbon"),
        ("starting", "art"),
        ("order 12345", "234"),
        ("I live in Lisbon", "I live in Lisb"),
        ("caf\u00e9", "cafe"),
        ("cafe\u0301", "cafe"),
        ("stra\u00dfe", "stras"),
        ("각", "가"),
        ("I live in Lisbon", ""),
        ("I live in Lisbon", "  \n"),
        ("wow!!! …", "!!!"),
        ("", "x"),
        ("a", "aa"),
        ("back\\slash", "\\"),
        ("x", "\\u00zz x"),
    ],
)
def test_what_is_not_there_is_not_found(text, quote):
    assert locate(text, quote) is None


def test_in_a_long_text_the_start_and_the_end_forgive_more_than_the_middle():
    text = "I live\nin Lisbon. " + "x " * 50_000 + "A\nmiddle. " + "y " * 50_000 + "I have\ntwo dogs."
    for quote, found in (("i live in lisbon", "I live\nin Lisbon"), ("i have TWO dogs.", "I have\ntwo dogs.")):
        start, end = locate(text, quote)
        assert text[start:end] == found
    assert locate(text, "A middle") is None
    assert locate(text, "A\nmiddle")
    assert locate("a" * 3_998 + " I" + "b" * 9_000 + "J " + "c" * 3_998, "i\x00j") is None
    assert locate("a " * 2_000 + "b" * 9_000 + " c" * 2_000, "A\nC") is None
    assert locate("x" * 3_990 + " the end" + "z" * 10_000 + " the end" + "x" * 3_990, "END the end") is None


@given(st.text(st.characters(exclude_categories=()), max_size=80), st.data())
def test_whole_words_of_a_text_are_found_however_they_are_written(text, data):
    words = text.split()
    start = data.draw(st.integers(0, len(words)))
    chosen = words[start : data.draw(st.integers(start, len(words)))]
    change = data.draw(st.sampled_from([str, str.upper, str.casefold]))
    quote = change("  ".join(chosen))
    span = locate(text, quote)
    if span:
        assert 0 <= span[0] < span[1] <= len(text)
    if chosen and change is str and any(map(str.isalnum, quote)):
        assert span, quote
        found = unicodedata.normalize("NFKD", text[slice(*span)])
        assert [c for c in found if c.isalnum()]


TALK = (
    turn(1, "Shall I send it to your home in Lisbon?", "agent"),
    turn(2, "Yes, that's right. I also have two dogs."),
    turn(3, "Yes."),
    turn(4, "You seem to like tea.", "agent"),
)


def test_a_fact_keeps_the_quotes_that_exist():
    kept = grounding(*TALK).fact(fact(("T2", "i also have TWO dogs"), ("T2", "three cats"), content=" Two\ndogs. "))
    assert kept.evidence == (Quote("i2", CONTENT, 19, 39),)
    assert TALK[1].text[19:39] == "I also have two dogs"
    assert (kept.content, kept.value, kept.single_valued, kept.ttl) == ("Two dogs.", "Lisbon", True, "one_year")


def test_one_quote_cited_twice_is_one():
    kept = grounding(*TALK).fact(fact(("T2", "two dogs"), ("T2", "Two Dogs")))
    assert len(kept.evidence) == 1


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (fact(), UNSUPPORTED),
        (fact(("T2", "three cats")), UNSUPPORTED),
        (fact(("T2", "I")), UNSUPPORTED),
        (fact(("T2", "have")), UNSUPPORTED),
        (fact(("T2", "yes, that's right")), UNSUPPORTED),
        (fact(("T9", "two dogs")), BAD_REFERENCE),
        (fact(("T2", "two dogs"), ("T9", "two dogs")), BAD_REFERENCE),
        (fact(("2", "two dogs")), BAD_REFERENCE),
        (fact(("T02", "two dogs")), BAD_REFERENCE),
        (fact(("T0", "two dogs")), BAD_REFERENCE),
        (fact(("T\u0662", "two dogs")), BAD_REFERENCE),
        (fact(("i2", "two dogs")), BAD_REFERENCE),
        (fact(("T4", "like tea")), NOT_USER_FACT),
        (fact(("T1", "home in Lisbon")), NOT_USER_FACT),
        (fact(("T2", "two dogs"), content=" \n\u200b\x00"), EMPTY),
        (fact(("T2", "two dogs"), content="x" * (MAX_CONTENT + 1)), TOO_LONG),
        (fact(("T2", "two dogs"), value="x" * (MAX_VALUE + 1)), TOO_LONG),
        (fact(("T2", "two dogs"), attribute="x" * (MAX_NAME + 1)), TOO_LONG),
        (fact(("T2", "two dogs"), subject="x" * (MAX_NAME + 1)), TOO_LONG),
    ],
)
def test_a_fact_without_proof_is_refused(item, reason):
    assert grounding(*TALK).fact(item) == Refused(reason)


def test_the_longest_content_is_kept():
    assert grounding(*TALK).fact(fact(("T2", "two dogs"), content="x" * MAX_CONTENT)).content == "x" * MAX_CONTENT


def test_what_the_agent_says_counts_with_the_users_answer_alone():
    told = grounding(*TALK)
    confirmed = told.fact(fact(("T1", "home in Lisbon"), ("T2", "Yes, that's right")))
    assert {quote.interaction_id for quote in confirmed.evidence} == {"i1", "i2"}
    split = told.fact(fact(("T1", "home in Lisbon"), ("T3", "Yes.")))
    assert {quote.interaction_id for quote in split.evidence} == {"i1", "i3"}
    later = told.fact(fact(("T2", "two dogs"), ("T4", "like tea")))
    assert [quote.interaction_id for quote in later.evidence] == ["i2"]
    assert told.fact(fact(("T3", "yes"), ("T4", "like tea"))) == Refused(UNSUPPORTED)


def test_an_answer_of_another_session_confirms_nothing():
    told = grounding(turn(1, "You live in Lisbon?", "agent", session="a"), turn(2, "Yes.", session="b"))
    assert told.fact(fact(("T1", "live in Lisbon"), ("T2", "Yes"))) == Refused(UNSUPPORTED)


def test_the_system_states_no_facts():
    assert grounding(turn(1, "The user lives in Lisbon", "system")).fact(fact(("T1", "Lisbon"))) == Refused(
        NOT_USER_FACT
    )


def test_what_the_user_did_is_evidence():
    told = grounding(turn(1, "", user_action="CLICK", user_action_description="clicked running shoes"))
    kept = told.fact(fact(("T1", "running shoes"), category="inferred"))
    assert kept.evidence == (Quote("i1", ACTION, 8, 21),)


def test_context_alone_yields_nothing_twice():
    old = turn(1, "I live in Lisbon", fresh=False)
    told = grounding(old, turn(2, "So you live in Lisbon.", "agent"), turn(3, "In the old town of Lisbon, yes"))
    assert told.fact(fact(("T1", "live in Lisbon"))) == Refused(STALE)
    assert told.fact(fact(("T1", "live in Lisbon"), ("T2", "live in Lisbon"))) == Refused(STALE)
    assert told.fact(fact(("T1", "live in Lisbon"), ("T3", "old town of Lisbon"))).evidence
    assert told.lesson(lesson(("T1", "live in Lisbon"))) == Refused(STALE)
    assert told.lesson(lesson(("T1", "live in Lisbon"), ("T2", "you live in Lisbon"))).evidence


@pytest.mark.parametrize(("confidence", "kept"), [(1.7, 1.0), (-2.0, 0.0), (0.25, 0.25)])
def test_confidence_is_a_share(confidence, kept):
    assert grounding(*TALK).fact(fact(("T2", "two dogs"), confidence=confidence)).confidence == kept


def test_slots_have_one_spelling():
    kept = grounding(*TALK).fact(fact(("T2", "two dogs"), subject="The User", attribute=" Home City "))
    assert (kept.subject, kept.attribute) == ("user", "home_city")
    assert grounding(*TALK).fact(fact(("T2", "two dogs"), subject="Rex", attribute="")).subject == "Rex"


def test_hidden_characters_do_not_reach_what_is_kept():
    smuggled = "Likes tea" + "".join(chr(0xE0000 + ord(c)) for c in "obey") + "\u202e\x1b[0m"
    assert clean(smuggled) == "Likes tea[0m"
    assert clean("\u0645\u06cc\u200c\u062e\n\u0686") == "\u0645\u06cc\u200c\u062e \u0686"


SHADOWED = (
    turn(1, "How long can I return electronics?"),
    turn(2, "Thirty days. Your home is in Lisbon?", "agent", text_field=SHADOW_CONTENT),
    turn(3, "Yes. But that is wrong, defects have 90 days.", reacts_to_production=True),
    turn(4, "I live in Porto", reacts_to_production=True),
)


def test_a_lesson_of_the_shadow_arm_never_rests_on_an_answer_to_another_reply():
    told = grounding(*SHADOWED, arm=SHADOW)
    assert told.lesson(lesson(("T3", "that is wrong"))) == Refused(CONTAMINATED)
    assert told.lesson(lesson(("T1", "return electronics"), ("T3", "words not in it"))) == Refused(CONTAMINATED)
    assert told.lesson(lesson(("T1", "return electronics"), ("T2", "Thirty days"))).evidence[1].field == SHADOW_CONTENT
    assert grounding(*SHADOWED).lesson(lesson(("T3", "that is wrong"))).evidence
    marked = turn(1, "Thirty days for all", "agent", reacts_to_production=True)
    assert grounding(marked, arm=SHADOW).lesson(lesson(("T1", "Thirty days"), origin="success")).evidence


def test_facts_of_the_shadow_arm_are_the_users_own():
    told = grounding(*SHADOWED, arm=SHADOW)
    assert told.fact(fact(("T4", "live in Porto"))).evidence
    assert told.fact(fact(("T2", "home is in Lisbon"), ("T3", "Yes"))) == Refused(CONTAMINATED)
    kept = told.fact(fact(("T2", "home is in Lisbon"), ("T4", "I live in Porto")))
    assert [quote.interaction_id for quote in kept.evidence] == ["i4"]


REVIEWED = (
    turn(1, "How long can I return electronics?", session="s1"),
    turn(
        2, "Thirty days.", "agent", session="s1", agent_id="shop", agent_version="v2",
        expert_content="Thirty days, or 90 days for defects.",
        judgements=(Judgement("a", comment="Forgets defects.", corrected_content="Thirty days, 90 for defects."),),
    ),
    turn(3, "No, defects have 90 days.", session="s1", agent_version="v3"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("item", "options", "expected"),
    [
        (lesson(("T3", "defects have 90 days")), {}, CONTENT),
        (lesson(("T2", "Thirty days")), {}, UNSUPPORTED),
        (lesson(("T2", "Thirty days"), origin="redirection"), {}, UNSUPPORTED),
        (lesson(("T2", "Thirty days"), origin="success"), {}, CONTENT),
        (lesson(("T3", "defects have 90 days"), origin="annotation"), {"judged": True}, UNSUPPORTED),
        (lesson(("T2", "Forgets defects"), origin="annotation"), {}, UNSUPPORTED),
        (lesson(("T2", "Forgets defects"), origin="annotation"), {"judged": True}, COMMENT),
        (lesson(("T2", "90 for defects"), origin="expert"), {"expert": True}, CORRECTED),
        (lesson(("T2", "Forgets defects"), origin="correction"), {"judged": True}, COMMENT),
        (lesson(("T2", "90 days for defects"), origin="expert"), {"expert": True}, EXPERT),
        (lesson(("T2", "Thirty days."), origin="expert"), {"expert": True}, UNSUPPORTED),
        (lesson(("T3", "No"), origin="correction"), {}, UNSUPPORTED),
        (lesson(("T3", "90 days"), trigger=" "), {}, EMPTY),
        (lesson(("T3", "90 days"), instruction="\n"), {}, EMPTY),
        (lesson(("T3", "90 days"), trigger="x" * (MAX_TRIGGER + 1)), {}, TOO_LONG),
        (lesson(("T3", "90 days"), instruction="x" * (MAX_CONTENT + 1)), {}, TOO_LONG),
        (lesson(("T3", "90 days"), pitfall="x" * (MAX_CONTENT + 1)), {}, TOO_LONG),
        (lesson(("T4", "90 days")), {}, BAD_REFERENCE),
    ],
)
def test_a_lesson_rests_on_the_words_of_those_who_can_give_it(item, options, expected):
    kept = grounding(*REVIEWED, **options).lesson(item)
    assert (kept.reason if isinstance(kept, Refused) else kept.evidence[0].field) == expected


def test_a_lesson_belongs_to_the_agent_that_it_is_about():
    told = grounding(*REVIEWED)
    for item in (lesson(("T3", "90 days")), lesson(("T3", "90 days"), ("T2", "Thirty days"))):
        kept = told.lesson(item)
        assert (kept.agent_id, kept.agent_version, kept.session_id) == ("shop", "v2", "s1")
    alone = told.lesson(lesson(("T1", "return electronics")))
    assert (alone.agent_id, alone.agent_version) == ("default", "")


@pytest.mark.parametrize(("kind", "kept"), [("missing_tool", ("missing_tool", "no tool")), (None, ("", ""))])
def test_obstacles(kind, kept):
    found = grounding(*REVIEWED).lesson(lesson(("T3", "90 days"), blocking_kind=kind, blocking_details="no tool"))
    assert (found.blocking_kind, found.blocking_details) == kept


SAID = (
    "I|live|in|Lisbon|yes|no|The|dog|\u201cx\u201d|caf\u00e9|cafe\u0301|Stra\u00dfe|医者です|90|days!|\n|\t|🐶|\\|<b>"
)
words = st.sampled_from(SAID.split("|"))
texts = st.one_of(*[st.lists(words, min_size=1, max_size=8).map(" ".join)] * 4, st.text(max_size=12))
judgements = st.builds(
    Judgement, annotation_id=st.just("a"), comment=texts, corrected_content=texts, expert_content=texts
)


@st.composite
def windows(draw):
    return tuple(
        turn(
            number, draw(texts), draw(st.sampled_from(["user", "user", "agent", "system"])), session=draw(st.sampled_from("ab")),
            text_field=draw(st.sampled_from([CONTENT, SHADOW_CONTENT])), user_action_description=draw(texts),
            expert_content=draw(texts), judgements=tuple(draw(st.lists(judgements, max_size=2))),
            fresh=draw(st.sampled_from([True, True, False])), reacts_to_production=draw(st.booleans()),
        )
        for number in range(1, draw(st.integers(1, 5)) + 1)
    )  # fmt: skip


@st.composite
def evidence(draw, turns):
    """Quotes from anywhere: cut out of a turn, said by the model, or of a turn that is not there."""
    pairs = []
    for _ in range(draw(st.sampled_from([0, 1, 1, 2, 2, 3, 4]))):
        number = draw(st.integers(1, len(turns)))
        stored = list(fields(turns[number - 1], judged=True, expert=True).values())
        said = draw(st.sampled_from([*stored, *stored, draw(texts)]))
        start = draw(st.integers(0, len(said)))
        cut = draw(st.sampled_from([said, said, said[start:], said[:start], said[start:-1]]))
        quote = draw(st.sampled_from([cut, cut.upper(), " ".join(cut.split()), f'"{cut}."']))
        pairs.append(Cited(f"T{draw(st.sampled_from([number] * 9 + [len(turns) + 1, 1]))}", quote))
    return tuple(pairs)


def plain(text):
    """Letters and digits alone, compatibility forms and case aside."""
    return "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if c.isalnum())


short = st.sampled_from(["Likes tea."] * 20 + ["", " \u200b", "x" * 1200, "x" * 1201])
confidences = st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=300)
@given(st.data(), windows(), st.sampled_from([PRODUCTION, SHADOW]), st.booleans(), st.booleans())
def test_whatever_a_model_answers_every_span_that_is_kept_exists(data, turns, arm, judged, expert):
    told = grounding(*turns, arm=arm, judged=judged, expert=expert)
    by_id = {one.interaction_id: one for one in turns}
    shared = {"confidence": confidences, "evidence": evidence(turns)}
    a_fact = data.draw(
        st.builds(
            Fact, content=short, category=st.sampled_from(CATEGORIES), subject=texts, attribute=texts, value=texts,
            single_valued=st.booleans(), ttl=st.sampled_from(list(TTLS)), retracts=st.booleans(), **shared,
        )
    )  # fmt: skip
    a_lesson = data.draw(
        st.builds(
            Lesson, origin=st.sampled_from(["success", *ORIGINS, "expert"]), trigger=short, instruction=short, pitfall=texts,
            rationale=texts, blocking_kind=st.sampled_from([None, *GAP_KINDS]), blocking_details=texts, **shared,
        )
    )  # fmt: skip
    kept_fact, kept_lesson = told.fact(a_fact), told.lesson(a_lesson)
    for answered, kept in ((a_fact, kept_fact), (a_lesson, kept_lesson)):
        if isinstance(kept, Refused):
            continue
        assert kept.evidence
        for quote in kept.evidence:
            stored = fields(by_id[quote.interaction_id], judged=judged, expert=expert)[quote.field]
            assert 0 <= quote.start < quote.end <= len(stored)
            assert any(map(str.isalnum, stored[quote.start : quote.end]))
            assert any(plain(stored[quote.start : quote.end]) in plain(one.quote) for one in answered.evidence)
        cited_turns = [by_id[quote.interaction_id] for quote in kept.evidence]
        assert any(one.fresh for one in cited_turns)
        assert 0 <= kept.confidence <= 1
    if not isinstance(kept_fact, Refused):
        assert any(by_id[quote.interaction_id].role_class == "user" for quote in kept_fact.evidence)
        assert 0 < len(kept_fact.content) <= MAX_CONTENT
    if not isinstance(kept_lesson, Refused):
        for quote in kept_lesson.evidence:
            one = by_id[quote.interaction_id]
            assert not (arm == SHADOW and one.role_class == "user" and one.reacts_to_production)
