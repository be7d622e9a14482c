"""The same comparison within slices: by source, agent version, topic."""

from collections.abc import Iterable, Mapping

import msgspec

from interplay_server.evaluation.statistics.anytime import DEFAULT_MIXTURE, Look, Mixture, look
from interplay_server.evaluation.statistics.estimates import CONFIDENCE, Estimate
from interplay_server.evaluation.statistics.multiplicity import benjamini_hochberg
from interplay_server.evaluation.statistics.proportions import proportion
from interplay_server.evaluation.statistics.signs import sign_test
from interplay_server.evaluation.statistics.votes import LOSS, WIN, Rule, votes


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """Counts are votes, one a cluster within the slice."""

    dimension: str
    value: str
    pairs: int
    wins: int
    losses: int
    ties: int
    win_rate: Estimate
    """Of decisive votes, with its Wilson interval."""
    p_value: float
    """Exact sign test, for one look."""
    adjusted: float
    """Benjamini-Hochberg over all slices of all dimensions: of those below q, a share q is a false find on average."""
    look: Look
    """For many looks, of this slice alone."""


def slices(
    pairs: Iterable[tuple[str, int, Mapping[str, str]]],
    *,
    rule: Rule = "majority",
    confidence: float = CONFIDENCE,
    mixture: Mixture = DEFAULT_MIXTURE,
) -> list[Slice]:
    """Every slice that occurs, by dimension and then by pairs, most first.

    Args:
        pairs: (cluster, WIN | LOSS | TIE, value by dimension), oldest first; without a dimension it is in none of it.
        rule: of the votes.
        confidence: of the intervals.
        mixture: of the looks.

    Raises:
        ValueError: a verdict that is none.
    """
    members: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for cluster, verdict, values in pairs:
        for key in values.items():
            members.setdefault(key, []).append((cluster, verdict))
    cast = {key: [one.vote for one in votes(rows, rule)] for key, rows in members.items()}
    counts = {key: (made.count(WIN), made.count(LOSS)) for key, made in cast.items()}
    p_values = [sign_test(*both).p_value for both in counts.values()]
    adjusted = benjamini_hochberg(p_values).tolist()
    made = [
        Slice(
            dimension=key[0],
            value=key[1],
            pairs=len(members[key]),
            wins=wins,
            losses=losses,
            ties=len(cast[key]) - wins - losses,
            win_rate=proportion(wins, wins + losses, confidence),
            p_value=p_value,
            adjusted=raised,
            look=look(wins, losses, confidence=confidence, mixture=mixture),
        )
        for (key, (wins, losses)), p_value, raised in zip(counts.items(), p_values, adjusted, strict=True)
    ]
    return sorted(made, key=lambda one: (one.dimension, -one.pairs, one.value))
