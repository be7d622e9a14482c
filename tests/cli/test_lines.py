"""Lines, times and tables: what the commands are made of, without a server."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from interplay.v1 import interaction_pb2
from interplay_server.cli.lines import LineError, Place, read_line
from interplay_server.cli.output import clip, gist, pad, table, width
from interplay_server.cli.times import parse_time

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLACE = Place("ada", "s1")


def line(place=PLACE, **fields):
    return read_line(json.dumps(fields), 1, place, NOW)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", NOW),
        ("-3d2h", NOW - timedelta(days=3, hours=2)),
        ("3d", NOW - timedelta(days=3)),
        ("+90m", NOW + timedelta(minutes=90)),
        ("1w", NOW - timedelta(weeks=1)),
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T09:00:00Z", datetime(2026, 1, 31, 9, tzinfo=UTC)),
        ("2026-01-31T09:00:00+02:00", datetime(2026, 1, 31, 7, tzinfo=UTC)),
    ],
)
def test_instants(text, expected):
    assert parse_time(text, NOW) == expected


def test_distances_without_sign_may_lie_ahead():
    assert parse_time("90d", NOW, unsigned=1) == NOW + timedelta(days=90)


@pytest.mark.parametrize("text", ["", "yesterday", "3", "3x", "-", "99999999999d", "2026-13-01", "--3d"])
def test_no_instants(text):
    with pytest.raises(ValueError, match=r".+"):
        parse_time(text, NOW)


def test_a_line_becomes_an_interaction():
    found = line(
        user_id="bo",
        role="Agent",
        content="hello",
        occur_time="-1h",
        user_action="click",
        user_action_description="the button",
        tools_used=[{"tool_name": "look", "tool_data": {"a": [1, None]}}],
        metadata={"n": 1.5},
    )
    assert found.place == Place("bo", "s1")
    assert found.data.user_action == interaction_pb2.USER_ACTION_CLICK
    assert found.data.occur_time.ToDatetime(UTC) == NOW - timedelta(hours=1)
    assert found.data.tools_used[0].tool_data["a"][0] == 1
    assert found.data.metadata["n"] == 1.5


def test_images_come_as_base64_or_path(tmp_path):
    (tmp_path / "leaf.png").write_bytes(b"\x89PNG")
    assert line(image=base64.b64encode(b"\x89PNG").decode()).data.image == b"\x89PNG"
    found = read_line('{"image_path": "leaf.png"}', 1, PLACE, NOW, tmp_path)
    assert found.data.image == b"\x89PNG"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"user_id": 1}, "user_id"),
        ({"user_id": "a" * 257}, "user_id"),
        ({"colour": "red"}, "colour"),
        ({"content": 5}, ""),
        ({"content": "\ud800"}, ""),
        ({"user_action": "dance"}, "user_action"),
        ({"occur_time": "soon"}, "occur_time"),
        ({"occur_time": 5}, "occur_time"),
        ({"image": "%%%"}, "image"),
        ({"image": 7}, "image"),
        ({"image_path": "nowhere.png"}, "image_path"),
        ({"image_path": "a\0b"}, "image_path"),
        ({"image_path": "x", "image": "AA=="}, "image_path"),
        ({"tools_used": [{"tool_data": 3}]}, ""),
    ],
)
def test_bad_fields_are_named(fields, field):
    with pytest.raises(LineError) as caught:
        line(**fields)
    assert caught.value.field == field
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["{", "[]", "null", '{"metadata": {"a": NaN}}', '{"metadata": {"a": 1e999}}', "[" * 9999]
)
def test_lines_that_are_no_objects(text):
    with pytest.raises(LineError) as caught:
        read_line(text, 1, PLACE, NOW)
    assert caught.value.field == ""


@pytest.mark.parametrize("missing", ["user_id", "session_id"])
def test_person_and_session_are_needed(missing):
    with pytest.raises(LineError) as caught:
        line(place=PLACE._replace(**{missing: ""}), content="x")
    assert caught.value.field == missing


def test_clip_counts_columns_and_defuses_control_characters():
    assert clip("a\x1b[31m\nb", 20) == "a [31m b"
    assert clip("日本語です", 7) == "日本語…"
    assert width(clip("é" * 30, 10)) == 10
    assert clip("short", 5) == "short"
    assert pad("日", 4, right=True) == "  日"


def test_tables_line_up(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    lines = table(("n", "name", "text"), [("1", "日本", "x" * 100), ("10", "b", "y")], right=("n",))
    assert [found.index(mark) for found, mark in zip(lines[1:], "xy", strict=True)] == [10 - 2, 10]
    assert max(map(width, lines[1:])) == 60


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"speaker": "Ada", "content": "hi"}, "Ada: hi"),
        ({"role": "Agent", "content": "hi"}, "Agent: hi"),
        ({"user_action": 2, "user_action_description": "the button"}, "User [click] the button"),
        ({"tools_used": [{"tool_name": "look"}]}, "User used look"),
        ({"interacted_image_url": "https://x"}, "User [image] https://x"),
        ({"expert_content": "so"}, "User [expert answer]"),
        ({"shadow_content": "so"}, "User [shadow answer]"),
        ({"image": b"x"}, "User [image]"),
    ],
)
def test_gist(fields, expected):
    assert gist(interaction_pb2.InteractionData(**fields)) == expected
