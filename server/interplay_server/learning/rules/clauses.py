"""Clauses of a turn: foreign text masked, sentences cut, sentences cut into clauses that can stand for themselves."""

import re
from bisect import bisect_right
from typing import NamedTuple

from interplay_server.learning.rules.lexicon import KIN, PLURAL_KIN, word_set
from interplay_server.learning.rules.tokens import Token, tokenise

_MAX_CLAUSE = 60

_ABBREVIATIONS = word_set("mr mrs ms dr st prof e.g i.e vs approx jr sr inc ltd e.g. i.e. a.m p.m")
_HARD = word_set(
    """but so because although though while whereas which who unless if when whenever until therefore hence yet
    however except otherwise whom"""
)
_SUBJECTS = word_set("i we you he she they it this that there these those let everyone nobody someone people everybody")
_POSSESSIVES = word_set("my our his her their your")
_ASKING = word_set(
    """what where which who whom whose why how when do does did can could would will should is are am was were
    shall may have has any isn't don't"""
)
_COPULAS = word_set("is are was were has have had loves likes hates lives works prefers can does do will eats")
_INHERITED = re.compile(
    r"(?:also |just |now |currently |really |only |usually |always |still )*(?:"
    r"(?:live|work|study|volunteer|teach) (?:in|at|as|for|from|with|on|near|part|full|remotely|nights|there)\b"
    r"|(?:love|hate|prefer|enjoy|dislike|adore|avoid|can not|do not|never|speak|own|drive|allergic to|based in|"
    r"have (?:a|an|two|three|four|five|no|my|\d)|married|originally from|am|intolerant|on a|vegan|vegetarian|"
    r"lactose intolerant|diabetic|asthmatic|into|"
    r"have (?:been|lived|worked|had|always)|"
    r"play (?:the|guitar|piano|football|tennis|chess|in)|go to|moved|mum of|mom of|dad of|father of|mother of|"
    r"use (?:an?|linux|windows|ubuntu)|like|work|eat (?:no|only)|wear|retired|a huge fan|a big fan)\b)"
)
_FILLER = re.compile(
    r"(?:,|(?:since|from|for the last|for the past|in|until) (?:last )?(?:\d+|year|month|week|january|february|march|"
    r"april|may|june|july|august|september|october|november|december|spring|summer|autumn|winter)(?: \d+)?"
    r"(?: years| months)?|(?:no|right|great|cool|nice|perfect|true|same|me|myself|second|first|sure|just|note|again|"
    r"look|listen|wait|well|for me|for us)(?= ,| i | my | we | our | as )|"
    r"hi|hiya|hello|hey|so|and|but|or|oh|ah|um|uh|hmm|ok|okay|yes|yeah|yep|yup|nope|nah|"
    r"thanks(?: a lot| so much)?|thank you|sorry|btw|by the way|fyi|for your information|actually|also|plus|"
    r"anyway|anyways|basically|honestly|to be honest|tbh|personally|frankly|in general|generally(?: speaking)?|"
    r"unfortunately|sadly|luckily|fortunately|firstly|first of all|secondly|lol|haha|yea|"
    r"correction|update|scratch that|nevermind|never mind|oops|my bad|ps|p\.s|one (?:more|other) thing|"
    r"because|since|as(?! far| i am| a result)|though|although|while|whereas|because of that|therefore|"
    r"however|besides|additionally|"
    r"(?:just )?(?:so|to let) you know|just so (?:that )?you(?: are)? (?:know|aware)|for (?:the )?(?:record|context|"
    r"reference|background|info)|(?:some|a bit of|a little|quick) (?:background|context|info)|"
    r"as (?:i )?(?:said|mentioned|you know|always|usual)(?: before| earlier)?|like i said|mind you|"
    r"(?:one|the) thing (?:is|to know)|the thing is|thing is|fact is|truth is|good morning|good evening|"
    r"good afternoon|nice to meet you|(?:please )?(?:do )?(?:remember|note|keep in mind|bear in mind|"
    r"be aware)(?: that)?|"
    r"(?:please )?(?:do not|never) forget(?: that)?|(?:you )?(?:should|must|need to|might want to) know(?: that)?|"
    r"(?:please )?(?:add|save|store|write down|make a note|take note|put down)(?: that| this)?|i said|"
    r"i (?:would )?(?:should|must|have to|need to|want to|forgot to|just want to)? ?(?:mention|add|say|admit|confess|"
    r"tell you|point out|note|clarify)(?: that)?|let me (?:add|say|mention|clarify|be clear)(?: that)?|"
    r"i mean|i mentioned(?: that)?|you see|you know|in fact|in short|long story short|about me|about myself|"
    r"(?:a bit|a little|something) about me|now|currently|at the moment|these days|nowadays|right now|at present|"
    r"as of (?:now|today|this week)|lately|recently|wow|awesome|same here|me too|agreed|"
    r"of course|in (?:my|our) (?:house|home|family|spare time|free time|opinion|case)|on weekends|at home|at work|"
    r"as for me|good question|glad you asked|in that case|(?:oh )?my god|omg|"
    r"last (?:year|month|week)|(?:most|every) (?:day|week|night|morning|evening|weekend)s?|most of the time|"
    r"[|*•>]|-|\d\))(?: |$)"
)
_STRONG = re.compile(
    r"\b(?:remember|note|keep in mind|bear in mind|do not forget|never forget|be aware|for the record|fyi|"
    r"for (?:your )?(?:information|future reference|reference)|so you know|should know|must know|make a note|"
    r"take note|write down|save)\b"
)
_HEDGE = re.compile(
    r"(?:i (?:think|guess|believe(?! in)|suppose|would say|feel like)|probably|perhaps|maybe|i am pretty sure|"
    r"i am not sure but|not sure but|if i remember correctly|from what i remember|as far as i know)(?: that)?(?: ,)? "
)


