"""What reads a window: the built-in rules or a configured model. Chosen by configuration, never by a failure."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor
from typing import Protocol

import msgspec

from interplay_server.domain.images import media_type
from interplay_server.domain.learning_config import PROFILES, Extractor
from interplay_server.domain.learnt import MODEL, RULES
from interplay_server.domain.model import ModelImage, ModelProvider, Usage
from interplay_server.domain.ports import TenantStore
from interplay_server.domain.window import PlaybookCandidate, ProfileCandidate, Window
from interplay_server.learning.lessons import ENGINE_VERSION as LESSONS_VERSION
from interplay_server.learning.lessons import lessons
from interplay_server.learning.prompting.extraction import Extracted, ModelExtractor
from interplay_server.learning.rules.profiles import ENGINE_VERSION, extract_profiles


class Reading(msgspec.Struct, frozen=True):
    """What a window gave."""

    engine_version: str
    profiles: tuple[ProfileCandidate, ...] = ()
    lessons: tuple[PlaybookCandidate, ...] = ()
    prompt_digest: str = ""
    usage: Usage = Usage(attempts=0)
    dropped: dict[str, int] = {}
    ignored_images: int = 0


class Engine(Protocol):
    """`provider` is its name in the configuration, `method` what rows say of it."""

    provider: str
    method: str
    parallel: int
    """Users that may be read at once."""

    async def read(
        self, store: TenantStore, kind: str, window: Window, extractor: Extractor, known: Sequence[str]
    ) -> Reading:
        """`kind` is what the extractor makes; `known` are rows near the window. Raises ModelFailure."""


class RulesEngine:
    """Deterministic and offline; images and extraction definitions mean nothing to it."""

    provider, method, parallel = "rules", RULES, 2

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def read(
        self, store: TenantStore, kind: str, window: Window, extractor: Extractor, known: Sequence[str]
    ) -> Reading:
        return await asyncio.get_running_loop().run_in_executor(self._executor, read_by_rules, kind, window)


def read_by_rules(kind: str, window: Window) -> Reading:
    images = sum(bool(turn.image_sha256) for turn in window.turns)
    if kind == PROFILES:
        return Reading(ENGINE_VERSION, tuple(extract_profiles(window)), ignored_images=images)
    return Reading(LESSONS_VERSION, lessons=tuple(lessons(window)), ignored_images=images)


class ModelEngine:
    """A language model, grounded by code. A failure is a failure: the rules never stand in."""

    method = MODEL

    def __init__(self, provider: ModelProvider, *, deadline_seconds: float, parallel: int) -> None:
        self.provider, self.parallel = provider.name, parallel
        self._provider, self._deadline = provider, deadline_seconds

    async def read(
        self, store: TenantStore, kind: str, window: Window, extractor: Extractor, known: Sequence[str]
    ) -> Reading:
        async def image(sha256: str) -> ModelImage | None:
            data = await store.image(sha256)
            kind = media_type(data) if data is not None else None
            return ModelImage(kind, data) if data is not None and kind is not None else None

        model = ModelExtractor(self._provider, deadline_seconds=self._deadline, image=image)
        definition = extractor.extraction_definition
        if kind == PROFILES:
            found = await model.profiles(window, definition, known)
            return self._reading(window, [found], profiles=found.candidates)
        ordinary = await model.lessons(window, definition, known)
        expert = await model.expert_lessons(window, definition, known)
        return self._reading(window, [ordinary, expert], lessons=(*expert.candidates, *ordinary.candidates))

    def _reading(
        self,
        window: Window,
        parts: Sequence[Extracted[ProfileCandidate] | Extracted[PlaybookCandidate]],
        *,
        profiles: tuple[ProfileCandidate, ...] = (),
        lessons: tuple[PlaybookCandidate, ...] = (),
    ) -> Reading:
        dropped: dict[str, int] = {}
        for part in parts:
            for reason, count in part.dropped.items():
                dropped[reason] = dropped.get(reason, 0) + count
        images = 0 if self._provider.vision else sum(bool(turn.image_sha256) for turn in window.turns)
        return Reading(
            self._provider.model,
            profiles,
            lessons,
            "+".join(part.prompt_digest for part in parts),
            Usage(
                sum(part.usage.input_tokens for part in parts),
                sum(part.usage.output_tokens for part in parts),
                sum(part.usage.cache_read_tokens for part in parts),
                sum(part.usage.cache_write_tokens for part in parts),
                attempts=sum(part.usage.attempts for part in parts),
            ),
            dropped,
            images,
        )
