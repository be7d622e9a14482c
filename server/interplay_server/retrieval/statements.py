"""Search over short statements: profiles, playbooks. The vector leads, single words help, BM25 only tells why.

Source and weights: PrefEval (developer part, 307 wishes in one pool, recall@10), see tests/bench/prefeval.py. There
requests share no words with the wishes that they touch, and BM25 stays near zero.
"""

import math
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from interplay_server.domain.ports import Embedder
from interplay_server.retrieval import text as txt
from interplay_server.retrieval.corpus import Floats, View, Vocabulary
from interplay_server.retrieval.score import Mode
from interplay_server.retrieval.terms import (
    MAX_QUERY_WORDS,
    Candidates,
    best_rows,
    bm25,
    candidates,
    places,
    similarities,
    soft_match,
    term_frequencies,
)

# A vocabulary of which less than half is in use is rebuilt, from this many words on.
_REBUILD_WORDS = 1000

# Words by which people ask and that say nothing of what about. Kept out of the query's vector and soft match as names
# are in a dialogue, they raise recall@10 on PrefEval from .306 to .352.
_REQUEST = """
advice advise an any anything best better can choose choosing consider considering could curious decide deciding
describe explain few find get give go good great help how i id idea ideas ideal im interested interesting ive know like
look looking make may me might more most must need needs nice offer option options other perfect pick plan planning
please popular provide recommend recommendation recommendations recommended recommending recommends right search
searching seek seeking several shall share should show some something suggest suggested suggesting suggestion
suggestions suitable take tell thing things think thinking tip tips try use want wanted wants way ways what which will
wish wondering would you
"""
REQUEST_WORDS = frozenset(_REQUEST.split())


class StatementWeights(msgspec.Struct, frozen=True, kw_only=True):
    """Weights of the terms, which are not scaled: scores of several queries and corpora compare."""

    cosine: float = 1.0
    """Cosine of statement and query, in [-1, 1]."""
    soft_match: float = 0.6
    """Likeness of each query word to the nearest word of the statement, by idf, in [0, 1]."""
    soft_floor: float = 0.35
    """Cosines of two words below this count as 0 in the soft match."""


DEFAULT_STATEMENT_WEIGHTS = StatementWeights()
# With MiniLM's vectors and the static table's words: recall@10 .436 without a soft match, .443 with .2, .417 with .6.
MINILM_WEIGHTS = StatementWeights(soft_match=0.2)


class Statement(msgspec.Struct, frozen=True):
    """One profile or playbook as it is indexed."""

    id: str
    text: str
    time: int = 0
    """Last modification in microseconds; among equal scores the newer wins."""
    vector: Floats | None = None
    """(dimension,) where it is known already; None lets the corpus embed the text."""


class StatementHit(msgspec.Struct, frozen=True, kw_only=True):
    """One hit and why it matched."""

    index: int
    """Row in the corpus that was ranked."""
    id: str
    score: float
    vector_similarity: float | None
    """Cosine of statement and query, in [-1, 1]; None where either has no vector, and in mode "text"."""
    text_score: float | None
    """BM25; None without a shared word."""
    rank_vector: int | None
    """Place by vector similarity among all statements that took part, from 1; equals share one."""
    rank_text: int | None
    """Place by text score, from 1; None without a shared word."""
    matched_terms: list[str]
    """Words of the query that occur in the statement, by stem."""
    parts: dict[str, float]
    """Weighted contributions, which add up to the score."""


