"""LinkUsers, UnlinkUsers and ListUserLinks: what is refused, and one history in every read, before, with and after."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import eventually
from tests.service.kit import Api, admin_pb, batch, context_pb, fresh, pb, profile_pb, refused
from tests.service.links_kit import link, links, unlink


@pytest.fixture
def api(shared_server):
    made = Api(shared_server.target, tenant=fresh("links"), timeout=60)
    yield made
    made.close()


def said(api, user, **fields):
    return sorted(api.contents(user_id=user, **fields))


# --- what a link is


def test_a_link_is_made_once_listed_and_taken_back(api):
    made = link(api, "guest", "ada")
    assert (made.guest_id, made.account_id) == ("guest", "ada") and made.link_time.seconds > 0
    assert link(api, "guest", "ada") == made
    assert links(api) == [made]
    assert unlink(api, "guest") == made
    assert links(api) == []
    error = refused(unlink, api, "guest")
    assert (error.code, error.reason, error.metadata["resourceName"]) == ("NOT_FOUND", "LINK_NOT_FOUND", "guest")


@pytest.mark.parametrize(
    ("guest", "account", "why"),
    [
        ("ada", "ada", "the same id"),
        ("g1", "ben", "another account"),
        ("ada", "g1", "a circle"),
        ("g2", "g1", "a chain"),
        ("ada", "ben", "an account with guests"),
    ],
)
def test_chains_circles_and_second_accounts_are_refused(api, guest, account, why):
    link(api, "g1", "ada")
    error = refused(link, api, guest, account)
    assert (error.code, error.reason) == ("FAILED_PRECONDITION", "LINK_CONFLICT")
    assert why in error.message
    assert (error.metadata["guestId"], error.metadata["accountId"]) == (guest, account)
    assert [(one.guest_id, one.account_id) for one in links(api)] == [("g1", "ada")]


@pytest.mark.parametrize("name", ["guest_id", "account_id"])
@pytest.mark.parametrize("value", ["", "  ", "x" * 257])
def test_ids_must_be_there_and_short(api, name, value):
    given = {"guest_id": "g", "account_id": "a"} | {name: value}
    error = refused(api.LinkUsers, admin_pb.LinkUsersRequest(**given))
    assert (error.code, error.reason, error.fields) == ("INVALID_ARGUMENT", "INVALID_REQUEST", [name])


def test_a_refused_link_makes_no_tenant(api, shared_api):
    refused(link, api, "a", "a")
    assert refused(unlink, api, "a").reason == "LINK_NOT_FOUND"
    assert links(api) == []
    name = dict(api.metadata)["interplay-tenant"]
    assert refused(shared_api.GetTenant, admin_pb.GetTenantRequest(name=name)).reason == "TENANT_NOT_FOUND"


def test_links_are_paged_the_newest_first_and_by_person(api):
    made = [link(api, f"g{n}", f"a{n % 2}") for n in range(7)]
    found, token = [], ""
    while True:
        page = api.ListUserLinks(admin_pb.ListUserLinksRequest(page_size=3, page_token=token))
        assert len(page.links) <= 3
        found += page.links
        if not (token := page.next_page_token):
            break
    assert found == made[::-1]
    assert [one.guest_id for one in links(api, user_id="a1")] == ["g5", "g3", "g1"]
    assert [one.account_id for one in links(api, user_id="g4")] == ["a0"]
    assert links(api, user_id="nobody") == []
    first = api.ListUserLinks(admin_pb.ListUserLinksRequest(page_size=1))
    other = admin_pb.ListUserLinksRequest(page_size=1, page_token=first.next_page_token, user_id="a0")
    assert refused(api.ListUserLinks, other).reason == "INVALID_PAGE_TOKEN"


def test_one_of_many_links_at_once_wins(api):
    api.publish("here")

    def attempt(n):
        try:
            return link(api, "g", f"a{n % 4}").account_id
        except Exception as error:  # noqa: BLE001 - looked at below
            return error.code().name

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(attempt, range(24)))
    [kept] = links(api)
    assert answers.count(kept.account_id) == 6
    assert answers.count("FAILED_PRECONDITION") == 18


def test_links_in_both_directions_at_once_make_no_circle(api):
    def attempt(pair):
        try:
            link(api, *pair)
        except Exception:  # noqa: BLE001 - the other one was first
            return 0
        return 1

    for n in range(5):
        pairs = [(f"x{n}", f"y{n}"), (f"y{n}", f"x{n}")] * 3
        with ThreadPoolExecutor(6) as pool:
            assert sum(pool.map(attempt, pairs)) == 3
    assert len(links(api)) == 5


def test_a_link_holds_in_its_tenant_only(api, shared_api):
    other = shared_api.by(tenant=fresh("other"))
    for one in (api, other):
        one.publish("by the guest", user="g")
        one.publish("by the account", user="a")
    link(api, "g", "a")
    assert said(api, "g") == ["by the account", "by the guest"]
    assert said(other, "g") == ["by the guest"]
    assert links(other) == []
    assert refused(unlink, other, "g").reason == "LINK_NOT_FOUND"


def test_a_link_may_come_before_the_people(api):
    link(api, "g", "a")
    assert said(api, "g") == said(api, "a") == []
    api.publish("later", user="g")
    assert said(api, "a") == ["later"]


# --- reads


@pytest.mark.parametrize("where", ["tail", "tables"])
def test_every_read_of_interactions_sees_one_history(api, where):
    g = api.publish("green apples from the orchard", "what about pears", user="g", session="s-g")
    a = api.publish("green tea from the mountains", user="a", session="s-a")
    api.publish("green stones", user="else", session="s-e")
    if where == "tables":
        api.applied()
    # What is not applied yet may be by the next read.
    eventual = pb.CONSISTENCY_EVENTUAL if where == "tables" else pb.CONSISTENCY_STRONG
    both = {"green apples from the orchard", "what about pears", "green tea from the mountains"}

    def reads(user):
        similar = pb.FindSimilarInteractionsRequest(interaction_id=a[0], user_id=user, top_k=10)
        asked = context_pb.SearchAllRequest(query="green", user_id=user)
        sessions = api.ListSessions(pb.ListSessionsRequest(user_id=user)).sessions
        return {
            "list": set(api.contents(user_id=user)),
            "search": set(api.found("green apples pears tea", user_id=user)),
            "eventual": set(api.found("green", user_id=user, consistency=eventual)),
            "similar": {hit.interaction.data.content for hit in api.FindSimilarInteractions(similar).hits},
            "all": {hit.interaction.data.content for hit in api.SearchAll(asked).interactions},
            "context": {hit.interaction.data.content for hit in api.context(user, "green").interactions},
            "sessions": {one.session_id for one in sessions},
        }

    before = {user: reads(user) for user in ("g", "a")}
    assert before["a"]["list"] == {"green tea from the mountains"} and before["g"]["sessions"] == {"s-g"}
    link(api, "g", "a")
    for user in ("g", "a"):
        found = reads(user)
        assert found["list"] == found["search"] == both
        assert found["similar"] == both - {"green tea from the mountains"}
        assert found["all"] == {"green apples from the orchard", "green tea from the mountains"} | found["all"] & both
        assert found["context"] <= both and len(found["context"]) >= 2
        assert found["sessions"] == {"s-g", "s-a"}
        request = pb.GetSessionRequest(user_id=user, session_id="s-g")
        assert api.GetSession(request).session.interaction_count == 2
    assert {one.user_id for one in api.listed(user_id="a")} == {"g", "a"}, "what is stored keeps its id"
    unlink(api, "g")
    assert {user: reads(user) for user in ("g", "a")} == before
    assert len(g) == 2


def test_a_session_that_goes_on_after_the_login_is_one(api):
    api.publish("as a guest", user="g", session="s")
    api.publish("as ada", "and more", user="ada", session="s")
    ask = pb.GetSessionRequest(session_id="s")
    assert refused(api.GetSession, ask).fields == ["user_id"]
    link(api, "g", "ada")
    found = api.GetSession(ask)
    assert (found.session.user_id, found.session.interaction_count, len(found.requests)) == ("ada", 3, 2)
    assert api.GetSession(pb.GetSessionRequest(session_id="s", user_id="g")) == found
    [one] = api.ListSessions(pb.ListSessionsRequest()).sessions
    assert one.user_id == "ada"
    unlink(api, "g")
    assert refused(api.GetSession, ask).fields == ["user_id"]


def test_pages_go_on_over_both_ids(api):
    for n in range(10):
        api.publish(f"turn {n}", user="ga"[n % 2], session=f"s{n}")
    link(api, "g", "a")
    found, token = [], ""
    while True:
        request = pb.ListInteractionsRequest(user_id="g", page_size=3, page_token=token)
        page = api.ListInteractions(request)
        found += [one.data.content for one in page.interactions]
        if not (token := page.next_page_token):
            break
    assert found == [f"turn {n}" for n in range(10)]


def test_deleting_a_person_deletes_under_every_id(api):
    api.publish("one", user="g")
    api.publish("two", user="a")
    api.publish("three", user="else")
    link(api, "g", "a")
    request = pb.DeleteInteractionsRequest(user_id="g")
    assert api.DeleteInteractions(request).deleted_count == 2
    assert api.contents() == ["three"]


def test_rows_by_hand_are_found_under_either_id(api):
    api.unaggregated()
    api.profile("Likes tea", user="g")
    api.profile("Likes coffee", user="a")
    api.lesson("Answer in one sentence.", user="g", trigger="the user asks")
    link(api, "g", "a")
    for user in ("g", "a"):
        assert sorted(api.facts(user_id=user)) == ["Likes coffee", "Likes tea"]
        hits = api.SearchProfiles(profile_pb.SearchProfilesRequest(user_id=user, query="likes")).hits
        assert {hit.profile.content for hit in hits} == {"Likes coffee", "Likes tea"}
        assert len(api.context(user, "the user asks for one sentence").playbooks) == 1
        history = api.ListProfileChanges(profile_pb.ListProfileChangesRequest(user_id=user)).changes
        assert len(history) == 2
    unlink(api, "g")
    assert api.facts(user_id="a") == ["Likes coffee"]
    assert api.facts(user_id="g") == ["Likes tea"]


# --- watches and caches


def test_open_watches_follow_a_link_at_once(api):
    api.publish("before", user="a")
    seen, told = [], []
    watch = api.WatchInteractions(pb.WatchInteractionsRequest(user_id="a", heartbeat_seconds=1))
    facts = api.WatchProfiles(profile_pb.WatchProfilesRequest(user_id="a", heartbeat_seconds=1))
    next(watch), next(facts)

    def read(call, take):
        try:
            for answer in call:
                take(answer)
        except Exception:  # noqa: BLE001 - cancelled below
            return

    def published(answer):
        seen.extend(one.data.content for one in answer.published.interactions)

    def changed(answer):
        if answer.HasField("change"):
            told.append(answer.change.after.content)

    threads = [threading.Thread(target=read, args=one) for one in ((watch, published), (facts, changed))]
    for one in threads:
        one.start()
    api.publish("not yet", user="g")
    api.profile("Not yet", user="g")
    link(api, "g", "a")
    api.publish("by the guest", user="g")
    api.profile("By the guest", user="g")
    eventually(lambda: seen and told, 60)
    unlink(api, "g")
    api.publish("not any more", user="g")
    api.profile("Not any more", user="g")
    api.publish("end", user="a")
    api.profile("End", user="a")
    eventually(lambda: "end" in seen and "End" in told, 60)
    watch.cancel(), facts.cancel()
    for one in threads:
        one.join()
    assert seen == ["by the guest", "end"]
    assert told == ["By the guest", "End"]


def test_searches_of_hot_users_change_at_once(api):
    api.publish("red lamp", user="a")
    api.publish("red chair", user="g")
    for _ in range(3):
        assert api.found("red", user_id="a") == ["red lamp"]
        assert api.found("red", user_id="g") == ["red chair"]
        link(api, "g", "a")
        assert set(api.found("red", user_id="a")) == set(api.found("red", user_id="g")) == {"red lamp", "red chair"}
        unlink(api, "g")


def test_publishing_goes_on_while_links_come_and_go(api):
    """Whatever the moment, every turn is found under its own id, and under the other one as the link says."""
    api.publish("first", user="a")
    stop = threading.Event()
    sent = []

    def publish():
        while not stop.is_set() and len(sent) < 900:
            n = len(sent)
            api.publish(f"turn {n}", user="ga"[n % 2])
            sent.append(n)

    thread = threading.Thread(target=publish)
    thread.start()
    for _ in range(6):
        link(api, "g", "a")
        before = len(sent)
        found = set(api.contents(user_id="g"))
        assert {f"turn {n}" for n in range(before)} <= found and "first" in found
        assert len(api.found("turn", user_id="a", top_k=100)) >= min(before, 100)
        unlink(api, "g")
        assert {int(one.split()[1]) % 2 for one in api.contents(user_id="g")} <= {0}
    stop.set()
    thread.join()
    link(api, "g", "a")
    assert set(api.contents(user_id="a")) == {"first", *(f"turn {n}" for n in sent)}
    state = admin_pb.ListUserLinksRequest(user_id="a")
    assert len(api.ListUserLinks(state).links) == 1


def test_a_thousand_guests_of_one_account_stay_usable(api):
    api.publish("the account speaks", user="a", session="s")
    call, pending = api.channel.unary_unary("/interplay.v1.AdminService/LinkUsers").future, []
    for n in range(1000):
        request = admin_pb.LinkUsersRequest(guest_id=f"guest-{n}", account_id="a").SerializeToString()
        pending.append(call(request, metadata=api.metadata, timeout=120))
    for one in pending:
        one.result()
    for n in range(0, 1000, 100):
        api.publish(f"guest {n} speaks", user=f"guest-{n}", session=f"s{n}")
    everything = {"the account speaks", *(f"guest {n} speaks" for n in range(0, 1000, 100))}
    for _ in range(2):
        for user in ("a", "guest-7"):
            assert set(api.contents(user_id=user)) == everything
            assert set(api.found("speaks", user_id=user, top_k=50)) == everything
        assert len(api.ListSessions(pb.ListSessionsRequest(user_id="guest-1")).sessions) == 11
        api.applied()
    assert len(links(api, user_id="a")) == 1000


def test_links_outlive_a_kill(server):
    api = Api(server.target, tenant="acme", timeout=60)
    api.PublishInteractions(batch("by the guest", user="g"))
    api.PublishInteractions(batch("by the account", user="a"))
    made = link(api, "g", "a")
    gone = link(api, "g2", "a")
    unlink(api, "g2")
    server.restart()
    again = Api(server.target, tenant="acme", timeout=60)
    assert links(again) == [made]
    assert said(again, "g") == ["by the account", "by the guest"]
    assert link(again, "g", "a") == made
    assert link(again, "g2", "a").link_time != gone.link_time
    api.close(), again.close()
