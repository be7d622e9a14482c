"""ProfileService over the wire: facts written by hand, found, listed, changed, deleted, and what happened to them."""

import math

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.struct_pb2 import Struct

from tests.service.kit import (
    Api,
    Profile,
    data,
    fresh,
    learnt_pb,
    micros,
    now,
    pb,
    profile_pb,
    refused,
    stamp,
)

DAY = 86_400
PAST = stamp(1_000_000_000)
HYBRID, VECTOR, TEXT = pb.SEARCH_MODE_HYBRID, pb.SEARCH_MODE_VECTOR, pb.SEARCH_MODE_TEXT
CURRENT, EXPIRED = learnt_pb.LIFECYCLE_CURRENT, learnt_pb.LIFECYCLE_EXPIRED
CREATED, UPDATED, DELETED = (
    learnt_pb.LEARNING_CHANGE_TYPE_CREATED, learnt_pb.LEARNING_CHANGE_TYPE_UPDATED,
    learnt_pb.LEARNING_CHANGE_TYPE_DELETED,
)  # fmt: skip


def create(api, request_id="", **fields):
    made = Profile(**{"user_id": "ada", "content": "Likes tea"} | fields)
    return api.CreateProfile(profile_pb.CreateProfileRequest(profile=made, request_id=request_id)).profile


def get(api, profile_id):
    return api.GetProfile(profile_pb.GetProfileRequest(profile_id=profile_id)).profile


def update(api, profile_id, *paths, **fields):
    request = profile_pb.UpdateProfileRequest(profile=Profile(profile_id=profile_id, **fields))
    if paths:
        request.update_mask.CopyFrom(FieldMask(paths=paths))
    return api.UpdateProfile(request).profile


def delete(api, profile_id, etag=""):
    api.DeleteProfile(profile_pb.DeleteProfileRequest(profile_id=profile_id, etag=etag))


def search(api, query, **fields):
    return list(api.SearchProfiles(profile_pb.SearchProfilesRequest(query=query, **fields)).hits)


def found(api, query, **fields):
    return [hit.profile.content for hit in search(api, query, **fields)]


def changes(api, **filters):
    return list(api.ListProfileChanges(profile_pb.ListProfileChangesRequest(page_size=1000, **filters)).changes)


def plain(**fields):
    made = Struct()
    made.update(fields)
    return made


def test_everything_comes_back(api):
    (witness,) = api.publish("My sister Mia lives in Oslo", user="ada")
    sent = {
        "content": "Sister lives in Oslo", "category": "relationship", "subject": "Mia", "attribute": "home_city",
        "value": "Oslo", "time_to_live": learnt_pb.TIME_TO_LIVE_ONE_MONTH, "confidence": 0.25,
        "source_interaction_ids": [witness], "source": "web", "tags": ["family", "north"],
        "custom_features": plain(a=1, b=[True, None, "é"], c={"d": 0.5}), "notes": "from a call",
    }  # fmt: skip
    before = micros(now())
    made = create(api, **sent)
    assert {name: getattr(made, name) for name in sent} == sent | {"custom_features": made.custom_features}
    assert made.custom_features == sent["custom_features"]
    assert len(made.profile_id) == 26 and made.user_id == "ada" and made.etag
    assert made.lifecycle == CURRENT and not made.superseded_by and not made.HasField("end_time")
    assert before <= micros(made.create_time) == micros(made.update_time) <= micros(now())
    assert micros(made.confirm_time) < before  # when its witness was said
    assert micros(made.expire_time) == micros(made.confirm_time) + 30 * DAY * 10**6
    (evidence,) = made.evidence
    assert (evidence.interaction_id, evidence.field, evidence.start, evidence.end) == (witness, "content", 0, 27)
    assert made.origin.method == learnt_pb.LEARNING_METHOD_MANUAL and made.origin.generation == 0
    assert get(api, made.profile_id) == made
    assert api.profiles() == [made]
    assert [hit.profile for hit in search(api, "Oslo")] == [made]
    assert changes(api)[0].after == made


