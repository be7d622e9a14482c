"""GetContext for a user with 1,000 interactions and 200 profiles, alone, in a store of 100,000, and one with 10,000."""

import asyncio
import random
import time

from interplay.v1 import context_service_pb2, learning_service_pb2, profile_pb2, profile_service_pb2
from interplay.v1 import interaction_service_pb2 as pb

from tests.bench import searching, traffic
from tests.bench.common import PUBLISH, SEARCH, Plan, Process, channel, run, say
from tests.bench.table import Row, bound, median

CONTEXT = "/interplay.v1.ContextService/GetContext"
CREATE = "/interplay.v1.ProfileService/CreateProfile"
CONFIGURE = "/interplay.v1.LearningService/UpdateLearningConfig"
PROFILES, LARGE_USER = 200, 10_000
NEAR_MS, FAR_MS = 15.0, 40.0
_TOPICS = (
    "coffee", "trains", "garden", "running", "invoices", "laptops", "Lisbon", "Porto", "peanuts", "metric units", "jazz",
    "chess", "school", "insurance", "the kitchen", "travel", "shoes", "the budget", "weekends", "the dog",
)  # fmt: skip
_STARTS = ("Likes", "Dislikes", "Is interested in", "Asks often about", "Has questions on", "Prefers short texts on")


def measure(plan: Plan) -> list[Row]:
    rows = []
    small = plan.pick(1000, 300)
    for size in sorted({min(size, plan.largest) for size in (1000, 100_000)}):
        with plan.server(f"context-{size}") as server:
            run(lambda server=server: _disable_learning(server))
            searching._load(server, size, max(1, size // searching.TURNS))
            run(lambda server=server: _profiles(server, "user-0"))
            server.quiet(300, still=2)
            figure = median(run(lambda server=server: _asked(server, "user-0", plan.pick(60, 15))))
            what = f"GetContext p50, {small:,} interactions and {PROFILES} profiles of {size:,}"
            rows.append(bound(what, figure, NEAR_MS, "ms"))
            if size == min(100_000, plan.largest):
                large = min(LARGE_USER, plan.largest)
                run(lambda server=server, large=large: _one_user(server, "large", large))
                run(lambda server=server: _profiles(server, "large"))
                server.quiet(300, still=2)
                figure = median(run(lambda server=server: _asked(server, "large", plan.pick(60, 15))))
                rows.append(bound(f"the same for a user with {large:,} interactions", figure, FAR_MS, "ms"))
            say(f"{size}: {figure:.1f} ms")
    return rows


async def _disable_learning(server: Process) -> None:
    """What is measured is reading; the profiles are written by hand."""
    async with channel(server.target) as open_channel:
        config = learning_service_pb2.LearningConfig(disabled=True)
        request = learning_service_pb2.UpdateLearningConfigRequest(config=config)
        await open_channel.unary_unary(CONFIGURE)(request.SerializeToString())


async def _profiles(server: Process, user_id: str) -> None:
    chance = random.Random(user_id)
    async with channel(server.target) as open_channel:
        create = open_channel.unary_unary(CREATE)

        def fact(place: int) -> bytes:
            content = f"{chance.choice(_STARTS)} {chance.choice(_TOPICS)} and {chance.choice(_TOPICS)}, case {place}"
            profile = profile_pb2.Profile(user_id=user_id, content=content)
            return profile_service_pb2.CreateProfileRequest(profile=profile).SerializeToString()

        await asyncio.gather(*(create(fact(place)) for place in range(PROFILES)))


async def _one_user(server: Process, user_id: str, count: int) -> None:
    made = traffic.Traffic(9)
    async with channel(server.target) as open_channel:
        publish = open_channel.unary_unary(PUBLISH)
        for at in range(0, count, 500):
            rows = made.interactions(min(500, count - at))
            request = pb.PublishInteractionsRequest(
                user_id=user_id, session_id=f"s{at // 100}", interactions=rows, wait=pb.WAIT_LEVEL_DURABLE
            )
            await publish(request.SerializeToString())
        last = pb.SearchInteractionsRequest(query="warm", user_id=user_id).SerializeToString()
        await open_channel.unary_unary(SEARCH)(last)


async def _asked(server: Process, user_id: str, count: int) -> list[float]:
    """Milliseconds of calls after the first three, which load the user."""
    chance, words = random.Random(5), traffic.vocabulary()
    taken = []
    async with channel(server.target) as open_channel:
        ask = open_channel.unary_unary(CONTEXT)
        for place in range(count + 3):
            query = " ".join([chance.choice(_TOPICS), *chance.choices(words[50:3000], k=4)])
            request = context_service_pb2.GetContextRequest(user_id=user_id, query=query, token_budget=1000)
            start = time.perf_counter()
            await ask(request.SerializeToString())
            if place >= 3:
                taken.append((time.perf_counter() - start) * 1000)
    return taken
