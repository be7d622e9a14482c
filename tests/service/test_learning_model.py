"""Learning with a language model on loopback: grounding, patience, stalls that end by themselves, keys, cassettes."""

import json
import re

import grpc
import pytest

from tests.conftest import ServerProcess, eventually
from tests.service.kit import PNG, fresh
from tests.service.learning_kit import (
    DONE,
    IN_PENDING,
    RETURNS_ANSWER,
    RETURNS_EXPERT,
    RETURNS_QUESTION,
    STALLED,
    LearningApi,
    agent,
    reason_of,
    rpb,
    user,
)
from tests.support.fake_models import FakeModels, Reply, throttled

KEY = "sk-test-" + "0123456789abcdef" * 3
VARIABLE = "INTERPLAY_TEST_MODEL_KEY"
TURN = re.compile(r"^T(\d+) (\{.*\})$", re.MULTILINE)


def flags(fake, provider, *more):
    return (
        *("--model-provider", provider, "--model-model", "fake-1", "--model-base-url", fake.base_url(provider)),
        *("--model-api-key-env", VARIABLE, *more),
    )


def turns(seen):
    return [(f"T{number}", json.loads(line)) for number, line in TURN.findall(seen.prompt)]


def kind_of(seen):
    """facts, lessons or expert: which of the three is asked for."""
    item = seen.schema["properties"]["items"]["items"]["properties"]
    return "facts" if "attribute" in item else "expert" if item["origin"]["enum"] == ["expert"] else "lessons"


def fact(turn, quote, city, **fields):
    return {
        "evidence": [{"turn": turn, "quote": quote}], "content": f"Lives in {city}", "category": "factual",
        "subject": "user", "attribute": "home_city", "value": city, "single_valued": True, "ttl": "infinity",
        "confidence": 0.9, "retracts": False, **fields,
    }  # fmt: skip


def lesson(turn, quote, instruction, origin="correction"):
    return {
        "evidence": [{"turn": turn, "quote": quote}], "origin": origin, "trigger": "User asks for a distance",
        "instruction": instruction, "pitfall": "", "rationale": "", "blocking_kind": None, "blocking_details": "",
        "confidence": 0.8,
    }  # fmt: skip


def well_behaved(seen):
    """Facts from `I live in …`, lessons from `Use …`, an expert's lesson from every turn with an expert's words."""
    items = []
    for name, turn in turns(seen):
        text, expert = turn.get("text", ""), turn.get("expert", "")
        if turn.get("context"):
            continue
        if kind_of(seen) == "facts" and (found := re.search(r"I live in (\w+)", text)):
            items.append(fact(name, found[0], found[1]))
        elif kind_of(seen) == "lessons" and (found := re.search(r"Use \w+", text)):
            items.append(lesson(name, found[0], found[0]))
        elif kind_of(seen) == "expert" and expert:
            items.append(lesson(name, "Opened software", "Say that opened software is final sale", "expert"))
    return {"items": items}


class Model:
    """The fake, and how it behaves towards those whose words hold a marker."""

    def __init__(self):
        self.behaviour = {}
        self.fake = FakeModels(self.answer)

    def answer(self, seen):
        for marker, behave in self.behaviour.items():
            if marker in seen.prompt:
                return behave(seen)
        return well_behaved(seen)

    def seen(self, marker):
        return [one for one in self.fake.seen if marker in one.prompt]


@pytest.fixture(scope="module")
def served(request, tmp_path_factory):
    """(model, server) of the protocol asked for."""
    model, protocol = Model(), getattr(request, "param", "anthropic")
    with model.fake.in_thread() as fake:
        server = ServerProcess(
            tmp_path_factory.mktemp(protocol) / "data",
            *flags(fake, protocol, "--log-level", "debug", "--model-vision"),
            environment={VARIABLE: KEY},
        ).start()
        yield model, server
        server.stop()
        log = server.log.read_text()
        assert KEY not in log
        assert KEY[8:30] not in log
        assert "Traceback" not in log, log[log.index("Traceback") :][:3000]


@pytest.fixture
def model(served):
    return served[0]


@pytest.fixture
def api(served):
    made = LearningApi(served[1].target, tenant=fresh("model"))
    yield made
    made.close()


