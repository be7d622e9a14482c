"""The bare work, each in a process of its own: embed and `add`, flushed SQLite commits, raw LanceDB queries."""

import asyncio
import multiprocessing
import sqlite3
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Self

import lancedb
import numpy as np
import pyarrow as pa
from interplay.v1 import interaction_pb2
from interplay_server.models.wordllama import WordLlamaEmbedder

ADD_ROWS = 4096
"""Rows of one `add`: few versions, as the server makes them."""
_COLUMNS = ["seq", "interaction_id", "user_id", "session_id", "role", "speaker", "content", "event_time"]


class Worker:
    """Answers `(method, arguments)` sent to a fresh process; `with` ends it."""

    def __init__(self, folder: Path) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, folder), daemon=True)
        self._process.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.send(None)
        self._process.join(10)
        self._process.kill()

    def _ask(self, *question: object) -> object:
        self._pipe.send(question)
        answer = self._pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def add_seconds(self, interactions: Sequence[interaction_pb2.InteractionData]) -> float:
        """Embedding the rows and adding them to a table of their plain columns and the vector."""
        rows = [(one.role, one.speaker, one.external_id, one.content) for one in interactions]
        return self._ask("add", rows)

    def commit_milliseconds(self, payloads: Sequence[bytes]) -> list[float]:
        """One flushed transaction of one row for each payload."""
        return self._ask("commit", payloads)

    def query_milliseconds(self, queries: Sequence[tuple[str, str]], top_k: int = 10) -> list[float]:
        """KNN (exact, prefiltered) and full text at once, for each (text, user or empty)."""
        return self._ask("query", queries, top_k)


def _work(pipe: Connection, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    methods: dict[str, Callable[..., object]] = {
        "add": _Adder(folder),
        "commit": _Committer(folder),
        "query": _Asker(folder),
    }
    while (question := pipe.recv()) is not None:
        try:
            pipe.send(methods[question[0]](*question[1:]))
        except Exception as error:  # noqa: BLE001 - told to whoever asks
            pipe.send(RuntimeError(repr(error)))


class _Adder:
    def __init__(self, folder: Path) -> None:
        self._folder, self._table = folder, None

    def __call__(self, rows: Sequence[tuple[str, str, str, str]]) -> float:
        if self._table is None:
            self._embedder = WordLlamaEmbedder()
            self._table = lancedb.connect(self._folder / "added").create_table("rows", self._batch(rows[:1]))
            self._embedder.embed([row[3] for row in rows])
        start = time.perf_counter()
        for first in range(0, len(rows), ADD_ROWS):
            self._table.add(self._batch(rows[first : first + ADD_ROWS]))
        return time.perf_counter() - start

    def _batch(self, rows: Sequence[tuple[str, str, str, str]]) -> pa.Table:
        role, speaker, external_id, content = zip(*rows, strict=True)
        vectors = self._embedder.embed(content)
        values = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])
        return pa.table(
            {"role": role, "speaker": speaker, "external_id": external_id, "content": content, "vector": values}
        )


class _Committer:
    def __init__(self, folder: Path) -> None:
        self._folder, self._db = folder, None

    def __call__(self, payloads: Sequence[bytes]) -> list[float]:
        if self._db is None:
            self._db = sqlite3.connect(self._folder / "bare.sqlite3", isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("CREATE TABLE journal (seq INTEGER PRIMARY KEY, payload BLOB)")
        taken = []
        for payload in payloads:
            start = time.perf_counter()
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("INSERT INTO journal (payload) VALUES (?)", (payload,))
            self._db.execute("COMMIT")
            taken.append((time.perf_counter() - start) * 1000)
        return taken


class _Asker:
    """Reads the server's own tables; the folder is that of `interactions.lance`."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._loop, self._table = folder, asyncio.new_event_loop(), None

    def __call__(self, queries: Sequence[tuple[str, str]], top_k: int) -> list[float]:
        return self._loop.run_until_complete(self._all(queries, top_k))

    async def _all(self, queries: Sequence[tuple[str, str]], top_k: int) -> list[float]:
        if self._table is None:
            self._embedder = WordLlamaEmbedder()
            self._table = await (await lancedb.connect_async(self._folder)).open_table("interactions")
        await self._table.checkout_latest()
        return [await self._one(text, user_id, top_k) for text, user_id in queries]

    async def _one(self, text: str, user_id: str, top_k: int) -> float:
        start = time.perf_counter()
        vector = self._embedder.embed([text])[0]
        near = self._table.query().nearest_to(np.asarray(vector)).distance_type("cosine").bypass_vector_index()
        words = self._table.query().nearest_to_text(text, columns=["search_text"])
        if user_id:
            near, words = near.where(f"user_id = '{user_id}'"), words.where(f"user_id = '{user_id}'")
        await asyncio.gather(
            near.select([*_COLUMNS, "_distance"]).limit(top_k).to_arrow(),
            words.select([*_COLUMNS, "_score"]).limit(top_k).to_arrow(),
        )
        return (time.perf_counter() - start) * 1000
