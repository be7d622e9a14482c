"""What is learnt, as the asynchronous client reads, writes, reviews and follows it, against a real server."""

import asyncio
import contextlib
from datetime import UTC, datetime

import pytest
from interplay import (
    AbortedError,
    AsyncInterplay,
    Context,
    FailedPreconditionError,
    InterplayError,
    InvalidArgumentError,
    NotFoundError,
)
from interplay.v1 import learning_pb2, operation_pb2, playbook_pb2

from tests.support.fault_proxy import FaultProxy

EXPERT = [
    {"role": "User", "content": "How long do I have to return a lamp?"},
    {
        "role": "Agent",
        "content": "You have 30 days.",
        "expert_content": "You have 30 days. Lamps must be returned without their bulbs.",
    },
]


@pytest.fixture
async def client(shared_server, request):
    """A client of a tenant of its own for each test."""
    tenant = request.node.name.replace("_", "-")[:60].lower()
    async with AsyncInterplay(shared_server.target, tenant=tenant) as client:
        yield client


async def tell(client, user_id, text, session_id="s", **more):
    return await client.publish_interaction(
        user_id, {"role": "User", "content": text}, session_id=session_id, wait="learned", **more
    )


async def test_profiles_are_learnt_found_and_changed_by_hand(client):
    await tell(client, "ada", "I live in Lisbon and I am allergic to peanuts.", source="chat")
    hits = (await client.search_profiles(user_id="ada", query="which town", source="chat", top_k=1)).hits
    assert ["Lisbon" in hit.profile.content for hit in hits] == [True]
    assert not (await client.search_profiles("which town", "ada", source="mail")).hits
    made = await client.create_profile(
        "ada", "Sails on Sundays", category="preference", time_to_live="one_week", tags=["sport"], request_id="r",
        custom_features={"boat": "dinghy"},
    )  # fmt: skip
    again = await client.create_profile(
        "ada", "Sails on Sundays", category="preference", time_to_live="one_week", tags=["sport"], request_id="r",
        custom_features={"boat": "dinghy"},
    )  # fmt: skip
    assert again.profile_id == made.profile_id
    assert made.time_to_live == learning_pb2.TIME_TO_LIVE_ONE_WEEK
    by_hand = [row.profile_id async for row in client.list_profiles("ada", method="manual", tags=["sport"])]
    assert by_hand == [made.profile_id]
    changed = await client.update_profile(made.profile_id, content="Sails on Saturdays", notes="said on the phone")
    assert (changed.content, changed.notes, list(changed.tags)) == (
        "Sails on Saturdays",
        "said on the phone",
        ["sport"],
    )
    cleared = await client.update_profile(made.profile_id, notes="", tags=[], etag=changed.etag)
    assert (cleared.content, cleared.notes, list(cleared.tags)) == ("Sails on Saturdays", "", [])
    with pytest.raises(AbortedError):
        await client.update_profile(made.profile_id, notes="late", etag=made.etag)
    assert (await client.get_profile(made.profile_id)).etag == cleared.etag
    kinds = [one.change_type async for one in client.profile_changes("ada", profile_id=made.profile_id)]
    assert kinds == [learning_pb2.LEARNING_CHANGE_TYPE_UPDATED] * 2 + [learning_pb2.LEARNING_CHANGE_TYPE_CREATED]
    only = [one.after.content async for one in client.profile_changes("ada", change_types="created", page_size=1)]
    assert len(only) == 3
    await client.delete_profile(made.profile_id)
    with pytest.raises(NotFoundError):
        await client.get_profile(made.profile_id)


async def test_lists_of_profiles_go_through_all_pages_and_show_what_was_superseded(client):
    for number in range(7):
        await client.create_profile("ada", f"Has the ticket {number}")
    rows = [row.content async for row in client.get_profiles("ada", page_size=2)]
    assert rows == [f"Has the ticket {number}" for number in reversed(range(7))]
    await tell(client, "bob", "I live in Lisbon.", "s1")
    before = datetime.now(UTC)
    await tell(client, "bob", "I moved to Porto last week.", "s2")
    old = [row async for row in client.list_profiles("bob", lifecycles=["superseded"])]
    assert ["Lisbon" in row.content for row in old] == [True]
    assert "Porto" in (await client.get_profile(old[0].superseded_by)).content
    then = [row.profile_id async for row in client.list_profiles("bob", as_of=before)]
    assert then == [old[0].profile_id]


