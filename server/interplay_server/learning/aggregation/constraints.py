"""Which lessons are never one, whatever their vectors say."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from interplay_server.learning.aggregation import polarity
from interplay_server.learning.aggregation.model import Member

Rows = NDArray[np.intp]

# In one session, for one trigger: each lesson is compared with the first so many. Ids grow with time, so that a later
# lesson never changes what holds among earlier ones, and a session of 20,000 lessons stays linear.
_FIRST = 64


def apart(members: Sequence[Member], direction_overlap: float) -> dict[int, Rows]:
    """Of a place, those that must not share its cluster; symmetrical, an array may hold the place itself.

    Gaps of one expert reply (`Member.apart`); and lessons for one trigger out of one session of one user whose
    instructions clearly speak of different things (`polarity.distinct`).

    Args:
        members: sorted by id.
        direction_overlap: as in the settings.
    """
    replies: dict[str, list[int]] = defaultdict(list)
    said_at_once: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for place, member in enumerate(members):
        if member.apart:
            replies[member.apart].append(place)
        if member.session_id:
            said_at_once[member.user_id, member.session_id, " ".join(member.trigger.lower().split())].append(place)
    found: dict[int, list[int]] = defaultdict(list)
    for places in said_at_once.values():
        for a, b in _distinct(members, places, direction_overlap):
            found[a].append(b)
            found[b].append(a)
    made = {place: np.array(others, np.intp) for place, others in found.items()}
    for places in replies.values():
        if len(places) > 1:
            shared = np.array(places, np.intp)
            made |= {one: np.concatenate((made[one], shared)) if one in made else shared for one in places}
    return made


def _distinct(members: Sequence[Member], places: Sequence[int], direction_overlap: float) -> Iterable[tuple[int, int]]:
    if len(places) < 2:
        return
    stances = [polarity.stance(members[place].instruction) for place in places]
    for at, place in enumerate(places):
        for before in range(min(at, _FIRST)):
            if polarity.distinct(stances[before], stances[at], direction_overlap):
                yield places[before], place


def compatible(places: Iterable[int], foes: Mapping[int, Rows]) -> list[int]:
    """Of the places, in order, those that may share a cluster with all that were taken before."""
    taken: set[int] = set()
    for place in sorted(places):
        if place not in foes or taken.isdisjoint(foes[place].tolist()):
            taken.add(place)
    return sorted(taken)
