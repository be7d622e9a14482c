"""What closed tenants hold, told from their folders without opening them: ten thousand of them are scanned in a second.

Blocking; for threads.
"""

import os
import re
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from interplay_server.storage import disk

TENANT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_WAL = "-wal"
Stamp = tuple[int, int, int]


def folders(data: Path, holding: str) -> Iterator[tuple[str, Path]]:
    """Names of tenants with a file of this name in their folder, and the file."""
    with os.scandir(data) as entries:
        names = [entry.name for entry in entries if TENANT_NAME.fullmatch(entry.name)]
    for name in sorted(names):
        file = data / name / holding
        if os.path.exists(file):  # noqa: PTH110 - of ten thousand
            yield name, file


@contextmanager
def peeking(database: Path) -> Iterator[sqlite3.Connection]:
    """A reader of a database that nobody has open. Raises sqlite3.Error.

    A read-only connection to a database in WAL mode leaves an empty log and 32 KiB of shared memory behind; where there
    is no log to be read, it is opened as a file that does not change.
    """
    mode = "mode=ro" if _size(database.with_name(database.name + _WAL)) else "immutable=1"
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?{mode}", uri=True)) as db:
        yield db


def holds_any(database: Path, queries: Iterable[str]) -> bool:
    """Whether one of these queries gives a row; one of tables that are not there gives none. Raises sqlite3.Error."""
    with peeking(database) as db:
        for query in queries:
            with suppress(sqlite3.OperationalError):
                if db.execute(query).fetchone() is not None:
                    return True
    return False


def stamp(database: Path) -> Stamp:
    """Another one after each change of a database that is closed; of its log too, where a kill left one."""
    found = os.stat(database)  # noqa: PTH116 - as above
    return found.st_mtime_ns, found.st_size, _size(database.with_name(database.name + _WAL))


def bytes_in(folder: str | os.PathLike[str]) -> int:
    """Of all files below a folder; links are not followed."""
    total = 0
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                if entry.is_dir(follow_symlinks=False):
                    total += bytes_in(entry.path)
                else:
                    total += entry.stat(follow_symlinks=False).st_size
    return total


def _size(file: Path) -> int:
    try:
        return os.stat(file).st_size  # noqa: PTH116 - as above
    except FileNotFoundError:
        return 0


class Values:
    """Values of the ledgers of closed tenants; a ledger is read again after it has changed."""

    def __init__(self, data: Path, ledger: str) -> None:
        self._data, self._ledger = data, ledger
        self._known: dict[tuple[str, str], tuple[Stamp, bool]] = {}

    def present(self, key: str) -> Iterator[tuple[str, bool]]:
        """Of every tenant, whether its ledger has a value under `key`."""
        for name, ledger in folders(self._data, self._ledger):
            yield name, self._has(name, ledger, key)

    def _has(self, name: str, ledger: Path, key: str) -> bool:
        try:
            now = stamp(ledger)
            before = self._known.get((name, key))
            if before is None or before[0] != now:
                with peeking(ledger) as db:
                    found = db.execute("SELECT 1 FROM meta WHERE key = ?", (key,)).fetchone() is not None
                before = self._known[name, key] = (now, found)
        except (OSError, *disk.LEDGER_FAULTS):
            # Being opened, gone meanwhile or damaged: whoever asks for the tenant is told.
            return False
        return before[1]


class Sizes:
    """Bytes of the folders of tenants. That of a closed one changes with its ledger, and is measured once."""

    def __init__(self, data: Path, ledger: str) -> None:
        self._data, self._ledger = data, ledger
        self._known: dict[str, tuple[Stamp, int]] = {}

    def of(self, names: Sequence[str], opened: Collection[str]) -> list[tuple[str, int]]:
        """Those that there are, in this order."""
        found = []
        for name in names:
            try:
                now = stamp(self._data / name / self._ledger)
            except OSError:
                self._known.pop(name, None)
                continue
            before = self._known.get(name)
            if before is None or before[0] != now or name in opened:
                before = (now, bytes_in(self._data / name))
                if name not in opened:
                    self._known[name] = before
            found.append((name, before[1]))
        return found
