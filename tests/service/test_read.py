"""GetInteraction, ListInteractions, ListSessions, GetSession: filters, order, pages, views, as_of."""

import pytest

from tests.service.kit import batch, data, fresh, ipb, micros, now, pb, refused, stamp

DAY = stamp(1_700_000_000)
ROWS = {
    # content: (fields of the row, fields of the batch)
    "a": ({"role": "Customer", "occur_time": stamp(1_700_000_010)}, {"user": "ada", "session": "s1", "source": "web"}),
    "b": ({"role": "Agent", "external_id": "ext"}, {"user": "ada", "session": "s1", "agent_version": "v1"}),
    "c": (
        {"user_action": ipb.USER_ACTION_CLICK, "user_action_description": "a click"},
        {"user": "bob", "session": "s2", "agent_id": "shop"},
    ),
    "d": ({"role": "system", "occur_time": stamp(1_700_000_020)}, {"user": "bob", "session": "s1", "request_id": "r1"}),
}
STATES = ("in the tail", "in the tables")


@pytest.fixture(scope="module", params=STATES)
def four(request, shared_api):
    api = shared_api.by(tenant=fresh("four"))
    for content, (row, header) in ROWS.items():
        api.publish(data(content, **row), **header)
    if request.param == STATES[1]:
        api.PublishInteractions(batch("x", user="gone", wait=pb.WAIT_LEVEL_VISIBLE))
        api.DeleteInteractions(pb.DeleteInteractionsRequest(user_id="gone"))
    return api


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, "adbc"),
        ({"user_id": "ada"}, "ab"), ({"user_id": "ad"}, ""), ({"user_id": "Ada"}, ""), ({"user_id": "ad_"}, ""),
        ({"session_id": "s1"}, "adb"), ({"session_id": "s1", "user_id": "bob"}, "d"),
        ({"source": "web"}, "a"), ({"agent_version": "v1"}, "b"), ({"agent_id": "shop"}, "c"),
        ({"agent_id": "default"}, "adb"), ({"request_id": "r1"}, "d"), ({"external_id": "ext"}, "b"),
        ({"role": "CUSTOMER"}, "a"), ({"role": "user"}, "c"), ({"role": "agent"}, "b"),
        ({"role_class": "ROLE_CLASS_USER"}, "ac"), ({"role_class": "ROLE_CLASS_AGENT"}, "b"),
        ({"role_class": "ROLE_CLASS_SYSTEM"}, "d"),
        ({"user_action": "USER_ACTION_CLICK"}, "c"), ({"user_action": "USER_ACTION_NONE"}, "adb"),
        ({"user_action": "USER_ACTION_VIEW"}, ""),
        ({"start_time": stamp(1_700_000_010)}, "adbc"), ({"start_time": stamp(1_700_000_010, 1000)}, "dbc"),
        ({"end_time": stamp(1_700_000_020)}, "a"), ({"end_time": stamp(1_700_000_020, 1000)}, "ad"),
        ({"start_time": stamp(1_700_000_011), "end_time": stamp(1_700_000_021)}, "d"),
        ({"start_time": stamp(1_700_000_011), "end_time": stamp(1_700_000_011)}, ""),
        ({"user_id": "ada", "role": "agent", "agent_version": "v1", "external_id": "ext", "session_id": "s1"}, "b"),
        ({"user_id": "ada", "source": "elsewhere"}, ""),
        ({"as_of": DAY}, ""),
        ({"start_time": stamp(-62_135_596_800), "end_time": stamp(253_402_300_799)}, "adbc"),
    ],
    ids=str,
)  # fmt: skip
def test_filters(four, filters, expected):
    assert "".join(four.contents(**filters)) == expected
    assert "".join(four.contents(newest_first=True, **filters)) == expected[::-1]


def test_a_tenant_without_anything(api):
    assert api.listed() == []
    assert list(api.ListSessions(pb.ListSessionsRequest()).sessions) == []
    assert api.search("anything") == []


@pytest.fixture(scope="module")
def many(shared_api):
    api = shared_api.by(tenant=fresh("many"))
    for start in (0, 600):
        api.publish(*[str(at) for at in range(start, start + 600)])
    return api


