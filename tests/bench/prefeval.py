"""Search over statements on PrefEval (Zhao et al., ICLR 2025): the wish that a later request touches.

Run alone, it ranks the developer part as one pool with the server's score, without a server:

    PYTHONPATH=server python tests/bench/prefeval.py [folder with data]

The data are not part of the project (CC BY-NC 4.0); without them it says so and stops.
"""

import gzip
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec
import numpy as np
from interplay_server.domain.ports import Embedder
from interplay_server.models.minilm import MiniLmEmbedder, find_model
from interplay_server.models.wordllama import WordLlamaEmbedder
from interplay_server.retrieval.statements import (
    DEFAULT_STATEMENT_WEIGHTS,
    MINILM_WEIGHTS,
    Statement,
    StatementCorpus,
    StatementWeights,
)

ROOT = Path(__file__).resolve().parents[2]
DEPTH = 20


class Wish(msgspec.Struct, frozen=True):
    """What a user said once, and a later request that would tempt an agent to forget it."""

    id: str
    topic: str
    preference: str
    question: str


class Client(Protocol):
    """Anything that searches the pool, such as a client of a running server."""

    def search(self, query: str, top_k: int) -> Sequence[str]:
        """Ids of wishes, best first."""


def data_folder(given: str | None = None) -> Path | None:
    """The PrefEval folder below an argument, $INTERPLAY_DATA or ../shared/data; None if absent."""
    default = ROOT.parent / "shared" / "data"
    base = Path(given or os.environ.get("INTERPLAY_DATA") or default)
    folder = (base if base.is_absolute() else ROOT / base) / "prefeval"
    return folder if (folder / "explicit.jsonl.gz").is_file() else None


def load(folder: Path) -> list[Wish]:
    lines = gzip.decompress((folder / "explicit.jsonl.gz").read_bytes()).splitlines()
    return [msgspec.json.decode(line, type=Wish) for line in lines if line.strip()]


def evaluate(search: Callable[[str, int], Sequence[str]], wishes: Sequence[Wish]) -> dict[str, float]:
    """Share of requests whose wish is among the first k hits, and the mean reciprocal place."""
    found = [list(search(wish.question, DEPTH)) for wish in wishes]
    at = [hits.index(wish.id) if wish.id in hits else DEPTH for hits, wish in zip(found, wishes, strict=True)]
    return {
        **{f"recall@{k}": sum(place < k for place in at) / len(at) for k in (1, 5, 10, 20)},
        "mrr": sum(1 / (place + 1) for place in at if place < DEPTH) / len(at),
    }


def measure_client(client: Client, wishes: Sequence[Wish]) -> dict[str, float]:
    """`evaluate` through a client, in whose store every wish is one profile of one user."""
    return evaluate(client.search, wishes)


class OfflineSearch:
    """Ranks with the server's score in this process, all wishes in one corpus."""

    def __init__(
        self,
        wishes: Sequence[Wish],
        embedder: Embedder,
        words: Embedder | None = None,
        weights: StatementWeights = DEFAULT_STATEMENT_WEIGHTS,
    ) -> None:
        statements = [Statement(wish.id, wish.preference) for wish in wishes]
        self.corpus = StatementCorpus.of(embedder, statements, words=words, weights=weights)
        self.seconds: list[float] = []

    def search(self, query: str, top_k: int) -> list[str]:
        start = time.perf_counter()
        hits = self.corpus.rank(query, top_k=top_k)
        self.seconds.append(time.perf_counter() - start)
        return [hit.id for hit in hits]


def grow(wishes: Sequence[Wish], count: int) -> list[Statement]:
    """`count` statements: the wishes again and again, each time with other words at the end."""
    said = [wish.preference for wish in wishes]
    return [
        Statement(f"{i:06}", f"{said[i % len(said)]} {said[(i * 7 + i // len(said)) % len(said)][:40]} {i}", i)
        for i in range(count)
    ]


def speed(wishes: Sequence[Wish], embedder: Embedder, count: int) -> tuple[float, float, float]:
    """Milliseconds of ranking `count` statements, p50 and p95, and of changing one of them."""
    corpus = StatementCorpus.of(embedder, grow(wishes, count))
    taken = []
    for n in range(2):
        for wish in wishes[:200]:
            start = time.perf_counter()
            corpus.rank(wish.question)
            if n:
                taken.append((time.perf_counter() - start) * 1000)
    changes = []
    for i in range(20):
        start = time.perf_counter()
        corpus = corpus.with_changes([Statement(f"{i:06}", f"{wishes[i].preference} again", count + i)])
        changes.append((time.perf_counter() - start) * 1000)
    p50, p95 = np.quantile(taken, (0.5, 0.95))
    return float(p50), float(p95), float(np.median(changes))


def main() -> None:
    """Print quality by embedder, and the time of `rank` by size."""
    folder = data_folder(sys.argv[1] if len(sys.argv) > 1 else None)
    if folder is None:
        print("skipped: no PrefEval data; set INTERPLAY_DATA to the folder that holds prefeval/")
        return
    wishes = load(folder)
    default = WordLlamaEmbedder()
    searches = {default.name: OfflineSearch(wishes, default)}
    model = find_model()
    if model is None:
        print("MiniLM skipped: no folder with its weights")
    else:
        dense = MiniLmEmbedder(model)
        searches[dense.name] = OfflineSearch(wishes, dense, default, MINILM_WEIGHTS)
    print(f"{'':16}", *(f"{name:>8}" for name in ("R@1", "R@5", "R@10", "R@20", "MRR")), "  p50 ms")
    for name, search in searches.items():
        figures = (f"{value:8.3f}" for value in measure_client(search, wishes).values())
        print(f"{name:16}", *figures, f"{np.median(search.seconds) * 1000:8.2f}")
    for count in (200, 10_000):
        p50, p95, change = speed(wishes, default, count)
        print(f"{count:6} statements: rank p50 {p50:.2f} ms, p95 {p95:.2f} ms; one changed {change:.2f} ms")


if __name__ == "__main__":
    main()
