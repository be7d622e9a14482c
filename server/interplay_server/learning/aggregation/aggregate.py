"""Groups of user playbooks that say one thing: clusters by agent, admitted, voted on and worded.

A lesson survives an upgrade of its agent: members are kept apart by agent, not by version. With the groups of the last
run as seeds, the members of a seed stay together and seeds never merge, so that

* run again without a change, every group comes out as it was;
* with one member more, at most one group changes or appears, provided that every cluster of two is admitted
  (`min_cluster_size` 2, `min_users` 1, the defaults). With higher bars, a newcomer that draws a member out of a cluster
  below them can free the others to join elsewhere.

A seed whose remaining members would not be admitted any more lets them go, and so it does with members that must stay
apart from an earlier one (see `constraints`).

Without seeds everything is clustered anew. Then a newcomer can shift whom its neighbours join, though never beyond its
component of the graph of similar pairs, and groups that have grown alike can merge: for a full run that somebody asks
for.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from interplay_server.learning.aggregation import polarity
from interplay_server.learning.aggregation.clustering import Apart, Cancelled, Floor, Progress, cluster
from interplay_server.learning.aggregation.constraints import apart, compatible
from interplay_server.learning.aggregation.keys import floors
from interplay_server.learning.aggregation.model import (
    SIMILARITIES,
    AggregationSettings,
    Dissent,
    Floats,
    Group,
    Member,
    Rejected,
    Seed,
)
from interplay_server.learning.aggregation.votes import Side, sides, weights
from interplay_server.learning.aggregation.wording import content, ranked, word


def default_similarity(embedder_name: str) -> float:
    """The measured threshold of a known embedder; that of the default embedder for any other."""
    return SIMILARITIES.get(embedder_name, SIMILARITIES["wordllama-256"])


def aggregate(
    members: Sequence[Member],
    vectors: Floats,
    settings: AggregationSettings,
    seeds: Sequence[Seed] = (),
    *,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> list[Group]:
    """Groups in the order of agent and smallest member id. Runs in the caller's thread, mostly inside numpy.

    Args:
        members: current user playbooks, each id once.
        vectors: (n, d) as `keys.key_vectors` makes them.
        settings: bars and weights.
        seeds: groups of the last run; ids of members that are gone, or now of another agent, fall out.
        progress: told the share done.
        cancelled: asked now and then.

    Raises:
        ValueError: shapes that do not fit, or an id twice.
        AggregationCancelled: `cancelled` said so.
    """
    if vectors.ndim != 2 or len(vectors) != len(members):
        raise ValueError(f"{len(members)} members need a matrix of as many rows, not one of shape {vectors.shape}")
    place_of = {member.playbook_id: place for place, member in enumerate(members)}
    if len(place_of) != len(members):
        raise ValueError("a playbook id occurs twice")
    agents: dict[str, list[int]] = defaultdict(list)
    for place, member in enumerate(members):
        agents[member.agent_id].append(place)
    groups: list[Group] = []
    done = 0
    for agent_id in sorted(agents):
        places = sorted(agents[agent_id], key=lambda place: members[place].playbook_id)
        report = _part(progress, done / len(members), len(places) / len(members))
        own = [members[place] for place in places]
        groups += _of_agent(own, vectors[places], settings, seeds, progress=report, cancelled=cancelled)
        done += len(places)
    return groups


def _part(progress: Progress | None, start: float, share: float) -> Progress | None:
    return None if progress is None else lambda done: progress(start + share * done)


def _of_agent(
    members: Sequence[Member],
    vectors: Floats,
    settings: AggregationSettings,
    seeds: Sequence[Seed],
    *,
    progress: Progress | None,
    cancelled: Cancelled | None,
) -> list[Group]:
    """Members sorted by id."""
    ids = [member.playbook_id for member in members]
    foes = apart(members, settings.direction_overlap)
    kept = _kept(ids, seeds, foes)

    def is_group(places: Sequence[int]) -> bool:
        return _admitted([members[place] for place in places], settings)

    together = [places for places in kept.values() if is_group(places)]
    while True:
        found = cluster(
            vectors,
            ids,
            settings.similarity,
            floors=floors(vectors.shape[1]),
            together=together,
            apart=foes,
            progress=progress,
            cancelled=cancelled,
        )
        admitted = [places for places in found if is_group(places)]
        # Clusters below the bars are not kept, so the next run starts from their members one by one. Where that makes
        # a difference, it is made now; groups only grow, so this ends.
        if all(len(places) == 1 or is_group(places) for places in found) or _as_sets(admitted) == _as_sets(together):
            break
        together, progress = admitted, None
    seed_of = {place: group_id for group_id, places in kept.items() for place in places}
    groups: list[Group] = []
    continued: set[str] = set()
    for places in admitted:
        seed_id = _seed_of(places, seed_of, continued)
        continued.add(seed_id)
        groups.append(_group([members[place] for place in places], vectors[places], settings, seed_id))
    return groups


def _kept(ids: Sequence[str], seeds: Sequence[Seed], foes: Apart) -> dict[str, list[int]]:
    """Places of the members that each seed still has; one that two seeds name goes to the smaller group id.

    Of members that must stay apart a seed keeps the earliest.
    """
    place_of = {playbook_id: place for place, playbook_id in enumerate(ids)}
    kept: dict[str, list[int]] = {}
    for seed in sorted(seeds, key=lambda seed: seed.group_id):
        places = [place_of.pop(one) for one in seed.member_ids if one in place_of]
        if places:
            kept[seed.group_id] = compatible(places, foes)
    return kept


def _as_sets(clusters: Sequence[Sequence[int]]) -> set[frozenset[int]]:
    return {frozenset(places) for places in clusters}


def _seed_of(places: Sequence[int], seed_of: dict[int, str], continued: set[str]) -> str:
    """The seed from which most of the places come and that no group continues yet; of equals the smallest id."""
    count = Counter(seed_of[place] for place in places if place in seed_of)
    return min(
        (group_id for group_id in count if group_id not in continued), key=lambda one: (-count[one], one), default=""
    )


def _admitted(members: Sequence[Member], settings: AggregationSettings) -> bool:
    users = len({member.user_id for member in members})
    enough = len(members) >= settings.min_cluster_size or any(member.is_expert for member in members)
    return users >= settings.min_users and enough


def _group(members: Sequence[Member], vectors: Floats, settings: AggregationSettings, seed_id: str) -> Group:
    """Members sorted by id."""
    ids = tuple(member.playbook_id for member in members)
    weight = weights(members, settings)
    winner, *losers = sides(members, weight, vectors, settings)
    said = word(*_of_side(winner, members, weight, vectors))
    total = sum(weight)
    share = winner.weight / total
    centroid, cohesion = _centre(vectors)
    return Group(
        agent_id=members[0].agent_id,
        member_ids=ids,
        fingerprint=fingerprint(ids),
        seed_id=seed_id,
        member_count=len(ids),
        distinct_users=len({member.user_id for member in members}),
        distinct_sessions=len({(member.user_id, member.session_id) for member in members if member.session_id}),
        expert_count=sum(member.is_expert for member in members),
        agent_versions=tuple(sorted({member.agent_version for member in members if member.agent_version})),
        first_time=min(member.time for member in members),
        last_time=max(member.time for member in members),
        trigger=said.trigger,
        instruction=said.instruction,
        pitfall=said.pitfall,
        rationale=said.rationale,
        blocking_kind=said.blocking_kind,
        blocking_details=said.blocking_details,
        content=content(said.trigger, said.instruction, said.pitfall),
        weight=total,
        winner_share=share,
        conflict=share <= settings.winner_share,
        dissent=tuple(_dissent(side, members, weight, vectors) for side in losers),
        confidence=winner.weight / (winner.weight + 2) * share,
        centroid=centroid,
        cohesion=cohesion,
    )


def _of_side(
    side: Side, members: Sequence[Member], weight: Sequence[float], vectors: Floats
) -> tuple[list[Member], list[float], Floats]:
    return [members[i] for i in side.places], [weight[i] for i in side.places], vectors[list(side.places)]


def _dissent(side: Side, members: Sequence[Member], weight: Sequence[float], vectors: Floats) -> Dissent:
    own, own_weight, own_vectors = _of_side(side, members, weight, vectors)
    best = own[ranked(own, own_weight, own_vectors)[0]]
    return Dissent(best.instruction, side.weight, tuple(member.playbook_id for member in own))


def _centre(vectors: Floats) -> tuple[Floats, float]:
    mean = vectors.mean(axis=0, dtype=np.float64)
    length = float(np.sqrt(mean @ mean))
    centroid: Floats = (mean / (length or 1.0)).astype(np.float32)
    return centroid, min(1.0, length)


def fingerprint(member_ids: Sequence[str]) -> str:
    """16 hex digits that name a set of members."""
    return hashlib.sha256("\n".join(sorted(member_ids)).encode()).hexdigest()[:16]


def assign(vector: Floats, centroids: Floats, cohesions: Sequence[float], similarity: float) -> list[int]:
    """Places of the groups that a member of this vector may join, nearest first, then in order.

    Args:
        vector: (d,) key vector of the member.
        centroids: (g, d) of groups of its agent.
        cohesions: g of them.
        similarity: least average cosine to the members.
    """
    if not len(centroids):
        return []
    average = centroids @ vector * np.asarray(cohesions, np.float32)
    allowed = average >= similarity
    for floor in floors(len(vector)):
        part = centroids[:, floor.columns] @ vector[floor.columns] * np.asarray(cohesions, np.float32)
        allowed &= part >= floor.least
    order = np.argsort(-average, kind="stable")
    return [int(place) for place in order if allowed[place]]


def same_lesson(vector_a: Floats, vector_b: Floats, similarity: float) -> bool:
    """Whether two key vectors (d,), of members or centroids, stand for one lesson."""

    def reached(floor: Floor) -> bool:
        return float(vector_a[floor.columns] @ vector_b[floor.columns]) >= floor.least

    return float(vector_a @ vector_b) >= similarity and all(map(reached, floors(len(vector_a))))


def suppressed(group: Group, rejected: Sequence[Rejected], settings: AggregationSettings) -> bool:
    """Whether a reviewer has rejected this lesson, and its support (`Group.weight`) has not doubled since.

    The weight is capped by user, so that nobody brings a lesson back by repeating it. A rejected instruction that
    opposes the group's does not count: the contrary of what was rejected is another lesson.
    """
    own = polarity.stance(group.instruction)

    def hit(one: Rejected) -> bool:
        return (
            group.weight < 2 * one.support_when_rejected
            and same_lesson(group.centroid, one.centroid, settings.similarity)
            and not (
                one.instruction and polarity.opposed(own, polarity.stance(one.instruction), settings.direction_overlap)
            )
        )

    return any(map(hit, rejected))
