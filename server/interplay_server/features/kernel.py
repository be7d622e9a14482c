"""The one computation of the features: the SQL files of this package, run by DuckDB over Arrow tables."""

import contextlib
import re
import threading
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

import duckdb
import pyarrow as pa

from interplay_server.features.config import DEFAULT_CONFIG, FeatureConfig, literals, validate, version
from interplay_server.features.inputs import CATALOGUE, Inputs
from interplay_server.features.names import SCORE_PARTS

FAMILIES = (
    "identity",
    "sessions",
    "discovery",
    "purchases",
    "shopping",
    "temporal",
    "device_channel",
    "affinity",
    "state",
)
"""SQL files in the order in which they run; each makes tables that later ones read."""

_SMALL = 20_000
"""Up to so many events, tables are dropped at the end and not after their last use."""
# The white space that str.strip() takes away.
_WHITE = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
_PLACE_SPAN = 2**32


@dataclass(frozen=True, slots=True)
class Resources:
    """What a computation may use. Without a `spill` folder it fails with MemoryError where the memory is not enough."""

    threads: int = 1
    memory_mb: int = 2048
    spill: Path | None = None


DEFAULT_RESOURCES = Resources()


def compute(
    inputs: Inputs,
    as_of: int,
    config: FeatureConfig = DEFAULT_CONFIG,
    *,
    customers: Collection[str] | None = None,
    pairs: Collection[tuple[str, str]] | None = None,
    parts: bool = False,
    use: Resources = DEFAULT_RESOURCES,
) -> pa.Table:
    """One row for each (customer_id, product_id) that exists at `as_of`, in no order, with the columns `names.COLUMNS`.

    Safe in any thread or process; DuckDB releases the interpreter. A thread keeps one connection for each `use`.

    Args:
        inputs: everything about whole customers.
        as_of: microseconds since 1970, inclusive.
        config: weights and windows; InvalidConfigError where they are wrong.
        customers: only these, such as where guests of a shared client belong to others too.
        pairs: only these rows; the inputs still hold everything of their customers.
        parts: adds the columns `names.SCORE_PARTS`.
        use: threads and memory.

    Raises:
        InvalidConfigError: weights or windows out of range.
        MemoryError: the memory is not enough.
    """
    validate(config)
    if customers is None and pairs is not None:
        customers = {customer for customer, _ in pairs}
    words = {**_words(config), "as_of": str(as_of), "read": str(as_of), "parts": _parts(parts)}
    words["every_customer"] = "TRUE" if customers is None else "FALSE"
    words["every_pair"] = "TRUE" if pairs is None else "FALSE"
    tables = {
        "events": inputs.events,
        "products": inputs.products,
        "customers": inputs.customers,
        "orders": inputs.orders,
        "links": inputs.links,
        "catalogue": catalogue_shares(inputs.products, use=use) if inputs.catalogue is None else inputs.catalogue,
        "wanted": pa.table({"customer_id": pa.array(customers or (), pa.string())}),
        "wanted_pairs": pa.table(
            {
                "customer_id": pa.array([pair[0] for pair in pairs or ()], pa.string()),
                "product_id": pa.array([pair[1] for pair in pairs or ()], pa.string()),
            }
        ),
    }
    with _connection(use, tables) as connection:
        stages = _stages()
        if inputs.events.num_rows <= _SMALL:
            texts = [*(stage.text for stage in stages), f"CREATE TEMP TABLE finished AS {_sql('projection')}"]
            connection.execute(";\n".join(_filled(text, words) for text in texts))
            return connection.table("finished").to_arrow_table()
        for stage in stages:
            connection.execute(_filled(stage.text, words))
            for name in stage.done:
                connection.execute(f"DROP TABLE {name}")
        return connection.sql(_filled(_sql("projection"), words)).to_arrow_table()


def project(
    rows: pa.Table,
    as_of: int,
    config: FeatureConfig = DEFAULT_CONFIG,
    *,
    parts: bool = False,
    use: Resources = DEFAULT_RESOURCES,
) -> pa.Table:
    """Stored rows as they are at a later `as_of`, equal to computing them then.

    That holds for rows of the same definition_version with `as_of` from their state_as_of up to below their
    state_next_instant (where it is not null) and nothing recorded since; other rows are computed from events.

    Raises:
        ValueError: a row is of a later time.
    """
    if rows.num_rows and pa.compute.max(rows.column("state_as_of")).as_py() > as_of:
        raise ValueError("a row was computed for a later as_of")
    words = {**_words(config), "read": str(as_of), "parts": _parts(parts)}
    with _connection(use, {"state": rows}) as connection:
        return connection.sql(_filled(_sql("projection"), words)).to_arrow_table()


