"""SearchInteractions and FindSimilarInteractions: modes, scores, filters, what is never found, read-your-writes."""

import math

import pytest

from tests.service.kit import batch, data, fresh, ipb, pb, refused, stamp

HYBRID, VECTOR, TEXT = pb.SEARCH_MODE_HYBRID, pb.SEARCH_MODE_VECTOR, pb.SEARCH_MODE_TEXT
TERMS = {"cosine", "soft_match", "window_bm25", "session", "role", "question"}
TURNS = [
    ("ada", "camping", "User", "Which tent keeps rain out in the mountains?"),
    ("ada", "camping", "Agent", "The Alpine tent is waterproof and light."),
    ("ada", "cooking", "User", "How do I make ramen broth?"),
    ("ada", "cooking", "Agent", "Simmer pork bones with ginger for twelve hours."),
    ("bob", "camping", "User", "I need a sleeping bag for winter."),
    ("bob", "lunch", "Agent", "The ramen shop opens at noon."),
]


@pytest.fixture(scope="module", params=["shared_api", "storage_api"])
def engine_api(request):
    """A server that searches from memory, and one that asks LanceDB for everything."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module", params=["tail", "tables"])
def shop(request, engine_api):
    api = engine_api.by(tenant=fresh("search"))
    for at, (user, session, role, text) in enumerate(TURNS):
        row = data(text, role=role, external_id=f"e{at}", occur_time=stamp(1_700_000_000 + at))
        api.publish(row, user=user, session=session, source=f"web{at % 2}", agent_version=f"v{at % 2}", agent_id=user)
    clicked = data(
        user_action=ipb.USER_ACTION_CLICK, user_action_description="opened the warranty page",
        tools_used=[ipb.ToolUse(tool_name="lookup_invoice")],
    )  # fmt: skip
    api.publish(clicked, user="ada", session="clicks")
    if request.param == "tables":
        api.PublishInteractions(batch("x", user="x", wait=pb.WAIT_LEVEL_VISIBLE))
        api.DeleteInteractions(pb.DeleteInteractionsRequest(user_id="x"))
    return api


@pytest.fixture
def api(engine_api):
    return engine_api.by(tenant=fresh("tenant"))


@pytest.mark.parametrize("mode", [0, HYBRID, VECTOR, TEXT])
@pytest.mark.parametrize("user", ["ada", ""])
def test_every_mode_finds_it(shop, mode, user):
    assert shop.found("waterproof tent", user_id=user, mode=mode)[0] == "The Alpine tent is waterproof and light."


@pytest.mark.parametrize("user", ["ada", ""])
def test_scores_of_hybrid(shop, user):
    hits = shop.search("ramen broth", user_id=user)
    assert hits
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    for hit in hits:
        assert {term.name for term in hit.terms} <= TERMS
        assert math.isclose(sum(term.value for term in hit.terms), hit.score, rel_tol=1e-5, abs_tol=1e-5)
        assert -1.0001 <= hit.vector_similarity <= 1.0001
        assert hit.HasField("text_rank") == hit.HasField("text_score") == bool(hit.matched_terms)
    assert set(hits[0].matched_terms) == {"ramen", "broth"}
    assert sorted(hit.vector_rank for hit in hits) == sorted({hit.vector_rank for hit in hits})


def test_scores_of_vector(shop):
    hits = shop.search("ramen broth", user_id="ada", mode=VECTOR)
    assert [hit.vector_rank for hit in hits] == list(range(1, len(hits) + 1))
    for hit in hits:
        assert math.isclose(hit.score, hit.vector_similarity, abs_tol=1e-6)
        assert not hit.terms


def test_scores_of_text(shop):
    hits = shop.search("ramen broth shop", mode=TEXT)
    assert [hit.text_rank for hit in hits] == list(range(1, len(hits) + 1))
    assert {hit.interaction.data.content for hit in hits} == {
        "How do I make ramen broth?", "The ramen shop opens at noon.",
    }  # fmt: skip
    for hit in hits:
        assert hit.score == pytest.approx(hit.text_score) and hit.text_score > 0
        assert hit.matched_terms and not hit.terms


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"user_id": "bob"}, {4, 5}), ({"session_id": "camping"}, {0, 1, 4}), ({"source": "web1"}, {1, 3, 5}),
        ({"agent_version": "v0"}, {0, 2, 4}), ({"agent_id": "bob"}, {4, 5}), ({"external_id": "e3"}, {3}),
        ({"role": "USER"}, {0, 2, 4}), ({"role_class": "ROLE_CLASS_AGENT"}, {1, 3, 5}),
        ({"user_action": "USER_ACTION_CLICK"}, set()), ({"end_time": stamp(1_700_000_002)}, {0, 1}),
        ({"start_time": stamp(1_700_000_004), "end_time": stamp(1_700_000_005)}, {4}),
        ({"user_id": "ada", "session_id": "cooking", "role": "agent"}, {3}),
        ({"as_of": stamp(1_700_000_000)}, set()), ({"user_id": "nobody"}, set()), ({"session_id": "nobody"}, set()),
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("mode", [HYBRID, VECTOR])
def test_filters(shop, filters, expected, mode):
    everything = " ".join(text for *_, text in TURNS)
    hits = shop.search(everything, mode=mode, top_k=100, **filters)
    turns = {int(hit.interaction.data.external_id[1:]) for hit in hits if hit.interaction.data.external_id}
    assert turns == expected


@pytest.mark.parametrize("words", ["opened warranty", "lookup_invoice", "invoice lookup"])
def test_actions_and_tools_are_found(shop, words):
    hits = shop.search(words, user_id="ada")
    assert hits[0].interaction.data.tools_used[0].tool_name == "lookup_invoice"


@pytest.mark.parametrize(("asked", "expected"), [(1, 1), (3, 3), (0, 5), (100, 5)])
def test_top_k(shop, asked, expected):
    assert len(shop.search("tent ramen bag rain", user_id="ada", top_k=asked)) == expected


def test_ten_hits_by_default(api):
    api.publish(*[f"tent {at}" for at in range(30)])
    assert len(api.search("tent", user_id="u")) == 10


@pytest.mark.parametrize("user", ["ada", ""])
def test_threshold(shop, user):
    all_hits = shop.search("waterproof tent", user_id=user, top_k=100, mode=VECTOR)
    middle = all_hits[1].vector_similarity
    kept = shop.search("waterproof tent", user_id=user, top_k=100, mode=VECTOR, threshold=middle)
    assert len(kept) < len(all_hits)
    assert all(hit.vector_similarity >= middle - 1e-6 for hit in kept)
    hybrid = shop.search("waterproof tent", user_id=user, top_k=100, threshold=1.0)
    assert hybrid and all(hit.matched_terms for hit in hybrid)
    assert len(shop.search("waterproof tent", user_id=user, top_k=100, mode=VECTOR, threshold=-1)) == len(all_hits)


class TestNeverFound:
    @pytest.mark.parametrize("field", ["shadow_content", "expert_content", "interacted_image_url", "speaker", "role"])
    def test_other_texts(self, api, field):
        value = "https://example.org/zanzibar" if field == "interacted_image_url" else "zanzibar"
        api.publish(data("a tent", **{field: value}), data("rain"))
        for wait in (1, 2):
            api.PublishInteractions(batch("bread", wait=wait))
            for user in ("u", ""):
                assert api.search("zanzibar", user_id=user, mode=TEXT) == []

    def test_shadow_text_moves_no_score(self, api):
        api.publish("a tent", session="plain")
        api.publish(data("a tent", shadow_content="waterproof", expert_content="waterproof"), session="shadowed")
        scores = {hit.score for hit in api.search("waterproof tent", user_id="u")}
        assert len(scores) == 1

    def test_other_users(self, shop):
        assert all(hit.interaction.user_id == "bob" for hit in shop.search("ramen tent", user_id="bob", top_k=100))

    def test_other_tenants(self, shop, api):
        assert api.search("ramen") == []
        api.publish("ramen of my own")
        assert api.found("ramen") == ["ramen of my own"]


@pytest.mark.parametrize("mode", [HYBRID, VECTOR, TEXT])
@pytest.mark.parametrize("user", ["u", ""])
def test_equal_hits_come_newest_first(api, mode, user):
    times = [5, 9, 1, 7]
    for at in times:
        api.publish(data("the very same words", occur_time=stamp(1_700_000_000 + at)), session=f"s{at}")
    for wait in (1, 2):
        api.PublishInteractions(batch("bread", user="other", wait=wait))
        hits = api.search("same words", user_id=user, mode=mode, top_k=4)
        same = [hit.interaction.data.occur_time.seconds - 1_700_000_000 for hit in hits
                if hit.interaction.data.content == "the very same words"]  # fmt: skip
        assert same == sorted(times, reverse=True)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Das Zelt ist wasserdicht und sehr leicht.", "wasserdicht Zelt"),
        ("La tente est imperméable.", "imperméable"), ("La tente est imperméable.", "impermeable"),
        ("この テント は 防水 です", "防水"), ("Палатка не промокает", "палатка"), ("אוהל עמיד במים", "אוהל"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("user", ["u", ""])
def test_other_languages(api, text, query, user):
    api.publish("The kitchen opens at noon.", text, "Nothing to see here.")
    assert api.found(query, user_id=user)[0] == text


@pytest.mark.parametrize("user", ["u", ""])
def test_what_is_acked_is_found(api, user):
    for at in range(25):
        api.publish(f"token{at} appears", session=f"s{at}")
        assert api.found(f"token{at}", user_id=user)[0] == f"token{at} appears"
        assert api.found(f"token{at}", user_id=user, mode=TEXT) == [f"token{at} appears"]


def test_eventual_reads_only_the_tables(start_server):
    from tests.service.kit import Api  # noqa: PLC0415 - this test alone has a server that applies late

    server = start_server("--storage-apply-milliseconds", "60000", "--storage-apply-rows", "100000")
    api = Api(server.target)
    (made,) = api.publish("waterproof tent", user="u")
    eventual = {"consistency": pb.CONSISTENCY_EVENTUAL}
    for user in ("u", ""):
        assert api.found("tent", user_id=user) == ["waterproof tent"]
        assert api.found("tent", user_id=user, **eventual) == []
    assert api.contents() == ["waterproof tent"] and api.contents(**eventual) == []
    assert refused(api.GetInteraction, pb.GetInteractionRequest(interaction_id=made, **eventual)).code == "NOT_FOUND"
    assert not api.ListSessions(pb.ListSessionsRequest(**eventual)).sessions
    assert refused(api.GetSession, pb.GetSessionRequest(session_id="s", **eventual)).code == "NOT_FOUND"
    similar = pb.FindSimilarInteractionsRequest(interaction_id=made, **eventual)
    assert refused(api.FindSimilarInteractions, similar).code == "NOT_FOUND"
    api.close()


@pytest.mark.parametrize(
    "query", ["   ", "?!...", "the", "\0", "🏕️", "a" * 10_000, 'AND OR NOT "x" -y +z field:value *', "(((", "tent~2 ^5"]
)
@pytest.mark.parametrize("mode", [HYBRID, VECTOR, TEXT])
@pytest.mark.parametrize("user", ["ada", ""])
def test_any_text_is_a_query(shop, query, mode, user):
    answer = shop.SearchInteractions(pb.SearchInteractionsRequest(query=query, mode=mode, user_id=user))
    assert len(answer.hits) <= 10
    assert not answer.degraded


class TestSimilar:
    @pytest.fixture
    def ids(self, api):
        one = api.publish("a waterproof tent", "a waterproof tent for rain", user="ada", session="s1")
        two = api.publish("waterproof tents", user="ada", session="s2")
        three = api.publish("the tent is waterproof", "bread and butter", user="bob", session="s1")
        return [*one, *two, *three]

    @staticmethod
    def similar(api, made, **fields):
        return list(api.FindSimilarInteractions(pb.FindSimilarInteractionsRequest(interaction_id=made, **fields)).hits)

    def ids_of(self, api, made, **fields):
        return [hit.interaction.interaction_id for hit in self.similar(api, made, **fields)]

    def test_nearest_first_without_itself(self, api, ids):
        hits = self.similar(api, ids[0])
        cosines = [hit.vector_similarity for hit in hits]
        assert cosines == sorted(cosines, reverse=True)
        assert [hit.interaction.interaction_id for hit in hits][-1] == ids[4]
        assert ids[0] not in [hit.interaction.interaction_id for hit in hits] and len(hits) == 4

    def test_of_one_user(self, api, ids):
        assert set(self.ids_of(api, ids[0], user_id="ada")) == {ids[1], ids[2]}
        assert set(self.ids_of(api, ids[0], user_id="bob")) == {ids[3], ids[4]}

    def test_outside_its_session(self, api, ids):
        assert set(self.ids_of(api, ids[0], exclude_session=True)) == {ids[2], ids[3], ids[4]}

    def test_top_k_and_threshold(self, api, ids):
        everything = self.similar(api, ids[0])
        assert self.similar(api, ids[0], top_k=2) == everything[:2]
        floor = everything[1].vector_similarity
        assert len(self.similar(api, ids[0], threshold=floor - 1e-6)) == 2

    def test_unknown(self, api):
        error = refused(api.FindSimilarInteractions, pb.FindSimilarInteractionsRequest(interaction_id="unknown"))
        assert (error.code, error.reason) == ("NOT_FOUND", "INTERACTION_NOT_FOUND")

    def test_many_neighbours(self, api):
        ids = api.publish(*[f"tent number {at}" for at in range(150)])
        for user in ("u", ""):
            assert len(self.similar(api, ids[0], user_id=user, top_k=100)) >= 99
