"""One clause against the tables: subject and predicate choose the rules, the first that accepts gives the fact."""

import re
from collections.abc import Iterable, Iterator

from interplay_server.learning.rules import checks, lexicon
from interplay_server.learning.rules.assertions import asserted, happened
from interplay_server.learning.rules.clauses import Clause
from interplay_server.learning.rules.doing import DOING
from interplay_server.learning.rules.ended import ENDED
from interplay_server.learning.rules.events import EVENTS, NEVERS, PERFECTS
from interplay_server.learning.rules.facts import (
    AFFIRM,
    DENY,
    INFINITY,
    PREFERENCE,
    RELATIONSHIP,
    Rule,
    agree,
    deny,
    rule,
    third,
)  # fmt: skip
from interplay_server.learning.rules.found import Found
from interplay_server.learning.rules.fragments import attribute_of, request, terse
from interplay_server.learning.rules.holdings import given, held, presumed
from interplay_server.learning.rules.lexicon import word_set
from interplay_server.learning.rules.possessions import HAVE, owned
from interplay_server.learning.rules.predicates import (
    BE,
    MODAL,
    PAST,
    PERFECT,
    Predicate,
    Subject,
    predicate,
    subject,
)
from interplay_server.learning.rules.predicates import (
    HAVE as HAS,
)
from interplay_server.learning.rules.revisions import changed, over, withdrawn
from interplay_server.learning.rules.standing import PLURAL_ROLE, STANDING
from interplay_server.learning.rules.standpoints import standpoint
from interplay_server.learning.rules.states import BODY
from interplay_server.learning.rules.values import measure, money, third_person, trim
from interplay_server.learning.rules.verbs import MUST, RATHER, RESTRICTED, VERBS, WILL, WILL_ONLY
from interplay_server.learning.rules.wishes import placed, wished

_KIN_IS = rule(r"(?P<v>(?:\w+ )?(?P<w>.+))", "Is", "life", RELATIONSHIP)
_NAME = rule("", "", "name", RELATIONSHIP, INFINITY, True)
_THING_WORD = word_set("it this that these those them")
_TROUBLED = re.compile(
    r"\b(?:this|that|your|here|waiting|looking at|asking|calling about|trying to|confused|hungry|tired|"
    r"bored|happy|sad|excited|glad|sorry|sure|afraid (?:i|that)|ok|okay|fine|good|great|back|ready|"
    r"done|late|right|wrong|stuck|lost|"
    r"having trouble|having (?:an )?issues?|unable|able|worried|upset|angry|frustrated|annoyed|curious|"
    r"wondering|hoping you|on hold|not sure|thinking)\b"
)


def read(
    clause: Clause, text: str, before: Clause | None = None, following: Clause | None = None, *, openly: bool = True
) -> Iterator[Found]:
    """Facts that one clause states; gates on its surroundings are the caller's.

    `before` and `following` are its neighbours in the sentence. The tables come first; then, where that is allowed
    (`openly`), the open readings.
    """
    taken_back = withdrawn(clause, text)
    if taken_back is not None:
        yield taken_back
        return
    who = subject(clause, text)
    if who is not None and who.name:
        yield _kin_name(clause, who, text)
    done = predicate(clause, who) if who is not None else None
    found: Found | None = None
    if who is not None and done is not None:
        kept = _kept(clause, who, done, text)
        if kept:
            yield from kept
            return
        found = _predication(clause, who, done, text)
    if found is None and clause.text.startswith(("my ", "our ")):
        found = attribute_of(clause, text)
    if found is None:
        found = request(clause, text) or terse(clause, text)
    if found is None and openly:
        found = _openly(clause, text, who, done, before, following) or presumed(clause, text)
    if found is not None:
        yield found


def _openly(  # noqa: PLR0917 - all that an open reading may look at
    clause: Clause,
    text: str,
    who: Subject | None,
    done: Predicate | None,
    before: Clause | None,
    following: Clause | None,
) -> Found | None:
    """A fact whose attribute no table knows."""
    found = over(clause, text) or wished(clause, text)
    if found is None:
        found = happened(clause, text, who)
    if found is None and who is not None and done is not None:
        found = asserted(clause, text, who, done, following)
    return (
        found
        or held(clause, text)
        or changed(clause, text, before)
        or standpoint(clause, text, following)
        or given(clause, text, following)
        or placed(clause, text)
    )


