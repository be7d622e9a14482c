"""Of one tenant: what its policy makes of an entry, and sealed cells back into what was published."""

import asyncio
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import TypeVar

import msgspec
import structlog

from interplay_server.custody.content import sealing
from interplay_server.custody.content.keys import Keys, PersonKey
from interplay_server.custody.content.redacting import Redaction, size_of
from interplay_server.domain import journal
from interplay_server.domain.content_policy import (
    DETECT,
    IMAGE_MARK,
    INDEXED,
    MARK,
    MASK,
    OFF,
    PLAIN,
    SEALED,
    Cells,
    ContentPolicy,
    ContentRule,
    Prepared,
    Unsealed,
    is_sealed,
)
from interplay_server.domain.interaction import Annotation, Interaction, InteractionData, Sealing, StoredAnnotation
from interplay_server.domain.ports import ContentKeys, TenantStore
from interplay_server.errors import KeyUnavailable
from interplay_server.monitoring.key_file import WRONG, KeyFile
from interplay_server.retrieval.text import words

T = TypeVar("T")
Found = Callable[[str, Mapping[str, int]], None]
"""Told of a mode of redaction and of what was found, by kind."""
MANY_CHARACTERS, MANY_CELLS = 8_000, 64
"""From here on a thread reads the text or opens the cells: 1 ms or more."""
KNOWN_WORDS = 50_000
_log = structlog.get_logger(__name__)


def scope_of(secret: bytes) -> bytes:
    """What a tenant is to its keys and envelopes; a restore under another name keeps it."""
    return hmac.digest(secret, b"interplay content", "sha256").hex().encode()


