"""The ranking score: terms, masks, filters, ties, modes, hostile input."""

import dataclasses
import math

import numpy as np
import pytest
from interplay_server.models.wordllama import WordLlamaEmbedder
from interplay_server.retrieval import text as txt
from interplay_server.retrieval.corpus import Corpus, Turn
from interplay_server.retrieval.score import Weights, rank


@pytest.fixture(scope="module")
def embedder():
    return WordLlamaEmbedder()


TALK = [
    ("Caroline", "I adopted a small dog from the shelter."),
    ("Melanie", "That is lovely! What is its name?"),
    ("Caroline", "He is called Oscar."),
    ("Melanie", "We went camping in the mountains last week."),
    ("Caroline", "Did you see a bear while camping?"),
    ("Melanie", "No bears, only deer and a quiet lake."),
]


def turns(embedder, lines, *, session="s", first=0, role_class="user"):
    vectors = embedder.embed([text for _, text in lines])
    return [
        Turn(first + i, session, first + i, role, role_class, "", text, vectors[i])
        for i, (role, text) in enumerate(lines)
    ]


@pytest.fixture
def corpus(embedder):
    return Corpus(256, turns(embedder, TALK))


def order(hits):
    return [hit.seq for hit in hits]


def test_finds_the_answer_and_says_why(corpus, embedder):
    best = rank("What animal did Caroline adopt?", corpus, embedder)[0]
    assert best.seq == 0
    assert best.matched_terms == ["adopt"]
    assert set(best.terms) == {"cosine", "soft_match", "window_bm25", "session", "role", "question"}
    assert best.text_rank == 1


@pytest.mark.parametrize("mode", ["hybrid", "vector", "text"])
def test_terms_add_up_to_the_score(corpus, embedder, mode):
    hits = rank("camping with bears in the mountains", corpus, embedder, mode=mode)
    assert hits
    for hit in hits:
        assert sum(hit.terms.values()) == pytest.approx(hit.score, abs=1e-5)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_hybrid_returns_every_turn_and_top_k_cuts(corpus, embedder):
    assert len(rank("camping", corpus, embedder, top_k=50)) == len(TALK)
    full = rank("camping", corpus, embedder, top_k=50)
    assert rank("camping", corpus, embedder, top_k=2) == full[:2]
    assert rank("camping", corpus, embedder, top_k=0) == []


def test_text_mode_returns_only_turns_with_a_shared_word(corpus, embedder):
    hits = rank("camping bear", corpus, embedder, mode="text")
    assert set(order(hits)) == {3, 4, 5}
    assert all(hit.matched_terms and hit.score == hit.text_score for hit in hits)
    assert rank("zebra", corpus, embedder, mode="text") == []
    assert rank("what is it", corpus, embedder, mode="text") == []


def test_vector_mode_is_the_cosine(corpus, embedder):
    hits = rank("camping trip", corpus, embedder, mode="vector")
    expected = corpus.view().vectors @ embedder.embed(["camping trip"])[0]
    assert order(hits) == np.argsort(-expected).tolist()
    assert hits[0].score == pytest.approx(float(expected.max()), abs=1e-6)
    assert [hit.vector_rank for hit in hits] == [1, 2, 3, 4, 5, 6]


