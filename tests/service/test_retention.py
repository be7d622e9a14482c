"""Retention over a real server: what each kind loses, and that a dry run, a run and its receipt say the same."""

from datetime import timedelta

import grpc
import lancedb
import pytest
from interplay.v1 import custody_pb2

from tests.service import kit
from tests.service.dialogue_kit import HUMAN, config, limits, people
from tests.service.dialogue_kit import RUNNING as SPOKEN
from tests.service.evaluation_kit import FAILURE, SUCCESS, refused
from tests.service.kit import PNG, admin_pb, fresh, ipb, pb, profile_pb
from tests.service.monitor_kit import Monitor
from tests.service.monitor_kit import pb as monitor_pb
from tests.service.retention_kit import DAY, RetentionApi, ago, rules
from tests.service.shop_kit import Shop, event, order, shop_pb
from tests.service.shop_kit import pb as feature_pb

CONFLICT = grpc.StatusCode.ABORTED


@pytest.fixture
def api(shared_server):
    made = RetentionApi(shared_server.target, tenant=fresh("kept"), timeout=60)
    yield made
    made.close()


def set_rules(api, *given):
    policy = custody_pb2.RetentionPolicy(rules=given)
    return api.SetRetention(admin_pb.SetRetentionRequest(policy=policy)).policy


class TestPolicies:
    def test_without_one_everything_is_kept(self, api):
        policy = api.GetRetention(admin_pb.GetRetentionRequest()).policy
        assert not policy.rules
        assert policy.revision == 0
        assert not policy.HasField("update_time")
        api.publish(ago(4000))
        assert api.both() == {}
        assert len(api.contents()) == 1

    def test_it_comes_back_as_it_was_set_with_a_revision(self, api):
        given = rules("interactions=365d", "interactions/web=12h,1000", "monitor-events=90d,aggregates")
        first = set_rules(api, *given)
        assert list(first.rules) == given
        assert first.revision == 1
        assert first.HasField("update_time")
        assert api.GetRetention(admin_pb.GetRetentionRequest()).policy == first
        assert api.policy().revision == 2
        assert not api.GetRetention(admin_pb.GetRetentionRequest()).policy.rules

    def test_a_revision_that_is_not_the_last_one_is_refused(self, api):
        api.policy("interactions=1h")
        second = api.policy("interactions=2h", revision=1)
        with refused("CONCURRENT_CHANGE", CONFLICT):
            api.policy("interactions=3h", revision=1)
        assert api.GetRetention(admin_pb.GetRetentionRequest()).policy == second

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"kind": 1}, "policy.rules[0]"),
            ({"kind": 1, "seconds": 3599}, "policy.rules[0].max_age"),
            ({"kind": 1, "seconds": -3600}, "policy.rules[0].max_age"),
            ({"kind": 1, "seconds": 1 << 62}, "policy.rules[0].max_age"),
            ({"kind": 3, "source": "web", "max_count": 1}, "policy.rules[0].source"),
            ({"kind": 4, "source": "web", "max_count": 1}, "policy.rules[0].source"),
            ({"kind": 6, "source": "web", "max_count": 1}, "policy.rules[0].source"),
            ({"kind": 2, "max_count": 1, "keep_aggregates": True}, "policy.rules[0].keep_aggregates"),
            ({"kind": 1, "max_count": -1}, "policy.rules[0].max_count"),
            ({"kind": 0, "max_count": 1}, "policy.rules[0].kind"),
            ({"kind": 99, "max_count": 1}, "policy.rules[0].kind"),
        ],
    )
    def test_rules_that_there_are_not(self, api, fields, field):
        seconds = fields.get("seconds")
        made = custody_pb2.RetentionRule(**{name: value for name, value in fields.items() if name != "seconds"})
        if seconds is not None:
            made.max_age.seconds = seconds
        with refused("INVALID_REQUEST") as found:
            set_rules(api, made)
        assert found[0].fields == [field]

    def test_two_rules_for_one_kind_and_source(self, api):
        with refused("INVALID_REQUEST") as found:
            api.policy("profiles/web=1d", "profiles=1d", "profiles/web=2d")
        assert found[0].fields == ["policy.rules[2]"]


