"""Searching what was learnt, of all three kinds: modes, thresholds, filters, instants, lifecycles, scores."""

import pytest

from tests.service.kit import (
    fresh,
    learnt_pb,
    micros,
    now,
    pb,
    playbook_pb,
    profile_pb,
    refused,
    stamp,
)

DAY = 86_400
HYBRID, VECTOR, TEXT = pb.SEARCH_MODE_HYBRID, pb.SEARCH_MODE_VECTOR, pb.SEARCH_MODE_TEXT
CURRENT, SUPERSEDED, EXPIRED = (
    learnt_pb.LIFECYCLE_CURRENT, learnt_pb.LIFECYCLE_SUPERSEDED, learnt_pb.LIFECYCLE_EXPIRED,
)  # fmt: skip
METHODS = {"profile": "SearchProfiles", "user": "SearchUserPlaybooks", "agent": "SearchAgentPlaybooks"}
SHOWN = {
    "tea": "Drinks green tea in the morning",
    "bike": "Rides a bicycle to work",
    "cello": "Plays the cello in an orchestra",
}


class Kind:
    """Writes and searches one kind of row."""

    def __init__(self, api, name):
        self.api, self.name = api, name

    def put(self, text, **fields):
        if self.name == "profile":
            return self.api.profile(text, **fields)
        if self.name == "agent":
            fields.pop("user", None)
            return self.api.lesson(text, user="", **fields)
        return self.api.lesson(text, **fields)

    def hits(self, query, **fields):
        request = {
            "profile": profile_pb.SearchProfilesRequest,
            "user": playbook_pb.SearchUserPlaybooksRequest,
            "agent": playbook_pb.SearchAgentPlaybooksRequest,
        }[self.name](query=query, **fields)
        answer = getattr(self.api, METHODS[self.name])(request)
        assert not answer.degraded, answer.degraded_reason
        return list(answer.hits)

    def found(self, query, **fields):
        return [self.text(hit) for hit in self.hits(query, **fields)]

    def text(self, hit):
        return hit.profile.content if self.name == "profile" else hit.playbook.instruction

    def where(self, user):
        """A user's shelf in memory, or everybody in the tables; agent playbooks have no user."""
        return {"user_id": user} if self.name != "agent" else {}


@pytest.fixture(params=["profile", "user", "agent"])
def kind(request, api):
    return Kind(api, request.param)


@pytest.fixture(params=["a user", "everybody", "everybody, stored"])
def shelf(request, kind):
    """The three rows; and how they are searched: in memory, in tail, in tables."""
    for text in SHOWN.values():
        kind.put(text)
    if "stored" in request.param:
        kind.api.applied()
    return lambda query, **fields: kind.hits(query, **kind.where("ada" if request.param == "a user" else ""), **fields)


@pytest.mark.parametrize("mode", [pb.SEARCH_MODE_UNSPECIFIED, HYBRID, VECTOR, TEXT])
def test_modes(kind, shelf, mode):
    hits = shelf("green tea", mode=mode)
    assert kind.text(hits[0]) == SHOWN["tea"]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    first = hits[0]
    assert list(first.matched_terms) and first.text_score > 0 and first.text_rank == 1
    if mode == TEXT:
        assert len(hits) == 1 and not first.HasField("vector_similarity") and not first.HasField("vector_rank")
    else:
        assert len(hits) == 3 and 0 < first.vector_similarity <= 1.0001 and first.vector_rank == 1
        assert not hits[1].HasField("text_score") and not hits[1].HasField("text_rank")
        assert sorted(hit.vector_rank for hit in hits) == [1, 2, 3]


def test_terms_add_up_to_the_score(shelf):
    for mode in (HYBRID, VECTOR, TEXT):
        for hit in shelf("green tea and a bicycle", mode=mode):
            assert hit.terms and sum(one.value for one in hit.terms) == pytest.approx(hit.score, abs=1e-6)


def test_meaning_without_a_shared_word(kind, shelf):
    assert kind.text(shelf("musical instruments")[0]) == SHOWN["cello"]
    assert shelf("musical instruments", mode=TEXT) == []


