"""PlaybookService over the wire: lessons of users and of agents, written by hand, reviewed, and what happened to them."""

import math

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from tests.conftest import eventually
from tests.service.kit import (
    AgentPlaybook,
    Api,
    BlockingIssue,
    UserPlaybook,
    data,
    fresh,
    learnt_pb,
    micros,
    now,
    pb,
    playbook_pb,
    refused,
    request_of,
    stamp,
)

DAY = 86_400
APPROVE, REJECT, EDIT, REOPEN = (
    playbook_pb.REVIEW_DECISION_APPROVE, playbook_pb.REVIEW_DECISION_REJECT, playbook_pb.REVIEW_DECISION_EDIT,
    playbook_pb.REVIEW_DECISION_REOPEN,
)  # fmt: skip
PENDING, APPROVED, REJECTED = 1, 2, 3
CREATED, UPDATED, DELETED, REVIEWED = (
    learnt_pb.LEARNING_CHANGE_TYPE_CREATED, learnt_pb.LEARNING_CHANGE_TYPE_UPDATED,
    learnt_pb.LEARNING_CHANGE_TYPE_DELETED, learnt_pb.LEARNING_CHANGE_TYPE_REVIEWED,
)  # fmt: skip
TYPES = {"User": UserPlaybook, "Agent": AgentPlaybook}


class Kind:
    """The methods of one kind: `User` or `Agent`."""

    def __init__(self, api, name):
        self.api, self.name = api, name

    def _call(self, method, **fields):
        name = method.format(self.name)
        return getattr(self.api, name)(request_of(name, **fields))

    def create(self, request_id="", **fields):
        fields = (
            {"instruction": "Ask for the size first"} | ({"user_id": "ada"} if self.name == "User" else {}) | fields
        )
        made = TYPES[self.name](**fields)
        return self._call("Create{}Playbook", playbook=made, request_id=request_id).playbook

    def get(self, playbook_id):
        return self._call("Get{}Playbook", playbook_id=playbook_id).playbook

    def listed(self, **filters):
        return list(self._call("List{}Playbooks", page_size=1000, **filters).playbooks)

    def said(self, **filters):
        return [one.instruction for one in self.listed(**filters)]

    def page(self, **fields):
        return self._call("List{}Playbooks", **fields)

    def update(self, playbook_id, *paths, **fields):
        mask = {"update_mask": FieldMask(paths=paths)} if paths else {}
        made = TYPES[self.name](playbook_id=playbook_id, **fields)
        return self._call("Update{}Playbook", playbook=made, **mask).playbook

    def delete(self, playbook_id, etag=""):
        self._call("Delete{}Playbook", playbook_id=playbook_id, etag=etag)

    def found(self, query, **fields):
        return [hit.playbook.instruction for hit in self._call("Search{}Playbooks", query=query, **fields).hits]


@pytest.fixture(params=["User", "Agent"])
def kind(request, api):
    return Kind(api, request.param)


@pytest.fixture
def agents(api):
    return Kind(api, "Agent")


def changes(api, **filters):
    return list(api.ListPlaybookChanges(playbook_pb.ListPlaybookChangesRequest(page_size=1000, **filters)).changes)


def review(api, playbook_id, decision, **fields):
    request = playbook_pb.ReviewAgentPlaybookRequest(playbook_id=playbook_id, decision=decision, **fields)
    return api.ReviewAgentPlaybook(request).playbook


