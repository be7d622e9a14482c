"""p-values of many comparisons at once."""

import numpy as np
from numpy.typing import ArrayLike

from interplay_server.evaluation.statistics.estimates import finite
from interplay_server.evaluation.statistics.special import Floats


def benjamini_hochberg(p_values: ArrayLike) -> Floats:
    """Adjusted p-values in the order given (Benjamini & Hochberg, 1995): of those below q, q are false on average.

    Raises:
        ValueError: NaN, or outside [0, 1].
    """
    p = _checked(p_values)
    order = np.argsort(p)[::-1]
    raised = p[order] * (p.size / np.arange(p.size, 0, -1))
    return _placed(np.minimum.accumulate(raised), order)


def holm(p_values: ArrayLike) -> Floats:
    """Adjusted p-values in the order given (Holm, 1979): below alpha, none is false with probability 1 - alpha."""
    p = _checked(p_values)
    order = np.argsort(p)
    raised = p[order] * np.arange(p.size, 0, -1)
    return _placed(np.maximum.accumulate(raised), order)


def _checked(p_values: ArrayLike) -> Floats:
    p = finite(p_values, "p-value")
    if bool(((p < 0) | (p > 1)).any()):
        raise ValueError("a p-value lies outside 0 to 1")
    return p


def _placed(adjusted: Floats, order: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Floats:
    out = np.empty_like(adjusted)
    out[order] = np.minimum(adjusted, 1.0)
    return out
