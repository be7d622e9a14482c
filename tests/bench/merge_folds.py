"""Cross-validation of merging: the weights of the evidence are fitted anew without the pairs that they are tried on.

    PYTHONPATH=server:. python -m tests.bench.merge_folds [--folds 5]

Printed are precision and recall of each class for the rules alone, for the weights that are shipped, for folds by topic,
and for each file of pairs by weights that were fitted to the other files; and what other limits would give, also
for near statements of other topics, which must stay apart. The rules and the evidence were written with
sight of these files, so only the share of the weights is cross-validated: the held-out half remains the judge of all.
Its pairs are not read here.
"""

import argparse
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple
from unittest import mock

import numpy as np
from interplay_server.learning.meaning import judge
from interplay_server.learning.meaning.evidence import evidence
from interplay_server.learning.meaning.gist import gist
from interplay_server.learning.meaning.weights import NAMES, WEIGHTS
from interplay_server.learning.merge import Fact, Relation, relation, table_verdict
from interplay_server.models.wordllama import WordLlamaEmbedder
from numpy.typing import NDArray

from tests.bench.learning_quality import FOLDER, RELATIONS, Counts

FILES = ("dev", "dev2", "train")
PENALTY = 20.0
"""Of the squares of the weights of the standardised evidence, the bias aside."""
_REVERSED = {"DISTINCT": "DISTINCT", "REFINES": "DUPLICATE"}
"""What holds of a pair the other way round, where that is certain."""
_REVERSED_COUNT = 0.2
LEAST = ((0.5, 0.4, 0.5), (0.6, 0.5, 0.7), (0.7, 0.5, 0.8), (0.8, 0.7, 0.85), (0.9, 0.8, 0.9))
"""Probabilities that are tried, for the same, more and contrary."""
_NEIGHBOURS, _NEIGHBOUR_COUNT = 4, 0.2
"""Old statements of other topics that a new one is set against, and what each such pair counts."""
_STEPS = 25
_ENOUGH = 1e-6
Floats = NDArray[np.float64]


class Pair(NamedTuple):
    """A labelled pair; pairs of one group are never on both sides of a fold."""

    new: str
    old: str
    relation: str
    file: str
    group: str


def read(files: Iterable[str] = FILES) -> list[Pair]:
    """The pairs of the files that exist, as (file, topic); without a topic those that share a statement go together."""
    pairs: list[Pair] = []
    for name in files:
        path = FOLDER / f"merge_pairs_{name}.jsonl"
        if path.is_file():
            lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            found = linked([(line["new"], line["old"]) for line in lines])
            pairs += [
                Pair(line["new"], line["old"], line["relation"], name, line.get("topic") or f"{name} {group}")
                for line, group in zip(lines, found, strict=True)
            ]
    return pairs


def linked(pairs: Sequence[tuple[str, str]]) -> list[int]:
    """A number for each pair; pairs that share a statement, directly or over others, have the same."""
    parent: dict[str, str] = {}

    def root(text: str) -> str:
        parent.setdefault(text, text)
        while parent[text] != text:
            parent[text] = parent[parent[text]]
            text = parent[text]
        return text

    for new, old in pairs:
        parent[root(new.lower())] = root(old.lower())
    numbers: dict[str, int] = {}
    return [numbers.setdefault(root(new.lower()), len(numbers)) for new, _ in pairs]


def weigh(features: Floats, labels: NDArray[np.int64], counts: Floats, penalty: float = PENALTY) -> Floats:
    """Weights (features, 4) of a multinomial logistic regression, for features as they are; the first is the bias.

    Newton's method on standardised features with a quadratic penalty on all but the bias.
    """
    mean, spread = features[:, 1:].mean(0), features[:, 1:].std(0) + 1e-2
    rows = np.column_stack([features[:, 0], (features[:, 1:] - mean) / spread])
    size, kinds = rows.shape[1], len(RELATIONS)
    ridge = np.full(size, penalty)
    ridge[0] = 1e-3
    found, due = np.zeros((size, kinds)), np.eye(kinds)[labels]
    for _ in range(_STEPS):
        scores = rows @ found
        odds = np.exp(scores - scores.max(1, keepdims=True))
        shares = odds / odds.sum(1, keepdims=True)
        slope = rows.T @ ((shares - due) * counts[:, None]) + ridge[:, None] * found
        bend = np.zeros((kinds, size, kinds, size))
        for i in range(kinds):
            for j in range(kinds):
                bend[i, :, j] = rows.T @ (rows * (counts * shares[:, i] * ((i == j) - shares[:, j]))[:, None])
        square = bend.reshape(kinds * size, kinds * size)
        square[np.diag_indices(kinds * size)] += np.tile(ridge, kinds)
        step = np.linalg.solve(square, slope.T.reshape(-1)).reshape(kinds, size).T
        found -= step
        if np.abs(step).max() < _ENOUGH:
            break
    found[1:] /= spread[:, None]
    found[0] -= mean @ found[1:]
    centred: Floats = found - found.mean(1, keepdims=True)
    return centred


