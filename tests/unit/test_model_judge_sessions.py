"""A model as judge of sessions: what it is shown, and that only what the turns bear out is kept of its answer."""

import contextlib
import json
import re

import pytest
from interplay_server.domain.model import ModelFailure
from interplay_server.domain.window import Judgement, Turn
from interplay_server.evaluation.judges import SessionCase, session_by_rules
from interplay_server.evaluation.judging_answers import MAX_EVIDENCE, SESSION_SCHEMA, user_turns_before
from interplay_server.evaluation.judging_prompts import SESSION_PROMPT
from interplay_server.evaluation.judging_records import FIRST_TURNS, LAST_TURNS, SESSION_TOKENS, session_record
from interplay_server.evaluation.model_judge import ModelJudge
from interplay_server.evaluation.rules import ToolResult
from interplay_server.learning.prompting.rendering import tokens
from interplay_server.models.anthropic import AnthropicWire
from interplay_server.models.calling import RemoteModel
from interplay_server.models.openai import OpenAIWire

from tests.support.fake_models import FakeModels, Reply, throttled

WIRES = {"anthropic": AnthropicWire, "openai": OpenAIWire}
NOON = 1_790_000_000_000_000


def turn(number, role, text, **more):
    return Turn(f"i{number}", number, NOON + number * 1_000_000, "s", role, text=text, **more)


PARCEL = SessionCase(
    (
        turn(1, "user", "Where is my parcel?"),
        turn(2, "agent", "Which parcel?"),
        turn(3, "user", "The lamp."),
        turn(4, "agent", "It arrives on Monday."),
        turn(5, "user", "No, that is the chair. I asked about the lamp."),
        turn(6, "system", "status: 503", tools=("track",)),
        turn(7, "agent", "Sorry: the lamp arrives on Friday, I moved it to your office."),
        turn(8, "user", "Thanks!"),
        turn(9, "agent", "You are welcome."),
    ),
    finished=True,
)


def sign(tag, what="the lamp is dated", speaks="FOR", system=False):
    return {"turn": tag, "what": what, "speaks": speaks, "system": system}


def answer(**fields):
    return {
        "evidence": [sign("T7"), sign("T5", "the wrong parcel", "AGAINST"), sign("T6", "tracking fails", "AGAINST", True)],
        "corrective_turns": ["T5"],
        "satisfaction": [
            {"turn": "T1", "score": 3}, {"turn": "T3", "score": 3}, {"turn": "T5", "score": 2}, {"turn": "T8", "score": 5},
        ],
        "system_errors": ["T6"], "escalation": "NONE", "resolving_turn": "T7", "outcome": "SUCCESS",
        "behaviour_outcome": "SUCCESS", "confidence": 0.8,
    } | fields  # fmt: skip


def shown(seen, tag):
    lines = seen.messages[-1][1].split("\n")
    inside = lines[lines.index(f"<{tag}>") + 1 : lines.index(f"</{tag}>")]
    return [json.loads(re.sub(r"^(?:T\d+|GAP) ", "", line)) for line in inside]


@pytest.fixture(params=WIRES)
def protocol(request):
    return request.param


@pytest.fixture
async def connect(protocol):
    async with contextlib.AsyncExitStack() as stack:

        async def make(answers, *, deadline=30.0):
            fake = await stack.enter_async_context(FakeModels(answers))
            wire = WIRES[protocol]("judge-1", key="k-of-this-test", base_url=fake.base_url(protocol))
            remote = RemoteModel(wire, timeout=120.0, max_concurrent=4, first_wait=0.001)
            stack.push_async_callback(remote.close)
            return fake, ModelJudge(remote, deadline_seconds=deadline)

        yield make


@pytest.fixture
async def judged(connect):
    async def run(case=PARCEL, **fields):
        _, judge = await connect([answer(**fields)])
        return await judge.judge_session(case)

    return run