def test_everything_comes_back(kind):
    sent = {
        "trigger": "a customer asks for shoes", "instruction": "Ask for the size first", "pitfall": "Guessing a size.",
        "rationale": "Half of them come back", "agent_id": "shop", "confidence": 0.5, "tags": ["shoes", "size"],
        "blocking_issue": BlockingIssue(kind=playbook_pb2_kind("MISSING_TOOL"), details="no stock tool"),
    }  # fmt: skip
    if kind.name == "User":
        (witness,) = kind.api.publish("Which size?", user="ada")
        sent |= {
            "agent_version": "v2", "source": "web", "session_id": "s1", "source_interaction_ids": [witness],
        }  # fmt: skip
    made = kind.create(**sent)
    assert {name: getattr(made, name) for name in sent} == sent
    assert made.content == ("When a customer asks for shoes: Ask for the size first. Avoid: Guessing a size.")
    assert len(made.playbook_id) == 26 and made.etag and made.lifecycle == learnt_pb.LIFECYCLE_CURRENT
    assert made.origin.method == learnt_pb.LEARNING_METHOD_MANUAL and made.origin.generation == 0
    if kind.name == "User":
        assert (made.user_id, made.kind) == ("ada", "manual")
        assert [one.interaction_id for one in made.evidence] == [witness]
    else:
        assert made.approval_status == PENDING and not made.conflict and not made.HasField("support")
    assert kind.get(made.playbook_id) == made and kind.listed() == [made]
    (change,) = changes(kind.api)
    assert getattr(change, change.WhichOneof("after")) == made


def playbook_pb2_kind(name):
    return BlockingIssue.DESCRIPTOR.fields_by_name["kind"].enum_type.values_by_name[f"BLOCKING_KIND_{name}"].number


def test_defaults(kind):
    made = kind.create()
    assert (made.agent_id, made.confidence, made.content) == ("default", 1.0, "Ask for the size first.")
    assert not made.HasField("blocking_issue") and not made.HasField("end_time")


BAD = {
    "no instruction": ({"instruction": ""}, ["instruction"]),
    "blank instruction": ({"instruction": " \n"}, ["instruction"]),
    "10,001 characters": ({"instruction": "é" * 10_001}, ["instruction"]),
    "long trigger": ({"trigger": "x" * 10_001}, ["trigger"]),
    "NaN": ({"confidence": math.nan}, ["confidence"]),
    "inf": ({"confidence": math.inf}, ["confidence"]),
    "above 1": ({"confidence": 1.5}, ["confidence"]),
    "too many tags": ({"tags": [str(at) for at in range(101)]}, ["tags"]),
    "unknown blocking kind": ({"blocking_issue": BlockingIssue(kind=99)}, ["blocking_issue.kind"]),
    "long agent": ({"agent_id": "a" * 257}, ["agent_id"]),
}
BAD_OF_USER = {
    "no user": ({"user_id": ""}, ["user_id"]),
    "no such witness": ({"source_interaction_ids": ["nothing"]}, ["source_interaction_ids[0]"]),
    "several": ({"user_id": " ", "instruction": ""}, ["user_id", "instruction"]),
}


@pytest.mark.parametrize(
    ("name", "case"),
    [*((name, case) for name in TYPES for case in BAD), *(("User", case) for case in BAD_OF_USER)],
)
def test_a_bad_lesson_is_not_stored(api, name, case):
    kind = Kind(api, name)
    fields, paths = (BAD | BAD_OF_USER)[case]
    error = refused(kind.create, **fields)
    assert (error.code, set(error.fields)) == ("INVALID_ARGUMENT", {f"playbook.{path}" for path in paths})
    assert kind.listed() == [] and changes(api) == []


def test_witnesses_are_of_this_user(api):
    error = refused(Kind(api, "User").create, source_interaction_ids=api.publish("theirs", user="bob"))
    assert error.fields == ["playbook.source_interaction_ids[0]"]


def test_request_ids(kind):
    key = fresh()
    first = kind.create(key, tags=["a"])
    kind.update(first.playbook_id, instruction="Something else")
    assert kind.create(key, tags=["a"]) == first
    assert kind.said() == ["Something else"]
    error = refused(kind.create, key, tags=["b"])
    assert (error.code, error.reason) == ("ALREADY_EXISTS", "REQUEST_ID_REUSED")
    other = Kind(kind.api, "Agent" if kind.name == "User" else "User")
    assert refused(other.create, key, tags=["a"]).reason == "REQUEST_ID_REUSED"


