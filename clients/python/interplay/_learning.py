"""Methods of a client for how a tenant learns."""

# ruff: noqa: ASYNC109 - a timeout here is the deadline that grpc sends to the server

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf import json_format

from interplay import _words as words
from interplay import types
from interplay._transport import Transport
from interplay.operation import OperationHandle
from interplay.types import Time, Word
from interplay.v1 import interaction_pb2
from interplay.v1 import learning_service_pb2 as service


class Learning:
    """The part of AsyncInterplay that calls LearningService."""

    _transport: Transport

    async def learning_config(self, *, timeout: float | None = None) -> service.LearningConfig:
        """How the tenant learns, with every default filled in."""
        request = service.GetLearningConfigRequest()
        answer = await self._transport.unary(self._transport.learning.GetLearningConfig, request, timeout)
        return answer.config

    async def update_learning_config(
        self,
        config: service.LearningConfig | Mapping[str, Any],
        *,
        validate_only: bool = False,
        timeout: float | None = None,
    ) -> service.LearningConfig:
        """Replaces the whole configuration by a message or by a mapping of its fields. Never retried by itself.

        What is not said takes its default. With the `etag` of what learning_config() gave this raises AbortedError
        where somebody else was faster. In a mapping `preset` and `learn_from` may be bare words (`quick_chat`,
        `shadow`).
        """
        request = service.UpdateLearningConfigRequest(config=_config(config), validate_only=validate_only)
        answer = await self._transport.unary(self._transport.learning.UpdateLearningConfig, request, timeout)
        return answer.config

    async def generate_profiles(
        self, user_id: str, *, extractor: str = "", timeout: float | None = None
    ) -> service.GenerateProfilesResponse:
        """Learns profiles now from what the user published and was not learnt from yet. Never retried by itself."""
        request = service.GenerateProfilesRequest(user_id=user_id, extractor=extractor)
        return await self._transport.unary(self._transport.learning.GenerateProfiles, request, timeout)

    async def generate_playbooks(
        self, user_id: str, *, extractor: str = "", timeout: float | None = None
    ) -> service.GeneratePlaybooksResponse:
        """Learns playbooks now from what the user published and was not learnt from yet. Never retried by itself."""
        request = service.GeneratePlaybooksRequest(user_id=user_id, extractor=extractor)
        return await self._transport.unary(self._transport.learning.GeneratePlaybooks, request, timeout)

    async def rerun_learning(
        self,
        kind: Word = None,
        *,
        user_ids: Iterable[str] = (),
        source: str = "",
        start_time: Time = None,
        end_time: Time = None,
        extractor: str = "",
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> OperationHandle:
        """Learns `profiles` or `playbooks`, both when not said, anew into a pending generation; returns at once.

        The operation counts users, its result names the generation. Raises FailedPreconditionError while one runs.
        """
        request = service.RerunLearningRequest(
            kind=words.generation_kind(kind),
            user_ids=words.texts(user_ids, "user_ids"),
            source=source,
            start_time=types.timestamp(start_time, "start_time"),
            end_time=types.timestamp(end_time, "end_time"),
            extractor=extractor,
            request_id=request_id or uuid.uuid4().hex,
        )
        answer = await self._transport.unary(self._transport.learning.RerunLearning, request, timeout)
        return OperationHandle(self._transport, answer.operation)

    async def promote_generation(
        self, kind: Word = None, *, timeout: float | None = None
    ) -> list[service.GenerationPointers]:
        """Makes the pending generation the active one. Never retried by itself. Raises FailedPreconditionError."""
        request = service.PromoteGenerationRequest(kind=words.generation_kind(kind))
        answer = await self._transport.unary(self._transport.learning.PromoteGeneration, request, timeout)
        return list(answer.pointers)

    async def rollback_generation(
        self, kind: Word = None, *, timeout: float | None = None
    ) -> list[service.GenerationPointers]:
        """Makes the generation before the active one active again, as promote_generation."""
        request = service.RollbackGenerationRequest(kind=words.generation_kind(kind))
        answer = await self._transport.unary(self._transport.learning.RollbackGeneration, request, timeout)
        return list(answer.pointers)

    async def learning_status(
        self, *, request_id: str = "", user_id: str = "", timeout: float | None = None
    ) -> service.GetLearningStatusResponse:
        """How far learning has come with a publish request, a user, or the tenant. Raises NotFoundError."""
        if request_id and user_id:
            raise ValueError("give either request_id or user_id")
        request = service.GetLearningStatusRequest(request_id=request_id or None, user_id=user_id or None)
        return await self._transport.unary(self._transport.learning.GetLearningStatus, request, timeout)

    async def learning_provenance(
        self,
        *,
        profile_id: str = "",
        user_playbook_id: str = "",
        agent_playbook_id: str = "",
        timeout: float | None = None,
    ) -> service.GetLearningProvenanceResponse:
        """Windows, spans and rows that one row was learnt from. Raises NotFoundError."""
        if sum(map(bool, (profile_id, user_playbook_id, agent_playbook_id))) != 1:
            raise ValueError("give exactly one of profile_id, user_playbook_id and agent_playbook_id")
        request = service.GetLearningProvenanceRequest(
            profile_id=profile_id or None,
            user_playbook_id=user_playbook_id or None,
            agent_playbook_id=agent_playbook_id or None,
        )
        return await self._transport.unary(self._transport.learning.GetLearningProvenance, request, timeout)


def _config(value: service.LearningConfig | Mapping[str, Any]) -> service.LearningConfig:
    if not isinstance(value, Mapping):
        return value
    given = dict(value)
    types.refuse_unknown(given, (field.name for field in service.LearningConfig.DESCRIPTOR.fields), "learning config")
    for name, enum, prefix in (
        ("preset", service.WindowPreset, "WINDOW_PRESET_"),
        ("learn_from", interaction_pb2.LearnFrom, "LEARN_FROM_"),
    ):
        if name in given:
            given[name] = types.enum_value(enum, prefix, given[name], name)
    try:
        return json_format.ParseDict(given, service.LearningConfig())
    except json_format.ParseError as error:
        raise ValueError(f"learning config: {error}") from error
