"""The WordLlama adapter: vectors, bounds, threads, no network."""

import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from interplay_server.models.wordllama import WordLlamaEmbedder


@pytest.fixture(scope="module")
def embedder():
    return WordLlamaEmbedder()


def test_loads_and_embeds_without_a_socket(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert WordLlamaEmbedder().embed(["hello"]).any()


def test_importing_the_module_loads_neither_package_nor_tokenizer():
    code = (
        "import sys, interplay_server.models.wordllama as w\n"
        "assert not {'wordllama', 'tokenizers', 'safetensors'} & set(sys.modules)\n"
        "w.WordLlamaEmbedder()\n"
        "import logging\n"
        "assert 'wordllama' not in sys.modules and not logging.getLogger().handlers\n"
    )
    path = {"PYTHONPATH": ":".join(p for p in sys.path if p)}
    subprocess.run([sys.executable, "-c", code], check=True, env=path)


def test_rows_are_unit_vectors_and_zeros_without_tokens(embedder):
    rows = embedder.embed(["I adopted a dog", "", " \n\t", "x"])
    assert rows.dtype == np.float32
    assert rows.shape == (4, embedder.dimension)
    assert np.allclose(np.linalg.norm(rows, axis=1), [1, 0, 0, 1], atol=1e-6)
    assert embedder.embed([]).shape == (0, 256)


def test_related_words_are_nearer(embedder):
    dog, puppy, invoice = embedder.word_vectors(["dog", "puppy", "invoice"])
    assert dog @ puppy > 0.5 > dog @ invoice


def test_equals_the_mean_of_all_tokens(embedder):
    """The reference is the package's own rule: tokens of the whole text, averaged."""
    text = "Caroline went to the LGBTQ support group, and it was so powerful!"
    ids = embedder._tokenizer.encode(text, add_special_tokens=False).ids
    mean = embedder._vectors[ids].astype(np.float32).mean(axis=0)
    assert embedder.embed([text])[0] @ mean / np.linalg.norm(mean) > 0.99999


def test_a_text_does_not_depend_on_its_batch(embedder):
    texts = [f"turn {i} about hiking and number {i * 7}" for i in range(400)] + ["", "word " * 3000]
    together = embedder.embed(texts)
    alone = np.concatenate([embedder.embed([text]) for text in texts])
    assert np.allclose(together, alone, atol=1e-5)


def test_the_table_stays_bounded_and_right_when_words_are_dropped():
    small = WordLlamaEmbedder(table_words=2048)
    first = small.embed(["an unusual opening sentence"])
    small.embed([" ".join(f"filler{i}" for i in range(9000))])
    assert len(small._slot) <= 2048
    assert len(small._slot) + len(small._free) == 2048
    assert "unusual" not in small._slot
    assert np.allclose(small.embed(["an unusual opening sentence"]), first, atol=1e-6)


def test_words_in_use_outlive_others():
    small = WordLlamaEmbedder(table_words=2048)
    for i in range(40):
        small.embed(["faithful"])
        small.embed([" ".join(f"w{i}x{j}" for j in range(100))])
        assert "faithful" in small._slot


@pytest.mark.parametrize("text", ["\ud800 broken", "\x00", "</s><s>", "a" * 100_000, "火" * 5000, "🦙" * 300])
def test_hostile_text_gives_a_finite_unit_vector(embedder, text):
    row = embedder.embed([text])[0]
    assert np.isfinite(row).all()
    assert np.linalg.norm(row) == pytest.approx(1, abs=1e-5)


def test_two_threads_get_the_same_rows():
    small = WordLlamaEmbedder(table_words=2048)
    texts = [" ".join(f"t{i}w{j}" for j in range(30)) for i in range(200)]
    expected = WordLlamaEmbedder().embed(texts)
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(small.embed, [texts] * 6))
    assert all(np.allclose(rows, expected, atol=1e-5) for rows in results)


def test_version_names_the_weights(embedder):
    assert embedder.version.startswith("wordllama-")
    assert len(embedder.version.rsplit("/", 1)[1]) == 12
