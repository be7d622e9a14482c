"""`interplay info`."""

import click

from interplay_server.cli import options
from interplay_server.cli.connection import Connection
from interplay_server.cli.output import echo_facts, echo_json
from interplay_server.cli.times import local


@click.command(epilog="Example: interplay info --target 127.0.0.1:50051")
@options.talks_to_server
async def info(connection: Connection, *, as_json: bool) -> None:
    """Say what the server is and what it allows."""
    async with connection.open() as client:
        answer = await client.server_info()
    if as_json:
        echo_json(answer)
        return
    limits = answer.limits
    facts = {
        "version": answer.version,
        "services": ", ".join(answer.services),
        "providers": ", ".join(answer.providers),
        "embedder": f"{answer.embedder.name}, {answer.embedder.dimension} dimensions",
        "can change to": ", ".join(one.name for one in answer.available_embedders),
        "tenant": answer.tenant,
        "credentials": "required" if answer.authentication_required else "not required",
        "message limit": f"{limits.max_message_bytes:,} bytes",
        "image limit": f"{limits.max_image_bytes:,} bytes",
        "text limit": f"{limits.max_text_characters:,} characters",
        "calls a second": f"{limits.max_calls_per_second:g}" if limits.max_calls_per_second else "without limit",
        "running since": local(answer.start_time),
    }
    if answer.HasField("replica"):
        facts |= {"replica of": answer.replica.source, "fresh at": local(answer.replica.fresh_time)}
    echo_facts(facts)
