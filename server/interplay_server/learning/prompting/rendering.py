"""A window as a record in text that nothing inside it can break out of.

Each turn is one line, `T3 {"role":"user",…}`. Whatever was stored stands in JSON strings in which, beyond what JSON
itself escapes, every character that could end a tag, begin a line or hide text is written as an escape.
"""

import json
import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from interplay_server.domain import roles
from interplay_server.domain.interaction import NO_ACTION
from interplay_server.domain.model import ModelImage
from interplay_server.domain.window import ACTION, COMMENT, CORRECTED, EXPERT, SHADOW_CONTENT, Turn

KNOWN_ITEMS = 40
KNOWN_CHARACTERS = 300
TEXT_LIMITS = (4000, 2000, 1000, 500, 250)
"""Characters of one field that are shown; the first with which the window keeps to its budget."""
IMAGE_TOKENS = 1600
"""What an image of the largest useful size costs, by Anthropic's rule of width x height / 750."""
_TOOLS, _NAME = 10, 80
_OVERLAP = 2
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Angle brackets make tags and chat tokens (`<|im_end|>`), square ones around capitals too (`[INST]`). Then controls,
# line and paragraph separators, marks of direction, invisible letters (tags, variation selectors of plane 14),
# private use and lone surrogates. The joiners U+200C and U+200D stay: words of Persian and Hindi need them.
_UNSAFE = re.compile(
    r"[<>\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    r"\ufff9-\ufffb\ud800-\udfff\ue000-\uf8ff\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
    r"|\[(?=/?[A-Z_]{3,}\])"
)
_KEYS = {ACTION: "action", COMMENT: "comment", CORRECTED: "corrected", EXPERT: "expert"}


def escaped(text: str) -> str:
    """Text in which no tag, chat token, control or hidden character is left; line breaks and tabs stay."""
    return _UNSAFE.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    return json.dumps(found[0])[1:-1] if ord(found[0]) > 0x7E else f"\\u{ord(found[0]):04x}"


