"""What the demo proves after the crash, by comparing the server's answers with what was said and promised."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from interplay import AsyncInterplay
from interplay.v1 import interaction_pb2

from interplay_server.cli.lines import Line
from interplay_server.demo.cast import Record, Watcher, stream_name
from interplay_server.demo.photo import tomato_leaf
from interplay_server.demo.stage import Narrator


class Before(NamedTuple):
    """The state of affairs when the server was killed: line number → id of what was acknowledged."""

    acked: Mapping[int, str]
    unanswered: int


async def prove(
    narrator: Narrator,
    client: AsyncInterplay,
    people: Mapping[str, Sequence[Line]],
    *,
    record: Record,
    watcher: Watcher,
    before: Before,
) -> None:
    """Prints a proof, or a failure, for each promise."""
    lines = {line.number: line for spoken in people.values() for line in spoken}
    stored = {found.interaction_id: found async for found in client.list_interactions()}
    listed = len([None async for _ in client.list_interactions()])

    def proof(claim: str, evidence: str, holds: bool) -> None:
        narrator.proof(claim, evidence, holds=holds)

    proof("the kill came in mid-stream", f"{before.unanswered} appends were unanswered", before.unanswered > 0)
    kept = [number for number, found in before.acked.items() if _matches(lines[number], stored.get(found))]
    proof(
        "what was acknowledged before the kill is there, under its id",
        f"{len(kept)} of {len(before.acked)}",
        len(kept) == len(before.acked) > 0,
    )
    proof(
        "nothing is lost and nothing doubled",
        f"{len(lines)} said, {listed} stored, {len(stored)} different ids",
        len(lines) == listed == len(stored),
    )
    same = Counter(map(_said, lines.values())) == Counter(map(_kept, stored.values()))
    proof("each is stored with its person, session, time and words", f"compared {len(stored)}", same)
    promised = [found for found in record.acked.values() if found]
    proof(
        "ids promised are ids stored, each once",
        f"{len(promised)} ids; {len(record.acked) - len(promised)} acks were lost with the connection",
        len(record.acked) == len(lines) and len(promised) == len(stored.keys() & promised),
    )
    whole = [user_id for user_id, spoken in people.items() if await _is_whole(client, user_id, len(spoken), stored)]
    proof("offsets run without gap or repeat", f"{len(whole)} of {len(people)} streams", len(whole) == len(people))
    await watcher.has_seen(len(lines))
    once = Counter(watcher.seen) == Counter(stored.keys())
    proof("the watcher saw each one once, across the crash", f"{len(watcher.seen)} seen", once)
    digest = hashlib.sha256(tomato_leaf()).hexdigest()
    photos = [found.image_info.sha256 for found in stored.values() if found.HasField("image_info")]
    proof("the photo came through", f"SHA-256 {digest[:16]}…", photos == [digest])


async def _is_whole(
    client: AsyncInterplay, user_id: str, count: int, stored: Mapping[str, interaction_pb2.Interaction]
) -> bool:
    name = stream_name(user_id)
    stream = await client.get_publish_stream(name)
    requests = sorted(found.request_id for found in stored.values() if found.user_id == user_id)
    expected = sorted(f"{name}/{offset}" for offset in range(count))
    return requests == expected and (stream.next_offset, stream.interaction_count) == (count, count)


def _matches(line: Line, found: interaction_pb2.Interaction | None) -> bool:
    return found is not None and _said(line) == _kept(found)


def _said(line: Line) -> tuple[str, ...]:
    return _identity(line.place.user_id, line.place.session_id, line.data)


def _kept(found: interaction_pb2.Interaction) -> tuple[str, ...]:
    return _identity(found.user_id, found.session_id, found.data)


def _identity(user_id: str, session_id: str, data: interaction_pb2.InteractionData) -> tuple[str, ...]:
    # Microseconds, as stored; the lines of the story carry no finer time.
    moment = str(data.occur_time.ToMicroseconds())
    words = (data.content, data.user_action_description, data.expert_content, data.shadow_content)
    return (user_id, session_id, moment, *words)
