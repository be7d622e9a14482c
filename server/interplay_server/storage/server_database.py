"""`<data>/server.sqlite3`: API keys, the map from client certificates to tenants, tenants and quotas. Usable beside a
running server.
"""

import hashlib
import hmac
import secrets
import sqlite3
import threading
import time
from pathlib import Path

import msgspec

from interplay_server.domain.credentials import ApiKeyRecord, Credential, check_rights
from interplay_server.domain.custody import Quota, TenantRecord
from interplay_server.errors import StorageIncompatible
from interplay_server.storage.ledger import connect

VERSION = 2
APPLICATION_ID = 0x494E5453  # "INTS"
_SCHEMA = """
CREATE TABLE api_keys (api_key_id TEXT PRIMARY KEY, secret_hash BLOB NOT NULL, tenant TEXT NOT NULL,
    display_name TEXT NOT NULL, rights TEXT NOT NULL, create_time INTEGER NOT NULL, expire_time INTEGER,
    revoke_time INTEGER) WITHOUT ROWID;
CREATE INDEX api_keys_by_tenant ON api_keys (tenant, create_time);
CREATE TABLE certificates (common_name TEXT PRIMARY KEY, tenant TEXT NOT NULL, rights TEXT NOT NULL) WITHOUT ROWID;
"""
_TENANTS = """
CREATE TABLE tenants (name TEXT PRIMARY KEY, display_name TEXT NOT NULL, create_time INTEGER NOT NULL,
    quota BLOB NOT NULL) WITHOUT ROWID;
"""
_COLUMNS = "api_key_id, tenant, display_name, rights, create_time, expire_time, revoke_time"
PREFIX = "ipk"


