"""Whether a judge may decide: its audit against limits."""

from enum import StrEnum

import msgspec

from interplay_server.evaluation.statistics.agreement import Agreement
from interplay_server.evaluation.statistics.judge_bias import Positions, Shift


class AuditState(StrEnum):
    UNAUDITED = "UNAUDITED"
    PASSED = "PASSED"
    FAILED = "FAILED"


class Fault(StrEnum):
    TOO_FEW_LABELS = "TOO_FEW_LABELS"
    LOW_AGREEMENT = "LOW_AGREEMENT"
    POSITION_BIAS = "POSITION_BIAS"
    VERBOSITY_BIAS = "VERBOSITY_BIAS"
    SELF_PREFERENCE = "SELF_PREFERENCE"


class AuditLimits(msgspec.Struct, frozen=True, kw_only=True):
    least_labels: int = 50
    """Pairs with a human label; with fewer the judge stays unaudited."""
    least_kappa: float = 0.4
    """Moderate agreement (Landis & Koch, 1977); the lower end of the interval must exceed 0 besides."""
    most_flips: float = 0.5
    """What a coin in either order would flip."""
    most_shift: float = 0.1
    """Significant bias towards length or the own family up to which it is noted, not held against the judge."""


class Audit(msgspec.Struct, frozen=True):
    state: AuditState
    faults: tuple[Fault, ...] = ()


UNAUDITED = Audit(AuditState.UNAUDITED)
DEFAULT_LIMITS = AuditLimits()


def audit(
    found: Agreement,
    *,
    places: Positions | None = None,
    length: Shift | None = None,
    own: Shift | None = None,
    limits: AuditLimits = DEFAULT_LIMITS,
) -> Audit:
    """FAILED with every fault, PASSED without any, UNAUDITED with too few labels or where kappa has no value."""
    if found.n < limits.least_labels or found.kappa.value is None:
        return Audit(AuditState.UNAUDITED, (Fault.TOO_FEW_LABELS,))
    interval = found.kappa.interval
    faults = []
    if found.kappa.value < limits.least_kappa or (interval is not None and interval.low <= 0):
        faults.append(Fault.LOW_AGREEMENT)
    if places is not None and places.flips.interval is not None and places.flips.interval.low > limits.most_flips:
        faults.append(Fault.POSITION_BIAS)
    for shift, fault in ((length, Fault.VERBOSITY_BIAS), (own, Fault.SELF_PREFERENCE)):
        if shift is not None and shift.flagged and (shift.difference.value or 0.0) > limits.most_shift:
            faults.append(fault)
    return Audit(AuditState.FAILED if faults else AuditState.PASSED, tuple(faults))
