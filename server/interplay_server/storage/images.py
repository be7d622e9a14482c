"""Images on their way into LanceDB: content-addressed files, flushed before the ledger row that names them."""

import threading
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from interplay_server.storage.disk import replace_file


class ImageSpool:
    """Blocking; call it in a thread. A file stays until its bytes are in LanceDB and flushed, for every row that was
    or will be published with it: each `put` and each recovered row holds it once, each applied row lets it go once.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: Counter[str] = Counter()
        self._lock = threading.Lock()

    def hold(self, sha256: str) -> None:
        with self._lock:
            self._held[sha256] += 1

    def put(self, sha256: str, data: bytes) -> None:
        """Raises OSError; a broken-off put leaves nothing under the name."""
        self.hold(sha256)
        target = self._folder / sha256
        if target.exists():
            return
        self._folder.mkdir(exist_ok=True)
        replace_file(target, data)

    def get(self, sha256: str) -> bytes | None:
        try:
            return (self._folder / sha256).read_bytes()
        except FileNotFoundError:
            return None

    def drop(self, sha256s: Iterable[str]) -> None:
        for sha256 in sha256s:
            with self._lock:
                self._held[sha256] -= 1
                if self._held[sha256] <= 0:
                    del self._held[sha256]
                    (self._folder / sha256).unlink(missing_ok=True)

    def sweep(self, wanted: set[str]) -> None:
        """Removes what no journal entry names: left by a kill between a put and its commit."""
        if self._folder.is_dir():
            for file in self._folder.iterdir():
                if file.name not in wanted:
                    file.unlink(missing_ok=True)
