"""WatchInteractions as one watcher meets it: from now, from the beginning, from a token, filtered, with heart-beats."""

import pytest

from tests.service.kit import batch, data, ipb, pb, refused


class Watch:
    def __init__(self, api, **request):
        self.call = api.WatchInteractions(pb.WatchInteractionsRequest(**request))
        self.token = ""
        assert self.take()[0] == "heartbeat"

    def take(self):
        """Kind and event of the next answer."""
        answer = next(self.call)
        assert answer.resume_token
        self.token = answer.resume_token
        kind = answer.WhichOneof("event")
        return kind, getattr(answer, kind)

    def published(self, count):
        """Contents of the next `count` interactions."""
        seen = []
        while len(seen) < count:
            kind, event = self.take()
            assert kind == "published", event
            seen += [one.data.content for one in event.interactions]
        return seen

    def close(self):
        self.call.cancel()


@pytest.fixture
def watch(api):
    opened = []

    def start(**request):
        opened.append(Watch(api, **request))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def test_from_now(api, watch):
    api.publish("before")
    feed = watch()
    api.publish("one", "two")
    api.publish("three")
    assert feed.published(3) == ["one", "two", "three"]


def test_from_the_beginning(api, watch):
    api.publish("one")
    api.PublishInteractions(batch("two", wait=pb.WAIT_LEVEL_VISIBLE))
    api.publish("three")
    feed = watch(from_beginning=True)
    assert feed.published(3) == ["one", "two", "three"]
    api.publish("four")
    assert feed.published(1) == ["four"]


def test_rows_look_as_they_are_listed(api, watch):
    feed = watch()
    api.publish(data("one", role="Agent", image=b"GIF89a\1\0\1\0\0\0\0"), source="web")
    _, event = feed.take()
    assert list(event.interactions) == api.listed()


def test_deletions_and_annotations(api, watch):
    feed = watch()
    ids = api.publish("one", "two")
    assert feed.published(2) == ["one", "two"]
    note = api.AnnotateInteraction(
        pb.AnnotateInteractionRequest(interaction_id=ids[0], annotation=ipb.Annotation(comment="x"))
    ).annotation
    kind, event = feed.take()
    assert (kind, event.interaction_id, event.annotation) == ("annotated", ids[0], note)
    api.DeleteInteractions(pb.DeleteInteractionsRequest(interaction_ids=ids))
    kind, event = feed.take()
    assert kind == "deleted" and sorted(event.interaction_ids) == sorted(ids)


def test_resumes_where_it_was(api, watch):
    feed = watch()
    api.publish("one")
    assert feed.published(1) == ["one"]
    token = feed.token
    feed.close()
    ids = api.publish("two", "three")
    api.DeleteInteractions(pb.DeleteInteractionsRequest(interaction_ids=ids[:1]))
    again = watch(resume_token=token)
    assert again.published(1) == ["three"]
    assert again.take()[0] == "deleted"


def test_the_same_token_twice_gives_the_same(api, watch):
    feed = watch()
    api.publish("one", "two")
    for _ in range(2):
        assert watch(resume_token=feed.token).published(2) == ["one", "two"]


@pytest.mark.parametrize(
    "filters",
    [
        {"user_id": "ada"}, {"session_id": "s1"}, {"source": "web"}, {"agent_version": "v1"},
        {"role_class": "ROLE_CLASS_AGENT"}, {"user_id": "ada", "source": "web"},
    ],
    ids=str,
)  # fmt: skip
def test_filters(api, watch, filters):
    feed = watch(**filters)
    api.publish("other", user="bob", session="s2")
    api.publish(data("mine", role="Agent"), user="ada", session="s1", source="web", agent_version="v1")
    assert feed.published(1) == ["mine"]
    assert watch(from_beginning=True, **filters).published(1) == ["mine"]


def test_heartbeats_move_the_token(api, watch):
    feed = watch(user_id="nobody", heartbeat_seconds=1)
    first = feed.token
    api.publish("somebody")
    assert feed.take()[0] == "heartbeat"
    assert feed.token != first
    api.publish("nobody at last", user="nobody")
    assert watch(resume_token=feed.token).published(1) == ["nobody at last"]


@pytest.mark.parametrize("token", ["x", "AAAA", "é", "=", "a" * 1024])
def test_a_token_of_somebody_else(api, token):
    error = refused(api.WatchInteractions, pb.WatchInteractionsRequest(resume_token=token))
    assert (error.code, error.reason, error.fields) == ("INVALID_ARGUMENT", "INVALID_RESUME_TOKEN", ["resume_token"])


def test_a_page_token_is_no_resume_token(api, watch):
    api.publish("one", "two")
    page = api.ListInteractions(pb.ListInteractionsRequest(page_size=1))
    request = pb.WatchInteractionsRequest(resume_token=page.next_page_token)
    assert refused(api.WatchInteractions, request).reason == "INVALID_RESUME_TOKEN"
    request = pb.ListInteractionsRequest(page_size=1, page_token=watch().token)
    assert refused(api.ListInteractions, request).reason == "INVALID_PAGE_TOKEN"


def test_a_token_and_the_beginning(api, watch):
    request = pb.WatchInteractionsRequest(resume_token=watch().token, from_beginning=True)
    error = refused(api.WatchInteractions, request)
    assert (error.code, error.fields) == ("INVALID_ARGUMENT", ["from_beginning"])


def test_other_tenants_are_not_seen(api, shared_api, watch):
    feed = watch(heartbeat_seconds=1)
    shared_api.by(tenant="loud").publish("noise")
    assert feed.take()[0] == "heartbeat"
