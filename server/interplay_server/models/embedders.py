"""The embedders of this server, by name: the static table in three widths, and MiniLM where its folder is configured.

The table was trained so that the first numbers of a vector are a vector too (matryoshka): wordllama-64 and -128 are
its first 64 and 128 numbers, made to unit length again.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from interplay_server.domain.embedding import Offered
from interplay_server.domain.ports import Embedder
from interplay_server.models.minilm import MiniLmEmbedder, find_model
from interplay_server.models.wordllama import WordLlamaEmbedder

NARROW = (64, 128)
DEFAULT = WordLlamaEmbedder.name


class NarrowEmbedder:
    """The first `dimension` numbers of another embedder's vectors, which must have been trained for that."""

    def __init__(self, whole: Embedder, dimension: int, name: str) -> None:
        self._whole, self.dimension, self.name = whole, dimension, name

    def embed(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        """Unit vectors (n, dimension); a text without tokens gets a row of zeros."""
        rows: NDArray[np.float32] = np.ascontiguousarray(self._whole.embed(texts)[:, : self.dimension])
        norms = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        rows /= np.where(norms > 0, norms, 1.0)[:, None]
        return rows

    def word_vectors(self, words: Sequence[str], /) -> NDArray[np.float32]:
        return self.embed(words)


def _narrow(whole: Embedder, dimension: int) -> NarrowEmbedder:
    return NarrowEmbedder(whole, dimension, f"{whole.name.split('-', maxsplit=1)[0]}-{dimension}")


class SentenceEmbedder:
    """Texts by a transformer, single words by a static table: a word of a vocabulary would cost 8 ms otherwise. The
    words' vectors end in zeros, which leaves their cosines as they are.
    """

    def __init__(self, sentences: MiniLmEmbedder, words: Embedder) -> None:
        self._sentences = sentences
        self._words = words if words.dimension <= sentences.dimension else _narrow(words, sentences.dimension)
        self.name, self.dimension = sentences.name, sentences.dimension

    def embed(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        return self._sentences.embed(texts)

    def word_vectors(self, words: Sequence[str], /) -> NDArray[np.float32]:
        out = np.zeros((len(words), self.dimension), np.float32)
        out[:, : self._words.dimension] = self._words.word_vectors(words)
        return out


class ServerEmbedders:
    """See `domain.embedding.Embedders`. `static` and `minilm` are what they are made of."""

    def __init__(self, *, default: str = DEFAULT, minilm_folder: str = "") -> None:
        """Raises FileNotFoundError for a folder that holds no model, LookupError for a default that is not there."""
        self.static = WordLlamaEmbedder()
        self.minilm: MiniLmEmbedder | None = None
        made: list[Embedder] = [_narrow(self.static, width) for width in NARROW]
        made.append(self.static)
        if minilm_folder:
            folder = find_model(Path(minilm_folder))
            assert folder is not None  # noqa: S101 - of a folder that was given, or it raises
            self.minilm = MiniLmEmbedder(folder)
            made.append(SentenceEmbedder(self.minilm, self.static))
        self._by_name = {one.name: one for one in made}
        if default not in self._by_name:
            raise LookupError(f"no embedder {default!r} here, only {', '.join(self._by_name)}")
        self._default = self._by_name[default]

    @property
    def default(self) -> Embedder:
        return self._default

    def offered(self) -> list[Offered]:
        return [Offered(one.name, one.dimension) for one in self._by_name.values()]

    def get(self, name: str) -> Embedder | None:
        return self._by_name.get(name)