class TestWhatIsKept:
    async def test_a_whole_judgement(self, connect, protocol):
        fake, judge = await connect([answer()])
        found = await judge.session(PARCEL)
        assert (found.outcome, found.behaviour_outcome, found.confidence) == ("SUCCESS", "SUCCESS", 0.8)
        assert [(one.interaction_id, one.what, one.weight, one.system) for one in found.evidence] == [
            ("i7", "the lamp is dated", 1, False),
            ("i5", "the wrong parcel", -1, False),
            ("i6", "tracking fails", -1, True),
        ]
        assert found.corrective_turns == ("i5",)
        assert (found.resolving_turn, found.user_turns_to_resolution, found.user_turns) == ("i7", 3, 4)
        assert [(one.interaction_id, one.score) for one in found.satisfaction] == [
            ("i1", 0.0), ("i3", 0.0), ("i5", -0.5), ("i8", 1.0),
        ]  # fmt: skip
        assert (found.last_satisfaction, found.tone_trend, found.system_errors) == (1.0, 0.25, 1)
        assert (found.escalation, found.repeat_contact) == ("", False)
        assert found.success == pytest.approx(0.9)
        assert (found.method, found.engine_version) == ("model", f"{protocol}/judge-1")
        assert "language model" in found.note and "Left out" not in found.note
        assert len(fake.seen) == 1

    async def test_the_count_of_turns_agrees_with_the_rules(self):
        turns = (
            turn(1, "user", "How do I reset my router?"),
            turn(2, "agent", "Which model is it?"),
            turn(3, "user", "The X20."),
            turn(4, "agent", "Hold the button at the back for ten seconds."),
            turn(5, "user", "Thanks, that worked!"),
            turn(6, "agent", "You are welcome."),
        )
        by_rules = session_by_rules(SessionCase(turns, finished=True))
        assert (by_rules.outcome, by_rules.resolving_turn) == ("SUCCESS", "i4")
        assert by_rules.user_turns_to_resolution == user_turns_before(turns, "i4") == 2
        assert user_turns_before(PARCEL.turns, "i99") is None

    async def test_turns_that_do_not_exist_are_dropped_and_counted(self, judged):
        ghosts = {
            "evidence": [sign("T7"), sign("T10"), sign("i7"), sign("T0"), sign("7"), sign("")],
            "corrective_turns": ["T5", "T77"],
            "satisfaction": [{"turn": "T8", "score": 4}, {"turn": "T88", "score": 1}],
            "system_errors": ["T99"],
        }
        found = await judged(**ghosts)
        assert found.dropped == {"unknown_turn": 8}
        kept = found.judgement
        assert [one.interaction_id for one in kept.evidence] == ["i7"]
        assert (kept.corrective_turns, kept.system_errors, len(kept.satisfaction)) == (("i5",), 0, 1)
        assert kept.note.endswith("Left out: unknown_turn 8.")

    @pytest.mark.parametrize("evidence", [[], [sign("T50")], [sign("T7", "  ")]], ids=["none", "ghost", "blank"])
    async def test_no_evidence_is_no_outcome(self, judged, evidence):
        kept = (await judged(evidence=evidence)).judgement
        assert (kept.outcome, kept.behaviour_outcome, kept.confidence, kept.success) == ("UNKNOWN", "UNKNOWN", 0.0, 0.5)
        assert (kept.resolving_turn, kept.user_turns_to_resolution) == ("", None)

    async def test_faults_of_systems_alone_say_nothing_of_behaviour(self, judged):
        kept = (await judged(evidence=[sign("T6", "fails", "AGAINST", True)], outcome="FAILURE")).judgement
        assert (kept.outcome, kept.behaviour_outcome) == ("FAILURE", "UNKNOWN")
        assert (kept.success, kept.behaviour_success) == (pytest.approx(0.1), 0.5)

    async def test_only_user_turns_after_the_agent_correct(self, judged):
        found = await judged(corrective_turns=["T8", "T1", "T4", "T6", "T5", "T5"])
        assert found.judgement.corrective_turns == ("i5", "i8")
        assert found.dropped == {"wrong_turn": 3, "repeated": 1}

    async def test_satisfaction_is_of_user_turns_and_once(self, judged):
        given = [("T8", 5), ("T4", 1), ("T6", 1), ("T1", 1), ("T8", 1)]
        found = await judged(satisfaction=[{"turn": tag, "score": score} for tag, score in given])
        assert [(one.interaction_id, one.score) for one in found.judgement.satisfaction] == [("i1", -1.0), ("i8", 1.0)]
        assert found.dropped == {"wrong_turn": 2, "repeated": 1}

    @pytest.mark.parametrize("tag", ["T5", "T6", "T12", "", "the last"])
    async def test_only_a_turn_of_the_agent_resolves(self, judged, tag):
        kept = (await judged(resolving_turn=tag)).judgement
        assert (kept.outcome, kept.resolving_turn, kept.user_turns_to_resolution) == ("SUCCESS", "", None)

    @pytest.mark.parametrize("outcome", ["PARTIAL", "FAILURE", "ABANDONED", "UNKNOWN"])
    async def test_what_is_no_success_has_no_resolution(self, judged, outcome):
        kept = (await judged(outcome=outcome)).judgement
        assert (kept.outcome, kept.resolving_turn, kept.user_turns_to_resolution) == (outcome, "", None)

    async def test_better_outcomes_score_higher(self, judged):
        scores = [(await judged(outcome=one)).judgement.success for one in ("FAILURE", "PARTIAL", "SUCCESS")]
        assert scores == sorted(scores) and len(set(scores)) == 3

    @pytest.mark.parametrize(("said", "kept"), [("NONE", ""), ("ASKED", "asked"), ("TRANSFERRED", "transferred")])
    async def test_escalation(self, judged, said, kept):
        assert (await judged(escalation=said)).judgement.escalation == kept

    async def test_evidence_is_bounded(self, judged):
        found = await judged(evidence=[sign("T7", "word " * 500)] * (MAX_EVIDENCE + 3))
        assert len(found.judgement.evidence) == MAX_EVIDENCE
        assert found.dropped == {"too_many": 3}
        assert all(len(one.what) <= 300 for one in found.judgement.evidence)

    async def test_order_is_that_of_time(self, connect):
        fake, judge = await connect([answer()])
        found = await judge.session(SessionCase(tuple(reversed(PARCEL.turns)), finished=True))
        assert found.user_turns_to_resolution == 3
        assert [one.get("text") for one in shown(fake.seen[0], "turns")] == [one.text for one in PARCEL.turns]


