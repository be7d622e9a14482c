"""Hostile requests to every method of evaluation: refused with the fields named, and nothing is left of them."""

import math

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from tests.conftest import ServerProcess, eventually
from tests.service import malformed
from tests.service.evaluation_kit import CHALLENGER, PRODUCTION, SUCCESS, EvaluationApi
from tests.service.evaluation_kit import refused as refusing
from tests.service.kit import (
    METHODS,
    Refusal,
    eval_pb,
    fresh,
    judged_pb,
    operation_pb,
    refused,
    request_of,
    stamp,
)
from tests.service.learning_kit import agent, turns, user

SESSION = {"user_id": "u", "session_id": "s"}
LABEL = {"production": "a", "challenger": "b", "label": PRODUCTION}
BASES = {
    "ReportSessionOutcome": {**SESSION, "outcome": SUCCESS, "value": 1.0},
    "EvaluateSessions": {"filter": SESSION},
    "ListSessionEvaluations": {"filter": SESSION},
    "CompareArms": {"filter": SESSION},
    "AuditJudge": {"pairs": [LABEL]},
    "GetEvaluationConfig": {},
    "UpdateEvaluationConfig": {"config": {}},
}
WRITING = ["ReportSessionOutcome"]
GOVERNING = ["EvaluateSessions", "CompareArms", "AuditJudge", "UpdateEvaluationConfig"]
READING = ["ListSessionEvaluations", "GetEvaluationConfig"]
FILTERED = ["EvaluateSessions", "ListSessionEvaluations", "CompareArms"]
NUMBERS = {"NaN": math.nan, "inf": math.inf, "-inf": -math.inf}
RANGES = {
    "sample_rate": (-1e-9, 1 + 1e-9, *NUMBERS.values()),
    "idle_seconds": (-1, 604_801, -(2**31), 2**31 - 1),
    "repeat_contact_hours": (-1, 721, 2**31 - 1),
    "max_concurrent": (-1, 65, 2**31 - 1),
    "min_kappa": (-1.001, 1.001, *NUMBERS.values()),
    "max_flip_rate": (-0.001, 1.001, *NUMBERS.values()),
    "least_votes": (-1, 1, 100_001),
    "confidence": (0.4999, 0.9991, 1.0, -0.95, *NUMBERS.values()),
    "judge": ("x" * 65,),
}


def base(method):
    return request_of(method, **BASES[method])


def broken():
    """What breaks a rule that the descriptors state, a field at a time; a time that is none; bytes that are nothing."""
    for method in BASES:
        request = base(method)
        for case in malformed.of_rules(method, malformed.fill(malformed._copy(request))):
            # A field without a rule takes every number there is.
            place = next(one for one in malformed.places(request.DESCRIPTOR) if str(one) == case.fields[0].replace("[0]", "", case.fields[0].endswith("[0]")))  # fmt: skip
            rules = malformed.rules_of(place.field)
            name = place.field.name
            if method == "UpdateEvaluationConfig" or (name == "seed"):
                continue
            # Lists of kinds are made too long below.
            if place.field.enum_type is not None and "too many" in case.label:
                continue
            if name == "value" and not any(word in case.label for word in NUMBERS):
                continue
            if name == "expected_pair_share" and "below" in case.label:
                continue
            assert rules.ListFields(), case.id
            yield case
        yield from malformed.of_stamps(method, request)
        yield from malformed.of_texts(method, request)
        yield from malformed.of_bytes(method)


CASES = list(broken())


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = ServerProcess(tmp_path_factory.mktemp("hostile") / "data").start()
    yield running
    running.stop()
    log = running.log.read_text()
    assert "Traceback" not in log, log[log.index("Traceback") :][:3000]


