"""How many pairs a comparison needs."""

import math

import msgspec

from interplay_server.evaluation.statistics.estimates import Gap
from interplay_server.evaluation.statistics.special import checked_confidence, normal_quantile


class PairsNeeded(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers in all, those already judged included; None with the reason where no number would do."""

    decisive: int | None = None
    """Independent decisive votes."""
    pairs: int | None = None
    """Pairs to judge for them."""
    gap: Gap | None = None
    """NO_DATA: nothing decisive is expected; NO_SPREAD: equal chances, which no number of pairs tells apart."""


def pairs_needed(
    win_rate: float | None,
    *,
    tie_rate: float = 0.0,
    pairs_per_vote: float = 1.0,
    alpha: float = 0.05,
    power: float = 0.8,
) -> PairsNeeded:
    """Votes for a two-sided test of equal chances: ((z_{1-alpha/2}/2 + z_power √(p(1-p))) / (p-½))², rounded up.

    52 % needs 4,904; 55 % 783; 60 % 194; 65 % 85. Looking after every vote stops at about as many in the
    median (tests/bench/statistics.py).

    Args:
        win_rate: among decisive votes, observed or assumed, in [0, 1]; None where there are none.
        tie_rate: share of votes that decide nothing, in [0, 1]; pairs grow by 1 / (1 - tie_rate).
        pairs_per_vote: mean pairs of a cluster, where a vote is a cluster's.
        alpha: two-sided level.
        power: probability of the verdict if the rate is true.

    Raises:
        ValueError: NaN or a value outside its range.
    """
    if not 0 <= tie_rate <= 1 or not 1 <= pairs_per_vote < math.inf:
        raise ValueError(f"tie rate {tie_rate} or pairs per vote {pairs_per_vote} is out of range")
    if win_rate is None or tie_rate == 1:
        return PairsNeeded(gap=Gap.NO_DATA)
    if not 0 <= win_rate <= 1:
        raise ValueError(f"win rate {win_rate} is not between 0 and 1")
    away = abs(win_rate - 0.5)
    if away < 1e-9:
        return PairsNeeded(gap=Gap.NO_SPREAD)
    spread = normal_quantile(1 - checked_confidence(alpha) / 2) / 2
    spread += normal_quantile(checked_confidence(power)) * math.sqrt(win_rate * (1 - win_rate))
    # A rate near 1 needs few by this formula, but an exact test needs 2^(1-n) ≤ alpha at least.
    decisive = max((spread / away) ** 2, 1 - math.log2(alpha))
    return PairsNeeded(decisive=math.ceil(decisive), pairs=math.ceil(decisive * pairs_per_vote / (1 - tie_rate)))
