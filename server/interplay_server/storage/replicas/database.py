"""Keys, certificates and tenants of another server's, read beside it: a key that it revokes is refused at once."""

import threading
from pathlib import Path

from interplay_server.errors import StorageIncompatible
from interplay_server.storage.replicas.ledger import open_read_only
from interplay_server.storage.server_database import APPLICATION_ID, VERSION, ServerDatabase


class ReplicaDatabase(ServerDatabase):
    """The reading half of `ServerDatabase`."""

    def __init__(self, path: Path) -> None:  # what the other one does first, it writes
        """Raises sqlite3.Error, StorageIncompatible."""
        self._lock = threading.Lock()
        self._db = open_read_only(path)
        marked = self._db.execute("PRAGMA application_id").fetchone()[0]
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if marked != APPLICATION_ID or version != VERSION:
            self._db.close()
            raise StorageIncompatible("all", f"{path.name} is foreign or of another version than this replica reads")