def _kin_name(clause: Clause, who: Subject, text: str) -> Found:
    start, end = clause.span(*who.name_span)
    name = text[start:end]
    verb = "Has a" if who.kin in lexicon.PETS else ""
    label = who.kin_label or who.label
    content = f"{verb} {label.lower()} called {name}" if verb else f"{label[:1].upper()}{label[1:]} is called {name}"
    return Found(content, _NAME, name, who.kin if who.kin_label else who.key, clause.tokens[0].start, end)


def _kept(clause: Clause, who: Subject, done: Predicate, text: str) -> list[Found]:
    """Possession ("have", "got") with things that people keep, unless a rule of its own knows better."""
    if done.mode != HAS and done.verb != "got":
        return []
    if _first(HAVE, clause, done.at, text, who, done, "") is not None:
        return []
    return _having(clause, done.at, text, who, done)


def _predication(clause: Clause, who: Subject, done: Predicate, text: str) -> Found | None:
    rest_at = done.at
    if done.mode == BE:
        rules: Iterable[Rule] = (
            (*BODY, *STANDING, *DOING) if who.person != 2 else (*BODY, *STANDING, PLURAL_ROLE, *DOING)
        )
        found = _first(rules, clause, rest_at, text, who, done, "")
        if found is None and who.person == 3 and not _TROUBLED.search(clause.text[rest_at:]):
            found = _relative_is(clause, rest_at, text, who, done)
        return found
    if done.mode == HAS:
        return _first(HAVE, clause, rest_at, text, who, done, "")
    if done.mode == PERFECT:
        if "never" in done.adverbs or done.negated:
            return _first((NEVERS,), clause, done.verb_at, text, who, done, "") if "never" in done.adverbs else None
        return (
            _first(ENDED, clause, done.verb_at, text, who, done, "", ends=True)
            or _first(EVENTS, clause, done.verb_at, text, who, done, "", past=True)
            or _first(PERFECTS, clause, done.verb_at, text, who, done, "")
        )
    if done.mode == MODAL:
        return _modal(clause, done, text, who)
    if done.mode == PAST and (
        done.verb in {"be", "had"} or clause.text[who.at :].startswith(("used to", "was ", "were "))
    ):
        return (
            None
            if done.negated
            else (
                _first(ENDED, clause, _past_at(clause, who), text, who, done, "", ends=True)
                or _first(EVENTS, clause, _past_at(clause, who), text, who, done, "", past=True)
            )
        )
    found = _present(clause, done, text, who)
    if found is None and not done.negated:
        found = _first(ENDED, clause, done.verb_at, text, who, done, "", ends=True) or _first(
            EVENTS, clause, done.verb_at, text, who, done, "", past=True
        )
    return found


def _past_at(clause: Clause, who: Subject) -> int:
    found = re.compile(r"(?:just |recently |finally |also |actually |originally |only |then )*").match(
        clause.text, who.at
    )
    return found.end() if found else who.at


_PASSING = word_set(
    """get see receive said say click know think need want be find forget have got had heard hear saw understand
    ask asked told tell mean meant knew thought felt feel wanted try end log enter select receive remember
    been went came sent gone seen done taken
    agreed agree care mind give gave made did seem notice press open close start set paid bought"""
)


def _present(clause: Clause, done: Predicate, text: str, who: Subject) -> Found | None:
    verb = done.verb
    if verb == "got" and not done.negated:
        return _first(HAVE, clause, done.at, text, who, done, "")
    rules = VERBS.get(verb)
    if rules is None and not done.adverbs & {"always", "usually", "never", "only", "mostly", "rarely"}:
        return None
    if rules is None and (verb in _PASSING or verb.endswith("ed")):
        return None
    rules = rules or ()
    if done.adverbs & {
        "always",
        "usually",
        "often",
        "mostly",
        "only",
        "regularly",
        "never",
        "generally",
        "normally",
        "typically",
        "rarely",
        "sometimes",
        "mainly",
        "strictly",
        "tend",
    }:
        rules = (
            (
                *rules,
                rule(
                    r"(?P<v>(?!it\b|this\b|that\b|you\b|your\b|get (?:this|an error)).+)",
                    "",
                    "habit",
                    PREFERENCE,
                    "one_quarter",
                    False,
                    "either",
                    checks.able,
                    0.75,
                ),
            )
            if verb not in {"like", "love", "hate", "enjoy", "prefer", "want", "need", "hope", "drive"}
            else rules
        )
    return _first(rules, clause, done.at, text, who, done, third(verb))


