"""What of an answer is kept: only what code finds proved by the stored text, whatever the model says."""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from interplay_server.domain import roles
from interplay_server.domain.interaction import SHADOW
from interplay_server.domain.window import (
    COMMENT,
    CORRECTED,
    EXPERT,
    SHADOW_CONTENT,
    PlaybookCandidate,
    ProfileCandidate,
    Quote,
    Turn,
)
from interplay_server.learning.prompting.rendering import TEXT_LIMITS, fields
from interplay_server.learning.prompting.schemas import EXPERT_ORIGIN, Cited, Fact, Lesson
from interplay_server.retrieval import text as txt

UNSUPPORTED, CONTAMINATED, STALE = "unsupported_evidence", "contaminated", "stale_only"
TOO_LONG, EMPTY, NOT_USER_FACT, BAD_REFERENCE = "too_long", "empty", "not_user_fact", "bad_reference"
REPAIRABLE = frozenset((UNSUPPORTED, BAD_REFERENCE))
"""Reasons that better quotes can remove."""

MAX_CONTENT, MAX_TRIGGER, MAX_NAME, MAX_VALUE = 1200, 400, 80, 300
_MAX_EVIDENCE = 12
_MAX_SHOWN = TEXT_LIMITS[0]
# White space folds to a blank, so that no quote can hold this.
_GAP = "\n"
_REFERENCE = re.compile(r"T([1-9][0-9]{0,5})", re.ASCII)
_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
_JOINERS = "\u200c\u200d"
_CASED = frozenset(("Lu", "Ll", "Lt", "Nd"))
_LIKE = str.maketrans({
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u2032": "'", "`": "'", "\u00b4": "'",
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u201f": '"', "\u00ab": '"', "\u00bb": '"', "\u2033": '"',
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2015": "-", "\u2212": "-",
})  # fmt: skip
# Words of an answer that says nothing by itself: it needs the question.
_ANSWERS = """
yes yeah yep yup yea aye no nope nah not ok okay kay right correct exactly sure true indeed absolutely definitely
certainly fine good great thanks thank please perfect well so too si sí oui ja da sim hai tak nein non não
"""
_ASSENT = frozenset(_ANSWERS.split())


Folded = list[tuple[int, str]]


class Found(NamedTuple):
    """A quote that was found in a stored field of a turn."""

    number: int
    turn: Turn
    quote: Quote
    text: str


@dataclass(frozen=True, slots=True)
class Refused:
    reason: str


def locate(text: str, quote: str) -> tuple[int, int] | None:
    """Span of a quote in code points, end exclusive, at the edges of words; None where the text does not have it.

    Looked for as it is. Then, in what a model can have seen of the text, without regard to white space, case,
    compatibility forms and the shape of quotation marks and dashes; then without the punctuation around it; last with
    JSON escapes undone.
    """
    wanted = quote.strip()
    if not any(map(str.isalnum, wanted)):
        return None
    at = text.find(wanted)
    while at >= 0:
        if not _cuts_word(text, at) and not _cuts_word(text, at + len(wanted)):
            return at, at + len(wanted)
        at = text.find(wanted, at + 1)
    haystack = _fold(text, _shown(text))
    written = (wanted, _unescaped(wanted)) if "\\" in wanted else (wanted,)
    for form in written:
        needle = "".join(folded for _, folded in _fold(form, range(len(form)))).strip()
        if span := _locate_folded(text, haystack, needle) or _locate_folded(text, haystack, _bare(needle)):
            return span
    return None


def _locate_folded(text: str, haystack: Folded, needle: str) -> tuple[int, int] | None:
    if not any(map(str.isalnum, needle)):
        return None
    origins = [at for at, folded in haystack for _ in folded]
    folded_text = "".join(folded for _, folded in haystack)
    place = folded_text.find(needle)
    while place >= 0:
        after = place + len(needle)
        start, end = origins[place], origins[after - 1] + 1
        # One character can fold into several; a match must not begin or end inside one.
        whole = (place == 0 or origins[place - 1] != start) and (after == len(origins) or origins[after] != end - 1)
        if whole and not _cuts_word(text, start) and not _cuts_word(text, end):
            return start, end
        place = folded_text.find(needle, place + 1)
    return None