class Clause(NamedTuple):
    """Consecutive tokens with fillers off, and what the clause stands in."""

    text: str
    """Canonical words parted by single spaces."""
    tokens: tuple[Token, ...]
    starts: tuple[int, ...]
    """Where each token begins in `text`."""
    lead: str
    """The fillers that were taken off, canonical."""
    link: str
    """The word or mark that opened the clause, "" at the start of a sentence."""
    sentence: int
    end_mark: str
    hedged: bool
    strong: bool
    inherits: bool

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where `text[start:end]` stands in the turn."""
        first = bisect_right(self.starts, start) - 1
        last = bisect_right(self.starts, max(start, end - 1)) - 1
        return self.tokens[first].start, self.tokens[last].end


def clauses(text: str) -> list[Clause]:
    """Clauses of a turn in order."""
    out: list[Clause] = []
    for number, (sentence, end_mark) in enumerate(_sentences(tokenise(text, 0, len(text)))):
        out.extend(_split(sentence, end_mark, number))
    return out


def _sentences(tokens: list[Token]) -> list[tuple[list[Token], str]]:
    found: list[tuple[list[Token], str]] = []
    part: list[Token] = []
    for token in tokens:
        word = token.word
        ends = word in {"\n", "!", "?", "…", ";", "|"} or word.startswith("..") or word == "."
        if word == "." and part and part[-1].word in _ABBREVIATIONS:
            continue
        if not ends:
            part.append(token)
            continue
        if part:
            found.append((part, word))
            part = []
        elif found and word in {"?", "|"} and found[-1][1] in {"!", "?"}:
            found[-1] = (found[-1][0], "?" if "?" in (word, found[-1][1]) else found[-1][1])
    if part:
        found.append((part, ""))
    return found


def _split(tokens: list[Token], end_mark: str, number: int) -> list[Clause]:
    parts: list[tuple[str, list[Token]]] = []
    part: list[Token] = []
    inside: list[Token] | None = None
    asides: list[list[Token]] = []
    link = ""
    for i, token in enumerate(tokens):
        word = token.word
        if word in {"(", "["}:
            inside = []
        elif word in {")", "]"}:
            if inside:
                asides.append(inside)
            inside = None
        elif inside is not None:
            inside.append(token)
        elif part and not _coupled(tokens, i, part) and _breaks(tokens, i):
            parts.append((link, part))
            part, link = ([], word) if word in {",", "-", "and", "&", ":", "plus", "or", "then"} else ([token], word)
        else:
            part.append(token)
    parts.append((link, part))
    if inside:
        asides.append(inside)
    out: list[Clause] = []
    spoken = False
    for mark, words in parts:
        if words:
            clause = _clause(mark, words, number, end_mark)
            spoken = (
                spoken or clause.text.startswith(("i ", "we ")) or (not out and _SPEAKS.match(clause.text) is not None)
            )
            heir = clause.inherits and spoken and not (mark == "," and clause.text.startswith("like "))
            out.append(clause if heir == clause.inherits else clause._replace(inherits=heir))
    out.extend(_clause("(", part, number, ".") for part in asides)
    return [clause for clause in out if clause.text]


_SPEAKS = re.compile(r"(?:live in|work (?:as|at|for)|vegan|vegetarian|based in|married|retired|originally from)\b")


def _coupled(tokens: list[Token], i: int, part: list[Token]) -> bool:
    """Whether "and" joins a person and the speaker: "Marco and I", "my wife Ana and I"."""
    if tokens[i].word != "and" or i + 1 >= len(tokens) or tokens[i + 1].word != "i":
        return False
    first = part[0].word
    return (len(part) == 1 and first not in _SUBJECTS and _FILLER.match(first + " ") is None) or (
        first in {"my", "our"} and len(part) <= 3
    )


def _breaks(tokens: list[Token], i: int) -> bool:
    word = tokens[i].word
    if word == "as" and tokens[i - 1].word in {"far", "long", "soon", "well", "such"}:
        return False
    if word == "-":
        return True
    if word in _HARD:
        return not (word in {"when", "if", "while", "until", "so", "who"} and not _opens(tokens, i + 1)) or word in {
            "who",
            "if",
            "unless",
        }
    if word in {",", "and", "&", ":", "plus", "or", "then", "since", "as"}:
        return _opens(tokens, i + 1) and (word not in {"or", "as"} or tokens[i + 1].word in {"i", "my", "we"})
    return False


def _opens(tokens: list[Token], i: int) -> bool:
    """Whether a clause of its own may begin at token `i`."""
    rest = " ".join(t.word for t in tokens[i : i + 14]) + " "
    cut = _strip(rest)
    words = rest[cut:].split()
    if not words:
        return cut > 0
    first = words[0]
    if first in _SUBJECTS or first in _ASKING or first in {"if", "unless", "please", "call"}:
        return True
    if first in _POSSESSIVES:
        return any(w in _COPULAS for w in words[1:6]) or (
            len(words) > 2 and (words[1] in KIN or words[1] in PLURAL_KIN) and words[2].endswith("s")
        )
    return _INHERITED.match(rest[cut:]) is not None


def _strip(text: str) -> int:
    at = 0
    for _ in range(8):
        found = _FILLER.match(text, at)
        if found is None:
            break
        at = found.end()
    return at


def _clause(link: str, tokens: list[Token], number: int, end_mark: str) -> Clause:
    tokens = tokens[:_MAX_CLAUSE]
    text = " ".join(t.word for t in tokens)
    cut = _strip(text)
    hedged = False
    for _ in range(2):
        hedge = _HEDGE.match(text, cut)
        if hedge is None:
            break
        hedged = True
        cut = hedge.end()
        cut += _strip(text[cut:])
    lead = text[:cut]
    kept, at = [], 0
    starts: list[int] = []
    for token in tokens:
        if at >= cut:
            starts.append(at - cut)
            kept.append(token)
        at += len(token.word) + 1
    body = text[cut:].rstrip(" ,:-")
    while kept and starts[-1] >= len(body):
        kept.pop()
        starts.pop()
    strong = _STRONG.search(lead) is not None
    inherits = link in {",", "and", "&", "-", "but", "plus"} and _INHERITED.match(body) is not None
    return Clause(body, tuple(kept), tuple(starts), lead, link, number, end_mark, hedged, strong, inherits)


def asks(text: str) -> bool:
    """Whether a canonical clause is put as a question, by its first word."""
    return text.split(" ", 1)[0] in _ASKING
