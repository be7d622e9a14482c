"""Search over statements: score, ties, threshold, modes, incremental change, hostile input, quality."""

import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interplay_server.models.wordllama import WordLlamaEmbedder
from interplay_server.retrieval.statements import Statement, StatementCorpus, StatementWeights

from tests.bench import prefeval

EMBEDDER = WordLlamaEmbedder()
FACTS = {
    "a": "Lives in Lisbon near the river.",
    "b": "Has a beagle called Biscuit.",
    "c": "Is allergic to peanuts and avoids satay.",
    "d": "Prefers trains to aeroplanes for short journeys.",
    "e": "Works as a nurse on night shifts.",
}


def statements(facts=FACTS):
    return [Statement(name, text, time) for time, (name, text) in enumerate(facts.items())]


@pytest.fixture(scope="module")
def corpus():
    return StatementCorpus.of(EMBEDDER, statements())


def ids(hits):
    return [hit.id for hit in hits]


class Counting:
    """The default embedder, counting the texts that it is given."""

    name, dimension = EMBEDDER.name, EMBEDDER.dimension

    def __init__(self):
        self.texts, self.words = [], []

    def embed(self, texts, /):
        self.texts += texts
        return EMBEDDER.embed(texts)

    def word_vectors(self, words, /):
        self.words += words
        return EMBEDDER.word_vectors(words)


class Broken(Counting):
    def embed(self, texts, /):
        raise RuntimeError("no model")


def test_finds_what_matters_and_says_why(corpus):
    best = corpus.rank("Can you recommend a snack without peanuts?")[0]
    assert best.id == "c" and corpus.texts[best.index] == FACTS["c"]
    assert best.matched_terms == ["peanuts"]
    assert best.rank_vector == best.rank_text == 1
    assert set(best.parts) == {"cosine", "soft_match"}


def test_finds_what_shares_no_word(corpus):
    best = corpus.rank("which dog breed")[0]
    assert (best.id, best.text_score, best.rank_text, best.matched_terms) == ("b", None, None, [])


@pytest.mark.parametrize("mode", ["hybrid", "vector", "text"])
def test_parts_add_up_to_the_score_and_scores_fall(corpus, mode):
    hits = corpus.rank("a night train from Lisbon with a nurse", mode=mode)
    assert hits
    for hit in hits:
        assert sum(hit.parts.values()) == pytest.approx(hit.score, abs=1e-6)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_the_score_is_cosine_and_soft_match(corpus):
    """The reference computes both word by word."""
    query, words = "peanut allergy", ["peanut", "allergy"]
    vector = EMBEDDER.embed([query])[0]
    query_words = EMBEDDER.word_vectors(words)
    lower = {name: text.lower().strip(".").split() for name, text in FACTS.items()}
    stop = {"in", "the", "a", "is", "to", "and", "for", "as", "on", "has"}
    # "peanut" and "peanuts" share a stem, "allergy" and "allergic" do not.
    idf = np.log1p(len(FACTS) / (np.array([1, 0]) + 1))
    for hit in corpus.rank(query):
        cosine = float(EMBEDDER.embed([FACTS[hit.id]])[0] @ vector)
        own = EMBEDDER.word_vectors([word for word in lower[hit.id] if word not in stop])
        likeness = query_words @ own.T
        likeness[likeness < 0.35] = 0
        soft = float(idf @ np.square(likeness).max(axis=1) / idf.sum())
        assert hit.vector_similarity == pytest.approx(cosine, abs=1e-5)
        assert hit.score == pytest.approx(cosine + 0.6 * soft, abs=1e-5)


def test_weights_are_obeyed():
    only_words = StatementCorpus.of(EMBEDDER, statements(), weights=StatementWeights(cosine=0, soft_match=2))
    hit = only_words.rank("beagle")[0]
    assert hit.id == "b" and hit.score == pytest.approx(2, abs=1e-5) and hit.parts["cosine"] == 0


def test_words_of_asking_count_for_nothing_beside_the_matter(corpus):
    bare = corpus.rank("peanuts")
    framed = corpus.rank("Would you please recommend some peanuts")
    assert ids(framed)[0] == ids(bare)[0]
    assert framed[0].parts["soft_match"] == pytest.approx(bare[0].parts["soft_match"], abs=1e-6)
    # Where nothing else is asked, the whole query counts.
    assert corpus.rank("what would you recommend")[0].vector_similarity is not None


@pytest.mark.parametrize("query", ["", "  \n\t "])
@pytest.mark.parametrize("mode", ["hybrid", "vector", "text"])
def test_an_empty_query_lists_the_newest(corpus, query, mode):
    hits = corpus.rank(query, top_k=3, mode=mode, threshold=0.9)
    assert ids(hits) == ["e", "d", "c"]
    assert all(hit.score == 0 and not hit.parts for hit in hits)