class TestFailures:
    @pytest.mark.parametrize(
        "fields",
        [
            {"outcome": "GOOD"}, {"behaviour_outcome": ""}, {"confidence": 1.5}, {"confidence": -1}, {"confidence": "high"},
            {"satisfaction": [{"turn": "T1", "score": 0}]}, {"satisfaction": [{"turn": "T1", "score": 6}]},
            {"satisfaction": [{"turn": "T1", "score": 2.5}]}, {"evidence": [sign("T7", speaks="MAYBE")]},
            {"escalation": "LATER"}, {"more": True}, {"corrective_turns": "T5"}, {"resolving_turn": None},
        ],
        ids=str,
    )  # fmt: skip
    async def test_an_answer_that_contradicts_its_schema(self, connect, fields):
        _, judge = await connect([answer(**fields)])
        with pytest.raises(ModelFailure) as caught:
            await judge.session(PARCEL)
        assert caught.value.kind == ModelFailure.MALFORMED

    @pytest.mark.parametrize(("stop", "kind"), [("truncated", "TRUNCATED"), ("refusal", "REFUSED")])
    async def test_no_whole_answer(self, connect, stop, kind):
        fake, judge = await connect([Reply(json.dumps(answer()), stop=stop)])
        with pytest.raises(ModelFailure) as caught:
            await judge.session(PARCEL)
        assert caught.value.kind == kind and len(fake.seen) == 1

    async def test_patience_with_a_busy_provider(self, connect):
        fake, judge = await connect([throttled(429), answer()])
        found = await judge.judge_session(PARCEL)
        assert (found.judgement.outcome, found.calls, len(fake.seen)) == ("SUCCESS", 2, 2)
        assert found.tokens > len(SESSION_PROMPT.system().split())

    @pytest.mark.parametrize("turns", [(), (turn(1, "system", "boot"),), (turn(1, "user", " "),)])
    async def test_nobody_says_anything(self, connect, turns):
        fake, judge = await connect([answer()])
        found = await judge.judge_session(SessionCase(turns))
        assert (found.judgement.outcome, found.judgement.confidence, found.calls) == ("UNKNOWN", 0.0, 0)
        assert found.judgement.engine_version == judge.name and not fake.seen