def test_nothing_of_that_id(kind):
    other = Kind(kind.api, "Agent" if kind.name == "User" else "User")
    foreign = other.create().playbook_id
    for playbook_id in ("nothing", foreign):
        for call in (kind.get, kind.update, kind.delete):
            error = refused(call, playbook_id, **({"instruction": "x"} if call == kind.update else {}))
            assert (error.code, error.reason) == ("NOT_FOUND", "PLAYBOOK_NOT_FOUND")
            assert error.details["ResourceInfo"].resource_name == playbook_id
    assert refused(kind.update, "", instruction="x").fields == ["playbook.playbook_id"]
    assert len(other.listed()) == 1


@pytest.mark.parametrize("stored", [False, True])
class TestFilters:
    @pytest.mark.parametrize(
        "filters",
        [
            {"user_id": "ada"}, {"agent_id": "shop"}, {"agent_version": "v2"}, {"source": "web"}, {"tags": ["a", "b"]},
            {"user_id": "ada", "agent_id": "shop"},
        ],
        ids=str,
    )  # fmt: skip
    def test_of_user_playbooks(self, api, filters, stored):
        users = Kind(api, "User")
        users.create(user_id="bob", instruction="other", tags=["b"], source="app", agent_version="v1")
        users.create(
            instruction="wanted", agent_id="shop", agent_version="v2", source="web", tags=["b", "c", "a"]
        )  # fmt: skip
        if stored:
            api.applied()
        assert users.said(**filters) == ["wanted"]

    def test_of_kinds(self, api, stored):
        users = Kind(api, "User")
        users.create(instruction="by hand")
        api.learnt(
            "What is your return policy?",
            data("Within 30 days.", role="Agent", expert_content="Within 30 days. Opened software is final sale."),
            user="ada",
        )
        if stored:
            api.applied()
        assert users.said(kind="manual") == ["by hand"]
        assert users.said(kind="expert") and "by hand" not in users.said(kind="expert")
        assert users.said(kind="annotation") == []

    def test_of_agent_playbooks(self, api, agents, stored):
        agents.create(instruction="other", agent_id="desk")
        made = agents.create(instruction="wanted", agent_id="shop", tags=["a"])
        review(api, made.playbook_id, APPROVE)
        if stored:
            api.applied()
        for filters in ({"agent_id": "shop"}, {"tags": ["a"]}, {"approval_statuses": [APPROVED]}):
            assert agents.said(**filters) == ["wanted"]
        assert agents.said(approval_statuses=[PENDING]) == ["other"]
        assert agents.said(approval_statuses=[PENDING, APPROVED]) == agents.said() == ["wanted", "other"]
        assert agents.said(conflict=False) == ["wanted", "other"] and agents.said(conflict=True) == []

    def test_instants(self, kind, stored):
        before = now(-1)
        made = kind.create()
        if stored:
            kind.api.applied()
        assert kind.listed(as_of=before) == [] and kind.listed(as_of=made.create_time) == [made]
        assert kind.listed(as_of=now(400 * DAY)) == [made]
        assert kind.listed(lifecycles=[learnt_pb.LIFECYCLE_SUPERSEDED]) == []


@pytest.mark.parametrize("size", [1, 3, 100])
def test_pages(kind, size):
    for at in range(5):
        kind.create(instruction=f"lesson {at}")
    kind.api.applied()
    for at in range(5, 7):
        kind.create(instruction=f"lesson {at}")
    seen, token = [], ""
    while True:
        page = kind.page(page_size=size, page_token=token)
        seen += [one.instruction for one in page.playbooks]
        if not (token := page.next_page_token):
            break
    assert seen == [f"lesson {at}" for at in range(6, -1, -1)]


def test_a_token_is_bound_to_its_query(kind):
    for _ in range(2):
        kind.create()
    token = kind.page(page_size=1).next_page_token
    other = Kind(kind.api, "Agent" if kind.name == "User" else "User")
    for call, fields in ((kind.page, {"tags": ["a"]}), (kind.page, {"as_of": now()}), (other.page, {})):
        assert refused(call, page_size=1, page_token=token, **fields).reason == "INVALID_PAGE_TOKEN"