async def test_user_playbooks_by_hand_and_by_their_older_names(client):
    made = await client.create_user_playbook(
        "ada",
        when_condition="User asks for a refund",
        do_action="Ask for the receipt",
        do_not_action="Promising a date",
        blocking_issue={"kind": "missing_tool", "details": "no access to payments"},
    )
    assert (made.trigger, made.instruction, made.pitfall) == (
        "User asks for a refund", "Ask for the receipt", "Promising a date",
    )  # fmt: skip
    assert made.blocking_issue.kind == playbook_pb2.BLOCKING_KIND_MISSING_TOOL
    found = await client.search_user_playbooks("refund", "ada")
    assert [hit.playbook.playbook_id for hit in found.hits] == [made.playbook_id]
    changed = await client.update_user_playbook(made.playbook_id, do_action="Ask for the order number", etag=made.etag)
    assert (changed.trigger, changed.instruction) == ("User asks for a refund", "Ask for the order number")
    assert [row.etag async for row in client.list_user_playbooks("ada", kind="manual")] == [changed.etag]
    assert (await client.get_user_playbook(made.playbook_id)).etag == changed.etag
    assert [one.playbook_id async for one in client.playbook_changes("ada")] == [made.playbook_id] * 2
    await client.delete_user_playbook(made.playbook_id)
    with pytest.raises(NotFoundError):
        await client.get_user_playbook(made.playbook_id)


async def test_wrong_arguments_are_refused_before_anything_is_sent(client):
    with pytest.raises(ValueError, match="instruction and do_action are the same thing"):
        await client.create_user_playbook("ada", "a", do_action="b")
    with pytest.raises(TypeError, match="unknown argument: when"):
        await client.create_user_playbook("ada", "a", when="b")
    with pytest.raises(ValueError, match="nothing to change was given"):
        await client.update_profile("p")
    with pytest.raises(TypeError, match="tags must be a list of texts"):
        await client.create_profile("ada", "a", tags="sport")
    with pytest.raises(ValueError, match="lifecycles must be one of current, pending"):
        client.list_profiles(lifecycles=["young"])
    with pytest.raises(ValueError, match="decision must be one of approve, reject, edit, reopen"):
        await client.review_agent_playbook("p", "like")
    with pytest.raises(ValueError, match="exactly one"):
        await client.learning_provenance()
    with pytest.raises(ValueError, match="either request_id or user_id"):
        await client.learning_status(request_id="r", user_id="u")
    with pytest.raises(TypeError, match="did you mean 'stride'"):
        await client.update_learning_config({"strid": 3})
    with pytest.raises(InvalidArgumentError):
        await client.create_profile("", "a")


async def test_agent_playbooks_are_aggregated_and_reviewed(client):
    await client.publish_interaction("ada", EXPERT, session_id="s", wait="learned")
    lessons = [row async for row in client.list_user_playbooks("ada", kind="expert")]
    assert any("bulbs" in row.instruction for row in lessons)
    operation = await client.aggregate_playbooks(full=True)
    seen = [one.state async for one in operation.progress()]
    assert seen[-1] == operation_pb2.OPERATION_STATE_SUCCEEDED
    assert operation.done()
    assert (await operation.wait()).operation_id == operation.operation_id
    assert set(operation.result) >= {"groups", "created", "updated", "superseded", "conflicts"}
    (made,) = [row async for row in client.list_agent_playbooks(approval_statuses="pending", conflict=False)]
    assert made.support.expert_count == 1
    found = await client.search_agent_playbooks("returning a lamp")
    assert [hit.playbook.playbook_id for hit in found.hits] == [made.playbook_id]
    approved = await client.review_agent_playbook(
        made.playbook_id,
        "approve",
        reviewer="eve",
        comment="good",
        do_action="Say that bulbs stay at home",
        etag=made.etag,
    )
    assert (approved.approval_status, approved.reviewer) == (playbook_pb2.APPROVAL_STATUS_APPROVED, "eve")
    assert (approved.instruction, approved.trigger) == ("Say that bulbs stay at home", made.trigger)
    rejected = await client.review_agent_playbook(made.playbook_id, "reject")
    assert rejected.approval_status == playbook_pb2.APPROVAL_STATUS_REJECTED
    assert not (await client.search_agent_playbooks("returning a lamp")).hits
    assert (await client.search_agent_playbooks("returning a lamp", include_rejected=True)).hits
    windows = (await client.learning_provenance(agent_playbook_id=made.playbook_id)).windows
    assert {window.user_id for window in windows} == {"ada"}
    own = await client.create_agent_playbook("Greet by name", trigger="User says hello", agent_id="desk")
    assert (await client.update_agent_playbook(own.playbook_id, pitfall="Surnames")).pitfall == "Surnames"
    assert (await client.get_agent_playbook(own.playbook_id)).agent_id == "desk"
    await client.delete_agent_playbook(own.playbook_id)
    assert [row async for row in client.list_agent_playbooks(agent_id="desk")] == []