class TestInteractions:
    def test_go_by_when_they_happened_with_all_that_rests_on_them(self, api):
        picture = ago(40, "old picture", image=PNG + b"old")
        [old, *_] = api.publish(ago(40, "said long ago"), picture, user="ada")
        [new] = api.publish(ago(20, "said of late", image=PNG + b"new"), user="ada")
        api.annotate(old, comment="noted long ago")
        api.policy("interactions=30d")
        assert api.both() == {"interactions": 2}
        assert api.contents() == ["said of late"]
        with refused("INTERACTION_NOT_FOUND", grpc.StatusCode.NOT_FOUND):
            api.GetInteraction(pb.GetInteractionRequest(interaction_id=old))
        assert not api.found("said long ago", mode=1)[1:]
        kept = api.GetInteraction(pb.GetInteractionRequest(interaction_id=new, view=pb.INTERACTION_VIEW_FULL))
        assert kept.interaction.data.image == PNG + b"new"
        assert api.both() == {"interactions": 0}

    def test_what_was_learnt_from_them_alone_goes_with_them(self, api):
        api.say(ago(100, "I am allergic to peanuts."), ago(100, "I live in Ghent."), user="ada")
        api.say(ago(2, "I am allergic to peanuts."), user="ada")
        assert {"peanuts" in one for one in api.facts("ada")} == {True, False}
        api.policy("interactions=30d")
        assert api.both() == {"interactions": 2}
        [left] = api.profiles("ada")
        assert "peanuts" in left.content
        assert len({one.interaction_id for one in left.evidence}) == 1

    def test_each_source_by_its_rule_and_the_others_by_the_empty_one(self, api):
        for source in ("web", "app", "mail", ""):
            api.publish(*(ago(days, f"{source or 'none'} {days}") for days in (1, 10, 50)), source=source)
        api.policy("interactions/web=5d", "interactions/mail=1000d", "interactions=30d")
        assert api.both() == {"interactions/web": 2, "interactions/mail": 0, "interactions": 2}
        left = {"web 1", "app 1", "app 10", "none 1", "none 10", "mail 1", "mail 10", "mail 50"}
        assert set(api.contents()) == left

    def test_the_oldest_beyond_a_count(self, api):
        api.publish(*(ago(days) for days in (3, 9, 1, 7, 5)))
        api.applied()
        api.publish(ago(8), ago(2))
        api.policy("interactions=6d,4")
        # The one that is published to see the tables filled is the newest.
        assert api.both() == {"interactions": 4}
        assert sorted(api.contents(user_id="u")) == [f"said {days} days ago" for days in (1, 2, 3)]
        api.policy("interactions=1")
        assert api.both() == {"interactions": 3}

    def test_product_events_that_they_stood_for_go_too(self, api):
        details = {"product_ref": ipb.ProductRef(product_id="lamp", event_type="view")}
        api.publish(ago(50, **details), user="cust")
        shop = Shop(api)
        assert len(shop.events()) == 1
        api.policy("interactions=30d")
        assert api.both() == {"interactions": 1}
        assert not shop.events()


class TestProfiles:
    def test_go_by_their_last_confirmation_and_by_count(self, api):
        api.say(ago(400, "I live in Ghent."), user="ada")
        api.say(ago(10, "I am allergic to peanuts."), user="bob")
        api.profile("likes tea", user="cy", source="crm")
        api.policy("profiles=365d")
        assert api.both() == {"profiles": 1}
        assert not api.facts("ada")
        assert api.facts("bob")
        assert len(api.contents()) == 2
        deleted = [one for one in api.history("ada") if not one.HasField("after")]
        assert len(deleted) == 1
        assert not deleted[0].HasField("before")
        api.policy("profiles/crm=1", "profiles=1")
        assert api.both() == {"profiles/crm": 0, "profiles": 0}
        api.profile("likes coffee", user="cy", source="crm")
        assert api.both() == {"profiles/crm": 1, "profiles": 0}
        assert api.facts("cy") == ["likes coffee"]


