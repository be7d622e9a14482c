"""Tokens of chat English in a canonical spelling, each with its span in the original text."""

import re
from typing import NamedTuple

from interplay_server.learning.rules.lexicon import KIN, PETS, word_set

_MAX_WORD = 40


class Token(NamedTuple):
    """`word` is canonical (lower case, contractions undone); `start` and `end` are code points of the text."""

    word: str
    start: int
    end: int


# A hyphen parts two tokens and leaves none behind; a slash keeps he/him together.
_TOKEN = re.compile(
    r"(?P<newline>[ \t\r\f\v\u00a0]*\n\s*)"
    r"|(?P<opaque>(?:https?://|www\.)\S+|[\w.+]{1,64}@[\w.-]+\w)"
    r"|(?P<tag>[@#]\w+)"
    r"|(?P<money>[€$£¥₹] ?\d[\d.,]*\d(?:k|m)?\b|[€$£¥₹] ?\d(?:k|m)?\b)"
    r"|(?P<number>\d+(?:[.,:/]\d+)*(?:%|(?:[€$£¥₹])|['\"](?=\s|\d|$)|[a-z]{1,4}\b)?)"
    r"|(?P<word>(?:[a-z]\.){2,}|c\+\+|c#|[^\W\d_]+(?:['\u2019\u00b4`/&][^\W\d_]+|\d+|\.(?:js|net|com|org|io|ai|py)\b)*)"
    r"|(?P<dash>(?<=\s)[-\u2013\u2014]+(?=\s)|\u2014|--+)"
    r"|(?P<punct>\.{2,}|[.!?…;:,()\[\]>*|•])"
    r"|(?P<symbol>[^\s\w\-\u2013'\u2019\"“”\u2018*_~`\u00b4])",
    re.IGNORECASE,
)
_CONTRACTIONS = {
    "i'm": "i am", "im": "i am", "iam": "i am", "i've": "i have", "ive": "i have", "i'd": "i would", "i'll": "i will",
    "don't": "do not", "dont": "do not", "doesn't": "does not", "doesnt": "does not", "didn't": "did not",
    "didnt": "did not", "can't": "can not", "cant": "can not", "cannot": "can not", "won't": "will not",
    "wont": "will not", "isn't": "is not", "isnt": "is not", "aren't": "are not", "arent": "are not",
    "ain't": "am not", "aint": "am not", "wasn't": "was not", "wasnt": "was not", "weren't": "were not",
    "werent": "were not", "haven't": "have not", "havent": "have not", "hasn't": "has not", "hasnt": "has not",
    "hadn't": "had not", "couldn't": "could not", "couldnt": "could not", "wouldn't": "would not",
    "wouldnt": "would not", "shouldn't": "should not", "we're": "we are", "we've": "we have", "weve": "we have",
    "we'll": "we will", "we'd": "we would", "you're": "you are", "youre": "you are", "you've": "you have",
    "you'll": "you will", "you'd": "you would", "they're": "they are", "theyre": "they are",
    "they've": "they have", "he's": "he is", "hes": "he is", "she's": "she is", "shes": "she is", "it's": "it is",
    "its": "its", "that's": "that is", "thats": "that is", "there's": "there is", "theres": "there is",
    "what's": "what is",
    "where's": "where is", "who's": "who is", "how's": "how is", "here's": "here is", "let's": "let us",
    "gonna": "going to", "wanna": "want to", "gotta": "have to", "name's": "name is", "names": "names",
    "surname's": "surname is", "birthday's": "birthday is", "budget's": "budget is", "hubby's": "hubby is",
    "kinda": "kind of", "sorta": "sort of", "dunno": "do not know", "anymore": "any more",
    "everyday": "every day", "nuthin": "nothing", "mustn't": "must not", "needn't": "need not",
}  # fmt: skip
_SPELLINGS = {
    "u": "you", "ur": "your", "r": "are", "fav": "favourite", "fave": "favourite", "favorite": "favourite",
    "favrite": "favourite", "favourit": "favourite", "favorites": "favourites", "luv": "love", "cuz": "because",
    "cos": "because", "coz": "because", "bc": "because", "cause": "because", "becuase": "because", "&": "and",
    "alergic": "allergic", "allegic": "allergic", "allergc": "allergic", "alergy": "allergy",
    "allergys": "allergies", "alergies": "allergies", "vegitarian": "vegetarian", "vegeterian": "vegetarian",
    "vegetarien": "vegetarian", "prefere": "prefer", "preffer": "prefer", "perfer": "prefer", "plz": "please",
    "pls": "please", "thx": "thanks", "ty": "thanks", "rn": "right now", "abt": "about", "tho": "though",
    "thru": "through", "ppl": "people", "bday": "birthday", "intolerent": "intolerant", "lactos": "lactose",
    "neighbor": "neighbour", "neighbors": "neighbours", "colour": "color", "enjoi": "enjoy", "realy": "really",
    "usualy": "usually", "allways": "always", "dosent": "does not", "tmrw": "tomorrow",
    "partly": "partly", "mins": "minutes", "hrs": "hours", "yrs": "years", "yr": "year",
    "beleive": "believe", "buisness": "business", "definately": "definitely", "recieve": "receive",
    "familly": "family", "liv": "live", "hav": "have", "stil": "still", "curently": "currently",
    "dislikes": "dislikes", "langauge": "language", "daugther": "daughter", "grey": "gray", "jewelry": "jewellery",
}  # fmt: skip
# "id" is an identifier and "ill" an ailment unless such a word follows.
_AFTER_ID = word_set("like love prefer rather say describe also really be have never always go want")
_AFTER_ILL = word_set("be take have go need do get pay move start try probably not never")


