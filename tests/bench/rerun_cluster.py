"""`python -m tests.bench.rerun_cluster`: learning 2,000 windows anew, by this process alone and on a local Ray cluster of
one and of two workers, with the same rows at the end. All of them share this machine's processors.
"""

import argparse
import asyncio
import os
import random
import tempfile
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from interplay_server.domain.learning_config import PLAYBOOKS, PROFILES, LearningConfig
from interplay_server.domain.learnt import PROFILE, LearntFilter
from interplay_server.features.distributed import LOCAL, RayCluster
from interplay_server.learning.distributed import ClusterEngine
from interplay_server.learning.engines import RulesEngine
from interplay_server.learning.rerun import RerunPlan, rerun
from interplay_server.learning.tenant import LearningTenant
from interplay_server.models.wordllama import WordLlamaEmbedder
from interplay_server.retrieval.memory import Memory
from interplay_server.retrieval.statements import StatementCorpus
from interplay_server.storage.pinned import PinnedRecords

from tests.bench.common import say
from tests.storage.inside import FakeEmbedders, published, submit, tenant

SAID = (
    "I live in {place} and I work as a {work}.", "My daughter's name is {name} and she is {n} years old.",
    "No, not like that: always give me the price in euros first.", "I moved to {place} last month because of the job.",
    "I am allergic to {food}, and I prefer to be called in the evening.", "The parcel from {place} has not arrived yet.",
    "That's wrong again, please never suggest a phone call before noon.", "Thank you, {name} will like the blue one.",
)  # fmt: skip
WORDS = {
    "place": ["Lisbon", "Oslo", "Ghent", "Porto", "Turin", "Lyon"], "work": ["nurse", "teacher", "baker", "driver"],
    "name": ["Mia", "Noah", "Lena", "Paul"], "food": ["peanuts", "milk", "eggs", "shellfish"],
}  # fmt: skip
SIZE, STRIDE = 8, 4


@contextmanager
def cluster(workers: int) -> Iterator[RayCluster]:
    made = RayCluster(LOCAL, PinnedRecords, workers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        asyncio.run(made.join())
        yield made
        asyncio.run(made.close())


async def measured(users: int, turns: int, workers: RayCluster | None) -> tuple[int, float, int]:
    """Windows, seconds, facts."""
    draw = random.Random(5)
    embedder = WordLlamaEmbedder()
    with tempfile.TemporaryDirectory(prefix="interplay-rerun-") as folder, ThreadPoolExecutor(4) as threads:
        async with tenant(Path(folder), embedders=FakeEmbedders(embedder)) as store:
            for n in range(users):
                rows = [
                    draw.choice(SAID).format(
                        n=draw.randrange(20), **{name: draw.choice(of) for name, of in WORDS.items()}
                    )
                    for _ in range(turns)
                ]
                await submit(store, published(*rows, user=f"u{n}"))
            memory = Memory(StatementCorpus.of(embedder, words=embedder), threads, cached_rows=10**6)
            here = RulesEngine(threads)
            learning = LearningTenant(store, memory, {"rules": here}, "rules")
            await learning.load()
            learning.config = LearningConfig(window_size=SIZE, stride=STRIDE)
            engine = None if workers is None else await ClusterEngine.joined(workers, here)
            if engine is not None:
                # The first task of a process imports the package.
                await rerun(learning, plan(("u0",), store.last_seq), "warm", lambda _done, _all: None, engine)
            started = time.perf_counter()
            done = await rerun(learning, plan(None, store.last_seq), "op", lambda _done, _all: None, engine)
            seconds = time.perf_counter() - started
            facts = await store.learnt.rows(PROFILE, LearntFilter(), limit=10**6)
            return int(done["windows"]), seconds, len(facts)


def plan(users: tuple[str, ...] | None, up_to_seq: int) -> RerunPlan:
    return RerunPlan((PROFILES, PLAYBOOKS), users, up_to_seq=up_to_seq)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--turns", type=int, default=80)
    options = parser.parse_args()
    print(f"processors: {os.cpu_count()}")
    windows, alone, facts = asyncio.run(measured(options.users, options.turns, None))
    print(f"alone: {windows} windows, {facts} facts, {alone:.1f} s")
    for workers in (1, 2):
        say(f"{workers} workers")
        with cluster(workers) as made:
            windows, seconds, same = asyncio.run(measured(options.users, options.turns, made))
        print(f"Ray, {workers} workers: {windows} windows, {same} facts, {seconds:.1f} s, {alone / seconds:.2f} times")


if __name__ == "__main__":
    main()
