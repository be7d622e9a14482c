"""How evaluations go: judged sessions with what was reported of them, and verdicts on pairs. Sessions may leave counts
by day behind.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from interplay_server.custody.retention_kinds import ages_of, keys_of
from interplay_server.domain import journal
from interplay_server.domain.evaluation import DAYS, EVALUATIONS, OUTCOME_ROWS, VERDICTS
from interplay_server.domain.ports import TenantStore
from interplay_server.domain.records import SEQ, Condition, Op, Put, Removal, Values, among
from interplay_server.domain.retention import Rule
from interplay_server.evaluation.evaluation import Evaluation

DAY_US = 86_400_000_000
_SESSION, _VERDICT, _OUTCOME = "s", "v", "o"
_COUNTED = ("agent_id", "agent_version", "source", "outcome")


class _Verdict(msgspec.Struct):
    source: str


class _Reported(msgspec.Struct):
    occur_time: int


_verdict, _reported = msgspec.msgpack.Decoder(_Verdict).decode, msgspec.msgpack.Decoder(_Reported).decode


class Evaluations:
    """Sessions by their last interaction, verdicts by their turn. A report on a session that is not judged has no
    source.
    """

    def __init__(self, store: TenantStore, evaluation: Evaluation) -> None:
        self._store, self._evaluation = store, evaluation

    async def ages(self, before: int | None) -> pa.Table:
        return pa.concat_tables([await self._sessions(before), await self._verdicts(before), await self._reports()])

    async def _sessions(self, before: int | None) -> pa.Table:
        where = [] if before is None else [Condition("last_time", Op.LT, before)]
        columns = (EVALUATIONS.key, "last_time", "source", SEQ)
        found = await self._store.records.table(EVALUATIONS, where, columns=columns)
        return ages_of(found, _SESSION, (EVALUATIONS.key, "last_time", SEQ), found["source"])

    async def _verdicts(self, before: int | None) -> pa.Table:
        where = [] if before is None else [Condition("occur_time", Op.LT, before)]
        columns = (VERDICTS.key, "occur_time", "record", SEQ)
        found = await self._store.records.table(VERDICTS, where, columns=columns)
        sources = pa.array([_verdict(one).source for one in found["record"].to_pylist()], pa.string())
        return ages_of(found, _VERDICT, (VERDICTS.key, "occur_time", SEQ), sources)

    async def _reports(self) -> pa.Table:
        """Of sessions that are not judged; the others go with their session."""
        found = await self._store.records.table(OUTCOME_ROWS, columns=(OUTCOME_ROWS.key, "record", SEQ))
        if found.num_rows:
            judged = await self._store.records.table(EVALUATIONS, columns=(EVALUATIONS.key,))
            keys = judged[EVALUATIONS.key].combine_chunks()
            found = found.filter(pc.invert(pc.is_in(found[OUTCOME_ROWS.key], value_set=keys)))
        times = pa.array([_reported(one).occur_time for one in found["record"].to_pylist()], pa.int64())
        return ages_of(found.append_column("time", times), _OUTCOME, (OUTCOME_ROWS.key, "time", SEQ))

    async def remove(self, rule: Rule, rows: pa.Table) -> int:
        """What was judged or reported anew meanwhile stays. Sessions are judged again only if they go on."""
        seqs = dict(zip(rows["key"].to_pylist(), rows["seq"].to_pylist(), strict=True))
        records, evaluator = self._store.records, self._evaluation.of(self._store)
        async with evaluator.writing:
            columns = (EVALUATIONS.key, "user_id", "session_id", "last_seq", "last_time", *_COUNTED, SEQ)
            found = await records.table(EVALUATIONS, [among(EVALUATIONS.key, keys_of(rows, _SESSION))], columns=columns)
            sessions = [one for one in found.to_pylist() if seqs[_SESSION + one["key"]] == one[SEQ]]
            gone = tuple(one["key"] for one in sessions)
            verdicts = await self._same(VERDICTS.name, rows, _VERDICT, seqs)
            reports = await self._same(OUTCOME_ROWS.name, rows, _OUTCOME, seqs)
            removed = [
                Removal(EVALUATIONS.name, EVALUATIONS.key, gone),
                Removal(OUTCOME_ROWS.name, OUTCOME_ROWS.key, (*gone, *reports)),
                Removal(VERDICTS.name, VERDICTS.key, verdicts),
            ]
            puts = await self._days(sessions) if rule.keep_aggregates and sessions else ()
            if any(one.values for one in removed):
                entry = journal.Recorded(tuple(puts), tuple(one for one in removed if one.values))
                await evaluator.withdraw(
                    [(one["user_id"], one["session_id"], one["last_seq"]) for one in sessions], entry
                )
        return len(gone) + len(verdicts) + len(reports)

    async def _same(self, name: str, rows: pa.Table, letter: str, seqs: dict[str, int]) -> tuple[str, ...]:
        """Keys of rows that are as they were."""
        collection = {VERDICTS.name: VERDICTS, OUTCOME_ROWS.name: OUTCOME_ROWS}[name]
        where = [among(collection.key, keys_of(rows, letter))]
        found = await self._store.records.table(collection, where, columns=(collection.key, SEQ))
        pairs = zip(found[collection.key].to_pylist(), found[SEQ].to_pylist(), strict=True)
        return tuple(key for key, seq in pairs if seqs[letter + key] == seq)

    async def _days(self, sessions: Sequence[dict[str, Any]]) -> tuple[Put, ...]:
        """Counts of these sessions added to those that are there."""
        counts = Counter((one["last_time"] // DAY_US * DAY_US, *(one[name] for name in _COUNTED)) for one in sessions)
        keys = {_key(of): of for of in counts}
        found = await self._store.records.table(DAYS, [among(DAYS.key, list(keys))], columns=(DAYS.key, "sessions"))
        for key, before in zip(found[DAYS.key].to_pylist(), found["sessions"].to_pylist(), strict=True):
            counts[keys[key]] += before
        made: list[Values] = [(key, *of, counts[of]) for key, of in keys.items()]
        return (Put(DAYS.name, tuple(made)),)

    async def settle(self) -> None: ...


def _key(of: tuple[Any, ...]) -> str:
    return hashlib.sha256(msgspec.json.encode(of)).hexdigest()[:32]
