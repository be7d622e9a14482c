"""Retrieval quality on LoCoMo (Maharana et al., ACL 2024): evidence turns found per question.

Run alone, it ranks with the server's score, without a server:

    PYTHONPATH=server python tests/bench/locomo.py [folder with data]

The data are not part of the project (CC BY-NC 4.0); without them it says so and stops.
"""

import gzip
import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from interplay_server.models.wordllama import WordLlamaEmbedder
from interplay_server.retrieval.corpus import Corpus, Turn
from interplay_server.retrieval.score import rank

ROOT = Path(__file__).resolve().parents[2]
# Deep enough for ten different sessions.
DEPTH = 100


class Doc(msgspec.Struct, frozen=True):
    """One turn; `date` is that of its session, such as "1:56 pm on 8 May, 2023"."""

    id: str
    text: str
    speaker: str
    session: str
    date: str


class Question(msgspec.Struct, frozen=True):
    """A question, the ids of the turns that hold its answer, and its kind."""

    id: str
    text: str
    gold: list[str]
    kind: str


class Conversation(msgspec.Struct, frozen=True):
    """A long dialogue of two people in several sessions, and questions about it."""

    collection: str
    docs: list[Doc]
    queries: list[Question]

    @property
    def usable(self) -> list[Question]:
        """Questions with evidence."""
        return [query for query in self.queries if query.gold]

    def timed(self) -> Iterator[tuple[Doc, int]]:
        """Turns with event times in microseconds, one minute apart inside a session."""
        turn_in: dict[str, int] = {}
        for doc in self.docs:
            n = turn_in[doc.session] = turn_in.get(doc.session, -1) + 1
            start = datetime.strptime(doc.date, "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC)
            yield doc, round((start + timedelta(minutes=n)).timestamp() * 1e6)


SearchFn = Callable[[Conversation, Question, int], Sequence[str]]
"""(conversation, question, depth) → ids of turns, best first."""


def data_folder(given: str | None = None) -> Path | None:
    """The LoCoMo folder below an argument, $INTERPLAY_DATA or ../shared/data; None if absent."""
    default = ROOT.parent / "shared" / "data"
    base = Path(given or os.environ.get("INTERPLAY_DATA") or default)
    folder = (base if base.is_absolute() else ROOT / base) / "locomo"
    return folder if (folder / "bench.jsonl.gz").is_file() else None


def load(folder: Path) -> list[Conversation]:
    """All conversations of the folder."""
    lines = gzip.decompress((folder / "bench.jsonl.gz").read_bytes()).splitlines()
    return [msgspec.json.decode(line, type=Conversation) for line in lines if line.strip()]


def measure(found: Sequence[str], gold: Sequence[str], sessions: dict[str, str]) -> dict[str, float]:
    """Measures of one question.

    recall@k: share of the evidence turns among the first k turns; mrr: of the first evidence;
    session_recall@10: share of the evidence's sessions among the first ten sessions, a session
    standing where its best turn stands; turn_session_recall@10: the same among the sessions of
    the first ten turns.
    """
    wanted = set(gold)
    hits = [i for i, doc in enumerate(found) if doc in wanted]
    ideal = sum(1 / math.log2(i + 2) for i in range(min(10, len(wanted))))
    gold_sessions = {sessions[doc] for doc in wanted}
    ranked_sessions = list(dict.fromkeys(sessions[doc] for doc in found))
    top_turn_sessions = {sessions[doc] for doc in found[:10]}
    return {
        **{f"recall@{k}": sum(i < k for i in hits) / len(wanted) for k in (5, 10, 20)},
        "mrr": 1 / (hits[0] + 1) if hits else 0.0,
        "ndcg@10": sum(1 / math.log2(i + 2) for i in hits if i < 10) / ideal,
        "session_recall@10": len(gold_sessions & set(ranked_sessions[:10])) / len(gold_sessions),
        "turn_session_recall@10": len(gold_sessions & top_turn_sessions) / len(gold_sessions),
    }


def evaluate(search: SearchFn, conversations: Sequence[Conversation]) -> dict[str, float]:
    """Means over all questions with evidence, pooled over the conversations."""
    rows: list[dict[str, float]] = []
    for conversation in conversations:
        sessions = {doc.id: doc.session for doc in conversation.docs}
        for question in conversation.usable:
            found = search(conversation, question, DEPTH)
            rows.append(measure(found, question.gold, sessions))
    return {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]}


class OfflineSearch:
    """Ranks with the server's score in this process, one corpus per conversation."""

    def __init__(self, conversations: Sequence[Conversation], **options: Any) -> None:
        self.embedder = WordLlamaEmbedder()
        self.options = options
        self.seconds: list[float] = []
        self.corpora: dict[str, Corpus] = {}
        for conversation in conversations:
            vectors = self.embedder.embed([doc.text for doc in conversation.docs])
            self.corpora[conversation.collection] = Corpus(
                self.embedder.dimension,
                [
                    Turn(
                        seq=i,
                        session=doc.session,
                        time=event_time,
                        role=doc.speaker,
                        role_class="user",
                        speaker="",
                        text=doc.text,
                        vector=vectors[i],
                    )
                    for i, (doc, event_time) in enumerate(conversation.timed())
                ],
            )

    def __call__(self, conversation: Conversation, question: Question, depth: int) -> list[str]:
        corpus = self.corpora[conversation.collection]
        start = time.perf_counter()
        hits = rank(question.text, corpus, self.embedder, top_k=depth, **self.options)
        self.seconds.append(time.perf_counter() - start)
        return [conversation.docs[hit.seq].id for hit in hits]


def main() -> None:
    """Print the table for the three modes, with the time of `rank`."""
    folder = data_folder(sys.argv[1] if len(sys.argv) > 1 else None)
    if folder is None:
        print("skipped: no LoCoMo data; set INTERPLAY_DATA to the folder that holds locomo/")
        return
    conversations = load(folder)
    header = ("R@5", "R@10", "R@20", "MRR", "NDCG@10", "session R@10", "same, 10 turns")
    print(f"{'mode':8}", *(f"{name:>14}" for name in header), "  p50 ms  p95 ms")
    for mode in ("hybrid", "text", "vector"):
        search = OfflineSearch(conversations, mode=mode)
        evaluate(search, conversations[:1])
        search.seconds.clear()
        result = evaluate(search, conversations)
        p50, p95 = np.quantile(search.seconds, (0.5, 0.95)) * 1000
        figures = (f"{value:14.3f}" for value in result.values())
        print(f"{mode:8}", *figures, f"{p50:8.2f}{p95:8.2f}")


if __name__ == "__main__":
    main()
