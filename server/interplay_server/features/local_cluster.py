"""A Ray cluster of this machine, kept by a process of its own.

Ray forks while it starts, which a process whose threads call gRPC cannot bear. The keeper starts the cluster and ends
it when its input ends: when it is told to, and when the process that asked for it is no more, however that ended.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import MutableMapping
from pathlib import Path
from typing import IO, Any

START_SECONDS = 150
STOP_SECONDS = 30
_TOLD = 2000
"""Characters of what the keeper said of a failure."""


def shield(environment: MutableMapping[str, str], *, loopback: bool) -> None:
    """To be called before Ray is imported: no usage statistics, and on the loopback a token that is asked for."""
    environment["RAY_USAGE_STATS_ENABLED"] = "0"
    environment.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    if loopback:
        environment.setdefault("RAY_AUTH_MODE", "token")
        # Ray takes a loopback address for that of the network card unless it is told that there are no clusters.
        environment.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")


class LocalCluster:
    """`workers` processors, on the loopback; all of those that the machine has where it is None."""

    def __init__(self, workers: int | None) -> None:
        self._workers = workers
        self._keeper: subprocess.Popen[str] | None = None
        self._folder: Path | None = None
        self._started = False

    def start(self) -> str:
        """Its address. Blocks; raises ConnectionError with what the keeper said."""
        # Paths of sockets have to be short, which those of macOS's own folder are not.
        where = "/tmp" if sys.platform == "darwin" else None  # noqa: S108 - the folder in it is nobody else's
        folder = self._folder = Path(tempfile.mkdtemp(prefix="ray-", dir=where))
        environment = dict(os.environ)
        shield(environment, loopback=True)
        # Only for machines under load: a start takes seconds.
        environment["RAY_gcs_server_port_wait_time_s"] = str(START_SECONDS)
        command = [sys.executable, "-m", __name__, str(folder), str(self._workers or 0)]
        with (folder / "keeper.log").open("w") as log:
            # A session of its own: Ctrl-C is for the server, which ends the cluster when it is done with it.
            keeper = self._keeper = subprocess.Popen(  # noqa: S603 - this interpreter
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=environment,
                start_new_session=True,
            )
        limit = threading.Timer(START_SECONDS, keeper.kill)
        limit.start()
        try:
            address = _pipe(keeper.stdout).readline().strip()
        finally:
            limit.cancel()
        if not address:
            with contextlib.suppress(subprocess.TimeoutExpired):
                keeper.wait(STOP_SECONDS)
            said = (folder / "keeper.log").read_text(errors="replace")[-_TOLD:] if folder.exists() else ""
            self.stop()
            raise ConnectionError(f"the Ray cluster of this machine did not start: {said.strip() or 'it was ended'}")
        self._started = True
        return address

    def give_up(self) -> None:
        """Ends a start under way in another thread."""
        if self._keeper is not None and not self._started:
            self._keeper.kill()

    def stop(self) -> None:
        """Blocks until its processes are told to end."""
        keeper, folder = self._keeper, self._folder
        self._keeper, self._folder, self._started = None, None, False
        if keeper is not None:
            with contextlib.suppress(BrokenPipeError):
                _pipe(keeper.stdin).close()
            try:
                keeper.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                keeper.kill()
                keeper.wait()
            _pipe(keeper.stdout).close()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def _pipe(of: IO[str] | None) -> IO[str]:
    assert of is not None  # noqa: S101 - it was asked for
    return of


def keep(folder: Path, workers: int | None) -> None:
    """Starts a cluster, tells its address and ends it when the input ends."""
    shield(os.environ, loopback=True)
    import ray  # noqa: PLC0415 - an extra

    given: dict[str, Any] = {"num_cpus": workers, "include_dashboard": False, "_temp_dir": str(folder)}
    try:
        ray.init("local", _node_ip_address="127.0.0.1", log_to_driver=False, configure_logging=False, **given)
        # Broken where who asked is no more.
        with contextlib.suppress(BrokenPipeError):
            sys.stdout.write(f"{ray.get_runtime_context().gcs_address}\n")
            sys.stdout.flush()
        sys.stdin.read()
    finally:
        ray.shutdown()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    keep(Path(sys.argv[1]), int(sys.argv[2]) or None)