class TestRequests:
    async def test_prompt_and_schema(self, connect):
        fake, judge = await connect([answer()])
        await judge.session(PARCEL)
        seen = fake.seen[0]
        assert seen.messages[0] == ("system", SESSION_PROMPT.system())
        assert list(seen.schema["properties"]) == seen.schema["required"] == list(SESSION_SCHEMA["properties"])
        assert seen.body["max_tokens"] == SESSION_PROMPT.max_tokens

    async def test_what_is_shown_of_a_session(self, connect):
        fake, judge = await connect([answer(evidence=[sign("T2")])])
        rated = (
            Judgement("a1", "reviewer-x", thumb="up", rating=4.0, comment="kind"),
            Judgement("a2", rating=float("nan")),
        )
        turns = (
            turn(1, "user", "Buy it", speaker="Kim", user_action="CLICK", user_action_description="the button Pay"),
            turn(2, "agent", "Done", tools=("pay",), judgements=rated, image_sha256="ab" * 32),
        )
        results = (ToolResult("i2", "pay", failed=True, text="declined " * 200), ToolResult("elsewhere", "other"))
        await judge.session(SessionCase(turns, results, repeat_contact=True, now=NOON + 60_000_000))
        seen = fake.seen[0]
        assert shown(seen, "session") == [{"open": True, "came_back_about_the_same": True}]
        first, second = shown(seen, "turns")
        assert (first["speaker"], first["did"], first["action"]) == ("Kim", "CLICK", "the button Pay")
        assert (second["thumb"], second["rating"], second["comment"], second["image"]) == ("up", 4.0, "kind", True)
        [result] = second["tool_results"]
        assert (result["name"], result["failed"]) == ("pay", True) and result["text"]["characters_left_out"] > 0
        assert "reviewer-x" not in seen.prompt and '"i2"' not in seen.prompt

    @pytest.mark.parametrize(
        ("finished", "minutes", "is_open"), [(True, 1, False), (False, 1, True), (False, 600, False)]
    )
    async def test_whether_a_session_is_still_open(self, finished, minutes, is_open):
        case = SessionCase(PARCEL.turns, finished=finished, now=PARCEL.turns[-1].time + minutes * 60_000_000)
        told = json.loads(session_record(case).text.split("\n")[1])
        assert told["open"] is is_open

    async def test_a_long_session_shows_its_start_and_its_end(self, connect):
        roles = ("user", "agent")
        turns = tuple(turn(n, roles[(n + 1) % 2], f"word {n}") for n in range(1, 201))
        given = answer(
            evidence=[sign("T200"), sign("T100")], corrective_turns=["T199", "T99"], resolving_turn="T200", satisfaction=[],
            system_errors=[],
        )  # fmt: skip
        fake, judge = await connect([given])
        found = await judge.judge_session(SessionCase(turns, finished=True))
        lines = shown(fake.seen[0], "turns")
        assert lines[FIRST_TURNS] == {"turns_left_out": 200 - FIRST_TURNS - LAST_TURNS}
        assert [one["text"] for one in lines[:FIRST_TURNS]] == ["word 1", "word 2", "word 3"]
        assert [one["text"] for one in lines[FIRST_TURNS + 1 :]] == [f"word {n}" for n in range(141, 201)]
        assert found.dropped == {"unknown_turn": 2}, "a turn that was not shown was taken as evidence"
        assert (found.judgement.user_turns, found.judgement.user_turns_to_resolution) == (100, 100)

    async def test_long_turns_are_shown_shorter(self):
        turns = tuple(turn(n, "user", "\u65e5\u672c" * 5_000) for n in range(1, 41))
        record = session_record(SessionCase(turns, finished=True))
        assert tokens(record.text) < SESSION_TOKENS + 1_000
        assert len(record.turns) == 40