async def test_a_generation_is_learnt_promoted_and_rolled_back(client):
    with pytest.raises(FailedPreconditionError):
        await client.promote_generation()
    await tell(client, "ada", "I live in Lisbon.")
    operation = await client.rerun_learning("profiles", user_ids=["ada"])
    assert operation.latest.kind
    assert (await operation.wait(30)).done_count == 1
    assert operation.result["profiles_generation"] == "2"
    assert len([row async for row in client.list_profiles("ada", lifecycles="pending")]) == 1
    (pointers,) = await client.promote_generation("profiles")
    assert (pointers.active.generation, pointers.previous.generation) == (2, 1)
    assert [row.origin.generation async for row in client.list_profiles("ada")] == [2]
    (pointers,) = await client.rollback_generation("profiles")
    assert pointers.active.generation == 1
    assert [row.origin.generation async for row in client.list_profiles("ada")] == [1]


async def test_operations_that_end_otherwise_say_so(client):
    await tell(client, "ada", "I live in Lisbon.")
    operation = await client.rerun_learning()
    await operation.wait(30)
    ended = operation_pb2.Operation.FromString(operation.latest.SerializeToString())
    ended.state = operation_pb2.OPERATION_STATE_FAILED
    ended.error.code, ended.error.message = 5, "gone"
    operation._latest = ended
    with pytest.raises(NotFoundError, match="gone"):
        await operation.wait()
    ended.state = operation_pb2.OPERATION_STATE_CANCELLED
    with pytest.raises(InterplayError, match="was cancelled") as caught:
        await operation.wait()
    assert caught.value.code == "CANCELLED"
    await operation.cancel()
    assert operation.latest.state == operation_pb2.OPERATION_STATE_SUCCEEDED


async def test_learning_now_its_state_and_its_configuration(client):
    config = await client.learning_config()
    assert (config.window_size, config.stride) == (10, 8)
    shown = await client.update_learning_config({"preset": "quick_chat"}, validate_only=True)
    assert (shown.window_size, shown.stride) == (5, 3)
    assert (await client.learning_config()).stride == 8
    stored = await client.update_learning_config(
        {
            "etag": config.etag,
            "idle_seconds": 86_400,
            "learn_from": "shadow",
            "profile_extractors": [{"name": "facts"}],
            "aggregation": {"disabled": True},
        }
    )
    assert (stored.idle_seconds, stored.profile_extractors[0].name, stored.aggregation.disabled) == (
        86_400,
        "facts",
        True,
    )
    with pytest.raises(AbortedError):
        await client.update_learning_config({"etag": config.etag})
    published = await client.publish_interaction("ada", {"content": "I live in Lisbon."}, session_id="s")
    assert (await client.learning_status(user_id="ada")).pending_interactions == 1
    learnt = await client.generate_profiles("ada", extractor="facts")
    assert (learnt.window_count, learnt.created_count) == (1, 1)
    assert (await client.generate_playbooks("ada")).created_count == 0
    async with asyncio.timeout(10):
        # That nothing is left is written down just after the answer.
        while (status := await client.learning_status(request_id=published.request_id)).state != 2:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert status.provider == "rules"
    origin = await client.learning_provenance(profile_id=learnt.profile_ids[0])
    assert [list(window.interaction_ids) for window in origin.windows] == [list(published.interaction_ids)]
    assert origin.origin.arm == learning_pb2.ARM_SHADOW
    with pytest.raises(NotFoundError):
        await client.learning_status(request_id="absent")
    with pytest.raises(NotFoundError):
        await client.learning_provenance(user_playbook_id="absent")


