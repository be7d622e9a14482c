"""`interplay` forked from processes that have imported everything: a server is there after a few tenths of a second, not
after three, and a command costs a tenth of the processor time.

Each is what `python -m interplay_server` becomes, with a process, a folder, ports and an end of its own. A run of the tests
starts thousands, and most of its time went into importing the same modules again. Linux only; INTERPLAY_COLD=1 starts each
anew.
"""

import gc
import importlib
import json
import os
import pkgutil
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import IO, NamedTuple, NoReturn

_MOST_BYTES = 1 << 20


class WarmProcess:
    """What the tests use of `subprocess.Popen`."""

    def __init__(self, pid: int, status: int, stdout: IO[str] | None = None) -> None:
        self.pid, self.stdout = pid, stdout
        self.returncode: int | None = None
        self._status = os.fdopen(status, "rb")

    def poll(self) -> int | None:
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Raises TimeoutExpired."""
        if self.returncode is None:
            with selectors.DefaultSelector() as selector:
                selector.register(self._status, selectors.EVENT_READ)
                if not selector.select(timeout):
                    raise subprocess.TimeoutExpired(f"interplay, process {self.pid}", timeout or 0)
            self.returncode = int(self._status.read() or -signal.SIGKILL)
            self._status.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class _Wish(NamedTuple):
    arguments: Sequence[str]
    environment: dict[str, str]
    folder: str


class Nursery:
    """Forks `interplay` from a process that has imported these modules; `package.*` are all of a package."""

    def __init__(self, *modules: str) -> None:
        self._modules = modules
        self._process: subprocess.Popen[bytes] | None = None
        self._asking = threading.Lock()
        self.enabled = False

    def enable(self) -> None:
        """From now on processes may be started in this one."""
        self.enabled = sys.platform == "linux" and not os.environ.get("INTERPLAY_COLD")

    def start(self, arguments: Sequence[str], environment: dict[str, str], log: IO[str]) -> WarmProcess:
        """With this environment alone and nothing to read; standard error goes to `log`, standard output to a pipe."""
        out, into = os.pipe()
        with Path(os.devnull).open() as nothing:
            wish = _Wish(arguments, environment, str(Path.cwd()))
            pid, status = self._forked(wish, [nothing.fileno(), into, log.fileno()])
        os.close(into)
        return WarmProcess(pid, status, os.fdopen(out))

    def run(
        self, arguments: Sequence[str], environment: dict[str, str], folder: Path, stdin: str, timeout: float
    ) -> "subprocess.CompletedProcess[str]":
        """To its end, after `timeout` seconds at the latest. Raises TimeoutExpired."""
        with tempfile.TemporaryFile("w+") as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            given.write(stdin)
            given.seek(0)
            wish = _Wish(arguments, environment, str(folder))
            process = WarmProcess(*self._forked(wish, [one.fileno() for one in (given, out, err)]))
            try:
                code = process.wait(timeout)
            finally:
                process.kill()
                process.wait()
            for one in (out, err):
                one.seek(0)
            return subprocess.CompletedProcess(list(arguments), code, out.read().decode(), err.read().decode())

    def close(self) -> None:
        """What still runs goes on."""
        if self._process is not None:
            self._wishes.close()
            self._process.wait()
            self._process = None

    def _forked(self, wish: _Wish, files: list[int]) -> tuple[int, int]:
        """Its process id, and a file that will say how it ended."""
        status, told = os.pipe()
        with self._asking:
            if self._process is None:
                self._make()
            socket.send_fds(self._wishes, [json.dumps(wish).encode()], [*files, told])
            answer = self._wishes.recv(64)
        os.close(told)
        assert answer, "the process that others are forked from has ended"
        return int(answer), status

    def _make(self) -> None:
        self._wishes, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", __name__, str(theirs.fileno()), *self._modules]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)


SERVERS = Nursery("interplay_server.app", "interplay_server.cli.serve")
COMMANDS = Nursery("interplay_server.cli.*")


def _serve_wishes(asked: socket.socket) -> None:
    """Forks a keeper for each wish, which forks what is wished and tells how it ended. Returns in the latter alone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        wish, files, _, _ = socket.recv_fds(asked, _MOST_BYTES, 4)
        if not wish:
            os._exit(0)
        if not os.fork():
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            if child := os.fork():
                _keep(child, asked, files)
            asked.close()
            _become(_Wish(*json.loads(wish)), files)
            return
        for one in files:
            os.close(one)


def _keep(child: int, asked: socket.socket, files: list[int]) -> NoReturn:
    asked.send(str(child).encode())
    asked.close()
    *theirs, status = files
    for one in theirs:
        os.close(one)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    os.write(status, str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())
    os._exit(0)


def _become(wish: _Wish, files: list[int]) -> None:
    *standard, status = files
    os.close(status)
    for number, one in enumerate(standard):
        os.dup2(one, number)
        os.close(one)
    os.chdir(wish.folder)
    os.environ.clear()
    os.environ.update(wish.environment)
    time.tzset()
    sys.argv = ["interplay", *wish.arguments]


def _imported(name: str) -> None:
    if name.endswith(".*"):
        package = importlib.import_module(name[:-2])
        for one in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(one.name)
    else:
        importlib.import_module(name)


def main() -> None:
    gc.disable()
    # Nothing of it is in use when a server is forked.
    warnings.filterwarnings("ignore", "lancedb fork support is experimental", RuntimeWarning)
    for name in sys.argv[2:]:
        _imported(name)
    from interplay_server import cli  # noqa: PLC0415

    gc.collect()
    gc.freeze()
    _serve_wishes(socket.socket(fileno=int(sys.argv[1])))
    gc.enable()
    try:
        sys.exit(cli.main())
    finally:
        if "duckdb" in sys.modules:
            # Frozen, it complains of leaks where a server did not come to start.
            gc.unfreeze()


if __name__ == "__main__":
    main()
