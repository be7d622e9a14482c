"""A real server in a process of its own, on a free port, over a folder of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support import warm

# Before anybody imports them: their assertions are to speak too.
pytest.register_assert_rewrite("tests.service.kit", "tests.service.learning_kit")

ROOT = Path(__file__).parent.parent
START_SECONDS = 60


class ServerProcess:
    """`python -m interplay_server serve`; `restart` keeps folder and port."""

    def __init__(self, data: Path, *flags: str, environment: dict[str, str] | None = None) -> None:
        self.data = data
        self._flags = flags
        self._environment = environment or {}
        self.target = "127.0.0.1:0"
        self.process: subprocess.Popen[str] | warm.WarmProcess | None = None
        self.log = data.parent / f"{data.name}.log"

    def start(self, *, wait: bool = True) -> "ServerProcess":
        arguments = ["serve", "--listen", self.target, "--data", str(self.data), *self._flags]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("INTERPLAY_")}
        environment |= self._environment
        with self.log.open("a") as log:
            if warm.SERVERS.enabled:
                self.process = warm.SERVERS.start(arguments, environment, log)
            else:
                command = [sys.executable, "-m", "interplay_server", *arguments]
                self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self) -> None:
        assert self.process is not None and self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.fullmatch(r"listening on (\S+)\n", line)
        assert found, f"the server did not start: {line!r}\n{self.log.read_text()[-4000:]}"
        self.target = found[1]

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def terminate(self, timeout: float = 30) -> int:
        return self._end(signal.SIGTERM, timeout)

    def restart(self) -> "ServerProcess":
        if self.process is not None:
            self.kill()
        return self.start()

    def _end(self, number: signal.Signals, timeout: float = 30) -> int:
        assert self.process is not None
        process, self.process = self.process, None
        process.send_signal(number)
        try:
            return process.wait(timeout)
        finally:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def stop(self) -> None:
        if self.process is not None:
            self.kill()


def pytest_sessionstart() -> None:
    for nursery in (warm.SERVERS, warm.COMMANDS):
        nursery.enable()


def pytest_sessionfinish() -> None:
    for nursery in (warm.SERVERS, warm.COMMANDS):
        nursery.close()


@pytest.fixture
def server(tmp_path):
    """A running server of this test alone."""
    running = ServerProcess(tmp_path / "data").start()
    yield running
    running.stop()


@pytest.fixture
def start_server(tmp_path):
    """Starts servers with flags of their own: `start_server("--auth-required", data=folder)`."""
    started = []

    def start(*flags, data=None, environment=None, wait=True):
        folder = data or tmp_path / f"data-{len(started)}"
        server = ServerProcess(folder, *flags, environment=environment)
        started.append(server)
        return server.start(wait=wait)

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory):
    """A running server that the tests of a module share: each works on users, streams or tenants of its own."""
    running = ServerProcess(tmp_path_factory.mktemp("shared") / "data").start()
    yield running
    running.stop()


@pytest.fixture
def data_folder():
    """The public data sets; skips where they are absent."""
    folder = Path(os.environ.get("INTERPLAY_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"public data sets are not at {folder} (set INTERPLAY_DATA)")
    return folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(check, seconds: float = 20.0, every: float = 0.05):
    """The first true answer of `check`; fails with the last one when the time is up."""
    end = time.monotonic() + seconds
    while not (answer := check()):
        assert time.monotonic() < end, f"still {answer!r} after {seconds} s"
        time.sleep(every)
    return answer
