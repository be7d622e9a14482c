"""A statement as a list of canonical words: contractions, phrases, synonyms and stems resolved."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from interplay_server.learning.meaning import lexicon
from interplay_server.learning.meaning.everyday import EVERYDAY, EXPRESSIONS
from interplay_server.learning.meaning.phrases import PHRASES
from interplay_server.learning.meaning.quantity import Quantity, split
from interplay_server.learning.meaning.rewording import reword
from interplay_server.learning.meaning.spelling import IRREGULAR, SYNONYMS
from interplay_server.retrieval.text import analyse


class Token(NamedTuple):
    """One canonical word of a statement."""

    key: str
    """Canonical form; "@..." where a phrase or verb names an attribute, "#..." for a quantity, "," between items."""
    raw: str
    name: bool = False
    quantity: Quantity | None = None
    article: bool = False
    """An article or possessive stood before it."""


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """The dictionary form of an irregular word, else the snowball stem."""
    base = IRREGULAR.get(word, word)
    found = analyse(base)
    return found[0].stem if len(found) == 1 else base


def _synonyms() -> dict[str, str]:
    table: dict[str, str] = {}
    for head, variants in (*SYNONYMS.items(), *EVERYDAY.items()):
        for variant in variants:
            table.setdefault(stem(variant), table.get(stem(head), stem(head)))
    return table


_SYNONYMS = _synonyms() | {
    stem(people): stem(country) for country, people in (pair.split(":") for pair in lexicon.DEMONYMS.split())
}


def key(word: str) -> str:
    """Canonical form of one word in lower case."""
    base = stem(word)
    return _SYNONYMS.get(base, base)


def keys(words: str) -> frozenset[str]:
    """Canonical forms of the words of a line."""
    return frozenset(map(key, words.split()))


FILLERS = frozenset(lexicon.FILLERS.split())
# Predicates: what a phrase of the lexicon turns into, and single verbs of the same meaning.
_PLAIN_PHRASES = {
    "coffee maker", "step by step", "bullet", "ice cream", "full-time", "part-time", "email", "phone", "because",
    "with", "before", "work", "user", "not", "no-longer", "remote", "not gluten", "not lactose", "not sugar",
    "not alcohol", "not smoke", "train for", "first language", "instead", "have", "of-choice", "build in", "rent",
    "want", "use", "learn", "watch", "exercise",
}  # fmt: skip
_PREDICATES = {
    "like": "@like", "dislike": "@dislike", "prefer": "@prefer", "speak": "@speak", "want": "@want", "use": "@use",
    "commute": "@commute", "learn": "@learn", "allergy": "@allergy", "afraid": "@afraid", "vegetarian": "@vegetarian",
    "vegan": "@vegan", "exercise": "@exercise", "fear": "@afraid", "weigh": "@weight", "travel": "@travel",
    "drive": "@drive", "wake": "@wake", "sleep": "@sleep",
}  # fmt: skip
PREDICATE_OF = {key(word): predicate for word, predicate in _PREDICATES.items()}


def _phrases() -> dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]]:
    """Phrases by their first word, longest first."""
    table: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
    for head, variants in (*EXPRESSIONS.items(), *PHRASES.items()):
        if head in _PLAIN_PHRASES or head in EXPRESSIONS:
            result = tuple(key(word) for word in head.split())
            result = tuple(PREDICATE_OF.get(word, word) for word in result)
        else:
            result = ("@" + head.replace(" ", "_"),)
        if head == "no-longer":
            result = ("not", "~")
        if head == "be":
            result = (key("be"),)
        if head == "avoid-it":
            result = ("not", "@take_in")
        for variant in variants:
            words = tuple(key(w) for w in variant.split() if w not in FILLERS)
            if len(words) > 1 or (words and len(variant.split()) == 1):
                table.setdefault(words[0], []).append((words, result))
    for entries in table.values():
        entries.sort(key=lambda entry: -len(entry[0]))
    return table


_PHRASES = _phrases()

_WRAPPER = re.compile(
    r"^(?:(?:the|this|our) )?(?:(?:user|customer|client|person|he|she|they|i|we)\b(?:'s)? ?)?"
    r"(?:(?:has |have )?(?:mentioned|mentions|said|says|stated|states|noted|notes|told us|reported|reports|confirmed|"
    r"confirms|indicated|indicates|explained|shared|disclosed|revealed|expressed|claims)"
    r"(?: that|:|,)? (?:(?:the user|user|they|he|she|it|i)\b(?:'s)? ?)?"
    r"(?:(?:are|is) (?=allergic|based|vegetarian|vegan))?)?"
)
_USER = re.compile(r"\b(?:(?:the |this )?(?:user|customer)|(?:the |this )client)(?:'s|s'|\b)")
_WORD = re.compile(r"[^\W_][\w'.+#@/&-]*|,|;|:")
_NAMED = re.compile(r"(?<![.!?]\s)(?<!^)\b[A-Z][\w'-]*|\b[a-z]+[A-Z]\w*|\b[A-Z]{2,}\w*\b")
# Capital letters that make no name.
_NO_NAMES = frozenset(("i", "ok", "user", "the", "customer", "tv", "pm", "am", "a", "he", "she", "they", "client"))
_SPLIT_HYPHEN = re.compile(r"(?<=[a-z])-(?=[a-z])")
_WHOLE = frozenset(
    re.findall(
        r"[a-z]+(?:-[a-z]+)+",
        " ".join(
            (lexicon.ANTONYMS, lexicon.CATEGORIES, lexicon.RELATIONS, *SYNONYMS, *PHRASES, *EVERYDAY, *EXPRESSIONS)
        )
        + " ".join(
            word for table in (SYNONYMS, PHRASES, EVERYDAY, EXPRESSIONS) for words in table.values() for word in words
        ),
    )
)
"""Words with hyphens that are looked up as they are."""


_ARTICLES = frozenset(["a", "an", "the", "his", "her", "their", "its", "my", "our"])


def _words(text: str, names: frozenset[str]) -> list[Token]:
    """Canonical words of a stretch without quantities, fillers left out."""
    found: list[Token] = []
    article = False
    for match in _WORD.finditer(text):
        word = match[0].rstrip(".'-/&")
        if word in {",", ";", ":"}:
            found.append(Token("," if word != ":" else "be", word))
            continue
        parts = [word] if word in _WHOLE or "-" not in word else _SPLIT_HYPHEN.split(word)
        for part in parts:
            if not part or (part in FILLERS and part not in names):
                article |= part in _ARTICLES
                continue
            found.append(Token(key(part), part, part in names, article=article))
            article = False
    return found


def _resolve(tokens: list[Token]) -> list[Token]:
    """Replaces phrases, longest first, and verbs that name an attribute."""
    out: list[Token] = []
    i = 0
    while i < len(tokens):
        for words, result in _PHRASES.get(tokens[i].key, ()):
            end = i + len(words)
            if tuple(token.key for token in tokens[i:end]) == words and not any(t.name for t in tokens[i:end]):
                raw = " ".join(token.raw for token in tokens[i:end])
                out += [Token(word, raw) for word in result]
                i = end
                break
        else:
            out.append(tokens[i])
            i += 1
    return out


def canonical(text: str) -> list[Token]:
    """The statement as canonical words; the user as its subject is left out."""
    return list(_canonical(text))


@lru_cache(maxsize=4_096)
def _canonical(text: str) -> tuple[Token, ...]:
    text = " ".join(unicodedata.normalize("NFKC", text).replace("\u2019", "'").split()).strip(" .!")
    names = frozenset(
        part
        for match in _NAMED.finditer(text)
        for part in match[0].lower().replace("'s", "").split("-")
        if part not in _NO_NAMES
    )
    low = _WRAPPER.sub("", text.lower(), count=1)
    low = _USER.sub(" ", low)
    low = reword(low)
    tokens: list[Token] = []
    for part in split(low):
        if isinstance(part, Quantity):
            tokens.append(Token("#" + part.kind, part.kind, quantity=part))
        else:
            tokens += _words(part, names)
    resolved = _resolve(_resolve(tokens))
    return tuple(
        token._replace(key=PREDICATE_OF[token.key]) if token.key in PREDICATE_OF and not token.name else token
        for token in resolved
    )
