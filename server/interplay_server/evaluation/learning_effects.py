"""What facts and lessons did where they were injected: an association, since who asks what decides what is injected."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from interplay_server.domain.evaluation import SessionEvaluation
from interplay_server.evaluation.statistics.estimates import CONFIDENCE, Estimate, Gap
from interplay_server.evaluation.statistics.multiplicity import benjamini_hochberg
from interplay_server.evaluation.statistics.proportions import compare_proportions, proportion

Key = tuple[str, str]
"""(kind, id): profile, user_playbook or agent_playbook, and its row."""


class LearningEffect(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    id: str
    text: str = ""
    injected: int
    """Sessions."""
    cited: int
    with_success_rate: Estimate
    """Of sessions with a known outcome, as in the next."""
    without_success_rate: Estimate
    """Of the other sessions of the agents that it was injected for."""
    difference: Estimate
    adjusted_p_value: float | None = None
    """Among the effects of a report; None where one of the rates is unknown."""


class _Seen:
    """Sessions in which a learning was injected: all, with a known outcome, successes, and agents."""

    __slots__ = ("agents", "known", "sessions", "successes")

    def __init__(self) -> None:
        self.sessions = self.known = self.successes = 0
        self.agents: set[str] = set()


class LearningTally:
    def __init__(self) -> None:
        self._seen: dict[Key, _Seen] = {}
        self._cited: Counter[Key] = Counter()
        self._known: Counter[str] = Counter()
        self._successes: Counter[str] = Counter()

    def add(self, session: SessionEvaluation) -> None:
        known, success = session.known, session.success
        self._known[session.agent_id] += known
        self._successes[session.agent_id] += success
        for key in set(session.injected):
            seen = self._seen.get(key)
            if seen is None:
                seen = self._seen[key] = _Seen()
            seen.sessions += 1
            seen.known += known
            seen.successes += success
            seen.agents.add(session.agent_id)
        self._cited.update(set(session.cited))

    def effects(self, limit: int, confidence: float = CONFIDENCE) -> list[LearningEffect]:
        """Those in most sessions first, then by kind and id; what is cut off does not count in the adjustment."""
        chosen = sorted(self._seen, key=lambda key: (-self._seen[key].sessions, key))[:limit]
        made = [self._effect(key, confidence) for key in chosen]
        tested = [p_value for _, p_value in made if p_value is not None]
        adjusted = iter(benjamini_hochberg(tested).tolist() if tested else [])
        return [
            one if p_value is None else msgspec.structs.replace(one, adjusted_p_value=next(adjusted))
            for one, p_value in made
        ]

    def _effect(self, key: Key, confidence: float) -> tuple[LearningEffect, float | None]:
        seen = self._seen[key]
        known = _sum(self._known, seen.agents) - seen.known
        successes = _sum(self._successes, seen.agents) - seen.successes
        found = compare_proportions(seen.successes, seen.known, successes, known, confidence)
        difference = Estimate(
            value=found.difference,
            n=0 if found.difference is None else seen.known + known,
            interval=found.interval,
            method="newcombe",
            gap=None if found.interval is not None else Gap.NO_CONTROL if seen.known else Gap.NO_DATA,
        )
        effect = LearningEffect(
            kind=key[0],
            id=key[1],
            injected=seen.sessions,
            cited=self._cited[key],
            with_success_rate=proportion(seen.successes, seen.known, confidence),
            without_success_rate=proportion(successes, known, confidence),
            difference=difference,
        )
        return effect, found.p_value


def _sum(counts: Counter[str], agents: Iterable[str]) -> int:
    return sum(counts[agent] for agent in agents)
