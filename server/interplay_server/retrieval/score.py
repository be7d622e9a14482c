"""The score of a turn for a query: a sum of named, weighted terms.

Source and weights: measured on LoCoMo (developer part: recall@10 .83, NDCG@10 .65; the parts
held out and REALTALK confirm), see tests/bench/locomo.py.
"""

import math
from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from interplay_server.domain.ports import Embedder
from interplay_server.retrieval import text as txt
from interplay_server.retrieval.corpus import Corpus, Floats, View

Mode = Literal["hybrid", "vector", "text"]

_K1 = 0.9
_B = 0.75
# Longer queries keep their first words: the matrices below are (query words, turns).
_MAX_QUERY_WORDS = 64


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """Weights of the terms; each term without its weight lies in [0, 1]."""

    cosine: float = 0.5
    """Cosine of turn and query, names of participants left out, spread to the neighbours."""
    soft_match: float = 1.0
    """Likeness of each query word to the nearest word of the turn, by idf, spread."""
    window_bm25: float = 0.8
    """BM25 of the turn together with two neighbours on either side in its session."""
    session: float = 0.45
    """Mean of the three best sums of the terms above within the session of the turn."""
    role: float = 0.3
    """The query names the role or the speaker of the turn."""
    question: float = -0.2
    """The turn ends in a question mark: people look for statements."""
    spread_before: float = 0.2
    """Share of the score of the turn before that a turn receives."""
    spread_after: float = 0.1
    """Share of the score of the turn after that a turn receives."""
    soft_floor: float = 0.35
    """Cosines of two words below this count as 0 in the soft match."""


DEFAULT_WEIGHTS = Weights()


class Ranked(msgspec.Struct, frozen=True, kw_only=True):
    """One hit and why it matched."""

    seq: int
    index: int
    """Row in the view that was ranked."""
    score: float
    vector_similarity: float | None
    """Cosine of turn and query, in [-1, 1]; None where either has no vector."""
    text_score: float
    """BM25 of the turn alone, 0 without a shared word."""
    vector_rank: int | None
    """Place by vector similarity among all turns that took part, from 1; equals share one."""
    text_rank: int | None
    """Place by text score, from 1; None without a shared word."""
    terms: dict[str, float]
    """Weighted contributions, which add up to the score."""
    matched_terms: list[str]
    """Words of the query that occur in the turn, by stem."""


@dataclass(frozen=True, slots=True)
class _Candidates:
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


def rank(
    query: str,
    corpus: Corpus | View,
    embedder: Embedder | None,
    *,
    mask: NDArray[np.bool_] | None = None,
    top_k: int = 10,
    weights: Weights = DEFAULT_WEIGHTS,
    query_vector: Floats | None = None,
    mode: Mode = "hybrid",
    min_similarity: float | None = None,
) -> list[Ranked]:
    """The best `top_k` turns for a query, best first; equal scores newest first.

    Args:
        query: any text; names of participants are kept out of its vector.
        corpus: a corpus, or a view of it where a mask was made for that view.
        embedder: None leaves out the soft match, and the cosine unless `query_vector` is given.
        mask: (n,) true for the turns that take part; the others are not even neighbours.
        top_k: the most hits to return.
        weights: of the hybrid terms.
        query_vector: (dimension,) in place of the embedded query.
        mode: "vector" ranks by cosine alone; "text" by BM25 of the turn alone, and returns
            only turns that share a word with the query; "hybrid" ranks all turns by all terms.
        min_similarity: least cosine; a hybrid hit below it survives if it shares a word.

    Raises:
        ValueError: a mask or vector of the wrong shape, a NaN as `min_similarity`, or mode
            "vector" with neither embedder nor query vector.
    """
    view = corpus.view() if isinstance(corpus, Corpus) else corpus
    if min_similarity is not None and math.isnan(min_similarity):
        raise ValueError("min_similarity is NaN")
    if mode == "vector" and embedder is None and query_vector is None:
        raise ValueError("vector search needs an embedder or a query vector")
    chosen = _candidates(view, mask)
    if not len(chosen.rows) or top_k < 1:
        return []
    parsed = _parse(query, chosen)
    similarity, comparable = _similarity(parsed, chosen, embedder, query_vector)
    frequencies = _term_frequencies(parsed, chosen)
    lengths = np.bincount(chosen.entry_position, minlength=len(chosen.rows)).astype(np.float32)
    text_scores = _bm25(frequencies, lengths)
    matched = text_scores > 0

    eligible = np.ones(len(chosen.rows), np.bool_)
    if mode == "text":
        terms = {"bm25": text_scores}
        eligible = matched
    elif mode == "vector":
        terms = {"cosine": similarity}
        eligible = comparable
    else:
        terms = _hybrid_terms(
            parsed,
            chosen,
            embedder=embedder,
            weights=weights,
            similarity=similarity,
            frequencies=frequencies,
            lengths=lengths,
        )
    if min_similarity is not None and mode != "text":
        near = comparable & (similarity >= min_similarity)
        eligible = eligible & (near | matched if mode == "hybrid" else near)

    score = _total(terms).astype(np.float64)
    best = _best(chosen, score, eligible, top_k)
    vector_places = _places(similarity, comparable, best)
    text_places = _places(text_scores, matched, best)
    return [
        Ranked(
            seq=int(view.seq[chosen.rows[i]]),
            index=int(chosen.rows[i]),
            score=float(score[i]),
            vector_similarity=float(similarity[i]) if comparable[i] else None,
            text_score=float(text_scores[i]),
            vector_rank=vector_place if comparable[i] else None,
            text_rank=text_place if matched[i] else None,
            terms={name: float(values[i]) for name, values in terms.items()},
            matched_terms=[parsed.words[j].text for j in np.flatnonzero(frequencies[:, i]).tolist()],
        )
        for i, vector_place, text_place in zip(best.tolist(), vector_places, text_places, strict=True)
    ]


