"""Facts outside the pattern of subject and verb: "my budget is 800", "call me Sam", "Size: M", "nurse here"."""

import re

from interplay_server.learning.rules import checks, lexicon
from interplay_server.learning.rules.clauses import Clause
from interplay_server.learning.rules.facts import (
    CIRCUMSTANCE,
    ENVIRONMENT,
    FACTUAL,
    INFINITY,
    PREFERENCE,
    RELATIONSHIP,
    WORK,
    rule,
)
from interplay_server.learning.rules.found import Found
from interplay_server.learning.rules.lexicon import word_set
from interplay_server.learning.rules.possessions import acceptable, named
from interplay_server.learning.rules.requests import REQUESTS, TERSE
from interplay_server.learning.rules.values import money, third_person, trim

_THING_WORD = word_set("it this that these those them")

_TURNED = re.compile(
    r"(?P<v>.{2,60}?) (?:is|are) (?:definitely |probably |by far |always )*(?:my|our) (?:absolute |"
    r"all time |biggest |main )*(?P<k>favourites?(?: [^\W\d]+){0,2}|passion|hobby|weakness|"
    r"guilty pleasure|comfort food|pet peeve|native language|mother tongue|first language|hometown|jam|"
    r"life)$"
)


_AS_A = re.compile(r"an? (?P<v>(?:\w+ ){0,3}?\w+)(?=(?: ,)? (?:i|we|my)\b|$)")


_WHOSE = re.compile(
    r"(?:my|our) (?P<kin>" + "|".join(sorted(lexicon.KIN | lexicon.PETS)) + r")'s "
    r"(?P<noun>name|birthday|age|shoe size|size|favourite \w+) is (?P<v>(?!not |on |in |wrong|your).+)"
)


def attribute_of(clause: Clause, text: str) -> Found | None:
    whose = _WHOSE.match(clause.text)
    if whose is not None:
        start, end = clause.span(whose.start("v"), whose.end("v"))
        first, _ = clause.span(whose.start("kin"), whose.end("kin"))
        made = rule("", "", whose["noun"].replace(" ", "_"), RELATIONSHIP, INFINITY, single=True)
        said = third_person(text[first:end])
        value = third_person(text[start:end])
        return Found(f"{said[:1].upper()}{said[1:]}", made, value, whose["kin"], clause.tokens[0].start, end)
    got = named(clause.text)
    if got is None:
        return None
    noun, attribute, category, ttl, begin, stop, copula, _negated = got
    value = trim(clause.text[begin:stop])
    if not value or "\ufffd" in value:
        return None
    start, end = clause.span(begin, begin + len(value))
    raw = text[start:end]
    if not acceptable(noun, attribute, copula, value, raw):
        return None
    if (
        attribute.startswith("favourite")
        and copula not in {"is", "are", "was", "would be", ":", ", :"}
        and ":" not in copula
    ):
        return None
    noun_end = clause.text.index(noun) + len(noun)
    verb_first, verb_last = clause.span(noun_end + 1, begin)
    first, _ = clause.span(clause.text.index(noun), noun_end)
    verb = copula if copula.strip(" ,") != ":" else "is"
    between = " ".join(clause.text[noun_end:begin].split()).strip(" ,:") or verb
    content = third_person(f"{text[first : clause.span(clause.text.index(noun), noun_end)[1]]} {between} {raw}")
    del verb_first, verb_last
    single = attribute not in {
        "hobby",
        "goal",
        "business",
        "work",
        "health",
        "housing",
        "device",
        "like",
        "dislike",
        "event",
        "team",
    }
    normal = money(value) if attribute in {"budget", "income", "expense"} else third_person(raw)
    made = rule("", "", attribute, category, ttl, single)
    return Found(
        content[:1].upper() + content[1:],
        made,
        normal or third_person(raw),
        "user",
        clause.tokens[0].start,
        end,
    )


def request(clause: Clause, text: str) -> Found | None:
    for made in REQUESTS:
        hit = made.pattern.match(clause.text)
        if hit is None:
            continue
        value = trim(hit["w"] if "w" in made.pattern.groupindex and hit["w"] else hit["v"])
        at = hit.start("w") if "w" in made.pattern.groupindex and hit["w"] else hit.start("v")
        if not value or "\ufffd" in value:
            continue
        begin = hit.start("v")
        start, end = clause.span(begin, min(len(clause.text), max(at + len(value), begin + 1)))
        first, last = clause.span(at, at + len(value))
        if made.accepts is not None and not made.accepts(trim(hit["v"]), text[first:last]):
            continue
        said = third_person(text[start:end])
        if made.attribute == "preferred_name":
            if not text[first:last][:1].isupper() and clause.text.startswith("call me"):
                return None
            said = third_person(text[first:last])
        said = re.sub(r"^(?:please |and |so |just )+", "", said, flags=re.IGNORECASE)
        said = re.sub(
            r"^(?:do not|don['\u2019]?t|never|stop)\b",
            lambda m: "not to" if m[0].lower()[0] == "d" else m[0].lower(),
            said,
            flags=re.IGNORECASE,
        )
        content = f"{made.head} {said}".replace("agent to not to", "agent not to")
        return Found(
            content,
            made,
            third_person(text[first:last]),
            "user",
            clause.tokens[0].start,
            end,
            confidence=made.confidence,
        )
    return None


