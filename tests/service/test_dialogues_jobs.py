"""GenerateDialogues by rules over a real server: one and fifty workers, playing back, estimates, bad requests."""

import grpc
import pytest

from tests.service.dialogue_kit import (
    COMPLETED,
    EVERY_STATUS,
    DialogueApi,
    Made,
    by_task,
    config,
    dpb,
    limits,
    pb,
    persona,
    queries,
    query,
    texts,
)
from tests.service.kit import fresh, refused
from tests.service.learning_kit import SUCCEEDED, op_pb


@pytest.fixture
def api(shared_server):
    made = DialogueApi(shared_server.target, tenant=fresh("jobs"), timeout=120)
    yield made
    made.close()


def request(**fields):
    return pb.GenerateDialoguesRequest(**fields)


def test_one_and_fifty_workers_make_the_same_dialogues(api):
    noisy = dpb.NoiseConfig(enabled=True, activation=0.6)
    given = {
        "sampler": pb.SamplePersonasRequest(count=12, seed=5),
        "queries_per_persona": 2,
        "config": config(seed=9, noise=noisy, limits=limits(1, 6, feedback_probability=0.7)),
    }
    alone = api.generate(max_workers=1, **given)
    other = api.by(tenant=fresh("jobs"))
    many = other.generate(max_workers=50, request_id="another", **given)
    assert by_task(alone.dialogues) == by_task(many.dialogues)
    assert len(alone.dialogues) == 24
    assert any(one.distractor_applied for one in alone.dialogues)
    assert any(one.query.was_transferred for one in alone.dialogues)
    seeded = other.generate(max_workers=50, **(given | {"config": config(seed=10, limits=limits(1, 6))}))
    assert by_task(seeded.dialogues) != by_task(many.dialogues)


def test_every_dialogue_keeps_the_promises_of_its_turns(api):
    made = api.generate(queries_per_persona=3, config=config(limits=limits(2, 4)))
    assert len(made.dialogues) == 30
    for one in made.dialogues:
        assert 2 <= one.num_turns == len(one.turns) <= 4
        assert [turn.number for turn in one.turns] == list(range(1, one.num_turns + 1))
        assert all(texts(one)) and one.status == COMPLETED
        assert one.turns[0].user.clean_content == one.query.adapted_query
        assert {turn.user.role for turn in one.turns} == {"user"}
        assert {turn.assistant.role for turn in one.turns} == {"assistant"}
        assert (one.assistant.provider, one.user.provider) == ("rules", "rules")
        assert one.operation_id == made.operation.operation_id
    assert len({one.query.query_id for one in made.dialogues}) == 30
    totals = made.totals
    assert (totals.requested, totals.generated, totals.success_rate, totals.attempt_success_rate) == (30, 30, 1, 1)
    assert totals.turns == sum(one.num_turns for one in made.dialogues)
    assert sum(totals.stop_reasons.values()) == sum(totals.models.values()) == 30
    assert not totals.HasField("cost") or totals.cost == 0
    assert [(one.needed, one.generated, one.failed, one.exhausted) for one in made.rounds] == [(30, 30, 0, False)]
    assert list(totals.rounds) == made.rounds
    stored = {one.dialogue_id: one for one in api.dialogues(operation_id=made.operation.operation_id)}
    assert stored == {one.dialogue_id: one for one in made.dialogues}


def test_what_was_made_is_played_back_from_any_cursor(api):
    given = {"queries_per_persona": 2, "request_id": "once", "label": "played"}
    first = api.generate(**given)
    again = api.generate(**given)
    assert again.operation.operation_id == first.operation.operation_id
    assert again.generated == first.generated
    assert again.totals == first.totals
    assert again.rounds == first.rounds
    for at in (0, 7, 19):
        rest = api.generate(resume_after=first.cursors[at], **given)
        assert rest.generated == first.generated[at + 1 :]
        assert rest.totals == first.totals
    quiet = api.generate(**(given | {"return_dialogues": False}))
    assert not quiet.dialogues
    assert quiet.totals == first.totals
    assert len(api.dialogues(label="played")) == 20
    conflict = refused(api.GenerateDialogues, request(**(given | {"queries_per_persona": 3})))
    assert (conflict.code, conflict.reason) == ("ALREADY_EXISTS", "REQUEST_ID_REUSED")
    foreign = refused(api.GenerateDialogues, request(resume_after="AAAA", **given))
    assert (foreign.code, foreign.fields) == ("INVALID_ARGUMENT", ["resume_after"])


def test_the_operation_underneath_is_there(api):
    made = api.generate(queries_per_persona=1)
    found = api.GetOperation(op_pb.GetOperationRequest(operation_id=made.operation.operation_id)).operation
    assert (found.kind, found.state) == ("generate_dialogues", SUCCEEDED)
    assert found.result["generated"] == found.result["requested"] == "10"
    assert (found.total_count, found.done_count, found.progress_percent) == (10, 10, 100.0)


def test_own_queries_come_first_and_the_pool_is_never_used_twice(api):
    own = [query("How do I bake bread without yeast?", query_id="mine"), query("Which flour is good for bread?")]
    people = [pb.PersonaQueries(persona=persona(1), queries=own), pb.PersonaQueries(persona=persona(2))]
    made = api.generate(personas=people, queries_per_persona=3, queries=queries(4))
    assert len(made.dialogues) == 6
    asked = {}
    for one in made.dialogues:
        asked.setdefault(one.persona.features["role"], []).append(one.query.original_query)
    assert set(asked["tester 1"]) > {one.original_query for one in own}
    pool = [text for many in asked.values() for text in many if text not in {one.original_query for one in own}]
    assert len(pool) == len(set(pool)) == 4
    assert {one.query.query_id for one in made.dialogues} > {"mine"}
    without_count = api.generate(personas=people, queries=queries(4))
    assert sorted(one.persona.features["role"] for one in without_count.dialogues) == ["tester 1"] * 2 + ["tester 2"]


