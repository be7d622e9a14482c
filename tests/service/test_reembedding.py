"""ReembedTables over the wire: what searches answer before, meanwhile and after, kills, cancellation, refusals."""

import shutil
import threading
from contextlib import closing

import pytest
from interplay.v1 import operation_pb2

from tests.conftest import eventually
from tests.service.custody_kit import texts as texts_of
from tests.service.kit import Api, admin_pb, batch, data, fresh, operation_pb, pb, profile_pb, refused
from tests.service.learning_kit import LearningApi
from tests.unit.test_minilm import write_model

SUCCEEDED, CANCELLED = operation_pb2.OPERATION_STATE_SUCCEEDED, operation_pb2.OPERATION_STATE_CANCELLED
MODES = (pb.SEARCH_MODE_HYBRID, pb.SEARCH_MODE_VECTOR, pb.SEARCH_MODE_TEXT)
THINGS = (
    "tent", "river", "kettle", "violin", "lantern", "orchard", "glacier", "saddle", "compass", "harbour", "quilt",
    "meadow", "anvil", "falcon", "teapot",
)  # fmt: skip
PLACES = (
    "mountains", "kitchen", "station", "library", "garden", "island", "workshop", "village", "desert", "forest",
)  # fmt: skip
USERS = 4


@pytest.fixture
def api(shared_api):
    """Patient: a machine may be busy with much else."""
    return shared_api.by(tenant=fresh("tenant"), timeout=120)


def turns(count, start=0):
    """Texts of which every two differ in meaning a little."""
    return [
        f"The {THINGS[n % 15]} and the {THINGS[n // 15 % 15]} are in the {PLACES[n // 225 % 10]}, bag {n}"
        for n in range(start, start + count)
    ]


def fill(api, count, start=0):
    """Publishes what teaches nothing."""
    texts = turns(count, start)
    for at in range(0, count, 100):
        rows = [data(text, role="Agent") for text in texts[at : at + 100]]
        api.publish(*rows, user=f"user {at // 100 % USERS}", session=f"s{at}")
    api.PublishInteractions(batch("the end", user="last", wait=pb.WAIT_LEVEL_VISIBLE))
    return texts


def reembed(api, embedder):
    return api.ReembedTables(admin_pb.ReembedTablesRequest(embedder=embedder)).operation


def ended(api, operation):
    def found():
        now = api.GetOperation(operation_pb.GetOperationRequest(operation_id=operation.operation_id)).operation
        return now if now.HasField("end_time") else None

    return eventually(found, 120)


def reembedded(api, embedder):
    found = ended(api, reembed(api, embedder))
    assert found.state == SUCCEEDED, found
    return found


def embedder_of(api):
    found = api.GetServerInfo(admin_pb.GetServerInfoRequest()).embedder
    return found.name, found.dimension


def answers(api, **where):
    """What searches of every mode say, without ids: texts, scores, similarities, ranks."""
    return [
        [
            (hit.interaction.data.content, round(hit.score, 5), round(hit.vector_similarity, 5), hit.vector_rank)
            for hit in api.search(query, mode=mode, top_k=20, **where)
        ]
        for query in ("where is my kettle", "a violin in the garden", "something to ride on", "bag 42")
        for mode in MODES
    ]


@pytest.mark.parametrize("kept", ["shared_api", "storage_api"])
def test_there_and_back(request, kept):
    """256 -> 64 -> 256, with turns in memory and without: each time as in a tenant that never had another."""
    api = request.getfixturevalue(kept).by(tenant=fresh("embedded"), timeout=120)
    plain = api.by(tenant=fresh("plain"))
    narrow = api.by(tenant=fresh("narrow"))
    assert reembedded(narrow, "wordllama-64").result["rows"] == "0"
    for one in (api, plain, narrow):
        fill(one, 700)
    assert (embedder_of(api), embedder_of(narrow)) == (("wordllama-256", 256), ("wordllama-64", 64))
    for where in ({}, {"user_id": "user 1"}):
        before = answers(api, **where)
        assert before == answers(plain, **where)
    done = reembedded(api, "wordllama-64")
    assert (done.kind, dict(done.result)) == ("reembed_tables", {"embedder": "wordllama-64", "rows": "701"})
    assert (done.done_count, done.total_count, done.progress_percent) == (701, 701, 100.0)
    for where in ({}, {"user_id": "user 1"}):
        assert answers(api, **where) == answers(narrow, **where)
        assert answers(api, **where) != answers(plain, **where)
        eventual = {"consistency": pb.CONSISTENCY_EVENTUAL, **where}
        assert answers(api, **eventual) == answers(narrow, **eventual)
    (near,) = api.listed(user_id="user 0")[:1]
    similar = api.FindSimilarInteractions(pb.FindSimilarInteractionsRequest(interaction_id=near.interaction_id)).hits
    assert similar
    reembedded(api, "wordllama-256")
    for where in ({}, {"user_id": "user 1"}):
        assert answers(api, **where) == answers(plain, **where)
    assert embedder_of(api) == ("wordllama-256", 256)


