"""Envelopes: AES-256-GCM, bound to the tenant, the place and what stands beside in plain, so that no cell opens in
another's place.
"""

import base64
import hashlib
import secrets
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from interplay_server.custody.content.keys import KEY_BYTES, PersonKey
from interplay_server.domain import journal
from interplay_server.domain.content_policy import IMAGE_MARK, INDEXED, MARK, PRESENT, SEALED
from interplay_server.domain.images import ImageRef
from interplay_server.domain.interaction import (
    Annotation,
    Details,
    Interaction,
    InteractionData,
    Sealing,
    StoredAnnotation,
)

_NONCE = 12
_VERSION: Final = 1
_MODES = {INDEXED: 1, SEALED: 2}
_NAMES = {number: name for name, number in _MODES.items()}
_HEAD = 2 + KEY_BYTES
DESTROYED = f"{MARK}destroyed"
"""In place of what was to be sealed with a key that is gone."""


GONE = Sealing(SEALED, b"")
"""Of what is left of a row whose key is destroyed."""


class Broken(Exception):
    """A cell was sealed elsewhere, with another key, or changed since."""


class Texts(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """What of an interaction does not stand in plain."""

    content: str = ""
    speaker: str = ""
    shadow_content: str = ""
    expert_content: str = ""
    user_action_description: str = ""
    image_url: str = ""
    image: ImageRef | None = None
    details: Details | None = None

    @classmethod
    def of(cls, data: InteractionData) -> "Texts":
        return cls(*(getattr(data, name) for name in cls.__struct_fields__))


class _Row(msgspec.Struct, frozen=True, array_like=True):
    texts: Texts
    metadata: dict[str, Any] | None = None


class _Entry(msgspec.Struct, frozen=True, array_like=True):
    texts: tuple[Texts, ...]
    metadata: dict[str, Any] | None = None


_encoder = msgspec.msgpack.Encoder()
_row = msgspec.msgpack.Decoder(_Row).decode
_entry = msgspec.msgpack.Decoder(_Entry).decode
_annotation = msgspec.msgpack.Decoder(Annotation).decode


def _seal(cipher: AESGCM, plain: bytes, bound: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + cipher.encrypt(nonce, plain, bound)


def _open(cipher: AESGCM, sealed: bytes, bound: bytes) -> bytes:
    try:
        return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], bound)
    except (InvalidTag, ValueError) as error:
        raise Broken from error


# --- entries of the journal


def bare(data: InteractionData) -> InteractionData:
    """What of an interaction stands in plain beside its envelope."""
    image = data.image
    return InteractionData(
        role=data.role,
        role_class=data.role_class,
        external_id=data.external_id,
        shadow_content=PRESENT if data.shadow_content else "",
        expert_content=PRESENT if data.expert_content else "",
        user_action=data.user_action,
        image=image and ImageRef(image.name, image.media_type, image.size),
        occur_time=data.occur_time,
    )


def whole(plain: InteractionData, texts: Texts) -> InteractionData:
    return msgspec.structs.replace(plain, **{name: getattr(texts, name) for name in Texts.__struct_fields__})


def _bound_entry(scope: bytes, entry: journal.Entry) -> bytes:
    return scope + b"|journal|" + journal.encode(entry)


def seal_published(scope: bytes, key: PersonKey, entry: journal.Published) -> journal.Published:
    header = msgspec.structs.replace(entry.header, metadata=None)
    plain = journal.Published(header, tuple([bare(one) for one in entry.interactions]))
    inside = _encoder.encode(_Entry(tuple([Texts.of(one) for one in entry.interactions]), entry.header.metadata))
    return msgspec.structs.replace(plain, envelope=_seal(key.texts, inside, _bound_entry(scope, plain)))


def open_published(scope: bytes, key: PersonKey, entry: journal.Published) -> journal.Published:
    """Raises Broken."""
    plain = msgspec.structs.replace(entry, envelope=b"")
    inside = _entry(_open(key.texts, entry.envelope, _bound_entry(scope, plain)))
    rows = tuple([whole(data, texts) for data, texts in zip(entry.interactions, inside.texts, strict=True)])
    return journal.Published(msgspec.structs.replace(entry.header, metadata=inside.metadata), rows)


def without_texts(entry: journal.Entry) -> journal.Entry:
    """What is left of an entry whose key is destroyed."""
    if isinstance(entry, journal.Published):
        rows = tuple([whole(one, Texts()) for one in entry.interactions])
        return journal.Published(msgspec.structs.replace(entry.header, sealing=GONE), rows)
    assert isinstance(entry, journal.Annotated)  # noqa: S101 - nothing else is sealed
    return journal.Annotated(entry.interaction_id, Annotation(entry.annotation.annotator), GONE)


