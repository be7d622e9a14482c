"""Backups of a tenant's folder: what was cut out of it, copied beside checksums, verified, and put back.

Blocking; call it in a thread. Files of LanceDB never change once they are written, so a file with the path, size and
time of change of one in an earlier backup is that one, and is linked to it. A file that is found to be damaged gets
another time of change, in every backup that shares it, so that no later backup is linked to it.
"""

import contextlib
import errno
import hashlib
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import TypeVar

import msgspec

from interplay_server.domain.custody import BACKUP_FORMAT, BackedUpFile, Backup, BackupHead, Progress
from interplay_server.domain.operation import CANCELLED, PENDING, RUNNING, Operation
from interplay_server.errors import BackupDamaged, BackupIncompatible, BackupNotFound, InterplayError
from interplay_server.storage import disk, migrations
from interplay_server.storage.vault import NAME as VAULT

LEDGER, TABLES, SPOOL = "ledger.sqlite3", "lance", "spool"
MANIFEST, SEAL, PART = "manifest.json", "manifest.sha256", ".part"
H = TypeVar("H", bound=BackupHead)
_CHUNK = 2**20
_ATTEMPTS = 5
_NO_LINKS = {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS}
"""What a file system says that cannot link here."""


class _Format(msgspec.Struct):
    format: int


def cut(folder: Path, staging: Path) -> int:
    """Copies the databases and links everything else of a tenant's folder, while nothing is applied to its tables.
    Gives the journal sequence that the copy is consistent to. Raises OSError, sqlite3.Error.
    """
    staging.mkdir()
    _copy_database(folder / LEDGER, staging / LEDGER)
    _link_tables(folder / TABLES, staging / TABLES)
    # A spooled image that goes meanwhile is in the tables.
    _link_all(folder / SPOOL, staging / SPOOL, missing=contextlib.suppress(FileNotFoundError))
    if (folder / VAULT).exists():
        # After the ledger: a key is made before the first event that it seals.
        _copy_database(folder / VAULT, staging / VAULT)
    return last_seq(staging / LEDGER)


