"""One window through a model: what is asked, how often, what comes back, and that failures stay failures."""

import json

import msgspec
import pytest
from interplay_server.domain.interaction import PRODUCTION, SHADOW
from interplay_server.domain.model import Completion, ModelFailure, ModelImage, Usage
from interplay_server.domain.window import CONTENT, EXPERT, Judgement, Quote, Turn, Window
from interplay_server.learning.prompting import prompts
from interplay_server.learning.prompting.extraction import MAX_IMAGE_BYTES, MAX_IMAGES, ModelExtractor, expert_turns
from interplay_server.learning.prompting.schemas import (
    EXPERT_SCHEMA,
    LESSON_SCHEMA,
    PROFILE_SCHEMA,
    Cited,
    Fact,
    Lesson,
    read,
)


class Answering:
    """Implements ModelProvider: gives prepared answers in turn and keeps what it was asked."""

    name, model = "replay", "prepared"

    def __init__(self, *answers, vision=False):
        self.answers, self.vision, self.calls = list(answers), vision, []

    async def complete(self, messages, *, schema=None, deadline, seed=0, max_tokens=4096):
        self.calls.append({"messages": list(messages), "schema": schema, "deadline": deadline, "seed": seed})
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        text = json.dumps(answer)
        yield text[:5]
        yield text[5:]
        if answer != "unfinished":
            yield Completion(text, self.model, Usage(100, 10, 70, 5), answer)

    async def close(self):
        pass


def turn(number, text, role="user", **more):
    return Turn(f"i{number}", number, 10**15 + number, more.pop("session", "s"), role, text=text, **more)


def fact(ref, quote, content="The user lives in Lisbon."):
    return {
        "evidence": [{"turn": ref, "quote": quote}], "content": content, "category": "factual", "subject": "user",
        "attribute": "home_city", "value": "Lisbon", "single_valued": True, "ttl": "infinity", "confidence": 0.9,
        "retracts": False,
    }  # fmt: skip


def lesson(ref, quote, origin="correction", **more):
    return {
        "evidence": [{"turn": ref, "quote": quote}], "origin": origin, "trigger": "User asks for the return period",
        "instruction": "Name the period for defects.", "pitfall": "", "rationale": "", "blocking_kind": None,
        "blocking_details": "", "confidence": 0.7,
    } | more  # fmt: skip


def items(*some):
    return {"items": list(some)}


WINDOW = Window("u", (turn(1, "Hello, where do you live?", "agent"), turn(2, "I live in Lisbon with Ana.")))
GOOD, WRONG = fact("T2", "live in Lisbon"), fact("T2", "live in Porto")


async def test_facts_come_with_their_spans_the_usage_and_the_digest():
    model = Answering(items(GOOD))
    found = await ModelExtractor(model).profiles(WINDOW, "", ())
    (candidate,) = found.candidates
    assert candidate.evidence == (Quote("i2", CONTENT, 2, 16),)
    assert candidate.ttl == "infinity"
    assert found.usage == Usage(100, 10, 70, 5, attempts=1)
    assert found.dropped == {}
    assert found.prompt_digest == prompts.PROFILE_PROMPT.digest("")
    assert len(found.prompt_digest) == 16


async def test_what_stays_the_same_comes_first_and_is_marked_for_the_cache():
    model = Answering(items(), items())
    extractor = ModelExtractor(model, deadline_seconds=7.5)
    await extractor.profiles(WINDOW, "Homes only.", ("Likes tea.",))
    await extractor.profiles(Window("v", (turn(9, "I like coffee"),)), "Homes only.", ())
    first, second = model.calls
    assert [(one.role, one.cache) for one in first["messages"]] == [("system", True), ("user", False)]
    assert first["messages"][0] == second["messages"][0]
    assert "Homes only." in first["messages"][0].text
    record = first["messages"][1].text
    assert '"Likes tea."' in record
    assert 'T2 {"role":"user"' in record
    assert record.endswith(prompts.closing())
    assert first["schema"] == PROFILE_SCHEMA
    assert first["deadline"] == 7.5


