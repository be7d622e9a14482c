"""WordLlama static embeddings: 256 dimensions, no neural network, no network access.

Source: the `wordllama` package (MIT), table l2_supercat_256 (32,000 by 256, float16), the
tokenizer of Llama 2. The two files are read from the installed wheel directly. The package
itself is never imported: its import sets logging to INFO for the whole process, and its
loader looks for the tokenizer in a folder that the wheel does not have, and then asks
Hugging Face for it.
"""

import hashlib
import importlib.metadata
import importlib.util
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

_WEIGHTS = "weights/l2_supercat_256.safetensors"
_TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"
_TENSOR = "embedding.weight"

# Measured on one core, 1,451 turns of 27 words: the package 7,800 to 11,400 texts/s, this table
# 44,000 to 68,000 warm and 13,000 to 18,000 while it fills; 35 microseconds for a single text.
# Cosine to the package's vector above .9999 for 98 % of the texts, .986 at least: line breaks and
# double spaces count as one space here. Resident: 45 MB loaded, 57 MB with 5,000 words seen, about
# 80 MB with a full table (the tokenizer keeps 10,000 words too).
# Words gathered at once: 1,024 rows of 1 KiB stay inside the second-level cache.
_CHUNK = 1024
_LONGEST_WORD = 64
# From this many texts on, Arrow splits and numbers the words: 15 µs a text become 9 at most, of which 3 hold the
# interpreter, so that a server's event loop goes on beside an embedding thread.
_MANY = 32
_GROUP = 256


def _package_folder() -> Path:
    spec = importlib.util.find_spec("wordllama")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the package wordllama is not installed")
    return Path(spec.origin).parent


def _split(text: str) -> list[str]:
    """Words between white space; a word over 64 characters (a URL, Chinese) in pieces."""
    words = text.split()
    if len(text) <= _LONGEST_WORD or max(map(len, words), default=0) <= _LONGEST_WORD:
        return words
    return [word[i : i + _LONGEST_WORD] for word in words for i in range(0, len(word), _LONGEST_WORD)]


def _encodable(word: str) -> str:
    """The word with lone surrogates, which the tokenizer refuses, turned into '?'."""
    return word.encode("utf-8", "replace").decode("utf-8")


def _add_runs(rows: NDArray[np.float32], ends: NDArray[np.int64], out: NDArray[np.float32]) -> None:
    """Sums of the runs of `rows` that end before `ends`. A run of 22 words takes 2.9 µs, with `reduceat` 7.4."""
    start = 0
    for place, end in enumerate(ends.tolist()):
        np.add.reduce(rows[start:end], axis=0, out=out[place])
        start = end