def test_equal_scores_newest_first_then_by_id():
    same = "Likes green tea."
    times = {"z": 5, "m": 9, "b": 5, "a": 1, "k": 5}
    corpus = StatementCorpus.of(EMBEDDER, [Statement(name, same, time) for name, time in times.items()])
    for query in ("green tea", ""):
        assert ids(corpus.rank(query)) == ["m", "b", "k", "z", "a"]
        assert ids(corpus.rank(query, top_k=3)) == ["m", "b", "k"]
    assert {hit.rank_vector for hit in corpus.rank("green tea")} == {1}


def test_text_mode_returns_only_what_shares_a_word_and_asks_no_embedder():
    corpus = StatementCorpus.of(EMBEDDER, statements())
    broken = StatementCorpus.of(
        Broken(), [Statement(one.id, one.text, one.time, EMBEDDER.embed([one.text])[0]) for one in statements()]
    )
    hits = broken.rank("a nurse in Lisbon", mode="text")
    assert set(ids(hits)) == {"a", "e"} and hits == corpus.rank("a nurse in Lisbon", mode="text")
    assert all(hit.score == hit.text_score and hit.vector_similarity is None for hit in hits)
    assert broken.rank("zebra", mode="text") == []
    with pytest.raises(RuntimeError, match="no model"):
        broken.rank("a nurse in Lisbon")


def test_the_threshold_is_of_the_vector_and_full_text_matches_survive(corpus):
    everything = corpus.rank("beagle Biscuit")
    assert len(everything) == len(FACTS)
    # No cosine reaches .99; "b" holds both words, "e" and the others do not.
    assert ids(corpus.rank("beagle Biscuit", threshold=0.99)) == ["b"]
    assert ids(corpus.rank("beagle Lisbon", threshold=0.99)) == []
    assert ids(corpus.rank("please recommend something for a beagle", threshold=0.99)) == ["b"]
    assert corpus.rank("beagle Biscuit", threshold=0.99, mode="vector") == []
    assert ids(corpus.rank("beagle Biscuit", threshold=0.99, mode="text")) == ["b"]
    middle = sorted(hit.vector_similarity for hit in everything)[2]
    kept = corpus.rank("zebra crossing", threshold=middle)
    assert all(hit.vector_similarity >= middle for hit in kept)
    assert corpus.rank("recommend", threshold=0.99) == []
    with pytest.raises(ValueError, match="NaN"):
        corpus.rank("beagle", threshold=float("nan"))


def test_a_mask_leaves_rows_out(corpus):
    mask = np.array([name != "b" for name in corpus.ids])
    hits = corpus.rank("beagle", mask=mask)
    assert set(ids(hits)) == set(FACTS) - {"b"}
    assert all(corpus.ids[hit.index] == hit.id for hit in hits)
    assert ids(corpus.rank("", mask=mask, top_k=9)) == ["e", "d", "c", "a"]
    assert corpus.rank("beagle", mask=np.zeros(5, bool)) == []
    with pytest.raises(ValueError, match="mask has shape"):
        corpus.rank("beagle", mask=np.ones(4, bool))


def test_top_k_cuts(corpus):
    full = corpus.rank("river train", top_k=100)
    assert corpus.rank("river train", top_k=2) == full[:2]
    assert corpus.rank("river train", top_k=0) == []


def test_a_query_vector_replaces_the_embedded_query(corpus):
    hits = corpus.rank("zebra", query_vector=EMBEDDER.embed([FACTS["d"]])[0], mode="vector")
    assert hits[0].id == "d" and hits[0].score == pytest.approx(1, abs=1e-5)
    with pytest.raises(ValueError, match="query vector has shape"):
        corpus.rank("zebra", query_vector=np.zeros(3, np.float32))


def test_an_empty_corpus_and_statements_without_tokens():
    empty = StatementCorpus.of(EMBEDDER)
    assert len(empty) == 0 and empty.rank("anything") == [] and empty.rank("") == []
    blank = empty.with_changes([Statement("x", ""), Statement("y", "tea")])
    hit = blank.rank("tea", top_k=5)[-1]
    assert hit.id == "x" and hit.vector_similarity is None and hit.rank_vector is None
    assert ids(blank.rank("tea", mode="vector")) == ["y"]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_vector_that_is_no_number_counts_as_none(bad):
    broken = np.full(256, bad, np.float32)
    corpus = StatementCorpus.of(EMBEDDER, [Statement("x", "tea", 0, broken), Statement("y", "coffee")])
    assert {hit.id: hit.vector_similarity is None for hit in corpus.rank("tea")} == {"x": True, "y": False}


def test_a_vector_of_the_wrong_shape_is_refused():
    with pytest.raises(ValueError, match="vector of x has shape"):
        StatementCorpus.of(EMBEDDER, [Statement("x", "tea", 0, np.zeros(3, np.float32))])


def test_only_changes_are_analysed_and_embedded():
    embedder = Counting()
    corpus = StatementCorpus.of(embedder, statements())
    corpus.rank("tea")
    embedder.texts.clear()
    embedder.words.clear()
    changed = corpus.with_changes(
        [Statement("b", "Has a poodle called Pepper.", 9), Statement("a", FACTS["a"], 10)], deleted=["c", "unknown"]
    )
    assert embedder.texts == ["Has a poodle called Pepper."]
    changed.rank("coffee")
    assert set(embedder.words) == {"poodle", "pepper", "coffee"}
    assert changed.ids == ("a", "b", "d", "e") and changed.times.tolist() == [10, 9, 3, 4]
    assert ids(changed.rank("", top_k=2)) == ["a", "b"]
    # The corpus before is what it was.
    assert corpus.rank("beagle")[0].id == "b" and corpus.texts[1] == FACTS["b"] and len(corpus) == 5
    assert corpus.with_changes() is corpus


