"""What every family needs: processes, channels, a quiet machine."""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import uvloop

ROOT = Path(__file__).resolve().parents[2]
PUBLISH = "/interplay.v1.InteractionService/PublishInteractions"
STREAM = "/interplay.v1.InteractionService/StreamPublish"
SEARCH = "/interplay.v1.InteractionService/SearchInteractions"
ECHO_STREAM, ECHO_UNARY = "/bench.Echo/Stream", "/bench.Echo/Unary"
_TICKS = os.sysconf("SC_CLK_TCK")
_OPTIONS = [("grpc.max_receive_message_length", 32 * 2**20), ("grpc.max_send_message_length", 32 * 2**20)]


def say(text: str) -> None:
    """Progress, beside the table."""
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


class Process:
    """A child that prints `listening on HOST:PORT` when it is ready."""

    def __init__(self, *command: str, log: Path | None = None, environment: dict[str, str] | None = None) -> None:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("INTERPLAY_")}
        with (log or Path(os.devnull)).open("a") as errors:
            self._process = subprocess.Popen(
                [sys.executable, *command],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=kept | {"PYTHONPATH": str(ROOT)} | (environment or {}),
            )
        line = self._process.stdout.readline()
        found = re.fullmatch(r"listening on (\S+)\n", line)
        if not found:
            self._process.kill()
            told = log.read_text()[-2000:] if log else ""
            raise RuntimeError(f"{' '.join(command)} did not start: {line!r}\n{told}")
        self.target = found[1]
        self.pid = self._process.pid

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(60)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    # --- from /proc

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def resident_mb(self) -> float:
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{self.pid}/status").read_text())
        return int(found[1]) / 1024

    def quiet(self, seconds: float = 60, still: float = 0.5) -> None:
        """Waits until it has used less than 5 % of a core for `still` seconds, at most `seconds`."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            before = self.cpu_seconds()
            time.sleep(still)
            if self.cpu_seconds() - before < 0.05 * still:
                return
        say(f"process {self.pid} was not quiet within {seconds:g} s")


@dataclass
class Plan:
    """How much to measure, and where."""

    quick: bool
    minutes: float
    largest: int
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="interplay-bench-")))

    def pick(self, full: int, quick: int) -> int:
        return quick if self.quick else full

    @property
    def rounds(self) -> int:
        return self.pick(5, 3)

    @contextlib.contextmanager
    def server(self, name: str, *flags: str, keep: bool = False) -> Iterator[Process]:
        """The server over a folder of its own; INTERPLAY_BENCH_PROFILE=DIR writes a profile of it there."""
        data = self.folder / name
        shutil.rmtree(data, ignore_errors=True) if not keep else None
        program = "tests.bench.profiled" if os.environ.get("INTERPLAY_BENCH_PROFILE") else "interplay_server"
        environment = {"BENCH_PROFILE": os.environ.get("INTERPLAY_BENCH_PROFILE", "")}
        process = Process(
            "-m", program, "serve", "--listen", "127.0.0.1:0", "--data", str(data), *flags,
            log=self.folder / f"{name}.log", environment=environment,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.stop()

    def tables(self, name: str) -> Path:
        """Folder of the LanceDB tables of the default tenant of a server."""
        return next((self.folder / name).rglob("interactions.lance")).parent

    def clean(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def echo_server() -> Iterator[Process]:
    process = Process("-m", "tests.bench.echo")
    try:
        yield process
    finally:
        process.stop()


def run(job: Callable[[], Awaitable[object]]) -> object:
    """Runs a coroutine on a uvloop of its own."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(job())


def channel(target: str) -> grpc.aio.Channel:
    return grpc.aio.insecure_channel(target, options=_OPTIONS)