def test_a_given_style_and_target_are_kept(api):
    given = query("How do I bake bread?", adapted_query="yo how 2 bake bread", target_turns=4)
    people = [pb.PersonaQueries(persona=persona(1), queries=[given])]
    [one] = api.generate(personas=people, config=config(limits=limits(4, 6))).dialogues
    assert one.turns[0].user.content == "yo how 2 bake bread"
    assert one.query.was_transferred
    assert one.target_turns == 4


def test_an_estimate_calls_nobody_and_makes_nothing(api):
    [only] = list(api.GenerateDialogues(request(validate_only=True, queries_per_persona=2, request_id="x")))
    found = only.estimate
    assert (found.dialogues, found.calls, found.input_tokens) == (20, 0, 0)
    assert dict(found.models) == {"rules": 1.0}
    assert not api.dialogues(statuses=EVERY_STATUS)
    assert len(api.generate(queries_per_persona=2, request_id="x").dialogues) == 20


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"config": config(limits=limits(5, 2))}, {"config.limits.min_turns"}),
        ({"config": config(limits=limits(1, 3, target_turns=9))}, {"config.limits.target_turns"}),
        ({"config": config(assistants=[dpb.PoolModel(provider="rules", weight=0.0)])}, {"config.assistants[0].weight"}),
        ({"config": config(templates={"unheard_of": "x"})}, {"config.templates.unheard_of"}),
        ({"config": config(templates={"assistant": " "})}, {"config.templates.assistant"}),
        (
            {"config": config(noise=dpb.NoiseConfig(enabled=True, layer_weights={"surface_noise": 0.0}))},
            {"config.noise.layer_weights"},
        ),
        (
            {"config": config(noise=dpb.NoiseConfig(enabled=True, strategies={"shouting": 0.5}))},
            {"config.noise.strategies.shouting"},
        ),
        ({"config": config(noise=dpb.NoiseConfig(enabled=True, legacy={"volume": 1.0}))}, {"config.noise.legacy.volume"}),
        ({"queries": [query("  ")]}, {"queries[0].original_query"}),
        (
            {"personas": [pb.PersonaQueries(persona=persona(1)), pb.PersonaQueries(persona=persona(1))]},
            {"personas[1].persona"},
        ),
        (
            {"personas": [pb.PersonaQueries(persona=persona(1))], "sampler": pb.SamplePersonasRequest(count=1)},
            {"sampler"},
        ),
        ({"sampler": pb.SamplePersonasRequest(min_features=9, max_features=3)}, {"sampler.min_features"}),
        ({"sampler": pb.SamplePersonasRequest(from_profiles_of=["nobody"])}, {"sampler.from_profiles_of[0]"}),
        (
            {"personas": [pb.PersonaQueries(persona=persona(1), queries=[query("a b"), query("A  b")])]},
            {"personas[0].queries[1]"},
        ),
    ],
)  # fmt: skip
def test_bad_requests_make_nothing(api, fields, wrong):
    error = refused(api.GenerateDialogues, request(**fields))
    assert (error.code, set(error.fields)) == ("INVALID_ARGUMENT", wrong)
    assert not api.dialogues(statuses=EVERY_STATUS)


def test_a_contradictory_persona_is_refused(api):
    contradiction = persona(1, age_band="under 18", seniority="founder")
    error = refused(api.GenerateDialogues, request(personas=[pb.PersonaQueries(persona=contradiction)]))
    assert (error.code, error.fields) == ("INVALID_ARGUMENT", ["personas[0].persona.features"])


def test_too_few_queries_are_refused_before_anything_is_made(api):
    error = refused(api.GenerateDialogues, request(queries=queries(4), queries_per_persona=1))
    assert (error.code, error.reason, error.metadata) == ("FAILED_PRECONDITION", "QUERIES_EXHAUSTED", {"needed": "6"})
    assert not api.dialogues(statuses=EVERY_STATUS)


def test_a_provider_that_is_not_configured_is_refused(api):
    unknown = config(user=dpb.PoolModel(provider="openai", model="m"))
    error = refused(api.GenerateDialogues, request(config=unknown))
    assert (error.code, error.reason) == ("FAILED_PRECONDITION", "PROVIDER_NOT_CONFIGURED")


def test_a_call_that_is_cancelled_only_detaches(api):
    given = {"queries_per_persona": 10, "request_id": "left"}
    call = api.generating(**given)
    operation_id = next(call).operation.operation_id
    call.cancel()
    made = api.generate(**given)
    assert made.operation.operation_id == operation_id
    assert len(made.dialogues) == 100


def test_two_calls_on_one_request_follow_one_operation(api):
    given = {"queries_per_persona": 5, "request_id": "both"}
    one, two = api.generating(**given), api.generating(**given)
    found = [list(one), list(two)]
    assert found[0][0].operation.operation_id == found[1][0].operation.operation_id
    made = [[m.dialogue.dialogue.dialogue_id for m in many if m.WhichOneof("event") == "dialogue"] for many in found]
    assert made[0] == made[1]
    assert len(made[0]) == len(set(made[0])) == 50


def test_a_deadline_of_the_caller_does_not_end_the_work(api):
    given = {"queries_per_persona": 10, "request_id": "late"}
    short = api.by(timeout=0.05)
    with pytest.raises(grpc.RpcError) as caught:
        list(short.generating(**given))
    assert caught.value.code() in {grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED}
    made = Made(api.by(timeout=150).generating(**given))
    assert len(made.dialogues) == 100
