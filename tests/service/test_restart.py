"""What a server that was killed and started again still knows: one server, killed once, asked before and after."""

from tests.conftest import eventually
from tests.service.kit import Api, admin_pb, batch, data, fresh, ipb, operation_pb, pb, refused, stamp


def seen(api, made, near):
    """Where an interaction can be seen."""
    places = set()
    if made in {one.interaction_id for one in api.listed(user_id="ada")}:
        places.add("list")
    for mode in (pb.SEARCH_MODE_HYBRID, pb.SEARCH_MODE_VECTOR, pb.SEARCH_MODE_TEXT):
        for user in ("ada", ""):
            for hit in api.search("purple elephant", user_id=user, mode=mode):
                if hit.interaction.interaction_id == made:
                    places.add(f"search {mode} {user}")
    similar = api.FindSimilarInteractions(pb.FindSimilarInteractionsRequest(interaction_id=near)).hits
    if made in {hit.interaction.interaction_id for hit in similar}:
        places.add("similar")
    sessions = api.ListSessions(pb.ListSessionsRequest(user_id="ada")).sessions
    if any(one.session_id == "zoo" for one in sessions):
        places.add("sessions")
    return places


def gone(api, made, near):
    """Asserts that no read shows the deleted interaction."""
    assert seen(api, made, near) == set()
    note = ipb.Annotation(comment="late")
    for call, request in (
        (api.GetInteraction, pb.GetInteractionRequest(interaction_id=made)),
        (api.FindSimilarInteractions, pb.FindSimilarInteractionsRequest(interaction_id=made)),
        (api.GetSession, pb.GetSessionRequest(session_id="zoo", user_id="ada")),
        (api.AnnotateInteraction, pb.AnnotateInteractionRequest(interaction_id=made, annotation=note)),
    ):
        assert refused(call, request).code == "NOT_FOUND"
    assert api.contents() == ["a purple elephant too"]


def deletion(api, by):
    """Deletes an interaction that every read shows, and sees it go. Gives its id and that of its neighbour."""
    (made,) = api.publish("a purple elephant", user="ada", session="zoo")
    note = ipb.Annotation(comment="big")
    api.AnnotateInteraction(pb.AnnotateInteractionRequest(interaction_id=made, annotation=note))
    (near,) = api.publish("a purple elephant too", user="bob", session="zoo")
    assert len(seen(api, made, near)) == 9
    what = {"interaction_ids": [made]} if by == "ids" else {"user_id": "ada"}
    assert api.DeleteInteractions(pb.DeleteInteractionsRequest(**what)).deleted_count == 1
    gone(api, made, near)
    api.PublishInteractions(batch("later", user="carol", wait=pb.WAIT_LEVEL_VISIBLE))
    api.DeleteInteractions(pb.DeleteInteractionsRequest(user_id="carol"))
    eventually(lambda: not api.contents(user_id="ada", consistency=pb.CONSISTENCY_EVENTUAL))
    gone(api, made, near)
    return made, near


def state(api):
    """Everything that a reader can see, images too."""
    return (
        api.listed(view=pb.INTERACTION_VIEW_FULL),
        api.ListSessions(pb.ListSessionsRequest()),
        api.GetPublishStream(pb.GetPublishStreamRequest(stream_id="till")),
        api.ListOperations(operation_pb.ListOperationsRequest()),
        api.ListApiKeys(admin_pb.ListApiKeysRequest(show_revoked=True)),
    )


def test_all_of_it(server):
    api = Api(server.target)
    removed = {by: deletion(api.by(tenant=f"deleted-by-{by}"), by) for by in ("ids", "filter")}

    shop = api.by(tenant="shop")
    request = batch("one", "", data("three", occur_time=stamp(1)), request_id=fresh(), session_finished=True)
    first = shop.PublishInteractions(request)
    (pictured,) = shop.publish(data("look", image=b"GIF89a" + bytes(5000)), user="ada", source="web")
    notes = [
        shop.AnnotateInteraction(
            pb.AnnotateInteractionRequest(interaction_id=pictured, annotation=ipb.Annotation(comment=str(at)))
        ).annotation
        for at in range(3)
    ]
    stream = shop.stream(stream_id="till", user_id="u", session_id="s")
    stream.append("streamed", offset=0)
    stream.take("ack")
    stream.close()
    started = shop.OptimizeTables(admin_pb.OptimizeTablesRequest()).operation
    list(shop.WatchOperation(operation_pb.WatchOperationRequest(operation_id=started.operation_id)))
    shop.CreateApiKey(admin_pb.CreateApiKeyRequest(display_name="x", rights=[1]))
    feed = shop.WatchInteractions(pb.WatchInteractionsRequest(from_beginning=True))
    token = next(feed).resume_token
    feed.cancel()
    page = shop.ListInteractions(pb.ListInteractionsRequest(page_size=1)).next_page_token
    was = state(shop)
    assert notes in [list(one.annotations) for one in was[0]]
    api.close()

    server.restart()
    again = Api(server.target)
    shop = again.by(tenant="shop")
    assert state(shop) == was
    second = shop.PublishInteractions(request)
    assert second.duplicate and second.interaction_ids == first.interaction_ids
    request.source = "changed"
    assert refused(shop.PublishInteractions, request).reason == "REQUEST_ID_REUSED"
    rest = shop.ListInteractions(pb.ListInteractionsRequest(page_size=1, page_token=page))
    assert rest.interactions[0] == shop.listed()[1]
    feed = shop.WatchInteractions(pb.WatchInteractionsRequest(resume_token=token))
    next(feed)
    assert next(feed).published.interactions[0].interaction_id == first.interaction_ids[0]
    feed.cancel()
    stream = shop.stream(stream_id="till", user_id="u", session_id="s")
    assert stream.opened.next_offset == 1
    stream.append("streamed", offset=0)
    assert stream.take("ack").results[0].duplicate
    assert stream.finish().interaction_count == 1
    assert state(shop)[0] == was[0]
    for by, (made, near) in removed.items():
        gone(again.by(tenant=f"deleted-by-{by}"), made, near)
    again.close()
