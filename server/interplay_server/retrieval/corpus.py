"""The turns that a search ranks, in columns, with all that the score needs once per turn."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from interplay_server.domain.ports import Embedder
from interplay_server.retrieval import text as txt

Floats = NDArray[np.float32]

_MAX_PENDING = 1024
_ENTRY_BYTES = 120
# A vocabulary of which less than half is in use is rebuilt, from this many words on.
_REBUILD_WORDS = 1000


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn as it is indexed."""

    seq: int
    """Unique in the corpus; higher is newer."""
    session: tuple[str, str] | str
    """Neighbours are looked for inside one session; (user, session) where users are mixed."""
    time: int
    """Event time in microseconds; orders the turns of a session, before `seq`."""
    role: str
    role_class: str
    """One of "user", "agent", "system"; empty if unknown."""
    speaker: str
    text: str
    """Content, action description and names of tools, without a speaker prefix."""
    vector: Floats | None
    """Embedding of the text; a turn without one has no vector similarity."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A distinct (role, role class, speaker) of a corpus."""

    names: frozenset[str]
    """Words by which a query can name this participant."""
    side: str
    """Role class to which pronouns may point; empty where the role is itself a name."""


@dataclass(frozen=True, slots=True)
class View:
    """The state of a corpus at one moment: n turns, never changed by later appends.

    Row i of every (n,) array is the same turn. Masks for `rank` follow these rows.
    """

    vocabulary: "Vocabulary"
    seq: NDArray[np.int64]
    time: NDArray[np.int64]
    session: NDArray[np.int32]
    voice: NDArray[np.int32]
    question: NDArray[np.bool_]
    has_vector: NDArray[np.bool_]
    vectors: Floats
    """(n, dimension), unit length, zeros without a vector."""
    entry_row: NDArray[np.int32]
    """Row of each word occurrence, ascending; stop words are left out."""
    entry_word: NDArray[np.int32]
    """Vocabulary index of each word occurrence."""
    word_stem: NDArray[np.int32]
    """Stem index of each vocabulary word."""
    stem_count: int
    order: NDArray[np.intp]
    """Rows by (session, time, seq)."""
    voices: tuple[Voice, ...]

    def __len__(self) -> int:
        return len(self.seq)