class TestPages:
    @pytest.mark.parametrize(("asked", "expected"), [(0, 50), (1, 1), (60, 60), (1000, 1000), (2**31 - 1, 1000)])
    def test_sizes(self, many, asked, expected):
        page = many.ListInteractions(pb.ListInteractionsRequest(user_id="u", page_size=asked))
        assert len(page.interactions) == expected
        assert page.next_page_token

    @pytest.mark.parametrize("newest_first", [False, True])
    @pytest.mark.parametrize("size", [7, 400, 1000])
    def test_all_once_and_in_order(self, many, size, newest_first):
        expected = [str(at) for at in range(1200)]
        seen = [one.data.content for one in pages(many, size, user_id="u", newest_first=newest_first)]
        assert seen == (expected[::-1] if newest_first else expected)

    def test_the_last_page_has_no_token(self, many):
        page = many.ListInteractions(pb.ListInteractionsRequest(user_id="nobody"))
        assert page.next_page_token == ""

    def test_page_size_may_change_between_pages(self, many):
        first = many.ListInteractions(pb.ListInteractionsRequest(user_id="u", page_size=3))
        request = pb.ListInteractionsRequest(user_id="u", page_size=5, page_token=first.next_page_token)
        assert [one.data.content for one in many.ListInteractions(request).interactions] == ["3", "4", "5", "6", "7"]

    @pytest.mark.parametrize(
        "change",
        [
            {"user_id": "x"}, {"session_id": "s"}, {"newest_first": True}, {"as_of": DAY}, {"role": "user"},
            {"view": pb.INTERACTION_VIEW_FULL}, {"consistency": pb.CONSISTENCY_EVENTUAL}, {"start_time": DAY},
        ],
        ids=lambda one: next(iter(one)),
    )  # fmt: skip
    def test_a_token_is_bound_to_its_query(self, many, change):
        token = many.ListInteractions(pb.ListInteractionsRequest(user_id="u", page_size=3)).next_page_token
        request = pb.ListInteractionsRequest(**({"user_id": "u", "page_size": 3, "page_token": token} | change))
        self.assert_bad_token(many.ListInteractions, request)

    def test_a_token_is_bound_to_method_and_tenant(self, many, api):
        token = many.ListInteractions(pb.ListInteractionsRequest(page_size=3)).next_page_token
        self.assert_bad_token(many.ListSessions, pb.ListSessionsRequest(page_size=3, page_token=token))
        api.publish("something")
        self.assert_bad_token(api.ListInteractions, pb.ListInteractionsRequest(page_size=3, page_token=token))

    @pytest.mark.parametrize("token", ["x", "AAAA", "====", "a" * 1024, "é", "\0", "-_-_", "null"])
    def test_a_token_of_somebody_else(self, many, token):
        self.assert_bad_token(many.ListInteractions, pb.ListInteractionsRequest(page_token=token))
        self.assert_bad_token(many.ListSessions, pb.ListSessionsRequest(page_token=token))

    def test_every_changed_letter_is_noticed(self, many):
        token = many.ListInteractions(pb.ListInteractionsRequest(user_id="u", page_size=3)).next_page_token
        for at in range(0, len(token), 3):
            other = token[:at] + ("B" if token[at] == "A" else "A") + token[at + 1 :]
            self.assert_bad_token(many.ListInteractions, pb.ListInteractionsRequest(user_id="u", page_token=other))

    @staticmethod
    def assert_bad_token(call, request):
        error = refused(call, request)
        assert (error.code, error.reason, error.fields) == ("INVALID_ARGUMENT", "INVALID_PAGE_TOKEN", ["page_token"])

    def test_neither_gaps_nor_doubles_while_publishing_goes_on(self, api):
        api.publish(*[f"old {at}" for at in range(40)])
        seen, token = [], ""
        for turn in range(100):
            page = api.ListInteractions(pb.ListInteractionsRequest(page_size=4, page_token=token))
            seen += [one.data.content for one in page.interactions]
            token = page.next_page_token
            if not token:
                break
            if turn < 10:
                api.publish(data("older", occur_time=DAY), f"new {turn}")
        olds = [f"old {at}" for at in range(40)]
        assert seen == olds + [f"new {at}" for at in range(10)]

    def test_deleting_between_pages_loses_nothing_else(self, api):
        ids = api.publish(*[str(at) for at in range(10)])
        first = api.ListInteractions(pb.ListInteractionsRequest(page_size=5))
        api.DeleteInteractions(pb.DeleteInteractionsRequest(interaction_ids=ids[3:7]))
        request = pb.ListInteractionsRequest(page_size=5, page_token=first.next_page_token)
        assert [one.data.content for one in api.ListInteractions(request).interactions] == ["7", "8", "9"]


def pages(api, size, **filters):
    token = ""
    while True:
        page = api.ListInteractions(pb.ListInteractionsRequest(page_size=size, page_token=token, **filters))
        yield from page.interactions
        token = page.next_page_token
        if not token:
            return


def test_as_of_is_what_was_published_then(api):
    api.publish("first")
    (first,) = api.listed()
    api.publish(data("second", occur_time=stamp(1_000_000_000)), session="s2")
    then = first.publish_time
    assert api.contents(as_of=then) == ["first"]
    assert api.found("first second", user_id="u", as_of=then) == ["first"]
    assert api.found("first second", as_of=then) == ["first"]
    sessions = api.ListSessions(pb.ListSessionsRequest(as_of=then)).sessions
    assert [one.session_id for one in sessions] == ["s"]
    assert api.contents(as_of=now(60)) == ["second", "first"]