def test_threshold(kind, shelf):
    best, *rest = shelf("cello orchestra", mode=VECTOR)
    between = (best.vector_similarity + rest[0].vector_similarity) / 2
    assert [kind.text(hit) for hit in shelf("cello orchestra", mode=VECTOR, threshold=between)] == [SHOWN["cello"]]
    assert shelf("cello orchestra", mode=VECTOR, threshold=1.0) == []
    assert len(shelf("cello orchestra", mode=VECTOR, threshold=-1.0)) == 3
    # All its words match: it stays whatever the threshold.
    assert [kind.text(hit) for hit in shelf("cello orchestra", threshold=1.0)] == [SHOWN["cello"]]


def test_top_k(shelf):
    for top_k in (1, 2, 3, 100):
        assert len(shelf("anything at all", top_k=top_k)) == min(top_k, 3)


def test_ten_are_the_default(kind):
    for at in range(12):
        kind.put(f"Drinks tea number {at}")
    assert len(kind.hits("tea", **kind.where("ada"))) == len(kind.hits("tea")) == 10
    assert len(kind.hits("tea", top_k=12)) == 12


@pytest.mark.parametrize("fields", [{"query": ""}, {"top_k": -1}, {"top_k": 101}, {"mode": 9}, {"threshold": 1.5},
                                    {"threshold": float("nan")}, {"query": "x" * 10_001}], ids=str)  # fmt: skip
def test_refused(kind, fields):
    error = refused(kind.hits, **{"query": "x"} | fields)
    assert (error.code, set(error.fields)) == ("INVALID_ARGUMENT", set(fields))


@pytest.mark.parametrize("query", ["???", " ", '"', "tea AND (", "a:b*", "-tea", "\U0001f375", "' OR 1=1 --", "\x00"])
def test_a_query_is_plain_text(shelf, query):
    for mode in (HYBRID, VECTOR, TEXT):
        assert len(shelf(query, mode=mode)) <= 3


@pytest.mark.parametrize("name", ["profile", "user"])
def test_of_one_user_or_all(api, name):
    kind = Kind(api, name)
    kind.put(SHOWN["tea"], user="ada")
    kind.put(SHOWN["cello"], user="bob")
    for _ in range(2):
        assert kind.found("tea", user_id="ada") == [SHOWN["tea"]]
        assert kind.found("tea", user_id="bob") == [SHOWN["cello"]]
        assert kind.found("tea", user_id="nobody") == []
        assert kind.found("tea") == [SHOWN["tea"], SHOWN["cello"]]
        kind.api.applied()


@pytest.mark.parametrize("stored", [False, True])
def test_a_rare_tag_among_many_better_rows(kind, stored):
    for at in range(70):
        kind.put(f"Likes tea of kind {at}")
    kind.put("Rides a bicycle", tags=["rare", "other"])
    if stored:
        kind.api.applied()
    for where in (kind.where("ada"), {}):
        assert kind.found("tea", tags=["rare"], top_k=1, **where) == ["Rides a bicycle"]
        assert kind.found("tea", tags=["rare", "other"], top_k=1, **where) == ["Rides a bicycle"]
        assert kind.found("tea", tags=["rare", "missing"], top_k=1, **where) == []


def test_other_filters(api):
    profile, user, agent = (Kind(api, name) for name in METHODS)
    profile.put(SHOWN["tea"], source="web", category="preference")
    profile.put(SHOWN["cello"])
    assert profile.found("cello", source="web") == profile.found("cello", category="preference") == [SHOWN["tea"]]
    user.put(SHOWN["tea"], source="web", agent_id="shop", agent_version="v2")
    user.put(SHOWN["cello"])
    for fields in ({"source": "web"}, {"agent_id": "shop"}, {"agent_version": "v2"}):
        assert user.found("cello", **fields) == user.found("cello", user_id="ada", **fields) == [SHOWN["tea"]]
    agent.put(SHOWN["tea"], agent_id="shop")
    agent.put(SHOWN["cello"])
    assert agent.found("cello", agent_id="shop") == [SHOWN["tea"]]


