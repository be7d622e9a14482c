"""Cross-validation of merging: the weights of the evidence are fitted anew without the pairs that they are tried on.

    PYTHONPATH=server:. python -m tests.bench.merge_folds [--folds 5]

Printed are precision and recall of each class for the rules alone, for the weights that are shipped, for folds by topic,
and for each file of pairs by weights that were fitted to the other files. The rules and the evidence were written with
sight of these files, so only the share of the weights is cross-validated: the held-out half remains the judge of all.
Its pairs are not read here.
"""

import argparse
import json
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple
from unittest import mock

import numpy as np
from interplay_server.learning.meaning import judge
from interplay_server.learning.meaning.evidence import evidence
from interplay_server.learning.meaning.gist import gist
from interplay_server.learning.merge import Fact, relation, table_verdict
from interplay_server.models.wordllama import WordLlamaEmbedder
from numpy.typing import NDArray

from tests.bench.learning_quality import FOLDER, RELATIONS, Counts

FILES = ("dev", "dev2", "train")
PENALTY = 20.0
"""Of the squares of the weights of the standardised evidence, the bias aside."""
_REVERSED = {"DISTINCT": "DISTINCT", "REFINES": "DUPLICATE"}
"""What holds of a pair the other way round, where that is certain."""
_REVERSED_COUNT = 0.2
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
    return found - found.mean(1, keepdims=True)


class Trial:
    """Labelled pairs with their cosines and evidence, in both directions."""

    def __init__(self, pairs: Sequence[Pair], embedder: WordLlamaEmbedder) -> None:
        self.pairs = pairs
        self._words = embedder.word_vectors
        new, old = (embedder.embed([getattr(pair, side) for pair in pairs]) for side in ("new", "old"))
        self._cosines = np.einsum("ij,ij->i", new, old).tolist()
        self._ahead = self._evidence([(pair.new, pair.old) for pair in pairs])
        self._back = self._evidence([(pair.old, pair.new) for pair in pairs])

    def _evidence(self, texts: Sequence[tuple[str, str]]) -> Floats:
        rows = []
        for (new, old), cosine in zip(texts, self._cosines, strict=True):
            table = table_verdict(Fact(new), Fact(old), cosine)[0]
            found = evidence(gist(new), gist(old), cosine, table, self._words)
            rows.append([float(found[name]) for name in judge.NAMES])
        return np.array(rows)

    def fitted(self, known: Callable[[Pair], bool]) -> Floats:
        """Weights from the pairs of which `known` is true, turned round as well where that is certain."""
        own = [i for i, pair in enumerate(self.pairs) if known(pair)]
        turned = [i for i in own if self.pairs[i].relation in _REVERSED]
        labels = [self.pairs[i].relation for i in own] + [_REVERSED[self.pairs[i].relation] for i in turned]
        return weigh(
            np.concatenate([self._ahead[own], self._back[turned]]),
            np.array([RELATIONS.index(label) for label in labels]),
            np.concatenate([np.ones(len(own)), np.full(len(turned), _REVERSED_COUNT)]),
        )

    def said(self, at: Sequence[int], weights: Floats | None, *, words: bool = True) -> dict[int, str]:
        """The relation by number of the pair; None takes the weights that are shipped, without `words` the rules."""
        with mock.patch.object(judge, "WEIGHTS", judge.WEIGHTS if weights is None else weights):
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
    for name, at in members.items():
        yield trial.line(f"{name}: rules alone", trial.said(at, None, words=False))
        yield trial.line(f"{name}: shipped weights, seen in fitting", trial.said(at, None))
        others = trial.fitted(lambda pair, name=name: pair.file != name)
        yield trial.line(f"{name}: weights fitted to the other files", trial.said(at, others))
        if name == "dev2" and "dev" in files:
            alone = trial.fitted(lambda pair: pair.file == "dev")
            yield trial.line(f"{name}: weights fitted to dev alone", trial.said(at, alone))
        if name == "dev" and "dev2" in files:
            alone = trial.fitted(lambda pair: pair.file == "dev2")
            yield trial.line(f"{name}: weights fitted to dev2 alone", trial.said(at, alone))
    for seed in range(2):
        fold = dict(
            zip([pair.group for pair in pairs], folds([pair.group for pair in pairs], count, seed), strict=True)
        )
        said: dict[int, str] = {}
        for one in range(count):
            at = [i for i, pair in enumerate(pairs) if fold[pair.group] == one]
            said |= trial.said(at, trial.fitted(lambda pair, one=one, fold=fold: fold[pair.group] != one))
        for name, at in members.items():
            yield trial.line(f"{name}: {count} folds by topic, seed {seed}", {i: said[i] for i in at})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folds", type=int, default=5)
    given = parser.parse_args()
    for line in report(Trial(read(), WordLlamaEmbedder()), given.folds):
        print(line, flush=True)


if __name__ == "__main__":
    main()