def tokenise(text: str, start: int, end: int) -> list[Token]:
    """Tokens of `text[start:end]`; a line break is a token, so is each mark that can part clauses."""
    out: list[Token] = []
    for found in _TOKEN.finditer(text, start, end):
        kind, at, to = found.lastgroup, found.start(), found.end()
        if kind == "newline":
            out.append(Token("\n", at, to))
        elif kind == "word":
            _add_word(out, found[0], at, to)
        elif kind == "dash":
            out.append(Token("-", at, to))
        elif kind == "symbol":
            out.append(Token("&" if found[0] == "&" else "|", at, to))
        elif kind == "opaque":
            out.append(Token(found[0].rstrip(".,;:!?)").lower(), at, at + len(found[0].rstrip(".,;:!?)"))))
        else:
            out.append(Token(found[0].lower().replace(" ", ""), at, to))
    _settle(out)
    return out


def _add_word(out: list[Token], raw: str, at: int, to: int) -> None:
    if to - at > _MAX_WORD:
        out.append(Token("\ufffd", at, to))
        return
    word = raw.lower()
    if not word.isascii():
        word = word.replace("\u2019", "'").replace("\u00b4", "'")
    word = word.replace("`", "'")
    if raw == "US":
        word = "usa"
    undone = _CONTRACTIONS.get(word) or _SPELLINGS.get(word)
    if undone is None or (word == "r" and raw == "R"):
        out.append(Token(word, at, to))
        return
    out.extend(Token(part, at, to) for part in undone.split(" "))


def _settle(out: list[Token]) -> None:
    """Undo "id like" and "ill be", in place."""
    for i in range(len(out) - 1, -1, -1):
        word, at, to = out[i]
        if word == "yo" and i and out[i - 1].word[:1].isdigit():
            out[i : i + 1] = [Token("years", at, to), Token("old", at, to)]
        if i + 1 == len(out):
            continue
        if (word == "id" and out[i + 1].word in _AFTER_ID) or (word == "ill" and out[i + 1].word in _AFTER_ILL):
            second = "would" if word == "id" else "will"
            out[i : i + 1] = [Token("i", at, to), Token(second, at, to)]
        elif word.endswith("'s") and _is(word[:-2], out[max(0, i - 2) : i], out[i + 1].word):
            out[i : i + 1] = [Token(word[:-2], at, to), Token("is", at, to)]


_COMPLEMENTS = word_set(
    """a an the not allergic called named vegan vegetarian from in on at deaf pregnant also really very lactose gluten
    diabetic autistic coeliac celiac half turning retired gone sold over dead now low high bad weak"""
)


_MEASURED = word_set("low high bad weak")
_ENDED = word_set("gone sold over dead cancelled canceled history")


def _is(noun: str, before: list[Token], after: str) -> bool:
    """Whether the ending of "wife's" is a verb ("my wife's a dentist") and no genitive."""
    if noun in KIN or noun in PETS:
        return after in _COMPLEMENTS or after.endswith("ing")
    return (
        after in _ENDED
        or (after in _MEASURED and any(token.word in {"my", "our"} for token in before))
        or any(token.word == "favourite" for token in before)
    )
