"""WatchProfiles and WatchPlaybooks as a watcher meets them: from now, from the beginning, from a token, for one user."""

import signal

import grpc
import pytest

from tests.service.kit import (
    METHODS,
    Api,
    Profile,
    Refusal,
    UserPlaybook,
    fresh,
    learnt_pb,
    playbook_pb,
    profile_pb,
    refused,
    request_of,
)

CREATED, UPDATED, DELETED = (
    learnt_pb.LEARNING_CHANGE_TYPE_CREATED, learnt_pb.LEARNING_CHANGE_TYPE_UPDATED,
    learnt_pb.LEARNING_CHANGE_TYPE_DELETED,
)  # fmt: skip
NAMES = ["WatchProfiles", "WatchPlaybooks"]


class Feed:
    """A watch; `write`, `change` and `remove` are of the rows that it watches."""

    def __init__(self, api, name, **request):
        self.api, self.name = api, name
        self.call = getattr(api, name)(request_of(name, **request))
        self.token = ""
        assert self.take() is None, "the first answer is a heart-beat"

    def take(self):
        """The change of the next answer, None for a heart-beat."""
        answer = next(self.call)
        assert answer.resume_token
        self.token = answer.resume_token
        return answer.change if answer.HasField("change") else None

    def changes(self, count):
        """The next `count` changes, whatever beats between."""
        seen = []
        while len(seen) < count:
            change = self.take()
            if change is not None:
                seen.append(change)
        return seen

    def texts(self, count):
        return [text(change) for change in self.changes(count)]

    def close(self):
        self.call.cancel()


def text(change):
    """What the row says after the change; empty for one that is gone."""
    if change.DESCRIPTOR.name == "ProfileChange":
        return change.after.content
    which = change.WhichOneof("after")
    return getattr(change, which).instruction if which else ""


def write(api, name, said, user="ada"):
    return (api.profile if name == "WatchProfiles" else api.lesson)(said, user=user)


def change(api, name, row, said):
    if name == "WatchProfiles":
        made = Profile(profile_id=row.profile_id, content=said)
        return api.UpdateProfile(profile_pb.UpdateProfileRequest(profile=made)).profile
    made = UserPlaybook(playbook_id=row.playbook_id, instruction=said)
    return api.UpdateUserPlaybook(playbook_pb.UpdateUserPlaybookRequest(playbook=made)).playbook


def remove(api, name, row):
    if name == "WatchProfiles":
        api.DeleteProfile(profile_pb.DeleteProfileRequest(profile_id=row.profile_id))
    else:
        api.DeleteUserPlaybook(playbook_pb.DeleteUserPlaybookRequest(playbook_id=row.playbook_id))


@pytest.fixture
def api(api):
    """Lessons that look alike stay as they are."""
    return api.unaggregated()


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


@pytest.fixture
def watch(api, name):
    opened = []

    def start(api=api, **request):
        opened.append(Feed(api, name, **request))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def test_from_now(api, name, watch):
    write(api, name, "before")
    feed = watch()
    made = write(api, name, "one")
    after = change(api, name, made, "two")
    remove(api, name, made)
    first, second, third = feed.changes(3)
    assert [one.change_type for one in (first, second, third)] == [CREATED, UPDATED, DELETED]
    field = "after" if name == "WatchProfiles" else "user_playbook_after"
    assert (getattr(first, field), getattr(second, field)) == (made, after)
    assert (text(third), third.user_id) == ("", "ada")


def test_from_the_beginning(api, name, watch):
    write(api, name, "one")
    api.applied()
    write(api, name, "two")
    feed = watch(from_beginning=True)
    assert feed.texts(2) == ["one", "two"]
    write(api, name, "three")
    assert feed.texts(1) == ["three"]
    assert watch(from_beginning=True).texts(3) == ["one", "two", "three"]


def test_a_deleted_row_has_no_past(api, name, watch):
    made = write(api, name, "secret")
    change(api, name, made, "still secret")
    remove(api, name, made)
    write(api, name, "kept")
    for _ in range(2):
        first, second = watch(from_beginning=True).changes(2)
        assert (first.change_type, text(first), text(second)) == (DELETED, "", "kept")
        api.applied()