def reference(query, turns, embedder):  # noqa: C901
    """The score as its definition reads, one turn at a time."""
    turns = sorted(turns, key=lambda t: (t.session, t.time, t.seq))
    n = len(turns)
    names = {w for t in turns for w in txt.name_words(t.role) | txt.name_words(t.speaker)}
    parsed = txt.analyse_query(query, names, 64)
    bags = [txt.words(t.text) for t in turns]

    def near(i, j):
        return 0 <= j < n and turns[i].session == turns[j].session

    def scaled(values):
        low, high = min(values), max(values)
        return [(v - low) / (high - low) if high > low else 0 for v in values]

    def spread(v):
        before = [0.2 * v[i - 1] if near(i, i - 1) else 0 for i in range(n)]
        after = [0.1 * v[i + 1] if near(i, i + 1) else 0 for i in range(n)]
        return scaled([v[i] + before[i] + after[i] for i in range(n)])

    def bm25(documents):
        mean = sum(map(len, documents)) / n
        scores = [0.0] * n
        for word in parsed.words:
            tf = [[w.stem for w in document].count(word.stem) for document in documents]
            df = sum(map(bool, tf))
            idf = math.log(1 + (n - df + 0.5) / (df + 0.5))
            for i in range(n):
                scores[i] += idf * tf[i] * 1.9 / (tf[i] + 0.9 * (0.25 + 0.75 * len(documents[i]) / mean))
        return scores

    vector = embedder.embed([parsed.dense_text])[0]
    soft, total = [0.0] * n, 0.0
    for word in parsed.words:
        if word.text in parsed.named:
            continue
        idf = math.log(1 + n / (1 + sum(word.stem in {w.stem for w in bag} for bag in bags)))
        total += idf
        asked = embedder.word_vectors([word.text])[0]
        for i, bag in enumerate(bags):
            cosines = [float(asked @ embedder.word_vectors([w.text])[0]) for w in bag]
            soft[i] += idf * max([c for c in cosines if c >= 0.35], default=0) ** 2
    windows = [[w for j in range(i - 2, i + 3) if near(i, j) for w in bags[j]] for i in range(n)]
    terms = {
        "cosine": [0.5 * s for s in spread([float(t.vector @ vector) for t in turns])],
        "soft_match": spread([s / total for s in soft]),
        "window_bm25": [0.8 * s for s in scaled(bm25(windows))],
    }
    sums = [sum(column) for column in zip(*terms.values(), strict=True)]
    best = {}
    for session in {t.session for t in turns}:
        own = sorted((s for s, t in zip(sums, turns, strict=True) if t.session == session), reverse=True)[:3]
        best[session] = sum(own) / len(own)
    strength = dict(zip(best, scaled(list(best.values())), strict=True))
    terms["session"] = [0.45 * strength[t.session] for t in turns]
    terms["role"] = [0.3 * bool(txt.name_words(t.role) & parsed.named) for t in turns]
    terms["question"] = [-0.2 * t.text.endswith("?") for t in turns]
    return {t.seq: {k: v[i] for k, v in terms.items()} for i, t in enumerate(turns)}, dict(
        zip((t.seq for t in turns), bm25(bags), strict=True)
    )


@pytest.mark.parametrize(
    "query", ["Did Caroline see a bear when hiking?", "name of Melanie's puppy", "a quiet lake and deer in the hills"]
)
def test_equals_the_definition(embedder, query):
    """Sessions overlap in `seq`, and arrive out of time order."""
    talk = [
        *turns(embedder, TALK),
        *turns(embedder, TALK[::-1], session="t", first=10),
        *turns(embedder, [*TALK[2:4], ("Melanie", "Hello Caroline, a puppy!")], session="u", first=20),
    ]
    moved = [dataclasses.replace(t, time=(t.time * 7) % 13) for t in talk]
    terms, text_scores = reference(query, moved, embedder)
    hits = rank(query, Corpus(256, moved), embedder, top_k=100)
    assert {hit.seq for hit in hits} == set(terms)
    for hit in hits:
        assert hit.terms == pytest.approx(terms[hit.seq], abs=1e-4)
        assert hit.text_score == pytest.approx(text_scores[hit.seq], abs=1e-4)


def test_a_mask_equals_a_corpus_of_the_chosen_turns(corpus, embedder):
    """Neighbours, frequencies, sessions and participants of masked-out turns play no part."""
    mask = np.array([True, False, True, True, False, True])
    chosen = [turn for turn, keep in zip(turns(embedder, TALK), mask, strict=True) if keep]
    query = "Did Caroline or Melanie see a bear while camping?"
    masked = rank(query, corpus, embedder, mask=mask)
    alone = rank(query, Corpus(256, chosen), embedder)
    assert order(masked) == order(alone)
    for one, other in zip(masked, alone, strict=True):
        assert one.terms == pytest.approx(other.terms, abs=1e-5)


def test_a_masked_neighbour_gives_no_window_score(embedder):
    lines = [("A", "the zeppelin landed"), ("A", "yes"), ("A", "tomatoes"), ("A", "unrelated gardening")]
    corpus = Corpus(256, turns(embedder, lines))
    only_window = Weights(cosine=0, soft_match=0, session=0, role=0, question=0)
    near = {h.seq: h.score for h in rank("zeppelin", corpus, embedder, weights=only_window)}
    assert near[1] > 0 and near[2] > 0 and near[3] == 0
    mask = np.array([False, True, True, True])
    masked = rank("zeppelin", corpus, embedder, mask=mask, weights=only_window)
    assert [hit.score for hit in masked] == [0, 0, 0]


