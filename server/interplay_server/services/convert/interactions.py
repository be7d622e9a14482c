"""Interactions: what publishers send, what is stored, what readers get."""

import time
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from interplay.v1 import interaction_pb2 as pb

from interplay_server.domain import interaction as domain
from interplay_server.domain.images import ImageRef, describe
from interplay_server.domain.roles import DEFAULT_ROLE, role_class
from interplay_server.errors import Violation
from interplay_server.services.convert.structs import to_plain, to_struct
from interplay_server.services.convert.times import from_micros, valid_micros

_ACTIONS = (domain.NO_ACTION, *domain.ACTIONS)
_ACTION_VALUES: dict[str, Any] = dict(zip(domain.ACTIONS, pb.UserAction.values()[1:], strict=True))
_KINDS = ("", "profile", "user_playbook", "agent_playbook")
_THUMBS = ("", "up", "down")
_ROLE_CLASSES = ("", "user", "agent", "system")
_ROLE_CLASS_VALUES: dict[str, Any] = dict(zip(_ROLE_CLASSES, pb.RoleClass.values(), strict=True))
_THUMB_VALUES: dict[str, Any] = dict(zip(_THUMBS, pb.Thumb.values(), strict=True))
_ARMS = ("", domain.PRODUCTION, domain.SHADOW, domain.BOTH)
NOTHING = "interaction {} has nothing in it and was skipped"


class Row(NamedTuple):
    """A row as sent, converted. `data` is None for one with nothing in it; `image` are its bytes to be spooled."""

    data: domain.InteractionData | None
    image: bytes
    violations: list[Violation]


def rows_from_pb(
    messages: Iterable[pb.InteractionData], prefix: str, bad: Mapping[int, Sequence[Violation]] = MappingProxyType({})
) -> list[Row]:
    """`bad` are rows that broke a rule of the proto: they are not looked at."""
    latest = time.time_ns() // 1000 + domain.DAY_US
    return [
        Row(None, b"", list(bad[index])) if index in bad else _row(message, f"{prefix}interactions[{index}]", latest)
        for index, message in enumerate(messages)
    ]


def _row(message: pb.InteractionData, path: str, latest: int) -> Row:
    """Reads each field once: attribute access is the cost of upb messages."""
    violations: list[Violation] = []
    content, action = message.content, message.user_action
    role, description = message.role or DEFAULT_ROLE, message.user_action_description
    url, image = message.interacted_image_url, message.image
    if action > 1 and not description.strip():
        violations.append(Violation(f"{path}.user_action_description", "must be given with a user_action"))
    if url and image:
        violations.append(Violation(f"{path}.image", "must not be given together with interacted_image_url"))
    occur_time = None
    if message.HasField("occur_time"):
        occur_time = valid_micros(message.occur_time)
        if occur_time is None or not 0 <= occur_time <= latest:
            violations.append(Violation(f"{path}.occur_time", "must be from 1970 to one day from now"))
    reference: ImageRef | None = None
    if image:
        reference = describe(image)
        if reference is None:
            violations.append(Violation(f"{path}.image", "must be a JPEG, PNG, GIF or WebP image by its first bytes"))
    details = _details(message, path, violations)
    shadow, expert = message.shadow_content, message.expert_content
    said = content.strip() or shadow.strip() or expert.strip()
    memory = details is not None and (details.tools_used or details.citations or details.retrieved_learnings)
    if not violations and not (said or url or image or action > 1 or memory):
        return Row(None, b"", violations)
    data = domain.InteractionData(
        role,
        role_class(role),
        content,
        message.speaker,
        message.external_id,
        shadow,
        expert,
        _ACTIONS[action],
        description,
        url,
        reference,
        occur_time,
        details,
    )
    return Row(data, image, violations)


def _details(message: pb.InteractionData, path: str, violations: list[Violation]) -> domain.Details | None:
    tools, citations, learnings = message.tools_used, message.citations, message.retrieved_learnings
    if not (tools or citations or learnings or message.HasField("product_ref") or message.HasField("metadata")):
        return None
    product = message.product_ref
    made = domain.Details(
        tools_used=tuple(
            domain.ToolUse(
                tool.tool_name, to_plain(tool.tool_data, f"{path}.tools_used[{at}].tool_data", violations), tool.status
            )
            for at, tool in enumerate(tools)
        ),
        citations=tuple(domain.Citation(_KINDS[one.kind], one.real_id, one.tag, one.title) for one in citations),
        retrieved_learnings=tuple(
            domain.RetrievedLearning(_KINDS[one.kind], one.learning_id, one.exposure_receipt) for one in learnings
        ),
        product_ref=domain.ProductRef(product.product_id, product.event_type) if product.product_id else None,
        metadata=to_plain(message.metadata, f"{path}.metadata", violations),
    )
    return None if made == domain.Details() else made