def test_before_it_was_known(kind):
    before = now(-1)
    made = kind.put(SHOWN["tea"])
    for where in (kind.where("ada"), {}):
        assert kind.found("tea", as_of=before, **where) == []
        assert kind.found("tea", as_of=made.create_time, **where) == [SHOWN["tea"]]
        assert kind.found("tea", as_of=now(7 * DAY), **where) == [SHOWN["tea"]]


def test_time_to_live(api):
    kind = Kind(api, "profile")
    made = kind.put("Has a cold", time_to_live=learnt_pb.TIME_TO_LIVE_ONE_DAY)
    kind.put("Has a dog", time_to_live=learnt_pb.TIME_TO_LIVE_INFINITY)
    end = micros(made.expire_time)
    just_before = stamp((end - 1) // 10**6, (end - 1) % 10**6 * 1000)
    for where in ({"user_id": "ada"}, {}):
        assert set(kind.found("cold", as_of=just_before, **where)) == {"Has a cold", "Has a dog"}
        assert kind.found("cold", as_of=made.expire_time, **where) == ["Has a dog"]
        (hit,) = kind.hits("cold", as_of=made.expire_time, lifecycles=[EXPIRED], **where)
        assert hit.profile.lifecycle == EXPIRED and hit.profile.profile_id == made.profile_id
        assert kind.found("cold", lifecycles=[EXPIRED], **where) == []
    assert api.facts(as_of=made.expire_time) == ["Has a dog"]
    assert api.facts(as_of=made.expire_time, lifecycles=[CURRENT, EXPIRED]) == ["Has a dog", "Has a cold"]
    assert api.facts() == ["Has a dog", "Has a cold"]


def test_what_was_superseded(api):
    kind = Kind(api, "profile")
    api.learnt("I live in Lisbon.", user="ada", session="s1")
    (old,) = api.profiles()
    between = now()
    api.learnt("I live in Porto now.", user="ada", session="s2")
    (new,) = api.profiles()
    for stored in (False, True):
        if stored:
            api.applied()
        for where in ({"user_id": "ada"}, {}):
            assert kind.found("home city", **where) == [new.content]
            (hit,) = kind.hits("home city", lifecycles=[SUPERSEDED], **where)
            assert hit.profile.profile_id == old.profile_id and hit.profile.superseded_by == new.profile_id
            assert hit.profile.HasField("end_time")
            assert len(kind.hits("home city", lifecycles=[SUPERSEDED, CURRENT], **where)) == 2
            # What was current then is told as current.
            (hit,) = kind.hits("home city", as_of=between, **where)
            assert (hit.profile.profile_id, hit.profile.lifecycle) == (old.profile_id, CURRENT)


def test_equal_scores_newest_first(kind):
    made = [kind.put(SHOWN["tea"]) for _ in range(4)]
    found = [hit.profile if kind.name == "profile" else hit.playbook for hit in kind.hits("tea")]
    assert found == made[::-1]


class TestWithoutEmbedder:
    """The server of faulty.py fails to embed one word."""

    @pytest.fixture
    def broken(self, faulty):
        return faulty.api.by(tenant=fresh("words"))

    @pytest.mark.parametrize("user", ["ada", ""])
    @pytest.mark.parametrize("name", METHODS)
    def test_words_alone(self, broken, name, user):
        kind = Kind(broken, name)
        kind.put("something, embedder-down, to find")
        where = kind.where(user)
        assert kind.found("embedder-down", mode=TEXT, **where) == ["something, embedder-down, to find"]
        error = refused(kind.hits, "embedder-down", mode=VECTOR, **where)
        assert (error.code, error.reason) == ("FAILED_PRECONDITION", "VECTOR_SEARCH_UNAVAILABLE")
        request = {"query": "embedder-down", **where}
        answer = (
            broken.SearchProfiles(profile_pb.SearchProfilesRequest(**request)) if name == "profile"
            else broken.SearchUserPlaybooks(playbook_pb.SearchUserPlaybooksRequest(**request)) if name == "user"
            else broken.SearchAgentPlaybooks(playbook_pb.SearchAgentPlaybooksRequest(**request))
        )  # fmt: skip
        assert answer.degraded and answer.degraded_reason and len(answer.hits) == 1
