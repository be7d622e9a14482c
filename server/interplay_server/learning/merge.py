"""How a new fact stands to a known one: the same, more specific, contrary, or another fact.

Cosine alone never merges: what a pair says of numbers, units, dates, names and negation is compared first, and only
statements that agree in all of it can be paraphrases of each other by their vectors. The parts of the statements, laid
side by side, decide where their frames are known; with vectors of words, that verdict is one piece of evidence among
others, weighed together.
"""

import enum
import re
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from interplay_server.learning.meaning.compare import compare, paraphrase
from interplay_server.learning.meaning.gist import gist
from interplay_server.learning.meaning.judge import judge
from interplay_server.learning.meaning.nearness import Words
from interplay_server.learning.meaning.statement import Statement, parse
from interplay_server.learning.meaning.verdict import Verdict


class Fact(msgspec.Struct, frozen=True):
    """A statement about a user or their world; the slot fields may be empty, then the text alone counts."""

    content: str
    subject: str = "user"
    attribute: str = ""
    value: str = ""
    single_valued: bool = False


class Relation(enum.Enum):
    """What becomes of a new fact beside a known one."""

    DUPLICATE = "duplicate"
    """Same meaning, or a less specific repetition of what is known: the more specific text stays."""
    REFINES = "refines"
    """Compatible and more specific."""
    CONTRADICTS = "contradicts"
    """Cannot hold beside the known fact."""
    DISTINCT = "distinct"
    """Another fact; both stay."""


class CosineThresholds(msgspec.Struct, frozen=True):
    """From which cosine on two statements that differ in their verbs only say the same, in [-1, 1].

    They decide 1 % of everyday pairs: the words decide the rest.
    """

    other_verb: float = 0.75
    """The other words are the same, or nested."""
    other_words: float = 0.85
    """Two words at most on each side differ, the verb included."""


THRESHOLDS = {"wordllama-256": CosineThresholds()}
"""By the name of the embedder; measured on pairs of everyday facts."""
DEFAULT_THRESHOLDS = CosineThresholds(other_verb=0.85, other_words=0.92)
"""For embedders that nobody measured."""

_OF = {
    Verdict.SAME: Relation.DUPLICATE,
    Verdict.LESS: Relation.DUPLICATE,
    Verdict.MORE: Relation.REFINES,
    Verdict.CONTRARY: Relation.CONTRADICTS,
    Verdict.OTHER: Relation.DISTINCT,
}
_VERBS = (
    "is|has|was|lives|works|weighs|uses|likes|loves|prefers|wants|drives|sold|moved|stopped|bought|speaks|plays|owns|hates|"
    "eats|drinks|needs|plans|studies|started|quit|earns|pays|runs|goes|teaches|enjoys|avoids|takes|does|no longer|"
    "cannot|can"
)
_CLAUSE = re.compile(rf"(?:,? and|,? but|;|\.)\s+(?:now |also |then )?(?=(?:{_VERBS})\b)", re.IGNORECASE)
_LONGEST = 2_000


@lru_cache(maxsize=16_384)
def _clauses(content: str, subject: str) -> tuple[Statement, ...]:
    """The statement, and its clauses where it has several verbs."""
    content = content[:_LONGEST]
    whole = parse(content, subject)
    parts = [part.strip() for part in _CLAUSE.split(content)]
    if len(parts) < 2 or min(map(len, parts)) < 4:
        return (whole,)
    return (whole, *(_of_same(parse(part, subject), whole) for part in parts))


def _of_same(clause: Statement, whole: Statement) -> Statement:
    """The clause with the subject of its sentence where it names none."""
    return clause._replace(holder=whole.holder, who=whole.who) if clause.holder == "user" else clause


def relation(
    new: Fact,
    old: Fact,
    cosine: float,
    *,
    thresholds: CosineThresholds = THRESHOLDS["wordllama-256"],
    words: Words | None = None,
) -> Relation:
    """How the later statement `new` stands to `old`.

    A new statement that says less than the known one and nothing else ("Has a dog" after "Has a dog called Rex") is a
    DUPLICATE: the known, more specific text stays.

    Args:
        new: the later statement.
        old: the known one.
        cosine: of the two contents, in [-1, 1], from the embedder that `thresholds` belong to.
        thresholds: see `THRESHOLDS`.
        words: vectors of single words (`Embedder.word_vectors`) of wordllama-256, on which the evidence is weighed
            (`learning.meaning.judge`); None leaves it to the parts of the statements, which know fewer wordings.
    """
    return relation_explained(new, old, cosine, thresholds=thresholds, words=words)[0]


def relation_explained(
    new: Fact,
    old: Fact,
    cosine: float,
    *,
    thresholds: CosineThresholds = THRESHOLDS["wordllama-256"],
    words: Words | None = None,
) -> tuple[Relation, str]:
    """As `relation`, with the reason in a few words."""
    if new.content == old.content and new.subject == old.subject:
        return Relation.DUPLICATE, "same text"
    by_slot = _by_slots(new, old)
    if by_slot:
        return by_slot
    found = table_verdict(new, old, cosine, thresholds=thresholds)
    if words is not None and not _one_slot(new, old):
        mine, yours = (gist(one.content[:_LONGEST], one.subject) for one in (new, old))
        found = judge(mine, yours, cosine, found, words)
    return _OF[found[0]], found[1]