def _candidates(view: View, mask: NDArray[np.bool_] | None) -> _Candidates:
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
    return _Candidates(
        view,
        rows,
        linked.astype(np.float32),
        (session[2:] == session[:-2]).astype(np.float32),
        np.concatenate(([0], np.flatnonzero(~linked) + 1))[: len(rows)].astype(np.intp),
        entry_position,
        entry_word,
    )


def _parse(query: str, chosen: _Candidates) -> txt.Query:
    view = chosen.view
    present = np.flatnonzero(np.bincount(view.voice[chosen.rows], minlength=len(view.voices)))
    names = frozenset[str]().union(*(view.voices[i].names for i in present.tolist()))
    return txt.analyse_query(query, names, _MAX_QUERY_WORDS)


def _similarity(
    parsed: txt.Query,
    chosen: _Candidates,
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


def _term_frequencies(parsed: txt.Query, chosen: _Candidates) -> Floats:
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


def _bm25(frequencies: Floats, lengths: Floats) -> Floats:
    """BM25 (m,) of the query words, by the documents given (Robertson and Zaragoza 2009)."""
    documents = len(lengths)
    holding = np.count_nonzero(frequencies, axis=1)
    idf = np.log1p((documents - holding + 0.5) / (holding + 0.5)).astype(np.float32)
    mean = max(float(lengths.mean()), 1e-9)
    saturation = (_K1 * (1 - _B + _B * lengths / mean)).astype(np.float32)
    scores: Floats = idf @ (frequencies * (_K1 + 1) / (frequencies + saturation))
    return scores


def _hybrid_terms(
    parsed: txt.Query,
    chosen: _Candidates,
    *,
    embedder: Embedder | None,
    weights: Weights,
    similarity: Floats,
    frequencies: Floats,
    lengths: Floats,
) -> dict[str, Floats]:
    soft = _soft_match(parsed, chosen, embedder, frequencies, weights.soft_floor)
    window = _bm25(_window(frequencies, chosen), _window(lengths[None], chosen)[0])
    terms = {
        "cosine": weights.cosine * _scaled(_spread(similarity, chosen, weights)),
        "soft_match": weights.soft_match * _scaled(_spread(soft, chosen, weights)),
        "window_bm25": weights.window_bm25 * _scaled(window),
    }
    terms["session"] = weights.session * _session_strength(_total(terms), chosen)
    terms["role"] = weights.role * _role_match(parsed, chosen)
    terms["question"] = np.where(chosen.view.question[chosen.rows], np.float32(weights.question), np.float32(0))
    return terms


def _total(terms: dict[str, Floats]) -> Floats:
    total: Floats = np.add.reduce(list(terms.values()))
    return total


def _soft_match(
    parsed: txt.Query,
    chosen: _Candidates,
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


def _spread(values: Floats, chosen: _Candidates, weights: Weights) -> Floats:
    """Each turn receives a share of the turns before and after it in its session."""
    out = values.copy()
    out[1:] += np.float32(weights.spread_before) * chosen.linked * values[:-1]
    out[:-1] += np.float32(weights.spread_after) * chosen.linked * values[1:]
    return out


def _window(values: Floats, chosen: _Candidates) -> Floats:
    """Sums (k, m) over each turn and two neighbours either side in its session."""
    out = values.copy()
    out[:, 1:] += chosen.linked * values[:, :-1]
    out[:, :-1] += chosen.linked * values[:, 1:]
    out[:, 2:] += chosen.linked_twice * values[:, :-2]
    out[:, :-2] += chosen.linked_twice * values[:, 2:]
    return out


def _scaled(values: Floats) -> Floats:
    """Min-max to [0, 1]; zeros where all are equal."""
    low, high = float(values.min()), float(values.max())
    if high - low < 1e-9:
        return np.zeros_like(values)
    return (values - np.float32(low)) / np.float32(high - low)


def _session_strength(sums: Floats, chosen: _Candidates) -> Floats:
    """Mean of the three best sums of each turn's session, min-max over the sessions."""
    starts = chosen.session_starts
    sizes = np.diff(np.append(starts, len(sums)))
    session = np.repeat(np.arange(len(starts)), sizes)
    # One key instead of a sort by session and sum: the sums span less than `step`.
    step = 1.0 + float(np.ptp(sums))
    order = np.argsort(session * step - sums.astype(np.float64))
    place = np.arange(len(sums)) - np.repeat(starts, sizes)
    best = np.where(place < 3, sums[order], np.float32(0))
    means = np.add.reduceat(best, starts) / np.minimum(sizes, 3)
    strength: Floats = _scaled(means.astype(np.float32))[session]
    return strength


def _role_match(parsed: txt.Query, chosen: _Candidates) -> Floats:
    """1 where the query names the turn's role or speaker, or points to its side."""
    view = chosen.view
    meant = np.array(
        [bool(voice.names & parsed.named) or (voice.side != "" and voice.side == parsed.side) for voice in view.voices],
        np.float32,
    )
    match: Floats = meant[view.voice[chosen.rows]]
    return match


def _best(chosen: _Candidates, score: NDArray[np.float64], eligible: NDArray[np.bool_], top_k: int) -> NDArray[np.intp]:
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


def _places(values: Floats, ranked: NDArray[np.bool_], best: NDArray[np.intp]) -> list[int]:
    """Places from 1 among the ranked values, equals sharing the first."""
    ascending = np.sort(values[ranked])
    above = len(ascending) - np.searchsorted(ascending, values[best], side="right")
    places: list[int] = (1 + above).tolist()
    return places
