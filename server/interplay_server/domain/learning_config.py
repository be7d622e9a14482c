"""How a tenant learns: extractors, windows, aggregation, provider. One value of the ledger, replaced as a whole."""

import msgspec

from interplay_server.domain.interaction import PRODUCTION

PROFILES, PLAYBOOKS = "profiles", "playbooks"
"""What an extractor makes; also the kinds of generations."""
PRESETS: dict[str, tuple[int, int]] = {
    "quick_chat": (5, 3),
    "standard": (10, 8),
    "long_form": (25, 10),
    "high_volume": (15, 8),
}
"""Window and stride in interactions."""
STANDARD = "standard"
IDLE_SECONDS_RULES, IDLE_SECONDS_MODEL = 30, 600
META_KEY = "learning_config"


class Extractor(msgspec.Struct, frozen=True, omit_defaults=True):
    name: str
    extraction_definition: str = ""
    sources: tuple[str, ...] = ()
    window_size: int = 0
    stride: int = 0
    manual_only: bool = False
    disabled: bool = False


class Aggregation(msgspec.Struct, frozen=True, omit_defaults=True):
    disabled: bool = False
    min_cluster_size: int = 2
    min_users: int = 1
    trigger_count: int = 1
    similarity: float = 0.0
    """0 takes the embedder's default."""


class LearningConfig(msgspec.Struct, frozen=True, omit_defaults=True):
    disabled: bool = False
    provider: str = ""
    """Empty takes the server's."""
    preset: str = STANDARD
    window_size: int = 0
    stride: int = 0
    wait_full_first_window: bool = False
    profile_extractors: tuple[Extractor, ...] = (Extractor(PROFILES),)
    playbook_extractors: tuple[Extractor, ...] = (Extractor(PLAYBOOKS),)
    aggregation: Aggregation = Aggregation()
    learn_from: str = PRODUCTION
    idle_seconds: int = 0
    revision: int = 0
    update_time: int = 0

    @property
    def etag(self) -> str:
        return f"config-{self.revision}"

    def extractors(self, kind: str) -> tuple[Extractor, ...]:
        return self.profile_extractors if kind == PROFILES else self.playbook_extractors

    def window(self, extractor: Extractor) -> tuple[int, int]:
        """Window and stride: explicit values beat the preset, an extractor's beat the tenant's."""
        preset_size, preset_stride = PRESETS[self.preset]
        size = extractor.window_size or self.window_size or preset_size
        stride = extractor.stride or self.stride or min(preset_stride, size)
        return size, stride


_decode = msgspec.json.Decoder(LearningConfig).decode


def load(text: str | None) -> LearningConfig:
    """The configuration from the ledger; keys that are not known any more are ignored."""
    return _decode(text) if text else LearningConfig()


def save(config: LearningConfig) -> str:
    return msgspec.json.encode(config).decode()