def _bare(needle: str) -> str:
    letters = [at for at, char in enumerate(needle) if char.isalnum()]
    return needle[letters[0] : letters[-1] + 1] if letters else ""


def _shown(text: str) -> Sequence[int]:
    """Places that a model can have seen of a text: enough of its start and its end."""
    end = len(text) - _MAX_SHOWN
    return range(len(text)) if end <= _MAX_SHOWN else [*range(_MAX_SHOWN), *range(end, len(text))]


def _fold(text: str, places: Sequence[int]) -> Folded:
    """Where each character comes from, and what it is compared as; a run of white space is one space."""
    folded: Folded = []
    space, before = False, -1
    for at in places:
        char = text[at]
        if at != before + 1:
            folded.append((at - 1, _GAP))
        before = at
        if char.isspace():
            if not space:
                folded.append((at, " "))
            space = True
        elif unicodedata.category(char) != "Cf":
            space = False
            folded.append((at, unicodedata.normalize("NFKD", char.translate(_LIKE)).casefold()))
    return folded


def _cuts_word(text: str, at: int) -> bool:
    """Whether a cut before `at` goes through a word of a script with cases, or a number."""
    if not 0 < at < len(text):
        return False
    if unicodedata.combining(text[at]):
        return True
    return unicodedata.category(text[at - 1]) in _CASED and unicodedata.category(text[at]) in _CASED


def _unescaped(quote: str) -> str:
    try:
        value = json.loads(f'"{quote}"', strict=False)
    except ValueError:
        return quote
    return str(value)


