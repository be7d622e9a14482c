"""Conversion between messages and domain types: nothing is lost, and what the proto cannot state is checked."""

import math

import pytest
from google.protobuf.struct_pb2 import ListValue, Struct, Value
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st
from interplay.v1 import interaction_pb2, interaction_service_pb2
from interplay_server.domain.interaction import Annotation, BatchHeader, Interaction, StoredAnnotation
from interplay_server.errors import InvalidRequest
from interplay_server.services.convert import filters, structs, times
from interplay_server.services.convert.interactions import (
    annotation_from_pb,
    annotation_to_pb,
    interaction_to_pb,
    rows_from_pb,
)

PLAIN = st.recursive(
    st.none() | st.booleans() | st.text(max_size=20) | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(2**53) + 1, 2**53 - 1),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=15,
)  # fmt: skip
TEXT = st.text(max_size=30)
KINDS = st.integers(1, 3)
DATA = st.builds(
    dict,
    role=st.text(min_size=1, max_size=30), speaker=TEXT, external_id=TEXT, content=st.text(min_size=1).filter(str.strip),
    shadow_content=TEXT, expert_content=TEXT, user_action=st.integers(1, 6), user_action_description=st.just("why"),
    interacted_image_url=TEXT,
    occur_time=st.none() | st.integers(0, 1_700_000_000_000_000).map(times.from_micros),
    tools_used=st.lists(st.builds(interaction_pb2.ToolUse, tool_name=st.text(min_size=1, max_size=9), status=TEXT), max_size=3),
    citations=st.lists(
        st.builds(interaction_pb2.Citation, kind=KINDS, real_id=st.text(min_size=1), tag=TEXT, title=TEXT), max_size=3
    ),
    retrieved_learnings=st.lists(
        st.builds(interaction_pb2.RetrievedLearning, kind=KINDS, learning_id=st.text(min_size=1), exposure_receipt=TEXT),
        max_size=3,
    ),
    product_ref=st.none() | st.builds(interaction_pb2.ProductRef, product_id=st.text(min_size=1), event_type=TEXT),
)  # fmt: skip
HEADER = BatchHeader("u", "s", "r", "web", "shop", "v1", False, "production", False, None)


def stored(data):
    return Interaction(1, "0" * 26, 1_700_000_000_000_000, HEADER, data)


@given(DATA)
def test_an_interaction_comes_back_as_it_was_sent(fields):
    sent = interaction_pb2.InteractionData(**fields)
    (row,) = rows_from_pb([sent], "")
    assert not row.violations and row.data is not None
    assert interaction_to_pb(stored(row.data)).data == sent


@given(st.dictionaries(st.text(max_size=8), PLAIN, max_size=5))
def test_structs_come_back(plain):
    violations = []
    message = structs.to_struct(plain)
    assert structs.to_plain(message, "x", violations) == (plain or None)
    assert not violations


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("wrap", ["plain", "list", "struct"])
def test_numbers_must_be_finite(number, wrap):
    value = Value(number_value=number)
    if wrap == "list":
        value = Value(list_value=ListValue(values=[value]))
    if wrap == "struct":
        value = Value(struct_value=Struct(fields={"b": value}))
    violations = []
    assert structs.to_plain(Struct(fields={"a": value}), "path", violations) is None
    assert [one.field for one in violations] == ["path"] and "finite" in violations[0].description


@pytest.mark.parametrize(("size", "fine"), [(65_536 - 8, True), (65_536 - 7, False)])
def test_size_is_that_of_the_json(size, fine):
    violations = []
    made = structs.to_plain(Struct(fields={"a": Value(string_value="x" * size)}), "path", violations)
    assert (made is not None) == fine == (not violations)


@pytest.mark.parametrize(("depth", "fine"), [(32, True), (33, False)])
def test_depth(depth, fine):
    value = Value(bool_value=True)
    for _ in range(depth):
        value = Value(list_value=ListValue(values=[value]))
    violations = []
    made = structs.to_plain(Struct(fields={"a": value}), "path", violations)
    assert (made is not None) == fine == (not violations)


@given(st.integers(-62_135_596_800_000_000, times.MAX_US))
def test_instants_come_back(micros):
    stamp = times.from_micros(micros)
    assert times.is_valid(stamp) and times.to_micros(stamp) == micros
    assert stamp.ToMicroseconds() == micros


