"""How long a tenant keeps what it has: a policy of rules, and what each run of it removed. Times are microseconds."""

from collections.abc import Sequence
from typing import Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

META_KEY: Final = "retention_policy"
INTERACTIONS, PROFILES, FEATURES, DIALOGUES, EVALUATIONS, MONITOR_EVENTS = (
    "interactions", "profiles", "features", "dialogues", "evaluations", "monitor_events",
)  # fmt: skip
KINDS: Final = (INTERACTIONS, PROFILES, FEATURES, DIALOGUES, EVALUATIONS, MONITOR_EVENTS)
WITH_SOURCE: Final = frozenset({INTERACTIONS, PROFILES, EVALUATIONS})
WITH_AGGREGATES: Final = frozenset({EVALUATIONS, MONITOR_EVENTS})
LEAST_AGE: Final = 3_600_000_000
AGES: Final = pa.schema([("key", pa.string()), ("time", pa.int64()), ("source", pa.string()), ("seq", pa.int64())])
"""Rows that a rule may be about; of those of an instant, the one with the lesser key is older."""


class Rule(msgspec.Struct, frozen=True, omit_defaults=True):
    """A row goes once it breaks one limit. `max_age` None and `max_count` 0 are no limits; an empty `source` means
    every source without a rule of its own.
    """

    kind: str
    source: str = ""
    max_age: int | None = None
    max_count: int = 0
    keep_aggregates: bool = False

    @property
    def name(self) -> str:
        return f"{self.kind}/{self.source}" if self.source else self.kind

    def cutoff(self, as_of: int) -> int | None:
        """Rows from before it are too old."""
        return None if self.max_age is None else as_of - self.max_age


class Policy(msgspec.Struct, frozen=True, omit_defaults=True):
    """`revision` counts replacements; 0 where none was ever set."""

    rules: tuple[Rule, ...] = ()
    update_time: int = 0
    revision: int = 0

    def of(self, kind: str) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if rule.kind == kind)


class Receipt(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a run removed, by the names of its rules. `end_time` is None while it runs or waits for a restart; `planned`
    is what it began with, of rows up to the journal sequence `seq`.
    """

    operation_id: str
    revision: int
    as_of: int
    seq: int
    planned: dict[str, int]
    counts: dict[str, int] = {}
    end_time: int | None = None


def violations(rules: Sequence[Rule]) -> list[tuple[int, str, str]]:
    """(place of the rule, its field or empty, what is wrong)"""
    found: list[tuple[int, str, str]] = []
    seen: set[str] = set()
    for place, rule in enumerate(rules):
        if rule.name in seen:
            found.append((place, "", "must be the only rule for its kind and source"))
        seen.add(rule.name)
        if rule.max_age is None and not rule.max_count:
            found.append((place, "", "must limit max_age or max_count"))
        if rule.max_age is not None and rule.max_age < LEAST_AGE:
            found.append((place, "max_age", "must be an hour or more"))
        if rule.source and rule.kind not in WITH_SOURCE:
            found.append((place, "source", f"must be empty: {rule.kind} have no source"))
        if rule.keep_aggregates and rule.kind not in WITH_AGGREGATES:
            found.append((place, "keep_aggregates", f"must not be set: nothing is counted of {rule.kind}"))
    return found


def read_before(rules: Sequence[Rule], as_of: int) -> int | None:
    """Instant before which everything lies that these rules of one kind can remove; None where counts decide too."""
    if any(rule.max_count for rule in rules):
        return None
    return max(cutoff for rule in rules if (cutoff := rule.cutoff(as_of)) is not None)


def due(rules: Sequence[Rule], rows: pa.Table, as_of: int) -> dict[str, pa.Table]:
    """What each of these rules of one kind removes of `rows` (AGES), the oldest first, by the rule's name."""
    named = pa.array([rule.source for rule in rules if rule.source], pa.string())
    return {rule.name: _due(rule, rows.filter(_meant(rule, rows, named)), as_of) for rule in rules}


def _meant(rule: Rule, rows: pa.Table, named: pa.Array) -> pa.ChunkedArray:
    if rule.source:
        return pc.equal(rows["source"], rule.source)
    return pc.invert(pc.is_in(rows["source"], value_set=named))


def _due(rule: Rule, rows: pa.Table, as_of: int) -> pa.Table:
    gone = 0
    if (cutoff := rule.cutoff(as_of)) is not None:
        gone = pc.sum(pc.less(rows["time"], cutoff)).as_py() or 0
    if rule.max_count:
        gone = max(gone, rows.num_rows - rule.max_count)
    if gone <= 0:
        return rows.slice(0, 0)
    return rows.sort_by([("time", "ascending"), ("key", "ascending")]).slice(0, gone)


_decode_policy, _decode_receipt = msgspec.json.Decoder(Policy).decode, msgspec.msgpack.Decoder(Receipt).decode


def load(text: str | None) -> Policy:
    return _decode_policy(text) if text else Policy()


def save(policy: Policy) -> str:
    return msgspec.json.encode(policy).decode()


def receipt_of(record: bytes) -> Receipt:
    return _decode_receipt(record)


def record_of(receipt: Receipt) -> bytes:
    return msgspec.msgpack.encode(receipt)
