"""The corpus: any history of appends and removals equals a fresh corpus."""

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interplay_server.models.wordllama import WordLlamaEmbedder
from interplay_server.retrieval.corpus import Corpus, Turn
from interplay_server.retrieval.score import rank

EMBEDDER = WordLlamaEmbedder()
WORDS = ["dog", "puppy", "camping", "lake", "bear", "tea", "coffee", "violin", "Ana", "Ben", "paint", "school?"]


def turn(seq, text="a dog by the lake", *, session="s", time=None, role="user"):
    at = seq if time is None else time
    return Turn(seq, session, at, role, "user", "", text, EMBEDDER.embed([text])[0])


texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
operations = st.lists(
    st.one_of(
        st.tuples(
            st.just("append"),
            st.integers(0, 30),
            texts,
            st.sampled_from("abc"),
            st.integers(0, 5),
            st.sampled_from(["user", "Ana", "Ben"]),
        ),
        st.tuples(st.just("remove"), st.integers(0, 30)),
        st.tuples(st.just("rank")),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(operations, texts)
def test_any_history_equals_a_fresh_corpus(history, query):
    corpus, model = Corpus(256), {}
    for step in history:
        if step[0] == "append":
            _, seq, text, session, time, role = step
            new = turn(seq, text, session=session, time=time, role=role)
            corpus.append(new)
            model.setdefault(seq, new)
        elif step[0] == "remove":
            assert corpus.remove([step[1]]) == (model.pop(step[1], None) is not None)
        else:
            rank(query, corpus, EMBEDDER)
    assert len(corpus) == len(model)
    fresh = Corpus(256, model.values())
    for mode in ("hybrid", "vector", "text"):
        found = rank(query, corpus, EMBEDDER, top_k=100, mode=mode)
        expected = rank(query, fresh, EMBEDDER, top_k=100, mode=mode)
        by_seq = {hit.seq: hit for hit in expected}
        assert {hit.seq for hit in found} == set(by_seq)
        for hit in found:
            assert hit.terms == pytest.approx(by_seq[hit.seq].terms, abs=1e-4)
            assert hit.matched_terms == by_seq[hit.seq].matched_terms


def test_a_turn_is_there_once():
    corpus = Corpus(256, [turn(1), turn(1, "another text")])
    corpus.append(turn(1))
    assert len(corpus) == len(corpus.view()) == 1


def test_a_removed_turn_may_come_back_changed():
    corpus = Corpus(256, [turn(1), turn(2)])
    corpus.view()
    corpus.remove([1])
    corpus.append(turn(1, "violin"))
    assert [hit.seq for hit in rank("violin", corpus, EMBEDDER, mode="text")] == [1]
    assert len(corpus.view()) == 2


def test_a_view_does_not_change():
    corpus = Corpus(256, [turn(i) for i in range(5)])
    view = corpus.view()
    before = rank("dog", view, EMBEDDER)
    corpus.extend(turn(i, "violin dog") for i in range(5, 50))
    corpus.remove([0, 1])
    corpus.view()
    assert rank("dog", view, EMBEDDER) == before
    with pytest.raises(ValueError, match="read-only"):
        view.seq[0] = 7


def test_rows_follow_the_view():
    corpus = Corpus(256, [turn(i) for i in range(6)])
    corpus.view()
    corpus.remove([2])
    view = corpus.view()
    assert view.seq.tolist() == [0, 1, 3, 4, 5]
    hits = rank("dog", view, EMBEDDER, mask=view.seq == 3)
    assert [(hit.seq, hit.index) for hit in hits] == [(3, 2)]


def test_unused_words_are_dropped_in_time():
    corpus = Corpus(256)
    for first in range(0, 8000, 200):
        corpus.extend(Turn(i, "s", i, "user", "user", "", f"word{i} thing{i}", None) for i in range(first, first + 200))
        corpus.remove(range(first - 200, first))
        corpus.view()
    assert len(corpus.view().word_stem) <= 2000
    assert [hit.seq for hit in rank("word7999", corpus, EMBEDDER, mode="text")] == [7999]


def test_size_is_counted():
    corpus = Corpus(256)
    empty = corpus.nbytes
    corpus.append(turn(1))
    pending = corpus.nbytes
    assert pending - empty > 1024
    corpus.view()
    corpus.extend(turn(i) for i in range(2, 200))
    corpus.view()
    assert corpus.nbytes > 199 * 1024


def test_a_wrong_vector_is_refused():
    with pytest.raises(ValueError, match="shape"):
        Corpus(8, [turn(1)])


def test_searches_during_appends_see_whole_turns():
    corpus = Corpus(256, [turn(0)])
    new = [turn(i, f"dog number{i}") for i in range(1, 400)]
    stop = threading.Event()
    failures = []

    def search():
        while not stop.is_set():
            hits = rank("dog", corpus, EMBEDDER, mode="text", top_k=1000)
            seqs = sorted(hit.seq for hit in hits)
            if seqs != list(range(len(seqs))):
                failures.append(seqs)

    thread = threading.Thread(target=search)
    thread.start()
    for one in new:
        corpus.append(one)
    stop.set()
    thread.join()
    assert not failures
    assert np.array_equal(corpus.view().seq, np.arange(400))