@contextmanager
def _judging(weights: Floats | None, least: Sequence[float]) -> Iterator[None]:
    """Judges by other weights and limits for a while; None and () keep those that are shipped."""
    limits = dict(zip(judge._LEAST, least or judge._LEAST.values(), strict=True))
    with (
        mock.patch.object(judge, "WEIGHTS", WEIGHTS if weights is None else weights),
        mock.patch.object(judge, "_LEAST", limits),
    ):
        yield


class Trial:
    """Labelled pairs with their cosines and evidence, in both directions."""

    def __init__(self, pairs: Sequence[Pair], embedder: WordLlamaEmbedder) -> None:
        self.pairs = pairs
        self._words = embedder.word_vectors
        new, old = (embedder.embed([getattr(pair, side) for pair in pairs]) for side in ("new", "old"))
        every = new @ old.T
        self._cosines: list[float] = every.diagonal().tolist()
        self._ahead = self._evidence([(pair.new, pair.old) for pair in pairs], self._cosines)
        self._back = self._evidence([(pair.old, pair.new) for pair in pairs], self._cosines)
        self._beside = list(self._neighbours(every))
        texts = [(pairs[i].new, pairs[j].old) for i, j, _ in self._beside]
        self._apart = self._evidence(texts, [cosine for *_, cosine in self._beside])

    def _neighbours(self, cosines: NDArray[np.float32]) -> Iterable[tuple[int, int, float]]:
        """(pair of the new statement, pair of the old one, cosine) of near statements of other topics.

        They are distinct as far as the rules can tell. Pairs without a topic have none.
        """
        groups = np.array([pair.group for pair in self.pairs])
        topical = np.array([pair.file != "train" for pair in self.pairs])
        near = np.where((groups[:, None] == groups) | ~topical, -1.0, cosines)
        for i in np.flatnonzero(topical).tolist():
            for j in np.argsort(-near[i], kind="stable")[:_NEIGHBOURS].tolist():
                new, old, cosine = Fact(self.pairs[i].new), Fact(self.pairs[j].old), float(near[i, j])
                if cosine > -1 and relation(new, old, cosine) is Relation.DISTINCT:
                    yield i, j, cosine

    def _evidence(self, texts: Sequence[tuple[str, str]], cosines: Sequence[float]) -> Floats:
        rows = []
        for (new, old), cosine in zip(texts, cosines, strict=True):
            table = table_verdict(Fact(new), Fact(old), cosine)[0]
            found = evidence(gist(new), gist(old), cosine, table, self._words)
            rows.append([float(found[name]) for name in NAMES])
        return np.array(rows).reshape(-1, len(NAMES))

    def fitted(self, known: Collection[int]) -> Floats:
        """Weights from the pairs of these numbers, turned round as well where the relation is certain then.

        Near statements of other topics, both of known pairs, are distinct.
        """
        own = sorted(known)
        turned = [i for i in own if self.pairs[i].relation in _REVERSED]
        apart = [at for at, (i, j, _) in enumerate(self._beside) if i in known and j in known]
        labels = [self.pairs[i].relation for i in own] + [_REVERSED[self.pairs[i].relation] for i in turned]
        labels += ["DISTINCT"] * len(apart)
        return weigh(
            np.concatenate([self._ahead[own], self._back[turned], self._apart[apart]]),
            np.array([RELATIONS.index(label) for label in labels]),
            np.repeat([1.0, _REVERSED_COUNT, _NEIGHBOUR_COUNT], [len(own), len(turned), len(apart)]),
        )

    def taken(self, at: Collection[int], weights: Floats | None, *, least: Sequence[float] = ()) -> tuple[int, int]:
        """(neighbours of other topics said to be other than distinct, all) of the new statements of these pairs."""
        beside = [(self.pairs[i].new, self.pairs[j].old, cosine) for i, j, cosine in self._beside if i in at]
        with _judging(weights, least):
            found = [relation(Fact(new), Fact(old), cosine, words=self._words) for new, old, cosine in beside]
        return sum(one is not Relation.DISTINCT for one in found), len(beside)

    def said(
        self, at: Sequence[int], weights: Floats | None, *, words: bool = True, least: Sequence[float] = ()
    ) -> dict[int, str]:
        """The relation by number of the pair; None takes the weights that are shipped, without `words` the rules.

        `least` are the probabilities from which the same, more and contrary are said, in place of those shipped.
        """
        with _judging(weights, least):
            return {
                i: relation(
                    Fact(self.pairs[i].new),
                    Fact(self.pairs[i].old),
                    self._cosines[i],
                    words=self._words if words else None,
                ).name
                for i in at
            }

    def line(self, what: str, said: dict[int, str]) -> str:
        """Precision and recall of what changes what is stored, over all and by class."""
        counts = {name: Counts() for name in RELATIONS[:3]}
        for i, name in said.items():
            due = self.pairs[i].relation
            for kind, count in counts.items():
                count.add(name == due == kind, name == kind != due, due == kind != name)
        overall = Counts(*(sum(getattr(one, field) for one in counts.values()) for field in ("tp", "fp", "fn")))
        shown = [("all", overall), *counts.items()]
        return f"{what:<52}" + "  ".join(f"{name.lower()[:4]} {c.precision:.3f}/{c.recall:.3f}" for name, c in shown)