def test_the_same_as_the_list(api, name, watch):
    made = write(api, name, "Offer tea to guests")
    feed = watch(from_beginning=True)
    write(api, name, "Lock the warehouse at night", user="bob")
    change(api, name, made, "Offer coffee to guests")
    told = "ListProfileChanges" if name == "WatchProfiles" else "ListPlaybookChanges"
    assert feed.changes(3)[::-1] == list(getattr(api, told)(request_of(told)).changes)


def test_of_one_user(api, name, watch):
    live = watch(user_id="bob")
    for user in ("ada", "bob", "carl", "bob"):
        write(api, name, f"of {user}", user=user)
    assert live.texts(2) == ["of bob", "of bob"]
    api.applied()
    assert watch(user_id="bob", from_beginning=True).texts(2) == ["of bob", "of bob"]


def test_playbooks_of_agents_are_for_all(api):
    everybody, ada = Feed(api, "WatchPlaybooks"), Feed(api, "WatchPlaybooks", user_id="ada")
    api.lesson("for agents", user="")
    api.lesson("of ada")
    first, second = everybody.changes(2)
    assert first.agent_playbook_after.instruction == "for agents" and text(second) == "of ada"
    assert ada.texts(1) == ["of ada"]
    everybody.close()
    ada.close()


def test_profiles_and_playbooks_are_apart(api):
    feeds = [Feed(api, name) for name in NAMES]
    api.lesson("a lesson")
    api.profile("a fact")
    api.lesson("another lesson")
    assert feeds[0].texts(1) == ["a fact"] and feeds[1].texts(2) == ["a lesson", "another lesson"]
    for feed in feeds:
        feed.close()


def test_what_is_learnt_is_told(api, watch, name):
    feed = watch()
    api.learnt("I live in Lisbon.", "Please always answer in metric units.", user="ada")
    if name == "WatchProfiles":
        (first,) = feed.changes(1)
        assert first.change_type == CREATED and first.cause == "rules" and first.after.origin.window_id
    else:
        write(api, name, "by hand")
        assert feed.changes(1)[0].change_type == CREATED


def test_each_change_once_and_in_order_from_any_token(api, name, watch):
    feed = watch(from_beginning=True)
    tokens = [feed.token]
    for at in range(12):
        write(api, name, str(at))
        assert feed.texts(1) == [str(at)]
        tokens.append(feed.token)
    api.applied()
    write(api, name, "12")
    for at, token in enumerate(tokens):
        assert watch(resume_token=token).texts(13 - at) == [str(one) for one in range(at, 13)]


def test_heartbeats_move_the_token(api, name, watch):
    write(api, name, "somebody makes the tenant")
    feed = watch(user_id="nobody", heartbeat_seconds=1)
    first = feed.token
    write(api, name, "of ada")
    assert feed.take() is None and feed.token != first
    write(api, name, "of nobody", user="nobody")
    assert watch(resume_token=feed.token).texts(1) == ["of nobody"]


def test_a_tenant_that_is_not_there_yet(shared_api, shared_server, name, watch):
    tenant = fresh("later")
    api = shared_api.by(tenant=tenant)
    feeds = [watch(api, heartbeat_seconds=1, **given) for given in ({}, {"from_beginning": True}, {"user_id": "ada"})]
    assert feeds[0].take() is None and not (shared_server.data / tenant).exists()
    token = feeds[0].token
    write(api, name, "the first")
    for feed in feeds:
        assert feed.texts(1) == ["the first"]
    assert watch(api, resume_token=token).texts(1) == ["the first"]


def test_other_tenants_are_not_seen(shared_api, name, watch):
    feed = watch(heartbeat_seconds=1)
    write(shared_api.by(tenant=fresh("loud")), name, "noise")
    assert feed.take() is None


