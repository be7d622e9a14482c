"""Weights and windows of the interaction features: values, what is wrong with them, and the version of a definition."""

import hashlib
import math
from typing import NamedTuple

import msgspec

SECOND = 1_000_000


class Windows(msgspec.Struct, frozen=True, kw_only=True):
    """Spans in seconds."""

    session_gap: float = 1800.0
    """Events without a session that are further apart are of two sessions."""
    max_view: float = 1800.0
    """Longer views are counted as this long."""
    page_view: float = 2.0
    """A page view this close to another view of its product is the same view."""
    search: float = 60.0
    """A view this long after a search that showed the product came from it."""


class Temporal(msgspec.Struct, frozen=True, kw_only=True):
    consistency_min_sessions: int = 3
    seasonal_min_views: int = 4
    seasonal_min_days: float = 180.0


class Engagement(msgspec.Struct, frozen=True, kw_only=True):
    """Weights of the parts, the values at which a part is one half, and the worth of a stage, in [0, 1]."""

    views: float = 0.30
    sessions: float = 0.25
    duration: float = 0.25
    stage: float = 0.20
    views_half: float = 10.0
    sessions_half: float = 5.0
    duration_half: float = 30.0
    stage_view: float = 0.25
    stage_cart: float = 0.6
    stage_checkout: float = 0.8


class Quality(msgspec.Struct, frozen=True, kw_only=True):
    """Weights of the parts; seconds that a long view lasts and a human step takes; types that are full variety."""

    dwell: float = 0.35
    depth: float = 0.25
    human: float = 0.20
    keep: float = 0.10
    variety: float = 0.10
    dwell_seconds: float = 10.0
    human_gap: float = 1.0
    kinds: int = 4


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """What an event adds, halved every `half_life_days`, times `after_purchase` where a purchase followed."""

    view: float = 0.05
    search_bonus: float = 0.03
    rec_click: float = 0.08
    cart_view: float = 0.10
    cart_add: float = 0.50
    checkout: float = 0.80
    cart_remove: float = -0.30
    rec_decline: float = -0.20
    after_purchase: float = 0.25
    half_life_days: float = 14.0


class Loyalty(msgspec.Struct, frozen=True, kw_only=True):
    purchases: float = 0.60
    months: float = 0.25
    recency: float = 0.15
    active_months: float = 6.0
    """Months of the last twelve with activity that are full habit."""
    half_life_days: float = 90.0
    unbought_share: float = 0.5
    """Share of months and recency that counts without a kept purchase."""


class Recommendation(msgspec.Struct, frozen=True, kw_only=True):
    intent: float = 0.40
    engagement: float = 0.25
    loyalty: float = 0.20
    recency: float = 0.15
    half_life_days: float = 30.0
    repurchase_days: float = 30.0
    """Rest after a purchase where the customer's own gaps tell none."""
    rest: float = 0.5
    """Factor while a purchase rests."""


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """Least purchases or events, and days since the first activity, of a stage of the relationship."""

    loyal_purchases: int = 3
    loyal_days: float = 90.0
    returning_purchases: int = 1
    returning_days: float = 30.0
    engaged_events: int = 5
    engaged_days: float = 7.0


class FeatureConfig(msgspec.Struct, frozen=True, kw_only=True):
    """All weights and windows; `revision` counts the changes of it and is no part of the definition."""

    revision: int = 0
    windows: Windows = Windows()
    temporal: Temporal = Temporal()
    engagement: Engagement = Engagement()
    quality: Quality = Quality()
    intent: Intent = Intent()
    loyalty: Loyalty = Loyalty()
    recommendation: Recommendation = Recommendation()
    stage: Stage = Stage()


DEFAULT_CONFIG = FeatureConfig()


class Problem(NamedTuple):
    field: str
    """Such as `intent.view`."""
    problem: str


