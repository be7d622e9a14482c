"""What is said twice is said the same: reasons, settings, rights and services in code, proto and docs."""

import json
import re

import pytest
from google.rpc import code_pb2
from interplay.v1 import error_reason_pb2
from interplay_server import docs_tables, errors
from interplay_server.errors import base
from interplay_server.services.methods import RIGHTS, SERVICES
from interplay_server.settings import settings_table

from tests.conftest import ROOT

LEAVES = list(docs_tables.leaves())
PROTO = (ROOT / "proto/interplay/v1/error_reason.proto").read_text()
VALUES = [
    name.removeprefix("ERROR_REASON_")
    for name in list(error_reason_pb2.ErrorReason.keys())
    if not name.endswith("_UNSPECIFIED")
]


@pytest.mark.parametrize("path", docs_tables.TABLES)
def test_tables_of_the_docs_are_current(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    made = docs_tables.rewritten(text, docs_tables.TABLES[path]())
    assert text == made, f"{path} is not current: python -m interplay_server.docs_tables"


def test_reasons_of_code_and_proto():
    assert sorted(leaf.reason for leaf in LEAVES) == sorted(VALUES)
    assert len(LEAVES) == len(set(VALUES))


def test_reasons_of_the_docs():
    rows = re.findall(r"^\| `([A-Z_]+)` \| ([A-Z_]+) \|", (ROOT / "docs/errors.md").read_text(), re.MULTILINE)
    assert dict(rows) == {leaf.reason: leaf.code for leaf in LEAVES}
    assert len(rows) == len(LEAVES)


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.reason)
def test_the_proto_shows_code_and_example(leaf):
    found = re.search(rf"((?:  //[^\n]*\n)+)  ERROR_REASON_{leaf.reason} = \d+;", PROTO)
    assert found, "no comment"
    comment = found[1]
    assert re.match(rf"\s*// {leaf.code}\. [A-Za-z]", comment)
    example = json.loads(re.search(r"//\s+(\{\"reason\".*\})\s*$", comment, re.MULTILINE)[1])
    assert example["reason"] == leaf.reason and example["domain"] == "interplay"
    assert all(isinstance(value, str) for value in example["metadata"].values())
    assert leaf.code in list(code_pb2.Code.keys())


def test_only_leaves_have_reasons():
    def inner(base):
        for one in base.__subclasses__():
            if one.__subclasses__():
                yield one
                yield from inner(one)

    assert [one.__name__ for one in inner(errors.InterplayError) if one.reason] == []
    assert all(leaf.reason for leaf in LEAVES)


def test_the_tree_is_drawn_as_it_is():
    drawn = re.findall(
        r"^\s*[│├└─ ]*(\b[A-Z]\w+)", base.__doc__.partition("\n\n")[2].partition("\n\nA leaf")[0], re.MULTILINE
    )

    def walk(kind):
        yield kind.__name__
        for one in kind.__subclasses__():
            yield from walk(one)

    assert drawn == list(walk(errors.InterplayError))


def test_settings_of_the_docs():
    rows = re.findall(
        r"^\| `([a-z_.0-9]+)` \| .*? \| `(INTERPLAY_\w+)` \| `(--[\w-]+)` \|",
        (ROOT / "docs/configuration.md").read_text(),
        re.MULTILINE,
    )
    assert rows == [(one.key, one.environment, one.flag) for one in settings_table()]


def test_every_method_has_a_right_and_no_more():
    assert set(RIGHTS) == {method.name for service in SERVICES.values() for method in service.methods}
    assert set(RIGHTS.values()) <= {"", "READ", "WRITE", "ADMIN", "OPERATOR"}


def test_names_that_scripts_rely_on():
    """Section 13 of the contract."""
    text = "\n".join(path.read_text() for path in (ROOT / "proto/interplay/v1").glob("*.proto"))
    for words in ("repeated InteractionHit hits = ", "string next_page_token = ", "int32 top_k = ", "int64 committed_offset = ",
                  "repeated Interaction interactions = ", "repeated string interaction_ids = "):  # fmt: skip
        assert words in text
    kinds = {
        "StreamPublishRequest": ["open", "append", "flush", "heartbeat", "finish"],
        "StreamPublishResponse": ["opened", "ack", "append_error", "context", "heartbeat", "go_away", "finished"],
    }
    from interplay.v1 import publish_stream_pb2  # noqa: PLC0415 - only here

    for name, members in kinds.items():
        (one,) = publish_stream_pb2.DESCRIPTOR.message_types_by_name[name].oneofs
        assert (one.name, [field.name for field in one.fields]) == ("message", members)