class ServerDatabase:
    """Thread-safe. A key is `ipk_<id>_<secret>`; its secret has 256 bits and is stored as SHA-256 only."""

    def __init__(self, path: Path) -> None:
        """Raises sqlite3.Error, StorageIncompatible."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._db = connect(path)
        self._db.execute("PRAGMA wal_autocheckpoint = 100")
        marked = self._db.execute("PRAGMA application_id").fetchone()[0]
        tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if (tables and marked != APPLICATION_ID) or version > VERSION:
            self._db.close()
            raise StorageIncompatible("all", f"{path.name} is foreign or of a newer version")
        self._db.execute("PRAGMA journal_mode = WAL")
        if version < VERSION:
            first = f"{_SCHEMA} PRAGMA application_id = {APPLICATION_ID};" if not tables else ""
            self._db.executescript(f"BEGIN IMMEDIATE; {first} {_TENANTS} PRAGMA user_version = {VERSION}; COMMIT;")

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def create_key(
        self, tenant: str, display_name: str, rights: frozenset[str], expire_time: int | None = None
    ) -> tuple[ApiKeyRecord, str]:
        """The record and what the client sends. `expire_time` in microseconds. Raises ValueError for unknown rights."""
        check_rights(rights)
        key_id, secret = secrets.token_hex(8), secrets.token_hex(32)
        now = time.time_ns() // 1000
        record = ApiKeyRecord(key_id, tenant, display_name, rights, now, expire_time)
        with self._lock:
            self._db.execute(
                "INSERT INTO api_keys VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
                (key_id, _hash(secret), tenant, display_name, ",".join(sorted(rights)), now, expire_time),
            )
        return record, f"{PREFIX}_{key_id}_{secret}"

    def list_keys(
        self, tenant: str, *, show_revoked: bool = False, before: tuple[int, str] | None = None, limit: int = 1000
    ) -> list[ApiKeyRecord]:
        """Newest first; `before` is (create_time, id) of the last one seen."""
        time_, key_id = before or (2**62, "")
        rows = self._rows(
            f"SELECT {_COLUMNS} FROM api_keys WHERE tenant = ? AND (create_time, api_key_id) < (?, ?) "  # noqa: S608
            "AND (? OR revoke_time IS NULL) ORDER BY create_time DESC, api_key_id DESC LIMIT ?",
            tenant,
            time_,
            key_id,
            show_revoked,
            limit,
        )
        return [_record(row) for row in rows]

    def revoke_key(self, key_id: str, tenant: str | None = None) -> ApiKeyRecord | None:
        """None where no key of the tenant has the id. Revoking twice keeps the first time."""
        with self._lock:
            self._db.execute(
                "UPDATE api_keys SET revoke_time = coalesce(revoke_time, ?) "
                "WHERE api_key_id = ? AND (?3 IS NULL OR tenant = ?3)",
                (time.time_ns() // 1000, key_id, tenant),
            )
        rows = self._rows(f"SELECT {_COLUMNS} FROM api_keys WHERE api_key_id = ?", key_id)  # noqa: S608
        return _record(rows[0]) if rows and tenant in {None, rows[0][1]} else None

    def credential(self, key: str) -> Credential | None:
        """What a sent key may do; None for one that is unknown, expired or revoked."""
        prefix, _, rest = key.partition("_")
        key_id, _, secret = rest.partition("_")
        if prefix != PREFIX or not secret:
            return None
        rows = self._rows(
            "SELECT secret_hash, tenant, rights, expire_time, revoke_time FROM api_keys WHERE api_key_id = ?", key_id
        )
        if not rows:
            return None
        secret_hash, tenant, rights, expire_time, revoke_time = rows[0]
        expired = expire_time is not None and expire_time <= time.time_ns() // 1000
        if not hmac.compare_digest(secret_hash, _hash(secret)) or expired or revoke_time is not None:
            return None
        return Credential(f"key:{key_id}", tenant, frozenset(rights.split(",")))

    def map_certificate(self, common_name: str, tenant: str, rights: frozenset[str]) -> None:
        check_rights(rights)
        with self._lock:
            self._db.execute(
                "INSERT OR REPLACE INTO certificates VALUES (?, ?, ?)", (common_name, tenant, ",".join(sorted(rights)))
            )

    def certificate_credential(self, common_name: str) -> Credential | None:
        rows = self._rows("SELECT tenant, rights FROM certificates WHERE common_name = ?", common_name)
        return Credential(f"certificate:{common_name}", rows[0][0], frozenset(rows[0][1].split(","))) if rows else None

    def revoke_keys_of(self, tenant: str) -> int:
        """Revokes every key of a tenant and forgets its certificates. Gives how many keys that were."""
        with self._lock:
            done = self._db.execute(
                "UPDATE api_keys SET revoke_time = ? WHERE tenant = ? AND revoke_time IS NULL",
                (time.time_ns() // 1000, tenant),
            )
            self._db.execute("DELETE FROM certificates WHERE tenant = ?", (tenant,))
            return done.rowcount

    def tenants(self) -> list[TenantRecord]:
        """Those that were made by an operator, in alphabetical order."""
        return [_tenant(row) for row in self._rows("SELECT * FROM tenants ORDER BY name")]

    def tenant(self, name: str) -> TenantRecord | None:
        return next((_tenant(row) for row in self._rows("SELECT * FROM tenants WHERE name = ?", name)), None)

    def save_tenant(self, record: TenantRecord) -> None:
        quota = msgspec.msgpack.encode(record.quota)
        with self._lock:
            self._db.execute(
                "INSERT OR REPLACE INTO tenants VALUES (?, ?, ?, ?)",
                (record.name, record.display_name, record.create_time, quota),
            )

    def forget_tenant(self, name: str) -> None:
        with self._lock:
            self._db.execute("DELETE FROM tenants WHERE name = ?", (name,))

    def has_keys(self) -> bool:
        return bool(self._rows("SELECT 1 FROM api_keys WHERE revoke_time IS NULL LIMIT 1"))

    def _rows(self, statement: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _record(row: sqlite3.Row) -> ApiKeyRecord:
    key_id, tenant, name, rights, created, expires, revoked = row
    return ApiKeyRecord(key_id, tenant, name, frozenset(rights.split(",")), created, expires, revoked)


def _tenant(row: sqlite3.Row) -> TenantRecord:
    name, display_name, created, quota = row
    return TenantRecord(name, display_name, created, msgspec.msgpack.decode(quota, type=Quota))
