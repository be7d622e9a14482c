"""How far the kept rows of a shop follow what it tells: values of the ledger."""

import msgspec

from interplay_server.features.config import FeatureConfig
from interplay_server.features.report import Profile

STATE_KEY, CONFIG_KEY, RUN_KEY, PROFILE_KEY = "features", "feature_config", "feature_run", "feature_profile"


class FeatureState(msgspec.Struct, frozen=True):
    """Every row committed up to `watermark`, and every instant up to `as_of`, is in the kept rows."""

    watermark: int = 0
    as_of: int = 0
    version: str = ""
    """Definition of the kept rows; empty before the first run."""
    failed: tuple[str, ...] = ()
    """Customers whose rows are kept from before, for the next run to try again."""
    revision: int = 0
    """The greatest that a kept row ever had."""
    run_seconds: float = 0.0
    """Of the last whole run, with what it took."""
    run_peak_bytes: int = 0
    run_end: int = 0


class Profiles(msgspec.Struct, frozen=True):
    """Of the last two whole runs."""

    last: Profile | None = None
    previous: Profile | None = None


class StoredConfig(msgspec.Struct, frozen=True):
    """`shop_id` is empty for the tenant's own name."""

    values: FeatureConfig = FeatureConfig()
    shop_id: str = ""
    update_time: int = 0

    @property
    def etag(self) -> str:
        return f"features-{self.values.revision}"


class Checkpoint(msgspec.Struct, frozen=True):
    """A run that a stop may interrupt: what it was to do, and which buckets it has done."""

    operation_id: str
    watermark: int
    as_of: int
    version: str
    revision: int
    next_bucket: int
    customers: int = 0
    pairs: int = 0
    removed: int = 0
    events: int = 0
    failed: tuple[tuple[str, str], ...] = ()
    """(customer, why)"""


def encode(value: msgspec.Struct) -> str:
    return msgspec.json.encode(value).decode()


def state_of(text: str | None) -> FeatureState:
    return msgspec.json.decode(text, type=FeatureState) if text else FeatureState()


def config_of(text: str | None) -> StoredConfig:
    return msgspec.json.decode(text, type=StoredConfig) if text else StoredConfig()


def profiles_of(text: str | None) -> Profiles:
    return msgspec.json.decode(text, type=Profiles) if text else Profiles()


def checkpoint_of(text: str | None) -> Checkpoint | None:
    return msgspec.json.decode(text, type=Checkpoint) if text else None
