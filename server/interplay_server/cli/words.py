"""Values of enums as the words that people type and read."""

from collections.abc import Callable
from typing import Any

import click
from interplay.v1 import (
    interaction_pb2,
    interaction_service_pb2,
    learning_pb2,
    learning_service_pb2,
    operation_pb2,
    playbook_pb2,
    playbook_service_pb2,
)


class Words:
    """Of one enum: `TIME_TO_LIVE_ONE_DAY` is `one-day`; the unspecified value has no word."""

    def __init__(self, enum: Any, prefix: str) -> None:
        self.numbers: dict[str, int] = {
            name.removeprefix(prefix).lower().replace("_", "-"): value for name, value in enum.items() if value
        }
        self._words = {value: word for word, value in self.numbers.items()}

    def of(self, number: int) -> str:
        """Empty for the unspecified value, the number for one that this version does not know."""
        return self._words.get(number, str(number) if number else "")

    def kind(self) -> "click.Choice[str]":
        return click.Choice(list(self.numbers))

    def option(
        self, *names: str, meaning: str, default: str | None = None
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """An option that takes one word and hands on its number, 0 without it."""
        return click.option(
            *names,
            type=self.kind(),
            default=default,
            show_default=default is not None,
            callback=lambda _ctx, _param, word: self.numbers[word] if word else 0,
            help=meaning,
        )

    def options(self, *names: str, meaning: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """An option that may be repeated and hands on a list of numbers."""
        return click.option(
            *names,
            type=self.kind(),
            multiple=True,
            callback=lambda _ctx, _param, words: [self.numbers[word] for word in words],
            help=meaning,
        )


ROLES = Words(interaction_pb2.RoleClass, "ROLE_CLASS_")
MODES = Words(interaction_service_pb2.SearchMode, "SEARCH_MODE_")
LEARNING_STATES = Words(interaction_service_pb2.LearningState, "LEARNING_STATE_")
LIFECYCLES = Words(learning_pb2.Lifecycle, "LIFECYCLE_")
METHODS = Words(learning_pb2.LearningMethod, "LEARNING_METHOD_")
ARMS = Words(learning_pb2.Arm, "ARM_")
TIMES_TO_LIVE = Words(learning_pb2.TimeToLive, "TIME_TO_LIVE_")
CHANGE_TYPES = Words(learning_pb2.LearningChangeType, "LEARNING_CHANGE_TYPE_")
BLOCKING_KINDS = Words(playbook_pb2.BlockingKind, "BLOCKING_KIND_")
APPROVALS = Words(playbook_pb2.ApprovalStatus, "APPROVAL_STATUS_")
DECISIONS = Words(playbook_service_pb2.ReviewDecision, "REVIEW_DECISION_")
GENERATIONS = Words(learning_service_pb2.GenerationKind, "GENERATION_KIND_")
OPERATION_STATES = Words(operation_pb2.OperationState, "OPERATION_STATE_")