@dataclass(frozen=True, slots=True, eq=False)
class StatementCorpus:
    """n statements in the order of their ids, analysed and embedded once each. Never changes; any thread may rank.

    `of` makes the first corpus, `with_changes` the next from the one before.
    """

    ids: tuple[str, ...]
    texts: tuple[str, ...]
    view: View
    embedder: Embedder
    words: Embedder
    """Gives the vectors of single words; may be another, cheaper one than `embedder`."""
    weights: StatementWeights
    growing: threading.Lock
    """Held while words enter the vocabulary, which a corpus shares with its successors."""

    @classmethod
    def of(
        cls,
        embedder: Embedder,
        statements: Iterable[Statement] = (),
        *,
        words: Embedder | None = None,
        weights: StatementWeights = DEFAULT_STATEMENT_WEIGHTS,
    ) -> "StatementCorpus":
        """Of several statements with one id the last counts. Raises ValueError for a vector of a wrong shape."""
        words = words or embedder
        view = _empty_view(embedder.dimension, Vocabulary(words.dimension))
        empty = cls((), (), view, embedder, words, weights, threading.Lock())
        return empty.with_changes(statements)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def times(self) -> NDArray[np.int64]:
        """(n,) microseconds."""
        return self.view.time

    @property
    def vectors(self) -> Floats:
        """(n, dimension), unit length, zeros for a statement without tokens."""
        return self.view.vectors

    def with_changes(self, upserts: Iterable[Statement] = (), deleted: Iterable[str] = ()) -> "StatementCorpus":
        """The corpus after deletions and then upserts; only the upserts are analysed and embedded.

        The rest is copied: about 8 ms for 10,000 statements of 256 dimensions. An upsert whose text is the old one
        keeps the old vector. An id in `deleted` that is not there is ignored.

        Raises:
            ValueError: a vector of the wrong shape.
        """
        fresh = list({statement.id: statement for statement in upserts}.values())
        changed = {statement.id for statement in fresh}.union(deleted)
        if not changed:
            return self
        keep = np.array([name not in changed for name in self.ids], np.bool_)
        vectors, usable = self._vectors_of(fresh)
        ids = [*_chosen(self.ids, keep), *(statement.id for statement in fresh)]
        texts = [*_chosen(self.texts, keep), *(statement.text for statement in fresh)]
        order = sorted(range(len(ids)), key=ids.__getitem__)
        source = np.array(order, np.intp)
        old = self.view
        with self.growing:
            own = [old.vocabulary.indices(statement.text) for statement in fresh]
            entry_row, entry_word = _merged_entries(old, keep, own, source)
            vocabulary, entry_word = _in_use(old.vocabulary, entry_word, self.words.dimension)
            word_stem, stem_count = vocabulary.word_stem.view(), len(vocabulary.stems)
        times = np.array([statement.time for statement in fresh], np.int64)
        view = replace(
            _empty_view(self.embedder.dimension, vocabulary, len(ids)),
            time=np.concatenate((old.time[keep], times))[source],
            has_vector=np.concatenate((old.has_vector[keep], usable))[source],
            vectors=np.concatenate((old.vectors[keep], vectors))[source],
            entry_row=entry_row,
            entry_word=entry_word,
            word_stem=word_stem,
            stem_count=stem_count,
        )
        return replace(self, ids=tuple(ids[i] for i in order), texts=tuple(texts[i] for i in order), view=view)

    def rank(
        self,
        query: str,
        *,
        top_k: int = 10,
        mode: Mode = "hybrid",
        threshold: float | None = None,
        mask: NDArray[np.bool_] | None = None,
        query_vector: Floats | None = None,
    ) -> list[StatementHit]:
        """The best `top_k` statements, best first; equal scores newest first, then by id.

        Args:
            query: any text; a blank one lists the newest with score 0, without a threshold.
            top_k: the most hits to return.
            mode: "vector" ranks by cosine alone; "text" by BM25 alone, and returns only statements that share a word
                with the query; "hybrid" ranks all by all terms.
            threshold: least vector similarity; a hybrid hit below it survives if it holds every word of the query that
                says what about. Means nothing in mode "text".
            mask: (n,) true for the statements that take part.
            query_vector: (dimension,) in place of the embedded query.

        Raises:
            ValueError: a mask or vector of the wrong shape, or a NaN as `threshold`.
            Exception: whatever the embedder raises; mode "text" does not ask it.
        """
        if threshold is not None and math.isnan(threshold):
            raise ValueError("threshold is NaN")
        chosen = candidates(self.view, mask)
        if not len(chosen.rows) or top_k < 1:
            return []
        if not query.strip():
            return self._newest(chosen, top_k)
        parsed = txt.analyse_query(query, REQUEST_WORDS, MAX_QUERY_WORDS)
        frequencies = term_frequencies(parsed, chosen)
        lengths = np.bincount(chosen.entry_position, minlength=len(chosen.rows)).astype(np.float32)
        text_scores = bm25(frequencies, lengths)
        matched = text_scores > 0
        similarity, comparable = np.zeros_like(text_scores), np.zeros_like(matched)
        if mode != "text":
            similarity, comparable = similarities(parsed, chosen, self.embedder, query_vector)

        eligible = np.ones(len(chosen.rows), np.bool_)
        if mode == "text":
            parts = {"bm25": text_scores}
            eligible = matched
        elif mode == "vector":
            parts = {"cosine": similarity}
            eligible = comparable
        else:
            soft = soft_match(parsed, chosen, self.words, frequencies, self.weights.soft_floor)
            parts = {"cosine": self.weights.cosine * similarity, "soft_match": self.weights.soft_match * soft}
        if threshold is not None and mode != "text":
            near = comparable & (similarity >= threshold)
            if mode == "hybrid":
                near |= _holds_all(parsed, frequencies)
            eligible = eligible & near

        score = np.add.reduce(list(parts.values())).astype(np.float64)
        best = best_rows(chosen, score, eligible, top_k)
        vector_places = places(similarity, comparable, best)
        text_places = places(text_scores, matched, best)
        return [
            StatementHit(
                index=int(chosen.rows[i]),
                id=self.ids[chosen.rows[i]],
                score=float(score[i]),
                vector_similarity=float(similarity[i]) if comparable[i] else None,
                text_score=float(text_scores[i]) if matched[i] else None,
                rank_vector=vector_place if comparable[i] else None,
                rank_text=text_place if matched[i] else None,
                matched_terms=[parsed.words[j].text for j in np.flatnonzero(frequencies[:, i]).tolist()],
                parts={name: float(values[i]) for name, values in parts.items()},
            )
            for i, vector_place, text_place in zip(best.tolist(), vector_places, text_places, strict=True)
        ]

    def _newest(self, chosen: Candidates, top_k: int) -> list[StatementHit]:
        count = len(chosen.rows)
        best = best_rows(chosen, np.zeros(count), np.ones(count, np.bool_), count)[:top_k]
        return [
            StatementHit(
                index=row,
                id=self.ids[row],
                score=0.0,
                vector_similarity=None,
                text_score=None,
                rank_vector=None,
                rank_text=None,
                matched_terms=[],
                parts={},
            )
            for row in chosen.rows[best].tolist()
        ]

    def _vectors_of(self, fresh: Sequence[Statement]) -> tuple[Floats, NDArray[np.bool_]]:
        """Unit vectors (m, dimension), and which rows have one."""
        rows = np.zeros((len(fresh), self.embedder.dimension), np.float32)
        known = dict(zip(self.ids, range(len(self.ids)), strict=True)) if self.ids else {}
        missing = []
        for i, statement in enumerate(fresh):
            row = known.get(statement.id)
            if statement.vector is not None:
                if statement.vector.shape != rows.shape[1:]:
                    raise ValueError(f"vector of {statement.id} has shape {statement.vector.shape}")
                rows[i] = statement.vector
            elif row is not None and self.texts[row] == statement.text:
                rows[i] = self.view.vectors[row]
            else:
                missing.append(i)
        if missing:
            rows[missing] = self.embedder.embed([fresh[i].text for i in missing])
        norms = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        usable: NDArray[np.bool_] = np.isfinite(norms) & (norms > 0)
        rows /= np.where(usable, norms, 1.0)[:, None]
        rows[~usable] = 0.0
        return rows, usable


