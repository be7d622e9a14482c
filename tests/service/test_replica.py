"""A replica of a folder: everything is readable there within the interval, and nothing is writable."""

import threading
import time

import grpc
import pytest
from interplay_server.interceptors.replica import ALSO_READ, NOT_OFFERED
from interplay_server.services.methods import RIGHTS

from tests.conftest import ServerProcess, eventually
from tests.service.evaluation_kit import EvaluationApi
from tests.service.kit import (
    METHODS,
    PNG,
    Refusal,
    admin_pb,
    context_pb,
    data,
    dialogue_pb,
    eval_pb,
    fresh,
    learning_pb,
    minimal,
    monitor_pb,
    operation_pb,
    pb,
    playbook_pb,
    profile_pb,
    refused,
    spb,
)
from tests.service.learning_kit import agent, user
from tests.service.monitor_kit import Monitor
from tests.service.replica_kit import REFRESH, Pair, info, patiently, replica_of
from tests.service.shop_kit import Shop, event, order
from tests.service.shop_kit import pb as feature_pb

READ = {name for name, right in RIGHTS.items() if right == "READ"} | ALSO_READ
WRITTEN = sorted(set(METHODS) - READ - {"GetServerInfo"})


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("replica")
    server = ServerProcess(folder / "main").start()
    replica = replica_of(server, folder / "copy")
    yield server, replica
    for one in (replica, server):
        one.stop()
    assert "Traceback" not in replica.log.read_text()


@pytest.fixture(scope="module")
def everybody(servers):
    pair = Pair(*servers)
    yield pair
    pair.close()


@pytest.fixture
def pair(everybody):
    """A tenant that nobody else uses, on both."""
    return everybody.by(tenant=fresh("tenant"))


# --- what is read


def listing(pair, **filters):
    return pair.same("ListInteractions", pb.ListInteractionsRequest(page_size=1000, **filters)).interactions


def test_interactions_sessions_images_annotations_and_deletions(pair):
    ids = pair.main.publish("one", data("two", image=PNG), "three", user="ada", session="s")
    pair.main.publish("four", user="bob", session="t")
    assert [one.data.content for one in listing(pair)] == ["one", "two", "three", "four"]
    full = pb.GetInteractionRequest(interaction_id=ids[1], view=pb.INTERACTION_VIEW_FULL)
    assert pair.same("GetInteraction", full).interaction.data.image == PNG
    pair.main.applied()
    assert pair.same("GetInteraction", full).interaction.data.image == PNG
    pair.main.annotate(ids[0], comment="fine")
    assert pair.same("GetInteraction", pb.GetInteractionRequest(interaction_id=ids[0])).interaction.annotations
    assert len(pair.same("ListSessions", pb.ListSessionsRequest()).sessions) >= 2
    pair.same("GetSession", pb.GetSessionRequest(session_id="s", user_id="ada"))
    pair.main.DeleteInteractions(pb.DeleteInteractionsRequest(interaction_ids=[ids[2]]))
    assert [one.data.content for one in listing(pair, user_id="ada")] == ["one", "two"]
    pair.main.optimized()
    assert [one.data.content for one in listing(pair, user_id="ada")] == ["one", "two"]


@pytest.mark.parametrize("mode", ["SEARCH_MODE_TEXT", "SEARCH_MODE_VECTOR", "SEARCH_MODE_HYBRID"])
def test_search_by_words_and_meaning(pair, mode):
    turns = ["my parcel has not arrived", "the lorry broke down", "I would like a cup of tea", "the delivery is late"]

    def found(**who):
        request = pb.SearchInteractionsRequest(query="late parcel delivery", mode=mode, top_k=3, **who)
        hits = pair.same("SearchInteractions", request).hits
        return {hit.interaction.data.content for hit in hits}

    pair.main.publish(*turns, user="ada")
    before = found(user_id="ada")
    assert "my parcel has not arrived" in before
    # The replica holds this user's turns in memory by now; what comes and goes must reach them there.
    [late] = pair.main.publish("late parcel delivery, exactly", user="ada")
    assert "late parcel delivery, exactly" in found(user_id="ada") & found()
    pair.main.DeleteInteractions(pb.DeleteInteractionsRequest(interaction_ids=[late]))
    assert "late parcel delivery, exactly" not in found(user_id="ada") | found()