async def test_siblings_survive_a_refused_item():
    model = Answering(items(fact("T2", "live in Lisbon", " "), GOOD, fact("T1", "where do you live")))
    found = await ModelExtractor(model).profiles(WINDOW, "", ())
    assert [one.content for one in found.candidates] == [GOOD["content"]]
    assert found.dropped == {"empty": 1, "not_user_fact": 1}
    assert found.usage.attempts == 1


async def test_missing_evidence_may_be_put_right_once():
    lost = fact("T7", "Ana", "The user has a partner.")
    model = Answering(items(WRONG, GOOD, lost), items(fact("T2", "with Ana"), fact("T2", "Porto")))
    found = await ModelExtractor(model).profiles(WINDOW, "", ())
    assert [one.evidence[0].start for one in found.candidates] == [2, 17]
    assert found.dropped == {"unsupported_evidence": 1}
    assert found.usage == Usage(200, 20, 140, 10, attempts=2)
    again = model.calls[1]["messages"]
    assert [one.role for one in again] == ["system", "user", "assistant", "user"]
    assert json.loads(again[2].text) == items(WRONG, GOOD, lost)
    assert "1 (unsupported_evidence), 3 (bad_reference)" in again[3].text
    assert again[:2] == model.calls[0]["messages"][:2]


async def test_a_repair_adds_nothing_that_was_not_in_question():
    more = [fact("T2", "with Ana", f"Fact {i}.") for i in range(5)]
    found = await ModelExtractor(Answering(items(WRONG), items(*more))).profiles(WINDOW, "", ())
    assert [one.content for one in found.candidates] == ["Fact 0."]
    again = await ModelExtractor(Answering(items(GOOD, WRONG), items(GOOD))).profiles(WINDOW, "", ())
    assert len(again.candidates) == 1


async def test_what_the_model_takes_back_counts_under_its_reason():
    found = await ModelExtractor(Answering(items(WRONG, fact("T9", "x")), items())).profiles(WINDOW, "", ())
    assert found.candidates == ()
    assert found.dropped == {"unsupported_evidence": 1, "bad_reference": 1}


@pytest.mark.parametrize(
    "kind", [ModelFailure.REFUSED, ModelFailure.TRUNCATED, ModelFailure.MALFORMED, ModelFailure.RATE_LIMITED]
)
@pytest.mark.parametrize("before", [[], [items(GOOD, WRONG)]], ids=["first call", "repair"])
@pytest.mark.parametrize("method", ["profiles", "lessons"])
async def test_a_failure_is_the_callers_to_handle(kind, before, method):
    failure = ModelFailure(kind, "no", retry_after=3.0)
    prepared = before if method == "profiles" else [items(lesson("T2", "nothing of it")) for _ in before]
    with pytest.raises(ModelFailure) as raised:
        await getattr(ModelExtractor(Answering(*prepared, failure)), method)(WINDOW, "", ())
    assert raised.value is failure


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        {"facts": []},
        {"items": [], "more": []},
        items({}),
        items(GOOD | {"category": "gossip"}),
        items(GOOD | {"ttl": "two_days"}),
        items(GOOD | {"confidence": "high"}),
        items(GOOD | {"confidence": float("nan")}),
        items(GOOD | {"notes": ""}),
        items(GOOD | {"evidence": [{"turn": 2, "quote": "x"}]}),
        "unfinished",
    ],
)
async def test_an_answer_of_another_shape_is_malformed(answer):
    with pytest.raises(ModelFailure) as raised:
        await ModelExtractor(Answering(answer)).profiles(WINDOW, "", ())
    assert raised.value.kind == ModelFailure.MALFORMED


@pytest.mark.parametrize("change", [{"origin": "rumour"}, {"blocking_kind": "laziness"}])
def test_words_outside_their_lists_are_malformed(change):
    with pytest.raises(ModelFailure):
        read(items(lesson("T1", "x") | change), Lesson)