def arm(learn_from: int) -> str:
    return _ARMS[learn_from]


def role_class_name(value: int) -> str:
    return _ROLE_CLASSES[value]


def action_name(value: int) -> str:
    """Empty for UNSPECIFIED, which does not filter."""
    return "" if value == pb.USER_ACTION_UNSPECIFIED else _ACTIONS[value]


def interaction_to_pb(
    row: domain.Interaction, notes: Sequence[domain.StoredAnnotation] = (), image: bytes | None = None
) -> pb.Interaction:
    header = row.header
    message = pb.Interaction(
        interaction_id=row.interaction_id,
        user_id=header.user_id,
        session_id=header.session_id,
        request_id=header.request_id,
        source=header.source,
        agent_version=header.agent_version,
        publish_time=from_micros(row.publish_time),
        data=_data_to_pb(row.data, image),
        agent_id=header.agent_id,
        role_class=_ROLE_CLASS_VALUES[row.data.role_class],
        evaluation_only=header.evaluation_only,
        learn_from=_ARMS.index(header.learn_from),  # type: ignore[arg-type]
        request_metadata=to_struct(header.metadata),
        annotations=[annotation_to_pb(note) for note in notes],
    )
    if row.data.image is not None:
        message.image_info.sha256 = row.data.image.sha256
        message.image_info.media_type = row.data.image.media_type
        message.image_info.size_bytes = row.data.image.size
    return message


def _data_to_pb(data: domain.InteractionData, image: bytes | None) -> pb.InteractionData:
    message = pb.InteractionData(
        role=data.role,
        speaker=data.speaker,
        external_id=data.external_id,
        content=data.content,
        shadow_content=data.shadow_content,
        expert_content=data.expert_content,
        user_action=_ACTION_VALUES[data.user_action],
        user_action_description=data.user_action_description,
        interacted_image_url=data.image_url,
        image=image or b"",
        occur_time=None if data.occur_time is None else from_micros(data.occur_time),
    )
    if (details := data.details) is not None:
        for tool in details.tools_used:
            message.tools_used.add(tool_name=tool.tool_name, tool_data=to_struct(tool.tool_data), status=tool.status)
        for one in details.citations:
            message.citations.add(kind=_KINDS.index(one.kind), real_id=one.real_id, tag=one.tag, title=one.title)
        for learning in details.retrieved_learnings:
            message.retrieved_learnings.add(
                kind=_KINDS.index(learning.kind),
                learning_id=learning.learning_id,
                exposure_receipt=learning.exposure_receipt,
            )
        if details.product_ref is not None:
            message.product_ref.product_id = details.product_ref.product_id
            message.product_ref.event_type = details.product_ref.event_type
        if details.metadata is not None:
            message.metadata.update(details.metadata)
    return message


def annotation_from_pb(message: pb.Annotation) -> domain.Annotation:
    return domain.Annotation(
        annotator=message.annotator,
        expert_content=message.expert_content,
        thumb=_THUMBS[message.thumb],
        rating=message.rating if message.HasField("rating") else None,
        comment=message.comment,
        corrected_content=message.corrected_content,
    )


def annotation_to_pb(note: domain.StoredAnnotation) -> pb.Annotation:
    given = note.annotation
    return pb.Annotation(
        annotation_id=note.annotation_id,
        create_time=from_micros(note.create_time),
        annotator=given.annotator,
        expert_content=given.expert_content,
        thumb=_THUMB_VALUES[given.thumb],
        rating=given.rating,
        comment=given.comment,
        corrected_content=given.corrected_content,
    )


def session_to_pb(session: domain.Session) -> pb.Session:
    return pb.Session(
        user_id=session.user_id,
        session_id=session.session_id,
        first_time=from_micros(session.first_time),
        last_time=from_micros(session.last_time),
        interaction_count=session.interaction_count,
        request_count=session.request_count,
        sources=session.sources,
        agent_versions=session.agent_versions,
        finished=session.finished,
    )


def session_request_to_pb(request: domain.SessionRequest) -> pb.SessionRequest:
    return pb.SessionRequest(
        request_id=request.request_id,
        publish_time=from_micros(request.publish_time),
        source=request.source,
        agent_version=request.agent_version,
        interaction_count=request.interaction_count,
        evaluation_only=request.evaluation_only,
    )
