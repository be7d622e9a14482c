"""What the tests of exports of people share: a person known to every service, and files taken out and in."""

import hashlib
import json

from interplay.v1 import custody_pb2, feature_pb2, interaction_service_pb2

from tests.service.kit import (
    PNG,
    admin_pb,
    context_pb,
    data,
    eval_pb,
    ipb,
    playbook_pb,
    profile_pb,
    refused,
)
from tests.service.kit import (
    feature_pb as feature_service,
)
from tests.service.learning_kit import agent, user
from tests.service.monitor_kit import ERROR, IN, Monitor
from tests.service.shop_kit import Shop, event, order

JSON_LINES, PARQUET = custody_pb2.USER_EXPORT_FORMAT_JSON_LINES, custody_pb2.USER_EXPORT_FORMAT_PARQUET
CHUNK = 256 * 1024
STRANGER = "the stranger's own words"


def exported(api, user_id, form=JSON_LINES):
    """(files by path, summary)"""
    files, path, summary = {}, "", None
    for answer in api.ExportUser(admin_pb.ExportUserRequest(user_id=user_id, format=form)):
        kind = answer.WhichOneof("message")
        assert summary is None, "something came after the summary"
        if kind == "file":
            path = answer.file.path
            assert path not in files
            assert answer.file.media_type
            files[path] = b""
        elif kind == "data":
            assert 0 < len(answer.data) <= CHUNK
            files[path] += answer.data
        else:
            summary = answer.summary
    assert summary.files == len(files)
    assert summary.bytes == sum(map(len, files.values()))
    return files, summary


def requests(files, piece=50_000):
    for path, content in files.items():
        yield admin_pb.ImportUserRequest(file=custody_pb2.UserExportFile(path=path))
        for at in range(0, len(content), piece):
            yield admin_pb.ImportUserRequest(data=content[at : at + piece])


def imported(api, files, piece=50_000):
    """Counts of the result, and rows told of each file."""
    *told, last = list(api.ImportUser(requests(files, piece)))
    assert [one.progress.path for one in told] == list(files)
    return dict(last.result.counts), {one.progress.path: one.progress.rows for one in told}


def refusal(api, files):
    return refused(api.ImportUser, requests(files))


def held_already(api):
    """How somebody is refused who is held in the tenant."""
    api.publish("hello", user="ada")
    return refusal(api, exported(api, "ada")[0])


def rows(files, table):
    return [json.loads(line) for line in files.get(f"{table}.jsonl", b"").splitlines()]


def manifest(files):
    return json.loads(files["manifest.json"])


def restated(files, path, content):
    """The files with another content of one, and a manifest that says so; None leaves the file out."""
    made = {name: one for name, one in files.items() if name != path}
    told = manifest(files)
    told["files"] = [one for one in told["files"] if one["path"] != path]
    if content is not None:
        made[path] = content
        told["files"].append({"path": path, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)})
        if path.endswith(".jsonl"):
            told["counts"][path.removesuffix(".jsonl")] = content.count(b"\n")
    made["manifest.json"] = json.dumps(told).encode()
    return made


def changed(files, table, change, line=0):
    """The files with one row of a table changed by `change`."""
    found = rows(files, table)
    found[line] = change(found[line]) or found[line]
    content = b"".join(json.dumps(one).encode() + b"\n" for one in found)
    return restated(files, f"{table}.jsonl", content)


def known_everywhere(api, user_id="ada"):
    """Somebody of whom every service holds something, and a stranger beside them."""
    shop, monitor = Shop(api), Monitor(api)
    api.say(STRANGER, "I live in Oslo.", user="stranger", session="theirs")
    api.say(
        user("I live in Lisbon and I am allergic to peanuts."),
        agent("Noted.", shadow_content="I see.", expert_content="Noted: no peanuts in anything we suggest."),
        user=user_id,
        session="first",
        source="web",
        agent_version="v1",
        metadata={"campaign": "spring"},
    )
    api.say(
        user("Never send me phone calls, please write an e-mail instead."),
        agent("I called you."),
        user("No, I said write an e-mail instead of calling."),
        agent("Sorry, I will write."),
        user=user_id,
        session="second",
    )
    api.say("I moved to Porto last week.", user=user_id, session="third")
    looked = data(
        "",
        role="User",
        user_action=ipb.USER_ACTION_VIEW,
        user_action_description="the kettle on the front page",
        product_ref=ipb.ProductRef(product_id="kettle"),
        tools_used=[ipb.ToolUse(tool_name="catalogue", tool_data={"query": "kettle", "limit": 3})],
        metadata={"nested": {"list": [1, "two", None]}},
    )
    picture = data("This is the one.", role="User", image=PNG)
    shown = api.say(looked, picture, user=user_id, session="third", session_finished=True)
    api.annotate(shown.interaction_ids[1], comment="a good picture", rating=4, annotator="eve")
    api.say("Only to be evaluated.", user=user_id, session="fourth", learn=False, evaluation_only=True)
    api.profile("Prefers green tea", user=user_id, request_id="by hand")
    api.lesson("Write, do not call.", user=user_id, trigger="the user must be reached")
    outcome = eval_pb.ReportSessionOutcomeRequest(user_id=user_id, session_id="first", outcome=1, comment="bought")
    api.ReportSessionOutcome(outcome)
    shop.products(feature_pb2.Product(product_id="kettle", price=30.0, title="A kettle"))
    api.UpsertCustomers(
        feature_service.UpsertCustomersRequest(
            customers=[feature_pb2.Customer(customer_id=user_id, email="ada@example.org", tags=["vip"])]
        )
    )
    shop.record(event(customer="", client_id="phone", product="kettle", at=-60), event(customer=user_id, product="tea"))
    shop.record(event(customer="stranger", product="kettle"), event(customer="", client_id="other"))
    shop.links(("phone", user_id, 0))
    shop.orders(order("o-1", product="kettle", customer=user_id), order("o-2", customer="stranger"))
    monitor.consent(user_id, IN)
    monitor.record("deploy", user=user_id, ago=60, session_id="shell", metadata={"place": "left"})
    monitor.record("deploy", user=user_id, ago=30, status=ERROR, error_message="no such host kettle")
    monitor.record("rollback", user="stranger")