class InvalidConfigError(ValueError):
    """Values out of their ranges."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{field}: {problem}" for field, problem in problems))
        self.problems = problems


_RANGES: dict[str, tuple[float, float]] = {
    **dict.fromkeys(("windows.session_gap", "windows.max_view"), (1.0, 86_400.0)),
    **dict.fromkeys(("windows.page_view", "windows.search"), (0.0, 86_400.0)),
    "temporal.consistency_min_sessions": (3, 1000),
    "temporal.seasonal_min_views": (1, 1_000_000),
    "temporal.seasonal_min_days": (0.0, 3660.0),
    **dict.fromkeys((f"engagement.{name}_half" for name in ("views", "sessions", "duration")), (1e-3, 1e6)),
    "quality.dwell_seconds": (0.0, 86_400.0),
    "quality.human_gap": (0.0, 86_400.0),
    "quality.kinds": (1, 11),
    **dict.fromkeys(
        (f"intent.{name}" for name in Intent.__struct_fields__ if name not in {"after_purchase", "half_life_days"}),
        (-10.0, 10.0),
    ),
    **dict.fromkeys(
        ("intent.half_life_days", "loyalty.half_life_days", "recommendation.half_life_days"), (1e-2, 36_600.0)
    ),
    "loyalty.active_months": (1.0, 12.0),
    "recommendation.repurchase_days": (1e-2, 36_600.0),
    "stage.loyal_purchases": (1, 1_000_000),
    "stage.returning_purchases": (1, 1_000_000),
    "stage.engaged_events": (1, 1_000_000),
    **dict.fromkeys((f"stage.{name}_days" for name in ("loyal", "returning", "engaged")), (0.0, 36_600.0)),
}
"""Of what does not lie in [0, 1]."""

_SUMS = {
    "engagement": ("views", "sessions", "duration", "stage"),
    "quality": ("dwell", "depth", "human", "keep", "variety"),
    "loyalty": ("purchases", "months", "recency"),
    "recommendation": ("intent", "engagement", "loyalty", "recency"),
}
# What is left where parts are missing must weigh something.
_NEVER_MISSING = {
    "engagement": ("views", "sessions", "stage"),
    "quality": ("depth", "variety"),
    "recommendation": ("intent", "engagement", "loyalty"),
}


def values(config: FeatureConfig) -> dict[str, float]:
    """Every value by its name, such as `intent.view`."""
    return {
        f"{group}.{name}": value
        for group in FeatureConfig.__struct_fields__
        if group != "revision"
        for name, value in msgspec.structs.asdict(getattr(config, group)).items()
    }


def problems(config: FeatureConfig) -> list[Problem]:
    """What is wrong: values out of range or not finite, weights of a score that do not sum to 1."""
    found = []
    given = values(config)
    for name, value in given.items():
        low, high = _RANGES.get(name, (0.0, 1.0))
        if not math.isfinite(value) or not low <= value <= high:
            found.append(Problem(name, f"{value:g} is not in [{low:g}, {high:g}]"))
    for group, parts in _SUMS.items():
        total = math.fsum(given[f"{group}.{part}"] for part in parts)
        if math.isfinite(total) and abs(total - 1) > 1e-6:
            found.append(Problem(group, f"the weights {', '.join(parts)} sum to {total:g}, not to 1"))
        rest = _NEVER_MISSING.get(group, ())
        if rest and math.fsum(given[f"{group}.{part}"] for part in rest) <= 0:
            found.append(Problem(group, f"one of {', '.join(rest)} must be above 0"))
    return found


def validate(config: FeatureConfig) -> None:
    """Raises InvalidConfigError with all problems."""
    found = problems(config)
    if found:
        raise InvalidConfigError(found)


_IN_MICROSECONDS = {"windows.session_gap", "windows.page_view", "windows.search", "quality.human_gap"}


def literals(config: FeatureConfig) -> dict[str, str]:
    """SQL literals of the values: `intent.view` as `intent_view`; spans compared with times are in microseconds."""
    made = {}
    for name, value in values(config).items():
        if name in _IN_MICROSECONDS:
            text = str(round(value * SECOND))
        elif isinstance(value, int):
            text = str(value)
        else:
            text = repr(float(value)) if "e" in repr(float(value)) else f"{float(value)!r}e0"
        made[name.replace(".", "_")] = f"({text})" if text.startswith("-") else text
    return made


def version(config: FeatureConfig, texts: list[str]) -> str:
    """16 hexadecimal digits of the values and the SQL texts."""
    told = msgspec.json.encode(values(config), order="sorted") + "\0".join(texts).encode()
    return hashlib.sha256(told).hexdigest()[:16]