@dataclass(frozen=True, slots=True)
class Grounding:
    """Checks answers against the turns that one call was shown, by number."""

    turns: Mapping[int, Turn]
    arm: str
    judged: bool = False
    expert: bool = False

    def fact(self, item: Fact) -> ProfileCandidate | Refused:
        content = clean(item.content)
        attribute, value = re.sub(r"\W+", "_", clean(item.attribute).casefold()).strip("_"), clean(item.value)
        subject = clean(item.subject)
        if not content:
            return Refused(EMPTY)
        if len(content) > MAX_CONTENT or max(len(subject), len(attribute)) > MAX_NAME or len(value) > MAX_VALUE:
            return Refused(TOO_LONG)
        found = self._find(item.evidence)
        if isinstance(found, Refused):
            return found
        stated = [one for one in found if one.turn.role_class == roles.USER]
        if not stated:
            return Refused(NOT_USER_FACT)
        answered = {self._asked_before(one.number) for one in stated}
        confirmed = [one for one in found if one.turn.role_class == roles.AGENT and one.number in answered]
        if any(one.turn.text_field == SHADOW_CONTENT for one in confirmed):
            if not _says_something(stated):
                # The user said yes to the reply that they saw, and the shadow is another.
                return Refused(CONTAMINATED)
            confirmed = []
        kept = [*stated, *confirmed]
        if not _says_something(kept):
            return Refused(UNSUPPORTED)
        if not any(one.turn.fresh for one in kept):
            return Refused(STALE)
        return ProfileCandidate(
            content=content,
            category=item.category,
            evidence=_quotes(kept),
            subject="user" if subject.casefold() in {"", "user", "the user"} else subject,
            attribute=attribute,
            value=value,
            single_valued=item.single_valued,
            ttl=item.ttl,
            confidence=_share(item.confidence),
            retracts=item.retracts,
        )

    def lesson(self, item: Lesson) -> PlaybookCandidate | Refused:
        trigger, instruction = clean(item.trigger), clean(item.instruction)
        pitfall, rationale = clean(item.pitfall), clean(item.rationale)
        details = clean(item.blocking_details) if item.blocking_kind else ""
        if not trigger or not instruction:
            return Refused(EMPTY)
        if len(trigger) > MAX_TRIGGER or max(map(len, (instruction, pitfall, rationale, details))) > MAX_CONTENT:
            return Refused(TOO_LONG)
        if self.arm == SHADOW and any(
            turn is not None and turn.reacts_to_production and turn.role_class == roles.USER
            for turn in (self._turn(cited) for cited in item.evidence)
        ):
            return Refused(CONTAMINATED)
        found = self._find(item.evidence)
        if isinstance(found, Refused):
            return found
        if not _says_something(found) or not _proves(item.origin, found):
            return Refused(UNSUPPORTED)
        if not any(one.turn.fresh for one in found):
            return Refused(STALE)
        about = self._about(found)
        return PlaybookCandidate(
            trigger=trigger,
            instruction=instruction,
            evidence=_quotes(found),
            origin=item.origin,
            pitfall=pitfall,
            rationale=rationale,
            blocking_kind=item.blocking_kind or "",
            blocking_details=details,
            confidence=_share(item.confidence),
            agent_id=about.agent_id,
            agent_version=about.agent_version,
            session_id=about.session_id,
        )

    def _find(self, evidence: Sequence[Cited]) -> list[Found] | Refused:
        """Quotes that exist. One reference to a turn that does not, and the item falls: ids are not guessed."""
        found: list[Found] = []
        for cited in evidence[:_MAX_EVIDENCE]:
            turn = self._turn(cited)
            if turn is None:
                return Refused(BAD_REFERENCE)
            number = int(cited.turn.strip()[1:])
            for name, text in fields(turn, judged=self.judged, expert=self.expert).items():
                if span := locate(text, cited.quote):
                    quote = Quote(turn.interaction_id, name, *span)
                    found.append(Found(number, turn, quote, text[slice(*span)]))
                    break
        return found or Refused(UNSUPPORTED)

    def _turn(self, cited: Cited) -> Turn | None:
        reference = _REFERENCE.fullmatch(cited.turn.strip())
        return self.turns.get(int(reference[1])) if reference else None

    def _asked_before(self, number: int) -> int | None:
        """The agent turn that a user turn answers: the last before it in its session."""
        session = self.turns[number].session_id
        spoken = (n for n, turn in self.turns.items() if turn.role_class == roles.AGENT and turn.session_id == session)
        return max((n for n in spoken if n < number), default=None)

    def _about(self, found: Sequence[Found]) -> Turn:
        """The turn whose agent the lesson is for: a cited one of it, else the last before it, else the first cited."""
        for one in found:
            if one.turn.role_class == roles.AGENT:
                return one.turn
        first = min(found, key=lambda one: one.number)
        asked = self._asked_before(first.number)
        return first.turn if asked is None else self.turns[asked]


def _proves(origin: str, found: Sequence[Found]) -> bool:
    """A lesson of an origin rests on the words of those who can give it."""
    reviewed = any(one.quote.field == COMMENT for one in found)
    if origin == EXPERT_ORIGIN:
        return any(one.quote.field in {EXPERT, CORRECTED} for one in found)
    if origin == "annotation":
        return reviewed
    if origin in {"correction", "redirection"}:
        return reviewed or any(one.turn.role_class == roles.USER for one in found)
    return True


def _says_something(found: Sequence[Found]) -> bool:
    """Whether the quotes hold a word that is neither a function word nor a bare yes or no."""
    return any(word.text not in _ASSENT for one in found for word in txt.words(one.text))


def _quotes(found: Sequence[Found]) -> tuple[Quote, ...]:
    return tuple(dict.fromkeys(one.quote for one in found))


def clean(text: str) -> str:
    """One line without controls and hidden characters, which have no place in what prompts will show again."""
    spaced = "".join(
        " " if char.isspace() else char
        for char in text
        if char.isspace() or char in _JOINERS or unicodedata.category(char) not in _HIDDEN
    )
    return " ".join(spaced.split())


def _share(confidence: float) -> float:
    return min(1.0, max(0.0, confidence))
