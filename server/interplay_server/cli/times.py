"""Instants as people write and read them."""

import re
from datetime import UTC, datetime, timedelta

import click
from google.protobuf.timestamp_pb2 import Timestamp

_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_RELATIVE = re.compile(r"([+-]?)((?:\d+[wdhms])+)")


def parse_time(text: str, now: datetime, *, unsigned: int = -1) -> datetime:
    """An RFC 3339 instant or date, `now`, or a distance from now such as `-3d2h`; without a sign it lies in the past,
    or in the future with `unsigned=1`. No zone means UTC. Raises ValueError.
    """
    if text == "now":
        return now
    if found := _RELATIVE.fullmatch(text):
        sign = {"-": -1, "+": 1, "": unsigned}[found[1]]
        parts = re.findall(r"(\d+)([wdhms])", found[2])
        try:
            return now + sign * sum((timedelta(**{_UNITS[unit]: int(count)}) for count, unit in parts), timedelta())
        except OverflowError:
            raise ValueError(f"{text!r} is too far away") from None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{text!r} is neither an instant such as 2026-01-31T09:00:00Z nor a distance such as -3d2h"
        ) from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def timestamp(instant: datetime) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(instant)
    return message


def local(message: Timestamp) -> str:
    """Minutes of the reader's own clock; empty for an instant that is not set."""
    if not message.seconds:
        return ""
    return message.ToDatetime(UTC).astimezone().strftime("%Y-%m-%d %H:%M")


class Instant(click.ParamType[datetime]):
    """An option that holds an instant."""

    name = "time"

    def __init__(self, *, unsigned: int = -1) -> None:
        self._unsigned = unsigned

    def convert(self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return parse_time(value, datetime.now(UTC), unsigned=self._unsigned)
        except ValueError as error:
            self.fail(str(error), param, ctx)