_OFFER = re.compile(r"(?!only)(?:come|meet|call|talk|travel|be|work|train|attend|take|receive|get|do)\b")


def _modal(clause: Clause, done: Predicate, text: str, who: Subject) -> Found | None:
    verb = done.verb
    if (
        verb == "can"
        and not done.negated
        and _OFFER.match(clause.text, done.at)
        and not checks.CLOCK.search(clause.text)
    ):
        return None
    if verb == "can":
        if who.person == 2 and not done.negated and "only" not in clause.text:
            return None
        return _first(RESTRICTED, clause, done.at, text, who, done, "")
    if verb == "would":
        return _first((RATHER,), clause, done.at, text, who, done, "")
    if verb in {"must", "should", "have to"}:
        return _first((MUST,), clause, done.at, text, who, done, "")
    if verb in {"will", "be"} or (verb == "be" and clause.text[who.at :].startswith("will")):
        at = done.verb_at if not clause.text[: done.at].rstrip().endswith(" be") else done.at - 3
        hit = re.search(r"\bwill (?:\w+ly |not |never |only |also |just )*", clause.text)
        if hit is None:
            return None
        if hit[0].endswith(("only ", "never ")):
            return _first(
                (WILL_ONLY,),
                clause,
                hit.end() - len(hit[0].split()[-1]) - 1,
                text,
                who,
                done._replace(negated=False, adverbs=frozenset()),
                "",
            )
        at = hit.end()
        return _first((WILL,), clause, at, text, who, done, "")
    return None


_ITEMS = re.compile(r"(?: ,)? (?:and|,) (?=(?:an?|no|my|two|three|four|five|six|\d+|one|several) )")


def _having(clause: Clause, at: int, text: str, who: Subject, done: Predicate) -> list[Found]:
    """What somebody keeps; a list of unlike things gives a fact for each."""
    value = trim(clause.text[at:])
    parts, begin = [], 0
    for mark in _ITEMS.finditer(value):
        parts.append((begin, mark.start()))
        begin = mark.end()
    parts.append((begin, len(value)))
    kinds = [owned(value[i:j].removeprefix("the ") if done.ended else value[i:j]) for i, j in parts]
    if len({kind for kind in kinds if kind}) <= 1:
        parts, kinds = [(0, len(value))], [next((kind for kind in kinds if kind), None)] if kinds[0] else [None]
    found = []
    for (i, j), kind in zip(parts, kinds, strict=True):
        if kind is None:
            continue
        made = rule("(?P<v>.+)", "Has", *kind)
        hit = made.pattern.match(clause.text, at + i, at + j)
        one = _found(made, hit, clause, text, who, done, "", past=False, ends=False) if hit else None
        if one is not None:
            found.append(one)
    return found


def _relative_is(clause: Clause, at: int, text: str, who: Subject, done: Predicate) -> Found | None:
    """Of relatives and pets almost any complement tells something, once passing states are out."""
    value = trim(clause.text[at:])
    words = value.split()
    if (
        not words
        or words[0]
        in _THING_WORD
        | {
            "so",
            "very",
            "too",
            "really",
            "not",
            "in",
            "on",
            "at",
            "going",
            "coming",
            "asking",
            "crying",
            "sleeping",
            "being",
            "driving",
            "about",
            "just",
        }
    ) and not re.match(r"(?:called|named|about \d)", value):
        return None
    if re.match(r"(?:called|named) ", value):
        start, end = clause.span(at + value.index(" ") + 1, at + len(value))
        name = text[start:end]
        head = (
            f"Has a {who.label.lower()} called"
            if who.kin in lexicon.PETS and not who.plural
            else f"{who.label} {'are' if who.plural else 'is'} called"
        )
        return Found(f"{head} {name}", _NAME, name, who.key, clause.tokens[0].start, end)
    if words[0] in {"a", "an"} or words[0][0].isdigit() or (len(words) <= 3 and not words[0].endswith("ing")):
        return _first((_KIN_IS,), clause, at, text, who, done, "")
    return None


def _first(  # noqa: PLR0917 - one call of the tables names all that a fact is made of
    rules: Iterable[Rule],
    clause: Clause,
    at: int,
    text: str,
    who: Subject,
    done: Predicate,
    head: str,
    *,
    past: bool = False,
    ends: bool = False,
) -> Found | None:
    canonical = clause.text
    for made in rules:
        if (made.polarity == AFFIRM and done.negated and not done.ended) or (
            made.polarity == DENY and not done.negated
        ):
            continue
        hit = made.pattern.match(canonical, at)
        if hit is None:
            continue
        found = _found(made, hit, clause, text, who, done, head, past=past, ends=ends)
        if found is not None:
            return found
    return None


