"""A driver as the runner sees it: a process that answers a line with a line."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

from tests.conformance.languages import Language

PATIENCE = 90.0
"""Seconds for an answer; a loaded machine and a restarting server included."""
_LINE_BYTES = 2**26


class DriverError(AssertionError):
    """The driver died or said what is no answer."""


class Unsupported(Exception):
    """The client lacks the operation."""


class Refused(Exception):
    """`ok` is false; what the client's own error says."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(f"{error.get('code')} ({error.get('reason', '')}): {error.get('message', '')}")
        self.code = error.get("code", "")
        self.reason = error.get("reason", "")
        self.fields = error.get("fields", [])
        self.metadata = error.get("metadata", {})
        self.retry_after = error.get("retry_after")


class Driver:
    def __init__(self, language: Language, notes: Path) -> None:
        self._language, self._notes = language, notes
        self._lock = asyncio.Lock()

    async def start(self) -> "Driver":
        environment = {name: value for name, value in os.environ.items() if not name.startswith("INTERPLAY_")}
        command = list(self._language.driver)
        if not Path(command[0]).is_absolute() and (self._language.folder / command[0]).exists():
            command[0] = str(self._language.folder / command[0])
        with self._notes.open("ab") as notes:
            self._process = await asyncio.create_subprocess_exec(
                *command, cwd=self._language.folder, env=environment, limit=_LINE_BYTES,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=notes,
            )  # fmt: skip
        return self

    @property
    def notes(self) -> str:
        """The end of what it wrote to standard error."""
        return self._notes.read_text(encoding="utf-8", errors="replace")[-3000:]

    async def ask(self, do: str, *, patience: float = PATIENCE, **fields: Any) -> dict[str, Any]:
        """The answer's fields. Raises Refused, Unsupported or DriverError."""
        async with self._lock:
            line = json.dumps({"do": do, **fields}).encode() + b"\n"
            try:
                async with asyncio.timeout(patience):
                    self._process.stdin.write(line)
                    await self._process.stdin.drain()
                    said = await self._process.stdout.readline()
            except TimeoutError:
                raise DriverError(f"{do} was not answered in {patience:g} s\n{self.notes}") from None
            except (BrokenPipeError, ConnectionResetError):
                said = b""
        if not said:
            code = await self._process.wait()
            raise DriverError(f"the driver ended ({code}) instead of answering {do}\n{self.notes}")
        try:
            answer = json.loads(said)
        except ValueError:
            raise DriverError(f"no answer to {do}: {said[:500]!r}\n{self.notes}") from None
        if answer.get("unsupported"):
            raise Unsupported(do)
        if answer.get("ok") is not True:
            raise Refused(answer.get("error") or {})
        return answer

    async def kill(self) -> None:
        """SIGKILL, as a crash of the machine would end it."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    async def stop(self) -> None:
        """End of input must end it."""
        self._process.stdin.close()
        try:
            async with asyncio.timeout(20):
                await self._process.wait()
        except TimeoutError:
            await self.kill()
            raise DriverError(f"the driver did not end with its input\n{self.notes}") from None
