"""Sentences and clauses of a text, with their places in it (code points, end exclusive)."""

import re
from itertools import pairwise
from typing import NamedTuple

MAX_CHARS = 40_000
MAX_SENTENCES = 300
_LONGEST = 1_000

_END = re.compile(r"[.!?]+[\"'\u201d\u2019)\]*_]*(?=\s|$)|[\u3002\uff01\uff1f]+|\n+")
_LEAD = re.compile(r"(?:[\s>#*\u2022\u2013\u2014_-]|\(?\d{1,2}[.)](?=\s)|[\"'\u201c\u2018](?=\W))+")
_NUMBERED = re.compile(r"(?:^|\n)[\s*]*\(?\d{1,2}$")
_LAST_WORD = re.compile(r"[A-Za-z.]{1,10}$")
_ABBREVIATIONS_WORDS = """
mr mrs ms dr prof st no nr vs etc e.g i.e eg ie approx dept inc ltd co jr sr fig max min a.m p.m u.s u.k
"""
_ABBREVIATIONS = frozenset(_ABBREVIATIONS_WORDS.split())
_CLAUSE = re.compile(
    r"\s*(?:[;:]\s+|,\s+|\s\u2013\s|\s\u2014\s|\s-\s)|"
    r"\s+(?=(?:with|within|without|unless|except|if|but|after|before|until|provided|because|so|and|or|plus|via|by|"
    r"only|including|excluding|from|to)\s)",
    re.IGNORECASE,
)


class Sentence(NamedTuple):
    """A part of a text: `text[start:end]` is its `text`."""

    start: int
    end: int
    text: str

    @property
    def asks(self) -> bool:
        return self.text.rstrip("\"'\u201d\u2019)]*_ ").endswith(("?", "\uff1f"))


def sentences(text: str, offset: int = 0, max_chars: int = MAX_CHARS) -> list[Sentence]:
    """Sentences and list items without bullets; at most the first `max_chars` of the text are read.

    `offset` is where to begin; places count from the beginning of the text.
    """
    found: list[Sentence] = []
    stop, start = min(len(text), offset + max_chars), offset
    for match in _END.finditer(text, offset, stop):
        if match[0] == "." and _abbreviated(text, start, match.start()):
            continue
        _append(found, text, start, match.end())
        start = match.end()
        if len(found) >= MAX_SENTENCES:
            return found
    _append(found, text, start, stop)
    return found


def _abbreviated(text: str, start: int, end: int) -> bool:
    """Whether a full stop at `end` belongs to an abbreviation, an initial or the number of a list item."""
    tail = text[max(start, end - 12) : end]
    if _NUMBERED.search(tail) and not text[start : max(start, end - 3)].strip(" \n\r\t*("):
        return True
    word = _LAST_WORD.search(tail)
    if not word:
        return False
    last = word[0].lower()
    return last in _ABBREVIATIONS or (len(last) == 1 and last not in "ai" and word[0].isupper())


def _append(found: list[Sentence], text: str, start: int, end: int) -> None:
    lead = _LEAD.match(text, start, end)
    if lead:
        start = lead.end()
    end = start + len(text[start:end].rstrip())
    end = min(end, start + _LONGEST)
    if any(map(str.isalnum, text[start:end])):
        found.append(Sentence(start, end, text[start:end]))


def clauses(sentence: Sentence) -> list[Sentence]:
    """The sentence cut at commas, dashes, prepositions and conjunctions; together they cover its words."""
    edges = [0]
    for match in _CLAUSE.finditer(sentence.text):
        if match.end() > edges[-1]:
            edges.append(match.end())
    edges.append(len(sentence.text))
    parts = []
    for start, end in pairwise(edges):
        said = sentence.text[start:end].rstrip(" ,;:.!?\u2013\u2014-")
        if any(map(str.isalnum, said)):
            at = sentence.start + start
            parts.append(Sentence(at, at + len(said), said))
    return parts