class TestUpdate:
    def test_the_mask(self, kind):
        made = kind.create(trigger="t", pitfall="p", tags=["a"])
        after = kind.update(made.playbook_id, "instruction", "tags", instruction="Ask twice", pitfall="ignored")
        assert (after.instruction, after.trigger, after.pitfall, list(after.tags)) == ("Ask twice", "t", "p", [])
        assert after.content == "When t: Ask twice. Avoid: p."
        assert after.etag != made.etag and kind.get(made.playbook_id) == after
        assert kind.found("twice") == ["Ask twice"]
        assert kind.update(made.playbook_id, rationale="why").instruction == "Ask twice"

    @pytest.mark.parametrize("path", ["lifecycle", "approval_status", "content", "kind", "member_ids", "user_id", "x"])
    def test_paths_that_cannot_be_written(self, kind, path):
        made = kind.create()
        error = refused(kind.update, made.playbook_id, path, instruction="x")
        assert (error.code, error.fields) == ("INVALID_ARGUMENT", ["update_mask"])
        assert refused(kind.update, made.playbook_id).fields == ["update_mask"]
        assert refused(kind.update, made.playbook_id, "instruction").fields == ["playbook.instruction"]
        assert kind.get(made.playbook_id) == made

    def test_etags(self, kind):
        made = kind.create()
        kind.update(made.playbook_id, etag=made.etag, trigger="t")
        for call in (lambda: kind.update(made.playbook_id, etag=made.etag, trigger="u"),
                     lambda: kind.delete(made.playbook_id, made.etag)):  # fmt: skip
            error = refused(call)
            assert (error.code, error.reason) == ("ABORTED", "CONCURRENT_CHANGE")
        assert kind.get(made.playbook_id).trigger == "t"

    def test_a_blocking_issue_can_be_taken_back(self, kind):
        made = kind.create(blocking_issue=BlockingIssue(kind=playbook_pb2_kind("POLICY_RESTRICTION"), details="no"))
        assert not kind.update(made.playbook_id, "blocking_issue").HasField("blocking_issue")


def test_a_deleted_lesson_is_gone_everywhere(kind):
    made, other = kind.create(instruction="Ask for the size"), kind.create(instruction="Ask for the colour")
    kind.update(made.playbook_id, instruction="Ask for the width")
    kind.delete(made.playbook_id)
    for stored in (False, True):
        if stored:
            kind.api.applied()
        for call in (kind.get, kind.delete):
            assert refused(call, made.playbook_id).code == "NOT_FOUND"
        assert kind.listed() == [other] and kind.found("width") == ["Ask for the colour"]
        (change,) = changes(kind.api, playbook_id=made.playbook_id)
        assert change.change_type == DELETED and not change.WhichOneof("before") and not change.WhichOneof("after")


