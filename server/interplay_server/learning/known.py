"""What is known already and may be merged with, by meaning: rows with their vectors, kept current within a step."""

from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from interplay_server.domain.learnt import AgentPlaybook, Profile, UserPlaybook
from interplay_server.domain.ports import Embedder, Vectors
from interplay_server.learning.meaning.nearness import Words

AnyRow = TypeVar("AnyRow", Profile, UserPlaybook, AgentPlaybook)
NEAREST = 24
"""Rows that are compared in full with a candidate, beside those in its slot."""


class Known(Generic[AnyRow]):
    """`vectors` is (len(rows), dimension), unit length."""

    def __init__(
        self, rows: Sequence[AnyRow], vectors: Vectors, embedder: Embedder, words: Words | None = None
    ) -> None:
        """`words` gives the vectors of single words to the merging of facts, which was fitted to one embedder."""
        self.words = words
        self._rows: dict[str, tuple[AnyRow, NDArray[np.float32]]] = {
            row.row_id: (row, vector) for row, vector in zip(rows, vectors, strict=True)
        }
        self._embedder = embedder

    @property
    def rows(self) -> list[AnyRow]:
        return [row for row, _ in self._rows.values()]

    def embed(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self._embedder.embed([text])[0]
        return vector

    def put(self, row: AnyRow, vector: NDArray[np.float32] | None = None) -> None:
        """A row that is kept; without `vector` its text is what it was."""
        self._rows[row.row_id] = (row, self._rows[row.row_id][1] if vector is None else vector)

    def drop(self, row_id: str) -> None:
        self._rows.pop(row_id, None)

    def near(self, vector: NDArray[np.float32], also: Iterable[str] = ()) -> list[tuple[AnyRow, float]]:
        """The nearest rows with their cosines, and those named in `also`; the nearest first."""
        if not self._rows:
            return []
        ids = list(self._rows)
        cosines = np.stack([self._rows[one][1] for one in ids]) @ vector
        best = np.argsort(-cosines, kind="stable")[:NEAREST].tolist()
        wanted = set(also)
        best += [at for at, one in enumerate(ids) if one in wanted and at not in best]
        return [(self._rows[ids[at]][0], float(cosines[at])) for at in best]