class _Column:
    """A growable array whose rows, once written, stay as they are."""

    def __init__(self, dtype: DTypeLike, width: int = 0) -> None:
        shape = (0, width) if width else (0,)
        self._data: NDArray[Any] = np.empty(shape, dtype)
        self._size = 0

    def extend(self, rows: Sequence[Any] | NDArray[Any]) -> None:
        end = self._size + len(rows)
        if end > len(self._data):
            # A first batch fits exactly: most temporary corpora are filled once.
            room = max(end, len(self._data) * 3 // 2)
            grown = np.empty((room, *self._data.shape[1:]), self._data.dtype)
            grown[: self._size] = self._data[: self._size]
            self._data = grown
        self._data[self._size : end] = rows
        self._size = end

    def keep(self, chosen: NDArray[np.bool_]) -> None:
        self._data = self._data[: self._size][chosen]
        self._size = len(self._data)

    def view(self) -> NDArray[Any]:
        view = self._data[: self._size]
        view.flags.writeable = False
        return view

    @property
    def nbytes(self) -> int:
        return self._data.nbytes


class Vocabulary:
    """Words and stems of a corpus in the order of their first use, with the words' vectors."""

    def __init__(self, dimension: int) -> None:
        self.words: dict[str, int] = {}
        self.stems: dict[str, int] = {}
        self.word_stem = _Column(np.int32)
        self._vectors = _Column(np.float32, dimension)
        self._lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        entries = len(self.words) + len(self.stems)
        return self.word_stem.nbytes + self._vectors.nbytes + _ENTRY_BYTES * entries

    def add(self, word: txt.Word) -> int:
        """Index of a word, new or known."""
        index = self.words.get(word.text)
        if index is None:
            index = self.words[word.text] = len(self.words)
            self.word_stem.extend((self.stems.setdefault(word.stem, len(self.stems)),))
        return index

    def indices(self, text: str) -> list[int]:
        """Indices of the content words of a text, new ones added."""
        known = self.words
        found = []
        for token in txt.tokens(text):
            for word in txt.analyse(token):
                index = known.get(word.text)
                found.append(self.add(word) if index is None else index)
        return found

    def part(self, used: NDArray[np.intp], dimension: int) -> "Vocabulary":
        """A vocabulary of the words with these indices alone, in this order, without vectors."""
        part = Vocabulary(dimension)
        words, stems = list(self.words), list(self.stems)
        word_stem = self.word_stem.view()
        for i in used.tolist():
            part.add(txt.Word(words[i], stems[word_stem[i]]))
        return part

    def vectors(self, embedder: Embedder, count: int) -> Floats:
        """Unit vectors (count, dimension) of the first words, computed once each."""
        with self._lock:
            known = len(self._vectors.view())
            if known < count:
                missing = list(self.words)[known:count]
                self._vectors.extend(embedder.word_vectors(missing))
            vectors: Floats = self._vectors.view()[:count]
            return vectors


class Corpus:
    """A growable set of turns, of one user or of the candidates of one search.

    Appends and removals are collected and take effect together at the next `view`, so that a
    turn which is never searched costs no analysis. Safe to use from several threads.
    """

    def __init__(self, dimension: int, turns: Iterable[Turn] = ()) -> None:
        self._dimension = dimension
        self._lock = threading.RLock()
        self._pending: dict[int, Turn] = {}
        self._removed: set[int] = set()
        self._live: set[int] = set()
        self._seq = _Column(np.int64)
        self._time = _Column(np.int64)
        self._session = _Column(np.int32)
        self._voice = _Column(np.int32)
        self._question = _Column(np.bool_)
        self._has_vector = _Column(np.bool_)
        self._vectors = _Column(np.float32, dimension)
        self._entry_row = _Column(np.int32)
        self._entry_word = _Column(np.int32)
        self._vocabulary = Vocabulary(dimension)
        self._sessions: dict[tuple[str, str] | str, int] = {}
        self._voices: dict[tuple[str, str, str], int] = {}
        self._voice_list: list[Voice] = []
        self._view: View | None = None
        self.extend(turns)

    def __len__(self) -> int:
        return len(self._live)

    @property
    def nbytes(self) -> int:
        """Bytes held, estimated: arrays exactly, dictionary entries at 120 bytes each."""
        columns = (
            self._seq, self._time, self._session, self._voice, self._question, self._has_vector,
            self._vectors, self._entry_row, self._entry_word, self._vocabulary,
        )  # fmt: skip
        with self._lock:
            entries = len(self._sessions) + len(self._live)
            pending = sum(
                400 + 2 * len(turn.text) + (0 if turn.vector is None else turn.vector.nbytes)
                for turn in self._pending.values()
            )
            order = 8 * len(self._live)
            held = sum(column.nbytes for column in columns)
            return held + _ENTRY_BYTES * entries + pending + order

    def append(self, turn: Turn) -> None:
        """Add a turn; one whose `seq` is already there is ignored.

        Raises:
            ValueError: the vector has not the corpus's dimension.
        """
        self.extend((turn,))

    def extend(self, turns: Iterable[Turn]) -> None:
        """Add turns, in any order of time."""
        with self._lock:
            for turn in turns:
                if turn.vector is not None and turn.vector.shape != (self._dimension,):
                    raise ValueError(
                        f"vector of turn {turn.seq} has shape {turn.vector.shape}, not ({self._dimension},)"
                    )
                if turn.seq in self._live:
                    continue
                self._live.add(turn.seq)
                self._pending[turn.seq] = turn
                self._view = None
            if len(self._pending) >= _MAX_PENDING:
                self._settle()

    def remove(self, seqs: Iterable[int]) -> int:
        """Remove turns by `seq`; returns how many were there."""
        removed = 0
        with self._lock:
            for seq in seqs:
                if seq not in self._live:
                    continue
                self._live.discard(seq)
                self._view = None
                removed += 1
                if self._pending.pop(seq, None) is None:
                    self._removed.add(seq)
        return removed

    def view(self) -> View:
        """The present state, with the collected appends and removals carried out."""
        with self._lock:
            if self._view is None:
                self._settle()
                self._view = self._make_view()
            return self._view

    def _settle(self) -> None:
        if self._removed:
            self._compact()
        if self._pending:
            turns = list(self._pending.values())
            self._pending.clear()
            self._add(turns)

    def _compact(self) -> None:
        """Drop removed rows, and words that no turn holds any more once they are the most."""
        keep = ~np.isin(self._seq.view(), np.fromiter(self._removed, np.int64))
        self._removed.clear()
        entry_row = self._entry_row.view()
        keep_entries = keep[entry_row]
        new_row = (np.cumsum(keep) - 1).astype(np.int32)[entry_row[keep_entries]]
        for column in (
            self._seq, self._time, self._session, self._voice, self._question, self._has_vector,
            self._vectors,
        ):  # fmt: skip
            column.keep(keep)
        self._entry_word.keep(keep_entries)
        self._entry_row = _Column(np.int32)
        self._entry_row.extend(new_row)
        known = len(self._vocabulary.words)
        used = np.flatnonzero(np.bincount(self._entry_word.view(), minlength=known))
        if known > max(_REBUILD_WORDS, 2 * len(used)):
            self._vocabulary = self._vocabulary.part(used, self._dimension)
            new_index = np.searchsorted(used, self._entry_word.view())
            self._entry_word = _Column(np.int32)
            self._entry_word.extend(new_index)

    def _add(self, turns: list[Turn]) -> None:
        first = len(self._seq.view())
        entry_word: list[int] = []
        lengths: list[int] = []
        for turn in turns:
            own = self._vocabulary.indices(turn.text)
            entry_word += own
            lengths.append(len(own))
        rows = np.arange(first, first + len(turns), dtype=np.int32)
        self._entry_row.extend(np.repeat(rows, lengths))
        self._entry_word.extend(np.array(entry_word, np.int32))
        self._seq.extend(np.array([turn.seq for turn in turns], np.int64))
        self._time.extend(np.array([turn.time for turn in turns], np.int64))
        sessions = self._sessions
        self._session.extend([sessions.setdefault(t.session, len(sessions)) for t in turns])
        self._voice.extend([self._voice_of(turn) for turn in turns])
        self._question.extend([txt.ends_with_question(turn.text) for turn in turns])
        self._add_vectors(turns)

    def _voice_of(self, turn: Turn) -> int:
        key = (turn.role, turn.role_class, turn.speaker)
        index = self._voices.get(key)
        if index is None:
            index = self._voices[key] = len(self._voice_list)
            role_names = txt.name_words(turn.role)
            self._voice_list.append(
                Voice(
                    role_names | txt.name_words(turn.speaker),
                    "" if role_names else turn.role_class,
                )
            )
        return index

    def _add_vectors(self, turns: list[Turn]) -> None:
        zero = np.zeros(self._dimension, np.float32)
        rows = np.array([zero if t.vector is None else t.vector for t in turns], np.float32)
        norms = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        usable = np.isfinite(norms) & (norms > 0)
        rows /= np.where(usable, norms, 1.0)[:, None]
        rows[~usable] = 0.0
        self._vectors.extend(rows)
        self._has_vector.extend(usable)

    def _make_view(self) -> View:
        seq, time, session = self._seq.view(), self._time.view(), self._session.view()
        return View(
            vocabulary=self._vocabulary,
            seq=seq,
            time=time,
            session=session,
            voice=self._voice.view(),
            question=self._question.view(),
            has_vector=self._has_vector.view(),
            vectors=self._vectors.view(),
            entry_row=self._entry_row.view(),
            entry_word=self._entry_word.view(),
            word_stem=self._vocabulary.word_stem.view(),
            stem_count=len(self._vocabulary.stems),
            order=np.lexsort((seq, time, session)),
            voices=tuple(self._voice_list),
        )