class TestReview:
    def test_approve_reject_reopen(self, api, agents):
        made = agents.create()
        for decision, status in ((APPROVE, APPROVED), (REJECT, REJECTED), (REOPEN, PENDING), (REJECT, REJECTED)):
            after = review(api, made.playbook_id, decision, reviewer="kim", comment=f"said {decision}")
            assert (after.approval_status, after.reviewer, after.review_comment) == (status, "kim", f"said {decision}")
            assert after.instruction == made.instruction and agents.get(made.playbook_id) == after
        told = changes(api, change_types=[REVIEWED])
        assert [one.cause for one in told] == ["reject", "reopen", "reject", "approve"]
        assert told[-1].agent_playbook_before == made

    def test_rejected_ones_are_found_only_when_asked_for(self, api, agents):
        agents.create(instruction="Offer tea")
        bad = agents.create(instruction="Offer coffee")
        review(api, bad.playbook_id, REJECT)
        for _ in range(2):
            assert agents.found("coffee") == ["Offer tea"]
            assert agents.found("coffee", include_rejected=True) == ["Offer coffee", "Offer tea"]
            assert agents.found("coffee", approval_statuses=[REJECTED]) == ["Offer coffee"]
            api.applied()

    @pytest.mark.parametrize(("decision", "status"), [(EDIT, PENDING), (APPROVE, APPROVED)])
    def test_edits(self, api, agents, decision, status):
        made = agents.create(trigger="t", pitfall="p")
        after = review(api, made.playbook_id, decision, edits=AgentPlaybook(instruction="Ask nicely", rationale="why"))
        assert (after.instruction, after.trigger, after.pitfall, after.rationale) == ("Ask nicely", "t", "p", "why")
        assert after.approval_status == status and after.content.startswith("When t: Ask nicely")
        assert agents.found("nicely") == ["Ask nicely"]

    @pytest.mark.parametrize(
        ("decision", "edits", "fields"),
        [
            (REJECT, {"instruction": "x"}, ["edits"]), (REOPEN, {"trigger": "x"}, ["edits"]), (EDIT, {}, ["edits"]),
            (EDIT, {"instruction": " "}, ["edits.instruction"]), (0, {}, ["decision"]), (9, {}, ["decision"]),
            (APPROVE, {"trigger": "x" * 10_001}, ["edits.trigger"]),
        ],
        ids=str,
    )  # fmt: skip
    def test_refused(self, api, agents, decision, edits, fields):
        made = agents.create()
        error = refused(review, api, made.playbook_id, decision, edits=AgentPlaybook(**edits))
        assert (error.code, error.fields) == ("INVALID_ARGUMENT", fields)
        assert agents.get(made.playbook_id) == made

    def test_etag_and_id(self, api, agents):
        made = agents.create()
        after = review(api, made.playbook_id, APPROVE, etag=made.etag)
        assert after.etag != made.etag
        error = refused(review, api, made.playbook_id, REJECT, etag=made.etag)
        assert (error.code, error.reason) == ("ABORTED", "CONCURRENT_CHANGE")
        assert agents.get(made.playbook_id) == after
        user = Kind(api, "User").create()
        for name in ("nothing", user.playbook_id):
            assert refused(review, api, name, APPROVE).reason == "PLAYBOOK_NOT_FOUND"


def test_what_is_learnt_is_aggregated(api, agents):
    for user in ("ada", "bob"):
        api.learnt(
            "What is your return policy for electronics?",
            data(
                "You can return electronics within 30 days.", role="Agent",
                expert_content="You can return electronics within 30 days. Opened software is a final sale.",
            ),
            user=user, session=user,
        )  # fmt: skip

    def aggregated():
        return [one for one in agents.listed() if one.support.distinct_users == 2]

    (row,) = eventually(aggregated)
    assert row.support.expert_count == row.support.member_count == 2 == len(row.member_ids)
    assert row.approval_status == PENDING and "final sale" in row.content
    assert api.AggregatePlaybooks(playbook_pb.AggregatePlaybooksRequest()).operation.operation_id
    api.DeleteInteractions(pb.DeleteInteractionsRequest(user_id="ada"))
    eventually(lambda: [one for one in agents.listed() if one.support.distinct_users == 1])
    api.DeleteInteractions(pb.DeleteInteractionsRequest(user_id="bob"))
    eventually(lambda: not agents.listed())