@pytest.mark.parametrize(
    ("seconds", "nanos", "valid"),
    [
        (0, 0, True), (0, 999_999_999, True), (0, -1, False), (0, 10**9, False), (253_402_300_799, 999_999_999, True),
        (253_402_300_800, 0, False), (-62_135_596_800, 0, True), (-62_135_596_801, 0, False), (2**63 - 1, 0, False),
    ],
)  # fmt: skip
def test_what_an_instant_is(seconds, nanos, valid):
    assert times.is_valid(Timestamp(seconds=seconds, nanos=nanos)) is valid


@pytest.mark.parametrize("seconds", [0, 0.5, 15.0, 30.25, 86_400])
def test_durations(seconds):
    made = times.duration(seconds)
    assert made.seconds + made.nanos / 1e9 == seconds


@given(st.builds(dict, annotator=TEXT, expert_content=TEXT, thumb=st.integers(0, 2), comment=TEXT, corrected_content=TEXT,
                 rating=st.none() | st.floats(1, 5)))  # fmt: skip
def test_annotations_come_back(fields):
    sent = interaction_pb2.Annotation(**fields)
    made = annotation_from_pb(sent)
    assert isinstance(made, Annotation)
    back = annotation_to_pb(StoredAnnotation(1, "a" * 26, "i" * 26, 7, made))
    sent.annotation_id = "a" * 26
    sent.create_time.FromMicroseconds(7)
    assert back == sent


def test_bad_rows_are_not_looked_at():
    bad = {0: ["already known"]}
    rows = rows_from_pb(
        [interaction_pb2.InteractionData(user_action=2), interaction_pb2.InteractionData(content="x")], "p.", bad
    )
    assert rows[0].violations == ["already known"] and rows[0].data is None
    assert rows[1].data is not None


def test_paths_lead_to_the_row():
    row = interaction_pb2.InteractionData(content="x", user_action=2)
    (made,) = rows_from_pb([row], "append.")
    assert [one.field for one in made.violations] == ["append.interactions[0].user_action_description"]


class TestFilters:
    def test_whatever_the_request_has(self):
        request = interaction_service_pb2.ListInteractionsRequest(
            user_id="u", session_id="s", source="o", agent_version="v", role="R", role_class=2, user_action=5,
            external_id="e", agent_id="a", request_id="r", start_time=Timestamp(seconds=1), end_time=Timestamp(seconds=2),
            as_of=Timestamp(seconds=3, nanos=1500),
        )  # fmt: skip
        made = filters.filter_from_pb(request)
        assert (made.user_id, made.session_id, made.source, made.agent_version, made.role) == ("u", "s", "o", "v", "R")
        assert (made.role_class, made.user_action, made.external_id, made.agent_id) == ("agent", "VIEW", "e", "a")
        assert (made.request_id, made.start_time, made.end_time, made.as_of) == ("r", 1_000_000, 2_000_000, 3_000_001)
        assert not made.empty
        assert filters.filter_from_pb(interaction_service_pb2.ListInteractionsRequest()).empty

    def test_instants_that_are_none(self):
        request = interaction_service_pb2.ListSessionsRequest(
            start_time=Timestamp(nanos=-1), as_of=Timestamp(seconds=2**62)
        )
        with pytest.raises(InvalidRequest) as caught:
            filters.filter_from_pb(request)
        assert sorted(one.field for one in caught.value.violations) == ["as_of", "start_time"]

    @pytest.mark.parametrize(("asked", "expected"), [(0, 50), (1, 1), (1000, 1000), (1001, 1000), (2**31 - 1, 1000)])
    def test_page_size(self, asked, expected):
        assert filters.page_size(asked) == expected

    def test_a_query_is_all_but_its_place(self):
        make = interaction_service_pb2.ListInteractionsRequest
        same = {filters.query_key(make(user_id="u", **place)) for place in ({}, {"page_size": 3}, {"page_token": "x"})}
        assert len(same) == 1
        assert filters.query_key(make(user_id="v")) not in same
        assert filters.query_key(interaction_service_pb2.ListSessionsRequest(user_id="u")) not in same
