"""Open reading of notes in a few words: "freelance translator, two kids", "52, divorced", "law student here"."""

import re
from collections.abc import Iterator

from interplay_server.learning.rules import checks, lexicon
from interplay_server.learning.rules.clauses import Clause
from interplay_server.learning.rules.facts import FACTUAL, WORK, rule
from interplay_server.learning.rules.found import Found
from interplay_server.learning.rules.values import third_person

_NOTED = rule("", "", "", FACTUAL, confidence=0.7)
_JOB = rule("", "", "job", WORK, confidence=0.75)
_MOST_ITEMS, _LONGEST = 7, 5
_COUNTED = re.compile(r"(?:no|one|two|three|four|five|six|an?|\d+) (?:\w+ ){0,2}?\w+")
_STATUS = re.compile(
    r"(?:(?:newly|happily|recently|semi|just) )?(?:married|single|divorced|widowed|engaged|retired|pregnant|"
    r"unemployed|self employed|freelance|separated)"
    r"(?: .*)?|(?:live|living|based|born|raised|work|working|study|studying) (?:in|at|for|as|near) .+|"
    r"(?:severely |very |slightly )?(?:allergic to .+|lactose "
    r"intolerant|gluten intolerant|left handed|colou?r ?blind|short sighted|hard of hearing)|(?:type \d "
    r")?diabetic|(?:first|second|third|final) year .+|"
    r"\d{2}(?: years old)?|(?:mum|mom|dad|father|mother|parent) of .+|native .+ speaker|(?:night|shift|early) "
    r"(?:shift |bird|owl|worker).*"
)
_VERB = re.compile(
    r"\b(?:is|are|was|were|do|does|did|can|could|will|would|should|i|we|you|he|she|they|it|this|that|please|"
    r"what|how|want|need)\b"
)


def noted(parts: list[Clause], text: str) -> Iterator[Found]:
    """The items of a sentence without a subject, where two of them, or one before "here", tell who the user is."""
    if len(parts) > 4 or not parts or parts[0].end_mark == "?":
        return
    items: list[tuple[Clause, int, str]] = []
    for part in parts:
        at = 0
        for piece in re.split(r"( , | and | \| )", part.text):
            if piece.strip(" ,|") and piece not in {" , ", " and ", " | "}:
                items.append((part, at, piece.strip()))
            at += len(piece)
    if not 1 <= len(items) <= _MOST_ITEMS or any(_VERB.search(item) for _, _, item in items[:3]):
        return
    known = [_kind(item.removesuffix(" here")) for _, _, item in items]
    if sum(map(bool, known)) < (1 if any(item.endswith(" here") for _, _, item in items) else 2):
        return
    for (part, at, item), kind in zip(items, known, strict=True):
        if not kind or len(item.split()) > _LONGEST + 3:
            continue
        start, end = part.span(at, at + len(item.removesuffix(" here")))
        raw = third_person(text[start:end])
        content = (
            f"Is a {raw}"
            if kind == "job" and not raw.lower().startswith(("a ", "an "))
            else f"{raw[:1].upper()}{raw[1:]}"
        )
        made = _JOB if kind == "job" else _NOTED
        yield Found(content, made, raw, "user", start, end, confidence=made.confidence)


def _kind(item: str) -> str:
    if (
        any(word in lexicon.DIETS or word in lexicon.CONDITION_ADJECTIVES for word in item.split())
        and len(item.split()) <= _LONGEST
    ):
        return "state"
    if _STATUS.fullmatch(item):
        return "state"
    if _COUNTED.fullmatch(item) and checks.owned_thing(item):
        return "thing"
    return "job" if len(item.split()) <= _LONGEST and checks.role(item) else ""