class TestGet:
    def test_unknown(self, api):
        for made in (False, True):
            error = refused(api.GetInteraction, pb.GetInteractionRequest(interaction_id="01JD0000000000000000000000"))
            assert (error.code, error.reason) == ("NOT_FOUND", "INTERACTION_NOT_FOUND")
            assert error.details["ResourceInfo"].resource_name == "01JD0000000000000000000000"
            assert error.details["ResourceInfo"].resource_type == "interaction"
            if not made:
                api.publish("something")

    def test_same_as_listed(self, api):
        (made,) = api.publish(data("x", role="Agent"), source="web")
        assert api.GetInteraction(pb.GetInteractionRequest(interaction_id=made)).interaction == api.listed()[0]


@pytest.fixture(scope="module")
def shop(shared_api):
    api = shared_api.by(tenant=fresh("sessions"))
    t = 1_700_000_000
    api.publish(data("1", occur_time=stamp(t)), "", data("2", occur_time=stamp(t + 50)), user="ada", session="old",
                source="web", agent_version="v2", request_id="one")  # fmt: skip
    api.publish(data("3", occur_time=stamp(t - 50)), user="ada", session="old", source="app", agent_version="v1",
                request_id="two", session_finished=True, evaluation_only=True)  # fmt: skip
    api.publish(data("4", occur_time=stamp(t + 60)), user="ada", session="mid")
    api.publish(data("5", occur_time=stamp(t + 10)), user="bob", session="old")
    api.publish("6", user="bob", session="new", source="web")
    return api


class TestSessions:
    @staticmethod
    def names(api, **filters):
        found = api.ListSessions(pb.ListSessionsRequest(**filters)).sessions
        return [(one.user_id, one.session_id) for one in found]

    def test_latest_activity_first(self, shop):
        assert self.names(shop) == [("bob", "new"), ("ada", "mid"), ("ada", "old"), ("bob", "old")]

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            ({"user_id": "ada"}, "mid old"), ({"user_id": "bob"}, "new old"), ({"source": "web"}, "new old"),
            ({"source": "app"}, "old"), ({"agent_version": "v2"}, "old"), ({"user_id": "nobody"}, ""),
            ({"end_time": stamp(1_700_000_000)}, "old"), ({"start_time": stamp(1_700_000_055)}, "new mid"),
            ({"user_id": "bob", "source": "web"}, "new"),
        ],
        ids=str,
    )  # fmt: skip
    def test_filters(self, shop, filters, expected):
        assert " ".join(name for _, name in self.names(shop, **filters)) == expected

    def test_only_matching_interactions_count(self, shop):
        (one,) = shop.ListSessions(pb.ListSessionsRequest(user_id="ada", source="app")).sessions
        assert (one.interaction_count, one.request_count, list(one.sources)) == (1, 1, ["app"])

    def test_what_a_session_says(self, shop):
        answer = shop.GetSession(pb.GetSessionRequest(session_id="old", user_id="ada"))
        session = answer.session
        assert (session.user_id, session.session_id) == ("ada", "old")
        assert (session.interaction_count, session.request_count, session.finished) == (3, 2, True)
        assert (session.first_time.seconds, session.last_time.seconds) == (1_699_999_950, 1_700_000_050)
        assert (list(session.sources), list(session.agent_versions)) == (["app", "web"], ["v1", "v2"])
        first, second = answer.requests
        assert (first.request_id, first.source, first.agent_version, first.interaction_count) == ("one", "web", "v2", 2)
        assert (second.request_id, second.interaction_count, second.evaluation_only) == ("two", 1, True)
        assert micros(first.publish_time) < micros(second.publish_time)
        assert not first.evaluation_only

    def test_a_name_that_one_user_has_needs_no_user(self, shop):
        assert shop.GetSession(pb.GetSessionRequest(session_id="mid")).session.user_id == "ada"

    def test_a_name_that_several_users_have_does(self, shop):
        error = refused(shop.GetSession, pb.GetSessionRequest(session_id="old"))
        assert (error.code, error.fields) == ("INVALID_ARGUMENT", ["user_id"])

    @pytest.mark.parametrize("names", [{"session_id": "none"}, {"session_id": "new", "user_id": "ada"}])
    def test_unknown(self, shop, names):
        error = refused(shop.GetSession, pb.GetSessionRequest(**names))
        assert (error.code, error.reason) == ("NOT_FOUND", "SESSION_NOT_FOUND")

    def test_pages(self, shop):
        seen, token = [], ""
        while True:
            page = shop.ListSessions(pb.ListSessionsRequest(page_size=1, page_token=token))
            seen += [(one.user_id, one.session_id) for one in page.sessions]
            token = page.next_page_token
            if not token:
                break
            assert len(page.sessions) == 1
        assert seen == self.names(shop)

    def test_sessions_with_one_time_do_not_get_lost_between_pages(self, api):
        for at in range(7):
            api.publish(data("x", occur_time=DAY), user=f"u{at % 2}", session=f"s{at}")
        seen, token = [], ""
        while True:
            page = api.ListSessions(pb.ListSessionsRequest(page_size=2, page_token=token))
            seen += [one.session_id for one in page.sessions]
            token = page.next_page_token
            if not token:
                break
        assert sorted(seen) == [f"s{at}" for at in range(7)]
