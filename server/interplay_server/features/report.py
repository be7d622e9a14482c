"""What the kept features of a shop look like: counts, distributions, and how far they are from the run before."""

import math
from collections import Counter

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from interplay_server.features.names import FEATURES

BINS, QUANTILES = 20, (0.05, 0.25, 0.5, 0.75, 0.95)
WORDS = ("preferred_device", "channel_preference")
DATES = ("first_view_date", "last_view_date")
_SMALLEST_SHARE = 1e-4
_MICROSECONDS = 1e6
_MOST_WORDS = 50
MOST_ROWS = 200_000


class Distribution(msgspec.Struct):
    """Of one feature over the rows. Bins are closed below and open above, the last one closed; instants are seconds."""

    feature: str
    count: int = 0
    absent: int = 0
    zeros: int = 0
    least: float | None = None
    greatest: float | None = None
    mean: float | None = None
    deviation: float | None = None
    quantiles: tuple[float, ...] = ()
    edges: tuple[float, ...] = ()
    bins: tuple[int, ...] = ()
    words: dict[str, int] = {}
    drift: float | None = None


class Profile(msgspec.Struct):
    """Rows at one instant. `customers` and `products` have a pair."""

    as_of: int = 0
    pairs: int = 0
    customers: int = 0
    products: int = 0
    views: int = 0
    views_without_device: int = 0
    distributions: tuple[Distribution, ...] = ()


class _Numbers:
    """Moments of all values, and an even sample of them."""

    def __init__(self) -> None:
        self.count = self.absent = self.zeros = 0
        self._sum = self._squares = 0.0
        self._least, self._greatest = math.inf, -math.inf

    def take(self, column: pa.ChunkedArray, scale: float) -> None:
        self.absent += column.null_count
        values = column.drop_null().to_numpy().astype(np.float64) / scale
        if not values.size:
            return
        self.count += values.size
        self.zeros += int((values == 0).sum())
        self._sum += float(values.sum())
        self._squares += float((values * values).sum())
        self._least, self._greatest = min(self._least, float(values.min())), max(self._greatest, float(values.max()))

    def told(self, made: Distribution, sample: NDArray[np.float64], before: Distribution | None) -> None:
        mean = self._sum / self.count
        made.zeros, made.least, made.greatest, made.mean = self.zeros, self._least, self._greatest, mean
        made.deviation = math.sqrt(max(0.0, self._squares / self.count - mean * mean))
        made.quantiles = tuple(float(one) for one in np.quantile(sample, QUANTILES))
        counts, edges = np.histogram(sample, bins=_edges(self._least, self._greatest))
        made.edges, made.bins = tuple(edges.tolist()), tuple(int(one) for one in counts)
        if before is not None and before.bins:
            wide = np.array(before.edges)
            wide[0], wide[-1] = -math.inf, math.inf
            now, _ = np.histogram(sample, bins=wide)
            made.drift = stability_index(np.array(before.bins), now)


class Profiler:
    """Takes tables in turn and makes their profile. Quantiles and bins are of at most MOST_ROWS rows, evenly drawn."""

    def __init__(self, as_of: int) -> None:
        self._as_of = as_of
        self._numbers = {name: _Numbers() for name in FEATURES if name not in WORDS}
        self._words: dict[str, Counter[str]] = {name: Counter() for name in WORDS}
        self._absent_words: Counter[str] = Counter()
        self._sample: pa.Table | None = None
        self._stride = 1
        self._customers, self._products = set[str](), set[str]()
        self._pairs = self._views = self._unknown_devices = 0

    def take(self, rows: pa.Table) -> None:
        for name, numbers in self._numbers.items():
            numbers.take(rows[name], _scale(name))
        for name, words in self._words.items():
            for one in pc.value_counts(rows[name].drop_null()).to_pylist():
                words[one["values"]] += one["counts"]
            self._absent_words[name] += rows[name].null_count
        self._customers.update(pc.unique(rows["customer_id"]).to_pylist())
        self._products.update(pc.unique(rows["product_id"]).to_pylist())
        self._pairs += rows.num_rows
        self._views += pc.sum(rows["total_views"]).as_py() or 0
        self._unknown_devices += pc.sum(rows["unknown_device_views"]).as_py() or 0
        drawn = rows.select(list(self._numbers)).take(np.arange(0, rows.num_rows, self._stride))
        self._sample = drawn if self._sample is None else pa.concat_tables([self._sample, drawn])
        while self._sample.num_rows > MOST_ROWS:
            self._stride *= 2
            self._sample = self._sample.take(np.arange(0, self._sample.num_rows, 2))

    def profile(self, before: "Profile | None") -> Profile:
        """`before` is what drift is measured against, in its bins."""
        known = {one.feature: one for one in before.distributions} if before is not None else {}
        made = [self._distribution(name, known.get(name)) for name in FEATURES]
        return Profile(
            self._as_of,
            self._pairs,
            len(self._customers),
            len(self._products),
            self._views,
            self._unknown_devices,
            tuple(made),
        )

    def _distribution(self, name: str, before: Distribution | None) -> Distribution:
        if name in self._words:
            words = self._words[name]
            made = Distribution(
                name, words.total(), self._absent_words[name], words=dict(words.most_common(_MOST_WORDS))
            )
            if before is not None and before.words and words:
                names = sorted({*before.words, *words})
                made.drift = stability_index(
                    np.array([before.words.get(word, 0) for word in names]), np.array([words[word] for word in names])
                )
            return made
        numbers = self._numbers[name]
        made = Distribution(name, numbers.count, numbers.absent)
        if self._sample is not None:
            sample = self._sample[name].drop_null().to_numpy().astype(np.float64) / _scale(name)
            if sample.size:
                numbers.told(made, sample, before)
        return made


def _scale(name: str) -> float:
    return _MICROSECONDS if name in DATES else 1.0


def _edges(least: float, greatest: float) -> NDArray[np.float64]:
    return np.linspace(least, greatest if greatest > least else least + 1.0, BINS + 1)


def stability_index(before: NDArray[np.int64], now: NDArray[np.int64]) -> float:
    """Population stability index of two histograms over the same bins; empty bins count as one in ten thousand."""
    first = np.maximum(before / max(1, before.sum()), _SMALLEST_SHARE)
    second = np.maximum(now / max(1, now.sum()), _SMALLEST_SHARE)
    return float(((second - first) * np.log(second / first)).sum())
