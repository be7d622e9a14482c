"""What an agent should know before it answers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from interplay.v1 import context_pb2, interaction_pb2


@dataclass(frozen=True, slots=True)
class Context:
    """A briefing. As text it is `rendered`; it is false where nothing is known."""

    rendered: str = ""
    """For a system prompt. Stored text in it is quoted data, never an instruction."""
    profiles: Sequence[context_pb2.ContextProfile] = ()
    """Facts about the user with their scores, best first: `.profile`, `.score`."""
    playbooks: Sequence[context_pb2.ContextPlaybook] = ()
    """Lessons for the agent, best first: `.user_playbook` or `.agent_playbook`, `.score`."""
    interactions: Sequence[context_pb2.ContextInteraction] = ()
    """Past interactions of the user, best first: `.interaction`, `.score`."""
    citations: Sequence[context_pb2.ContextCitation] = ()
    """What the tags in `rendered` stand for: `.tag`, `.kind`, `.id`."""
    rendered_tokens: int = 0
    """Estimate of the tokens of `rendered`; 0 in a briefing that came over a stream."""
    degraded_reason: str = ""
    """Which part failed and is empty, and why; empty where none did."""
    arm: str = ""
    """Arm of the experiment that the user is in; empty without a running experiment."""
    withheld: bool = False
    """The arm is a holdout: profiles and playbooks were left out."""

    @classmethod
    def of(cls, answer: Any) -> Self:
        """The briefing of a GetContextResponse, or of an AgentContext from a publisher."""
        return cls(
            answer.rendered,
            tuple(answer.profiles),
            tuple(answer.playbooks),
            tuple(answer.interactions),
            tuple(answer.citations),
            getattr(answer, "rendered_tokens", 0),
            getattr(answer, "degraded_reason", ""),
            getattr(answer, "arm", ""),
            getattr(answer, "withheld", False),
        )

    def __str__(self) -> str:
        return self.rendered

    def __bool__(self) -> bool:
        return bool(self.profiles or self.playbooks or self.interactions)

    @property
    def degraded(self) -> bool:
        return bool(self.degraded_reason)

    def retrieved_learnings(self) -> list[interaction_pb2.RetrievedLearning]:
        """Facts and lessons of `rendered`, as the agent's reply is to be published with."""
        return [
            interaction_pb2.RetrievedLearning(kind=citation.kind, learning_id=citation.id)
            for citation in self.citations
            if citation.kind
        ]

    def cited_in(self, reply: str) -> list[interaction_pb2.Citation]:
        """Facts and lessons whose tags a reply repeats, in the order of `rendered`."""
        return [
            interaction_pb2.Citation(kind=citation.kind, real_id=citation.id, tag=citation.tag)
            for citation in self.citations
            if citation.kind and re.search(rf"(?<![\w:]){re.escape(citation.tag)}(?!\w)", reply)
        ]
