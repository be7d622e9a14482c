"""`interplay search`."""

from collections.abc import Iterator, Sequence
from typing import Any

import click
from interplay.v1 import interaction_service_pb2 as service

from interplay_server.cli import options
from interplay_server.cli.connection import Connection
from interplay_server.cli.output import echo_json, gist, table
from interplay_server.cli.times import local


@click.command(epilog='Example: interplay search "what did she say about the boiler?" --user ada --top-k 5 --explain')
@click.argument("text")
@options.filters
@options.with_session
@options.with_role
@options.with_period
@options.ranking
@options.talks_to_server
async def search(connection: Connection, *, text: str, explain: bool, as_json: bool, **criteria: Any) -> None:
    """Find interactions by meaning and words."""
    async with connection.open() as client:
        answer = await client.search_interactions(text, **criteria)
    warn_degraded(answer)
    if as_json:
        for hit in answer.hits:
            echo_json(hit)
        return
    for line in hit_lines(answer.hits, explain=explain):
        click.echo(line)
    if not answer.hits:
        click.echo("nothing found", err=True)


def hit_lines(
    hits: Sequence[service.InteractionHit], *, explain: bool = False, compact: bool = False, indent: int = 0
) -> Iterator[str]:
    """The table of hits; with `explain` each row is followed by the parts of its score. `compact` leaves out where and
    when.
    """
    if not hits:
        return
    rows = [_row(place, hit) for place, hit in enumerate(hits, 1)]
    kept = [name for name in rows[0] if not (compact and name in {"when", "user", "session"})]
    cells = [[row[name] for name in kept] for row in rows]
    heading, *lines = table(kept, cells, right=("#", "score", "similar"), indent=indent)
    yield heading
    for line, hit in zip(lines, hits, strict=True):
        yield line
        if explain:
            yield click.style(f"{'':{indent + 3}}{explanation(hit)}", dim=True)


def _row(place: int, hit: service.InteractionHit) -> dict[str, str]:
    found = hit.interaction
    return {
        "#": str(place),
        "score": f"{hit.score:.3f}",
        "similar": f"{hit.vector_similarity:.3f}" if hit.HasField("vector_similarity") else "-",
        "when": local(found.data.occur_time) or local(found.publish_time),
        "user": found.user_id,
        "session": found.session_id,
        "matched": ",".join(hit.matched_terms) or "-",
        "interaction": gist(found.data),
    }


def explanation(hit: Any) -> str:
    """The terms that add something, and the place in either arm."""
    parts = [f"{term.name} {term.value:+.2f}" for term in hit.terms if term.value]
    if hit.HasField("vector_rank"):
        parts.append(f"vector rank {hit.vector_rank}")
    if hit.HasField("text_rank"):
        parts.append(f"text rank {hit.text_rank}")
    if hit.HasField("text_score"):
        parts.append(f"BM25 {hit.text_score:.2f}")
    return "  ".join(parts)


def warn_degraded(answer: Any) -> None:
    """Says so where a part of a search or briefing failed."""
    if answer.degraded:
        click.echo(f"warning: degraded: {answer.degraded_reason}", err=True)
