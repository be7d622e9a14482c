"""A statement while it is taken apart, and the words by which that is done."""

from dataclasses import dataclass

from interplay_server.learning.meaning import lexicon
from interplay_server.learning.meaning.normal import PREDICATE_OF, Token, key, keys

RELATIONS = keys(lexicon.RELATIONS)
VERBS = frozenset(PREDICATE_OF.get(word, word) for word in keys(lexicon.VERBS))
CONTEXT = keys(lexicon.CONTEXT)
SINGLE_NOUNS = keys(lexicon.SINGLE_NOUNS)
STATES = keys(
    "vegetarian vegan pescatarian omnivore carnivore single married divorce widow engage separate retire unemployed"
)
BE, HAVE, CALL = key("be"), key("have"), key("call")
MERE = keys("of to the be as an it them there this that or about") | {",", "and", BE, "~"}
"""Words that say nothing of their own."""
_NOUNS = frozenset(lexicon.NOUNS.split())


@dataclass(slots=True)
class Draft:
    """What is known of a statement so far; the fields are those of `Statement`."""

    holder: str = "user"
    who: frozenset[str] = frozenset()
    predicate: str = BE
    noun: frozenset[str] = frozenset()
    negated: bool = False
    ended: bool = False
    indefinite: bool = False


def items(tokens: list[Token]) -> tuple[frozenset[str], frozenset[str]]:
    """Words, and the last word of each item of a list."""
    words: set[str] = set()
    heads: set[str] = set()
    last = ""
    for token in tokens:
        if token.key in {",", "and", "or"}:
            heads.add(last)
            last = ""
        elif token.name:
            words.add(token.key)
            heads.add(token.key)
            last = ""
        elif token.key not in MERE and token.quantity is None:
            words.add(token.key)
            last = token.key
    heads.add(last)
    return frozenset(words), frozenset(heads) - {""}


def is_verb(token: Token) -> bool:
    """Whether the word can be a verb."""
    return not token.name and (token.key.startswith("@") or token.key in VERBS)


def before_context(tokens: list[Token]) -> list[Token]:
    """The words up to the first preposition."""
    end = next((i for i, token in enumerate(tokens) if token.key in CONTEXT), len(tokens))
    return tokens[:end]


def is_noun(tokens: list[Token], i: int) -> bool:
    """Whether a word that can be a verb is none here, as in "order number is" and "the call is"."""
    token = tokens[i]
    later = any(
        t.key in {BE, HAVE} or t.key.startswith("@") or t.raw.endswith("s") for t in tokens[i + 1 :] if is_verb(t)
    )
    return later and " " not in token.raw and (token.article or token.raw in _NOUNS)