def folds(groups: Sequence[str], count: int, seed: int) -> list[int]:
    """The fold of each pair; a group lies in one."""
    names = sorted(set(groups))
    order = np.random.default_rng(seed).permutation(len(names))
    fold = {name: int(place) % count for name, place in zip(names, order, strict=True)}
    return [fold[group] for group in groups]


def report(trial: Trial, count: int) -> Iterable[str]:
    """The lines of the report."""
    pairs = trial.pairs
    files = [name for name in FILES if any(pair.file == name for pair in pairs)]
    members = {name: [i for i, pair in enumerate(pairs) if pair.file == name] for name in files}
    yield f"{'precision/recall':<52}" + ", ".join(f"{name} {len(at)}" for name, at in members.items())
    yield "{} of {} near statements of other topics, distinct by the rules, are not by the shipped weights".format(
        *trial.taken(range(len(pairs)), None)
    )
    for name, at in members.items():
        yield trial.line(f"{name}: rules alone", trial.said(at, None, words=False))
        yield trial.line(f"{name}: shipped weights, seen in fitting", trial.said(at, None))
        apart = {frozenset(files) - {name}, frozenset(files) & {"dev", "dev2"} - {name}}
        for others in sorted(apart, key=len, reverse=True):
            weights = trial.fitted({i for i, pair in enumerate(pairs) if pair.file in others})
            yield trial.line(f"{name}: fitted to {' and '.join(sorted(others))}", trial.said(at, weights))
    yield from _by_folds(trial, count, members)


def _by_folds(trial: Trial, count: int, members: dict[str, list[int]]) -> Iterable[str]:
    """Each file, by folds over all; then the files of other hands than the rules' at other probabilities."""
    for seed in range(2):
        fold = folds([pair.group for pair in trial.pairs], count, seed)
        said: dict[tuple[float, ...], dict[int, str]] = {least: {} for least in ((), *LEAST)}
        taken = dict.fromkeys(said, 0)
        for one in range(count):
            weights = trial.fitted({i for i, other in enumerate(fold) if other != one})
            at = [i for i, other in enumerate(fold) if other == one]
            for least, answers in said.items():
                answers.update(trial.said(at, weights, least=least))
                taken[least] += trial.taken(set(at), weights, least=least)[0]
        for name, of_file in members.items():
            yield trial.line(f"{name}: {count} folds by topic, seed {seed}", {i: said[()][i] for i in of_file})
        other_hands = [i for name in members if name != "train" for i in members[name]]
        for least in LEAST:
            shown = ", ".join(f"{limit:g}" for limit in least)
            line = trial.line(f"dev, dev2: the same, from {shown}", {i: said[least][i] for i in other_hands})
            yield f"{line}  of other topics {taken[least]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folds", type=int, default=5)
    given = parser.parse_args()
    for line in report(Trial(read(), WordLlamaEmbedder()), given.folds):
        print(line, flush=True)


if __name__ == "__main__":
    main()
