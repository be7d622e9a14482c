"""The one table that a run prints."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass

HEAD = ("what", "figure", "limit in the same run", "ratio", "goal", "met?")


@dataclass(frozen=True)
class Row:
    """One line. `met` is None where no goal is set."""

    what: str
    figure: str
    limit: str = ""
    ratio: float | None = None
    goal: str = ""
    met: bool | None = None

    def cells(self) -> tuple[str, ...]:
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        met = {None: "", True: "yes", False: "NO"}[self.met]
        return self.what, self.figure, self.limit, ratio, self.goal, met

    def plain(self) -> dict[str, object]:
        return asdict(self)


def at_least(what: str, figure: float, limit: float, unit: str, goal: float | None, limit_name: str) -> Row:
    """A rate beside the rate that bounds it."""
    ratio = figure / limit
    return Row(
        what,
        f"{figure:,.0f} {unit}",
        f"{limit:,.0f} {unit} {limit_name}",
        ratio,
        f"≥ {goal:g} of the limit" if goal else "",
        ratio >= goal if goal else None,
    )


def at_most(what: str, figure: float, limit: float, goal: float | None, limit_name: str) -> Row:
    """A time in milliseconds beside the time that bounds it."""
    ratio = figure / limit
    return Row(
        what,
        f"{figure:.2f} ms",
        f"{limit:.2f} ms {limit_name}",
        ratio,
        f"≤ {goal:g} of the limit" if goal else "",
        ratio <= goal if goal else None,
    )


def bound(what: str, figure: float, goal: float, unit: str, *, least: bool = False, digits: int = 2) -> Row:
    """A figure with a goal of its own."""
    met = figure >= goal if least else figure <= goal
    return Row(
        what, f"{figure:.{digits}f} {unit}".strip(), goal=f"{'≥' if least else '≤'} {goal:g} {unit}".strip(), met=met
    )


def lines(rows: Iterable[Row]) -> list[str]:
    cells = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(HEAD))]
    made = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    made.insert(1, "  ".join("-" * width for width in widths))
    return made


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which a share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def interleaved(rounds: int, *measures: Callable[[int], float]) -> list[list[float]]:
    """Each measure once a round, in an order that turns; gives the values of each."""
    values: list[list[float]] = [[] for _ in measures]
    for n in range(rounds):
        for step in range(len(measures)):
            i = (step + n) % len(measures)
            values[i].append(measures[i](n))
    return values