def _turned(clause: Clause, text: str) -> Found | None:
    """Knitting is my passion."""
    hit = _TURNED.match(clause.text)
    if hit is None or hit["v"].split()[0] in {
        "it",
        "this",
        "that",
        "these",
        "those",
        "which",
        "what",
        "you",
        "he",
        "she",
        "they",
        "there",
        "your",
        "the",
    }:
        return None
    start, end = clause.span(0, len(hit["v"]))
    raw = third_person(text[start:end])
    made = rule("", "", hit["k"].replace(" ", "_"), PREFERENCE)
    first, last = clause.span(hit.start("k"), hit.end("k"))
    key = third_person(text[first:last])
    return Found(f"{key[:1].upper()}{key[1:]}: {raw}", made, raw, "user", start, last, confidence=0.8)


def _standing(clause: Clause, text: str) -> Found | None:
    """As a nurse, I see that daily."""
    hit = _AS_A.match(clause.text) if clause.lead.endswith("as ") else None
    if hit is None:
        return None
    value = hit["v"]
    diet = any(w in lexicon.DIETS for w in value.split())
    if not diet and not checks.role(value):
        return None
    start, end = clause.span(0, hit.end("v"))
    made = rule("", "", "diet" if diet else "job", PREFERENCE if diet else WORK)
    said = third_person(text[start:end])
    return Found(f"Is {said}", made, said, "user", start, end, confidence=0.8)


def terse(clause: Clause, text: str) -> Found | None:
    turned = _turned(clause, text) or _standing(clause, text)
    if turned is not None:
        return turned
    here, label, budget, new = TERSE
    if hit := here.pattern.match(clause.text):
        value = hit["v"].strip()
        complement = value if value.startswith(("a ", "an ")) else f"a {value}"
        diet = any(w in lexicon.DIETS for w in value.split())
        if (
            diet
            or checks.role(complement.removeprefix("a ").removeprefix("n "))
            or value.split()[-1] in lexicon.CONDITION_ADJECTIVES
        ):
            start, end = clause.span(0, len(value))
            said = third_person(text[start:end])
            attribute = "diet" if diet else "job"
            made = here._replace(attribute=attribute, category=PREFERENCE if diet else WORK, single=diet)
            return Found(f"Is {said}", made, said, "user", start, end, confidence=0.8)
        return None
    for row in (label, budget):
        hit = row.pattern.match(clause.text)
        if hit is None:
            continue
        value = trim(hit["v"])
        if (
            not value
            or "\ufffd" in value
            or len(value.split()) > 14
            or value in {"?", "n/a", "none", "tbd", "unknown", "yes"}
        ):
            return None
        key = hit["k"].removeprefix("my ")
        start, end = clause.span(hit.start("v"), hit.start("v") + len(value))
        raw = third_person(text[start:end])
        attribute = key.replace(" ", "_")
        normal = money(value) if "budget" in key or "price" in key else raw
        title, plural, bounded = key[:1].upper() + key[1:], key.endswith("s"), "budget" in key
        made = label._replace(
            attribute=attribute,
            single=not plural,
            category=CIRCUMSTANCE if bounded else FACTUAL,
            ttl="one_month" if bounded else "one_year",
        )
        content = f"{title}: {raw}" if plural else f"{title} is {raw}"
        return Found(content, made, normal or raw, "user", clause.tokens[0].start, end, confidence=0.85)
    hit = new.pattern.match(clause.text)
    if hit is not None:
        value = trim(hit["v"])
        if value and value.split()[0] not in _THING_WORD | {"not", "great", "good"}:
            start, end = clause.span(0, hit.start("v") + len(value))
            said = third_person(text[start:end])
            return Found(
                f"{said[:1].upper()}{said[1:]}",
                new._replace(attribute="", category=ENVIRONMENT),
                said,
                "user",
                start,
                end,
                confidence=0.75,
            )
    return None