async def test_a_watch_of_profiles_goes_on_where_it_broke(server):
    async with FaultProxy(server.target) as proxy, AsyncInterplay(proxy.target) as client:
        seen, token, enough = [], "", asyncio.Event()

        async def follow():
            nonlocal token
            watch = client.watch_profiles(user_id="ada", from_beginning=True, heartbeat_seconds=1)
            async with contextlib.aclosing(watch) as changes:
                async for answer in changes:
                    token = answer.resume_token
                    seen.append(answer.change.after.content)
                    if len(seen) == 12:
                        enough.set()

        following = asyncio.create_task(follow())
        async with AsyncInterplay(server.target) as direct:
            for number in range(12):
                await direct.create_profile("ada", f"Fact {number}")
                await direct.create_profile("bob", f"Other {number}")
                if number in {3, 6}:
                    proxy.cut()
                if number == 9:
                    await asyncio.to_thread(server.restart)
                    await direct.server_info()
            async with asyncio.timeout(30):
                await enough.wait()
            following.cancel()
            with pytest.raises(asyncio.CancelledError):
                await following
            assert seen == [f"Fact {number}" for number in range(12)]
            late = await direct.create_profile("ada", "Last")
            async with asyncio.timeout(20), contextlib.aclosing(direct.watch_profiles(resume_token=token)) as changes:
                async for answer in changes:
                    if answer.change.user_id == "ada":
                        assert answer.change.profile_id == late.profile_id
                        break


async def test_a_watch_of_playbooks_shows_those_of_agents_too(client):
    await client.create_user_playbook("ada", "a")
    async with contextlib.aclosing(client.watch_playbooks(from_beginning=True, heartbeats=True)) as changes:
        first = await anext(changes)
        assert (first.HasField("change"), bool(first.resume_token)) == (False, True)
        assert (await anext(changes)).change.user_playbook_after.instruction == "a"
        await client.create_agent_playbook("b")
        while not (answer := await anext(changes)).HasField("change"):
            pass
        assert answer.change.agent_playbook_after.instruction == "b"


async def test_a_context_holds_what_matters_and_speaks_as_text(client):
    await tell(client, "ada", "I am allergic to peanuts and I live in Lisbon.", "s1")
    await client.publish_interaction("bob", EXPERT, session_id="s2", wait="learned")
    await (await client.aggregate_playbooks()).wait(30)
    context = await client.context("ada", "Which snack do you recommend?", top_k=3, token_budget=500)
    assert any("peanuts" in found.profile.content for found in context.profiles)
    assert str(context) == context.rendered
    assert f"{context}".count("peanuts") >= 1
    assert 0 < context.rendered_tokens <= 500
    assert (bool(context), context.degraded) == (True, False)
    lamp = await client.context("ada", turns=["Hello", {"role": "User", "content": "Can I return a lamp?"}])
    assert any("bulbs" in found.agent_playbook.instruction for found in lamp.playbooks)
    learnings = lamp.retrieved_learnings()
    assert {one.learning_id for one in learnings} == {one.id for one in lamp.citations if one.kind}
    cited = next(one for one in lamp.citations if one.kind)
    assert [one.real_id for one in lamp.cited_in(f"Without bulbs [{cited.tag}].")] == [cited.id]
    assert lamp.cited_in(f"{cited.tag}X x{cited.tag}") == []
    here = await client.context("ada", "Which snack?", session_id="s1")
    assert not here.interactions
    assert context.interactions
    nobody = await client.context("nobody", agent_id="another")
    assert (bool(nobody), str(nobody)) == (False, "")
    assert nobody == Context()


async def test_everything_is_searched_at_once(client):
    await tell(client, "ada", "I am allergic to peanuts.", source="chat")
    await client.create_user_playbook("ada", "Never offer peanuts")
    await client.create_agent_playbook("Ask about peanuts first")
    found = await client.search_all("peanuts", "ada", top_k=2)
    assert "peanuts" in found.profiles[0].profile.content
    assert found.user_playbooks[0].playbook.instruction == "Never offer peanuts"
    assert found.agent_playbooks[0].playbook.instruction == "Ask about peanuts first"
    assert found.interactions[0].interaction.data.content == "I am allergic to peanuts."


async def test_briefings_of_a_publisher_hold_facts_and_lessons(client):
    await tell(client, "ada", "I am allergic to peanuts.", "s1")
    await client.create_agent_playbook("Ask about allergies first", trigger="User wants a snack")
    async with client.publisher("till", user_id="ada", session_id="s2", context={"top_k": 2}) as publisher:
        receipt = await publisher.append({"role": "User", "content": "I want a snack"})
        answer = await receipt.context(20)
        context = Context.of(answer)
        assert [found.profile.content for found in context.profiles] == ["Is allergic to peanuts"]
        assert [found.agent_playbook.instruction for found in context.playbooks] == ["Ask about allergies first"]
        assert "Ask about allergies first" in str(context)
        assert len(context.retrieved_learnings()) == 2
    assert [one async for one in publisher.contexts()] == [answer]