class TestRefused:
    @pytest.mark.parametrize("token", ["x", "AAAA", "é", "=", "a" * 1024])
    def test_a_token_that_is_none(self, api, name, token):
        error = refused(getattr(api, name), request_of(name, resume_token=token))
        assert (error.code, error.reason, error.fields) == (
            "INVALID_ARGUMENT",
            "INVALID_RESUME_TOKEN",
            ["resume_token"],
        )

    def test_a_token_of_another_tenant(self, shared_api, api, name, watch):
        write(api, name, "one")
        other = shared_api.by(tenant=fresh("other"))
        write(other, name, "two")
        request = request_of(name, resume_token=watch(other).token)
        assert refused(getattr(api, name), request).reason == "INVALID_RESUME_TOKEN"

    def test_a_token_and_the_beginning(self, api, name, watch):
        write(api, name, "one")
        request = request_of(name, resume_token=watch().token, from_beginning=True)
        error = refused(getattr(api, name), request)
        assert (error.code, error.fields) == ("INVALID_ARGUMENT", ["from_beginning"])

    @pytest.mark.parametrize("seconds", [-1, 301])
    def test_heartbeats(self, api, name, seconds):
        error = refused(getattr(api, name), request_of(name, heartbeat_seconds=seconds))
        assert (error.code, error.fields) == ("INVALID_ARGUMENT", ["heartbeat_seconds"])


def test_a_reader_may_watch_and_others_not(guarded, name):
    tenant = fresh("watched")
    reader = guarded.api(guarded.key(tenant, "READ"))
    feed = Feed(reader, name)
    write(guarded.api(guarded.key(tenant, "WRITE")), name, "one")
    assert feed.texts(1) == ["one"]
    feed.close()
    writer = guarded.api(guarded.key(tenant, "WRITE"))
    assert refused(getattr(writer, name), request_of(name)).metadata == {"right": "READ"}


def test_exactly_once_across_a_kill(server, name):
    api = Api(server.target).unaggregated()
    feed = Feed(api, name, from_beginning=True)
    for at in range(5):
        write(api, name, str(at))
    assert feed.texts(3) == ["0", "1", "2"]
    token = feed.token
    feed.close()
    server.restart()
    api.close()
    api = Api(server.target)
    write(api, name, "5")
    again = Feed(api, name, resume_token=token)
    write(api, name, "6")
    assert again.texts(4) == ["3", "4", "5", "6"]
    again.close()
    api.optimized()
    late = Feed(api, name, resume_token=token)
    assert late.texts(4) == ["3", "4", "5", "6"]
    late.close()
    api.close()


def test_a_drain_ends_it(start_server, name):
    server = start_server()
    api = Api(server.target)
    waiting = Feed(api.by(tenant="not-there"), name)
    write(api, name, "one")
    feed = Feed(api, name)
    server.process.send_signal(signal.SIGTERM)
    for one in (feed, waiting):
        with pytest.raises(grpc.RpcError) as caught:
            list(one.call)
        assert Refusal.of(caught.value).reason == "SERVER_DRAINING"
    assert server.process.wait(20) == 0
    api.close()


def test_one_who_reads_too_slowly(faulty, name):
    """The server of faulty.py buffers 4 changes; what the transport holds back is full long before the end."""
    api = faulty.api.by(tenant=fresh("slow-reader"))
    tags = [f"{at} " + "\U0001f3d5" * 250 for at in range(100)]
    if name == "WatchProfiles":
        made = api.profile("a large row", notes="\U0001f3d5" * 10_000, tags=tags)
    else:
        made = api.lesson("a large row", rationale="\U0001f3d5" * 10_000, tags=tags)
    feed = Feed(api, name)
    for at in range(120):
        change(api, name, made, f"changed {at} times")
    with pytest.raises(grpc.RpcError) as caught:
        list(feed.call)
    error = Refusal.of(caught.value)
    assert (error.code, error.reason) == ("RESOURCE_EXHAUSTED", "SLOW_CONSUMER")
    assert error.metadata == {"method": name} and METHODS[name].server_streaming
