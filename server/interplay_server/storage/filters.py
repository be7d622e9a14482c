"""Typed filters as LanceDB expressions: values are bound by the library, no text of SQL is put together."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import and_, or_

from lancedb.expr import Expr, col, lit

from interplay_server.domain.query import InteractionFilter, Position

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EQUAL = (
    "user_id", "session_id", "request_id", "source", "agent_id", "agent_version", "role_class", "user_action",
    "external_id",
)  # fmt: skip


def instant(microseconds: int) -> Expr:
    return lit(_EPOCH + timedelta(microseconds=microseconds))


def expression(where: InteractionFilter) -> Expr | None:
    """None where nothing filters."""
    parts = [col(name) == lit(value) for name in _EQUAL if (value := getattr(where, name))]
    if where.user_ids:
        parts.append(col("user_id").isin(sorted(where.user_ids)))
    if where.role:
        parts.append(col("role").lower() == lit(where.role.lower()))
    if where.start_time is not None:
        parts.append(col("event_time") >= instant(where.start_time))
    if where.end_time is not None:
        parts.append(col("event_time") < instant(where.end_time))
    if where.as_of is not None:
        parts.append(col("publish_time") <= instant(where.as_of))
    if where.before_seq is not None:
        parts.append(col("seq") < lit(where.before_seq))
    if where.shadowed:
        parts.append(col("shadow_content") != lit(""))
    if where.with_expert:
        parts.append(col("expert_content") != lit(""))
    return both(*parts)


def both(*parts: Expr | None) -> Expr | None:
    given = [part for part in parts if part is not None]
    return reduce(and_, given) if given else None


def either(*parts: Expr) -> Expr | None:
    return reduce(or_, parts) if parts else None


def beyond(position: Position, *, newest_first: bool) -> Expr:
    """What comes after `position` in the order (event_time, seq)."""
    time, seq = col("event_time"), col("seq")
    at = instant(position.event_time)
    if newest_first:
        return (time < at) | ((time == at) & (seq < lit(position.seq)))
    return (time > at) | ((time == at) & (seq > lit(position.seq)))