class TestFeatures:
    def kept(self, api):
        return list(api.ListInteractionFeatures(feature_pb.ListInteractionFeaturesRequest(customer_id="c")).rows)

    def test_events_and_orders_go_and_what_is_computed_follows(self, api):
        shop = Shop(api)
        shop.products(shop_pb.Product(product_id="p", title="Lamp", price=10.0, currency="EUR"))
        shop.record(event("product_viewed", event_id="old", at=0), event("product_viewed", event_id="new", at=50 * DAY))
        shop.orders(order("o-old", at=DAY), order("o-new", at=60 * DAY))
        list(api.ComputeInteractionFeatures(feature_pb.ComputeInteractionFeaturesRequest(full=True)))
        assert len(self.kept(api)) == 1
        api.policy("features=2")
        assert api.both() == {"features": 2}
        assert shop.ids() == ["new"]
        assert api.DeleteOrders(feature_pb.DeleteOrdersRequest(order_ids=["o-old"])).deleted_count == 0
        api.policy("features=24h")
        assert api.both() == {"features": 2}
        assert not shop.events()
        assert not self.kept(api)


class TestDialogues:
    def test_the_oldest_beyond_a_count_go_with_their_turns_and_those_that_go_on_stay(self, api):
        made = api.generate(personas=people("retention", 4), config=config(limits=limits(1, 2)))
        assert len(made.dialogues) == 4
        talk = api.converse(user=HUMAN)
        talk.take("need_user_turn")
        talk.say(1, "hello")
        talk.take("turn")
        api.policy("dialogues=1")
        assert api.both() == {"dialogues": 3}
        newest = max(made.dialogues, key=lambda one: (kit.micros(one.update_time), one.dialogue_id))
        assert [one.dialogue_id for one in api.dialogues()] == [newest.dialogue_id]
        assert [one.dialogue_id for one in api.dialogues(statuses=[SPOKEN])] == [talk.dialogue_id]
        api.policy("dialogues=24h")
        assert api.both() == {"dialogues": 0}
        talk.close()


class TestEvaluations:
    def judge(self, api, version, outcomes, source="chat", user="ada"):
        for outcome in outcomes:
            session = api.session(ago(50, "please help"), user_id=user, source=source, agent_version=version)
            api.report(user, session, outcome)

    def test_go_with_what_was_reported_and_leave_counts_where_asked(self, api):
        self.judge(api, "v1", [SUCCESS, SUCCESS, FAILURE])
        self.judge(api, "v2", [SUCCESS], source="mail", user="bob")
        before = api.agent_report(by_day=True)
        api.policy("evaluations=30d,aggregates", "evaluations/mail=30d")
        assert api.both() == {"evaluations": 3, "evaluations/mail": 1}
        assert not api.judged()
        found = api.agent_report(by_day=True)
        assert [one.agent_version for one in found.rows] == ["v1", "v1"]
        assert found.total.sessions == 3
        assert dict(found.total.outcomes) == {"SUCCESS": 2, "FAILURE": 1}
        assert found.total.success_rate == next(one for one in before.rows if one.agent_version == "v1").success_rate
        assert found.rows[1].day == before.rows[-1].day
        assert api.agent_report(agent_versions=["v2"]).total.sessions == 0
        assert api.agent_report(source="chat").total.sessions == 3
        self.judge(api, "v1", [SUCCESS])
        assert api.both() == {"evaluations": 1, "evaluations/mail": 0}
        assert api.agent_report().total.sessions == 4


class TestMonitorEvents:
    def hours(self, server, api):
        """How many hourly counts are kept, from the table itself."""
        tables = lancedb.connect(str(server.data / api.tenant / "lance"))
        return tables.open_table("monitor_hours").count_rows()

    def test_the_policy_decides_over_the_monitor_and_keeps_aggregates_where_asked(self, shared_server, api):
        monitor = Monitor(api)
        for days in (1, 20, 40, 100):
            monitor.record(user="ann", ago=days * DAY)
        api.policy("monitor-events=30d,aggregates")
        # The monitor's own 90 days do not count beside a rule, whoever purges.
        dry = api.PurgeExpired(monitor_pb.PurgeExpiredRequest(validate_only=True))
        assert dry.deleted_count == 2
        assert api.both() == {"monitor_events": 2}
        assert monitor.total() == 4
        found = api.PurgeExpired(monitor_pb.PurgeExpiredRequest(validate_only=True))
        assert found.deleted_count == 0
        assert self.hours(shared_server, api) == 2
        api.policy("monitor-events=1")
        assert api.both() == {"monitor_events": 1}
        assert self.hours(shared_server, api) == 0
        assert monitor.total() == 4
        api.policy()
        for days in (50, 100):
            monitor.record(user="ann", ago=days * DAY)
        assert api.PurgeExpired(monitor_pb.PurgeExpiredRequest(validate_only=True)).deleted_count == 1