class SealedContent:
    """See `domain.content_policy.Content`. `secret` is the ledger's, `found` counts what redaction finds."""

    def __init__(
        self, tenant: str, secret: bytes, vault: ContentKeys, *, file: KeyFile, executor: Executor, found: Found
    ) -> None:
        self.policy = ContentPolicy()
        self.configuring = asyncio.Lock()
        self._tenant, self._executor, self._found = tenant, executor, found
        self._scope = scope_of(secret)
        self._keys = Keys(vault, file, tenant, self._scope)
        self._digests: dict[str, str] = {}

    # --- before anything is written

    async def ready(self) -> None:
        await self._keys.ready()

    async def prepare(
        self,
        entry: journal.Published | journal.Annotated,
        *,
        images: Sequence[tuple[str, bytes]] = (),
        source: str = "",
        user_id: str = "",
    ) -> Prepared:
        if not self.policy.rules:
            return Prepared(entry, journal.encode(entry), images=tuple(images))
        if isinstance(entry, journal.Published):
            source, user_id = entry.header.source, entry.header.user_id
        rule = self.policy.rule(source)
        warnings: tuple[str, ...] = ()
        if rule.redaction != OFF:
            entry, warnings = await self._redacted(entry, rule)
        if rule.encryption == PLAIN:
            return Prepared(entry, journal.encode(entry), warnings, tuple(images))
        key = await self._keys.of(user_id)
        how = Sealing(rule.encryption, key.key_id)
        seal = partial(self._sealed, key, how, entry, images)
        entry, payload, stored = await (self._in_thread(seal) if images or size_of(entry) > 100_000 else _now(seal))
        return Prepared(entry, payload, warnings, stored)

    async def _redacted(
        self, entry: journal.Published | journal.Annotated, rule: ContentRule
    ) -> tuple[journal.Published | journal.Annotated, tuple[str, ...]]:
        made = Redaction()
        read: Callable[[], journal.Published | journal.Annotated] = (
            partial(made.published, entry) if isinstance(entry, journal.Published) else partial(made.annotated, entry)
        )
        masked = await (self._in_thread(read) if size_of(entry) > MANY_CHARACTERS else _now(read))
        if not made.counts:
            return entry, ()
        self._found(rule.redaction, made.counts)
        told = ", ".join(f"{number} {kind}" for kind, number in sorted(made.counts.items()))
        if rule.redaction == DETECT:
            return entry, (f"personal data found, and stored as it is: {told}",)
        assert rule.redaction == MASK  # noqa: S101 - there are no other modes
        return masked, (f"personal data masked: {told}",)

    def _sealed(
        self,
        key: PersonKey,
        how: Sealing,
        entry: journal.Published | journal.Annotated,
        images: Sequence[tuple[str, bytes]],
    ) -> tuple[journal.Published | journal.Annotated, bytes, tuple[tuple[str, bytes], ...]]:
        replace = msgspec.structs.replace
        if isinstance(entry, journal.Annotated):
            note = replace(entry, sealing=how)
            return note, journal.encode(sealing.seal_annotated(self._scope, key, note)), ()
        rows = tuple(
            [
                replace(one, image=replace(one.image, sealed_name=sealing.name_of(key, one.image.sha256)))
                if one.image
                else one
                for one in entry.interactions
            ]
        )
        made = replace(entry, header=replace(entry.header, sealing=how), interactions=rows)
        stored = []
        for sha256, data in images:
            name = sealing.name_of(key, sha256)
            stored.append((name, sealing.seal_image(self._scope, key, name, data)))
        return made, journal.encode(sealing.seal_published(self._scope, key, made)), tuple(stored)

    async def sealer(self, how: Iterable[Sealing]) -> "RowSealer":
        given = set(how)
        keys = await self._keys.named({one.key_id for one in given if one.key_id})
        words_key = await self._keys.words() if any(one.mode == INDEXED for one in given) else b""
        return RowSealer(self._scope, keys, partial(self._digested, words_key))

    # --- reading

    async def read_entry(self, entry: journal.Entry) -> journal.Entry:
        if not is_sealed(entry):
            return entry
        how = entry.header.sealing if isinstance(entry, journal.Published) else entry.sealing  # type: ignore[union-attr]
        assert how is not None  # noqa: S101 - written with every envelope
        key = (await self._keys.named([how.key_id]))[how.key_id]
        if key is None:
            return sealing.without_texts(entry)
        try:
            if isinstance(entry, journal.Published):
                return sealing.open_published(self._scope, key, entry)
            assert isinstance(entry, journal.Annotated)  # noqa: S101 - nothing else is sealed
            return sealing.open_annotated(self._scope, key, entry)
        except (sealing.Broken, msgspec.DecodeError, msgspec.ValidationError) as error:
            raise self._broken("an entry of the journal") from error

    async def open_interactions(self, sealed: Sequence[tuple[str, str, InteractionData]]) -> list[Unsealed]:
        if not sealed:
            return []
        heads = [self._head(f"interaction {row_id}", cell) for row_id, cell, _ in sealed]
        keys = await self._keys.named({head[0].key_id for head in heads if head})

        def opened() -> list[Unsealed]:
            made: list[Unsealed] = []
            for (row_id, _, plain), head in zip(sealed, heads, strict=True):
                if head is None or (key := keys[head[0].key_id]) is None:
                    made.append(Unsealed(sealing.whole(plain, sealing.Texts()), sealing.GONE))
                    continue
                try:
                    data, metadata = sealing.open_row(self._scope, key, row_id, head, plain)
                except (sealing.Broken, msgspec.DecodeError, msgspec.ValidationError) as error:
                    raise self._broken(f"interaction {row_id}") from error
                made.append(Unsealed(data, head[0], metadata))
            return made

        return await (self._in_thread(opened) if len(sealed) > MANY_CELLS else _now(opened))

    async def open_annotations(self, notes: Sequence[StoredAnnotation]) -> list[StoredAnnotation]:
        heads = {
            note.annotation_id: self._head(f"annotation {note.annotation_id}", note.annotation.thumb)
            for note in notes
            if note.annotation.thumb.startswith(MARK)
        }
        if not heads:
            return list(notes)
        keys = await self._keys.named({head[0].key_id for head in heads.values() if head})
        made = []
        for note in notes:
            if note.annotation_id not in heads:
                made.append(note)
                continue
            head = heads[note.annotation_id]
            if head is None or (key := keys[head[0].key_id]) is None:
                made.append(
                    msgspec.structs.replace(
                        note, annotation=Annotation(note.annotation.annotator), sealing=sealing.GONE
                    )
                )
                continue
            try:
                made.append(sealing.open_note(self._scope, key, note, *head))
            except (sealing.Broken, msgspec.DecodeError, msgspec.ValidationError) as error:
                raise self._broken(f"annotation {note.annotation_id}") from error
        return made

    async def open_image(self, name: str, data: bytes) -> bytes | None:
        if not data.startswith(IMAGE_MARK):
            return data
        key_id = sealing.key_of_image(data)
        key = (await self._keys.named([key_id]))[key_id]
        if key is None:
            return None
        try:
            return await self._in_thread(partial(sealing.open_image, self._scope, key, name, data))
        except sealing.Broken as error:
            raise self._broken(f"image {name}") from error

    def _head(self, what: str, cell: str) -> tuple[Sealing, bytes] | None:
        try:
            return sealing.read_cell(cell)
        except sealing.Broken as error:
            raise self._broken(what) from error

    def _broken(self, what: str) -> KeyUnavailable:
        """A cell that was moved or changed cannot be told from one that another key sealed."""
        _log.error("cannot open what is sealed", tenant=self._tenant, what=what)
        return KeyUnavailable(self._tenant, WRONG)

    # --- words

    async def query(self, text: str) -> str:
        key = await self._keys.known_words()
        return text if key is None else f"{text} {self._digested(key, text)}"

    def _digested(self, key: bytes, text: str) -> str:
        """In any thread: what two do at once is done twice."""
        known = self._digests
        stems = [word.stem for word in words(text)]
        if len(known) > KNOWN_WORDS:
            known.clear()
        for stem in stems:
            if stem not in known:
                known[stem] = sealing.digest_of(key, stem)
        return " ".join([known[stem] if stem in known else sealing.digest_of(key, stem) for stem in stems])

    # --- erasing

    async def destroy(self, user_ids: Sequence[str]) -> int:
        return await self._keys.destroy(user_ids) if user_ids else 0

    async def _in_thread(self, job: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, job)


