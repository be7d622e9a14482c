"""The built-in extractor of profiles: what users state about themselves and their world, by rules, without a model."""

import re
from collections.abc import Iterator
from itertools import groupby

from interplay_server.domain.interaction import SHADOW
from interplay_server.domain.roles import AGENT, USER
from interplay_server.domain.window import CONTENT, ProfileCandidate, Quote, Turn, Window
from interplay_server.learning.rules import gates
from interplay_server.learning.rules.clauses import Clause, asks, clauses
from interplay_server.learning.rules.found import Found
from interplay_server.learning.rules.holdings import passing, presumed
from interplay_server.learning.rules.notes import noted
from interplay_server.learning.rules.questions import answered
from interplay_server.learning.rules.reading import read
from interplay_server.learning.rules.remarks import remark
from interplay_server.learning.rules.values import third_person, time_to_live

ENGINE_VERSION = "rules-2"
READ_HEAD, READ_TAIL = 6_000, 2_000
"""Code points read at the start and at the end of a turn; what lies between is not looked at."""

_FIRST = re.compile(r"\b(?:i|i['\u2019]?(?:m|ve|d|ll)|my|me|we|our|us)\b|here\b|:|\?", re.IGNORECASE)
_CONDITION = re.compile(
    r"(?:if|unless|whether|suppose|supposing|assuming|imagine|pretend|what if|in case|as if|when you|once you)\b"
)
_POLITE_IF = re.compile(
    r"if (?:memory serves|i remember|i recall|i am not mistaken|i am honest|possible|it (?:helps|matters)|that "
    r"(?:helps|matters|makes)|you (?:need|want|"
    r"must|have) to know|you (?:do not )?mind|you are wondering|anyone asks|relevant)"
)
_OWN_STATEMENT = re.compile(r"(?:i|we|my \w+|our \w+) (?:am|are|is|have|has|live|work|own|do not|can not)\b")
_TAG = re.compile(
    r"(?:^| )(?:right|correct|is it not|is not it|am not i|do not i|are not i|huh|innit|yes|no|remember)$"
)


def extract_profiles(window: Window) -> list[ProfileCandidate]:
    """Candidates in the order of their last statement; one for each distinct fact of the window.

    Only fresh turns of the user are read; a turn of the agent serves as the question that a short answer fills. Of two
    facts in one single-valued slot the later stays.
    """
    kept: dict[tuple[str, ...], ProfileCandidate] = {}
    question = ""
    for turn in window.turns:
        if turn.role_class == AGENT:
            question = turn.text
            continue
        if turn.role_class != USER:
            continue
        if turn.fresh and turn.text_field == CONTENT and turn.text:
            asked = "" if window.arm == SHADOW and turn.reacts_to_production else question
            for candidate in _of_turn(turn, asked):
                _keep(kept, candidate)
        question = ""
    return list(kept.values())


def _of_turn(turn: Turn, question: str) -> Iterator[ProfileCandidate]:
    shift_at, shift, text = len(turn.text), 0, turn.text
    if len(text) > READ_HEAD + READ_TAIL:
        shift_at = READ_HEAD + 1
        shift = len(text) - READ_TAIL - shift_at
        text = text[:READ_HEAD] + "\n" + text[-READ_TAIL:]
    read_text = gates.mask(text)
    end = gates.plays(read_text)
    if end == 0:
        return
    if end < len(read_text):
        read_text = read_text[:end] + "\n" * (len(read_text) - end)
    parts = clauses(read_text)
    found = list(_statements(parts, read_text))
    if question:
        answer = answered(question, read_text, found)
        if answer is not None:
            found = [answer, *found] if not answer.rule.single else [*found, answer]
    for one in found:
        yield _candidate(one, turn, shift_at, shift, read_text)


def _statements(parts: list[Clause], text: str) -> Iterator[Found]:
    openly = not gates.composed(text)
    for _, group in groupby(parts, key=lambda part: part.sentence):
        yield from _of_sentence(list(group), text, openly=openly)


def _of_sentence(parts: list[Clause], text: str, *, openly: bool) -> Iterator[Found]:
    """Facts of the clauses of one sentence; where they give none, the sentence as a whole."""
    told = silent = False
    unread: list[Clause] = []
    for i, clause in enumerate(parts):
        before = parts[i - 1] if i else None
        if _unstated(clause):
            silent = True
            if before is None and not _POLITE_IF.match(clause.text):
                return
        elif before is not None and gates.reports(before.text):
            return
        elif clause.end_mark == "?" and _asked(parts, i):
            silent = True
            taken = presumed(clause, text) or passing(clause, text) if openly else None
            if taken is not None:
                yield taken
        else:
            stated = list(_stated(parts, i, text, openly=openly))
            yield from stated
            told = told or bool(stated)
            unread += [] if stated else [clause]
    if openly and not told:
        yield from _remarks(unread, text) if silent else _whole(parts, unread, text)