def hits(answer, field):
    """Items of a search without ids, server times and tokens."""
    return [(round(one.score, 6), text(getattr(one, field))) for one in answer.hits]


_SERVER = {
    "interaction_id", "profile_id", "playbook_id", "create_time", "update_time", "etag", "evidence", "superseded_by",
    "window_id", "annotation_id", "supersedes", "provenance", "annotations", "source_interaction_ids",
}  # fmt: skip


def text(message):
    """A message as sorted text without what a server gives."""
    found = {}
    for field, value in message.ListFields():
        if field.name in _SERVER:
            continue
        repeated = field.is_repeated if hasattr(field, "is_repeated") else field.label == field.LABEL_REPEATED
        if field.message_type is None or field.message_type.GetOptions().map_entry:
            found[field.name] = str(sorted(value.items())) if hasattr(value, "items") else str(value)
        elif repeated:
            found[field.name] = [text(one) for one in value]
        elif field.message_type.full_name.startswith("google."):
            found[field.name] = str(value)
        else:
            found[field.name] = text(value)
    return found


def answers(api, user_id="ada"):
    """What the server says of a person, without ids and server times."""
    queries = ("Where do I live?", "peanuts", "How should I be reached?", "picture")
    found = {"interactions": [text(one) for one in api.listed(user_id=user_id)]}
    found["publish times"] = [one.publish_time.ToMicroseconds() for one in api.listed(user_id=user_id)]
    sessions = api.ListSessions(interaction_service_pb2.ListSessionsRequest(user_id=user_id, page_size=100))
    found["sessions"] = [text(one) for one in sessions.sessions]
    found["profiles"] = [text(one) for one in api.profiles(user=user_id)]
    found["playbooks"] = [text(one) for one in api.playbooks(user_id)]
    history = api.ListProfileChanges(profile_pb.ListProfileChangesRequest(user_id=user_id, page_size=1000)).changes
    found["history"] = [(one.change_type, one.after.content, one.before.content) for one in history]
    for query in queries:
        found[query] = [(round(one.score, 6), text(one.interaction)) for one in api.search(query, user_id=user_id)]
        about = profile_pb.SearchProfilesRequest(query=query, user_id=user_id)
        found[query, "profiles"] = hits(api.SearchProfiles(about), "profile")
        lessons = playbook_pb.SearchUserPlaybooksRequest(query=query, user_id=user_id)
        found[query, "playbooks"] = hits(api.SearchUserPlaybooks(lessons), "playbook")
        asked = api.GetContext(context_pb.GetContextRequest(user_id=user_id, query=query))
        found[query, "context"] = text(asked)
    return found


def same_rows(one, other):
    """Tables of two exports without ids, places in the journal and what is made anew; raises where they differ."""
    for table in sorted({path.removesuffix(".jsonl") for path in {*one, *other} if path.endswith(".jsonl")}):
        if table in {"learners", "privacy_actions", "features", "monitor_consents"}:
            continue  # made anew; features hang on the catalogue
        for mine, theirs in zip(plain(rows(one, table)), plain(rows(other, table)), strict=True):
            assert mine == theirs, table


_RENEWED = {
    "interaction_id", "row_id", "change_id", "window_id", "annotation_id", "event_id", "seq", "first_seq", "last_seq",
    "interaction_ids", "corrective_ids", "row_ids", "windows", "superseded_by", "cause", "etag", "user", "session_id",
    "evaluate_time", "link_time", "link_seq", "as_of", "computed_at", "recent", "satisfaction", "error_key",
    "common_errors", "learning_id", "time_of_consent", "redactions",
}  # fmt: skip


def plain(value):
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items() if key not in _RENEWED}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value
