"""`interplay mcp`: context, search, publish and correct as tools of the Model Context Protocol, over stdio."""

import os
import uuid
from pathlib import Path

import click

from interplay_server.cli.connection import Connection


@click.command(epilog="Example: INTERPLAY_API_KEY=… interplay mcp --target 127.0.0.1:50051 --user ada")
@click.option(
    "--target",
    default="127.0.0.1:50051",
    show_default=True,
    metavar="HOST:PORT",
    envvar="INTERPLAY_TARGET",
    help="Server to talk to. [INTERPLAY_TARGET]",
)
@click.option(
    "--tenant",
    metavar="NAME",
    envvar="INTERPLAY_TENANT",
    help="Tenant, where the server asks for no credential. [INTERPLAY_TENANT]",
)
@click.option("--tls", is_flag=True, help="Encrypt; the server's certificate is checked by the system's authorities.")
@click.option("--tls-ca", type=click.Path(dir_okay=False), help="PEM file of authorities to check by; implies --tls.")
@click.option("--tls-certificate", type=click.Path(dir_okay=False), help="PEM file of your own certificate.")
@click.option("--tls-key", type=click.Path(dir_okay=False), help="PEM file of its private key.")
@click.option("--allow-insecure", is_flag=True, help="Send the API key unencrypted to another machine.")
@click.option("--user", "user_id", metavar="ID", default="", help="The person, where a call names none.")
@click.option(
    "--session", "session_id", metavar="ID", default="", help="The session of what is published; one a run by default."
)
@click.option("--agent", "agent_id", metavar="ID", default="", help="The agent whose lessons are wanted.")
@click.option("--source", metavar="TEXT", default="mcp", show_default=True, help="Source of what is published.")
@click.option("--read-only", is_flag=True, help="Offer only what reads.")
@click.option(
    "--timeout", type=click.FloatRange(min=0.1), default=10.0, show_default=True, help="Seconds a call may take."
)
def mcp(
    *,
    target: str,
    tenant: str | None,
    tls: bool,
    tls_ca: str | None,
    tls_certificate: str | None,
    tls_key: str | None,
    allow_insecure: bool,
    user_id: str,
    session_id: str,
    agent_id: str,
    source: str,
    read_only: bool,
    timeout: float,
) -> None:
    """Serve the memory to an agent's host as tools, over standard input and output (Model Context Protocol).

    The host starts it and ends it. The API key is read from INTERPLAY_API_KEY and from nowhere else, since hosts show
    the arguments of what they start. Needs the extra: pip install 'interplay-server[mcp]'.
    """
    if bool(tls_certificate) != bool(tls_key):
        raise click.UsageError("--tls-certificate and --tls-key must be given together")
    for path in filter(None, (tls_ca, tls_certificate, tls_key)):
        if not Path(path).is_file():
            raise click.UsageError(f"{path} is no file")
    try:
        from interplay_server.cli.mcp_tools import Defaults, serve  # noqa: PLC0415 - optional
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in {"mcp", "mcp_types", "anyio", "pydantic"}:
            raise
        raise click.UsageError("the protocol is not installed: pip install 'interplay-server[mcp]'") from error
    key = os.environ.get("INTERPLAY_API_KEY") or None
    connection = Connection(target, key, tenant, tls, tls_ca, tls_certificate, tls_key, allow_insecure)
    session = session_id or f"mcp-{uuid.uuid4().hex}"
    serve(connection, Defaults(user_id, session, agent_id, source, timeout), read_only=read_only)
