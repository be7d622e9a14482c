"""Fits the weights of the evidence on pairs of statements and writes them to learning/meaning/weights.py.

Run as ``python -m tests.bench.fit_merge``. Reads tests/quality/merge_pairs_train.jsonl, _dev.jsonl (at a small weight:
the rules were tuned on it) and lines 0 to 300 and 500 to 600 of _dev2.jsonl; lines 300 to 500 stay unseen. Each new
statement is also set against the nearest old ones of other topics, as a new fact meets what is known: they are distinct.
"""

import json
from pathlib import Path

import numpy as np
from interplay_server.learning.meaning import weights
from interplay_server.learning.meaning.evidence import evidence
from interplay_server.learning.meaning.gist import gist
from interplay_server.learning.meaning.verdict import Verdict
from interplay_server.learning.merge import Fact, table_verdict
from interplay_server.models.wordllama import WordLlamaEmbedder

QUALITY = Path(__file__).parents[1] / "quality"
ORDER = ["DUPLICATE", "REFINES", "CONTRADICTS", "DISTINCT"]
TURNED = {"DISTINCT": ("DISTINCT", 0.21), "REFINES": ("DUPLICATE", 0.15), "CONTRADICTS": ("CONTRADICTS", 0.15),
          "DUPLICATE": ("DUPLICATE", 0.09)}  # fmt: skip
"""What a pair is the other way round, and what that counts."""
PENALTY = 20.0
NEIGHBOURS, NEIGHBOUR = 4, 0.2
"""How many old statements of other topics a new one is set against, and what such a pair counts."""


def read(name):
    return [json.loads(line) for line in (QUALITY / name).read_text().splitlines()]


def neighbours(known, embedder):
    """(new, old): the nearest old statements of other topics by cosine, where the parts of both decide nothing."""
    new, old = (embedder.embed([pair[side] for pair in known]) for side in ("new", "old"))
    topics = np.array([pair["topic"] for pair in known])
    cosines = np.where(topics[:, None] == topics, -1.0, new @ old.T)
    for pair, row in zip(known, cosines, strict=True):
        for at in np.argsort(-row, kind="stable")[:NEIGHBOURS].tolist():
            other = known[at]["old"]
            if table_verdict(Fact(pair["new"]), Fact(other), float(row[at]))[0] is Verdict.OTHER:
                yield pair["new"], other


def pairs(embedder):
    """(new, old, relation, weight)"""
    dev, dev2 = read("merge_pairs_dev.jsonl"), read("merge_pairs_dev2.jsonl")
    own = [*read("merge_pairs_train.jsonl"), *dev2[:300], *dev2[500:600]]
    for pair in own:
        yield pair["new"], pair["old"], pair["relation"], 1.0
        relation, weight = TURNED[pair["relation"]]
        told = gist(pair["new"], "user")
        if relation != "CONTRADICTS" or not (told.changed or told.event):
            yield pair["old"], pair["new"], relation, weight
    for pair in dev:
        yield pair["new"], pair["old"], pair["relation"], 0.2
    for new, old in neighbours([*dev, *dev2[:300], *dev2[500:600]], embedder):
        yield new, old, "DISTINCT", NEIGHBOUR


def fit(features, labels, counts, steps=2_000):
    """Multinomial logistic regression by accelerated gradient descent; the first column is not penalised."""
    found = before = np.zeros((features.shape[1], 4))
    due, total = np.eye(4)[labels], counts.sum()
    steepest = np.linalg.norm(features * np.sqrt(counts)[:, None], 2) ** 2 / total + PENALTY / total
    for step in range(steps):
        ahead = found + (step / (step + 3)) * (found - before)
        scores = features @ ahead
        odds = np.exp(scores - scores.max(1, keepdims=True))
        gradient = features.T @ ((odds / odds.sum(1, keepdims=True) - due) * counts[:, None]) / total
        gradient[1:] += PENALTY / total * ahead[1:]
        before, found = found, ahead - 2 / steepest * gradient
    return found


def main():
    embedder = WordLlamaEmbedder()
    rows, labels, counts = [], [], []
    for new, old, relation, weight in pairs(embedder):
        mine, yours = embedder.embed([new, old])
        cosine = float(mine @ yours)
        table = table_verdict(Fact(new), Fact(old), cosine)[0]
        found = evidence(gist(new, "user"), gist(old, "user"), cosine, table, embedder.word_vectors)
        rows.append([float(value) for value in found.values()])
        labels.append(ORDER.index(relation))
        counts.append(weight)
    features, counts = np.array(rows), np.array(counts)
    mean, spread = features[:, 1:].mean(0), features[:, 1:].std(0) + 1e-2
    features[:, 1:] = (features[:, 1:] - mean) / spread
    fitted = fit(features, np.array(labels), counts)
    fitted[1:] /= spread[:, None]
    fitted[0] -= mean @ fitted[1:]
    fitted -= fitted.mean(1, keepdims=True)
    table = "\n".join(f"{n} " + " ".join(f"{v:.2f}" for v in row) for n, row in zip(found, fitted, strict=True))
    path = Path(weights.__file__)
    text = path.read_text()
    start, end = text.index('_TABLE = """') + 13, text.index('"""\n_ROWS')
    path.write_text(text[:start] + table + "\n" + text[end:])


if __name__ == "__main__":
    main()
