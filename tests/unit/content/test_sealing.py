"""Envelopes open in their place, with their key, whole; and nowhere else."""

import secrets

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st
from interplay_server.custody.content import sealing
from interplay_server.custody.content.keys import KEY_BYTES, PersonKey
from interplay_server.domain import journal
from interplay_server.domain.content_policy import INDEXED, SEALED
from interplay_server.domain.images import ImageRef
from interplay_server.domain.interaction import (
    Annotation,
    BatchHeader,
    Details,
    Interaction,
    InteractionData,
    Sealing,
    StoredAnnotation,
    ToolUse,
)

SCOPE = b"a tenant"
DATA = InteractionData(
    role="User", role_class="user", content="said", speaker="Ada", external_id="e-1", shadow_content="shadow",
    expert_content="expert", user_action="CLICK", user_action_description="clicked", image_url="https://x.example/y",
    image=ImageRef("ab" * 32, "image/png", 7, "cd" * 32), occur_time=17,
    details=Details((ToolUse("search", {"query": "q"}, "ok"),), metadata={"a": [1, None, {"b": "c"}]}),
)  # fmt: skip


def key():
    return PersonKey(
        secrets.token_bytes(KEY_BYTES),
        AESGCM(secrets.token_bytes(32)),
        AESGCM(secrets.token_bytes(32)),
        secrets.token_bytes(32),
    )


KEY = key()


def header(mode=SEALED, **fields):
    how = Sealing(mode, KEY.key_id)
    return BatchHeader("ada", "s", "r-1", metadata={"channel": "said"}, **{"sealing": how, **fields})


def row(data=DATA, row_id="01A", mode=SEALED):
    return Interaction(5, row_id, 11, header(mode), data)


def opened(cell, row_id="01A", scope=SCOPE, with_key=KEY):
    return sealing.open_row(scope, with_key, row_id, sealing.read_cell(cell), sealing.bare(DATA))


@pytest.mark.parametrize("mode", [INDEXED, SEALED])
def test_a_row_is_itself_again(mode):
    cell = sealing.seal_row(SCOPE, KEY, row(mode=mode))
    assert opened(cell) == (DATA, {"channel": "said"})
    assert sealing.read_cell(cell)[0] == Sealing(mode, KEY.key_id)


def test_what_stands_beside_tells_no_text():
    beside = str(msgspec.to_builtins(sealing.bare(DATA)))
    for text in ("said", "Ada", "shadow'", "expert'", "clicked", "x.example", "search", "ab" * 32):
        assert text not in beside, text
    assert sealing.bare(DATA).image.sha256 == "cd" * 32


def test_no_cell_opens_in_another_place():
    cell = sealing.seal_row(SCOPE, KEY, row())
    with pytest.raises(sealing.Broken):
        opened(cell, row_id="01B")
    with pytest.raises(sealing.Broken):
        opened(cell, scope=b"another tenant")
    with pytest.raises(sealing.Broken):
        opened(cell, with_key=key())
    note = StoredAnnotation(1, "01A", "01A", 1, Annotation(), Sealing(SEALED, KEY.key_id))
    with pytest.raises(sealing.Broken):
        sealing.open_note(SCOPE, KEY, note, *sealing.read_cell(cell))


def test_no_cell_becomes_one_of_another_mode():
    cell = sealing.seal_row(SCOPE, KEY, row(mode=SEALED))
    how, sealed = sealing.read_cell(cell)
    with pytest.raises(sealing.Broken):
        sealing.open_row(SCOPE, KEY, "01A", (Sealing(INDEXED, how.key_id), sealed), sealing.bare(DATA))


@settings(max_examples=200, deadline=None)
@given(place=st.integers(1, 10_000), to=st.characters(min_codepoint=33, max_codepoint=126))
def test_a_changed_cell_is_broken_or_the_same(place, to):
    cell = sealing.seal_row(SCOPE, KEY, row())
    place = 1 + place % (len(cell) - 1)
    changed = cell[:place] + to + cell[place + 1 :]
    if changed == cell:
        return
    with pytest.raises(sealing.Broken):
        head = sealing.read_cell(changed)
        # The last characters of base64 may stand for the same bytes.
        if head == sealing.read_cell(cell):
            raise sealing.Broken
        sealing.open_row(SCOPE, KEY if head[0].key_id == KEY.key_id else key(), "01A", head, sealing.bare(DATA))


@pytest.mark.parametrize("cell", ["~", "~AQI", "~not base64!", "~" + "A" * 64, "~destroye", "~é"])
def test_what_is_no_cell(cell):
    with pytest.raises(sealing.Broken):
        sealing.read_cell(cell)


def test_a_published_entry_holds_nothing_readable_and_is_itself_again():
    entry = journal.Published(header(), (DATA, msgspec.structs.replace(DATA, content="more")))
    sealed = sealing.seal_published(SCOPE, KEY, entry)
    payload = journal.encode(sealed)
    for text in (b"said", b"more", b"Ada", b"clicked", b"x.example", b"channel"):
        assert text not in payload
    read = journal.decode(payload)
    assert journal.sequence_numbers(read) == 2
    assert sealing.open_published(SCOPE, KEY, read) == entry
    for other in (
        msgspec.structs.replace(read, header=msgspec.structs.replace(read.header, user_id="bob")),
        msgspec.structs.replace(read, interactions=read.interactions[::-1] + read.interactions[:0], envelope=b"x" * 40),
    ):
        with pytest.raises(sealing.Broken):
            sealing.open_published(SCOPE, KEY, other)


def test_an_annotation_is_itself_again():
    note = Annotation("reviewer", "better", "up", 4.5, "comment", "corrected")
    entry = journal.Annotated("01A", note, Sealing(SEALED, KEY.key_id))
    payload = journal.encode(sealing.seal_annotated(SCOPE, KEY, entry))
    assert not [text for text in (b"better", b"comment", b"corrected") if text in payload]
    assert sealing.open_annotated(SCOPE, KEY, journal.decode(payload)) == entry


def test_what_is_left_without_a_key():
    left = sealing.without_texts(sealing.seal_published(SCOPE, KEY, journal.Published(header(), (DATA,))))
    assert left.interactions == (
        InteractionData("User", "user", external_id="e-1", user_action="CLICK", occur_time=17),
    )
    assert left.header.user_id == "ada"


def test_images():
    name = sealing.name_of(KEY, "ab" * 32)
    assert len(name) == 64
    assert name != sealing.name_of(key(), "ab" * 32)
    sealed = sealing.seal_image(SCOPE, KEY, name, b"picture" * 9)
    assert b"picture" not in sealed
    assert sealing.key_of_image(sealed) == KEY.key_id
    assert sealing.open_image(SCOPE, KEY, name, sealed) == b"picture" * 9
    with pytest.raises(sealing.Broken):
        sealing.open_image(SCOPE, KEY, sealing.name_of(KEY, "cd" * 32), sealed)


def test_entries_of_before_are_read():
    """Headers and entries without what came later."""
    old = msgspec.msgpack.encode(
        ["publish", ["ada", "s", "r", "", "default", "", False, "", False, None], [["User", "user", "x"]]]
    )
    entry = journal.decode(old)
    assert (entry.interactions[0].content, entry.header.sealing, entry.envelope) == ("x", None, b"")
    old = msgspec.msgpack.encode(["annotate", "01A", ["me", "", "up"]])
    assert journal.decode(old).annotation.thumb == "up"