async def test_seeds_follow_the_window_the_arm_the_definition_and_the_task():
    model = Answering(*[items()] * 7)
    extractor = ModelExtractor(model)
    await extractor.profiles(WINDOW, "", ())
    await extractor.profiles(WINDOW, "", ("something known",))
    await extractor.profiles(WINDOW, "other", ())
    await extractor.profiles(msgspec.structs.replace(WINDOW, arm=SHADOW), "", ())
    await extractor.profiles(Window("u", WINDOW.turns[1:]), "", ())
    await extractor.lessons(WINDOW, "", ())
    seeds = [call["seed"] for call in model.calls]
    assert seeds[0] == seeds[1]
    assert len(set(seeds)) == 5
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_digests_follow_prompt_schema_and_definition():
    digests = {
        prompt.digest(definition)
        for prompt in (prompts.PROFILE_PROMPT, prompts.LESSON_PROMPT, prompts.EXPERT_PROMPT)
        for definition in ("", "Homes only.")
    }
    assert len(digests) == 6
    same = prompts.PROFILE_PROMPT
    assert same.digest("") == same.digest(prompts.DEFAULT_PROFILE_DEFINITION) == same.digest("  ")
    other = prompts.Prompt(same.kind, same.task, same.default_definition, LESSON_SCHEMA)
    assert other.digest("") != same.digest("")


@pytest.mark.parametrize(
    "turns",
    [
        (),
        (turn(1, "I live in Lisbon", fresh=False),),
        (turn(1, "You live in Lisbon", "agent"),),
        (turn(1, "  "), turn(2, "Hello?", "agent", fresh=False)),
    ],
    ids=["empty", "seen before", "no user", "blank"],
)
async def test_a_window_that_can_give_no_fact_costs_no_call(turns):
    model = Answering()
    found = await ModelExtractor(model).profiles(Window("u", turns), "", ())
    assert (found.candidates, found.usage.attempts, found.dropped, model.calls) == ((), 0, {}, [])


async def test_lessons_see_annotations_and_refuse_answers_to_another_reply():
    turns = (
        turn(1, "How long can I return it?"),
        turn(2, "Thirty days.", "agent", agent_id="shop", judgements=(Judgement("a", comment="Forgets defects."),)),
        turn(3, "That is wrong.", reacts_to_production=True),
    )
    answer = items(lesson("T2", "Forgets defects", "annotation"), lesson("T3", "That is wrong"))
    model = Answering(answer, answer)
    shadow = await ModelExtractor(model).lessons(Window("u", turns, SHADOW), "", ())
    assert [(one.origin, one.agent_id) for one in shadow.candidates] == [("annotation", "shop")]
    assert shadow.dropped == {"contaminated": 1}
    assert model.calls[0]["schema"] == LESSON_SCHEMA
    shown = await ModelExtractor(model).lessons(Window("u", turns, PRODUCTION), "", ())
    assert len(shown.candidates) == 2


EXPERT_TURNS = (
    turn(1, "I bought a radio."),
    turn(2, "Nice.", "agent"),
    turn(3, "One question."),
    turn(4, "How long can I return it?"),
    turn(5, "Thirty days.", "agent", expert_content="Thirty days, or 90 days for defects."),
    turn(6, "Thanks."),
    turn(7, "Welcome!", "agent", expert_content=" welcome!  "),
    turn(8, "Anything else?", "agent", expert_content="Do you need a label?", session="other"),
    turn(9, "Old", "agent", expert_content="Old but better", fresh=False),
    turn(10, "Bye", "agent", judgements=(Judgement("a", expert_content="Bye, and mind the deadline."),)),
    turn(11, "Old too", "agent", judgements=(Judgement("a", expert_content="Newer"),), fresh=False, session="third"),
)


def test_an_experts_reply_is_shown_with_all_that_was_asked():
    assert list(expert_turns(Window("u", EXPERT_TURNS))) == [3, 4, 5, 8, 10]


def test_an_expert_who_answered_another_talk_teaches_the_shadow_nothing():
    turns = (
        turn(1, "How long can I return it?"),
        turn(2, "Thirty days.", "agent", judgements=(Judgement("a", corrected_content="Ninety days for defects."),)),
        turn(3, "And shoes?", reacts_to_production=True),
        turn(4, "Thirty days.", "agent", expert_content="Unworn shoes, thirty days."),
    )
    assert list(expert_turns(Window("u", turns, SHADOW))) == [1, 2]
    assert list(expert_turns(Window("u", turns))) == [1, 2, 3, 4]