def marked(text):
    """The text with a word that nobody else says, and the word."""
    marker = "zz" + fresh("").replace("-", "")
    return f"{text} {marker}", marker


@pytest.mark.parametrize("served", ["openai"], indirect=True)
def test_another_protocol_finds_the_same(api, model):
    find_and_check(api, model)


def test_what_a_model_finds_has_evidence_that_exists(api, model):
    find_and_check(api, model)


def find_and_check(api, model):
    said, marker = marked("I live in Lisbon, and it rains.")
    answer = api.say(said, agent(RETURNS_ANSWER, expert_content=RETURNS_EXPERT), "Use kilometres, please.")
    assert answer.learning_state == DONE
    [row] = api.profiles()
    told = api.provenance(profile_id=row.profile_id)
    provider = model.seen(marker)[0].protocol
    assert (row.content, row.origin.method, row.origin.provider) == (
        "Lives in Lisbon", rpb.LEARNING_METHOD_MODEL, provider,
    )  # fmt: skip
    [span] = row.evidence
    assert (span.interaction_id, span.field) == (answer.interaction_ids[0], "content")
    assert said[span.start : span.end] == "I live in Lisbon"
    [window] = told.windows
    assert window.prompt_digest == told.origin.prompt_digest != ""
    assert window.input_tokens > 0
    assert window.engine_version == "fake-1"
    assert list(window.interaction_ids) == list(answer.interaction_ids)
    books = {one.kind: one for one in api.playbooks()}
    assert set(books) == {"correction", "expert"}
    [span] = books["expert"].evidence
    assert (span.field, RETURNS_EXPERT[span.start : span.end]) == ("expert_content", "Opened software")
    assert {kind_of(one) for one in model.seen(marker)} == {"facts", "lessons", "expert"}
    assert all(KEY not in one.raw.decode() for one in model.seen(marker))


def test_invented_quotes_are_dropped_and_their_siblings_stay(api, model):
    said, marker = marked("I live in Lisbon.")

    def inventive(seen):
        name = turns(seen)[0][0]
        if kind_of(seen) != "facts" or any(role == "assistant" for role, _ in seen.messages):
            # Asked to mend what it invented, it takes it back.
            return {"items": []}
        honest, invented = fact(name, "I live in Lisbon", "Lisbon"), fact(name, "I live in Paris", "Paris")
        nowhere = fact("T99", "I live in Lisbon", "Rome")
        return {"items": [honest, invented, nowhere]}

    model.behaviour[marker] = inventive
    api.say(said)
    [row] = api.profiles()
    assert row.content == "Lives in Lisbon"
    [window] = api.provenance(profile_id=row.profile_id).windows
    assert sum(window.dropped.values()) == 2


@pytest.mark.parametrize("status", [429, 529, 503])
def test_a_model_that_asks_for_patience_is_asked_again(api, model, status):
    said, marker = marked("I live in Lisbon.")
    refusals = [throttled(status)] * 2
    model.behaviour[marker] = lambda seen: refusals.pop() if refusals else well_behaved(seen)
    assert api.say(said).learning_state == DONE
    assert api.facts() == ["Lives in Lisbon"]
    assert not refusals


STUBBORN = {
    "refusal": (Reply("I would rather not.", stop="refusal"), "REFUSED"),
    "truncation": (Reply('{"items": [', stop="truncated"), "TRUNCATED"),
    "invalid JSON": (Reply("Sure, here you are: Lisbon."), "MALFORMED"),
    "another shape": (Reply('{"facts": 1}'), "MALFORMED"),
}


