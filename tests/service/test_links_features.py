"""Features and evaluations of guests who are linked to accounts."""

import pytest
from interplay.v1 import feature_service_pb2 as fpb

from tests.conftest import eventually
from tests.service.kit import Api, batch, eval_pb, fresh, refused
from tests.service.links_kit import link, unlink
from tests.service.shop_kit import Shop, event, order


@pytest.fixture
def shop(shared_server):
    api = Api(shared_server.target, tenant=fresh("shop"), timeout=60)
    yield Shop(api)
    api.close()


def kept(shop, customer):
    """Product and views of each pair, as lists tell them."""
    request = fpb.ListInteractionFeaturesRequest(customer_id=customer, page_size=100)
    rows = shop.api.ListInteractionFeatures(request).rows
    return {(one.customer_id, one.product_id): one.features.total_views for one in rows}


def test_events_of_a_guest_count_for_the_account_until_it_is_undone(shop):
    shop.record(event(customer="g", at=1), event(customer="g", at=2, product="q"), event(customer="a", at=3))
    shop.orders(order("o", customer="g", at=10))
    shop.record(event(customer="", client_id="g", at=4))
    before = {who: eventually(lambda who=who: kept(shop, who), 60) for who in ("g", "a")}
    assert before == {"g": {("g", "p"): 1, ("g", "q"): 1}, "a": {("a", "p"): 1}}
    link(shop.api, "g", "a")
    for who in ("g", "a"):
        row = shop.get(who)
        assert (row.customer_id, row.features.total_views, row.features.purchases) == ("a", 3, 1)
    both = {("a", "p"): 3, ("a", "q"): 1}
    eventually(lambda: kept(shop, "a") == kept(shop, "g") == both, 60)
    everybody = eventually(lambda: (now := kept(shop, "")) == both and now, 60)
    assert everybody
    pairs = [fpb.BatchGetInteractionFeaturesRequest(pairs=[{"customer_id": "g", "product_id": "q"}])]
    assert [row.customer_id for row in shop.api.BatchGetInteractionFeatures(pairs[0]).rows] == ["a"]
    advised = shop.api.ListRecommendations(fpb.ListRecommendationsRequest(customer_id="g", include_zero=True))
    assert {one.product_id for one in advised.recommendations} <= {"p", "q"}
    shop.record(event(customer="g", at=20))
    eventually(lambda: kept(shop, "a").get(("a", "p")) == 4, 60)
    unlink(shop.api, "g")
    assert shop.get("g").features.total_views == 2
    eventually(lambda: kept(shop, "g") == {("g", "p"): 2, ("g", "q"): 1} and kept(shop, "a") == before["a"], 60)
    assert refused(shop.get, "a", "q").reason == "FEATURES_NOT_FOUND"


def test_a_whole_run_counts_people(shop):
    customers = [f"g{n}" for n in range(12)]
    shop.record(*[event(customer=one, at=n) for n, one in enumerate(customers)], event(customer="a", at=99))
    for one in customers:
        link(shop.api, one, "a")
    answers = list(shop.api.ComputeInteractionFeatures(fpb.ComputeInteractionFeaturesRequest(full=True)))
    assert answers
    eventually(lambda: kept(shop, "") == {("a", "p"): 13}, 60)
    unlink(shop.api, "g3")
    list(shop.api.ComputeInteractionFeatures(fpb.ComputeInteractionFeaturesRequest(full=True)))
    eventually(lambda: kept(shop, "") == {("a", "p"): 12, ("g3", "p"): 1}, 60)


def test_evaluations_are_found_and_reported_under_either_id(shop):
    api = shop.api
    api.PublishInteractions(batch("I need help with my order", user="g", session="s1"))
    api.PublishInteractions(batch("thanks, solved", user="a", session="s2"))

    def report(user, session):
        request = eval_pb.ReportSessionOutcomeRequest(
            user_id=user, session_id=session, outcome="SESSION_OUTCOME_SUCCESS"
        )
        return api.ReportSessionOutcome(request)

    assert refused(report, "a", "s1").reason == "SESSION_NOT_FOUND"
    link(api, "g", "a")
    assert report("a", "s1").evaluation.user_id == "g", "a session keeps the id that it began under"
    assert report("g", "s1").duplicate
    report("g", "s2")

    def listed(user):
        request = eval_pb.ListSessionEvaluationsRequest(filter={"user_id": user})
        return sorted(one.session_id for one in api.ListSessionEvaluations(request).evaluations)

    assert listed("g") == listed("a") == ["s1", "s2"]
    unlink(api, "g")
    assert (listed("g"), listed("a")) == (["s1"], ["s2"])
