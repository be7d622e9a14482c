"""The words of a group: taken whole from members, never mixed within a field."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from interplay_server.learning.aggregation.model import Floats, Member

_CLOSING = " \t\r\n.;:,"


class Wording(NamedTuple):
    """The text fields of a group."""

    trigger: str
    instruction: str
    pitfall: str
    rationale: str
    blocking_kind: str
    blocking_details: str


def ranked(members: Sequence[Member], weight: Sequence[float], vectors: Floats) -> list[int]:
    """Places by support: the weight of each other member times its likeness, own weight included.

    Equals by confidence, then latest, then smallest id; the first is the weighted medoid.
    """
    towards = np.asarray(weight) @ vectors.astype(np.float64)
    support = np.round(vectors.astype(np.float64) @ towards, 9).tolist()
    return sorted(
        range(len(members)),
        key=lambda i: (-support[i], -members[i].confidence, -members[i].time, members[i].playbook_id),
    )


def word(members: Sequence[Member], weight: Sequence[float], vectors: Floats) -> Wording:
    """Words of a side: trigger and instruction of its medoid, the rest of the best supported that has it.

    What is in the way is named where members with at least half the weight name that kind.
    """
    order = ranked(members, weight, vectors)
    best = members[order[0]]
    kinds: dict[str, float] = defaultdict(float)
    for member, own in zip(members, weight, strict=True):
        kinds[member.blocking_kind] += own
    kind = min(kinds, key=lambda name: (-kinds[name], name))
    if 2 * kinds[kind] < sum(weight):
        kind = ""
    blocked = next((members[i] for i in order if kind and members[i].blocking_kind == kind), None)
    return Wording(
        best.trigger,
        best.instruction,
        next((members[i].pitfall for i in order if members[i].pitfall.strip()), ""),
        next((members[i].rationale for i in order if members[i].rationale.strip()), ""),
        kind,
        blocked.blocking_details if blocked else "",
    )


def content(trigger: str, instruction: str, pitfall: str = "") -> str:
    """`When {trigger}: {instruction}. Avoid: {pitfall}.`, without the parts that are empty."""
    said = f"{_ended(instruction)}"
    situation = trigger.strip(_CLOSING)
    if situation:
        opening = "" if situation.lower().startswith("when ") else "When "
        said = f"{opening}{situation}: {said}"
    if pitfall.strip(_CLOSING):
        said = f"{said} Avoid: {_ended(pitfall)}"
    return said


def _ended(sentence: str) -> str:
    text = sentence.strip()
    return text if text.endswith(("!", "?")) else f"{text.rstrip(_CLOSING)}."
