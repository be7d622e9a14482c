"""A tenant's LanceDB tables: one long-lived handle each, written under one lock, read by anyone.

LanceDB 0.40 as measured: a commit costs about 3 ms whatever its size, versions are the scarce resource, uniqueness is
nobody's business but ours. New rows are found before they are indexed.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import lancedb
import pyarrow as pa
import pyarrow.compute as pc
from lancedb.expr import Expr, col, lit
from lancedb.index import Bitmap, BTree
from lancedb.query import ColumnOrdering

from interplay_server.domain.content_policy import Content, PlainContent, is_hidden
from interplay_server.domain.interaction import Interaction, StoredAnnotation
from interplay_server.domain.ports import Vectors
from interplay_server.domain.records import Collection
from interplay_server.storage import schema
from interplay_server.storage.buckets.doubt import Appends
from interplay_server.storage.filters import both
from interplay_server.storage.lance import WORDS, Plan, arrow, generation_name, open_table, optimize
from interplay_server.storage.learnt_tables import LearntTables
from interplay_server.storage.places import Place, options_of
from interplay_server.storage.record_tables import RecordTables

_KEYS = ("seq", "interaction_id", "user_id", "session_id", "event_time")
_WORDS = ("source", "agent_version")
SESSION_COLUMNS = (
    "seq", "user_id", "session_id", "event_time", "request_id", "source", "agent_version", "session_finished",
)  # fmt: skip


def interaction_plan(dimension: int) -> Plan:
    keys = dict.fromkeys(_KEYS, BTree()) | dict.fromkeys(_WORDS, Bitmap()) | {"search_text": WORDS}
    return Plan(schema.interaction_schema(dimension), keys)


class Tables:
    """`write_lock` is held by whoever writes or maintains; readers need none."""

    def __init__(
        self,
        interactions: lancedb.AsyncTable,
        annotations: lancedb.AsyncTable,
        images: lancedb.AsyncTable,
        *,
        learnt: LearntTables,
        records: RecordTables,
        dimension: int,
        db: lancedb.AsyncConnection,
        generation: int,
    ) -> None:
        self.interactions = interactions
        self.db, self.generation = db, generation
        self.learnt, self.records = learnt, records
        self._annotations = annotations
        self._images = images
        self._dimension = dimension
        self.write_lock = asyncio.Lock()
        self._appends = Appends()
        self.commits = 0
        """To `interactions` since it was last optimised."""
        self.unindexed_rows = 0
        self.rows = 0
        """Of `interactions`, deleted ones included."""
        self._annotated = False
        self.content: Content = PlainContent("")

    @classmethod
    async def open(
        cls,
        folder: Path | Place,
        session: lancedb.Session,
        dimension: int,
        collections: Mapping[str, Collection],
        tenant: str,
        *,
        generation: int = 0,
    ) -> "Tables":
        """Opens the tables, making those that are missing; those with vectors are of a `generation`. Raises
        StorageIncompatible.
        """
        db = await lancedb.connect_async(str(folder), session=session, storage_options=options_of(folder))
        names = set((await db.list_tables()).tables)
        wanted = {
            generation_name(schema.INTERACTIONS, generation): interaction_plan(dimension),
            schema.ANNOTATIONS: Plan(schema.ANNOTATION_SCHEMA, {"interaction_id": BTree()}),
            schema.IMAGES: Plan(schema.IMAGE_SCHEMA, {"sha256": BTree()}),
        }
        opened = [await open_table(db, names, name, plan, tenant=tenant) for name, plan in wanted.items()]
        learnt = LearntTables(db, names, dimension, tenant, generation)
        records = RecordTables(db, folder, names, collections=collections, tenant=tenant)
        tables = cls(*opened, learnt=learnt, records=records, dimension=dimension, db=db, generation=generation)
        tables._annotated = bool(await tables._annotations.count_rows())
        await tables.measure()
        return tables

    async def measure(self) -> None:
        """Counts rows, and those that no index has."""
        stats = await self.interactions.index_stats("seq_idx")
        self.unindexed_rows = stats.num_unindexed_rows if stats else 0
        self.rows = await self.count(None)

    @property
    def annotation_table(self) -> lancedb.AsyncTable:
        return self._annotations

    @property
    def image_table(self) -> lancedb.AsyncTable:
        return self._images

    # --- writing, under write_lock

    def replace(
        self,
        generation: int,
        dimension: int,
        interactions: lancedb.AsyncTable,
        learnt: Mapping[str, lancedb.AsyncTable],
    ) -> None:
        """Other tables with vectors take the place of those in use, in one moment."""
        self.interactions, self._dimension, self.generation = interactions, dimension, generation
        self.learnt.replace(generation, dimension, learnt)
        self.commits = 0

    async def add(self, batch: pa.RecordBatch) -> None:
        await self._appends.add(self.interactions, pa.Table.from_batches([batch]))
        self.commits += 1
        self.unindexed_rows += batch.num_rows
        self.rows += batch.num_rows

    async def annotate(self, rows: Sequence[StoredAnnotation]) -> None:
        await self._appends.add(self._annotations, pa.Table.from_batches([schema.annotations_to_arrow(rows)]))
        self._annotated = True

    async def delete(self, interaction_ids: Sequence[str]) -> None:
        """Deletes interactions, their annotations, and images that no other interaction shows."""
        mine = col("interaction_id").isin(list(interaction_ids))
        shown = await self._select(self.interactions, mine & (col("image_size") > lit(0)), ["image_sha256"])
        await self.interactions.delete(mine)
        self.commits += 1
        if self._annotated:
            await self._annotations.delete(mine)
        for sha256 in set(shown["image_sha256"].to_pylist()):
            if not await self.interactions.count_rows((col("image_sha256") == lit(sha256)).to_sql()):
                await self._images.delete(col("sha256") == lit(sha256))

    async def add_image(self, sha256: str, media_type: str, data: bytes) -> None:
        if not await self._images.count_rows((col("sha256") == lit(sha256)).to_sql()):
            row = {"sha256": sha256, "media_type": media_type, "data": data}
            await self._images.add(pa.Table.from_pylist([row], schema=schema.IMAGE_SCHEMA))

    async def optimize(self, grace: timedelta) -> None:
        """Compacts, folds new rows into the indexes, prunes versions older than `grace`. Images rarely need it."""
        await optimize(self.interactions, grace)
        self.commits = self.unindexed_rows = 0
        if self._annotated:
            await optimize(self._annotations, grace)
        await self.learnt.optimize(grace)
        await self.records.optimize(grace)

    async def optimize_images(self, grace: timedelta) -> None:
        await optimize(self._images, grace)

    # --- reading

    async def select(
        self,
        where: Expr | None,
        *,
        limit: int,
        order: tuple[str, ...] = (),
        descending: bool = False,
        vectors: bool = False,
    ) -> tuple[list[Interaction], Vectors | None]:
        columns = [*schema.ROW_COLUMNS, "vector"] if vectors else schema.ROW_COLUMNS
        query = self.interactions.query().select(columns)
        if where is not None:
            query = query.where(where)
        if order:
            ordering = [ColumnOrdering(column_name=name, ascending=not descending) for name in order]
            # Without row ids, lancedb 0.40 cannot plan an unfiltered query ordered by two columns.
            query = query.order_by(ordering).with_row_id()
        table = await arrow(query.limit(limit))
        rows = await self._unsealed(table)
        return rows, schema.vectors_from_arrow(table, self._dimension) if vectors else None

    async def _unsealed(self, table: pa.Table) -> list[Interaction]:
        if not (sealed := schema.sealed_in(table)):
            return schema.interactions_from_arrow(table)
        opened = await self.content.open_interactions([one[1:] for one in sealed])
        return schema.interactions_from_arrow(table, dict(zip([one[0] for one in sealed], opened, strict=True)))

    async def texts(self, table: pa.Table) -> list[str]:
        """What is embedded of rows of interactions with all columns."""
        if not schema.sealed_in(table):
            return list(table["search_text"].to_pylist())
        return [row.data.search_text for row in await self._unsealed(table)]

    async def nearest(self, vector: Vectors, where: Expr | None, limit: int) -> list[int]:
        """Sequence numbers of the nearest by cosine, nearest first; exact."""
        query = self.interactions.query().nearest_to(vector).distance_type("cosine").bypass_vector_index()
        if where is not None:
            query = query.where(where)
        table = await arrow(query.select(["seq", "_distance"]).limit(limit))
        return list(table["seq"].to_pylist())

    async def matching(self, text: str, where: Expr | None, limit: int) -> list[int]:
        """Sequence numbers of the best by BM25, best first."""
        text = await self.content.query(text)
        query = self.interactions.query().nearest_to_text(text, columns=["search_text"])
        if where is not None:
            query = query.where(where)
        table = await arrow(query.select(["seq", "_score"]).limit(limit))
        return list(table["seq"].to_pylist())

    async def published(self, where: Expr | None, limit: int) -> list[Interaction]:
        """Not those that are only evaluated or hidden, in the order of the journal."""
        learnable = both(where, col("evaluation_only") == lit(value=False))
        found, past = list[Interaction](), learnable
        while True:
            rows, _ = await self.select(past, limit=limit, order=("seq",))
            found += [row for row in rows if not is_hidden(row.header)]
            if len(rows) < limit or len(found) >= limit:
                return found[:limit]
            past = both(learnable, col("seq") > lit(rows[-1].seq))

    async def session_rows(self, where: Expr | None) -> pa.Table:
        return await self._select(self.interactions, where, list(SESSION_COLUMNS))

    async def column(self, where: Expr | None, name: str) -> list[str]:
        return list((await self._select(self.interactions, where, [name]))[name].to_pylist())

    async def ages(self, where: Expr | None) -> pa.Table:
        return await self._select(self.interactions, where, ["interaction_id", "event_time", "source", "seq"])

    async def count(self, where: Expr | None) -> int:
        if where is None:
            return int(await self.interactions.count_rows())
        # count_rows takes SQL, and lancedb 0.40 writes a quote behind a backslash unescaped: values would become SQL.
        return int((await self._select(self.interactions, where, ["seq"])).num_rows)

    async def newest_seq(self, after_seq: int) -> int:
        """Greatest sequence number in the tables beyond `after_seq`, or `after_seq`."""
        newest = after_seq
        for table in (self.interactions, self._annotations):
            found = await self._select(table, col("seq") > lit(after_seq), ["seq"])
            if found.num_rows:
                newest = max(newest, pc.max(found["seq"]).as_py())
        return newest

    async def annotations(self, where: Expr) -> list[StoredAnnotation]:
        if not self._annotated:
            return []
        stored = schema.annotations_from_arrow(await self._select(self._annotations, where, None))
        return await self.content.open_annotations(stored)

    async def image(self, sha256: str) -> bytes | None:
        found = await self._select(self._images, col("sha256") == lit(sha256), ["data"])
        return await self.content.open_image(sha256, found["data"][0].as_py()) if found.num_rows else None

    @staticmethod
    async def _select(table: lancedb.AsyncTable, where: Expr | None, columns: list[str] | None) -> pa.Table:
        query = table.query()
        if columns is not None:
            query = query.select(columns)
        where = both(where)
        return await arrow(query.where(where) if where is not None else query)
