"""A batch on its way into the journal: the same for the unary call and for an append of a stream."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from google.protobuf.message import Message

from interplay_server.domain import journal
from interplay_server.domain.content_policy import Prepared
from interplay_server.domain.interaction import DEFAULT_AGENT, BatchHeader
from interplay_server.domain.ports import Receipt, TenantStore
from interplay_server.errors import InterplayError, InvalidRequest, Violation
from interplay_server.services.convert.interactions import NOTHING, arm, rows_from_pb
from interplay_server.services.convert.structs import to_plain


@dataclass(slots=True)
class Batch:
    """`layout` are the places of the stored rows where some were skipped or rejected, else None."""

    entry: journal.Published
    images: list[tuple[str, bytes]]
    size: int
    """Rows as sent."""
    layout: tuple[int, ...] | None
    warnings: list[str]
    rejected: list[tuple[int, InterplayError]]
    prepared: Prepared | None = None
    """By the tenant's content policy; `entry` is then what it made of what was sent."""

    @property
    def has_user_turn(self) -> bool:
        return any(row.role_class == "user" and row.content for row in self.entry.interactions)


def make_batch(
    message: Any,
    *,
    path: str,
    user_id: str,
    session_id: str,
    request_id: str,
    source: str,
    agent_id: str,
    agent_version: str,
    partial: bool = False,
    bad_rows: Mapping[int, Sequence[Violation]] = MappingProxyType({}),
) -> Batch:
    """From a PublishInteractionsRequest or StreamAppend; `path` leads to it, `bad_rows` broke a rule of the proto.

    Raises InvalidRequest with all violations; with `partial` only where no good row is left.
    """
    violations: list[Violation] = [
        Violation(f"{path}{name}", "must be given, here or as a default of the stream")
        for name, value in (("user_id", user_id), ("session_id", session_id))
        if not value.strip()
    ]
    metadata = None
    if message.HasField("metadata"):
        metadata = to_plain(message.metadata, f"{path}metadata", violations)
    rows = rows_from_pb(message.interactions, path, bad_rows)
    wrong = [(index, row.violations) for index, row in enumerate(rows) if row.violations]
    stored = [index for index, row in enumerate(rows) if row.data is not None and not row.violations]
    if not partial or violations or (wrong and not stored):
        violations += [one for _, many in wrong for one in many]
    if not violations and not stored and not wrong:
        violations.append(Violation(f"{path}interactions", "must hold at least one interaction with something in it"))
    if violations:
        raise InvalidRequest(violations, message)
    header = BatchHeader(
        user_id,
        session_id,
        request_id,
        source,
        agent_id or DEFAULT_AGENT,
        agent_version,
        message.evaluation_only,
        arm(message.learn_from),
        message.session_finished,
        metadata,
    )
    datas = tuple([row.data for row in rows if row.data is not None and not row.violations])
    return Batch(
        entry=journal.Published(header, datas),
        images=[(row.data.image.sha256, row.image) for row in rows if row.image and row.data and row.data.image],
        size=len(rows),
        layout=None if len(stored) == len(rows) else tuple(stored),
        warnings=[NOTHING.format(index) for index, row in enumerate(rows) if row.data is None and not row.violations],
        rejected=[(index, InvalidRequest(many, message)) for index, many in wrong],
    )


async def prepare(store: TenantStore, batch: Batch) -> Prepared:
    """Makes of a batch what may be committed, and its images durable. Raises UserErased, KeyUnavailable."""
    assert isinstance(batch.entry, journal.Published)  # noqa: S101 - as made
    store.erasures.check(batch.entry.header.user_id)
    made = batch.prepared = await store.content.prepare(batch.entry, images=batch.images)
    assert isinstance(made.entry, journal.Published)  # noqa: S101 - of one that publishes
    batch.entry = made.entry
    batch.warnings += made.warnings
    for name, data in made.images:
        await store.spool_image(name, data)
    return made


def digest(message: Message, *parts: str) -> bytes:
    """Of our own deterministic serialisation; the caller has cleared what does not count."""
    made = hashlib.blake2b(message.SerializeToString(deterministic=True), digest_size=16)
    for part in parts:
        made.update(b"\0" + part.encode())
    return made.digest()


def place_ids(store: TenantStore, receipt: Receipt, size: int) -> list[str]:
    """One id for each row as sent, empty where it was not stored."""
    ids = store.interaction_ids(receipt)
    if receipt.layout is None:
        return ids
    placed = [""] * size
    for place, interaction_id in zip(receipt.layout, ids, strict=True):
        placed[place] = interaction_id
    return placed
