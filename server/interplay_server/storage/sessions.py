"""Sessions: grouped from the interactions themselves, so that nothing has to be kept in step with them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc
from lancedb.expr import Expr, col

from interplay_server.domain.interaction import Interaction, Session, SessionRequest
from interplay_server.domain.query import SessionPosition
from interplay_server.storage.tables import SESSION_COLUMNS


def with_tail(table: pa.Table, tail: Sequence[Interaction]) -> pa.Table:
    """Rows of the table, times as int64 microseconds, and those of the tail that it does not hold."""
    at = table.schema.get_field_index("event_time")
    table = table.set_column(at, "event_time", table["event_time"].cast(pa.int64()))
    if not tail:
        return table
    table = table.filter(pc.invert(pc.is_in(table["seq"], pa.array([row.seq for row in tail], pa.int64()))))
    extra = pa.table(
        {
            "seq": [row.seq for row in tail],
            "user_id": [row.header.user_id for row in tail],
            "session_id": [row.header.session_id for row in tail],
            "event_time": [row.event_time for row in tail],
            "request_id": [row.header.request_id for row in tail],
            "source": [row.header.source for row in tail],
            "agent_version": [row.header.agent_version for row in tail],
            "session_finished": [row.header.session_finished for row in tail],
        }
    )
    return pa.concat_tables([table.select(SESSION_COLUMNS), extra.select(SESSION_COLUMNS).cast(table.schema)])


def page(
    table: pa.Table, limit: int, after: SessionPosition | None, accounts: Mapping[str, str] = MappingProxyType({})
) -> list[Session]:
    """Latest activity first; ties by user and session. A guest's sessions are those of their account."""
    if accounts:
        table = _of_accounts(table, accounts)
    groups = table.group_by(["user_id", "session_id"]).aggregate([("event_time", "min"), ("event_time", "max")])
    if after is not None:
        last, user, session = groups["event_time_max"], groups["user_id"], groups["session_id"]
        same_user = pc.and_(pc.equal(user, after.user_id), pc.greater(session, after.session_id))
        tied = pc.and_(pc.equal(last, after.last_time), pc.or_(pc.greater(user, after.user_id), same_user))
        groups = groups.filter(pc.or_(pc.less(last, after.last_time), tied))
    order = [("event_time_max", "descending"), ("user_id", "ascending"), ("session_id", "ascending")]
    keys = _keys(groups.sort_by(order).slice(0, limit))
    table = table.filter(pc.is_in(table["session_id"], pa.array([session for _, session in keys], pa.string())))
    return [_session(table, *key) for key in keys]


def _of_accounts(table: pa.Table, accounts: Mapping[str, str]) -> pa.Table:
    users = table["user_id"].combine_chunks().dictionary_encode()
    if isinstance(users, pa.ChunkedArray):
        users = users.combine_chunks()
    names = pa.array([accounts.get(one, one) for one in users.dictionary.to_pylist()], pa.string())
    at = table.schema.get_field_index("user_id")
    return table.set_column(at, table.schema.field(at), names.take(users.indices))


def _keys(groups: pa.Table) -> list[tuple[str, str]]:
    return list(zip(groups["user_id"].to_pylist(), groups["session_id"].to_pylist(), strict=True))


def _session(table: pa.Table, user_id: str, session_id: str) -> Session:
    rows = table.filter(pc.and_(pc.equal(table["session_id"], session_id), pc.equal(table["user_id"], user_id)))
    return Session(
        user_id=user_id,
        session_id=session_id,
        first_time=pc.min(rows["event_time"]).as_py(),
        last_time=pc.max(rows["event_time"]).as_py(),
        interaction_count=rows.num_rows,
        request_count=pc.count_distinct(rows["request_id"]).as_py(),
        sources=tuple(sorted(filter(None, rows["source"].unique().to_pylist()))),
        agent_versions=tuple(sorted(filter(None, rows["agent_version"].unique().to_pylist()))),
        finished=bool(pc.any(rows["session_finished"]).as_py()),
    )


def requests(rows: Sequence[Interaction], limit: int) -> list[SessionRequest]:
    """The latest `limit` requests, oldest first."""
    groups: dict[str, list[Interaction]] = {}
    for row in sorted(rows, key=lambda row: row.seq):
        groups.setdefault(row.header.request_id, []).append(row)
    made = [
        SessionRequest(
            request_id=request_id,
            publish_time=group[0].publish_time,
            source=group[0].header.source,
            agent_version=group[0].header.agent_version,
            interaction_count=len(group),
            evaluation_only=group[0].header.evaluation_only,
        )
        for request_id, group in groups.items()
    ]
    return made[-limit:]


def among(keys: Sequence[tuple[str, str]]) -> Expr:
    """Rows of these users and these sessions: some more than those of the pairs."""
    users, names = sorted({user for user, _ in keys}), sorted({session for _, session in keys})
    return col("user_id").isin(users) & col("session_id").isin(names)


def whole(
    rows: Iterable[Interaction],
    keys: Sequence[tuple[str, str]],
    limit: int,
    account: Callable[[str], str] = lambda user_id: user_id,
) -> dict[tuple[str, str], list[Interaction]]:
    """The latest `limit` of each session, in the order of the conversation; `rows` may hold one twice."""
    found: dict[tuple[str, str], dict[int, Interaction]] = {key: {} for key in keys}
    for row in rows:
        if (of := found.get((account(row.header.user_id), row.header.session_id))) is not None:
            of[row.seq] = row
    return {
        key: sorted(of.values(), key=lambda row: (row.event_time, row.seq))[-limit:] for key, of in found.items() if of
    }


def newest(
    table: pa.Table, fresh: Iterable[Interaction], keys: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], int]:
    wanted, found = set(keys), dict[tuple[str, str], int]()
    columns = (table[name].to_pylist() for name in ("user_id", "session_id", "seq"))
    stored = ((user, session, seq) for user, session, seq in zip(*columns, strict=True))
    for user, session, seq in (*stored, *((row.header.user_id, row.header.session_id, row.seq) for row in fresh)):
        if (user, session) in wanted:
            found[user, session] = max(seq, found.get((user, session), 0))
    return found
