"""The demo's conversations are what the demo and later lessons need them to be."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import protovalidate
import pytest
from interplay.v1 import interaction_pb2
from interplay_server.demo.photo import tomato_leaf
from interplay_server.demo.story import AFTERWARDS, DURING, read_story

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def people():
    return read_story(NOW)


def test_size(people):
    lines = [line for lines in people.values() for line in lines]
    assert len(people) == 12
    assert len(lines) >= 220
    sessions = Counter(user for user, _ in {(line.place.user_id, line.place.session_id) for line in lines})
    assert all(count >= 3 for count in sessions.values())


def test_every_line_is_valid_and_in_order(people):
    for lines in people.values():
        times = [line.data.occur_time.ToDatetime(UTC) for line in lines]
        assert times == sorted(times)
        assert NOW - timedelta(days=30) < times[0]
        assert times[-1] < NOW
        for line in lines:
            assert not protovalidate.collect_violations(line.data), line
            acts = line.data.user_action not in (0, interaction_pb2.USER_ACTION_NONE)
            assert acts == bool(line.data.user_action_description)


def test_variety(people):
    data = [line.data for lines in people.values() for line in lines]
    assert {item.user_action for item in data} >= {2, 3, 4, 5, 6}
    assert sum(bool(item.expert_content) for item in data) >= 8
    assert sum(bool(item.shadow_content) for item in data) >= 8
    assert sum(bool(item.tools_used) for item in data) >= 30
    assert [item.image for item in data if item.image] == [tomato_leaf()]
    text = " ".join(item.content for item in data)
    assert re.search(r"metric units", text)
    assert re.search(r"moved to", text)
    assert re.search(r"siempre en español", text)


def test_searches_are_about_people_of_the_story(people):
    assert len(DURING) + len(AFTERWARDS) >= 6
    assert {search.user_id for search in (*DURING, *AFTERWARDS)} - {""} <= people.keys()


def test_the_photo_is_a_small_png():
    photo = tomato_leaf()
    assert photo.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(photo) < 4096
    assert photo == tomato_leaf()