class TestChanges:
    def test_before_and_after(self, kind):
        made = kind.create()
        after = kind.update(made.playbook_id, instruction="Ask twice")
        second, first = changes(kind.api)
        name = kind.name.lower()
        assert (first.change_type, first.WhichOneof("before"), second.change_type) == (CREATED, None, UPDATED)
        assert getattr(first, f"{name}_playbook_after") == getattr(second, f"{name}_playbook_before") == made
        assert getattr(second, f"{name}_playbook_after") == after
        assert first.user_id == ("ada" if kind.name == "User" else "")

    @pytest.mark.parametrize("stored", [False, True])
    def test_filters_and_pages(self, api, agents, stored):
        users = Kind(api, "User")
        ada, bob, shared = users.create(), users.create(user_id="bob"), agents.create()
        late = users.update(ada.playbook_id, trigger="t")
        if stored:
            api.applied()

        def ids(**filters):
            return [(one.playbook_id, one.change_type) for one in changes(api, **filters)]

        everything = [
            (ada.playbook_id, UPDATED), (shared.playbook_id, CREATED), (bob.playbook_id, CREATED),
            (ada.playbook_id, CREATED),
        ]  # fmt: skip
        assert ids() == everything
        assert ids(user_id="bob") == [everything[2]] and ids(playbook_id=shared.playbook_id) == [everything[1]]
        assert ids(change_types=[UPDATED]) == ids(start_time=late.update_time) == everything[:1]
        assert ids(end_time=late.update_time) == everything[1:]
        assert refused(ids, start_time=now(), end_time=stamp(1)).fields == ["end_time"]
        seen, token = [], ""
        while True:
            request = playbook_pb.ListPlaybookChangesRequest(page_size=1, page_token=token)
            page = api.ListPlaybookChanges(request)
            seen += [(one.playbook_id, one.change_type) for one in page.changes]
            if not (token := page.next_page_token):
                break
        assert seen == everything


def test_tenants_do_not_see_each_other(shared_api):
    for name in TYPES:
        mine, yours = (Kind(shared_api.by(tenant=fresh(one)), name) for one in ("mine", "yours"))
        made = mine.create(instruction="a secret recipe")
        yours.create(instruction="nothing")
        assert yours.said() == yours.found("secret recipe") == ["nothing"]
        for call in (yours.get, yours.delete):
            assert refused(call, made.playbook_id).code == "NOT_FOUND"
        assert changes(yours.api, playbook_id=made.playbook_id) == []
        if name == "Agent":
            assert refused(review, yours.api, made.playbook_id, APPROVE).code == "NOT_FOUND"
        assert mine.get(made.playbook_id) == made


def test_a_reader_cannot_write(guarded):
    tenant = fresh("reader")
    for name in TYPES:
        writer = Kind(guarded.api(guarded.key(tenant)), name)
        reader = Kind(guarded.api(guarded.key(tenant, "READ")), name)
        made = writer.create()
        assert reader.get(made.playbook_id) == made
        calls = [reader.create, lambda: reader.update(made.playbook_id, trigger="x"),  # noqa: B023 - called at once
                 lambda: reader.delete(made.playbook_id), lambda: review(reader.api, made.playbook_id, APPROVE)]  # fmt: skip  # noqa: B023
        for call in calls:
            assert refused(call).metadata == {"right": "WRITE"}
        assert writer.listed() == [made]


def test_it_survives_a_kill_and_an_optimisation(server):
    def state(api):
        kinds = [Kind(api, name) for name in TYPES]
        return [(one.listed(), one.found("size"), one.found("tea", agent_id="shop")) for one in kinds], changes(api)

    api = Api(server.target)
    key = fresh()
    for name in TYPES:
        kind = Kind(api, name)
        first = kind.create(f"{key}-{name}")
        kind.create(instruction="Offer tea", agent_id="shop")
        kind.update(first.playbook_id, trigger="a customer asks")
        kind.delete(kind.create(instruction="Close the shop early").playbook_id)
    review(api, first.playbook_id, APPROVE, reviewer="kim")
    was = state(api)
    assert [len(one[0]) for one in was[0]] == [2, 2] and len(was[1]) == 9
    for again in (server.restart, None):
        if again is None:
            api.optimized()
        else:
            again()
            api.close()
            api = Api(server.target)
        assert state(api) == was
        for name in TYPES:
            assert Kind(api, name).create(f"{key}-{name}").instruction == "Ask for the size first"
            assert refused(Kind(api, name).create, f"{key}-{name}", trigger="x").reason == "REQUEST_ID_REUSED"
        assert micros(Kind(api, "Agent").listed()[0].create_time) <= micros(now())
    api.close()