def _found(  # noqa: PLR0917 - see _first
    made: Rule,
    hit: re.Match[str],
    clause: Clause,
    text: str,
    who: Subject,
    done: Predicate,
    head: str,
    *,
    past: bool,
    ends: bool,
) -> Found | None:
    groups = hit.groupdict()
    group = "v" if groups.get("v") is not None else ("w" if groups.get("w") is not None else "")
    begin = hit.start(group) if group else hit.end()
    kept = trim(hit[group]) if group else ""
    if "\ufffd" in kept or (group and not kept and hit[group]):
        return None
    stop = begin + len(kept)
    key = "w" if groups.get("w") is not None else group
    value_at = hit.start(key) if key else begin
    value_stop = min(max(stop, value_at), hit.end(key)) if key else stop
    value = clause.text[value_at:value_stop]
    start, end = clause.span(value_at, value_stop) if value else (clause.tokens[0].start, clause.tokens[-1].end)
    raw_value = text[start:end]
    if made.accepts is not None and (not value or not made.accepts(value, raw_value)):
        return None
    said = ""
    if kept:
        first, last = clause.span(begin, stop)
        said = third_person(text[first:last])
        end = max(last, end)
    content = _content(made, said, who, done, head, past=past, ends=ends)
    if made.attribute == "home" and groups.get("x") and groups.get("w"):
        first, last = clause.span(hit.start("x"), hit.end("x"))
        content = _labelled(f"Lives in {third_person(raw_value)}, moved from {third_person(text[first:last])}", who)
    normal = (
        money(value) if made.kind == "money" else measure(value) if made.kind == "measure" else third_person(raw_value)
    )
    if made.attribute == "home":
        normal = _NEAR.split(normal)[0]
    if done.ended:
        normal = normal.removeprefix("the ")
    retracts = ends or (done.ended and (done.mode == BE or made.attribute not in {"diet", "smoking"}))
    if who.companion:
        content += f" with {who.companion}"
    adverbs = " ".join(sorted(done.adverbs & {"usually", "sometimes", "rarely", "only", "mostly", "often", "always"}))
    sure = made.confidence * (0.6 if done.adverbs & {"probably"} else 1.0)
    return Found(
        content + (f" ({adverbs})" if adverbs and adverbs not in content else ""),
        made,
        normal or third_person(raw_value),
        who.key,
        clause.tokens[0].start,
        end,
        retracts,
        sure,
    )


_NEAR = re.compile(r",| (?:with|for|since|and|but|near|in an?|where|at the moment|now|because|these)\b")


def _labelled(content: str, who: Subject) -> str:
    if not who.label:
        return content
    label = f"{who.label} {third_person(who.name).title()}" if who.name else who.label
    content = agree(content, plural=who.plural)
    return f"{label} {content[:1].lower()}{content[1:]}"


def _content(made: Rule, said: str, who: Subject, done: Predicate, head: str, *, past: bool, ends: bool) -> str:
    front = made.head or (head[:1].upper() + head[1:])
    if not past and not ends and done.negated and front:
        if done.ended:
            first, space, rest = front.partition(" ")
            front = (
                f"{first} no longer{space}{rest}"
                if first in {"Is", "Can", "Has"} and first != "Has"
                else f"No longer {front[:1].lower()}{front[1:]}"
            )
        elif "never" in done.adverbs:
            first, space, rest = front.partition(" ")
            front = (
                f"Is never{space}{rest}"
                if first == "Is"
                else f"Has never{space}{rest}"
                if made is NEVERS
                else f"Never {front[:1].lower()}{front[1:]}"
            )
        elif front == "Has" and said.lower().startswith("no "):
            pass
        else:
            front = deny(front)
    if ends:
        front = "No longer:"
    content = f"{front} {said}".strip()
    content = content[:1].upper() + content[1:]
    if past or ends:
        return _labelled_past(content, who)
    return _labelled(content, who)


def _labelled_past(content: str, who: Subject) -> str:
    if not who.label:
        return content
    label = f"{who.label} {who.name.title()}" if who.name else who.label
    return f"{label} {content[:1].lower()}{content[1:]}"