WORDS = [
    "tea",
    "coffee",
    "river",
    "dog",
    "beagle",
    "train",
    "nurse",
    "peanuts",
    "garden",
    "Lisbon",
    "likes",
    "avoids",
    "café",
    "緑茶",
    "чай",
]
TEXT = st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join)
CHANGE = st.tuples(
    st.lists(st.tuples(st.sampled_from("abcdefgh"), TEXT, st.integers(0, 5)), max_size=4),
    st.lists(st.sampled_from("abcdefgh"), max_size=3),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(CHANGE, max_size=6), TEXT)
def test_changes_lead_to_the_same_corpus_as_a_fresh_one(changes, query):
    corpus, now = StatementCorpus.of(EMBEDDER), {}
    for upserts, deleted in changes:
        corpus = corpus.with_changes([Statement(*one) for one in upserts], deleted)
        for name in deleted:
            now.pop(name, None)
        now |= {name: Statement(name, text, time) for name, text, time in upserts}
    fresh = StatementCorpus.of(EMBEDDER, now.values())
    assert (corpus.ids, corpus.texts, corpus.times.tolist()) == (fresh.ids, fresh.texts, fresh.times.tolist())
    for mode in ("hybrid", "vector", "text"):
        got, expected = corpus.rank(query, mode=mode), fresh.rank(query, mode=mode)
        assert ids(got) == ids(expected)
        for one, other in zip(got, expected, strict=True):
            assert one.score == pytest.approx(other.score, abs=1e-5)
            assert one.matched_terms == other.matched_terms
            assert (one.rank_vector, one.rank_text) == (other.rank_vector, other.rank_text)


def test_words_that_nobody_uses_any_more_are_dropped():
    corpus = StatementCorpus.of(EMBEDDER, [Statement("keep", "green tea")])
    for n in range(6):
        corpus = corpus.with_changes([Statement("other", " ".join(f"w{n}x{i}" for i in range(400)))])
    assert len(corpus.view.vocabulary.words) < 1500
    assert corpus.rank("tea", mode="text")[0].id == "keep"
    assert corpus.rank("w5x7", mode="text")[0].id == "other"
    assert corpus.rank("w0x7", mode="text") == []


def test_two_branches_of_one_corpus_do_not_disturb_each_other():
    base = StatementCorpus.of(EMBEDDER, statements())

    def branch(n):
        own = base
        for i in range(20):
            own = own.with_changes([Statement(f"n{i}", f"branch{n} number{n}x{i} likes tea", i)])
            assert own.rank(f"number{n}x{i}", mode="text")[0].id == f"n{i}"
            assert own.rank(f"number{n}x{i} tea", top_k=1)[0].score > 0
        return own

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(branch, range(4)))
    for n, own in enumerate(made):
        other = (n + 1) % 4
        assert len(own) == 25 and own.rank(f"branch{other}", mode="text") == []


def test_another_model_may_give_the_words():
    class Reversed(Counting):
        """Vectors of another space and size."""

        dimension = 64

        def embed(self, texts, /):
            return EMBEDDER.embed(texts)[:, :64] * np.float32(3)

        def word_vectors(self, words, /):
            raise AssertionError("words come from the other model")

    corpus = StatementCorpus.of(Reversed(), statements(), words=EMBEDDER)
    assert corpus.vectors.shape == (5, 64)
    assert corpus.rank("beagle")[0].id == "b"


@pytest.mark.parametrize(
    "query",
    ["\x00", "a" * 10_000, "火" * 3000, "🦙🦙", "' OR 1=1 --", "\ud800", "word " * 2000, "ﬁ ½ ①", "\u202e\u200b"],
)
def test_hostile_queries_rank_something_or_nothing(corpus, query):
    for mode in ("hybrid", "vector", "text"):
        for hit in corpus.rank(query, mode=mode):
            assert np.isfinite(hit.score)


def test_unspaced_and_other_scripts():
    corpus = StatementCorpus.of(EMBEDDER, [Statement("ja", "緑茶が好きです"), Statement("ru", "любит зелёный чай")])
    assert corpus.rank("緑茶")[0].id == "ja"
    assert corpus.rank("зелёный чай", mode="text")[0].id == "ru"


def test_prefeval_in_one_pool():
    folder = prefeval.data_folder()
    if folder is None:
        pytest.skip("no PrefEval data; set INTERPLAY_DATA to the folder that holds prefeval/")
    wishes = prefeval.load(folder)
    random.Random(3).shuffle(wishes)
    result = prefeval.measure_client(prefeval.OfflineSearch(wishes, EMBEDDER), wishes)
    assert result["recall@10"] >= 0.34
