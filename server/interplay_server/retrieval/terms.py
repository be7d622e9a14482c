"""What every ranking is made of: the rows that take part, similarity, term statistics, soft match, ties and places."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from interplay_server.domain.ports import Embedder
from interplay_server.retrieval import text as txt
from interplay_server.retrieval.corpus import Floats, View

_K1 = 0.9
_B = 0.75
# Longer queries keep their first words: the matrices below are (query words, turns).
MAX_QUERY_WORDS = 64


@dataclass(frozen=True, slots=True)
class Candidates:
    """The m turns that take part, in the order of (session, time, seq)."""

    view: View
    rows: NDArray[np.intp]
    linked: Floats
    """(m - 1,) 1 where a turn and the next are of one session, else 0."""
    linked_twice: Floats
    """(m - 2,) the same for a turn and the next but one."""
    session_starts: NDArray[np.intp]
    entry_position: NDArray[np.int32]
    """Position of the turn of each word occurrence."""
    entry_word: NDArray[np.int32]


def candidates(view: View, mask: NDArray[np.bool_] | None) -> Candidates:
    rows = view.order
    if mask is not None:
        if mask.shape != (len(view),):
            raise ValueError(f"mask has shape {mask.shape}, not ({len(view)},)")
        rows = rows[mask[rows]]
    position = np.full(len(view), -1, np.int32)
    position[rows] = np.arange(len(rows), dtype=np.int32)
    entry_position, entry_word = position[view.entry_row], view.entry_word
    if len(rows) < len(view):
        kept = entry_position >= 0
        entry_position, entry_word = entry_position[kept], entry_word[kept]
    session = view.session[rows]
    linked = session[1:] == session[:-1]
    return Candidates(
        view,
        rows,
        linked.astype(np.float32),
        (session[2:] == session[:-2]).astype(np.float32),
        np.concatenate(([0], np.flatnonzero(~linked) + 1))[: len(rows)].astype(np.intp),
        entry_position,
        entry_word,
    )


def parse(query: str, chosen: Candidates) -> txt.Query:
    view = chosen.view
    present = np.flatnonzero(np.bincount(view.voice[chosen.rows], minlength=len(view.voices)))
    names = frozenset[str]().union(*(view.voices[i].names for i in present.tolist()))
    return txt.analyse_query(query, names, MAX_QUERY_WORDS)


def similarities(
    parsed: txt.Query,
    chosen: Candidates,
    embedder: Embedder | None,
    query_vector: Floats | None,
) -> tuple[Floats, NDArray[np.bool_]]:
    """Cosines (m,), and where both sides have a vector."""
    view = chosen.view
    if query_vector is not None:
        if query_vector.shape != view.vectors.shape[1:]:
            raise ValueError(f"query vector has shape {query_vector.shape}")
        vector = query_vector.astype(np.float32)
    elif embedder is not None:
        vector = embedder.embed([parsed.dense_text])[0]
    else:
        vector = np.zeros(view.vectors.shape[1], np.float32)
    norm = float(np.linalg.norm(vector))
    if not math.isfinite(norm) or norm == 0.0:
        nothing = np.zeros(len(chosen.rows), np.float32)
        return nothing, np.zeros(len(chosen.rows), np.bool_)
    cosines: Floats = (view.vectors @ (vector / np.float32(norm)))[chosen.rows]
    return cosines, view.has_vector[chosen.rows]


def term_frequencies(parsed: txt.Query, chosen: Candidates) -> Floats:
    """Occurrences (query words, m) of each query stem in each turn."""
    view = chosen.view
    count, turns = len(parsed.words), len(chosen.rows)
    query_index = np.full(view.stem_count, -1, np.int32)
    for i, word in enumerate(parsed.words):
        stem = view.vocabulary.stems.get(word.stem, view.stem_count)
        if stem < view.stem_count:
            query_index[stem] = i
    found = query_index[view.word_stem][chosen.entry_word]
    hits = np.flatnonzero(found >= 0)
    cells = found[hits].astype(np.intp) * turns + chosen.entry_position[hits]
    return np.bincount(cells, minlength=count * turns).reshape(count, turns).astype(np.float32)


def bm25(frequencies: Floats, lengths: Floats) -> Floats:
    """BM25 (m,) of the query words, by the documents given (Robertson and Zaragoza 2009)."""
    documents = len(lengths)
    holding = np.count_nonzero(frequencies, axis=1)
    idf = np.log1p((documents - holding + 0.5) / (holding + 0.5)).astype(np.float32)
    mean = max(float(lengths.mean()), 1e-9)
    saturation = (_K1 * (1 - _B + _B * lengths / mean)).astype(np.float32)
    scores: Floats = idf @ (frequencies * (_K1 + 1) / (frequencies + saturation))
    return scores


def soft_match(
    parsed: txt.Query,
    chosen: Candidates,
    embedder: Embedder | None,
    frequencies: Floats,
    floor: float,
) -> Floats:
    """Σ_w idf(w) · max_v cos(w, v)² ÷ Σ_w idf(w), (m,), in [0, 1]; cosines under `floor` are 0.

    w are the query's content words but participants' names, v the turn's words. The names
    would match every greeting: without them NDCG@10 gains .004 on LoCoMo.
    """
    turns = len(chosen.rows)
    strength = np.zeros(turns, np.float32)
    asked = [i for i, word in enumerate(parsed.words) if word.text not in parsed.named]
    if embedder is None or not asked:
        return strength
    holding = np.count_nonzero(frequencies[asked], axis=1)
    idf = np.log1p(turns / (holding + 1)).astype(np.float32)
    query_words = embedder.word_vectors([parsed.words[i].text for i in asked])
    view = chosen.view
    cosines: Floats = query_words @ view.vocabulary.vectors(embedder, len(view.word_stem)).T
    cosines[cosines < floor] = 0.0
    # Few words of a vocabulary come near any word of the query: only their entries are looked at.
    near: NDArray[np.bool_] = np.logical_or.reduce(cosines > 0, axis=0)
    hits = np.flatnonzero(near[chosen.entry_word])
    if not len(hits):
        return strength
    position, word = chosen.entry_position[hits], chosen.entry_word[hits]
    starts = np.concatenate(([0], np.flatnonzero(position[1:] != position[:-1]) + 1))
    best = np.maximum.reduceat(np.take(np.square(cosines), word, axis=1), starts, axis=1)
    strength[position[starts]] = (idf @ best) / idf.sum()
    return strength


def best_rows(
    chosen: Candidates, score: NDArray[np.float64], eligible: NDArray[np.bool_], top_k: int
) -> NDArray[np.intp]:
    """Positions of the best, equal scores (to six decimals) newest first."""
    where = np.flatnonzero(eligible)
    rounded = np.round(score[where], 6)
    if top_k < len(where):
        least = np.partition(rounded, len(where) - top_k)[len(where) - top_k]
        close = rounded >= least
        where, rounded = where[close], rounded[close]
    rows = chosen.rows[where]
    order = np.lexsort((-chosen.view.seq[rows], -chosen.view.time[rows], -rounded))
    return where[order[:top_k]]


def places(values: Floats, ranked: NDArray[np.bool_], best: NDArray[np.intp]) -> list[int]:
    """Places from 1 among the ranked values, equals sharing the first."""
    ascending = np.sort(values[ranked])
    above = len(ascending) - np.searchsorted(ascending, values[best], side="right")
    places: list[int] = (1 + above).tolist()
    return places
