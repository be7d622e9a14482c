"""Configuration and receipts of learning as messages and back, with the checks that the proto cannot state."""

from collections.abc import Collection

from interplay.v1 import learning_service_pb2 as pb

from interplay_server.domain.interaction import BOTH, PRODUCTION, SHADOW
from interplay_server.domain.learning_config import (
    PLAYBOOKS,
    PRESETS,
    PROFILES,
    STANDARD,
    Aggregation,
    Extractor,
    LearningConfig,
)
from interplay_server.domain.learnt import WindowReceipt
from interplay_server.domain.secrets import looks_like_a_key
from interplay_server.errors import InvalidRequest, Violation
from interplay_server.services.convert.learnt import arm_to_pb
from interplay_server.services.convert.times import from_micros

_PRESETS = ("", *PRESETS)
_LEARN_FROM = (PRODUCTION, PRODUCTION, SHADOW, BOTH)


def config_to_pb(config: LearningConfig, idle_seconds: int) -> pb.LearningConfig:
    """With every default of the tenant filled in; an extractor that has no window of its own shows 0."""
    size, stride = config.window(Extractor(""))
    aggregation = config.aggregation
    message = pb.LearningConfig(
        disabled=config.disabled,
        provider=config.provider,
        preset=_PRESETS.index(config.preset),  # type: ignore[arg-type]
        window_size=size,
        stride=stride,
        wait_full_first_window=config.wait_full_first_window,
        aggregation=pb.AggregationConfig(
            disabled=aggregation.disabled,
            min_cluster_size=aggregation.min_cluster_size,
            min_users=aggregation.min_users,
            trigger_count=aggregation.trigger_count,
            similarity=aggregation.similarity,
        ),
        learn_from=_LEARN_FROM.index(config.learn_from, 1),  # type: ignore[arg-type]
        idle_seconds=idle_seconds,
        revision=config.revision,
        etag=config.etag,
        update_time=from_micros(config.update_time) if config.update_time else None,
    )
    for extractors, target in (
        (config.profile_extractors, message.profile_extractors),
        (config.playbook_extractors, message.playbook_extractors),
    ):
        for one in extractors:
            target.add(
                name=one.name,
                extraction_definition=one.extraction_definition,
                sources=one.sources,
                window_size=one.window_size,
                stride=one.stride,
                manual_only=one.manual_only,
                disabled=one.disabled,
            )
    return message


def config_from_pb(message: pb.LearningConfig) -> LearningConfig:
    """Raises InvalidRequest with all violations. No value of a refused text is told."""
    violations: list[Violation] = []
    aggregation = message.aggregation
    if aggregation.min_cluster_size == 1:
        violations.append(Violation("config.aggregation.min_cluster_size", "must be at least 2; 0 takes the default"))
    if looks_like_a_key(message.provider):
        violations.append(Violation("config.provider", "holds a key; name an environment variable in the settings"))
    made = LearningConfig(
        disabled=message.disabled,
        provider=message.provider,
        preset=_PRESETS[message.preset] or STANDARD,
        window_size=message.window_size,
        stride=message.stride,
        wait_full_first_window=message.wait_full_first_window,
        profile_extractors=_extractors(message.profile_extractors, "profile_extractors", violations)
        or (Extractor(PROFILES),),
        playbook_extractors=_extractors(message.playbook_extractors, "playbook_extractors", violations)
        or (Extractor(PLAYBOOKS),),
        aggregation=Aggregation(
            disabled=aggregation.disabled,
            min_cluster_size=aggregation.min_cluster_size or 2,
            min_users=aggregation.min_users or 1,
            trigger_count=aggregation.trigger_count or 1,
            similarity=aggregation.similarity,
        ),
        learn_from=_LEARN_FROM[message.learn_from],
        idle_seconds=message.idle_seconds,
    )
    _check_windows(made, violations)
    names = [one.name for one in (*made.profile_extractors, *made.playbook_extractors)]
    twice = sorted({name for name in names if names.count(name) > 1})
    violations += [Violation("config", f"has two extractors called {name}") for name in twice]
    if violations:
        raise InvalidRequest(violations)
    return made


def _extractors(messages: "Collection[pb.Extractor]", path: str, violations: list[Violation]) -> tuple[Extractor, ...]:
    made = []
    for place, one in enumerate(messages):
        if looks_like_a_key(one.extraction_definition):
            where = f"config.{path}[{place}].extraction_definition"
            violations.append(Violation(where, "holds what looks like a key; configurations hold none"))
        made.append(
            Extractor(
                one.name,
                one.extraction_definition,
                tuple(one.sources),
                one.window_size,
                one.stride,
                one.manual_only,
                one.disabled,
            )
        )
    return tuple(made)


def _check_windows(config: LearningConfig, violations: list[Violation]) -> None:
    size, stride = config.window(Extractor(""))
    if stride > size:
        violations.append(Violation("config.stride", f"must be at most window_size, which is {size}, not {stride}"))
    for path, extractors in (
        ("profile_extractors", config.profile_extractors),
        ("playbook_extractors", config.playbook_extractors),
    ):
        for place, one in enumerate(extractors):
            own_size, own_stride = config.window(one)
            if own_stride > own_size and (one.window_size or one.stride):
                where = f"config.{path}[{place}].stride"
                violations.append(
                    Violation(where, f"must be at most window_size, which is {own_size}, not {own_stride}")
                )


def receipt_to_pb(receipt: WindowReceipt, there: Collection[str]) -> pb.LearningWindow:
    """`there` are interactions that still exist."""
    return pb.LearningWindow(
        window_id=receipt.window_id,
        user_id=receipt.user_id,
        extractor=receipt.extractor,
        arm=arm_to_pb(receipt.arm),
        interaction_ids=[one for one in receipt.interaction_ids if one in there],
        time=from_micros(receipt.time),
        provider=receipt.provider,
        engine_version=receipt.engine_version,
        config_revision=receipt.config_revision,
        prompt_digest=receipt.prompt_digest,
        trigger=receipt.trigger,
        generation=receipt.generation,
        input_tokens=receipt.input_tokens,
        output_tokens=receipt.output_tokens,
        dropped=receipt.dropped,
        ignored_images=receipt.ignored_images,
    )