def quoted(value: Any) -> str:
    """JSON on one line, made safe by `escaped`; parsed, it is `value` again."""
    return escaped(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def tokens(text: str) -> int:
    """Estimate of the tokens of a text, rather high: three ASCII characters each, one of any other."""
    wide = len(text) - len(text.encode("ascii", "ignore"))
    return (len(text) - wide + 2) // 3 + wide


def fields(turn: Turn, *, judged: bool = False, expert: bool = False) -> dict[str, str]:
    """The stored texts of a turn that a model is shown and may quote, by field.

    `judged` adds a reviewer's comment, `expert` the replies that would have been better. Of several annotations the
    last that fills a field counts. A comment on a shadowed turn is about the other reply, so it is left out where the
    turn shows its shadow.
    """
    texts = {turn.text_field: turn.text, ACTION: turn.user_action_description}
    if judged and turn.text_field != SHADOW_CONTENT:
        texts[COMMENT] = _last([one.comment for one in turn.judgements])
    if expert:
        texts[EXPERT] = turn.expert_content or _last([one.expert_content for one in turn.judgements])
        texts[CORRECTED] = _last([one.corrected_content for one in turn.judgements])
    return {name: text for name, text in texts.items() if text.strip()}


def _last(texts: Sequence[str]) -> str:
    return next((text for text in reversed(texts) if text.strip()), "")


@dataclass(frozen=True, slots=True)
class Part:
    """What one call shows of a window."""

    turns: Mapping[int, Turn]
    """By number, from 1 in the window; those repeated from the part before are not fresh."""
    lines: tuple[str, ...]
    images: tuple[ModelImage, ...]

    def text(self, known: Sequence[str]) -> str:
        held = [quoted(_shortened(" ".join(one.split()), KNOWN_CHARACTERS)) for one in known[:KNOWN_ITEMS]]
        return "\n".join(("<known>", *held, "</known>", "<turns>", *self.lines, "</turns>"))


@dataclass(frozen=True, slots=True)
class Renderer:
    """Renders turns of one task. `images` are those that could be had, by SHA-256."""

    budget: int
    judged: bool = False
    expert: bool = False
    images: Mapping[str, ModelImage] = field(default_factory=dict)

    def parts(self, turns: Mapping[int, Turn]) -> list[Part]:
        """The turns in as few parts as keep to the budget of tokens each; mostly one.

        Over the budget, texts are shown shorter, then context is left out, oldest first. Fresh turns are never left
        out: where they do not fit even so, a new part begins, with two turns of the one before as context.
        """
        for limit in TEXT_LIMITS:
            part = self._part(turns, limit)
            if self._cost(part) <= self.budget:
                return [part]
        context = [number for number, turn in turns.items() if not turn.fresh]

        def without(count: int) -> Part:
            gone = set(context[:count])
            return self._part({n: turn for n, turn in turns.items() if n not in gone}, TEXT_LIMITS[-1])

        def fits(count: int) -> bool:
            return self._cost(without(count)) <= self.budget

        fewest = bisect_left(range(len(context) + 1), x=True, key=fits)
        if fewest <= len(context):
            return [without(fewest)]
        return self._split(without(len(context)).turns)

    def _split(self, turns: Mapping[int, Turn]) -> list[Part]:
        parts: list[Part] = []
        shown: dict[int, Turn] = {}
        for number, turn in turns.items():
            longer = shown | {number: turn}
            fresh = sum(one.fresh for one in shown.values())
            if fresh and self._cost(self._part(longer, TEXT_LIMITS[-1])) > self.budget:
                parts.append(self._part(shown, TEXT_LIMITS[-1]))
                repeated = list(shown.items())[-_OVERLAP:]
                shown = {n: msgspec.structs.replace(one, fresh=False) for n, one in repeated}
                longer = shown | {number: turn}
                if self._cost(self._part(longer, TEXT_LIMITS[-1])) > self.budget:
                    longer = {number: turn}
            shown = longer
        return [*parts, self._part(shown, TEXT_LIMITS[-1])]

    def _cost(self, part: Part) -> int:
        return sum(tokens(line) + 1 for line in part.lines) + IMAGE_TOKENS * len(part.images)

    def _part(self, turns: Mapping[int, Turn], limit: int) -> Part:
        wanted = dict.fromkeys(turn.image_sha256 for turn in turns.values() if turn.image_sha256 in self.images)
        places = {sha256: place for place, sha256 in enumerate(wanted, 1)}
        lines = tuple(f"T{number} {quoted(self._shown(turn, limit, places))}" for number, turn in turns.items())
        return Part(dict(turns), lines, tuple(self.images[sha256] for sha256 in wanted))

    def _shown(self, turn: Turn, limit: int, places: Mapping[str, int]) -> dict[str, Any]:
        """What a line says of a turn; what is empty is left out."""
        shown: dict[str, Any] = {"role": turn.role_class if turn.role_class in _ROLES else roles.AGENT}
        place = places.get(turn.image_sha256)
        about = {
            "time": _when(turn.time),
            "speaker": turn.speaker[:_NAME],
            "context": not turn.fresh,
            "reacts_to": "another reply" if turn.reacts_to_production else "",
            "did": "" if turn.user_action == NO_ACTION else turn.user_action,
        }
        texts = fields(turn, judged=self.judged, expert=self.expert)
        about |= {_KEYS.get(name, "text"): _shortened(text, limit) for name, text in texts.items()}
        about["tools"] = [name[:_NAME] for name in turn.tools[:_TOOLS]]
        if turn.image_sha256:
            about["image"] = f"attached {place}" if place else "[image]"
        if self.judged and turn.judgements and turn.text_field != SHADOW_CONTENT:
            about["thumb"] = _last([one.thumb for one in turn.judgements])
            about["rating"] = next((one.rating for one in reversed(turn.judgements) if one.rating is not None), None)
        return shown | {key: value for key, value in about.items() if value}


_ROLES = frozenset((roles.USER, roles.AGENT, roles.SYSTEM))


def _shortened(text: str, limit: int) -> str | dict[str, Any]:
    """The whole text, or two thirds of `limit` from its start and one from its end, with the count between."""
    if len(text) <= limit:
        return text
    head = limit * 2 // 3
    tail = limit - head
    return {"start": text[:head], "omitted": len(text) - limit, "end": text[-tail:]}


def _when(time: int) -> str:
    try:
        return (_EPOCH + timedelta(microseconds=time)).strftime("%Y-%m-%d %H:%M")
    except OverflowError:
        return ""