class WordLlamaEmbedder:
    """Embeds texts as the mean of their tokens' vectors, through a table of word sums.

    Safe to call from several threads.
    """

    name = "wordllama-256"
    dimension = 256

    def __init__(self, table_words: int = 16_384) -> None:
        """Load weights and tokenizer from the wheel.

        Args:
            table_words: words whose summed vectors are kept, 1 KiB each; at least 2,048.

        Raises:
            FileNotFoundError: the package or one of its two files is missing.
        """
        if table_words < 2 * _CHUNK:
            raise ValueError(f"table_words must be at least {2 * _CHUNK}")
        # Imported here so that importing this module stays free.
        from safetensors.numpy import load  # noqa: PLC0415
        from tokenizers import Tokenizer  # noqa: PLC0415

        folder = _package_folder()
        for file in (_WEIGHTS, _TOKENIZER):
            if not (folder / file).is_file():
                raise FileNotFoundError(f"wordllama has no file {file}")
        raw = (folder / _WEIGHTS).read_bytes()
        self._vectors: NDArray[np.float16] = load(raw)[_TENSOR]
        self._tokenizer = Tokenizer.from_file(str(folder / _TOKENIZER))
        package = importlib.metadata.version("wordllama")
        self.version = f"wordllama-{package}/l2_supercat_256/{hashlib.sha256(raw).hexdigest()[:12]}"
        self._lock = threading.Lock()
        self._slot: dict[str, int] = {}
        self._word_in: list[str] = [""] * table_words
        self._free = list(range(table_words - 1, -1, -1))
        self._sums: NDArray[np.float32] = np.empty((table_words, self.dimension), np.float32)
        self._used: NDArray[np.int64] = np.zeros(table_words, np.int64)
        self._clock = 0

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors (n, 256); a text without tokens gets a row of zeros."""
        out = np.zeros((len(texts), self.dimension), np.float32)
        if len(texts) < _MANY:
            self._add_sums(texts, out)
        else:
            for first in range(0, len(texts), _GROUP):
                group = texts[first : first + _GROUP]
                if not self._add_group_sums(group, out[first : first + _GROUP]):
                    self._add_sums(group, out[first : first + _GROUP])
        norms = np.sqrt(np.einsum("ij,ij->i", out, out))
        out /= np.where(norms > 0, norms, 1.0)[:, None]
        return out

    def _add_group_sums(self, texts: Sequence[str], out: NDArray[np.float32]) -> bool:
        """Adds each text's sum to its row of `out`; False, with nothing added, for texts that need the exact way."""
        try:
            lists = pc.utf8_split_whitespace(pa.array(texts, pa.string()))
        except UnicodeEncodeError:
            return False
        words = lists.flatten()
        if len(words) > _GROUP * _CHUNK // 32 or (pc.max(pc.utf8_length(words)).as_py() or 0) > _LONGEST_WORD:
            return False
        coded = words.dictionary_encode()
        if len(coded.dictionary) > len(self._word_in) // 2:
            return False
        distinct = self._word_sums(coded.dictionary.to_pylist())
        indices = coded.indices.to_numpy()
        ends = np.cumsum(lists.value_lengths().to_numpy())
        row = 0
        while row < len(texts):
            start = ends[row - 1] if row else 0
            last = max(row + 1, int(np.searchsorted(ends, start + _CHUNK, side="right")))
            _add_runs(np.take(distinct, indices[start : ends[last - 1]], axis=0), ends[row:last] - start, out[row:last])
            row = last
        return True

    def _add_sums(self, texts: Sequence[str], out: NDArray[np.float32]) -> None:
        for first, words, lengths in self._chunks(texts):
            rows = self._word_sums(words)
            owners = np.flatnonzero(lengths)
            starts = np.concatenate(([0], np.cumsum(lengths[owners])[:-1]))
            out[first + owners] += np.add.reduceat(rows, starts, axis=0)

    def word_vectors(self, words: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors (n, 256) of single words, from the same table as `embed`."""
        return self.embed(words)

    def _chunks(self, texts: Sequence[str]) -> Iterator[tuple[int, list[str], NDArray[np.int64]]]:
        """(index of the first text, words, words per text), at most _CHUNK words each."""
        words: list[str] = []
        lengths: list[int] = []
        first = 0
        for i, text in enumerate(texts):
            own = _split(text)
            while len(words) + len(own) > _CHUNK:
                room = _CHUNK - len(words)
                words += own[:room]
                lengths.append(room)
                yield first, words, np.array(lengths)
                own = own[room:]
                first, words, lengths = i, [], []
            words += own
            lengths.append(len(own))
        if words:
            yield first, words, np.array(lengths)

    def _word_sums(self, words: list[str]) -> NDArray[np.float32]:
        """Sums of the token vectors of each word, (n, 256)."""
        with self._lock:
            found = list(map(self._slot.get, words))
            self._clock += 1
            if None in found:
                self._used[[slot for slot in found if slot is not None]] = self._clock
                missing = (word for word, slot in zip(words, found, strict=True) if slot is None)
                self._admit(list(dict.fromkeys(missing)))
                found = list(map(self._slot.get, words))
            slots = np.array(found, np.intp)
            self._used[slots] = self._clock
            return self._sums[slots]

    def _admit(self, words: list[str]) -> None:
        if len(words) > len(self._free):
            self._evict(len(words))
        sums = self._token_sums(words)
        slots = [self._free.pop() for _ in words]
        self._sums[slots] = sums
        for word, slot in zip(words, slots, strict=True):
            self._slot[word] = slot
            self._word_in[slot] = word

    def _evict(self, wanted: int) -> None:
        """Free the longest unused words, an eighth of the table or as many as wanted."""
        taken = np.fromiter(self._slot.values(), np.intp, len(self._slot))
        count = min(len(taken), max(wanted, len(self._word_in) // 8))
        oldest = taken[np.argsort(self._used[taken], kind="stable")[:count]]
        for slot in oldest.tolist():
            del self._slot[self._word_in[slot]]
            self._word_in[slot] = ""
            self._free.append(slot)

    def _token_sums(self, words: list[str]) -> NDArray[np.float32]:
        encoded = self._tokenizer.encode_batch_fast([_encodable(word) for word in words], add_special_tokens=False)
        sums = np.zeros((len(words), self.dimension), np.float32)
        tokens = [one.ids for one in encoded]
        lengths = np.array([len(one) for one in tokens])
        ids = np.array([i for one in tokens for i in one], np.intp)
        if len(ids):
            rows = self._vectors[np.minimum(ids, len(self._vectors) - 1)].astype(np.float32)
            owners = np.flatnonzero(lengths)
            starts = np.concatenate(([0], np.cumsum(lengths[owners])[:-1]))
            sums[owners] = np.add.reduceat(rows, starts, axis=0)
        return sums