def _one_slot(new: Fact, old: Fact) -> bool:
    """Both fill, or may fill, one place that holds a single value: there the parts decide, not what is likely."""
    same = (new.subject, new.attribute) == (old.subject, old.attribute)
    return bool(new.attribute) and same and new.single_valued and old.single_valued


def table_verdict(
    new: Fact, old: Fact, cosine: float, *, thresholds: CosineThresholds = THRESHOLDS["wordllama-256"]
) -> tuple[Verdict, str]:
    """What the parts of the statements decide, laid side by side."""
    mine, yours = _clauses(new.content, new.subject), _clauses(old.content, old.subject)
    verdict, reason = compare(mine[0], yours[0])
    if verdict is Verdict.OTHER and (len(mine) > 1 or len(yours) > 1):
        verdict, reason = _by_clauses(mine, yours)
    elif verdict in {Verdict.MORE, Verdict.SAME} and len(mine) > 1:
        contrary = next((r for c in mine[1:] for v, r in [compare(c, yours[0])] if v is Verdict.CONTRARY), "")
        if contrary:
            verdict, reason = Verdict.CONTRARY, contrary
    if verdict is Verdict.OTHER:
        near = paraphrase(
            mine[0],
            yours[0],
            other_verb=cosine >= thresholds.other_verb,
            other_words=cosine >= thresholds.other_words,
        )
        if near is not Verdict.OTHER:
            return near, f"other verbs for the same, cosine {cosine:.2f}"
    return verdict, reason


def _by_clauses(mine: Sequence[Statement], yours: Sequence[Statement]) -> tuple[Verdict, str]:
    """A sentence of several clauses contradicts or refines by any of them; it repeats only as a whole."""
    several_new, several_old = len(mine) > 1, len(yours) > 1
    pairs = [compare(a, b) for a in mine[several_new:] for b in yours[several_old:]]
    found = {verdict for verdict, _ in pairs}
    reasons = dict(reversed(pairs))
    if Verdict.CONTRARY in found:
        return Verdict.CONTRARY, "one clause: " + reasons[Verdict.CONTRARY]
    for verdict in (Verdict.SAME, Verdict.MORE, Verdict.LESS):
        if verdict in found:
            if several_new and not several_old:
                return (Verdict.MORE if verdict is not Verdict.LESS else Verdict.OTHER), "one clause: " + reasons[
                    verdict
                ]
            if several_old and not several_new:
                return (Verdict.LESS if verdict is not Verdict.MORE else Verdict.OTHER), "one clause: " + reasons[
                    verdict
                ]
    return Verdict.OTHER, "other clauses"


def _by_slots(new: Fact, old: Fact) -> tuple[Relation, str] | None:
    """What the slots decide where both facts have them; None leaves it to the text."""
    if not (new.attribute and old.attribute and new.value and old.value):
        return None
    if new.subject.casefold() != old.subject.casefold():
        return Relation.DISTINCT, "of other subjects"
    mine, yours = _folded(new.value), _folded(old.value)
    if new.attribute != old.attribute:
        if mine != yours:
            return None if _text(new, old)[0] is Verdict.CONTRARY else (Relation.DISTINCT, "of other attributes")
        return None
    if mine == yours:
        return None
    if new.single_valued and old.single_valued:
        verdict, _ = _text(new, old)
        if verdict is not Verdict.OTHER:
            return None
        value, _ = compare(parse("Value is " + new.value), parse("Value is " + old.value))
        if value in {Verdict.SAME, Verdict.MORE, Verdict.LESS}:
            return _OF[value], "values nest"
        return Relation.CONTRADICTS, "another value of an attribute with one value"
    return None


def _text(new: Fact, old: Fact) -> tuple[Verdict, str]:
    return compare(parse(new.content, new.subject), parse(old.content, old.subject))


def _folded(value: str) -> str:
    return " ".join(value.casefold().split())


def decide(
    new: Fact,
    olds: Sequence[Fact],
    cosines: Sequence[float],
    *,
    thresholds: CosineThresholds = THRESHOLDS["wordllama-256"],
    words: Words | None = None,
) -> list[Relation]:
    """The relation of a new fact to each known one, so that they go together.

    Each pair is judged alone; then: a fact that repeats one that is known (DUPLICATE) is not written, so it refines
    nothing: its REFINES become DISTINCT; and it may contradict any number of others at once, which are all superseded.
    Of several duplicates only the one of the highest cosine is renewed, the others become DISTINCT and stay as they
    are. Several REFINES stay: the new fact supersedes them all.

    Raises:
        ValueError: `olds` and `cosines` differ in length.
    """
    found = [relation(new, old, c, thresholds=thresholds, words=words) for old, c in zip(olds, cosines, strict=True)]
    same = [i for i, r in enumerate(found) if r is Relation.DUPLICATE]
    if not same:
        return found
    kept = max(same, key=lambda i: cosines[i])
    return [
        r if i == kept or r is Relation.CONTRADICTS else Relation.DISTINCT
        for i, r in enumerate(found)
    ]  # fmt: skip
