"""The built-in rules behind the callables that `learning_quality` measures."""

from interplay_server.domain.roles import AGENT, role_class
from interplay_server.domain.window import PlaybookCandidate, Turn, Window
from interplay_server.learning.aggregation.aggregate import aggregate, default_similarity
from interplay_server.learning.aggregation.keys import key_vectors
from interplay_server.learning.aggregation.model import AggregationSettings, Member
from interplay_server.learning.lessons import lessons
from interplay_server.learning.merge import Fact, relation
from interplay_server.learning.rules.profiles import extract_profiles
from interplay_server.models.wordllama import WordLlamaEmbedder

from tests.bench.learning_quality import Learners


def _window(turns, expert=""):
    made = []
    for seq, turn in enumerate(turns, 1):
        role = role_class(turn["role"])
        last = expert and role == AGENT and seq == len(turns)
        made.append(
            Turn(f"i{seq}", seq, seq * 1_000_000, "s", role, turn["content"], expert_content=expert if last else "")
        )
    return Window("u", tuple(made))


def _shown(one: PlaybookCandidate):
    return {"trigger": one.trigger, "instruction": one.instruction, "pitfall": one.pitfall}


def _extract(turns):
    found = extract_profiles(_window(turns))
    return [f"No longer: {one.content}" if one.retracts else one.content for one in found]


def _expert(question, agent, expert):
    turns = [{"role": "User", "content": question}, {"role": "Agent", "content": agent}]
    return [_shown(one) for one in lessons(_window(turns, expert))]


def _lessons(turns):
    return [_shown(one) for one in lessons(_window(turns)) if one.origin in {"correction", "redirection"}]


def offline() -> Learners:
    embedder = WordLlamaEmbedder()

    def clusters(entries):
        members = [
            Member(
                one["id"],
                one["user"],
                one["session"],
                "default",
                "",
                "expert" if one.get("expert") else "correction",
                one["trigger"],
                one["instruction"],
                one.get("pitfall", ""),
            )
            for one in entries
        ]
        settings = AggregationSettings(similarity=default_similarity(embedder.name))
        groups = aggregate(members, key_vectors(members, embedder), settings)
        return [list(group.member_ids) for group in groups], [
            one for group in groups if group.conflict or group.dissent for one in group.member_ids
        ]

    return Learners(
        embed=embedder.embed,
        relation=lambda new, old, cosine: relation(Fact(new), Fact(old), cosine, words=embedder.word_vectors).name,
        extract=_extract,
        expert=_expert,
        lessons=_lessons,
        clusters=clusters,
    )
