"""Failures as one line: code, reason, and every broken rule or else the message."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field

from interplay import InterplayError

from interplay_server.errors import InterplayError as ServerError
from interplay_server.settings import SettingsError


@dataclass(frozen=True)
class Failure:
    """Why a command failed. `violations` are pairs of a field's path and what is wrong with it."""

    message: str
    code: str = ""
    reason: str = ""
    violations: Sequence[tuple[str, str]] = field(default=())

    def line(self) -> str:
        head = " ".join(part for part in (self.code, f"({self.reason})" if self.reason else "") if part)
        rules = "; ".join(f"{path}: {what}" for path, what in self.violations)
        return "error: " + " ".join(": ".join(part for part in (head, rules or self.message) if part).split())


class RefusalError(Exception):
    """Raised by a command that refuses by itself what a server would refuse."""

    def __init__(self, message: str, code: str, reason: str) -> None:
        super().__init__(message)
        self.failure = Failure(message, code, reason)


def failure_of(error: Exception) -> Failure:
    """What to tell of an exception; for one that should not be possible, how to learn more."""
    if isinstance(error, RefusalError):
        return error.failure
    if isinstance(error, InterplayError):
        return Failure(error.message, error.code, error.reason, error.violations)
    if isinstance(error, ServerError):
        return Failure(error.message, error.code, error.reason)
    if isinstance(error, SettingsError):
        return Failure(str(error))
    if isinstance(error, sqlite3.Error):
        return Failure(f"server.sqlite3: {error}")
    if isinstance(error, OSError):
        return Failure(": ".join(str(part) for part in (error.filename, error.strerror or error) if part))
    return Failure(f"{type(error).__name__}: {error} (a fault of ours; INTERPLAY_TRACEBACK=1 shows where)")