def last_seq(ledger: Path) -> int:
    with closing(sqlite3.connect(ledger)) as db:
        row = db.execute("SELECT seq + count - 1 FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
        trimmed = db.execute("SELECT value FROM meta WHERE key = 'trimmed_seq'").fetchone()
    return max(row[0] if row else 0, int(trimmed[0]) if trimmed else 0)


def store(staging: Path, target: Path, draft: Backup, previous: Path | None, progress: Progress) -> Backup:
    """Copies what was cut to `target`, all or nothing, and says what it is. What `progress` raises ends the work, of
    which nothing is left. Raises OSError.
    """
    known = _known(previous)
    with _whole(target.with_name(target.name + PART)) as part:
        found = [(path, file, file.stat()) for path, file in _files(staging)]
        total, done, linked = sum(stat.st_size for *_, stat in found), 0, 0
        files = []
        for path, file, stat in found:
            made, old = part / path, known.get(path)
            made.parent.mkdir(parents=True, exist_ok=True)
            same = old is not None and (old.size, old.modified) == (stat.st_size, stat.st_mtime_ns)
            if same and previous is not None and old is not None and _linked(previous / path, made, old):
                files.append(old)
                linked += old.size
            else:
                digest = _copy(_chunks(file, _further(progress, done, total)), made)
                os.utime(made, ns=(stat.st_atime_ns, stat.st_mtime_ns))
                files.append(BackedUpFile(path, stat.st_size, stat.st_mtime_ns, digest))
            done += stat.st_size
            progress(done, total)
        backup = msgspec.structs.replace(
            draft, files=tuple(files), file_count=len(files), bytes=total, linked_bytes=linked
        )
        text = msgspec.json.format(msgspec.json.encode(backup), indent=1)
        (part / MANIFEST).write_bytes(text)
        (part / SEAL).write_text(hashlib.sha256(text).hexdigest() + "\n")
        disk.flush_filesystem(part)
        part.rename(target)
        disk.flush_folder(target.parent)
    return backup


def read(folder: Path) -> Backup:
    """Raises BackupNotFound, BackupDamaged, BackupIncompatible."""
    found = _manifest(folder, Backup)
    if not all(_inside(file.path) for file in found.files):
        raise BackupIncompatible(folder.name, "its manifest names a file that is no tenant's")
    return found


def head(folder: Path) -> BackupHead:
    """Without the files, of which there may be very many. Raises as `read` does."""
    return _manifest(folder, BackupHead)


def _manifest(folder: Path, kind: type[H]) -> H:
    try:
        text, seal = (folder / MANIFEST).read_bytes(), (folder / SEAL).read_text().strip()
    except (FileNotFoundError, NotADirectoryError):
        if not folder.is_dir():
            raise BackupNotFound(folder.name) from None
        raise BackupDamaged(folder.name, MANIFEST, "is missing") from None
    except UnicodeDecodeError:
        raise BackupDamaged(folder.name, SEAL, "cannot be read") from None
    except OSError as error:
        raise BackupDamaged(folder.name, MANIFEST, f"cannot be read ({error.strerror})") from error
    if hashlib.sha256(text).hexdigest() != seal:
        raise BackupDamaged(folder.name, MANIFEST, "is not what it was")
    try:
        stated = msgspec.json.decode(text, type=_Format).format
        if stated != BACKUP_FORMAT:
            raise BackupIncompatible(folder.name, f"its format is {stated}, this server knows {BACKUP_FORMAT}")
        found = msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise BackupIncompatible(folder.name, "its manifest says something else") from error
    if found.ledger_version > migrations.LEDGER_VERSION:
        why = f"its ledger has version {found.ledger_version}, this server knows {migrations.LEDGER_VERSION}"
        raise BackupIncompatible(folder.name, why)
    # A folder that was renamed by hand is found under the name that it has.
    return msgspec.structs.replace(found, backup_id=folder.name)


def verify(folder: Path, progress: Progress) -> Backup:
    """Reads every byte. Raises BackupDamaged naming the first file that is not what it was."""
    found, done = read(folder), 0
    for file in found.files:
        digest = hashlib.sha256()
        for chunk in _stored(folder, file, _further(progress, done, found.bytes)):
            digest.update(chunk)
        _expect(folder, file, digest.hexdigest())
        done += file.size
        progress(done, found.bytes)
    return found


def unpack(folder: Path, target: Path, progress: Progress) -> Backup:
    """Copies a backup to a folder that is not there yet, verifying every byte; leaves nothing if it fails. Raises
    BackupNotFound, BackupDamaged, BackupIncompatible, and OSError where `target` cannot be written.
    """
    found, done = read(folder), 0
    with _whole(target):
        for file in found.files:
            made = target / file.path
            made.parent.mkdir(parents=True, exist_ok=True)
            _expect(folder, file, _copy(_stored(folder, file, _further(progress, done, found.bytes)), made))
            # Later backups of what is restored are linked to this one.
            os.utime(made, ns=(file.modified, file.modified))
            done += file.size
            progress(done, found.bytes)
    return found


def renew(
    ledger: Path, epoch: str, forget_meta: tuple[str, ...], forget_operations: tuple[str, ...], *, moved: bool
) -> None:
    """Makes a restored ledger one of its own: resume tokens of before are void, and a backup that was under way when
    this one was made is not taken up. In a tenant of another name no operation is: it is the other tenant's.
    """
    unfinished = f"state IN ('{RUNNING}', '{PENDING}')"
    with closing(sqlite3.connect(ledger, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT OR REPLACE INTO meta VALUES ('epoch', ?)", (epoch,))
        db.executemany("DELETE FROM meta WHERE key = ?", [(key,) for key in forget_meta])
        db.executemany(
            f"DELETE FROM operations WHERE kind = ? AND {unfinished}",  # noqa: S608 - words of ours
            [(kind,) for kind in forget_operations],
        )
        if moved:
            rows = db.execute(f"SELECT operation_id, record FROM operations WHERE {unfinished}").fetchall()  # noqa: S608 - words of ours
            for operation_id, record in rows:
                ended = msgspec.structs.replace(
                    msgspec.msgpack.decode(record, type=Operation), state=CANCELLED, update_time=now(), end_time=now()
                )
                db.execute(
                    "UPDATE operations SET state = ?, end_time = ?, record = ? WHERE operation_id = ?",
                    (ended.state, ended.end_time, msgspec.msgpack.encode(ended), operation_id),
                )
        db.execute("COMMIT")


def backups(root: Path) -> list[Path]:
    """The whole backups below a tenant's folder, the newest first by the time they were made."""
    if not root.is_dir():
        return []
    whole = [path for path in root.iterdir() if path.is_dir() and not path.name.endswith(PART)]
    return sorted(whole, key=lambda path: path.stat().st_mtime_ns, reverse=True)


def remove_parts(root: Path) -> None:
    """Removes what kills left of backups and of their deletion. Nobody else is at work in the folder."""
    if root.is_dir():
        for left in root.glob(f"*{PART}"):
            shutil.rmtree(left, ignore_errors=True)


def now() -> int:
    """Microseconds."""
    return time.time_ns() // 1000


@contextlib.contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """A folder that is made anew and goes again if the work fails."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _expect(folder: Path, file: BackedUpFile, digest: str) -> None:
    if digest != file.sha256:
        with contextlib.suppress(OSError):
            os.utime(folder / file.path)
        raise BackupDamaged(folder.name, file.path, "is not what it was")


def _inside(path: str) -> bool:
    """Whether a path is one of a tenant's folder, and of nothing around it."""
    parts = PurePosixPath(path).parts
    if ".." in parts or "\0" in path or not parts:
        return False
    return path in {LEDGER, VAULT} or (len(parts) > 1 and parts[0] in {TABLES, SPOOL})


def _known(previous: Path | None) -> dict[str, BackedUpFile]:
    if previous is None:
        return {}
    try:
        return {file.path: file for file in read(previous).files}
    except InterplayError:
        return {}


def _copy_database(source: Path, target: Path) -> None:
    """In one step, of one moment; whoever writes meanwhile is not held up (WAL)."""
    with closing(sqlite3.connect(source, timeout=10)) as from_, closing(sqlite3.connect(target)) as to:
        # It is copied once more before it is relied on.
        to.execute("PRAGMA synchronous = OFF")
        from_.backup(to)


def _link_tables(source: Path, target: Path) -> None:
    """Again where a file goes meanwhile: an optimisation that was cancelled may still prune old versions."""
    for attempt in range(_ATTEMPTS):
        try:
            _link_all(source, target, missing=contextlib.nullcontext())
        except FileNotFoundError:
            if attempt == _ATTEMPTS - 1:
                raise
            shutil.rmtree(target)
        else:
            return


def _link_all(source: Path, target: Path, *, missing: contextlib.AbstractContextManager[None]) -> None:
    links, made_folders = True, set()
    for path, file in _files(source):
        made = target / path
        if made.parent not in made_folders:
            made.parent.mkdir(parents=True, exist_ok=True)
            made_folders.add(made.parent)
        with missing:
            if links:
                try:
                    os.link(file, made)
                except OSError as error:
                    if error.errno not in _NO_LINKS:
                        raise
                    links = False
            if not links:
                shutil.copy2(file, made)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for at, folders, names in os.walk(folder):
        folders.sort()
        inside = Path(at).relative_to(folder)
        for name in sorted(names):
            yield (inside / name).as_posix(), Path(at, name)


def _linked(source: Path, target: Path, stated: BackedUpFile) -> bool:
    try:
        stat = source.stat()
        if (stat.st_size, stat.st_mtime_ns) != (stated.size, stated.modified):
            return False
        os.link(source, target)
    except OSError:
        return False
    return True


def _further(progress: Progress, done: int, total: int) -> Callable[[int], None]:
    """Tells of bytes of a file, beyond those of the files before it."""
    return lambda read_: progress(done + read_, total)


def _chunks(source: Path, tell: Callable[[int], None]) -> Iterator[bytes]:
    done = 0
    with source.open("rb") as opened:
        while chunk := opened.read(_CHUNK):
            yield chunk
            done += len(chunk)
            if len(chunk) == _CHUNK:
                tell(done)


def _stored(folder: Path, file: BackedUpFile, tell: Callable[[int], None]) -> Iterator[bytes]:
    """The bytes of a file of a backup; one that has grown is not read to its end. Raises BackupDamaged."""
    left = file.size
    chunks = _chunks(folder / file.path, tell)
    while left >= 0:
        try:
            chunk = next(chunks, None)
        except FileNotFoundError:
            raise BackupDamaged(folder.name, file.path, "is missing") from None
        except OSError as error:
            raise BackupDamaged(folder.name, file.path, f"cannot be read ({error.strerror})") from error
        if chunk is None:
            return
        left -= len(chunk)
        yield chunk


def _copy(chunks: Iterator[bytes], target: Path) -> str:
    digest = hashlib.sha256()
    with target.open("wb") as write:
        for chunk in chunks:
            digest.update(chunk)
            write.write(chunk)
    return digest.hexdigest()