def catalogue_shares(products: pa.Table, *, use: Resources = DEFAULT_RESOURCES) -> pa.Table:
    """Share of the products that have each vendor, category and tag, with the schema `inputs.CATALOGUE`."""
    with _connection(use, {"products": products}) as connection:
        return connection.sql(_sql("catalogue")).to_arrow_table().cast(CATALOGUE)


def data_quality(events: pa.Table, *, use: Resources = DEFAULT_RESOURCES) -> dict[str, int]:
    """Counts of `events`, `views`, `untimed_views`, `unknown`; of a table with event_type, page_type, view_duration."""
    with _connection(use, {"events": events}) as connection:
        found: dict[str, int] = connection.sql(_sql("data_quality")).to_arrow_table().to_pylist()[0]
        return found


@lru_cache(maxsize=64)
def definition_version(config: FeatureConfig = DEFAULT_CONFIG) -> str:
    """Of the SQL texts and the weights and windows: rows with another one are to be computed anew."""
    return version(config, [_sql(name) for name in ("vocabulary", *FAMILIES, "catalogue", "projection")])


def statements(config: FeatureConfig, as_of: int) -> list[str]:
    """The SQL of a computation over the tables of `Inputs`, vocabulary first, for whoever runs it without `compute`."""
    words = {**_words(config), "as_of": str(as_of), "read": str(as_of), "parts": ""}
    words |= {"every_customer": "TRUE", "every_pair": "TRUE"}
    texts = [_sql("vocabulary"), *(stage.text for stage in _stages()), _sql("projection")]
    return [_filled(text, words) for text in texts]


@dataclass(frozen=True, slots=True)
class _Stage:
    text: str
    done: tuple[str, ...]
    """Tables that nothing reads after it."""


@lru_cache(maxsize=1)
def _stages() -> tuple[_Stage, ...]:
    texts = [text.strip() for family in FAMILIES for text in _sql(family).split(";\n") if text.strip()]
    made = [re.search(r"^CREATE OR REPLACE TEMP TABLE (\w+)", text, re.MULTILINE) for text in texts]
    names = [found[1] for found in made if found]
    last = {name: max(i for i, text in enumerate(texts) if re.search(rf"\b{name}\b", text)) for name in names}
    del last["state"]
    return tuple(_Stage(text, tuple(name for name in last if last[name] == i)) for i, text in enumerate(texts))


@lru_cache(maxsize=32)
def _sql(name: str) -> str:
    return resources.files(__package__).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


@lru_cache(maxsize=64)
def _words(config: FeatureConfig) -> dict[str, str]:
    fixed = {"white": f"'{_WHITE}'", "place_span": str(_PLACE_SPAN), "version": f"'{definition_version(config)}'"}
    return literals(config) | fixed


def _parts(wanted: bool) -> str:
    return ", " + ", ".join(SCORE_PARTS) if wanted else ""


def _filled(text: str, words: dict[str, str]) -> str:
    return re.sub(r"\$(\w+)", lambda found: words[found[1]], text)


_kept = threading.local()


@contextlib.contextmanager
def _connection(use: Resources, tables: dict[str, pa.Table]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The connection of this thread, with tables registered for the time; thrown away after an error.

    Opening one takes longer than a small computation.
    """
    kept: dict[Resources, duckdb.DuckDBPyConnection] = _kept.__dict__.setdefault("connections", {})
    connection = kept.pop(use, None) or _open(use)
    try:
        for name, table in tables.items():
            connection.register(name, table)
        yield connection
        for name in tables:
            connection.unregister(name)
        for (name,) in connection.execute("SELECT table_name FROM duckdb_tables() WHERE temporary").fetchall():
            connection.execute(f"DROP TABLE {name}")
    except duckdb.OutOfMemoryException as error:
        connection.close()
        raise MemoryError("the features need more memory than they may use") from error
    except BaseException:
        connection.close()
        raise
    kept[use] = connection


def _open(use: Resources) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        ":memory:",
        config={
            "threads": use.threads,
            "memory_limit": f"{use.memory_mb}MiB",
            "temp_directory": str(use.spill) if use.spill else "",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
        },
    )
    connection.execute(_filled(_sql("vocabulary"), _words(DEFAULT_CONFIG)))
    # After the opening, which sets the spill folder.
    connection.execute("SET enable_external_access = FALSE")
    connection.execute("SET enable_progress_bar = FALSE")
    return connection