def test_neighbours_stop_at_the_session(embedder):
    lines = [("A", "the zeppelin landed"), ("A", "yes")]
    corpus = Corpus(256, turns(embedder, lines[:1]) + turns(embedder, lines[1:], session="t", first=1))
    only_window = Weights(cosine=0, soft_match=0, session=0, role=0, question=0)
    scores = {h.seq: h.score for h in rank("zeppelin", corpus, embedder, weights=only_window)}
    assert scores[0] > 0 and scores[1] == 0


def test_turns_out_of_time_order_have_the_neighbours_of_their_time(embedder):
    ordered = turns(embedder, TALK)
    shuffled = Corpus(256, [ordered[i] for i in (4, 0, 5, 2, 1, 3)])
    assert order(rank("camping bear", shuffled, embedder)) == order(
        rank("camping bear", Corpus(256, ordered), embedder)
    )


def test_equal_scores_are_newest_first(embedder):
    vector = embedder.embed(["same words"])[0]
    corpus = Corpus(
        256,
        [
            Turn(seq, f"s{seq}", time, "user", "user", "", "same words", vector)
            for seq, time in ((1, 50), (2, 90), (3, 50), (4, 10))
        ],
    )
    for mode in ("hybrid", "vector", "text"):
        assert order(rank("same words", corpus, embedder, mode=mode)) == [2, 3, 1, 4]
        assert order(rank("same words", corpus, embedder, mode=mode, top_k=2)) == [2, 3]
    assert {hit.vector_rank for hit in rank("same words", corpus, embedder)} == {1}


def test_a_named_speaker_gains_by_role_or_speaker_field(embedder):
    vector = embedder.embed(["tea"])[0]
    corpus = Corpus(
        256,
        [
            Turn(1, "a", 1, "Ana", "user", "", "tea", vector),
            Turn(2, "b", 2, "user", "user", "Ben", "tea", vector),
        ],
    )
    assert order(rank("Ana's tea", corpus, embedder)) == [1, 2]
    ben = rank("tea of Ben", corpus, embedder)
    assert order(ben) == [2, 1]
    assert [hit.terms["role"] for hit in ben] == pytest.approx([0.3, 0])


def test_pronouns_point_to_sides_but_not_to_named_roles(embedder):
    vector = embedder.embed(["tea"])[0]
    corpus = Corpus(
        256,
        [
            Turn(1, "a", 1, "user", "user", "", "tea", vector),
            Turn(2, "b", 2, "agent", "agent", "", "tea", vector),
            Turn(3, "c", 3, "Ana", "user", "", "tea", vector),
        ],
    )
    role = {hit.seq: hit.terms["role"] for hit in rank("my tea", corpus, embedder)}
    assert role == pytest.approx({1: 0.3, 2: 0, 3: 0})
    assert rank("what tea did you recommend", corpus, embedder)[0].seq == 2


def test_a_question_costs(embedder):
    vector = embedder.embed(["camping"])[0]
    corpus = Corpus(
        256,
        [
            Turn(1, "a", 1, "user", "user", "", "Camping.", vector),
            Turn(2, "b", 2, "user", "user", "", "Camping?", vector),
        ],
    )
    hits = rank("camping", corpus, embedder)
    assert order(hits) == [1, 2]
    assert hits[1].terms["question"] == pytest.approx(-0.2)


def test_the_soft_match_finds_a_synonym(embedder):
    lines = [("A", "we bought a puppy"), ("A", "we bought a lamp")]
    corpus = Corpus(256, [t for i, line in enumerate(lines) for t in turns(embedder, [line], session=str(i), first=i)])
    hits = rank("dog", corpus, embedder, weights=Weights(cosine=0))
    assert hits[0].seq == 0
    assert hits[0].terms["soft_match"] == pytest.approx(1)
    assert hits[0].terms["window_bm25"] == 0


def test_min_similarity_spares_hybrid_hits_with_a_shared_word(corpus, embedder):
    hybrid = rank("camping", corpus, embedder, min_similarity=0.99)
    assert set(order(hybrid)) == {3, 4}
    assert rank("camping", corpus, embedder, mode="vector", min_similarity=0.99) == []
    kept = rank("camping", corpus, embedder, mode="vector", min_similarity=0.2)
    assert kept
    assert all(hit.vector_similarity >= 0.2 for hit in kept)
    assert len(rank("camping", corpus, embedder, mode="text", min_similarity=0.99)) == 2
    with pytest.raises(ValueError, match="NaN"):
        rank("camping", corpus, embedder, min_similarity=float("nan"))