def _holds_all(parsed: txt.Query, frequencies: Floats) -> NDArray[np.bool_]:
    """Rows (m,) that hold all words of the query but those of asking; none for a query without such words."""
    asked = [i for i, word in enumerate(parsed.words) if word.text not in parsed.named]
    if not asked:
        return np.zeros(frequencies.shape[1], np.bool_)
    held: NDArray[np.bool_] = np.logical_and.reduce(frequencies[asked] > 0, axis=0)
    return held


def _chosen(values: Sequence[str], keep: NDArray[np.bool_]) -> list[str]:
    return [values[i] for i in np.flatnonzero(keep).tolist()]


def _empty_view(dimension: int, vocabulary: Vocabulary, rows: int = 0) -> View:
    """A view of `rows` statements without content; among equal times `best_rows` prefers the first."""
    count = np.arange(rows)
    return View(
        vocabulary=vocabulary,
        seq=-count,
        time=np.zeros(rows, np.int64),
        # Each statement is a session of its own: none has neighbours.
        session=count.astype(np.int32),
        voice=np.zeros(rows, np.int32),
        question=np.zeros(rows, np.bool_),
        has_vector=np.zeros(rows, np.bool_),
        vectors=np.zeros((0, dimension), np.float32),
        entry_row=np.zeros(0, np.int32),
        entry_word=np.zeros(0, np.int32),
        word_stem=vocabulary.word_stem.view(),
        stem_count=len(vocabulary.stems),
        order=count,
        voices=(),
    )


def _merged_entries(
    old: View, keep: NDArray[np.bool_], own: Sequence[Sequence[int]], source: NDArray[np.intp]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Row and word of each occurrence, after the rows that stay and the new ones were put in the order `source`."""
    old_lengths = np.bincount(old.entry_row, minlength=len(keep))
    words = np.concatenate(
        (old.entry_word[keep[old.entry_row]], np.array([word for one in own for word in one], np.int32))
    )
    lengths = np.concatenate((old_lengths[keep], np.array([len(one) for one in own], np.intp)))
    starts = np.cumsum(lengths) - lengths
    moved = lengths[source]
    ends = np.cumsum(moved)
    at = np.arange(len(words)) + np.repeat(starts[source] - (ends - moved), moved)
    return np.repeat(np.arange(len(source), dtype=np.int32), moved), words[at].astype(np.int32)


def _in_use(
    vocabulary: Vocabulary, entry_word: NDArray[np.int32], dimension: int
) -> tuple[Vocabulary, NDArray[np.int32]]:
    """The vocabulary, or a new one of the words that occur once they are the lesser part; occurrences renumbered."""
    known = len(vocabulary.words)
    used = np.flatnonzero(np.bincount(entry_word, minlength=known))
    if known <= max(_REBUILD_WORDS, 2 * len(used)):
        return vocabulary, entry_word
    return vocabulary.part(used, dimension), np.searchsorted(used, entry_word).astype(np.int32)
