"""Content policies over a real server: what they take, what becomes of texts, and what is found again."""

import threading
import urllib.request

import pytest

from tests.conftest import free_port
from tests.service import content_kit as kit
from tests.service.content_kit import DETECT, INDEXED, MASK, OFF, PLAIN, SEALED, policy, policy_of, rule
from tests.service.kit import PNG, Api, admin_pb, batch, data, fresh, ipb, pb, refused

MAIL, PHONE = "ada.lovelace@example.com", "+44 20 7946 0958"


def asked(*rules, revision=0):
    return admin_pb.SetContentPolicyRequest(policy={"rules": rules, "revision": revision})


# --- the policy itself


def test_a_policy_is_a_value_with_a_revision(api):
    assert policy_of(api) == type(policy_of(api))()
    made = policy(api, rule("web", MASK), rule("", DETECT, SEALED))
    assert made.revision == 1
    assert made.update_time.seconds
    assert policy_of(api) == made
    assert policy(api, revision=1).revision == 2
    assert not policy_of(api).rules


def test_a_revision_that_is_not_the_last_one_is_refused(api):
    policy(api, rule("web", MASK))
    error = refused(api.SetContentPolicy, asked(rule("web"), revision=7))
    assert (error.code, error.reason) == ("ABORTED", "CONCURRENT_CHANGE")
    assert policy_of(api).rules[0].redaction == MASK


def test_bad_policies(api):
    error = refused(api.SetContentPolicy, asked(rule("web"), rule("web", MASK)))
    assert (error.code, error.fields) == ("INVALID_ARGUMENT", ["policy.rules[1].source"])
    many = [rule(f"s{place}") for place in range(201)]
    assert refused(api.SetContentPolicy, asked(*many)).fields == ["policy.rules"]
    assert refused(api.SetContentPolicy, asked(rule("x" * 257))).fields == ["policy.rules[0].source"]
    assert refused(api.SetContentPolicy, asked(rule(redaction=9))).fields == ["policy.rules[0].redaction"]
    assert refused(api.SetContentPolicy, asked(rule(encryption=9))).fields == ["policy.rules[0].encryption"]
    assert refused(api.SetContentPolicy, admin_pb.SetContentPolicyRequest()).fields == ["policy"]
    assert not policy_of(api).rules


