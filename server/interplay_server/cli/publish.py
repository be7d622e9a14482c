"""`interplay publish`: JSON lines through the resumable publisher."""

import asyncio
import os
import sys
import uuid
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import click
from interplay import AsyncInterplay

from interplay_server.cli import options
from interplay_server.cli.connection import Connection
from interplay_server.cli.failure import Failure
from interplay_server.cli.feed import Feed
from interplay_server.cli.lines import Place
from interplay_server.cli.output import echo_json
from interplay_server.cli.sender import Sender, Tally, find_mark


@click.command(
    epilog="""\b
Examples: interplay publish history.jsonl --stream-id import-2026
          tail -f app.log.jsonl | interplay publish - --source app
A line:   {"user_id": "ada", "session_id": "s1", "role": "User", "content": "Hello"}"""
)
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True, exists=True, dir_okay=False))
@click.option(
    "--stream-id", metavar="ID", help="Name of the run; a broken run goes on under its name. Made up by default."
)
@click.option("--user", "user_id", metavar="ID", default="", help="Person of lines that name none.")
@click.option("--session", "session_id", metavar="ID", default="", help="Session of lines that name none.")
@click.option("--source", metavar="TEXT", default="", help="Source of lines that name none.")
@click.option("--agent-version", metavar="TEXT", default="", help="Agent version of lines that name none.")
@click.option("--agent", "agent_id", metavar="ID", default="", help="Agent of lines that name none.")
@click.option(
    "--batch", type=click.IntRange(1, 1000), default=100, show_default=True, help="Lines in an append at most."
)
@options.talks_to_server
async def publish(
    connection: Connection, *, file: Path, stream_id: str | None, batch: int, as_json: bool, **defaults: str
) -> int:
    """Publish FILE, one interaction a line as JSON, or standard input for `-`.

    A line is an InteractionData beside user_id, session_id, source, agent_version and agent_id. `occur_time` may be a
    distance from now (-3d2h), `user_action` a bare word (click), and `image_path` names a picture. Lines that are
    refused are reported with their number and reason, the others are published; the exit code is then 1.
    """
    piped = str(file) == "-"
    name = stream_id or f"publish-{uuid.uuid4().hex[:12]}"
    with _open(None if piped else file) as content:
        async with connection.open() as client:
            run = _Run(client, name, 0 if piped else os.fstat(content.fileno()).st_size, as_json=as_json)
            return await run.go(content, Place(**defaults), rows=batch, folder=None if piped else file.parent)


def _open(file: Path | None) -> AbstractContextManager[BinaryIO]:
    """None is standard input, through an object of our own that is never closed: the thread that reads it may hold its
    lock for good, and closing it, or ending the process while that of sys.stdin is held, would wait for the thread.
    """
    return nullcontext(open(0, "rb", closefd=False)) if file is None else file.open("rb")


class _Run:
    def __init__(self, client: AsyncInterplay, name: str, size: int, *, as_json: bool) -> None:
        self._client = client
        self._name = name
        self._size = size
        self._as_json = as_json

    async def go(self, content: BinaryIO, defaults: Place, *, rows: int, folder: Path | None) -> int:
        before = await self._client.get_publish_stream(self._name)
        done = await find_mark(self._client, self._name) if before.next_offset else None
        feed = Feed(content, defaults, rows=rows, folder=folder, done=done)
        publisher = self._client.publisher(self._name)
        try:
            with _Report(self._size, as_json=self._as_json) as report:
                sender = Sender(publisher, report)
                async for group in feed.batches():
                    await sender.send(group)
                await sender.finish()
            await publisher.close()
        except (Exception, asyncio.CancelledError):
            click.echo(f"broken off; go on with --stream-id {self._name}", err=True)
            raise
        finally:
            await publisher.abort()
        after = await self._client.get_publish_stream(self._name)
        return self._sum_up(sender.tally, after.interaction_count - before.interaction_count, done.line if done else 0)

    def _sum_up(self, tally: Tally, published: int, resumed: int) -> int:
        """Counts what is stored, not what was acknowledged: an ack that was lost has lost its refusals too."""
        unexplained = max(0, tally.sent - tally.refused_by_server - tally.empty - published)
        refused = tally.refused_by_server + tally.refused_unsent + unexplained
        if unexplained:
            click.echo(f"{unexplained} more were refused; why was lost with a connection", err=True)
        if self._as_json:
            counts = {"published": published, "refused": refused, "empty": tally.empty, "resumed_after_line": resumed}
            echo_json({"stream_id": self._name, **counts})
        else:
            if resumed:
                click.echo(f"the first {resumed} lines had been dealt with by an earlier run", err=True)
            click.echo(f"published {published}, refused {refused}, empty {tally.empty}, stream {self._name}")
        return 1 if refused else 0


class _Report:
    """Shows a bar of the bytes dealt with where standard error is a terminal, and refusals above it."""

    def __init__(self, size: int, *, as_json: bool) -> None:
        self._as_json = as_json
        self._shown = bool(size) and sys.stderr.isatty()
        self._bar: Any = click.progressbar(
            length=size or 1, label="publishing", file=sys.stderr, hidden=not self._shown
        )

    def __enter__(self) -> Self:
        self._bar.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.__exit__(kind, error, trace)

    def refused(self, number: int, failure: Failure) -> None:
        if self._as_json:
            rules = [{"field": field, "description": what} for field, what in failure.violations]
            fields = {"code": failure.code, "reason": failure.reason, "message": failure.message, "violations": rules}
            echo_json({"line": number, **fields})
        else:
            self._say(f"line {number}: {failure.line().removeprefix('error: ')}")

    def skipped(self, number: int, warning: str) -> None:
        self._say(f"line {number}: {warning}")

    def progress(self, position: int) -> None:
        if self._shown:
            self._bar.update(position - self._bar.pos)

    def _say(self, text: str) -> None:
        click.echo(f"\r\x1b[K{text}" if self._shown else text, err=True)
