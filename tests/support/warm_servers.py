"""Servers forked from a process that has imported everything: a start takes a few tenths of a second, not three.

Each is what `python -m interplay_server serve` becomes, with a process, a folder, a port and an end of its own. A run of
the tests starts hundreds, and most of its processor time went into importing the same modules again. Linux only;
INTERPLAY_COLD_SERVERS=1 starts each anew.
"""

import gc
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import IO, NamedTuple, NoReturn

_MOST_BYTES = 1 << 20


class _Nursery(NamedTuple):
    process: subprocess.Popen[bytes]
    wishes: socket.socket


class _State:
    enabled = False
    nursery: _Nursery | None = None
    asking = threading.Lock()


def enable() -> None:
    """From now on `start` may be called in this process."""
    _State.enabled = sys.platform == "linux" and not os.environ.get("INTERPLAY_COLD_SERVERS")


def enabled() -> bool:
    return _State.enabled


class WarmServer:
    """What the tests use of `subprocess.Popen`."""

    def __init__(self, pid: int, stdout: IO[str], status: int) -> None:
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
                    raise subprocess.TimeoutExpired(f"server {self.pid}", timeout or 0)
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


def start(arguments: list[str], environment: dict[str, str], log: IO[str]) -> WarmServer:
    """`interplay` with these arguments and this environment alone; standard error goes to `log`."""
    wish = json.dumps({"arguments": arguments, "environment": environment, "folder": str(Path.cwd())})
    out, status = os.pipe(), os.pipe()
    with _State.asking:
        nursery = _State.nursery = _State.nursery or _made()
        socket.send_fds(nursery.wishes, [wish.encode()], [out[1], log.fileno(), status[1]])
        answer = nursery.wishes.recv(64)
    os.close(out[1])
    os.close(status[1])
    assert answer, "the process that servers are forked from has ended"
    return WarmServer(int(answer), os.fdopen(out[0]), status[0])


def _made() -> _Nursery:
    ours, theirs = socket.socketpair()
    with theirs:
        command = [sys.executable, "-m", __name__, str(theirs.fileno())]
        return _Nursery(subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL), ours)


def close() -> None:
    """Servers that still run go on."""
    if _State.nursery is not None:
        _State.nursery.wishes.close()
        _State.nursery.process.wait()
        _State.nursery = None


def _serve_wishes(asked: socket.socket) -> None:
    """Forks a keeper for each wish, which forks the server and tells how it ended. Returns in the server alone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        wish, files, _, _ = socket.recv_fds(asked, _MOST_BYTES, 3)
        if not wish:
            os._exit(0)
        if not os.fork():
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            if server := os.fork():
                _keep(server, asked, files)
            asked.close()
            _become(json.loads(wish), *files)
            return
        for one in files:
            os.close(one)


def _keep(server: int, asked: socket.socket, files: list[int]) -> NoReturn:
    asked.send(str(server).encode())
    asked.close()
    out, log, status = files
    os.close(out)
    os.close(log)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    os.write(status, str(os.waitstatus_to_exitcode(os.waitpid(server, 0)[1])).encode())
    os._exit(0)


def _become(wish: dict, out: int, log: int, status: int) -> None:
    os.close(status)
    os.dup2(out, 1)
    os.dup2(log, 2)
    os.close(out)
    os.close(log)
    os.chdir(wish["folder"])
    os.environ.clear()
    os.environ.update(wish["environment"])
    time.tzset()
    sys.argv = ["interplay", *wish["arguments"]]


def main() -> None:
    gc.disable()
    # Nothing of it is in use when a server is forked.
    warnings.filterwarnings("ignore", "lancedb fork support is experimental", RuntimeWarning)
    import interplay_server.app  # noqa: PLC0415
    import interplay_server.cli.serve  # noqa: F401, PLC0415
    from interplay_server import cli, memory  # noqa: PLC0415

    gc.collect()
    gc.freeze()
    _serve_wishes(socket.socket(fileno=int(sys.argv[1])))
    try:
        sys.exit(cli.main())
    finally:
        memory.collect_again()


if __name__ == "__main__":
    main()
