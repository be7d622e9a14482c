"""How texts are stored, by the source of their interaction, and what storage asks of whoever redacts and seals them."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import msgspec

from interplay_server.domain import journal
from interplay_server.domain.interaction import BatchHeader, Interaction, InteractionData, Sealing, StoredAnnotation
from interplay_server.errors import KeyUnavailable

META_KEY = "content_policy"
OFF, DETECT, MASK = "", "detect", "mask"
PLAIN, INDEXED, SEALED = "", "indexed", "sealed"
PRESENT = "*"
"""Stands in columns for shadow and expert texts that are sealed, so that they can be filtered by."""
MARK = "~"
"""Begins a sealed cell where a plain one is JSON or a word of ours."""
IMAGE_MARK = b"~image1"
"""Begins a sealed image; no image does."""


class ContentRule(msgspec.Struct, frozen=True, omit_defaults=True):
    """`redaction` is OFF, DETECT or MASK, `encryption` PLAIN, INDEXED or SEALED."""

    source: str = ""
    redaction: str = OFF
    encryption: str = PLAIN


class ContentPolicy(msgspec.Struct, frozen=True, omit_defaults=True):
    """One rule for each source at most; that of the empty source is for every other one."""

    rules: tuple[ContentRule, ...] = ()
    update_time: int | None = None
    revision: int = 0

    def rule(self, source: str) -> ContentRule:
        default = _NO_RULE
        for one in self.rules:
            if one.source == source:
                return one
            if not one.source:
                default = one
        return default


_NO_RULE = ContentRule()


def load(text: str | None) -> ContentPolicy:
    return msgspec.json.decode(text, type=ContentPolicy) if text else ContentPolicy()


def dump(policy: ContentPolicy) -> str:
    return msgspec.json.encode(policy).decode()


def is_hidden(header: BatchHeader) -> bool:
    """Whether what has it is found by user, session, time and id only: no search, learning or evaluation takes it."""
    return header.sealing is not None and header.sealing.mode == SEALED


class Prepared(msgspec.Struct, frozen=True):
    """An entry as it may be committed: `entry` is readable and stays in memory, `payload` is what is written."""

    entry: journal.Entry
    payload: bytes
    warnings: tuple[str, ...] = ()
    images: tuple[tuple[str, bytes], ...] = ()
    """Names and bytes under which images are to be spooled."""


class Cells(msgspec.Struct, frozen=True):
    """What stands in a sealed row of a table: `place` is the envelope, `words` are keyed digests of words."""

    place: str
    words: str = ""
    indexed: bool = True
    """A vector stands beside it."""


class Sealer(Protocol):
    """Seals rows with keys that are at hand; in any thread."""

    def interaction(self, row: Interaction) -> Cells: ...

    def plain(self, data: InteractionData) -> InteractionData:
        """What stands beside the envelope."""

    def annotation(self, note: StoredAnnotation) -> StoredAnnotation:
        """As it stands in the table."""


class Unsealed(msgspec.Struct, frozen=True):
    """What an envelope of an interaction held, with what stood beside it."""

    data: InteractionData
    sealing: Sealing
    metadata: dict[str, Any] | None = None


class Content(Protocol):
    """The content of one tenant on its way to the disk and back. Everything raises KeyUnavailable."""

    policy: ContentPolicy
    configuring: asyncio.Lock

    async def ready(self) -> None:
        """Returns when people may get keys; makes the master key where nothing was ever sealed."""

    async def prepare(
        self,
        entry: journal.Published | journal.Annotated,
        *,
        images: Sequence[tuple[str, bytes]] = (),
        source: str = "",
        user_id: str = "",
    ) -> Prepared:
        """By what the policy says of the source: texts redacted, the payload sealed with a key of the person. For an
        annotation `source` and `user_id` are those of its interaction.
        """

    async def read_entry(self, entry: journal.Entry) -> journal.Entry:
        """An entry of the journal, readable; without texts where the person's key is destroyed."""

    async def sealer(self, how: Iterable[Sealing]) -> Sealer:
        """For rows that were prepared in these ways."""

    async def open_interactions(self, sealed: Sequence[tuple[str, str, InteractionData]]) -> list[Unsealed]:
        """From interaction ids, envelopes and what is plain of them; without texts where the person's key is
        destroyed.
        """

    async def open_annotations(self, notes: Sequence[StoredAnnotation]) -> list[StoredAnnotation]:
        """Those that are sealed opened; without texts where the person's key is destroyed."""

    async def open_image(self, name: str, data: bytes) -> bytes | None:
        """The bytes as they were published; None where the person's key is destroyed."""

    async def query(self, text: str) -> str:
        """The text, with the digests of its words where there may be rows that hold such."""

    async def destroy(self, user_ids: Sequence[str]) -> int:
        """Destroys the keys of people, so that nothing sealed for them opens again; gives how many keys there were."""


class PlainContent:
    """Of a tenant that is not there: see `Content`."""

    def __init__(self, tenant: str) -> None:
        self.policy, self._tenant = ContentPolicy(), tenant
        self.configuring = asyncio.Lock()

    async def ready(self) -> None:
        raise KeyUnavailable(self._tenant, "missing")

    async def prepare(
        self, entry: journal.Published | journal.Annotated, *, images: Sequence[tuple[str, bytes]] = (), **_: str
    ) -> Prepared:
        return Prepared(entry, journal.encode(entry), images=tuple(images))

    async def read_entry(self, entry: journal.Entry) -> journal.Entry:
        if is_sealed(entry):
            raise KeyUnavailable(self._tenant, "missing")
        return entry

    async def sealer(self, _: Iterable[Sealing]) -> Sealer:
        raise KeyUnavailable(self._tenant, "missing")

    async def open_interactions(self, sealed: Sequence[tuple[str, str, InteractionData]]) -> list[Unsealed]:
        if sealed:
            raise KeyUnavailable(self._tenant, "missing")
        return []

    async def open_annotations(self, notes: Sequence[StoredAnnotation]) -> list[StoredAnnotation]:
        if any(note.annotation.thumb.startswith(MARK) for note in notes):
            raise KeyUnavailable(self._tenant, "missing")
        return list(notes)

    async def open_image(self, _: str, data: bytes) -> bytes | None:
        if data.startswith(IMAGE_MARK):
            raise KeyUnavailable(self._tenant, "missing")
        return data

    async def query(self, text: str) -> str:
        return text

    async def destroy(self, _: Sequence[str]) -> int:
        return 0


def is_sealed(entry: journal.Entry) -> bool:
    return isinstance(entry, journal.Published | journal.Annotated) and bool(entry.envelope)
