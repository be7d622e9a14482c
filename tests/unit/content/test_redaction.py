"""Which texts of an entry are looked at, and what was said is not taken for a log."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from interplay_server.custody.content.redacting import Redaction
from interplay_server.domain import journal
from interplay_server.domain.content_policy import DETECT, INDEXED, MASK, ContentPolicy, ContentRule, dump, load
from interplay_server.domain.interaction import (
    Annotation,
    BatchHeader,
    Citation,
    Details,
    InteractionData,
    ToolUse,
)
from interplay_server.monitoring.redaction import redact

MAIL = "ada@example.com"
FREE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(0, 2**53)
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.just(MAIL),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5) | st.just(MAIL), inner, max_size=4),
    max_leaves=20,
)


def test_every_text_of_an_interaction():
    texts = dict.fromkeys(("content", "speaker", "shadow_content", "expert_content", "user_action_description"), MAIL)
    tool = ToolUse(MAIL, {"q": MAIL, "deep": [{"mail": MAIL}, 3]}, MAIL)
    details = Details((tool,), (Citation("page", "1", "", MAIL),), metadata={MAIL: MAIL})
    row = InteractionData("User", "user", image_url=f"https://x.example/?m={MAIL}", details=details, **texts)
    entry = journal.Published(BatchHeader("ada", "s", "r", metadata={"from": [MAIL]}), (row, row))
    made = Redaction()
    masked = made.published(entry)
    assert MAIL.encode() not in journal.encode(masked)
    assert made.counts["email"] >= 2 * (len(texts) + 6) + 1
    assert masked.header.user_id == "ada"
    again = Redaction()
    assert again.published(masked) == masked
    assert not again.counts


def test_every_text_of_an_annotation():
    made = Redaction()
    masked = made.annotated(journal.Annotated("01A", Annotation(MAIL, MAIL, "up", 3.0, MAIL, MAIL)))
    assert masked.annotation == Annotation("{email}", "{email}", "up", 3.0, "{email}", "{email}")
    assert made.counts == {"email": 4}


@given(st.dictionaries(st.text(max_size=5) | st.just(MAIL), FREE, max_size=4))
def test_no_mail_survives_in_any_structure_and_its_shape_stays(given_metadata):
    entry = journal.Published(BatchHeader("u", "s", "r", metadata=given_metadata), ())
    masked = Redaction().published(entry).header.metadata
    assert MAIL not in str(masked)
    assert len(masked) == len(given_metadata)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(masked)) == masked


def test_what_nests_too_deep_is_left_out():
    deep = MAIL
    for _ in range(200):
        deep = [deep]
    made = Redaction()
    masked = made.published(journal.Published(BatchHeader("u", "s", "r", metadata={"x": deep}), ()))
    assert MAIL not in str(masked)
    assert made.counts == {"text": 1}


@pytest.mark.parametrize(
    "text",
    [
        'I loved "Becoming Nicole" and \'cause', "user: hi there", "password for the door? ask Ada", "it's 5'11\" tall",
        "see you at 10:30 on 2024-05-01", "a 3/4 cup, and/or two", "order 4711 for 17.50", "\uff28\uff49!", "x\u200by",
    ],
)  # fmt: skip
def test_what_was_said_stays(text):
    assert redact(text, said=True).text == text


def test_what_was_said_and_tells_something():
    found = redact(f"user: write to {MAIL}, or call +44 20 7946 0958; my key is sk_live_51HxyzABCDEFghijkl", said=True)
    assert found.text.startswith("user: write to {email}, or call {phone}; ")
    assert "sk_live" not in found.text


def test_the_rule_of_a_source():
    policy = ContentPolicy((ContentRule("web", MASK), ContentRule("", DETECT, INDEXED)), 5, 3)
    assert policy.rule("web") == ContentRule("web", MASK)
    assert policy.rule("app") == policy.rule("") == ContentRule("", DETECT, INDEXED)
    assert ContentPolicy((ContentRule("web", MASK),)).rule("app") == ContentRule()
    assert load(dump(policy)) == policy
    assert load(None) == ContentPolicy()
