"""Topics of questions that nobody named: questions near to each other, called by the words they share."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from interplay_server.domain.ports import Embedder, Vectors
from interplay_server.retrieval.text import STOP_WORDS, tokens

NEAR = 0.45
"""Cosine to a topic's mean from which on a question belongs to it."""
LEAST, MOST = 5, 12
"""Questions a topic has at least, and topics that are told apart; the rest is OTHER."""
OTHER = "other"
_WORDS, _LEAST_LETTERS = 2, 3
_COURTESY = "get got like please need want would could can will help hello thanks thank tell know"
_EMPTY = STOP_WORDS.union(_COURTESY.split())


def find_topics(questions: Sequence[str], embedder: Embedder) -> list[str]:
    """The topic of each question, empty for an empty one. The same questions in the same order give the same topics."""
    found = [""] * len(questions)
    asked = [place for place, text in enumerate(questions) if text.strip()]
    if not asked:
        return found
    members = _groups(embedder.embed([questions[place] for place in asked]))
    everywhere = Counter(word for place in asked for word in set(_words(questions[place])))
    for place in asked:
        found[place] = OTHER
    names: set[str] = set()
    for group in sorted(members, key=len, reverse=True)[:MOST]:
        if len(group) < LEAST:
            break
        places = [asked[one] for one in group]
        name = _name([questions[place] for place in places], everywhere, len(asked), names)
        for place in places:
            found[place] = name
    return found


def _groups(vectors: Vectors) -> list[list[int]]:
    """Each question joins the nearest topic so far, or begins one."""
    sums: list[Vectors] = []
    members: list[list[int]] = []
    for place, vector in enumerate(vectors):
        if sums:
            means = np.stack(sums)
            near = means @ vector / np.maximum(np.linalg.norm(means, axis=1), 1e-9)
            best = int(near.argmax())
            if near[best] >= NEAR:
                sums[best] = sums[best] + vector
                members[best].append(place)
                continue
        if len(sums) < MOST * 8:
            sums.append(vector)
            members.append([place])
    return members


def _name(texts: Sequence[str], everywhere: Counter[str], total: int, taken: set[str]) -> str:
    """Words that are frequent here and rarer elsewhere; a number where two topics would be called the same."""
    here = Counter(word for text in texts for word in set(_words(text)))
    weight = {word: count * np.log((1 + total) / (1 + everywhere[word])) for word, count in here.items()}
    best = sorted(weight, key=lambda word: (-weight[word], -here[word], word))[:_WORDS]
    name, number = " ".join(best) or OTHER, 2
    while name in taken or name == OTHER:
        name, number = f"{' '.join(best) or 'topic'} {number}", number + 1
    taken.add(name)
    return name


def _words(text: str) -> list[str]:
    return [word for word in tokens(text) if len(word) >= _LEAST_LETTERS and word.isalpha() and word not in _EMPTY]
