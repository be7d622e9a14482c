"""The five verdicts on two statements."""

import enum


class Verdict(enum.Enum):
    SAME = enum.auto()
    LESS = enum.auto()
    """The new one says less, and nothing else."""
    MORE = enum.auto()
    """The new one says more, and nothing contrary."""
    CONTRARY = enum.auto()
    OTHER = enum.auto()


Found = tuple[Verdict, str]
"""A verdict and its reason in a few words."""