async def test_lessons_of_an_expert_quote_the_expert():
    model = Answering(
        items(lesson("T5", "90 days for defects", "expert"), lesson("T4", "How long can I return it", "expert")),
        items(),
    )
    found = await ModelExtractor(model).expert_lessons(Window("u", EXPERT_TURNS), "", ())
    (kept,) = found.candidates
    assert kept.origin == "expert"
    assert kept.evidence == (Quote("i5", EXPERT, 16, 35),)
    assert found.dropped == {"unsupported_evidence": 1}
    assert model.calls[0]["schema"] == EXPERT_SCHEMA
    record = model.calls[0]["messages"][1].text
    assert '"expert":"Thirty days, or 90 days for defects."' in record
    assert "\nT1 " not in record
    assert "\nT5 " in record


async def test_without_an_expert_nothing_is_asked():
    model = Answering()
    assert (await ModelExtractor(model).expert_lessons(WINDOW, "", ())).candidates == ()
    assert model.calls == []


async def test_a_window_over_the_budget_takes_several_calls():
    turns = tuple(turn(i, f"I own the book number {i}. " + "word " * 60) for i in range(1, 13))
    model = Answering(*[items()] * 12)
    model.answers[0] = items(fact("T1", "own the book number 1"), fact("T12", "own the book number 12"))
    found = await ModelExtractor(model, window_tokens=700).profiles(Window("u", turns), "", ())
    assert len(found.candidates) == 1
    assert found.dropped == {"bad_reference": 1}
    records = [call["messages"][1].text for call in model.calls if len(call["messages"]) == 2]
    assert len(records) > 1
    assert found.usage.attempts == len(model.calls)
    assert len({call["seed"] for call in model.calls}) == len(records)
    for number in range(1, 13):
        fresh = [
            one
            for one in records
            if f"\nT{number} " in one and '"context":true' not in one.split(f"\nT{number} ")[1].split("\n")[0]
        ]
        assert len(fresh) == 1


PICTURES = tuple(turn(i, f"see {i}", image_sha256=f"h{i}") for i in range(1, 8))


async def test_a_model_that_sees_is_given_the_newest_images():
    asked = []

    async def image(sha256):
        asked.append(sha256)
        if sha256 == "h7":
            return None
        return ModelImage("image/png", b"x" * (MAX_IMAGE_BYTES + (sha256 == "h6")))

    model = Answering(items(), items(), items(), vision=True)
    await ModelExtractor(model, image=image).profiles(Window("u", PICTURES), "", ())
    message = model.calls[0]["messages"][1]
    assert len(message.images) == MAX_IMAGES
    assert asked == ["h7", "h6", "h5", "h4", "h3", "h2"]
    assert message.text.count("[image]") == 3
    assert message.text.count('"image":"attached ') == 4
    await ModelExtractor(model).profiles(Window("u", PICTURES), "", ())
    assert model.calls[1]["messages"][1].images == ()
    model.vision = False
    await ModelExtractor(model, image=image).profiles(Window("u", PICTURES), "", ())
    assert model.calls[2]["messages"][1].images == ()
    assert len(asked) == 6


def objects(schema):
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for value in schema.values():
            yield from objects(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from objects(value)


COMMON = {"type", "properties", "required", "additionalProperties", "items", "enum", "anyOf"}


def keywords(schema):
    """Keywords of a schema, names of properties left out."""
    yield from schema
    for value in schema.get("properties", {}).values():
        yield from keywords(value)
    for value in (schema.get("items"), *schema.get("anyOf", ())):
        if value:
            yield from keywords(value)


@pytest.mark.parametrize(("schema", "kind"), [(PROFILE_SCHEMA, Fact), (LESSON_SCHEMA, Lesson), (EXPERT_SCHEMA, Lesson)])
def test_schemas_are_what_strict_modes_take_and_what_is_read(schema, kind):
    found = list(objects(schema))
    assert len(found) == 3
    for one in found:
        assert one["additionalProperties"] is False
        assert one["required"] == list(one["properties"])
    assert set(keywords(schema)) <= COMMON
    answer, item, evidence = found
    assert set(answer["properties"]) == {"items"}
    assert set(item["properties"]) == set(kind.__struct_fields__)
    assert set(evidence["properties"]) == set(Cited.__struct_fields__)
    assert len(json.dumps(schema)) < 2000
