"""One vote a cluster: the pairs of one session, or of one user, are judged on the same talk and are not independent.

Judges that agree with themselves ten times within one session have seen one success, not ten; an e-process or a sign
test over such pairs would count it ten times and exceed its error rate (tests/bench/statistics.py has the figures).
"""

from collections.abc import Iterable
from typing import Literal

import msgspec
import numpy as np

from interplay_server.evaluation.statistics.special import Floats

WIN, LOSS, TIE = 1, -1, 0
Rule = Literal["majority", "first"]


class Vote(msgspec.Struct, frozen=True, kw_only=True):
    """What the pairs of one cluster say together."""

    cluster: str
    vote: int
    """WIN, LOSS or TIE."""
    wins: int
    losses: int
    ties: int


def votes(pairs: Iterable[tuple[str, int]], rule: Rule = "majority") -> list[Vote]:
    """Pair verdicts in the order of time, reduced to a vote for each cluster.

    Args:
        pairs: (cluster, WIN | LOSS | TIE), oldest first.
        rule: "majority" of the decisive verdicts, a tie where they balance or there are none; the vote is cast with the
            last pair of the cluster, and stands in the order of those. It is for clusters that are complete, as
            finished sessions are: looked at while it still changes, as that of a user who goes on talking, it
            may exceed the error rate (measured: up to 10 % instead of 5 %). "first" takes the first decisive
            verdict and the order of those: it never changes, so looks while clusters grow are valid too.

    Raises:
        ValueError: a verdict that is none of the three, NaN among them.
    """
    tally: dict[str, list[int]] = {}
    cast: dict[str, int] = {}
    for cluster, verdict in pairs:
        if verdict not in {WIN, LOSS, TIE}:
            raise ValueError(f"verdict {verdict} is not {WIN}, {LOSS} or {TIE}")
        tally.setdefault(cluster, [0, 0, 0])[verdict] += 1
        if rule == "majority":
            tally[cluster] = tally.pop(cluster)
        elif verdict != TIE and cluster not in cast:
            cast[cluster] = verdict
    order = tally if rule == "majority" else [*cast, *(one for one in tally if one not in cast)]
    return [
        Vote(
            cluster=one,
            vote=cast.get(one, TIE) if rule == "first" else _sign(tally[one][WIN] - tally[one][LOSS]),
            wins=tally[one][WIN],
            losses=tally[one][LOSS],
            ties=tally[one][TIE],
        )
        for one in order
    ]


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)


def totals(cast: Iterable[Vote]) -> Floats:
    """(clusters, 3) wins, losses and ties, for the bootstrap."""
    return np.array([(one.wins, one.losses, one.ties) for one in cast], np.float64).reshape(-1, 3)
