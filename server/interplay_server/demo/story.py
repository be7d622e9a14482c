"""The people of the demo and what they said, with times counted back from now."""

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.resources import files
from typing import NamedTuple

from interplay_server.cli.lines import Line, Place, read_line
from interplay_server.demo.photo import tomato_leaf


class Search(NamedTuple):
    query: str
    user_id: str


DURING = (
    Search("why does the internet drop in the evening?", "maya.okafor"),
    Search("what is wrong with the leaves of my tomatoes?", "hannah.brandt"),
    Search("bake at how many degrees, in metric units", "grace.lindqvist"),
)
AFTERWARDS = (
    Search("where does she fly from now that she moved?", "ines.duarte"),
    Search("¿cuánto ahorraría con la tarifa nocturna?", "lucia.romero"),
    Search("nut allergy", ""),
    Search("please do not call, text me", ""),
)


def read_story(now: datetime | None = None) -> dict[str, list[Line]]:
    """The lines of each person in order of time. The photo of `metadata.photo` is drawn and attached."""
    text = (files("interplay_server.demo") / "conversations.jsonl").read_text(encoding="utf-8")
    moment = now or datetime.now(UTC)
    people: dict[str, list[Line]] = {}
    for number, row in enumerate(text.splitlines(), 1):
        line = read_line(row, number, Place(), moment)
        if "photo" in line.data.metadata:
            line.data.image = tomato_leaf()
        people.setdefault(line.place.user_id, []).append(line)
    return people


def size(people: dict[str, Sequence[Line]]) -> int:
    return sum(len(lines) for lines in people.values())