def test_one_of_two_writers_with_the_same_revision_wins(api):
    policy(api)
    errors = []

    def write(place):
        try:
            policy(api, rule(f"s{place}", MASK), revision=1)
        except Exception as error:  # noqa: BLE001 - whichever it is, it is looked at below
            errors.append(error)

    threads = [threading.Thread(target=write, args=(place,)) for place in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(errors) == 7
    assert policy_of(api).revision == 2


def test_a_tenant_without_a_policy_is_next_door(api):
    policy(api, rule("", MASK, SEALED))
    other = api.by(tenant=fresh("other"))
    assert not policy_of(other).rules
    other.publish(f"mail {MAIL}")
    assert other.contents() == [f"mail {MAIL}"]
    assert other.found("mail") == [f"mail {MAIL}"]


# --- redaction


def test_detect_counts_and_leaves(api):
    policy(api, rule("", DETECT))
    answer = api.PublishInteractions(batch(f"mail {MAIL} or {MAIL}", f"call {PHONE}", "nothing"))
    assert kit.warned(answer) == ["personal data found, and stored as it is: 2 email, 1 phone"]
    assert api.contents() == [f"mail {MAIL} or {MAIL}", f"call {PHONE}", "nothing"]
    assert not kit.warned(api.PublishInteractions(batch("nothing at all")))


def test_mask_replaces_in_every_text(api):
    policy(api, rule("", MASK))
    answer = api.PublishInteractions(batch(*kit.telling("{}@example.com")))
    assert kit.warned(answer)[0].startswith("personal data masked: ")
    turn, click, _ = [kit.shown(api, one) for one in answer.interaction_ids]
    assert turn.data.content == "I am allergic to {email} and I live in {email}."
    assert (turn.data.shadow_content, turn.data.expert_content) == ("{email}", "{email}")
    assert turn.data.speaker == "{email}"
    tool = turn.data.tools_used[0]
    assert (tool.tool_name, dict(tool.tool_data)["query"]) == ("{email}", "{email}")
    assert "canary" not in str(turn)
    assert click.data.user_action_description == "{email}"
    assert click.data.interacted_image_url == "{url}"
    assert api.found("canary", mode=pb.SEARCH_MODE_TEXT) == []


def test_keys_of_metadata_are_texts_too(api):
    policy(api, rule("", MASK))
    request = batch("hello")
    request.metadata.update({MAIL: 1, "b" + MAIL: {"deep": [MAIL, 2, None, True]}})
    api.PublishInteractions(request)
    assert "lovelace" not in str(api.listed())
    assert set(api.listed()[0].request_metadata) == {"{email}", "{email}2"}


@pytest.mark.parametrize(
    "text",
    [
        "advice, and 'a quotation' of \"Charlotte's Web\"",
        "user: hi!",
        "\uff26\uff55ll width",
        "٣ cups",
        "zero\u200dwidth",
    ],
)
def test_what_was_said_without_personal_data_stays_as_it_is(api, text):
    policy(api, rule("", MASK))
    api.publish(text)
    assert api.contents() == [text]


def test_rules_go_by_source_and_hold_from_then_on(api):
    api.publish(f"before {MAIL}", source="web")
    policy(api, rule("web", MASK), rule("", DETECT))
    api.publish(f"web {MAIL}", source="web")
    api.publish(f"app {MAIL}", source="app")
    policy(api, rule("web", OFF))
    api.publish(f"after {MAIL}", source="web")
    assert api.contents() == [f"before {MAIL}", "web {email}", f"app {MAIL}", f"after {MAIL}"]


def test_a_repeated_request_is_one_whatever_became_of_its_text(api):
    policy(api, rule("", MASK))
    first = api.PublishInteractions(batch(f"mail {MAIL}", request_id="r-1"))
    again = api.PublishInteractions(batch(f"mail {MAIL}", request_id="r-1"))
    assert again.duplicate
    assert list(again.interaction_ids) == list(first.interaction_ids)
    other = refused(api.PublishInteractions, batch("mail b@example.com", request_id="r-1"))
    assert other.reason == "REQUEST_ID_REUSED"
    policy(api, rule("", OFF, SEALED))
    assert api.PublishInteractions(batch(f"mail {MAIL}", request_id="r-1")).duplicate
    assert api.contents() == ["mail {email}"]


@pytest.mark.parametrize("encryption", [PLAIN, INDEXED, SEALED])
def test_appends_of_a_stream_are_redacted_and_taken_once(api, encryption):
    policy(api, rule("", MASK, encryption))
    stream = api.stream(stream_id="s", user_id="ada", session_id="s")
    stream.append(f"mail {MAIL}", offset=0)
    ack = stream.take("ack")
    assert list(ack.results[0].warnings) == ["personal data masked: 1 email"]
    stream.append(f"mail {MAIL}", offset=0)
    assert stream.take("ack").results[0].duplicate
    stream.append("mail somebody.else@example.com", offset=0)
    assert stream.take("append_error").status.message
    stream.close()
    assert api.contents() == ["mail {email}"]


def test_watchers_see_what_is_stored(api):
    policy(api, rule("", MASK, SEALED))
    watch = api.WatchInteractions(pb.WatchInteractionsRequest())
    assert next(watch).WhichOneof("event") == "heartbeat"
    api.publish(f"mail {MAIL}")
    events = (one for one in watch if one.WhichOneof("event") == "published")
    assert [one.data.content for one in next(events).published.interactions] == ["mail {email}"]
    watch.cancel()
    api.applied()
    again = api.WatchInteractions(pb.WatchInteractionsRequest(from_beginning=True))
    events = (one for one in again if one.WhichOneof("event") == "published")
    assert next(events).published.interactions[0].data.content == "mail {email}"
    again.cancel()


def test_annotations_go_by_the_source_of_their_interaction(api):
    (web,) = api.publish("web", source="web")
    (app,) = api.publish("app", source="app")
    policy(api, rule("web", MASK))
    for one in (web, app):
        note = ipb.Annotation(annotator=MAIL, comment=f"ask {MAIL}", corrected_content=PHONE, expert_content=MAIL)
        answer = api.AnnotateInteraction(pb.AnnotateInteractionRequest(interaction_id=one, annotation=note)).annotation
        stored = kit.shown(api, one).annotations[0]
        assert stored == answer
        wanted = ("ask {email}", "{phone}", "{email}") if one == web else (f"ask {MAIL}", PHONE, MAIL)
        assert (stored.comment, stored.corrected_content, stored.expert_content) == wanted


def test_what_is_learnt_is_learnt_from_what_is_stored(api):
    policy(api, rule("", MASK))
    api.learnt(f"My e-mail address is {MAIL}.", "I am allergic to peanuts.", user="ada")
    facts = api.facts(user_id="ada")
    assert any("peanuts" in fact for fact in facts)
    assert "lovelace" not in str(facts)


# --- encryption


@pytest.fixture(params=[INDEXED, SEALED], ids=["indexed", "sealed"])
def encrypted(request, api):
    policy(api, rule("", OFF, request.param))
    return api


def test_reads_give_what_was_published(encrypted):
    api = encrypted
    answer = api.PublishInteractions(kit.told(*kit.telling(), user="ada"))
    kit.annotated(api, answer.interaction_ids[0])
    fresh_rows = [kit.shown(api, one) for one in answer.interaction_ids]
    api.applied()
    assert [kit.shown(api, one) for one in answer.interaction_ids] == fresh_rows
    turn, click, picture = fresh_rows
    sent = kit.telling()
    for name in ("content", "shadow_content", "expert_content", "speaker", "tools_used", "metadata"):
        assert getattr(turn.data, name) == getattr(sent[0], name), name
    assert turn.request_metadata["header"] == kit.MARKS[7]
    assert click.data.interacted_image_url == sent[1].interacted_image_url
    assert (picture.data.image, picture.image_info.size_bytes) == (PNG, len(PNG))
    note = turn.annotations[0]
    assert (note.comment, note.thumb, note.rating, note.annotator) == (kit.MARKS[10], ipb.THUMB_DOWN, 2, "reviewer-7")
    assert api.listed(user_id="ada")[0].data.content == turn.data.content
    assert next(one.data.content for one in api.listed(role="user", user_id="ada")) == turn.data.content


def test_old_rows_and_new_rows_are_read_side_by_side(api):
    api.publish("plain", source="web")
    policy(api, rule("", OFF, SEALED), rule("app", OFF, INDEXED))
    api.publish("sealed", source="web")
    api.publish("indexed", source="app")
    policy(api)
    api.publish("plain again")
    api.applied()
    assert api.contents(user_id="u") == ["plain", "sealed", "indexed", "plain again"]


@pytest.mark.parametrize("tables", [False, True], ids=["memory", "tables"])
def test_indexed_is_found_by_words_and_by_meaning(api, storage_api, tables):
    api = storage_api.by(tenant=fresh("indexed")) if tables else api
    policy(api, rule("secret", OFF, INDEXED))
    api.publish("The zebras graze on the savannah at dawn", user="ada", source="secret")
    api.publish("Invoices are due at the end of the month", user="ada", source="secret")
    api.publish("A plain row about tax forms", user="bob")
    api.applied()
    first = "The zebras graze on the savannah at dawn"
    assert api.found("zebra grazing", mode=pb.SEARCH_MODE_TEXT)[0] == first
    assert api.found("wild animals in Africa", mode=pb.SEARCH_MODE_VECTOR)[0] == first
    assert api.found("zebra", user_id="ada")[0] == first
    assert api.found("tax", mode=pb.SEARCH_MODE_TEXT)[0] == "A plain row about tax forms"
    assert api.found("zebra", user_id="bob", mode=pb.SEARCH_MODE_TEXT) == []
    api.optimized()
    assert api.found("zebra grazing", mode=pb.SEARCH_MODE_TEXT)[0] == first


@pytest.mark.parametrize("tables", [False, True], ids=["memory", "tables"])
def test_sealed_is_found_by_no_search(api, storage_api, tables):
    api = storage_api.by(tenant=fresh("sealed")) if tables else api
    policy(api, rule("secret", OFF, SEALED))
    api.publish("The zebras graze on the savannah", user="ada", source="secret")
    api.publish("I saw elephants", user="ada")
    for _ in range(2):
        for where in ({}, {"user_id": "ada"}):
            for mode in (pb.SEARCH_MODE_TEXT, pb.SEARCH_MODE_VECTOR, pb.SEARCH_MODE_HYBRID):
                assert "zebras" not in str(api.found("zebras on the savannah", mode=mode, **where))
        assert "zebra" not in str(api.context("ada", "zebras"))
        api.applied()
    assert api.contents(user_id="ada")[0] == "The zebras graze on the savannah"
    assert len(api.contents(user_id="ada", session_id="s")) == 2


def test_sealed_sources_are_not_learnt_from_and_indexed_ones_are(api):
    policy(api, rule("hidden", OFF, SEALED), rule("seen", OFF, INDEXED))
    hidden = batch("I am allergic to walnuts.", user="ada", source="hidden", wait=pb.WAIT_LEVEL_LEARNED)
    assert api.PublishInteractions(hidden).learning_state == pb.LEARNING_STATE_SKIPPED
    api.learnt("I am allergic to peanuts.", user="ada", source="seen")
    facts = str(api.facts(user_id="ada"))
    assert "peanuts" in facts
    assert "walnuts" not in facts
    api.applied()
    api.learnt("I live in Lisbon.", user="ada", source="seen")
    assert "walnuts" not in str(api.facts(user_id="ada"))


def test_deleting_takes_sealed_rows_and_their_images(encrypted):
    api = encrypted
    first, second = api.publish(data("one", image=PNG), data("two", image=PNG), user="ada")
    api.applied()
    api.DeleteInteractions(pb.DeleteInteractionsRequest(interaction_ids=[first]))
    assert kit.shown(api, second).data.image == PNG
    api.applied()
    assert kit.shown(api, second).data.image == PNG
    api.DeleteInteractions(pb.DeleteInteractionsRequest(interaction_ids=[second]))
    api.applied()
    assert api.contents(user_id="ada") == []


def test_two_people_may_show_the_same_image(encrypted):
    api = encrypted
    ids = [api.publish(data("look", image=PNG), user=user)[0] for user in ("ada", "bob")]
    api.applied()
    assert [kit.shown(api, one).data.image for one in ids] == [PNG, PNG]


def test_texts_of_every_size_and_script(encrypted):
    api = encrypted
    texts = ["", "~", "~destroyed", "{}", "\u200b", "日本語のテキスト", "x" * 200_000, "a\u0000b"]
    turns = [data(text, role="User", shadow_content="s") for text in texts]
    api.publish(*turns, user="ada")
    assert api.contents(user_id="ada") == texts
    api.applied()
    assert api.contents(user_id="ada") == texts


def test_a_row_that_looks_sealed_is_not(api):
    """Marks of sealed cells stand where no publisher writes."""
    note = ipb.Annotation(comment="~destroyed", corrected_content="~AQIx", expert_content="*")
    (made,) = api.publish(data("~AQI", shadow_content="*", expert_content="~x"))
    api.AnnotateInteraction(pb.AnnotateInteractionRequest(interaction_id=made, annotation=note))
    api.applied()
    row = kit.shown(api, made)
    assert (row.data.content, row.data.shadow_content) == ("~AQI", "*")
    assert row.annotations[0].comment == "~destroyed"


def test_metrics_count_what_was_found(start_server):
    address = f"127.0.0.1:{free_port()}"
    server = start_server("--metrics-listen", address)
    api = Api(server.target)
    policy(api, rule("", MASK))
    api.publish(f"mail {MAIL} or {MAIL}")
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    assert 'interplay_personal_data_total{kind="email",mode="mask"} 2.0' in text
    api.close()
