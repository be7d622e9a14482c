"""Extraction from a window with a language model, through the port `domain.model`.

A failure of the model goes to the caller as it is: nothing else answers in its place.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from interplay_server.domain import roles
from interplay_server.domain.interaction import SHADOW
from interplay_server.domain.model import (
    ASSISTANT,
    SYSTEM,
    USER,
    Completion,
    Message,
    ModelFailure,
    ModelImage,
    ModelProvider,
    Usage,
)
from interplay_server.domain.window import PlaybookCandidate, ProfileCandidate, Turn, Window
from interplay_server.learning.alignment import same_wording
from interplay_server.learning.expert import expert_pairs
from interplay_server.learning.prompting import prompts
from interplay_server.learning.prompting.grounding import REPAIRABLE, Grounding, Refused
from interplay_server.learning.prompting.rendering import Part, Renderer, fields
from interplay_server.learning.prompting.schemas import Fact, Item, Lesson, read

WINDOW_TOKENS = 16_000
MAX_IMAGES = 4
MAX_IMAGE_BYTES = 3_750_000
"""Base64 makes four bytes of three, and Anthropic takes 5 MB an image."""

Kept = TypeVar("Kept", ProfileCandidate, PlaybookCandidate)
ImageSource = Callable[[str], Awaitable[ModelImage | None]]


@dataclass(frozen=True, slots=True)
class Extracted(Generic[Kept]):
    """What one window gave."""

    candidates: tuple[Kept, ...]
    usage: Usage
    """Of all calls together; 0 attempts where nothing was worth a call."""
    prompt_digest: str
    """First 16 hexadecimal digits of the SHA-256 of prompt, schema and definition."""
    dropped: Mapping[str, int]
    """Items refused, after the repair, by reason: the constants of `grounding`."""


class ModelExtractor:
    """Asks one model. Calls may run at once."""

    def __init__(
        self,
        provider: ModelProvider,
        *,
        deadline_seconds: float = 120.0,
        image: ImageSource | None = None,
        window_tokens: int = WINDOW_TOKENS,
    ) -> None:
        """`deadline_seconds` is for each call of the model, `image` finds an image by its SHA-256.

        `window_tokens` bounds what is shown of a window in one call, by an estimate that is rather high.
        """
        self._provider = provider
        self._deadline = deadline_seconds
        self._image = image
        self._budget = window_tokens

    async def profiles(self, window: Window, definition: str, known: Sequence[str]) -> Extracted[ProfileCandidate]:
        """Facts about the user. `known` are rows of the user near the window. Raises ModelFailure."""
        turns = dict(enumerate(window.turns, 1))
        spoken = any(turn.role_class == roles.USER and fields(turn) for turn in turns.values())
        return await self._extract(
            _Task(prompts.PROFILE_PROMPT, Fact, Grounding.fact), window, turns if spoken else {}, definition, known
        )

    async def lessons(self, window: Window, definition: str, known: Sequence[str]) -> Extracted[PlaybookCandidate]:
        """Lessons from corrections, redirections, successes and annotations. Raises ModelFailure."""
        task = _Task(prompts.LESSON_PROMPT, Lesson, Grounding.lesson, judged=True)
        return await self._extract(task, window, dict(enumerate(window.turns, 1)), definition, known)

    async def expert_lessons(
        self, window: Window, definition: str, known: Sequence[str]
    ) -> Extracted[PlaybookCandidate]:
        """Lessons from what an expert would have replied, see `expert_turns`. Raises ModelFailure."""
        task = _Task(prompts.EXPERT_PROMPT, Lesson, Grounding.lesson, expert=True)
        return await self._extract(task, window, expert_turns(window), definition, known)

    async def _extract(
        self,
        task: "_Task[Item, Kept]",
        window: Window,
        turns: Mapping[int, Turn],
        definition: str,
        known: Sequence[str],
    ) -> Extracted[Kept]:
        digest = task.prompt.digest(definition)
        if not any(turn.fresh and fields(turn, judged=task.judged, expert=task.expert) for turn in turns.values()):
            return Extracted((), Usage(attempts=0), digest, {})
        renderer = Renderer(self._budget, judged=task.judged, expert=task.expert, images=await self._images(turns))
        kept: list[Kept] = []
        usage, dropped = Usage(attempts=0), Counter[str]()
        for part in renderer.parts(turns):
            grounding = Grounding(part.turns, window.arm, judged=task.judged, expert=task.expert)
            messages = _messages(task.prompt, part, definition, known)
            seed = _seed(task.prompt.kind, part, window.arm, definition)
            first = await self._ask(messages, task.prompt, seed)
            usage = _sum(usage, first.usage)
            accepted, refused = task.sort(grounding, read(first.parsed, task.item))
            wanting = {place: why for place, why in refused.items() if why in REPAIRABLE}
            if wanting:
                messages += Message(ASSISTANT, first.text), Message(USER, prompts.repair(wanting))
                second = await self._ask(messages, task.prompt, seed)
                usage = _sum(usage, second.usage)
                items = read(second.parsed, task.item)[: len(wanting)]
                mended, refused_again = task.sort(grounding, items)
                accepted += [one for one in mended if one not in accepted]
                dropped.update(refused_again.values())
                # What the model takes back goes down under what was wrong with it.
                dropped.update(list(wanting.values())[len(items) :])
            dropped.update(why for place, why in refused.items() if place not in wanting)
            kept += accepted
        return Extracted(tuple(kept), usage, digest, dict(dropped))

    async def _ask(self, messages: Sequence[Message], prompt: prompts.Prompt, seed: int) -> Completion:
        """The end of one call; its deltas of text are of no use here."""
        completion: Completion | None = None
        stream = self._provider.complete(messages, schema=prompt.schema, deadline=self._deadline, seed=seed)
        async for event in stream:
            if isinstance(event, Completion):
                completion = event
        if completion is None:
            raise ModelFailure(ModelFailure.MALFORMED, "the model's answer has no end")
        return completion

    async def _images(self, turns: Mapping[int, Turn]) -> dict[str, ModelImage]:
        """The newest images of the turns, where the model sees and the image is there."""
        if self._image is None or not self._provider.vision:
            return {}
        images: dict[str, ModelImage] = {}
        newest_first = sorted(turns, reverse=True)
        for sha256 in dict.fromkeys(turns[number].image_sha256 for number in newest_first):
            found = await self._image(sha256) if sha256 and len(images) < MAX_IMAGES else None
            if found is not None and len(found.data) <= MAX_IMAGE_BYTES:
                images[sha256] = found
        return images


@dataclass(frozen=True, slots=True)
class _Task(Generic[Item, Kept]):
    prompt: prompts.Prompt
    item: type[Item]
    check: Callable[[Grounding, Item], Kept | Refused]
    judged: bool = False
    expert: bool = False

    def sort(self, grounding: Grounding, items: Sequence[Item]) -> tuple[list[Kept], dict[int, str]]:
        """Candidates, and the reason of each refusal by the place of the item, from 1."""
        kept: list[Kept] = []
        refused: dict[int, str] = {}
        for place, item in enumerate(items, 1):
            checked = self.check(grounding, item)
            if isinstance(checked, Refused):
                refused[place] = checked.reason
            else:
                kept.append(checked)
        return kept, refused


def expert_turns(window: Window) -> dict[int, Turn]:
    """Agent turns with another reply of an expert, and the questions before each; by number in the window.

    In the SHADOW arm a pair whose question reacts to another reply is left out: the expert answered that one.
    """
    chosen: set[str] = set()
    for pair in expert_pairs(window):
        turns = (*pair.question, pair.agent)
        contaminated = window.arm == SHADOW and any(turn.reacts_to_production for turn in pair.question)
        if any(turn.fresh for turn in turns) and not contaminated and not same_wording(pair.agent.text, pair.expert):
            chosen.update(turn.interaction_id for turn in turns)
    return {number: turn for number, turn in enumerate(window.turns, 1) if turn.interaction_id in chosen}


def _messages(prompt: prompts.Prompt, part: Part, definition: str, known: Sequence[str]) -> list[Message]:
    """What stays the same for a tenant first, so that a provider can keep it."""
    return [
        Message(SYSTEM, prompt.system(definition), cache=True),
        Message(USER, f"{part.text(known)}\n\n{prompts.closing()}", images=part.images),
    ]


def _seed(kind: str, part: Part, arm: str, definition: str) -> int:
    """31 bits, which every provider takes."""
    told = (kind, [turn.interaction_id for turn in part.turns.values()], arm, definition)
    return int.from_bytes(hashlib.sha256(json.dumps(told).encode()).digest()[:4]) & 0x7FFF_FFFF


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(**{name: getattr(one, name) + getattr(other, name) for name in Usage.__struct_fields__})
