"""How far a judge agrees with people: accuracy, Cohen's kappa and the table they come from."""

import math
from collections.abc import Hashable, Sequence

import msgspec
import numpy as np

from interplay_server.evaluation.statistics.bootstrap import percentile_interval
from interplay_server.evaluation.statistics.estimates import CONFIDENCE, Estimate, Gap, Interval
from interplay_server.evaluation.statistics.proportions import proportion
from interplay_server.evaluation.statistics.special import Floats, two_sided_t

A, B, TIE = "A", "B", "TIE"
LABELS = (A, B, TIE)


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    n: int
    accuracy: Estimate
    kappa: Estimate
    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    """Rows: what people say; columns: what the judge says."""


def agreement(
    human: Sequence[str],
    judge: Sequence[str],
    *,
    labels: tuple[str, ...] = LABELS,
    clusters: Sequence[Hashable] | None = None,
    confidence: float = CONFIDENCE,
    rng: np.random.Generator | None = None,
) -> Agreement:
    """Agreement of two raters over the same rows.

    Accuracy has a Wilson interval. Kappa (Cohen, 1960) has that of `cohen_kappa`, or
    with `clusters`, the session or user of each row, both have percentiles of a bootstrap over these.

    Raises:
        ValueError: different lengths, or a label that is none of `labels`.
    """
    at = {label: i for i, label in enumerate(labels)}
    unknown = {*human, *judge} - at.keys()
    if unknown or len(human) != len(judge):
        raise ValueError(f"labels {sorted(map(str, unknown))} are unknown" if unknown else "raters saw different rows")
    k = len(labels)
    cells = np.array([at[h] * k + at[j] for h, j in zip(human, judge, strict=True)], np.int64)
    table = np.bincount(cells, minlength=k * k).reshape(k, k)
    accuracy, kappa = proportion(int(np.trace(table)), len(cells), confidence), cohen_kappa(table, confidence)
    if clusters is not None and len(cells):
        accuracy, kappa = _clustered(cells, clusters, k, accuracy, kappa, confidence=confidence, rng=rng)
    return Agreement(
        n=len(cells),
        accuracy=accuracy,
        kappa=kappa,
        labels=labels,
        confusion=tuple(tuple(row) for row in table.tolist()),
    )


def cohen_kappa(table: np.ndarray[tuple[int, int], np.dtype[np.int64]], confidence: float = CONFIDENCE) -> Estimate:
    """(p_o - p_e) / (1 - p_e) of a square table of counts, in [-1, 1].

    Interval: the asymptotic error of Fleiss, Cohen & Everitt (1969) on the scale of atanh kappa, and t with n - 1
    degrees of freedom; it covers 94 to 97 % from 15 rows on, where kappa ± 1.96 errors may cover 89 %. No value
    without rows, or where both raters know one label only (p_e = 1). No interval for one row, nor where the error is 0
    (full agreement): then the Wilson interval of the accuracy is what there is to say.
    """
    n = int(table.sum())
    if n == 0:
        return Estimate(value=None, n=0, method="fleiss", gap=Gap.NO_DATA)
    share = table / n
    rows, columns = share.sum(1), share.sum(0)
    observed, chance = float(np.trace(share)), float(rows @ columns)
    if chance > 1 - 1e-12:
        return Estimate(value=None, n=n, method="fleiss", gap=Gap.ONE_CLASS)
    kappa = (observed - chance) / (1 - chance)
    diagonal = float((np.diag(share) * (1 - (rows + columns) * (1 - kappa)) ** 2).sum())
    off = share * (columns[:, None] + rows[None, :]) ** 2
    rest = (1 - kappa) ** 2 * float(off.sum() - np.trace(off))
    variance = (diagonal + rest - (kappa - chance * (1 - kappa)) ** 2) / ((1 - chance) ** 2 * n)
    if n == 1 or variance < 1e-15:
        return Estimate(value=kappa, n=n, method="fleiss", gap=Gap.ONE_VALUE if n == 1 else Gap.NO_SPREAD)
    centre = math.atanh(kappa)
    half = two_sided_t(confidence, n - 1) * math.sqrt(variance) / (1 - kappa**2)
    interval = Interval(math.tanh(centre - half), math.tanh(centre + half), confidence)
    return Estimate(value=kappa, n=n, method="fleiss", interval=interval)


def _clustered(
    cells: np.ndarray[tuple[int], np.dtype[np.int64]],
    clusters: Sequence[Hashable],
    k: int,
    accuracy: Estimate,
    kappa: Estimate,
    *,
    confidence: float,
    rng: np.random.Generator | None,
) -> tuple[Estimate, Estimate]:
    if len(clusters) != len(cells):
        raise ValueError("each row needs its cluster")
    number: dict[Hashable, int] = {}
    member = [number.setdefault(one, len(number)) for one in clusters]
    sums = np.zeros((len(number), k * k))
    np.add.at(sums, (np.array(member, np.int64), cells), 1)

    if len(number) < 2:
        gap = Gap.ONE_CLUSTER
        return (
            msgspec.structs.replace(accuracy, interval=None, n=1, method="", gap=gap),
            msgspec.structs.replace(kappa, interval=None, n=1, method="", gap=gap),
        )
    made = []
    for estimate, figure in ((accuracy, _accuracies), (kappa, _kappas)):
        interval = (
            percentile_interval(sums, figure, confidence=confidence, rng=rng) if estimate.value is not None else None
        )
        flat = interval is None or interval.high - interval.low < 1e-12
        made.append(
            msgspec.structs.replace(
                estimate,
                n=len(number),
                interval=None if flat else interval,
                method="cluster percentile",
                gap=(estimate.gap or Gap.NO_SPREAD) if flat else None,
            )
        )
    return made[0], made[1]


def _accuracies(tables: Floats) -> Floats:
    """Of flattened square tables (resamples, labels²)."""
    made: Floats = tables[:, :: math.isqrt(tables.shape[1]) + 1].sum(1) / tables.sum(1)
    return made


def _kappas(tables: Floats) -> Floats:
    """Of flattened square tables; NaN where one label is all there is."""
    k = math.isqrt(tables.shape[1])
    n = tables.sum(1)
    square = tables.reshape(-1, k, k)
    chance = (square.sum(1) * square.sum(2)).sum(1) / n**2
    made: Floats = np.full(len(tables), np.nan)
    np.divide(_accuracies(tables) - chance, 1 - chance, out=made, where=chance < 1 - 1e-12)
    return made