@pytest.mark.parametrize(("reply", "reason"), STUBBORN.values(), ids=STUBBORN)
def test_a_window_that_cannot_be_read_stalls_its_user_until_it_can(api, model, reply, reason):
    api.configure(window_size=1, stride=1)
    first = api.say("I live in Lisbon.", session="s")
    said, marker = marked("I live in Porto.")
    model.behaviour[marker] = lambda _: reply
    second = api.say(said, session="s")
    assert second.learning_state == STALLED
    status = api.status(request_id=second.request_id)
    assert (status.state, status.stall.reason, status.stall.user_id) == (STALLED, reason, "u")
    assert status.stall.attempts >= 1
    assert status.stall.message
    assert status.stall.HasField("next_attempt")
    assert api.status().stall.reason == reason
    assert api.status(request_id=first.request_id).state == DONE
    # Publishing goes on, and so does learning from everybody else.
    third = api.say("I live in Faro.", session="s", learn=False)
    assert api.say("I live in Ghent.", user="v").learning_state == DONE
    assert not api.status(user_id="v").HasField("stall")
    model.behaviour[marker] = well_behaved
    # A slow machine may be at the pause of a minute by now.
    api.caught_up("u", 100)
    assert api.facts() == ["Lives in Faro"]
    assert not api.status().HasField("stall")
    for request in (first, second, third):
        assert len(api.windows(request.request_id)) == 2
    assert len(api.history(change_types=[rpb.LEARNING_CHANGE_TYPE_CREATED])) == 3


def test_a_provider_that_fails_for_everybody_stalls_the_tenant_and_resumes_by_itself(api, model):
    api.configure(window_size=1, stride=1)
    said, marker = marked("I live in Lisbon.")
    model.behaviour[marker] = lambda _: Reply(status=401)
    api.say(said, learn=False)
    stall = eventually(lambda: (found := api.status()).HasField("stall") and found).stall
    assert stall.reason == "UNAUTHORISED"
    assert KEY not in stall.message
    assert api.status().state == STALLED
    assert api.say("I live in Ghent.", user="v").learning_state == STALLED
    model.behaviour[marker] = well_behaved
    # Nobody waits and the idle time is ten minutes: it is the retry that comes back to both.
    api.caught_up("u", 30)
    api.caught_up("v", 30)
    assert (api.facts(), api.facts("v")) == (["Lives in Lisbon"], ["Lives in Ghent"])
    assert not api.status().HasField("stall")


def test_a_deadline_ends_the_wait_and_not_the_learning(api, model):
    said, marker = marked("I live in Lisbon.")

    def slow(seen):
        made = well_behaved(seen)
        return Reply(json.dumps(made), latency=1.0)

    model.behaviour[marker] = slow
    request_id = fresh("request")
    with pytest.raises(grpc.RpcError) as caught:
        api.by(timeout=0.5).say(said, session="s", request_id=request_id)
    assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert api.contents() == [said]
    again = api.say(said, session="s", request_id=request_id)
    assert (again.duplicate, again.learning_state) == (True, DONE)
    assert api.facts() == ["Lives in Lisbon"]
    assert sum(kind_of(one) == "facts" for one in model.seen(marker)) == 1


def test_a_slow_judgement_holds_up_neither_deletions_nor_others(api, model):
    said, marker = marked("How far is Ghent?")
    answer = api.say(said, agent("34 miles."))
    model.behaviour[marker] = lambda seen: Reply(json.dumps(well_behaved(seen)), latency=4.0)
    api.annotate(answer.interaction_ids[1], rating=1.0, comment="Use kilometres, never miles.")
    eventually(lambda: model.fake.running)
    quick = api.by(timeout=3)
    assert quick.say("I live in Lisbon.", user="v").learning_state == DONE
    assert quick.delete(user_id="v") == 1
    assert quick.facts("v") == []


def test_a_judgement_that_cannot_be_read_lets_the_others_pass(api, model):
    said, marker = marked("How far is Ghent?")
    first = api.say(said, agent("34 miles."))
    model.behaviour[marker] = lambda _: Reply("no")
    api.annotate(first.interaction_ids[1], rating=1.0, comment="Use kilometres.")
    eventually(lambda: api.status(user_id="u").HasField("stall"))
    second = api.say("How far is Bruges?", agent("60 miles."), user="v")
    assert second.learning_state == DONE
    api.annotate(second.interaction_ids[1], expert_content="97 km. Opened software is final sale.")
    eventually(lambda: api.playbooks("v"))
    model.behaviour[marker] = well_behaved
    eventually(lambda: not api.status(user_id="u").HasField("stall"), 20)