def _stated(parts: list[Clause], i: int, text: str, *, openly: bool) -> Iterator[Found]:
    clause, before = parts[i], parts[i - 1] if i else None
    following = parts[i + 1] if i + 1 < len(parts) else None
    for one in read(clause, text, before, following, openly=openly):
        found = _with_aside(one, text)
        sure = min(0.97, found.confidence + 0.07) if clause.strong else found.confidence
        yield found._replace(confidence=sure * (0.6 if clause.hedged else 1.0))


def _whole(parts: list[Clause], unread: list[Clause], text: str) -> Iterator[Found]:
    """What a sentence tells that no clause of it gave: notes in a few words, itself, or one of its clauses."""
    notes = list(noted(parts, text))
    yield from notes
    whole = remark(parts, text) if not notes else None
    if whole is not None:
        yield whole._replace(confidence=whole.confidence * (0.6 if any(part.hedged for part in parts) else 1.0))
    elif not notes and len(parts) > 1:
        yield from _remarks(unread, text)


def _remarks(unread: list[Clause], text: str) -> Iterator[Found]:
    """Single clauses of a sentence that say something of the user where the sentence as a whole may not be kept."""
    for clause in unread:
        rest = remark([clause], text)
        if rest is not None:
            yield rest


_ASIDE = re.compile(r"\s*\((?P<v>[^()\n?]{2,80})\)")


def _with_aside(found: Found, text: str) -> Found:
    """A fact with the bracket that follows it: "dual citizenship (Irish and Canadian)"."""
    aside = _ASIDE.match(text, found.end)
    if aside is None or found.value == "" or "|" in aside["v"]:
        return found
    return found._replace(content=f"{found.content} ({third_person(aside['v'])})", end=aside.end())


def _unstated(clause: Clause) -> bool:
    """A condition, a world that is not so, or a wish for this once; at the start of a sentence it takes all of it."""
    return (
        _CONDITION.match(clause.text) is not None
        or gates.unreal(clause.lead + " " + clause.text)
        or gates.momentary(clause.text)
    )


def _asked(parts: list[Clause], i: int) -> bool:
    """Whether the question mark of the sentence belongs to clause `i`: no later clause of it opens as a question."""
    later = [c for c in parts[i + 1 :] if c.sentence == parts[i].sentence]
    if not later:
        return True
    if asks(parts[i].text):
        return True
    if _OWN_STATEMENT.match(parts[i].text):
        return len(later) == 1 and _TAG.search(later[0].text) is not None
    if len(later) == 1 and _TAG.search(later[0].text):
        return True
    return not any(
        asks(c.text) or c.text.startswith(("any ", "please", "got any", "ideas", "suggestions")) for c in later
    )


def _candidate(found: Found, turn: Turn, shift_at: int, shift: int, text: str) -> ProfileCandidate:
    made = found.rule
    start = found.start + (shift if found.start >= shift_at else 0)
    end = found.end + (shift if found.end > shift_at else 0)
    said = text[found.start : found.end].lower()
    return ProfileCandidate(
        content=found.content,
        category=made.category,
        evidence=(Quote(turn.interaction_id, turn.text_field, start, end),),
        subject=found.subject,
        attribute=made.attribute,
        value=found.value,
        single_valued=made.single,
        ttl=time_to_live(made.ttl, said),
        confidence=round(found.confidence, 3),
        retracts=found.retracts,
    )


def _keep(kept: dict[tuple[str, ...], ProfileCandidate], new: ProfileCandidate) -> None:
    """Add a candidate: the same fact is merged, a single-valued slot is overwritten."""
    same = (
        new.subject,
        new.attribute,
        new.value.casefold(),
        str(new.retracts),
        new.content.casefold() if not new.value else "",
    )
    old = kept.pop(same, None)
    if old is not None:
        new = _merged(old, new)
    if new.single_valued and new.attribute:
        for key, other in list(kept.items()):
            if other.subject == new.subject and other.attribute == new.attribute and not other.retracts:
                del kept[key]
    kept[same] = new


def _merged(old: ProfileCandidate, new: ProfileCandidate) -> ProfileCandidate:
    evidence = tuple(dict.fromkeys((*old.evidence, *new.evidence)))
    return ProfileCandidate(
        content=new.content, category=new.category, evidence=evidence, subject=new.subject, attribute=new.attribute,
        value=new.value, single_valued=new.single_valued, ttl=new.ttl, confidence=max(old.confidence, new.confidence),
        retracts=new.retracts, notes=new.notes, tags=new.tags,
    )  # fmt: skip