class Traffic:
    """A searcher, an eventual one, a publisher and a deleter, each in a thread until the end of the block."""

    def __init__(self, api, texts):
        self.api, self.texts = api, texts
        self.rows = {one.data.content: one.interaction_id for one in api.listed()}
        self.counts = {"search": 0, "eventual": 0, "publish": 0, "delete": 0}
        self.faults, self._stop = [], threading.Event()
        self._threads = [threading.Thread(target=self._repeat, args=(name,)) for name in self.counts]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _repeat(self, name):
        try:
            while not self._stop.is_set():
                getattr(self, name)(self.counts[name])
                self.counts[name] += 1
                self._stop.wait(0.02)
        except BaseException as error:  # noqa: BLE001 - told by the test's own thread
            self.faults.append(error)

    def search(self, n):
        wanted = self.texts[n * 31 % 500]
        for mode in MODES:
            assert self.api.found(wanted, mode=mode)[0] == wanted

    def eventual(self, n):
        at = n * 17 % 500
        for where in ({}, {"user_id": f"user {at // 100 % USERS}"}):
            query = {"mode": pb.SEARCH_MODE_VECTOR, "consistency": pb.CONSISTENCY_EVENTUAL, **where}
            assert self.api.found(self.texts[at], **query)[0] == self.texts[at]

    def publish(self, n):
        (text,) = turns(1, 5000 + n)
        self.api.publish(data(text, role="Agent"), user="writer")
        assert self.api.found(text, mode=pb.SEARCH_MODE_VECTOR)[0] == text

    def delete(self, n):
        if n < 400:
            text = self.texts[500 + n]
            self.api.DeleteInteractions(pb.DeleteInteractionsRequest(interaction_ids=[self.rows[text]]))
            assert text not in self.api.found(text, mode=pb.SEARCH_MODE_VECTOR)


def test_searches_answer_at_every_moment(api):
    texts = fill(api, 900)
    with Traffic(api, texts) as traffic:
        for name in ("wordllama-64", "wordllama-128", "wordllama-256", "wordllama-64"):
            reembedded(api, name)
    counts = traffic.counts
    assert not traffic.faults, traffic.faults
    assert all(counts.values()), counts
    deleted = set(texts[500 : 500 + counts["delete"]])
    assert sorted(texts_of(api)) == sorted({*texts, "the end", *turns(counts["publish"], 5000)} - deleted)


def test_what_was_learnt_is_embedded_too(shared_server):
    with closing(LearningApi(shared_server.target)) as plain:
        api = plain.by(tenant=fresh("learnt"))
        api.say("I live in Oslo and I am allergic to peanuts.", user="ada")
        api.say("I work as a carpenter.", user="bob")
        api.caught_up("ada")
        api.caught_up("bob")
        asked = profile_pb.SearchProfilesRequest(query="food allergy", mode=profile_pb.SearchProfilesRequest().mode)
        before = [(hit.profile.content, round(hit.score, 5)) for hit in api.SearchProfiles(asked).hits]
        assert before
        done = reembedded(api, "wordllama-64")
        assert int(done.result["rows"]) == 2 + len(before)
        assert [(hit.profile.content, round(hit.score, 5)) for hit in api.SearchProfiles(asked).hits] == before
        api.say("I moved to Bergen.", user="ada")
        api.caught_up("ada")
        assert any("Bergen" in one for one in api.facts("ada"))


def test_nothing_to_do_and_refusals(api):
    api.publish("a")
    same = reembed(api, "wordllama-256")
    assert (same.state, dict(same.result)) == (SUCCEEDED, {"embedder": "wordllama-256", "rows": "0"})
    assert api.GetOperation(operation_pb.GetOperationRequest(operation_id=same.operation_id)).operation == same
    found = refused(api.ReembedTables, admin_pb.ReembedTablesRequest(embedder="wordllama-512"))
    assert (found.code, found.reason) == ("FAILED_PRECONDITION", "EMBEDDER_UNAVAILABLE")
    assert found.metadata["embedder"] == "wordllama-512"
    absent = api.by(tenant=fresh("nobody"))
    refused(absent.ReembedTables, admin_pb.ReembedTablesRequest(embedder="wordllama-512"))
    names = [one.name for one in api.ListTenants(admin_pb.ListTenantsRequest(page_size=1000)).tenants]
    assert dict(absent.metadata)["interplay-tenant"] not in names
    offered = api.GetServerInfo(admin_pb.GetServerInfoRequest()).available_embedders
    assert [(one.name, one.dimension) for one in offered] == [
        ("wordllama-64", 64), ("wordllama-128", 128), ("wordllama-256", 256),
    ]  # fmt: skip


