"""The vote inside a cluster: weights of members, sides by direction, the winner and what the others said."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from interplay_server.learning.aggregation import polarity
from interplay_server.learning.aggregation.model import AggregationSettings, Floats, Member

# Instructions that are compared all with all; others are compared with these, so that a vote of 20,000 stays linear.
_CORE = 32


class _Ballot(NamedTuple):
    """Distinct instructions: what they say, their weight, the places of their members, and all vectors (n, d)."""

    stances: dict[str, polarity.Stance]
    mass: dict[str, float]
    places: dict[str, list[int]]
    vectors: Floats

    def centre(self, side: Sequence[str]) -> Floats:
        """(d,) mean vector of the members of a side."""
        mean: Floats = self.vectors[[place for text in side for place in self.places[text]]].mean(axis=0)
        return mean


class Side(NamedTuple):
    """Members who say the same, as places in the cluster, and their weight."""

    places: tuple[int, ...]
    weight: float


def weights(members: Sequence[Member], settings: AggregationSettings) -> list[float]:
    """One weight a member: 1, an expert's more, all of one user's scaled down to the cap.

    The cap of a user is that of the settings, or their heaviest member's weight: ten repeats weigh 2, one correction
    by an expert 3, ten of them in one user's sessions 3 too.
    """
    own = [settings.expert_weight if member.is_expert else 1.0 for member in members]
    total: dict[str, float] = defaultdict(float)
    heaviest: dict[str, float] = defaultdict(float)
    for member, weight in zip(members, own, strict=True):
        total[member.user_id] += weight
        heaviest[member.user_id] = max(heaviest[member.user_id], weight)
    factor = {user: min(1.0, max(settings.per_user_cap, heaviest[user]) / total[user]) for user in total}
    return [weight * factor[member.user_id] for member, weight in zip(members, own, strict=True)]


def sides(
    members: Sequence[Member], weight: Sequence[float], vectors: Floats, settings: AggregationSettings
) -> list[Side]:
    """Sides of a vote, heaviest first, then by smallest place; one where nobody opposes anybody.

    Members that oppose others choose first. Each goes to the side of which it opposes less than half the weight, of
    several to the one whose words it shares, then to the nearest by vectors (n, d); one that opposes all opens a side.
    Beyond the 32 best supported instructions nobody opens a side, and vectors alone choose.
    """
    texts: dict[str, list[int]] = {}
    for place, member in enumerate(members):
        texts.setdefault(member.instruction, []).append(place)
    mass = {text: sum(weight[place] for place in places) for text, places in texts.items()}
    ranked = sorted(texts, key=lambda text: (-mass[text], texts[text][0]))
    stances = {text: polarity.stance(text) for text in ranked}
    core, rest = ranked[:_CORE], ranked[_CORE:]
    against = {
        text: {other for other in core if polarity.opposed(stances[text], stances[other], settings.direction_overlap)}
        for text in ranked
    }
    if not any(against.values()):
        return [Side(tuple(range(len(members))), sum(weight))]
    ballot = _Ballot(stances, mass, texts, vectors)
    settled = _settle(core, against, ballot, settings.direction_overlap)
    masses = [sum(mass[text] for text in side) for side in settled]
    cores = [frozenset(side) for side in settled]
    centres = np.array([ballot.centre(side) for side in settled])
    for text in rest:
        nearness = centres @ ballot.centre([text])
        free = [at for at, own in enumerate(cores) if 2 * sum(mass[one] for one in own & against[text]) < masses[at]]
        at = max(free or range(len(cores)), key=lambda at: (float(nearness[at]), -at))
        settled[at].append(text)
    made = []
    for side in settled:
        places = sorted(place for text in side for place in texts[text])
        made.append(Side(tuple(places), sum(weight[place] for place in places)))
    return sorted(made, key=lambda side: (-side.weight, side.places))


def _settle(
    core: Sequence[str], against: dict[str, set[str]], ballot: _Ballot, direction_overlap: float
) -> list[list[str]]:
    """Sides of the core."""
    mass, stances = ballot.mass, ballot.stances
    first = sorted(core, key=lambda text: (-sum(mass[other] for other in against[text]), core.index(text)))
    found: list[list[str]] = []
    for text in first:
        own = ballot.centre([text])
        choices = []
        for at, side in enumerate(found):
            if 2 * sum(mass[other] for other in side if other in against[text]) >= sum(mass[other] for other in side):
                continue
            shared = max(polarity.overlap(stances[text], stances[other]) for other in side)
            choices.append((shared >= direction_overlap, float(own @ ballot.centre(side)), -at))
        if choices:
            found[-max(choices)[2]].append(text)
        else:
            found.append([text])
    return found