def test_what_was_learnt_and_its_configuration(pair):
    pair.main.learnt("I live in Lisbon and I am allergic to peanuts.", user="ada")
    assert {one.content for one in pair.same("ListProfiles", profile_pb.ListProfilesRequest()).profiles} == {
        "Lives in Lisbon",
        "Is allergic to peanuts",
    }
    made = pair.main.lesson("Ask for the order number first.", user="ada")
    search = playbook_pb.SearchUserPlaybooksRequest(query="order number", user_id="ada")
    assert [hit.playbook.playbook_id for hit in pair.same("SearchUserPlaybooks", search).hits] == [made.playbook_id]
    ask = profile_pb.SearchProfilesRequest(query="where does she live", user_id="ada")
    assert pair.same("SearchProfiles", ask).hits[0].profile.content == "Lives in Lisbon"
    context = context_pb.GetContextRequest(user_id="ada", query="nuts")
    assert pair.same("GetContext", context).rendered
    # Rows in memory and configuration follow.
    profiles = {
        one.content: one.profile_id for one in pair.copy.ListProfiles(profile_pb.ListProfilesRequest()).profiles
    }
    pair.main.DeleteProfile(profile_pb.DeleteProfileRequest(profile_id=profiles["Lives in Lisbon"]))
    assert [hit.profile.content for hit in pair.same("SearchProfiles", ask).hits] == ["Is allergic to peanuts"]
    assert "Lives in Lisbon" not in pair.same("GetContext", context).rendered
    pair.main.configure(disabled=True)
    assert pair.same("GetLearningConfig", learning_pb.GetLearningConfigRequest()).config.disabled
    pair.main.say("I moved to Oslo.", user="ada", learn=False)
    pair.caught_up()
    here, there = (
        api.GetLearningStatus(learning_pb.GetLearningStatusRequest(user_id="ada")) for api in (pair.main, pair.copy)
    )
    assert (there.state, there.pointers, there.pending_users) == (here.state, here.pointers, 1)
    assert 0 < there.pending_interactions <= here.pending_interactions + 1


def test_evaluations_events_features_and_dialogues(pair):
    judged = EvaluationApi(pair.server.target, tenant=pair.main.tenant)
    judged.session(user("Where is it?"), agent("At the depot."), user("Perfect, thank you!"))
    [one] = eventually(lambda: judged.judged(user_id="u"), 60)
    listed = pair.same("ListSessionEvaluations", eval_pb.ListSessionEvaluationsRequest()).evaluations
    assert [found.session_id for found in listed] == [one.session_id]
    shop = Shop(pair.main)
    shop.record(*[event(customer=f"c{n}", at=n) for n in range(5)])
    shop.orders(order("o", customer="c1", at=50))
    request = feature_pb.GetInteractionFeaturesRequest(
        customer_id="c1", product_id="p", as_of={"seconds": 2_000_000_000}
    )

    pair.caught_up()
    here, there = (api.GetInteractionFeatures(request).row.features for api in (pair.main, pair.copy))
    assert here == there and (there.purchases, there.total_views) == (1, 1)
    # Kept rows too, which the source replaces beside its journal.
    listing = feature_pb.ListInteractionFeaturesRequest(page_size=100)
    eventually(lambda: len(pair.main.ListInteractionFeatures(listing).rows) == 5, 60)

    def values(api):
        rows = api.ListInteractionFeatures(listing).rows
        return {(row.customer_id, row.product_id): row.features.total_views for row in rows}

    assert eventually(lambda: values(pair.copy) == values(pair.main), 60)
    monitor = Monitor(pair.main)
    for n in range(3):
        monitor.record("status", user=f"u{n}")
    pair.caught_up()
    assert Monitor(pair.copy).total() == Monitor(pair.main).total() == 3
    monitor.consent("u1")
    there = pair.same("GetMonitoringConsent", monitor_pb.GetMonitoringConsentRequest(user_id="u1"))
    assert there.SerializeToString()
    assert not pair.same("ListDialogues", dialogue_pb.ListDialoguesRequest()).dialogues


def test_operations_tenants_and_keys_are_listed(pair):
    pair.main.publish("a")
    pair.main.optimized()
    [one] = pair.same("ListOperations", operation_pb.ListOperationsRequest()).operations
    pair.same("GetOperation", operation_pb.GetOperationRequest(operation_id=one.operation_id))
    name = fresh("made")
    pair.main.CreateTenant(admin_pb.CreateTenantRequest(name=name, display_name="Acme"))
    assert pair.copy.GetTenant(admin_pb.GetTenantRequest(name=name)).tenant.display_name == "Acme"
    key = pair.main.CreateApiKey(admin_pb.CreateApiKeyRequest(display_name="k", rights=["ACCESS_RIGHT_READ"]))
    found = pair.same("ListApiKeys", admin_pb.ListApiKeysRequest()).api_keys
    assert [one.api_key_id for one in found] == [key.api_key.api_key_id]
    # A key is known, and refused, as soon as it is at the source.
    asks = pair.copy.by(key=key.secret)
    assert asks.contents() == ["a"]
    pair.main.RevokeApiKey(admin_pb.RevokeApiKeyRequest(api_key_id=key.api_key.api_key_id))
    assert refused(asks.contents).reason == "CREDENTIAL_INVALID"


