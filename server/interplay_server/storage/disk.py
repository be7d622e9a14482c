"""What the operating system and SQLite say of a disk, in our words; flushing; owning a folder."""

import ctypes
import errno
import fcntl
import os
import re
import sqlite3
import sys
import threading
from pathlib import Path

import msgspec

from interplay_server.errors import (
    InternalError,
    InterplayError,
    StorageFull,
    StorageIncompatible,
    StorageReadOnly,
)
from interplay_server.storage.buckets import bucket

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}
_UNREADABLE = (sqlite3.Error, ValueError, RuntimeError, msgspec.MsgspecError)
LEDGER_FAULTS = (sqlite3.Error, UnicodeDecodeError)
"""What SQLite raises; where a schema is damaged, Python may be unable to decode what it says about it."""
_LEDGER = "the ledger"
_DAMAGED_TABLE = re.compile(
    r"Encountered corrupt file|LanceError\(Arrow\): Invalid argument error: .*(?:buffer|offset|UTF)"
    r"|failed to fill whole buffer|failed to decode Protobuf|panicked with message \"the offset \+ length of the sliced"
)
"""What LanceDB 0.40 said of 380 folders with flipped bytes. It checks no sums: some pages read as others instead."""
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class FolderInUse(Exception):
    """Another process owns the data folder."""


def flush_filesystem(folder: Path) -> None:
    """Flushes every file of the folder's file system: LanceDB itself never flushes. Raises OSError."""
    if _libc is None:
        os.sync()
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if _libc.syncfs(handle) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
    finally:
        os.close(handle)


def flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace_file(file: Path, content: bytes) -> None:
    """Readable by this user alone, and durable when it returns; another content is there whole until then. Blocking.
    Raises OSError.
    """
    draft = file.with_name(f".{file.name}.{threading.get_ident()}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(handle)
        draft.replace(file)
        flush_folder(file.parent)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def own_folder(folder: Path) -> int:
    """Locks the folder for this process until the returned handle is closed. Raises FolderInUse, OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise FolderInUse(f"another process owns {folder}; one process serves a data folder") from error
    return handle


def translate(error: BaseException, tenant: str) -> InterplayError:
    """The error that a caller gets for a fault below: full, read-only, damaged, or internal."""
    if isinstance(error, InterplayError):
        return error
    if (known := told(error, tenant)) is not None:
        return known
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            return StorageFull(tenant)
        if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}:
            return StorageReadOnly(tenant)
    code = getattr(error, "errno", None)
    text = str(error).lower()
    if code in _FULL or "no space left" in text or "quota exceeded" in text:
        return StorageFull(tenant)
    if code in _READ_ONLY or "read-only file system" in text or "permission denied" in text:
        return StorageReadOnly(tenant)
    return InternalError()


def unopened(error: Exception, tenant: str) -> InterplayError:
    """As `translate`, of a tenant that could not be opened: what cannot be read then is damaged."""
    known = translate(error, tenant)
    if isinstance(known, InternalError) and isinstance(error, _UNREADABLE):
        return StorageIncompatible(tenant, "the ledger or a table is damaged")
    return known


def told(error: BaseException, tenant: str) -> InterplayError | None:
    """What a caller gets for a fault that a read met: of an object store, or damage; None for any other."""
    if (fault := bucket.told(error, tenant)) is not None:
        return fault
    damaged = _damaged(error)
    return StorageIncompatible(tenant, f"{damaged} is damaged") if damaged else None


def _damaged(error: BaseException) -> str:
    """What is, as SQLite and LanceDB say it; else nothing."""
    if isinstance(error, UnicodeDecodeError):
        return _LEDGER if error.object.startswith(b"malformed database schema") else ""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        # Tables and columns of ours are there unless their names are not what they were.
        renamed = code == sqlite3.SQLITE_ERROR and str(error).startswith("no such ")
        return _LEDGER if renamed or code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB} else ""
    return "a table" if isinstance(error, RuntimeError) and _DAMAGED_TABLE.search(str(error)) else ""


def release(handle: int) -> None:
    """Gives a folder back."""
    os.close(handle)