def test_defaults(api):
    made = create(api)
    assert (made.category, made.subject, made.confidence) == ("factual", "user", 1.0)
    assert made.time_to_live == learnt_pb.TIME_TO_LIVE_ONE_YEAR
    assert micros(made.confirm_time) == micros(made.create_time)
    assert micros(made.expire_time) == micros(made.create_time) + 365 * DAY * 10**6
    forever = create(api, time_to_live=learnt_pb.TIME_TO_LIVE_INFINITY)
    assert not forever.HasField("expire_time")


def test_what_the_server_sets_is_not_taken(api):
    made = create(
        api, profile_id="mine", lifecycle=EXPIRED, superseded_by="x", etag="e", create_time=stamp(1),
        expire_time=stamp(1), end_time=stamp(1), evidence=[learnt_pb.Evidence(interaction_id="x")],
        origin=learnt_pb.LearningOrigin(method=learnt_pb.LEARNING_METHOD_MODEL, generation=7),
    )  # fmt: skip
    assert made.profile_id != "mine" and made.lifecycle == CURRENT and made.etag != "e"
    assert not made.superseded_by and not made.evidence and made.origin.generation == 0
    assert micros(made.create_time) > micros(stamp(1_700_000_000))


BAD = {
    "no content": ({"content": ""}, ["profile.content"]),
    "blank content": ({"content": " \n\t"}, ["profile.content"]),
    "10,001 characters": ({"content": "é" * 10_001}, ["profile.content"]),
    "no user": ({"user_id": ""}, ["profile.user_id"]),
    "blank user": ({"user_id": "  "}, ["profile.user_id"]),
    "long user": ({"user_id": "u" * 257}, ["profile.user_id"]),
    "category": ({"category": "gossip"}, ["profile.category"]),
    "NaN": ({"confidence": math.nan}, ["profile.confidence"]),
    "inf": ({"confidence": math.inf}, ["profile.confidence"]),
    "negative": ({"confidence": -0.1}, ["profile.confidence"]),
    "above 1": ({"confidence": 1.1}, ["profile.confidence"]),
    "too many tags": ({"tags": [str(at) for at in range(101)]}, ["profile.tags"]),
    "empty tag": ({"tags": ["a", ""]}, ["profile.tags[1]"]),
    "unknown time to live": ({"time_to_live": 77}, ["profile.time_to_live"]),
    "NaN in a struct": ({"custom_features": plain(a=math.nan)}, ["profile.custom_features"]),
    "long value": ({"value": "v" * 1001}, ["profile.value"]),
    "no such witness": ({"source_interaction_ids": ["nothing"]}, ["profile.source_interaction_ids[0]"]),
    "several": (
        {"content": " ", "user_id": "", "category": "gossip"},
        ["profile.user_id", "profile.content", "profile.category"],
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_fact_is_not_stored(api, case):
    fields, paths = BAD[case]
    error = refused(create, api, **fields)
    assert (error.code, set(error.fields)) == ("INVALID_ARGUMENT", set(paths))
    assert api.profiles() == [] and changes(api) == []


def test_a_fact_needs_a_profile(api):
    error = refused(api.CreateProfile, profile_pb.CreateProfileRequest())
    assert (error.code, error.fields) == ("INVALID_ARGUMENT", ["profile"])


def test_witnesses_are_of_this_user(api):
    mine, others = api.publish("mine", user="ada")[0], api.publish("theirs", user="bob")[0]
    error = refused(create, api, source_interaction_ids=[mine, others])
    assert error.fields == ["profile.source_interaction_ids[1]"]
    made = create(api, source_interaction_ids=[mine, mine])
    assert list(made.source_interaction_ids) == [mine]
    error = refused(update, api, made.profile_id, source_interaction_ids=[others])
    assert error.fields == ["profile.source_interaction_ids[0]"]
    assert get(api, made.profile_id) == made


def test_a_witness_that_is_deleted_is_no_evidence_any_more(api):
    one, two = api.publish("one", "two", user="ada")
    made = create(api, source_interaction_ids=[one, two])
    api.DeleteInteractions(pb.DeleteInteractionsRequest(interaction_ids=[one]))
    row = get(api, made.profile_id)
    assert list(row.source_interaction_ids) == [two] and row.etag != made.etag
    api.DeleteInteractions(pb.DeleteInteractionsRequest(interaction_ids=[two]))
    assert not get(api, made.profile_id).evidence  # a person wrote it: it stays


class TestRequestId:
    def test_the_same_again_gives_the_same(self, api):
        key = fresh()
        first = create(api, key, tags=["a"])
        assert create(api, key, tags=["a"]) == first
        assert api.profiles() == [first] and len(changes(api)) == 1

    def test_the_first_answer_whatever_became_of_the_row(self, api):
        key = fresh()
        first = create(api, key)
        update(api, first.profile_id, content="Likes coffee")
        assert create(api, key) == first
        assert api.facts() == ["Likes coffee"]

    def test_another_payload(self, api):
        key = fresh()
        create(api, key)
        for fields in ({"content": "Likes coffee"}, {"user_id": "bob"}, {"tags": ["x"]}):
            error = refused(create, api, key, **fields)
            assert (error.code, error.reason) == ("ALREADY_EXISTS", "REQUEST_ID_REUSED")
        assert api.facts() == ["Likes tea"]

    def test_another_method(self, api):
        key = fresh()
        api.publish("hello", request_id=key)
        assert refused(create, api, key).reason == "REQUEST_ID_REUSED"


def test_nothing_of_that_id(api):
    create(api)
    for call in (get, update, delete):
        fields = {"content": "x"} if call is update else {}
        error = refused(call, api, "nothing", **fields)
        assert (error.code, error.reason) == ("NOT_FOUND", "PROFILE_NOT_FOUND")
        assert error.details["ResourceInfo"].resource_name == "nothing"
    assert refused(update, api, "", content="x").fields == ["profile.profile_id"]


class TestList:
    def test_the_newest_first(self, api):
        for at in range(5):
            create(api, content=f"fact {at}")
        assert api.facts() == [f"fact {at}" for at in (4, 3, 2, 1, 0)]

    @pytest.mark.parametrize(
        "filters",
        [
            {"user_id": "ada"}, {"source": "web"}, {"tags": ["a"]}, {"tags": ["b", "a"]}, {"category": "goal"},
            {"time_to_live": learnt_pb.TIME_TO_LIVE_ONE_WEEK}, {"user_id": "ada", "category": "goal"},
        ],
        ids=str,
    )  # fmt: skip
    @pytest.mark.parametrize("stored", [False, True])
    def test_filters(self, api, filters, stored):
        create(api, user_id="bob", content="other", tags=["b"], source="app", category="work")
        create(
            api, content="wanted", tags=["b", "a", "c"], source="web", category="goal",
            time_to_live=learnt_pb.TIME_TO_LIVE_ONE_WEEK,
        )  # fmt: skip
        if stored:
            api.applied()
        assert api.facts(**filters) == ["wanted"]

    def test_method_and_arm(self, api):
        api.learnt("I live in Lisbon.", user="ada")
        create(api, content="by hand")
        assert api.facts(method=learnt_pb.LEARNING_METHOD_MANUAL) == ["by hand"]
        (rules,) = api.profiles(method=learnt_pb.LEARNING_METHOD_RULES)
        assert rules.origin.provider == "rules" and "Lisbon" in rules.content
        assert api.facts(method=learnt_pb.LEARNING_METHOD_MODEL) == []
        assert len(api.facts(arm=learnt_pb.ARM_PRODUCTION)) == 2 and api.facts(arm=learnt_pb.ARM_SHADOW) == []

    @pytest.mark.parametrize("size", [1, 3, 7, 100])
    def test_pages(self, api, size):
        for at in range(7):
            create(api, content=f"fact {at}", user_id="ada" if at % 2 else "bob")
        for filters, wanted in ({}, 7), ({"user_id": "bob"}, 4):
            seen, token = [], ""
            while True:
                request = profile_pb.ListProfilesRequest(page_size=size, page_token=token, **filters)
                page = api.ListProfiles(request)
                assert len(page.profiles) <= size
                seen += page.profiles
                if not (token := page.next_page_token):
                    break
            assert seen == api.profiles(**filters) and len(seen) == wanted

    def test_new_rows_do_not_disturb_a_reader(self, api):
        for at in range(4):
            create(api, content=f"fact {at}")
        page = api.ListProfiles(profile_pb.ListProfilesRequest(page_size=2))
        create(api, content="late")
        rest = api.ListProfiles(profile_pb.ListProfilesRequest(page_size=9, page_token=page.next_page_token))
        assert [one.content for one in rest.profiles] == ["fact 1", "fact 0"] and not rest.next_page_token

    def test_a_token_is_bound_to_its_query(self, api):
        create(api)
        create(api)
        token = api.ListProfiles(profile_pb.ListProfilesRequest(page_size=1)).next_page_token
        for fields in ({"user_id": "ada"}, {"as_of": now()}, {"tags": ["a"]}, {"lifecycles": [CURRENT]}):
            request = profile_pb.ListProfilesRequest(page_size=1, page_token=token, **fields)
            assert refused(api.ListProfiles, request).reason == "INVALID_PAGE_TOKEN"
        request = profile_pb.ListProfileChangesRequest(page_size=1, page_token=token)
        assert refused(api.ListProfileChanges, request).reason == "INVALID_PAGE_TOKEN"

    def test_enormous_rows_end_a_page_early(self, api):
        for at in range(70):
            create(
                api, content=f"{at} " + "\U0001f3d5" * 9_900, notes="\U0001f3d5" * 10_000,
                custom_features=plain(a="x" * 65_000), tags=[f"{tag}" + "\U0001f3d5" * 250 for tag in range(100)],
            )  # fmt: skip
        first = api.ListProfiles(profile_pb.ListProfilesRequest(page_size=1000))
        assert 1 < len(first.profiles) < 70 and first.next_page_token
        rest = api.ListProfiles(profile_pb.ListProfilesRequest(page_size=1000, page_token=first.next_page_token))
        numbers = [int(one.content.split()[0]) for one in (*first.profiles, *rest.profiles)]
        assert numbers == list(range(69, -1, -1))
        told = api.ListProfileChanges(profile_pb.ListProfileChangesRequest(page_size=1000))
        assert 1 < len(told.changes) < 70 and told.next_page_token


class TestUpdate:
    def test_the_mask(self, api):
        made = create(api, tags=["a"], notes="n", category="goal")
        after = update(api, made.profile_id, "content", "tags", content="Likes coffee", notes="ignored")
        assert (after.content, list(after.tags), after.notes, after.category) == ("Likes coffee", [], "n", "goal")
        assert after.create_time == made.create_time and micros(after.update_time) > micros(made.update_time)
        assert after.etag != made.etag and get(api, made.profile_id) == after
        assert found(api, "coffee", user_id="ada", mode=TEXT) == ["Likes coffee"]
        assert found(api, "tea", mode=TEXT) == []

    def test_an_empty_mask_takes_what_is_set(self, api):
        made = create(api, tags=["a"], notes="n")
        after = update(api, made.profile_id, notes="new")
        assert (after.content, list(after.tags), after.notes) == ("Likes tea", ["a"], "new")

    def test_values_that_are_unset_fall_back(self, api):
        made = create(api, category="goal", subject="Mia", time_to_live=learnt_pb.TIME_TO_LIVE_ONE_DAY)
        after = update(api, made.profile_id, "category", "subject", "time_to_live", "confidence")
        assert (after.category, after.subject, after.confidence) == ("factual", "user", 0.0)
        assert after.time_to_live == learnt_pb.TIME_TO_LIVE_ONE_YEAR

    @pytest.mark.parametrize("path", ["lifecycle", "user_id", "profile_id", "etag", "create_time", "nothing", "tags.x"])
    def test_paths_that_cannot_be_written(self, api, path):
        made = create(api)
        error = refused(update, api, made.profile_id, "content", path, content="x")
        assert (error.code, error.fields) == ("INVALID_ARGUMENT", ["update_mask"])
        assert get(api, made.profile_id) == made

    def test_nothing_to_change(self, api):
        made = create(api)
        assert refused(update, api, made.profile_id).fields == ["update_mask"]
        assert refused(update, api, made.profile_id, "content", content=" ").fields == ["profile.content"]
        assert get(api, made.profile_id) == made

    def test_etags(self, api):
        made = create(api)
        second = update(api, made.profile_id, etag=made.etag, content="two")
        error = refused(update, api, made.profile_id, etag=made.etag, content="three")
        assert (error.code, error.reason) == ("ABORTED", "CONCURRENT_CHANGE")
        assert error.metadata == {"resourceName": made.profile_id}
        assert refused(delete, api, made.profile_id, made.etag).code == "ABORTED"
        assert get(api, made.profile_id) == second
        update(api, made.profile_id, content="three")
        assert api.facts() == ["three"]

    def test_new_witnesses_confirm(self, api):
        made = create(api)
        (witness,) = api.publish(data("I like tea", occur_time=now(-3600)), user="ada")
        after = update(api, made.profile_id, source_interaction_ids=[witness])
        assert micros(after.confirm_time) == micros(after.evidence[0].time) < micros(made.confirm_time)


def test_a_deleted_fact_is_gone_everywhere(api):
    made, other = create(api, content="Likes green tea"), create(api, content="Likes black tea")
    update(api, made.profile_id, content="Likes white tea")
    delete(api, made.profile_id)
    for stored in (False, True):
        if stored:
            api.applied()
        assert refused(get, api, made.profile_id).code == "NOT_FOUND"
        assert refused(delete, api, made.profile_id).code == "NOT_FOUND"
        assert api.profiles() == [other]
        for mode in (HYBRID, VECTOR, TEXT):
            for user in ("ada", ""):
                assert found(api, "white tea", mode=mode, user_id=user) == ["Likes black tea"]
        (change,) = changes(api, profile_id=made.profile_id)
        assert (change.change_type, change.user_id, change.cause) == (DELETED, "ada", "manual")
        assert not change.HasField("before") and not change.HasField("after")
        assert b"white tea" not in str(changes(api)).encode()


class TestChanges:
    def test_before_and_after(self, api):
        made = create(api)
        after = update(api, made.profile_id, content="Likes coffee")
        second, first = changes(api)
        assert (first.change_type, second.change_type) == (CREATED, UPDATED)
        assert not first.HasField("before") and first.after == made
        assert (second.before, second.after) == (made, after)
        assert second.profile_id == made.profile_id and second.user_id == "ada" and second.cause == "manual"
        assert micros(second.time) == micros(after.update_time)

    @pytest.mark.parametrize("stored", [False, True])
    def test_filters(self, api, stored):
        ada, bob = create(api), create(api, user_id="bob")
        late = update(api, ada.profile_id, content="Likes coffee")
        if stored:
            api.applied()

        def ids(**filters):
            return [(one.profile_id, one.change_type) for one in changes(api, **filters)]

        everything = [(ada.profile_id, UPDATED), (bob.profile_id, CREATED), (ada.profile_id, CREATED)]
        assert ids() == everything
        assert ids(user_id="bob") == ids(profile_id=bob.profile_id) == [everything[1]]
        assert ids(change_types=[UPDATED]) == [everything[0]]
        assert ids(start_time=late.update_time) == [everything[0]]
        assert ids(end_time=late.update_time) == everything[1:]
        assert ids(start_time=late.update_time, end_time=late.update_time) == []
        error = refused(changes, api, start_time=now(), end_time=PAST)
        assert (error.code, error.fields) == ("INVALID_ARGUMENT", ["end_time"])

    def test_pages(self, api):
        rows = [create(api, content=f"fact {at}") for at in range(4)]
        for row in rows:
            update(api, row.profile_id, content="changed")
        api.applied()
        create(api, content="in the tail")
        seen, token = [], ""
        while True:
            page = api.ListProfileChanges(profile_pb.ListProfileChangesRequest(page_size=2, page_token=token))
            seen += page.changes
            if not (token := page.next_page_token):
                break
        assert seen == changes(api) and len({one.change_id for one in seen}) == 9
        assert [micros(one.time) for one in seen] == sorted((micros(one.time) for one in seen), reverse=True)


def test_tenants_do_not_see_each_other(shared_api):
    mine, yours = (shared_api.by(tenant=fresh(name)) for name in ("mine", "yours"))
    made = create(mine, content="a secret about ada")
    for other in (False, True):
        if other:
            create(yours, content="nothing")
        assert "a secret about ada" not in yours.facts() + found(yours, "secret ada") + found(
            yours, "secret", mode=TEXT
        )
        assert refused(get, yours, made.profile_id).code == "NOT_FOUND"
        assert refused(update, yours, made.profile_id, content="x").code == "NOT_FOUND"
        assert refused(delete, yours, made.profile_id).code == "NOT_FOUND"
        assert changes(yours, profile_id=made.profile_id) == []
    assert get(mine, made.profile_id) == made


def test_a_failed_write_makes_no_tenant(shared_api, shared_server):
    tenant = fresh("never")
    api = shared_api.by(tenant=tenant)
    assert refused(create, api, content=" ").code == "INVALID_ARGUMENT"
    assert refused(update, api, "nothing", content="x").code == "NOT_FOUND"
    assert refused(delete, api, "nothing").code == "NOT_FOUND"
    assert not (shared_server.data / tenant).exists()


def test_a_reader_cannot_write(guarded):
    tenant = fresh("reader")
    made = create(guarded.api(guarded.key(tenant)))
    reader = guarded.api(guarded.key(tenant, "READ"))
    assert get(reader, made.profile_id) == made and found(reader, "tea") == ["Likes tea"]
    for call in (
        lambda: create(reader),
        lambda: update(reader, made.profile_id, content="x"),
        lambda: delete(reader, made.profile_id),
    ):
        assert refused(call).metadata == {"right": "WRITE"}
    assert get(reader, made.profile_id) == made


def test_it_survives_a_kill_and_an_optimisation(server):
    api = Api(server.target)
    key = fresh()
    first = create(api, key, content="Likes tea", tags=["a"])
    second = update(api, create(api, content="Plays chess", user_id="bob").profile_id, content="Plays the cello")
    gone = create(api, content="Likes nothing")
    delete(api, gone.profile_id)

    def state(api):
        return (api.profiles(), changes(api), found(api, "music"), found(api, "tea", user_id="ada", mode=TEXT))

    was = state(api)
    assert was[0] == [second, first] and len(was[1]) == 4
    server.restart()
    api.close()
    api = Api(server.target)
    assert state(api) == was
    assert create(api, key, content="Likes tea", tags=["a"]) == first
    assert refused(create, api, key, content="Likes coffee").reason == "REQUEST_ID_REUSED"
    api.optimized()
    assert state(api) == was
    update(api, first.profile_id, etag=first.etag, content="Likes coffee")
    api.optimized()
    server.restart()
    api.close()
    api = Api(server.target)
    assert api.facts() == ["Plays the cello", "Likes coffee"] and len(changes(api)) == 5
    api.close()
