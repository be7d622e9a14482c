"""Aggregation of the developer scenes: pairs on one side of one group, and pairs whose conflict is recorded.

The thresholds were chosen on these scenes, so the floors here guard against losing what was reached; what it is worth
elsewhere is for the scenes kept apart.
"""

import itertools
import json

import pytest
from interplay_server.learning.aggregation.aggregate import aggregate
from interplay_server.learning.aggregation.keys import key_vectors
from interplay_server.learning.aggregation.model import AggregationSettings, Member
from interplay_server.models.wordllama import WordLlamaEmbedder

from tests.conftest import ROOT

QUALITY = ROOT / "tests" / "quality"


@pytest.mark.skipif(not QUALITY.is_dir(), reason="no tests/quality")
@pytest.mark.parametrize(
    ("name", "precision", "recall", "right_conflicts", "conflicts_found"),
    [("aggregation_dev", 0.9, 0.85, 0.85, 0.85), ("aggregation_dev2", 0.75, 0.55, 0.9, 0.55)],
)
def test_the_developer_scenes_in_one_pool(name, precision, recall, right_conflicts, conflicts_found):
    scenes = [json.loads(line) for line in (QUALITY / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    members, lesson_of, conflicts = [], {}, []
    for n, scene in enumerate(scenes):
        members += [
            Member(
                playbook_id=f"{n:03}{entry['id']}", user_id=f"{n:03}{entry['user']}", session_id=entry["session"],
                agent_id="agent", agent_version="1", origin="expert" if entry["expert"] else "correction",
                trigger=entry["trigger"], instruction=entry["instruction"], pitfall=entry["pitfall"],
            )
            for entry in scene["entries"]
        ]  # fmt: skip
        lesson_of |= {f"{n:03}{one}": (n, at) for at, ones in enumerate(scene["clusters"]) for one in ones}
        conflicts += [{f"{n:03}{one}" for one in ones} for ones in scene["conflicts"]]
    settings = AggregationSettings(min_cluster_size=1)
    place = {}
    for at, group in enumerate(aggregate(members, key_vectors(members, WordLlamaEmbedder()), settings)):
        place |= dict.fromkeys(group.member_ids, (at, -1))
        for side, dissent in enumerate(group.dissent):
            place |= dict.fromkeys(dissent.member_ids, (at, side))
    pairs = list(itertools.combinations(sorted(place), 2))
    same = {pair for pair in pairs if lesson_of[pair[0]] == lesson_of[pair[1]]}
    opposed = {pair for pair in pairs if any(set(pair) <= ones for ones in conflicts)} - same
    together = {pair for pair in pairs if place[pair[0]] == place[pair[1]]}
    recorded = {(a, b) for a, b in pairs if place[a][0] == place[b][0] and place[a] != place[b]}
    assert len(same & together) / len(together) >= precision
    assert len(same & together) / len(same) >= recall
    assert len(opposed & recorded) / len(recorded) >= right_conflicts
    assert len(opposed & recorded) / len(opposed) >= conflicts_found
