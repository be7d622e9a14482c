"""Learning through a running server: interactions a second by the rules, PrefEval and LoCoMo by what comes back."""

import asyncio
import itertools
import time
from collections.abc import Sequence

from interplay.v1 import (
    context_service_pb2,
    interaction_pb2,
    learning_service_pb2,
    profile_pb2,
    profile_service_pb2,
)
from interplay.v1 import interaction_service_pb2 as pb
from interplay_server.domain.roles import role_class
from interplay_server.domain.window import Turn, Window
from interplay_server.learning.engines import read_by_rules

from tests.bench import locomo, prefeval
from tests.bench.common import PUBLISH, Plan, Process, channel, run, say
from tests.bench.quality import _published
from tests.bench.table import Row, at_least, bound

CREATE = "/interplay.v1.ProfileService/CreateProfile"
SEARCH_PROFILES = "/interplay.v1.ProfileService/SearchProfiles"
STATUS = "/interplay.v1.LearningService/GetLearningStatus"
CONTEXT = "/interplay.v1.ContextService/GetContext"
_SAID = (
    ("User", "Hi, I moved to {city} in May and I'm looking for a {thing}. My budget is {number} euros."),
    ("Agent", "Happy to help. Do you have any preferences for the {thing}?"),
    ("User", "I prefer the small ones, and please keep your answers short."),
    ("Agent", "Here are three: the first costs {number} euros, the second has more room, the third is the newest."),
    ("User", "No, I asked for small ones, the second is far too large."),
    ("Agent", "You are right, sorry. The first and the third are small."),
    ("User", "My sister is coming on Saturday, can it be here by then?"),
    ("Agent", "Yes, it ships tomorrow."),
)
_CITIES = ("Lisbon", "Leeds", "Turin", "Ghent", "Malmo", "Porto", "Graz", "Cork")
_THINGS = ("laptop", "lamp", "bike", "suitcase", "kettle", "desk", "tent", "camera")
WINDOW, STRIDE, EACH = 10, 8, 16


def measure(plan: Plan) -> list[Row]:
    rows = [_rate(plan)]
    rows += _prefeval(plan)
    rows += _locomo(plan)
    return rows


def dialogue(person: int, count: int) -> list[tuple[str, str]]:
    """`count` turns that hold facts, corrections and small talk."""
    lines = itertools.islice(itertools.cycle(_SAID), count)
    return [
        (role, said.format(city=_CITIES[(person + at) % 8], thing=_THINGS[person % 8], number=100 + person % 900))
        for at, (role, said) in enumerate(lines)
    ]


def _rate(plan: Plan) -> Row:
    """Published sessions until nothing is left to learn, beside reading the same windows in this process."""
    people, turns = plan.pick(400, 60), EACH
    with plan.server("learning") as server:
        seconds = run(lambda: _learn_all(server, people, turns))
    windows = [window for person in range(people) for window in _windows(dialogue(person, turns))]
    start = time.perf_counter()
    for window in windows:
        read_by_rules("profiles", window)
        read_by_rules("playbooks", window)
    bare = people * turns / (time.perf_counter() - start)
    learnt = people * turns / seconds
    what = f"interactions learnt from, {people} people of {turns} turns, rules"
    return at_least(what, learnt, bare, "interactions/s", None, "reading the windows alone")


def _windows(said: Sequence[tuple[str, str]]) -> list[Window]:
    turns = [Turn(f"i{at}", at, at * 1_000_000, "s", role_class(role), text) for at, (role, text) in enumerate(said, 1)]
    return [Window("u", tuple(turns[max(0, end - WINDOW) : end])) for end in range(STRIDE, len(turns) + 1, STRIDE)]


async def _learn_all(server: Process, people: int, turns: int) -> float:
    async with channel(server.target) as open_channel:
        publish, status = open_channel.unary_unary(PUBLISH), open_channel.unary_unary(STATUS)

        async def one(person: int) -> None:
            request = pb.PublishInteractionsRequest(
                user_id=f"person-{person}", session_id="one", session_finished=True, wait=pb.WAIT_LEVEL_DURABLE
            )
            for role, text in dialogue(person, turns):
                request.interactions.append(interaction_pb2.InteractionData(role=role, content=text))
            await publish(request.SerializeToString())

        start = time.perf_counter()
        await asyncio.gather(*(one(person) for person in range(people)))
        while True:
            raw = await status(learning_service_pb2.GetLearningStatusRequest().SerializeToString())
            if not learning_service_pb2.GetLearningStatusResponse.FromString(raw).pending_users:
                return time.perf_counter() - start
            await asyncio.sleep(0.1)


