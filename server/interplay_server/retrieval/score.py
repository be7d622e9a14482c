"""The score of a turn for a query: a sum of named, weighted terms.

Source and weights: measured on LoCoMo (developer part: recall@10 .83, NDCG@10 .65; the parts
held out and REALTALK confirm), see tests/bench/locomo.py.
"""

import math
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from interplay_server.domain.ports import Embedder
from interplay_server.retrieval import text as txt
from interplay_server.retrieval.corpus import Corpus, Floats, View
from interplay_server.retrieval.terms import (
    Candidates,
    best_rows,
    bm25,
    candidates,
    parse,
    places,
    similarities,
    soft_match,
    term_frequencies,
)

Mode = Literal["hybrid", "vector", "text"]


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
    chosen = candidates(view, mask)
    if not len(chosen.rows) or top_k < 1:
        return []
    parsed = parse(query, chosen)
    similarity, comparable = similarities(parsed, chosen, embedder, query_vector)
    frequencies = term_frequencies(parsed, chosen)
    lengths = np.bincount(chosen.entry_position, minlength=len(chosen.rows)).astype(np.float32)
    text_scores = bm25(frequencies, lengths)
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
    best = best_rows(chosen, score, eligible, top_k)
    vector_places = places(similarity, comparable, best)
    text_places = places(text_scores, matched, best)
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


def _hybrid_terms(
    parsed: txt.Query,
    chosen: Candidates,
    *,
    embedder: Embedder | None,
    weights: Weights,
    similarity: Floats,
    frequencies: Floats,
    lengths: Floats,
) -> dict[str, Floats]:
    soft = soft_match(parsed, chosen, embedder, frequencies, weights.soft_floor)
    window = bm25(_window(frequencies, chosen), _window(lengths[None], chosen)[0])
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


def _spread(values: Floats, chosen: Candidates, weights: Weights) -> Floats:
    """Each turn receives a share of the turns before and after it in its session."""
    out = values.copy()
    out[1:] += np.float32(weights.spread_before) * chosen.linked * values[:-1]
    out[:-1] += np.float32(weights.spread_after) * chosen.linked * values[1:]
    return out


def _window(values: Floats, chosen: Candidates) -> Floats:
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


def _session_strength(sums: Floats, chosen: Candidates) -> Floats:
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


def _role_match(parsed: txt.Query, chosen: Candidates) -> Floats:
    """1 where the query names the turn's role or speaker, or points to its side."""
    view = chosen.view
    meant = np.array(
        [bool(voice.names & parsed.named) or (voice.side != "" and voice.side == parsed.side) for voice in view.voices],
        np.float32,
    )
    match: Floats = meant[view.voice[chosen.rows]]
    return match