def test_images_are_shown_to_a_model_that_sees_and_counted_by_the_rules(api, model):
    said, marker = marked("I live in Lisbon.")
    image = user(said, image=PNG + b"pixels")
    api.say(image)
    assert any(
        "image" in json.dumps(one.body["messages"]) and "base64" in one.raw.decode() for one in model.seen(marker)
    )
    [row] = api.profiles()
    assert api.provenance(profile_id=row.profile_id).windows[0].ignored_images == 0
    api.configure(provider="rules")
    before = len(model.seen(marker))
    api.say(user(said, image=PNG + b"pixels"), user="v")
    [row] = api.profiles("v")
    assert row.origin.provider == "rules"
    assert api.provenance(profile_id=row.profile_id).windows[0].ignored_images == 1
    assert len(model.seen(marker)) == before


def test_a_rerun_that_the_model_fails_leaves_nothing(api, model):
    said, marker = marked("I live in Lisbon.")
    api.say(said)
    model.behaviour[marker] = lambda _: Reply("no")
    operation, _ = api.ended(api.rerun())
    assert operation.state == 4
    assert "MALFORMED" in operation.error.message
    assert api.profiles(lifecycles=[IN_PENDING]) == []
    assert reason_of(api.promote)[1] == "NOTHING_TO_PROMOTE"
    assert api.facts() == ["Lives in Lisbon"]


REFUSED_STARTS = {
    "no variable is named": (("--model-provider", "anthropic", "--model-model", "m"), {}, "model.api_key_env"),
    "no model is named": (("--model-provider", "openai", "--model-api-key-env", VARIABLE), {VARIABLE: KEY}, "model.model"),
    "the variable is not set": (
        ("--model-provider", "anthropic", "--model-model", "m", "--model-api-key-env", VARIABLE), {}, VARIABLE,
    ),
    "the variable is empty": (
        ("--model-provider", "openai", "--model-model", "m", "--model-api-key-env", VARIABLE), {VARIABLE: " "}, VARIABLE,
    ),
    "the key stands in the place of its name": (
        ("--model-provider", "anthropic", "--model-model", "m", "--model-api-key-env", KEY), {}, "model.api_key_env",
    ),
    "no cassettes": (("--model-provider", "replay"), {}, "model.cassettes"),
    "a folder of cassettes that is not there": (
        ("--model-provider", "replay", "--model-cassettes", "/nowhere/at/all"), {}, "model.cassettes",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "environment", "named"), REFUSED_STARTS.values(), ids=REFUSED_STARTS)
def test_a_server_without_what_its_model_needs_does_not_start(start_server, given, environment, named):
    server = start_server(*given, environment=environment, wait=False)
    process = server.process
    assert process.wait(30) != 0
    said = server.log.read_text()
    assert named in said
    assert "Traceback" not in said
    assert len(said.strip().splitlines()) == 1
    assert KEY not in said


def test_a_recording_is_replayed_and_what_was_not_recorded_stalls(start_server, tmp_path):
    cassettes = tmp_path / "cassettes"
    with FakeModels(well_behaved).in_thread() as fake:
        given = flags(fake, "openai", "--model-record", str(cassettes))
        recording = start_server(*given, data=tmp_path / "data", environment={VARIABLE: KEY})
        api = LearningApi(recording.target)
        api.say("I live in Lisbon.", agent(RETURNS_ANSWER, expert_content=RETURNS_EXPERT), "Use kilometres, please.")
        api.say(RETURNS_QUESTION, user="v")
        recorded = (api.facts(), sorted(one.content for one in api.playbooks()))
        assert all(recorded)
        assert recording.terminate() == 0
        asked = len(fake.seen)
    assert len(list(cassettes.glob("*.json"))) == asked
    assert not any(KEY in one.read_text() for one in cassettes.iterdir())
    replaying = start_server(
        *("--model-provider", "replay", "--model-cassettes", str(cassettes)), data=tmp_path / "data"
    )
    api = LearningApi(replaying.target)
    api.succeeded(api.rerun())
    api.promote()
    assert (api.facts(), sorted(one.content for one in api.playbooks())) == recorded
    assert {one.origin.provider for one in api.profiles()} == {"replay"}
    answer = api.say("I live in Porto.")
    assert answer.learning_state == STALLED
    assert api.status().stall.reason == "NO_CASSETTE"
    assert api.contents(user_id="u")[-1] == "I live in Porto."
