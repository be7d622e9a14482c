"""The twelve publishers of the demo and the watcher, with a record of everything that was promised to them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from interplay import AsyncInterplay, Receipt

from interplay_server.cli.lines import Line
from interplay_server.cli.output import gist

OPENING, BURST, ALL = 0.45, 0.65, 1.0


def stream_name(user_id: str) -> str:
    return f"demo-{user_id}"


@dataclass
class Record:
    """What was sent, and what the server acknowledged: line number → id.

    The id is empty where the ack was lost in the crash and only the offset told, later, that the append is committed.
    """

    sent: int = 0
    acked: dict[int, str] = field(default_factory=dict)
    latest: str = ""

    @property
    def unanswered(self) -> int:
        return self.sent - len(self.acked)


class Cast:
    """Each person speaks over a bidirectional stream of their own, one append a turn."""

    def __init__(self, people: Mapping[str, Sequence[Line]], *, seconds_a_turn: float) -> None:
        self._people = people
        self._pace = seconds_a_turn
        self._share = 0.0
        self._changed = asyncio.Condition()
        self.record = Record()
        self.total = sum(map(len, people.values()))

    async def perform(self, client: AsyncInterplay) -> None:
        """Says everything, as far as `allow` lets it, and ends when all of it is acknowledged."""
        async with asyncio.TaskGroup() as group:
            for place, (user_id, lines) in enumerate(self._people.items()):
                pause = self._pace * place / len(self._people)
                group.create_task(self._speak(client, user_id, lines, pause))

    async def allow(self, share: float, *, at_once: bool = False) -> None:
        """Lets everybody speak up to this share of their turns."""
        async with self._changed:
            self._share = share
            self._pace = 0.0 if at_once else self._pace
            self._changed.notify_all()

    async def caught_up(self) -> None:
        """Waits until all turns allowed so far are acknowledged."""
        goal = sum(self._quota(lines) for lines in self._people.values())
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.record.acked) >= goal)

    def _quota(self, lines: Sequence[Line]) -> int:
        return int(len(lines) * self._share + 1e-9)

    async def _speak(self, client: AsyncInterplay, user_id: str, lines: Sequence[Line], pause: float) -> None:
        await asyncio.sleep(pause)
        publisher = client.publisher(stream_name(user_id), user_id=user_id, return_ids=True)
        async with publisher, asyncio.TaskGroup() as promises:
            for count, line in enumerate(lines):
                async with self._changed:
                    await self._changed.wait_for(lambda count=count: count < self._quota(lines))  # type: ignore[misc]
                await asyncio.sleep(self._pace)
                place = line.place
                receipt = await publisher.append(
                    [line.data], session_id=place.session_id, source=place.source, agent_version=place.agent_version
                )
                self.record.sent += 1
                promises.create_task(self._note(receipt, line))

    async def _note(self, receipt: Receipt, line: Line) -> None:
        ack = await receipt
        async with self._changed:
            self.record.acked[line.number] = ack.interaction_ids[0] if ack.interaction_ids else ""
            self.record.latest = f"{line.place.user_id} {ack.offset + 1}"
            self._changed.notify_all()


class Watcher:
    """Follows the change feed from the beginning; after a crash the client goes on from its last token."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.latest = ""
        self._changed = asyncio.Condition()

    async def follow(self, client: AsyncInterplay) -> None:
        async for change in client.watch_interactions(from_beginning=True, heartbeat_seconds=1):
            async with self._changed:
                for interaction in change.published.interactions:
                    self.seen.append(interaction.interaction_id)
                    self.latest = gist(interaction.data)
                self._changed.notify_all()

    async def has_seen(self, count: int) -> bool:
        """Waits until so many were seen, for ten seconds at most."""
        try:
            async with asyncio.timeout(10), self._changed:
                await self._changed.wait_for(lambda: len(self.seen) >= count)
        except TimeoutError:
            return False
        return True