def _prefeval(plan: Plan) -> list[Row]:
    folder = prefeval.data_folder()
    if folder is None:
        return [Row("PrefEval", "skipped: no data", goal="R@10 ≥ .34")]
    wishes = prefeval.load(folder)
    with plan.server("prefeval") as server:
        found = run(lambda: _ask_wishes(server, wishes))
    result = prefeval.evaluate(lambda question, depth: found[question][:depth], wishes)
    say(f"PrefEval: {result}")
    what = f"PrefEval, {len(wishes)} wishes of one user through SearchProfiles: R@10"
    return [bound(what, result["recall@10"], 0.34, "", least=True, digits=3)]


async def _ask_wishes(server: Process, wishes: Sequence[prefeval.Wish]) -> dict[str, list[str]]:
    async with channel(server.target) as open_channel:
        create, search = open_channel.unary_unary(CREATE), open_channel.unary_unary(SEARCH_PROFILES)
        for wish in wishes:
            profile = profile_pb2.Profile(user_id="pool", content=wish.preference, notes=wish.id)
            await create(profile_service_pb2.CreateProfileRequest(profile=profile).SerializeToString())
        found = {}
        for wish in wishes:
            request = profile_service_pb2.SearchProfilesRequest(query=wish.question, user_id="pool", top_k=100)
            raw = await search(request.SerializeToString())
            hits = profile_service_pb2.SearchProfilesResponse.FromString(raw).hits
            found[wish.question] = [hit.profile.notes for hit in hits]
        return found


def _locomo(plan: Plan) -> list[Row]:
    """Evidence among what GetContext hands an agent, learnt profiles beside the turns."""
    folder = locomo.data_folder()
    if folder is None:
        return [Row("LoCoMo with context", "skipped: no data")]
    conversations = locomo.load(folder)[: plan.pick(100, 1)]
    with plan.server("locomo-context") as server:
        turns, either, profiles = run(lambda: _ask_context(server, conversations))
    questions = sum(len(one.usable) for one in conversations)
    what = f"LoCoMo, {questions} questions, GetContext with 10 of each kind"
    return [
        Row(f"{what}: evidence among the turns", f"{turns:.3f}"),
        Row("the same, or cited by a profile that came with it", f"{either:.3f}"),
        Row("profiles learnt by the rules, a conversation", f"{profiles:.0f}"),
    ]


def _as_of_now(request: pb.PublishInteractionsRequest, newest: int) -> pb.PublishInteractionsRequest:
    """Moved in time so that the conversation has just ended: what was said years ago would have expired."""
    for one in request.interactions:
        moment = one.occur_time.ToMicroseconds() - newest + time.time_ns() // 1000 - 60_000_000
        one.occur_time.FromMicroseconds(moment)
    return request


async def _ask_context(server: Process, conversations: Sequence[locomo.Conversation]) -> tuple[float, float, float]:
    async with channel(server.target) as open_channel:
        publish, ask = open_channel.unary_unary(PUBLISH), open_channel.unary_unary(CONTEXT)
        listing = open_channel.unary_unary("/interplay.v1.ProfileService/ListProfiles")
        names: dict[str, str] = {}
        for conversation in conversations:
            newest = max(moment for _, moment in conversation.timed())
            for raw in _published(conversation):
                request = _as_of_now(pb.PublishInteractionsRequest.FromString(raw), newest)
                request.wait, request.session_finished = pb.WAIT_LEVEL_LEARNED, True
                answer = pb.PublishInteractionsResponse.FromString(await publish(request.SerializeToString()))
                pairs = zip(answer.interaction_ids, request.interactions, strict=True)
                names |= {one: f"{conversation.collection}/{data.external_id}" for one, data in pairs}
        turns, either, profiles = [], [], 0
        for conversation in conversations:
            request = profile_service_pb2.ListProfilesRequest(user_id=conversation.collection, page_size=1000)
            raw = await listing(request.SerializeToString())
            profiles += len(profile_service_pb2.ListProfilesResponse.FromString(raw).profiles)
            for question in conversation.usable:
                wanted = {f"{conversation.collection}/{one}" for one in question.gold}
                request = context_service_pb2.GetContextRequest(
                    user_id=conversation.collection, query=question.text, top_k=10, token_budget=4000
                )
                context = context_service_pb2.GetContextResponse.FromString(await ask(request.SerializeToString()))
                shown = {names[one.interaction.interaction_id] for one in context.interactions}
                cited = {names[i] for one in context.profiles for i in one.profile.source_interaction_ids}
                turns.append(len(wanted & shown) / len(wanted))
                either.append(len(wanted & (shown | cited)) / len(wanted))
        return sum(turns) / len(turns), sum(either) / len(either), profiles / len(conversations)
