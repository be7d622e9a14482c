"""What commands print: tables for people, one JSON object a line for scripts."""

import json
import select
import shutil
import sys
import unicodedata
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import click
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from interplay.v1 import interaction_pb2

M = TypeVar("M", bound=Message)


def as_json(message: Message) -> dict[str, Any]:
    """Proto JSON with the field names of the proto files."""
    fields: dict[str, Any] = MessageToDict(message, preserving_proto_field_name=True)
    return fields


def echo_json(value: Message | dict[str, Any]) -> None:
    fields = as_json(value) if isinstance(value, Message) else value
    click.echo(json.dumps(fields, ensure_ascii=False))


async def listed(items: AsyncIterator[M], limit: int, *, as_json: bool) -> list[M]:
    """The first `limit` of a list; as JSON each is printed as it comes."""
    found: list[M] = []
    async for item in items:
        found.append(item)
        if as_json:
            echo_json(item)
        if len(found) == limit:
            break
    return found


def reader_left() -> bool:
    """Whether standard output is a pipe that nobody reads any more; a command that is silent would not notice."""
    try:
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)
        return any(event & select.POLLERR for _, event in poll.poll(0))
    except (AttributeError, OSError, ValueError):  # no poll on this platform, or no file behind it
        return False


def terminal_width() -> int:
    return shutil.get_terminal_size((110, 24)).columns


def width(text: str) -> int:
    """Columns that a terminal needs: two for wide letters, none for combining marks."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def harmless(text: str) -> str:
    """Without control characters, which could steer the reader's terminal; ends of lines stay."""
    return "".join(" " if unicodedata.category(letter) == "Cc" and letter != "\n" else letter for letter in text)


def clip(text: str, columns: int) -> str:
    """One harmless line of at most `columns` columns, with an ellipsis where something was cut."""
    plain = " ".join(harmless(text).split())
    if width(plain) <= columns:
        return plain
    kept = ""
    for letter in plain:
        if width(kept + letter) > columns - 1:
            break
        kept += letter
    return kept.rstrip() + "…" if columns > 0 else ""


def pad(text: str, columns: int, *, right: bool = False) -> str:
    space = " " * max(0, columns - width(text))
    return space + text if right else text + space


def table(
    headings: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[str] = (), indent: int = 0
) -> list[str]:
    """Lines of a table. The last column takes what the terminal leaves; columns named in `right` are flush right."""
    cells = [[clip(cell, 10_000) for cell in row] for row in rows]
    columns = list(zip(headings, *cells, strict=True))
    widths = [min(max(map(width, column)), 40) for column in columns[:-1]]
    rest = max(20, terminal_width() - indent - sum(widths) - 2 * len(widths))

    def line(row: Sequence[str]) -> str:
        fixed = [
            pad(clip(cell, size), size, right=heading in right)
            for heading, cell, size in zip(headings[:-1], row[:-1], widths, strict=True)
        ]
        return " " * indent + "  ".join([*fixed, clip(row[-1], rest)]).rstrip()

    return [click.style(line(headings), bold=True), *map(line, cells)]


def counted(number: int, thing: str) -> str:
    """`1 user`, `2 users`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def echo_facts(facts: Mapping[str, str]) -> None:
    """One line for each name that has a value."""
    columns = max(16, *(width(name) + 2 for name in facts))
    for name, value in facts.items():
        if value:
            click.echo(f"{pad(name, columns)}{harmless(value)}")


def gist(data: interaction_pb2.InteractionData) -> str:
    """An interaction in a few words: who, and what was said or done."""
    who = data.speaker or data.role or "User"
    if data.content:
        return f"{who}: {data.content}"
    if data.user_action_description:
        action = interaction_pb2.UserAction.Name(data.user_action).removeprefix("USER_ACTION_").lower()
        return f"{who} [{action}] {data.user_action_description}"
    return f"{who} {_silent(data)}"


def _silent(data: interaction_pb2.InteractionData) -> str:
    if data.tools_used:
        return "used " + ", ".join(tool.tool_name for tool in data.tools_used)
    if data.interacted_image_url:
        return f"[image] {data.interacted_image_url}"
    return "[expert answer]" if data.expert_content else "[shadow answer]" if data.shadow_content else "[image]"