def bare_annotation(given: Annotation) -> Annotation:
    return Annotation(
        annotator=given.annotator, expert_content=PRESENT if given.expert_content else "", rating=given.rating
    )


def seal_annotated(scope: bytes, key: PersonKey, entry: journal.Annotated) -> journal.Annotated:
    plain = msgspec.structs.replace(entry, annotation=bare_annotation(entry.annotation))
    inside = _encoder.encode(entry.annotation)
    return msgspec.structs.replace(plain, envelope=_seal(key.texts, inside, _bound_entry(scope, plain)))


def open_annotated(scope: bytes, key: PersonKey, entry: journal.Annotated) -> journal.Annotated:
    """Raises Broken."""
    plain = msgspec.structs.replace(entry, envelope=b"")
    inside = _annotation(_open(key.texts, entry.envelope, _bound_entry(scope, plain)))
    return msgspec.structs.replace(plain, annotation=inside)


# --- cells of the tables


def _cell(sealing: Sealing, sealed: bytes) -> str:
    head = bytes((_VERSION, _MODES[sealing.mode])) + sealing.key_id
    return MARK + base64.b64encode(head + sealed).decode()


def _bound_cell(scope: bytes, table: bytes, row_id: str, sealing: Sealing) -> bytes:
    return b"|".join((scope, table, row_id.encode(), bytes((_VERSION, _MODES[sealing.mode])), sealing.key_id))


def read_cell(cell: str) -> tuple[Sealing, bytes] | None:
    """How it is sealed, and nonce with ciphertext; None for what was never sealed since its key was gone. Raises
    Broken.
    """
    if cell == DESTROYED:
        return None
    try:
        raw = base64.b64decode(cell[len(MARK) :], validate=True)
    except ValueError as error:
        raise Broken from error
    if len(raw) < _HEAD + _NONCE or raw[0] != _VERSION or raw[1] not in _NAMES:
        raise Broken
    return Sealing(_NAMES[raw[1]], raw[2:_HEAD]), raw[_HEAD:]


def seal_row(scope: bytes, key: PersonKey, row: Interaction) -> str:
    """`row` says how it is sealed."""
    how = row.header.sealing
    assert how is not None  # noqa: S101 - only those that are sealed
    inside = _encoder.encode(_Row(Texts.of(row.data), row.header.metadata))
    return _cell(how, _seal(key.texts, inside, _bound_cell(scope, b"interactions", row.interaction_id, how)))


def open_row(
    scope: bytes, key: PersonKey, row_id: str, head: tuple[Sealing, bytes], plain: InteractionData
) -> tuple[InteractionData, dict[str, Any] | None]:
    """`head` as `read_cell` gives it. Raises Broken."""
    how, sealed = head
    inside = _row(_open(key.texts, sealed, _bound_cell(scope, b"interactions", row_id, how)))
    return whole(plain, inside.texts), inside.metadata


def seal_note(scope: bytes, key: PersonKey, note: StoredAnnotation, sealing: Sealing) -> str:
    bound = _bound_cell(scope, b"annotations", note.annotation_id, sealing)
    return _cell(sealing, _seal(key.texts, _encoder.encode(note.annotation), bound))


def open_note(
    scope: bytes, key: PersonKey, note: StoredAnnotation, sealing: Sealing, sealed: bytes
) -> StoredAnnotation:
    """Raises Broken."""
    bound = _bound_cell(scope, b"annotations", note.annotation_id, sealing)
    inside = _annotation(_open(key.texts, sealed, bound))
    return msgspec.structs.replace(note, annotation=inside, sealing=sealing)


# --- images


def name_of(key: PersonKey, sha256: str) -> str:
    """64 hexadecimal digits that tell nothing of the bytes."""
    return hashlib.blake2b(sha256.encode(), key=key.names, digest_size=32).hexdigest()


def seal_image(scope: bytes, key: PersonKey, name: str, data: bytes) -> bytes:
    return IMAGE_MARK + key.key_id + _seal(key.images, data, b"|".join((scope, b"images", name.encode())))


def key_of_image(data: bytes) -> bytes:
    return data[len(IMAGE_MARK) : len(IMAGE_MARK) + KEY_BYTES]


def open_image(scope: bytes, key: PersonKey, name: str, data: bytes) -> bytes:
    """Raises Broken."""
    sealed = data[len(IMAGE_MARK) + KEY_BYTES :]
    return _open(key.images, sealed, b"|".join((scope, b"images", name.encode())))


# --- digests of words


def digest_of(words_key: bytes, stem: str) -> str:
    """48 bits in hexadecimal, ended by a digit, so that the index's own stemmer leaves it as it is."""
    return hashlib.blake2b(stem.encode("utf-8", "surrogatepass"), key=words_key, digest_size=6).hexdigest() + "0"
