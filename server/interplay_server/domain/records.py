"""Records: rows of named collections, each with a table of its own and typed columns.

A kind of data that needs neither the text search of interactions nor the generations of what is learnt is a collection:
declared once, journaled, found by every read after its ack, and merged by key or appended.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

SEQ = "seq"
"""Column that every collection has: a row's place in the journal."""
Values = tuple[Any, ...]
"""One row, in the order of its collection's fields."""


class Type(StrEnum):
    """What a field holds. Instants are INT, microseconds since 1970."""

    TEXT = "text"
    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    BYTES = "bytes"
    TEXTS = "texts"


class Index(StrEnum):
    """SORTED for keys and ranges, FEW for columns of few values."""

    NONE = ""
    SORTED = "sorted"
    FEW = "few"


class Field(msgspec.Struct, frozen=True):
    """TEXT, BOOL and TEXTS are never None; the others may be."""

    name: str
    type: Type = Type.TEXT
    index: Index = Index.NONE


class Collection(msgspec.Struct, frozen=True):
    """The first field is the key, a TEXT. A later row with a key replaces the earlier one, unless `append_only`: then
    keys may repeat and every row stays.
    """

    name: str
    fields: tuple[Field, ...]
    append_only: bool = False
    witness: str = ""
    """Field with the id of the interaction that a row rests on: it is deleted with it."""

    @property
    def key(self) -> str:
        return self.fields[0].name

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)


class Put(msgspec.Struct, frozen=True, array_like=True):
    """Rows for a collection. Each takes a sequence number."""

    collection: str
    rows: tuple[Values, ...]


class Removal(msgspec.Struct, frozen=True, array_like=True):
    """Everything of a collection, written before, whose `field` is one of `values`, is gone."""

    collection: str
    field: str
    values: tuple[str, ...]


class Rows(msgspec.Struct, frozen=True):
    """What a committed entry did to collections. Removals mean what was written before `first_seq`, the entry's own."""

    first_seq: int
    put: tuple[tuple[str, int, Values], ...] = ()
    """(collection, sequence number, row)"""
    removed: tuple[Removal, ...] = ()


class Op(StrEnum):
    EQ = "="
    IN = "in"
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="


class Condition(msgspec.Struct, frozen=True):
    """A row whose value is None meets no condition. For IN, `value` is a sequence."""

    field: str
    op: Op
    value: Any

    def holds(self, row: Mapping[str, Any]) -> bool:
        found = row[self.field]
        if found is None:
            return False
        if self.op is Op.EQ:
            return bool(found == self.value)
        if self.op is Op.IN:
            return found in self.value
        if self.op is Op.LT:
            return bool(found < self.value)
        if self.op is Op.LE:
            return bool(found <= self.value)
        return bool(found > self.value) if self.op is Op.GT else bool(found >= self.value)


def equal(**values: Any) -> tuple[Condition, ...]:
    """Conditions for those values that are given: neither None nor empty."""
    return tuple(Condition(name, Op.EQ, value) for name, value in values.items() if value not in (None, ""))


def among(field: str, values: Sequence[Any]) -> Condition:
    return Condition(field, Op.IN, tuple(values))