def test_a_tenant_knows_nothing_of_another(pair):
    pair.main.publish("mine")
    pair.caught_up()
    assert pair.by(tenant=fresh("other")).copy.contents() == []
    assert pair.copy.contents() == ["mine"]


def test_every_read_is_within_the_interval(pair):
    """What was acked longer ago than the interval is there, whatever the tables have and while they are optimised."""
    texts = []
    for n in range(20):
        texts.append(f"turn {n}")
        pair.main.publish(texts[-1], user="ada")
        acked = time.monotonic()
        if n % 5 == 4:
            pair.main.OptimizeTables(admin_pb.OptimizeTablesRequest(prune_all_versions=True))
        time.sleep(max(0.0, acked + REFRESH - time.monotonic()))
        assert pair.copy.contents(user_id="ada") == texts


def test_reads_go_on_while_everything_is_pruned(pair):
    """A version that is pruned under a read is replaced by the newest."""
    pair.main.publish(*[f"turn {n} of a long talk" for n in range(200)], user="ada", session="s")
    pair.caught_up()
    stop, failures, done = threading.Event(), [], []

    def read(api):
        while not stop.is_set():
            try:
                found = api.contents(user_id="ada", session_id="s")
                assert len(found) == 200, len(found)
                assert len(api.found("long talk", top_k=5)) == 5
                done.append(1)
            except Exception as error:  # noqa: BLE001 - told below
                failures.append(error)

    readers = [threading.Thread(target=read, args=(pair.copy,)) for _ in range(3)]
    for one in readers:
        one.start()
    for n in range(12):
        pair.main.publish(f"another {n}", user="bob", session=f"t{n}")
        pair.main.applied()
        request = admin_pb.OptimizeTablesRequest(prune_all_versions=True)
        started = pair.main.OptimizeTables(request).operation
        list(pair.main.WatchOperation(operation_pb.WatchOperationRequest(operation_id=started.operation_id)))
    eventually(lambda: len(done) > 20, 60)
    stop.set()
    for one in readers:
        one.join()
    assert not failures, failures[:3]


# --- what is watched


def watched(call, wanted, seconds=60):
    """Answers of a watch until `wanted` holds of them."""
    found, timer = [], threading.Timer(seconds, call.cancel)
    timer.start()
    for answer in call:
        found.append(answer)
        if wanted(found):
            break
    timer.cancel()
    call.cancel()
    return found


def published(answers):
    return [row.data.content for one in answers for row in one.published.interactions]


def test_a_watch_tells_what_comes_and_resumes_on_the_other_server(pair):
    pair.main.publish("first", user="ada")
    pair.caught_up()
    call = pair.copy.by(tenant=pair.main.tenant, timeout=60).WatchInteractions(
        pb.WatchInteractionsRequest(from_beginning=True, heartbeat_seconds=1)
    )
    assert next(call).HasField("heartbeat")
    ids = pair.main.publish("second", user="ada")
    answers = watched(call, lambda found: len(published(found)) == 2)
    assert published(answers) == ["first", "second"]
    token = answers[-1].resume_token
    pair.main.publish("third", user="ada")
    pair.main.DeleteInteractions(pb.DeleteInteractionsRequest(interaction_ids=ids))
    for api in (pair.main, pair.copy):
        later = api.WatchInteractions(pb.WatchInteractionsRequest(resume_token=token, heartbeat_seconds=1))
        answers = watched(later, lambda found: found[-1].HasField("deleted"))
        assert published(answers) == ["third"]
        assert list(answers[-1].deleted.interaction_ids) == ids


def test_a_watch_of_what_is_learnt(pair):
    pair.main.publish("hello", user="ada")
    pair.caught_up()
    call = pair.copy.WatchProfiles(profile_pb.WatchProfilesRequest(heartbeat_seconds=1))
    assert not next(call).HasField("change")
    pair.main.learnt("I live in Lisbon.", user="ada")
    [*_, last] = watched(call, lambda found: found[-1].HasField("change"))
    assert last.change.after.content == "Lives in Lisbon"


def test_a_watch_waits_for_a_tenant_that_is_made_later(pair):
    call = pair.copy.WatchProfiles(profile_pb.WatchProfilesRequest(heartbeat_seconds=1))
    assert not next(call).HasField("change")
    pair.main.learnt("I live in Lisbon.", user="ada")
    [*_, last] = watched(call, lambda found: found[-1].HasField("change"))
    assert last.change.after.content == "Lives in Lisbon"


@pytest.mark.parametrize("name", sorted(NOT_OFFERED))
def test_what_is_told_by_work_is_not_offered(pair, name):
    error = refused(getattr(pair.copy, name), minimal(name))
    assert (error.code, error.reason) == ("UNIMPLEMENTED", "METHOD_UNIMPLEMENTED")


