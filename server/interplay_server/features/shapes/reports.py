"""What an import read, made and left out, and from where it goes on."""

import copy
from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec

from interplay_server.domain.commerce import FeatureEvent, Order

BROKEN, TOO_LARGE, INVALID = "broken", "too_large", "invalid"
OTHER_SHOP, UNKNOWN_KIND, WRONG_KIND = "other_shop", "unknown_kind", "wrong_kind"
PARENT_MISSING = "parent_missing"
REASONS = (BROKEN, TOO_LARGE, INVALID, OTHER_SHOP, UNKNOWN_KIND, WRONG_KIND, PARENT_MISSING)
"""Why a document, line or row gave no record."""

MAX_PROBLEMS = 100
MAX_DETAIL = 200


class Parsed(msgspec.Struct, frozen=True):
    """A record and where its document begins: bytes from the head of the file, lines from 1."""

    record: Any
    offset: int
    line: int


class Problem(msgspec.Struct, frozen=True):
    line: int
    offset: int
    reason: str
    detail: str = ""
    """Field and rule, never the value."""


class Report(msgspec.Struct):
    """Counts of one import; only the first problems are kept, `skipped` counts all."""

    read: dict[str, int] = {}
    """Documents or rows by kind."""
    made: dict[str, int] = {}
    """Records by the name of their type."""
    skipped: dict[str, int] = {}
    noted: dict[str, int] = {}
    """Worth knowing of what was imported: guest orders, lines without a product, types of events of a shop's own."""
    problems: list[Problem] = []
    unknown_columns: list[str] = []

    def count(self, group: dict[str, int], key: str, times: int = 1) -> None:
        group[key] = group.get(key, 0) + times

    def skip(self, line: int, offset: int, reason: str, detail: str = "") -> None:
        self.count(self.skipped, reason)
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(line, offset, reason, detail[:MAX_DETAIL]))

    def note(self, remarks: Counter[str]) -> None:
        for remark, times in remarks.items():
            self.count(self.noted, remark, times)

    def snapshot(self) -> "Report":
        return Report(
            dict(self.read),
            dict(self.made),
            dict(self.skipped),
            dict(self.noted),
            copy.copy(self.problems),
            copy.copy(self.unknown_columns),
        )


def guests(records: Iterable[Any]) -> Counter[str]:
    """Events and orders without a customer."""
    return Counter(
        "guest_order" if isinstance(one, Order) else "guest_event"
        for one in records
        if isinstance(one, FeatureEvent | Order) and not one.customer_id
    )


class Checkpoint(msgspec.Struct, frozen=True):
    """All records of documents before `offset` were returned; an import that starts with it goes on there.

    `columns` and `delimiter` are the header of a CSV file, `layout` what the first line said of a JSON file; `report`
    counts what lies before `offset`.
    """

    offset: int = 0
    line: int = 1
    columns: tuple[str, ...] = ()
    delimiter: str = ""
    layout: str = ""
    report: Report = msgspec.field(default_factory=Report)
