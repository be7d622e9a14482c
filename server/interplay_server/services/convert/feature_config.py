"""The configuration of features as messages and back."""

from typing import Any

import msgspec
from interplay.v1 import feature_pb2 as pb

from interplay_server.errors import InvalidRequest, Violation
from interplay_server.features.config import FeatureConfig, problems
from interplay_server.features.state import StoredConfig
from interplay_server.services.convert.times import from_micros

_GROUPS: dict[str, Any] = {
    field.name: field.type for field in msgspec.structs.fields(FeatureConfig) if field.name != "revision"
}


def config_to_pb(config: StoredConfig, version: str) -> pb.FeatureConfig:
    """With every default filled in."""
    message = pb.FeatureConfig(
        shop_id=config.shop_id,
        revision=config.values.revision,
        etag=config.etag,
        update_time=from_micros(config.update_time) if config.update_time else None,
        definition_version=version,
    )
    for group in _GROUPS:
        for name, value in msgspec.structs.asdict(getattr(config.values, group)).items():
            setattr(getattr(message, group), name, value)
    return message


def config_from_pb(message: pb.FeatureConfig) -> StoredConfig:
    """Raises InvalidRequest with all violations."""
    groups = {}
    for group, kind in _GROUPS.items():
        given = getattr(message, group)
        groups[group] = kind(**{field.name: value for field, value in given.ListFields()})
    values = FeatureConfig(**groups)
    wrong = [Violation(f"config.{one.field}", one.problem) for one in problems(values)]
    if wrong:
        raise InvalidRequest(wrong)
    return StoredConfig(values, message.shop_id)