class TestReceipts:
    def test_say_what_went_and_under_which_policy_the_newest_first(self, api):
        api.publish(ago(50), ago(20), source="web")
        api.policy("interactions=30d", "profiles=30d")
        first = api.started()
        api.over(first)
        api.policy("interactions/web=10d")
        second = api.started()
        api.over(second)
        api.applied_policy(validate_only=True)
        found = api.retention_receipts()
        assert [one.operation_id for one in found] == [second, first]
        assert [one.revision for one in found] == [2, 1]
        assert dict(found[1].counts) == {"interactions": 1, "profiles": 0}
        assert dict(found[0].counts) == {"interactions/web": 1}
        assert kit.micros(found[1].time) < kit.micros(found[0].time)
        page = api.ListRetentionReceipts(admin_pb.ListRetentionReceiptsRequest(page_size=1))
        assert [one.operation_id for one in page.receipts] == [second]
        rest = admin_pb.ListRetentionReceiptsRequest(page_size=1, page_token=page.next_page_token)
        assert [one.operation_id for one in api.ListRetentionReceipts(rest).receipts] == [first]

    def test_operation_tells_how_far_it_is(self, api):
        api.publish(*(ago(50 + n) for n in range(5)))
        api.policy("interactions=30d")
        operation, steps = api.ended(api.started())
        assert operation.kind == "apply_retention"
        assert (operation.done_count, operation.total_count) == (5, 5)
        assert steps[-1] == (5, 5)

    def test_another_tenant_loses_and_sees_nothing(self, api):
        other = api.by(tenant=fresh("other"))
        for one in (api, other):
            one.publish(ago(50))
            one.profile("likes tea")
        api.policy("interactions=30d", "profiles=1")
        assert api.both() == {"interactions": 1, "profiles": 0}
        assert len(other.contents()) == 1
        assert not other.GetRetention(admin_pb.GetRetentionRequest()).policy.rules
        assert not other.retention_receipts()
        token = api.ListRetentionReceipts(admin_pb.ListRetentionReceiptsRequest(page_size=1)).next_page_token
        assert not token
        with refused("OPERATION_NOT_FOUND", grpc.StatusCode.NOT_FOUND):
            other.operation(api.retention_receipts()[0].operation_id)


def test_the_client_says_rules_in_words(shared_server):
    from interplay.sync import Interplay  # noqa: PLC0415 - the client, beside the raw calls

    with Interplay(shared_server.target, tenant=fresh("client")) as client:
        policy = client.set_retention(
            [
                {"kind": "interactions", "max_age": timedelta(days=30)},
                {"kind": "profiles", "source": "web", "max_count": 5},
            ]
        )
        assert list(policy.rules) == rules("interactions=30d", "profiles/web=5")
        assert client.get_retention() == policy
        done = client.apply_retention(validate_only=True).wait()
        assert dict(done.result) == {"interactions": "0", "profiles/web": "0"}
        assert list(client.list_retention_receipts()) == []


def test_profiles_need_no_lifecycle_to_go(api):
    """A superseded fact counts as any other."""
    api.say(ago(400, "I live in Ghent."), user="ada")
    api.say(ago(200, "I live in Bruges now."), user="ada")
    everything = profile_pb.ListProfilesRequest(user_id="ada", page_size=100, lifecycles=[1, 3])
    assert len(api.ListProfiles(everything).profiles) == 2
    api.policy("profiles=300d")
    assert api.both() == {"profiles": 1}
    assert ["Bruges" in one.content for one in api.ListProfiles(everything).profiles] == [True]