def test_only_this_tenant_changes(api):
    other = api.by(tenant=fresh("other"))
    api.publish("a")
    other.publish("b")
    reembedded(api, "wordllama-128")
    assert (embedder_of(api)[0], embedder_of(other)[0]) == ("wordllama-128", "wordllama-256")
    assert not other.ListOperations(operation_pb.ListOperationsRequest()).operations


def lance(server, api):
    return sorted(path.name for path in (server.data / dict(api.metadata)["interplay-tenant"] / "lance").iterdir())


def under_way(api, embedder):
    """An operation that has copied rows; None where it was too fast."""
    started = reembed(api, embedder)
    for answer in api.WatchOperation(operation_pb.WatchOperationRequest(operation_id=started.operation_id)):
        if answer.operation.HasField("end_time"):
            return None
        if answer.operation.done_count:
            return answer.operation
    raise AssertionError("the watch ended before the operation")


def test_cancelled_and_two_at_once(shared_server, api):
    fill(api, 10_000)
    before, old = lance(shared_server, api), answers(api, user_id="user 1")
    running = under_way(api, "wordllama-64")
    assert running is not None
    assert reembed(api, "wordllama-64").operation_id == running.operation_id
    assert reembed(api, "wordllama-128").operation_id == running.operation_id
    cancelled = api.CancelOperation(operation_pb.CancelOperationRequest(operation_id=running.operation_id)).operation
    assert cancelled.state == CANCELLED
    assert (lance(shared_server, api), answers(api, user_id="user 1"), embedder_of(api)[1]) == (before, old, 256)


def test_killed_it_goes_on_and_a_backup_of_before_comes_back(start_server):
    server = start_server("--storage-embedder", "wordllama-128")
    api = Api(server.target, tenant="t", timeout=120)
    assert embedder_of(api) == ("wordllama-128", 128)
    fill(api, 10_000)
    old = answers(api, user_id="user 1")
    api.BackupTenant(admin_pb.BackupTenantRequest(backup_id="before"))
    eventually(lambda: len(api.ListBackups(admin_pb.ListBackupsRequest()).backups) == 1)
    running = under_way(api, "wordllama-256")
    server.restart()
    with closing(Api(server.target, tenant="t", timeout=120)) as again:
        assert len(texts_of(again)) == 10_001
        operation = running or again.ListOperations(operation_pb.ListOperationsRequest()).operations[0]
        done = eventually(lambda: (found := ended(again, operation)).state == SUCCEEDED and found, 60)
        assert dict(done.result) == {"embedder": "wordllama-256", "rows": "10001"}
        assert embedder_of(again) == ("wordllama-256", 256)
        assert answers(again, user_id="user 1") != old
        restore = admin_pb.RestoreTenantRequest(source_tenant="t", backup_id="before", tenant="t", replace=True)
        assert list(again.RestoreTenant(restore))
        assert embedder_of(again) == ("wordllama-128", 128)
        assert answers(again, user_id="user 1") == old
    api.close()


def test_a_transformer_where_one_is_configured(start_server, tmp_path):
    """A tiny model: what counts is that names, widths and words of two embedders are told apart."""
    folder = write_model(tmp_path / "model")
    server = start_server("--statements-minilm-folder", str(folder), data=tmp_path / "data")
    with closing(Api(server.target, tenant="t", timeout=120)) as api:
        api.publish("green tea by the river", "the dogs of the night", "dog river", user="ada")
        offered = api.GetServerInfo(admin_pb.GetServerInfoRequest()).available_embedders
        assert [one.name for one in offered][-1] == "minilm-384"
        reembedded(api, "minilm-384")
        assert embedder_of(api) == ("minilm-384", 12)
        for user in ("", "ada"):
            for mode in MODES[:2]:
                assert len(api.found("green tea", user_id=user, mode=mode)) == 3
            assert api.found("green tea", user_id=user, mode=MODES[2])[0] == "green tea by the river"
    server.terminate()
    shutil.rmtree(folder)
    without = start_server(data=tmp_path / "data")
    with closing(Api(without.target, tenant="t", timeout=120)) as api:
        found = refused(api.ListInteractions, pb.ListInteractionsRequest())
        assert (found.code, found.reason) == ("FAILED_PRECONDITION", "STORAGE_INCOMPATIBLE")
        assert "minilm-384/12" in found.message


def test_a_default_that_is_not_there(start_server):
    server = start_server("--storage-embedder", "wordllama-9", wait=False)
    assert server.process.wait(60) == 1
    assert "storage.embedder: no embedder 'wordllama-9' here" in server.log.read_text()