# --- what is refused


def test_the_methods_are_told_apart_by_name():
    assert set(METHODS) >= ALSO_READ and set(METHODS) >= NOT_OFFERED
    assert {RIGHTS[name] for name in ALSO_READ} == {"ADMIN", "OPERATOR"}
    assert len(WRITTEN) > 60


@pytest.mark.parametrize("name", sorted(set(WRITTEN) - NOT_OFFERED))
def test_a_write_is_refused(pair, name):
    method = METHODS[name]
    call = getattr(pair.copy, name)
    error = refused(call, iter([minimal(name)]) if method.client_streaming else minimal(name))
    assert (error.code, error.reason) == ("FAILED_PRECONDITION", "REPLICA_READ_ONLY")
    assert error.metadata["source"] == str(pair.server.data)


@pytest.mark.parametrize("name", sorted(READ - NOT_OFFERED))
def test_a_read_is_served_and_writes_nothing(pair, name):
    """Also one of a tenant that does not exist: it is not made."""
    call = getattr(pair.copy, name)
    try:
        if METHODS[name].server_streaming:
            stream = call(minimal(name))
            next(stream, None)
            stream.cancel()
        else:
            call(minimal(name))
    except grpc.RpcError as error:
        assert Refusal.of(error).code in {"NOT_FOUND", "INVALID_ARGUMENT"}, error
    assert not (pair.server.data / pair.main.tenant).exists()


def test_an_exposure_to_an_experiment_is_not_written(pair):
    """The user is told what the arm says, and that it could not be written down."""
    pair.main.publish("hello", user="ada")
    made = pair.main.CreateExperiment(
        eval_pb.CreateExperimentRequest(
            experiment={"experiment_id": "e", "arms": [{"name": "a", "share": 1}, {"name": "b", "share": 1}]}
        )
    ).experiment
    pair.caught_up()
    request = context_pb.GetContextRequest(user_id="ada", experiment_id=made.experiment_id)
    there = pair.copy.GetContext(request)
    assert there.arm in {"a", "b"} and there.degraded and there.degraded_reason == "exposure failed"


def test_a_stream_is_refused_before_its_first_answer(pair):
    call = pair.copy.StreamPublish(iter([spb.StreamPublishRequest(open=spb.StreamOpen(stream_id="s", user_id="u"))]))
    assert refused(lambda: call).reason == "REPLICA_READ_ONLY"


# --- tenants that come, go and are replaced


def test_a_tenant_deleted_made_and_restored_meanwhile(pair):
    name = pair.main.tenant
    pair.main.publish("of before", user="ada")
    assert pair.main.contents() == ["of before"]
    pair.caught_up()
    assert pair.copy.contents() == ["of before"]
    started = pair.main.BackupTenant(admin_pb.BackupTenantRequest(backup_id="b")).operation
    list(pair.main.WatchOperation(operation_pb.WatchOperationRequest(operation_id=started.operation_id)))
    assert [one.backup_id for one in pair.copy.ListBackups(admin_pb.ListBackupsRequest()).backups] == ["b"]
    pair.main.publish("of later", user="ada")
    pair.caught_up()
    assert patiently(pair.copy.contents) == ["of before", "of later"]
    request = admin_pb.RestoreTenantRequest(source_tenant=name, backup_id="b", tenant=name, replace=True)
    list(pair.main.RestoreTenant(request))
    pair.caught_up()
    assert patiently(pair.copy.contents) == ["of before"]
    assert patiently(lambda: pair.copy.found("later", user_id="ada")) == ["of before"]
    pair.main.DeleteTenant(admin_pb.DeleteTenantRequest(name=name))
    pair.caught_up()
    assert patiently(pair.copy.contents) == []
    pair.main.publish("made again")
    pair.caught_up()
    assert patiently(pair.copy.contents) == ["made again"]


def test_a_stream_ends_when_its_tenant_is_replaced(pair):
    pair.main.publish("a")
    pair.caught_up()
    call = pair.copy.WatchInteractions(pb.WatchInteractionsRequest(heartbeat_seconds=1))
    next(call)
    pair.main.DeleteTenant(admin_pb.DeleteTenantRequest(name=pair.main.tenant))
    error = refused(lambda: call)
    assert (error.code, error.reason) == ("UNAVAILABLE", "TENANT_BUSY")


def test_it_says_whom_it_follows(pair):
    found = info(pair.copy).replica
    assert found.source == str(pair.server.data)
    assert found.max_staleness.seconds == 30
    eventually(lambda: time.time() - info(pair.copy).replica.fresh_time.ToMicroseconds() / 1e6 < 2, 60)
    assert not info(pair.main).HasField("replica")