@pytest.mark.parametrize(
    ("lines", "query", "expected"),
    [
        ([("A", "Ich habe gestern einen Hund gekauft"), ("A", "Das Wetter ist schön")], "Welchen Hund hast du?", 0),
        ([("A", "昨日は雨でした"), ("A", "新しい犬を飼い始めました")], "犬について", 1),
        ([("A", "Вчера мы купили собаку"), ("A", "Погода хорошая")], "собаку", 0),
        ([("A", "오늘은 비가 온다"), ("A", "강아지를 샀어요")], "강아지", 1),
    ],
)
def test_other_languages(embedder, lines, query, expected):
    corpus = Corpus(256, [t for i, line in enumerate(lines) for t in turns(embedder, [line], session=str(i), first=i)])
    best = rank(query, corpus, embedder)[0]
    assert best.seq == expected
    assert best.matched_terms
    assert order(rank(query, corpus, embedder, mode="text"))[0] == expected


@pytest.mark.parametrize(
    "query",
    ["", "   ", "what is the", "\x00\ud800", "')) OR 1=1 --", "🙂", "a" * 10_000, "word " * 2000, "Caroline", ".*+?[("],
)
def test_any_query_ranks_every_turn(corpus, embedder, query):
    hits = rank(query, corpus, embedder)
    assert len(hits) == len(TALK)
    assert all(np.isfinite(hit.score) for hit in hits)


def test_a_long_query_of_many_words(corpus, embedder):
    query = " ".join(f"word{i}" for i in range(1200)) + " camping"
    assert len(rank(query, corpus, embedder)) == len(TALK)


def test_empty_corpus_and_empty_mask(corpus, embedder):
    for mode in ("hybrid", "vector", "text"):
        assert rank("camping", Corpus(256), embedder, mode=mode) == []
        assert rank("camping", corpus, embedder, mode=mode, mask=np.zeros(6, bool)) == []


def test_a_single_turn(embedder):
    corpus = Corpus(256, turns(embedder, TALK[:1]))
    assert len(rank("dog", corpus, embedder)) == 1


def test_broken_vectors_count_as_none(embedder):
    good = embedder.embed(["tea"])[0]
    broken = np.full(256, np.nan, np.float32)
    corpus = Corpus(
        256,
        [
            Turn(1, "a", 1, "user", "user", "", "tea", good),
            Turn(2, "a", 2, "user", "user", "", "tea", broken),
            Turn(3, "a", 3, "user", "user", "", "tea", None),
        ],
    )
    assert order(rank("tea", corpus, embedder, mode="vector")) == [1]
    hits = rank("tea", corpus, embedder)
    assert all(np.isfinite(hit.score) for hit in hits)
    assert {hit.seq: hit.vector_rank for hit in hits} == {1: 1, 2: None, 3: None}
    assert rank("tea", corpus, embedder, query_vector=broken, mode="vector") == []
    assert len(rank("tea", corpus, embedder, query_vector=broken)) == 3


def test_without_an_embedder_text_still_ranks(corpus):
    hits = rank("small dog", corpus, None)
    assert hits[0].seq == 0
    assert hits[0].vector_similarity is None
    assert hits[0].terms["window_bm25"] > 0
    assert rank("small dog", corpus, None, mode="text")[0].seq == 0
    with pytest.raises(ValueError, match="embedder"):
        rank("camping", corpus, None, mode="vector")


def test_a_given_query_vector_is_used(corpus, embedder):
    given = embedder.embed(["a quiet lake with deer"])[0]
    assert rank("unrelated", corpus, embedder, query_vector=given, mode="vector")[0].seq == 5


def test_wrong_shapes_are_refused(corpus, embedder):
    with pytest.raises(ValueError, match="mask"):
        rank("x", corpus, embedder, mask=np.ones(3, bool))
    with pytest.raises(ValueError, match="query vector"):
        rank("x", corpus, embedder, query_vector=np.ones(3, np.float32))


def test_names_are_kept_out_of_the_query_vector(corpus):
    asked = []

    class Spy(WordLlamaEmbedder):
        def embed(self, texts):
            asked.extend(texts)
            return super().embed(texts)

    rank("When did Caroline go camping?", corpus, Spy())
    assert asked[0] == "When did  go camping?"


def test_the_same_search_gives_the_same_hits(corpus, embedder):
    first = rank("camping with Caroline", corpus, embedder)
    assert all(rank("camping with Caroline", corpus, embedder) == first for _ in range(3))
    again = Corpus(256, turns(embedder, TALK))
    assert rank("camping with Caroline", again, embedder) == first
