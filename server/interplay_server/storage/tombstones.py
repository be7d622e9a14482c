"""A copy of a tenant's tombstones beside its ledger: where that is damaged, a restore still knows who was erased.

It names pseudonyms alone.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import msgspec
import structlog

from interplay_server.storage.disk import replace_file

NAME = "tombstones.json"
_log = structlog.get_logger(__name__)


class _Copy(msgspec.Struct):
    origin: str
    tombstones: dict[str, str]


def write(folder: Path, secret: bytes, tombstones: Mapping[str, str]) -> None:
    """Durable when it returns. Blocking. Raises OSError."""
    replace_file(folder / NAME, msgspec.json.encode(_Copy(_origin(secret), dict(tombstones))))


def read(folder: Path, secret: bytes) -> dict[str, str]:
    """Empty where there is none, or it is of a tenant of another origin. Blocking."""
    try:
        copy = msgspec.json.decode((folder / NAME).read_bytes(), type=_Copy)
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError) as error:
        _log.error("cannot read the copy of tombstones", folder=folder.name, error=repr(error))
        return {}
    return copy.tombstones if copy.origin == _origin(secret) else {}


def _origin(secret: bytes) -> str:
    return hashlib.sha256(secret).hexdigest()