class RowSealer:
    """See `domain.content_policy.Sealer`."""

    def __init__(self, scope: bytes, keys: Mapping[bytes, PersonKey | None], digested: Callable[[str], str]) -> None:
        self._scope, self._keys, self._digested = scope, keys, digested

    def interaction(self, row: Interaction) -> Cells:
        how = row.header.sealing
        assert how is not None  # noqa: S101 - only those that are sealed
        key = self._keys.get(how.key_id)
        if key is None:
            return Cells(sealing.DESTROYED, indexed=False)
        place = sealing.seal_row(self._scope, key, row)
        if how.mode == SEALED:
            return Cells(place, indexed=False)
        return Cells(place, self._digested(row.data.search_text))

    def plain(self, data: InteractionData) -> InteractionData:
        return sealing.bare(data)

    def annotation(self, note: StoredAnnotation) -> StoredAnnotation:
        assert note.sealing is not None  # noqa: S101 - only those that are sealed
        key = self._keys.get(note.sealing.key_id)
        cell = sealing.DESTROYED if key is None else sealing.seal_note(self._scope, key, note, note.sealing)
        plain = msgspec.structs.replace(sealing.bare_annotation(note.annotation), thumb=cell)
        return msgspec.structs.replace(note, annotation=plain)


async def destroy_person_keys(store: TenantStore, user_ids: Sequence[str]) -> int:
    """Destroys the keys that seal what these users published, as the first step of an erasure: from then on none of it
    opens, in tables, journal and spool; a backup of before holds the keys and what they seal. Such rows are read
    without texts until the erasure has removed them. Doing it twice changes nothing; a user who is admitted again gets
    a new key with the next publish. Needs no master key. Gives how many keys there were; raises what the vault's disk
    raises.
    """
    return await store.content.destroy(user_ids)


async def _now(job: Callable[[], T]) -> T:
    return job()
