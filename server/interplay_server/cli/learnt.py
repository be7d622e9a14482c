"""What the commands on profiles and playbooks have in common: options, requests, and how rows and changes look."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import click
from interplay.v1 import learning_pb2, profile_pb2

from interplay_server.cli import options
from interplay_server.cli.output import clip, echo_facts, table, terminal_width
from interplay_server.cli.search import explanation
from interplay_server.cli.times import Instant, local, timestamp
from interplay_server.cli.words import ARMS, CHANGE_TYPES, LIFECYCLES, METHODS

Command = Callable[..., Any]


def request(kind: Any, /, **fields: Any) -> Any:
    """A message of the fields that are given: None is left out, instants become timestamps."""
    given = {name: value for name, value in fields.items() if value is not None}
    return kind(**{name: timestamp(value) if isinstance(value, datetime) else value for name, value in given.items()})


def with_options(*shared: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several options as one decorator, in the order in which help tells them."""

    def decorate(command: Command) -> Command:
        for option in reversed(shared):
            command = option(command)
        return command

    return decorate


with_user = click.option("--user", "user_id", metavar="ID", default="", help="Only of this person.")
filters = with_options(
    click.option("--tag", "tags", metavar="TEXT", multiple=True, help="Only with this tag; repeat it for several."),
    LIFECYCLES.options("--lifecycle", "lifecycles", meaning="Only rows that stand so; repeat it. Current by default."),
    options.with_instant,
)
with_arm = ARMS.option("--arm", meaning="Answers of the agent that it was learnt from; production by default.")
change_filters = with_options(
    with_user,
    CHANGE_TYPES.options("--type", "change_types", meaning="Only changes of this kind; repeat it for several."),
    click.option("--since", "start_time", type=Instant(), help="Only at or after, for example -7d."),
    click.option("--until", "end_time", type=Instant(), help="Only before."),
    options.with_limit("Changes"),
)
with_etag = click.option("--etag", metavar="TEXT", default="", help="Only if it is still the row that has this etag.")
with_request_id = click.option("--request-id", metavar="ID", default="", help="Makes it safe to run this twice.")


def given_fields(message: Any, values: dict[str, Any]) -> list[str]:
    """Sets the fields whose option was given, lists as well as words, and returns their names.

    An empty value clears a field and is named too.
    """
    names = []
    for name, value in values.items():
        if value is None or value == ():
            continue
        names.append(name)
        if isinstance(value, tuple):
            getattr(message, name).extend(one for one in value if one)
        elif isinstance(value, str | int | float):
            setattr(message, name, value)
        else:
            getattr(message, name).CopyFrom(value)
    return names


def state(row: Any) -> str:
    """`current`, or what became of the row."""
    word = LIFECYCLES.of(row.lifecycle)
    return f"{word} by {row.superseded_by}" if row.superseded_by else word


def origin(made: learning_pb2.LearningOrigin) -> str:
    if made.method == learning_pb2.LEARNING_METHOD_MANUAL:
        return "by hand"
    parts = [METHODS.of(made.method), made.engine_version]
    if made.method == learning_pb2.LEARNING_METHOD_MODEL:
        parts.insert(1, made.provider)
    parts += [f"extractor {made.extractor}"] if made.extractor else []
    parts += [f"generation {made.generation}"] if made.generation else []
    parts += [ARMS.of(made.arm)] if made.arm == learning_pb2.ARM_SHADOW else []
    parts += [f"window {made.window_id}"] if made.window_id else []
    return ", ".join(filter(None, parts))


def echo_spans(row: Any) -> None:
    """The spans that back a row; of interactions without one only the ids."""
    for span in row.evidence:
        echo_span(span)
    told = {one.interaction_id for one in row.evidence}
    for interaction_id in row.source_interaction_ids:
        if interaction_id not in told:
            echo_facts({"learnt from": interaction_id})


def echo_span(span: learning_pb2.Evidence) -> None:
    """Where in which interaction it stands, in code points."""
    place = f"{span.interaction_id} {span.field}[{span.start}:{span.end}]  {local(span.time)}"
    echo_facts({"learnt from": place.rstrip()})


def echo_hits(
    hits: Sequence[Any], headings: Sequence[str], row: Callable[[Any], Sequence[str]], *, explain: bool
) -> None:
    """The table of the hits of a search: score and words, then the cells of `row`, but for those that leave the text no
    room.
    """
    if not hits:
        click.echo("nothing found", err=True)
        return
    cells = [
        {
            "#": str(place),
            "score": f"{hit.score:.3f}",
            "similar": f"{hit.vector_similarity:.3f}" if hit.HasField("vector_similarity") else "-",
            "matched": ",".join(hit.matched_terms) or "-",
            **{
                heading: cell
                for heading, cell in zip(headings, row(hit), strict=True)
                if heading not in {"said", "state", "support"}
            },
        }
        for place, hit in enumerate(hits, 1)
    ]
    heading, *lines = table(list(cells[0]), [list(one.values()) for one in cells], right=("#", "score", "similar"))
    click.echo(heading)
    for line, hit in zip(lines, hits, strict=True):
        click.echo(line)
        if explain:
            click.echo(click.style(f"   {explanation(hit)}", dim=True))


def change_rows(changes: Sequence[Any]) -> Iterator[str]:
    """The table of changes of profiles or playbooks."""
    rows = [
        (local(one.time), CHANGE_TYPES.of(one.change_type), _row_id(one), one.user_id, one.cause, _text(one))
        for one in changes
    ]
    yield from table(("when", "change", "row", "user", "why", "text"), rows)


def echo_change(answer: Any) -> None:
    """One line of a watch."""
    one = answer.change
    parts = (
        one.time.ToDatetime(UTC).astimezone().strftime("%H:%M:%S"),
        CHANGE_TYPES.of(one.change_type),
        _row_id(one),
        one.user_id,
        _text(one),
    )
    click.echo(clip(" ".join(filter(None, parts)), terminal_width()))


def _row_id(change: Any) -> str:
    return str(change.profile_id if isinstance(change, profile_pb2.ProfileChange) else change.playbook_id)


def _text(change: Any) -> str:
    """What the row says now, or said before it went; empty once it is deleted."""
    if isinstance(change, profile_pb2.ProfileChange):
        row: Any = change.after if change.HasField("after") else change.before
    else:
        name = change.WhichOneof("after") or change.WhichOneof("before")
        row = getattr(change, name) if name else None
    return str(row.content) if row is not None else ""
