"""What moves a judge besides the better answer: the place of an answer, its length, its author."""

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from interplay_server.evaluation.statistics.agreement import LABELS, TIE, A, B
from interplay_server.evaluation.statistics.estimates import CONFIDENCE, Estimate, finite
from interplay_server.evaluation.statistics.proportions import mean, proportion
from interplay_server.evaluation.statistics.signs import sign_test

FIRST, SECOND = "FIRST", "SECOND"
_PLACE = {FIRST: 1, SECOND: -1, TIE: 0}


class Positions(msgspec.Struct, frozen=True, kw_only=True):
    """Of pairs that were judged in both orders."""

    flips: Estimate
    """Share of pairs whose two judgements disagree, with its Wilson interval."""
    first: int
    """Flips towards the answer shown first, in one order or both."""
    second: int
    preference: Estimate
    """Share of `first` among both, with its Wilson interval; .5 is no preference."""
    excess: Estimate
    """How much more often the first place is picked than the second, over all judgements, in [-1, 1]. It is the share
    of judgements that a judge spends on "first" regardless, where it has no other fault."""
    p_value: float
    """Exact sign test of `first` against `second`."""


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """How much more a judge favours a side (the longer answer, its own family) than people do for the same pairs."""

    n: int
    judge: float | None
    """Share that the favoured side wins, ties split."""
    human: float | None
    difference: Estimate
    """judge - human, with a t interval over pairs, in [-1, 1]."""
    p_value: float
    """Exact sign test of the pairs where they differ: McNemar's where there are no ties."""
    flagged: bool
    """The judge favours that side more, significantly at 1 - confidence."""


def positions(orders: Iterable[tuple[str, str]], confidence: float = CONFIDENCE) -> Positions:
    """Position bias.

    Args:
        orders: for each pair the place picked in either order, FIRST, SECOND or TIE: (FIRST, SECOND) is one answer
            winning twice; whatever is not that, (SECOND, FIRST) or (TIE, TIE) is a flip.
        confidence: of the intervals.

    Raises:
        ValueError: a place that is none.
    """
    seen = list(orders)
    unknown = {place for pair in seen for place in pair} - _PLACE.keys()
    if unknown:
        raise ValueError(f"places {sorted(map(str, unknown))} are unknown")
    lean = np.array([_PLACE[one] + _PLACE[two] for one, two in seen], np.float64)
    # Two ties or two opposite places add up to 0, and nothing else does.
    first, second = int((lean > 0).sum()), int((lean < 0).sum())
    return Positions(
        flips=proportion(first + second, len(seen), confidence),
        first=first,
        second=second,
        preference=proportion(first, first + second, confidence),
        excess=mean(lean / 2, confidence).within(-1.0, 1.0),
        p_value=sign_test(first, second).p_value,
    )


def first_share(places: Sequence[str], confidence: float = CONFIDENCE) -> Estimate:
    """Of judgements in one order each: the share of decisive ones that picks the first place."""
    return proportion(places.count(FIRST), places.count(FIRST) + places.count(SECOND), confidence)


def favour(
    judge: Sequence[str], human: Sequence[str], sides: Sequence[str | None], confidence: float = CONFIDENCE
) -> Shift:
    """How much more the judge favours a side than people do; the self-preference with the side of its own family.

    Args:
        judge: A, B or TIE for each pair.
        human: the same, of people.
        sides: the side in question, A or B; pairs without one (None) do not count.
        confidence: of the interval and of the flag.

    Raises:
        ValueError: different lengths or unknown labels.
    """
    if not len(judge) == len(human) == len(sides) or {*judge, *human} - set(LABELS) or set(sides) - {A, B, None}:
        raise ValueError("each pair needs A, B or TIE of both raters, and a side or None")
    at = [i for i, side in enumerate(sides) if side is not None]
    by_judge = np.array([_score(judge[i], sides[i]) for i in at], np.float64)
    by_human = np.array([_score(human[i], sides[i]) for i in at], np.float64)
    apart = by_judge - by_human
    test = sign_test(int((apart > 0).sum()), int((apart < 0).sum()))
    return Shift(
        n=len(at),
        judge=float(by_judge.mean()) if at else None,
        human=float(by_human.mean()) if at else None,
        difference=mean(apart, confidence).within(-1.0, 1.0),
        p_value=test.p_value,
        flagged=test.wins > test.losses and test.p_value < 1 - confidence,
    )


def verbosity(
    judge: Sequence[str],
    human: Sequence[str],
    lengths_a: ArrayLike,
    lengths_b: ArrayLike,
    confidence: float = CONFIDENCE,
) -> Shift:
    """How much more the judge favours the longer answer than people do; pairs of equal length do not count."""
    a, b = finite(lengths_a, "length"), finite(lengths_b, "length")
    if a.shape != b.shape:
        raise ValueError("each pair needs two lengths")
    return favour(judge, human, [A if d > 0 else B if d < 0 else None for d in (a - b).tolist()], confidence)


def _score(label: str, side: str | None) -> float:
    return 0.5 if label == TIE else float(label == side)