@pytest.fixture(scope="module")
def abused(server):
    """A tenant with one judged session and one pair. When all is over, it is as it was."""
    api = EvaluationApi(server.target, tenant="abused", timeout=60)
    said = (user("Where is my order?"), agent("On its way.", shadow_content="It comes tomorrow."), user("Thanks!"))
    api.PublishInteractions(turns(*said, user="u", session="s", session_finished=True))
    eventually(api.judged, 30)
    before = everything(api)
    yield api
    assert everything(api) == before
    api.close()


def everything(api):
    return (
        api.listed(),
        api.judged(),
        api.GetEvaluationConfig(eval_pb.GetEvaluationConfigRequest()).config,
        list(api.ListOperations(operation_pb.ListOperationsRequest()).operations),
    )


@pytest.fixture
def api(server):
    made = EvaluationApi(server.target, tenant=fresh("h"), timeout=60)
    yield made
    made.close()


def test_there_are_hundreds():
    assert len(CASES) > 150
    assert {case.method for case in CASES} >= set(BASES) - {"GetEvaluationConfig"}
    assert len({case.id for case in CASES}) == len(CASES)
    known = {one for one in METHODS if METHODS[one].containing_service.name == "EvaluationService"}
    assert known - set(BASES) == {"GetAgentReport", "CreateExperiment", "StopExperiment", "ListExperiments"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_what_breaks_a_rule_is_refused(abused, case):
    with pytest.raises(grpc.RpcError) as caught:
        abused.raw(case.method, case.make())
    error = Refusal.of(caught.value)
    assert (error.code, error.reason) == ("INVALID_ARGUMENT", case.reason)
    # A label that names a turn and gives texts breaks a rule of the label besides.
    assert set(error.fields) - {"pairs[0]"} == set(case.fields)


@pytest.mark.parametrize(("name", "value"), [(name, one) for name, many in RANGES.items() for one in many])
def test_a_configuration_outside_its_ranges_is_refused(abused, name, value):
    config = judged_pb.EvaluationConfig(**{name: value})
    with refusing("INVALID_REQUEST") as error:
        abused.UpdateEvaluationConfig(eval_pb.UpdateEvaluationConfigRequest(config=config))
    assert error[0].fields == [f"config.{name}"]


def test_all_that_is_wrong_with_a_configuration_is_said_at_once(abused):
    config = judged_pb.EvaluationConfig(**{name: many[0] for name, many in RANGES.items()})
    with refusing("INVALID_REQUEST") as error:
        abused.UpdateEvaluationConfig(eval_pb.UpdateEvaluationConfigRequest(config=config))
    assert set(error[0].fields) == {f"config.{name}" for name in RANGES}
    with refusing("INVALID_REQUEST") as error:
        abused.UpdateEvaluationConfig(eval_pb.UpdateEvaluationConfigRequest())
    assert error[0].fields == ["config"]


def test_the_ends_of_the_ranges_are_inside(api):
    for ends in (
        {"sample_rate": 0, "idle_seconds": 1, "repeat_contact_hours": 1, "max_concurrent": 1, "min_kappa": -1,
         "max_flip_rate": 0, "least_votes": 2, "confidence": 0.5},
        {"sample_rate": 1, "idle_seconds": 604_800, "repeat_contact_hours": 720, "max_concurrent": 64, "min_kappa": 1,
         "max_flip_rate": 1, "least_votes": 100_000, "confidence": 0.999},
    ):  # fmt: skip
        made = api.UpdateEvaluationConfig(
            eval_pb.UpdateEvaluationConfigRequest(config=judged_pb.EvaluationConfig(**ends))
        ).config
        assert {name: getattr(made, name) for name in ends} == pytest.approx(ends)


@pytest.mark.parametrize("method", FILTERED)
def test_a_span_that_ends_before_it_starts(abused, method):
    where = {"start_time": {"seconds": 2}, "end_time": {"seconds": 1}}
    error = refused(getattr(abused, method), request_of(method, filter=where))
    assert (error.code, error.fields) == ("INVALID_ARGUMENT", ["filter.end_time"])


@pytest.mark.parametrize("method", FILTERED)
def test_a_session_without_its_user(abused, method):
    error = refused(getattr(abused, method), request_of(method, filter={"session_id": "s"}))
    assert (error.code, error.reason) == ("INVALID_ARGUMENT", "INVALID_REQUEST")
    assert error.fields
    assert all(one.startswith("filter") for one in error.fields)


@pytest.mark.parametrize("method", FILTERED)
@pytest.mark.parametrize(("seconds", "found"), [(malformed.EARLIEST, 1), (malformed.LATEST, 0)])
def test_the_first_and_the_last_year_are_times(api, method, seconds, found):
    said = (user("Hello?"), agent("Hello.", shadow_content="Hi."), user("Thanks!"))
    session = api.session(*said)
    eventually(lambda: api.judged(user_id="u", session_id=session), 30)
    where = eval_pb.SessionFilter(start_time=stamp(seconds))
    if method == "CompareArms":
        assert len(api.compare(filter=where)[0]) == found
    elif method == "EvaluateSessions":
        request = eval_pb.EvaluateSessionsRequest(filter=where, again=True)
        ended = api.ended(api.EvaluateSessions(request).operation.operation_id)[0]
        assert int(ended.result["evaluated"]) == found
    else:
        assert len(api.ListSessionEvaluations(eval_pb.ListSessionEvaluationsRequest(filter=where)).evaluations) == found


@pytest.mark.parametrize("when", ["year 1", "1969", "year 9999", "2200"])
def test_outcomes_from_before_the_session_and_after_today(abused, when):
    with refusing("INVALID_REQUEST") as error:
        abused.report("u", "s", SUCCESS, occur_time=malformed.OUTSIDE[when])
    assert error[0].fields == ["occur_time"]


def test_outcomes_that_say_nothing(abused):
    for fields in ({}, {"action": "  "}, {"reporter": "crm", "comment": "words"}):
        with refusing("INVALID_REQUEST") as error:
            abused.report("u", "s", **fields)
        assert error[0].fields == ["outcome"]
    with refusing("SESSION_NOT_FOUND", grpc.StatusCode.NOT_FOUND):
        abused.report("nobody", "s", SUCCESS)


def test_one_request_id_reports_one_thing(api):
    session = api.session(user("Hello?"), agent("Hello."))
    assert not api.report("u", session, SUCCESS, request_id="r").duplicate
    assert api.report("u", session, SUCCESS, request_id="r").duplicate
    with refusing("REQUEST_ID_REUSED", grpc.StatusCode.ALREADY_EXISTS):
        api.report("u", session, SUCCESS, value=3, replace=True, request_id="r")
    assert not api.evaluation("u", session).reported.HasField("value")


def test_kinds_too_many(abused):
    for name in ("outcomes", "methods"):
        error = refused(abused.ListSessionEvaluations, request_of("ListSessionEvaluations", **{name: [1] * 11}))
        assert (error.reason, error.fields) == ("INVALID_REQUEST", [name])


@pytest.mark.parametrize("token", ["x", "A" * 4096, "\u00e9", "' OR 1=1", "AAAA.BBBB"])
def test_page_tokens_that_are_none(abused, token):
    with refusing("INVALID_PAGE_TOKEN"):
        abused.ListSessionEvaluations(eval_pb.ListSessionEvaluationsRequest(page_token=token))


def test_a_page_token_belongs_to_its_query_and_its_tenant(api, abused):
    for place in range(3):
        api.session(user("Hello?"), agent("Hello."), user_id=f"u{place}")
    eventually(lambda: len(api.judged()) == 3, 30)
    token = api.ListSessionEvaluations(eval_pb.ListSessionEvaluationsRequest(page_size=1)).next_page_token
    assert token
    for change in ({"filter": {"user_id": "u1"}}, {"outcomes": [1]}, {"methods": [1]}):
        with refusing("INVALID_PAGE_TOKEN"):
            api.ListSessionEvaluations(request_of("ListSessionEvaluations", page_token=token, **change))
    with refusing("INVALID_PAGE_TOKEN"):
        abused.ListSessionEvaluations(eval_pb.ListSessionEvaluationsRequest(page_token=token))
    operations = api.ListOperations(operation_pb.ListOperationsRequest(page_size=1)).next_page_token
    if operations:
        with refusing("INVALID_PAGE_TOKEN"):
            api.ListSessionEvaluations(eval_pb.ListSessionEvaluationsRequest(page_token=operations))


def test_a_page_is_a_hundred_rows_where_nobody_says(api):
    for place in range(105):
        api.session(user("Hello?"), agent("Hello."), user_id=f"u{place}")
    eventually(lambda: len(found := api.judged()) == 105 or print(len(found), "judged"), 150)
    page = api.ListSessionEvaluations(eval_pb.ListSessionEvaluationsRequest())
    assert len(page.evaluations) == 100


def test_labels_too_many_and_too_large(abused):
    pair = eval_pb.LabelledPair(**LABEL)
    with refusing("INVALID_REQUEST") as error:
        abused.AuditJudge(eval_pb.AuditJudgeRequest(pairs=[pair] * 2001))
    assert error[0].fields == ["pairs"]
    large = eval_pb.LabelledPair(production="a" * 100_000, challenger="b" * 100_000, label=CHALLENGER)
    error = refused(abused.AuditJudge, eval_pb.AuditJudgeRequest(pairs=[large] * 100))
    assert (error.code, error.reason) == ("RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE")
    for fields in ({"production": " "}, {"challenger": ""}, {"interaction_id": "x", "production": "a"}, {}):
        one = eval_pb.LabelledPair(**({"label": PRODUCTION} | fields))
        error = refused(abused.AuditJudge, eval_pb.AuditJudgeRequest(pairs=[pair, one]))
        assert error.code in {"INVALID_ARGUMENT", "NOT_FOUND"}, fields


def test_long_labels_are_judged_within_reason(api):
    """The rules read texts of a hundred thousand characters without holding up the server."""
    pairs = [
        eval_pb.LabelledPair(
            question="Why " * 20_000, production="word " * 19_000, challenger=f"number {place} " * 9_000, label=1
        )
        for place in range(20)
    ]
    found = api.AuditJudge(eval_pb.AuditJudgeRequest(pairs=pairs)).audit
    assert (found.pairs, found.failed) == (20, 0)


def test_a_judge_that_is_not_there(abused):
    for method, fields in (
        ("CompareArms", {}),
        ("EvaluateSessions", {}),
        ("AuditJudge", {"pairs": [LABEL]}),
        ("UpdateEvaluationConfig", None),
    ):
        made = {"config": {"judge": "openai"}} if fields is None else {**fields, "judge": "openai"}
        error = refused(getattr(abused, method), request_of(method, **made))
        assert (error.code, error.reason) == ("FAILED_PRECONDITION", "PROVIDER_NOT_CONFIGURED"), method


def test_ids_are_data(api):
    """Whatever an id holds, it names itself alone."""
    ids = ["'; DROP TABLE x; --", "a\x1fb", "%", "\u202e", "x" * 256, "\U0001f3d5" * 256, "..", "\0"]
    for name in ids:
        said = (user("Hello?"), agent("Hello.", shadow_content="Hi."), user("Thanks!"))
        api.PublishInteractions(turns(*said, user=name, session=name, session_finished=True))
    eventually(lambda: len(api.judged()) == len(ids), 30)
    for name in ids:
        assert [one.user_id for one in api.judged(user_id=name, session_id=name)] == [name]
        assert [one.user_id for one in api.compare(filter=eval_pb.SessionFilter(user_id=name))[0]] == [name]
        assert api.report(name, name, SUCCESS).evaluation.session_id == name


def test_names_that_together_read_alike_stay_apart(api):
    api.PublishInteractions(turns(user("Hello?"), user="a\x1fb", session="c", session_finished=True))
    api.PublishInteractions(turns(user("Hello?"), user="a", session="b\x1fc", session_finished=True))
    eventually(lambda: api.judged(user_id="a\x1fb", session_id="c"), 30)
    eventually(lambda: api.judged(user_id="a", session_id="b\x1fc"), 30)
    api.report("a\x1fb", "c", SUCCESS, value=1)
    assert not api.report("a", "b\x1fc", SUCCESS, value=2).duplicate


def test_extreme_values_stay_what_they_are(api):
    for value in (1e308, -1e308, 5e-324, 0.0):
        session = api.session(user("Hello?"), agent("Hello."))
        assert api.report("u", session, value=value).evaluation.reported.value == value


def test_behind_the_last_pair_there_is_only_the_report(api):
    api.session(user("Hello?"), agent("Hello.", shadow_content="Hi."))
    steps, report = api.compare(resume_after=2**63 - 1)
    assert (steps, report.pairs) == ([], 1)


@pytest.mark.parametrize("method", [*READING, *FILTERED, "AuditJudge", "ReportSessionOutcome"])
def test_what_only_looks_makes_no_tenant(server, method):
    if method in GOVERNING:
        pytest.skip("it leaves an operation or an audit in its tenant")
    name = fresh("absent")
    api = EvaluationApi(server.target, tenant=name)
    try:
        getattr(api, method)(base(method))
    except grpc.RpcError as error:
        assert Refusal.of(error).reason == "SESSION_NOT_FOUND"
    assert not (server.data / name).exists()
    api.close()


class TestRights:
    def test_whoever_may_read_may_not_change(self, guarded):
        reader = guarded.api(guarded.key("rights-evaluation", "READ"))
        for method in READING:
            getattr(reader, method)(base(method))
        for method in [*WRITING, *GOVERNING]:
            error = refused(getattr(reader, method), base(method))
            assert error.code == "PERMISSION_DENIED", method

    def test_whoever_may_write_may_not_govern(self, guarded):
        writer = guarded.api(guarded.key("rights-evaluation", "READ", "WRITE"))
        error = refused(writer.ReportSessionOutcome, base("ReportSessionOutcome"))
        assert error.reason == "SESSION_NOT_FOUND"
        for method in GOVERNING:
            assert refused(getattr(writer, method), base(method)).code == "PERMISSION_DENIED", method

    def test_without_a_key_nothing_is_said(self, guarded):
        for method in BASES:
            assert refused(getattr(guarded.api(), method), base(method)).code == "UNAUTHENTICATED", method


def test_tenants_see_nothing_of_each_other(server, api):
    session = api.session(user("Hello?"), agent("Hello.", shadow_content="Hi."), user("Thanks!"))
    eventually(api.judged, 30)
    [verdict], _ = api.compare()
    other = EvaluationApi(server.target, tenant=fresh("other"), timeout=60)
    assert other.judged() == []
    assert other.compare()[0] == []
    with refusing("SESSION_NOT_FOUND", grpc.StatusCode.NOT_FOUND):
        other.report("u", session, SUCCESS)
    with refusing("INTERACTION_NOT_FOUND", grpc.StatusCode.NOT_FOUND):
        pair = eval_pb.LabelledPair(interaction_id=verdict.interaction_id, label=PRODUCTION)
        other.AuditJudge(eval_pb.AuditJudgeRequest(pairs=[pair]))
    [operation] = api.ListOperations(operation_pb.ListOperationsRequest(kind="compare_arms")).operations
    with refusing("OPERATION_NOT_FOUND", grpc.StatusCode.NOT_FOUND):
        other.GetOperation(operation_pb.GetOperationRequest(operation_id=operation.operation_id))
    other.close()


def test_a_time_that_is_none_is_named_with_its_path(abused):
    request = eval_pb.CompareArmsRequest(filter=eval_pb.SessionFilter(end_time=Timestamp(seconds=1, nanos=-1)))
    assert refused(abused.CompareArms, request).fields == ["filter.end_time"]
