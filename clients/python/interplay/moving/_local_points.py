"""Points of a local qdrant folder, read without qdrant and without running what a pickle asks for.

qdrant-client keeps each point as a pickled model. Here models become empty stand-ins that only take fields, and
everything but plain values is refused, so a file from elsewhere cannot run code.
"""

import io
import pickle
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Self

from interplay.moving.records import SourceError


class _Model:
    """Takes the place of any model of qdrant-client."""

    def __new__(cls, *_: Any, **__: Any) -> Self:
        self = super().__new__(cls)
        self.fields = {}
        return self

    fields: dict[str, Any]

    def __setstate__(self, state: Any) -> None:
        given = state.get("__dict__", state) if isinstance(state, Mapping) else {}
        self.fields = dict(given)


_PLAIN = {"dict": dict, "list": list, "set": set, "frozenset": frozenset, "tuple": tuple, "complex": complex}


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module.partition(".")[0] == "qdrant_client":
            return _Model
        if module == "builtins" and name in _PLAIN:
            return _PLAIN[name]
        if (module, name) == ("uuid", "UUID"):
            return _Model
        raise pickle.UnpicklingError(f"a point that asks for {module}.{name}")


def read(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Id and payload of each point; of several copies the latest. Raises SourceError for a point that is not plain."""
    seen = set()
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
        rows = db.execute("SELECT point FROM points ORDER BY rowid DESC").fetchall()
    for (value,) in rows:
        try:
            point = _Reader(io.BytesIO(value)).load()
        except Exception as error:  # a pickle that is broken raises anything
            raise SourceError(f"{path}: {error}") from error
        fields = point.fields if isinstance(point, _Model) else {}
        name, payload = str(fields.get("id", "")), fields.get("payload")
        if name and name not in seen and isinstance(payload, Mapping):
            seen.add(name)
            yield name, dict(payload)
