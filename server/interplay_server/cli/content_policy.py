"""`interplay content-policy`: redaction and encryption of what is published, by source."""

import click
from interplay.v1 import custody_pb2

from interplay_server.cli import options
from interplay_server.cli.connection import Connection
from interplay_server.cli.output import echo_json, table
from interplay_server.cli.times import local
from interplay_server.cli.words import Words

_REDACTION = Words(custody_pb2.RedactionMode, "REDACTION_MODE_")
_ENCRYPTION = Words(custody_pb2.EncryptionMode, "ENCRYPTION_MODE_")
_SOURCE = click.option("--source", metavar="TEXT", default="", help="Of one source; without it, of every other one.")


class _ShowByDefault(click.Group):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group("content-policy", cls=_ShowByDefault, epilog="Example: interplay content-policy")
def content_policy() -> None:
    """How content is stored: redacted, encrypted; without a command it shows the policy."""


@content_policy.command(epilog="Example: interplay content-policy show --json")
@options.talks_to_server
async def show(connection: Connection, *, as_json: bool) -> None:
    """Show the policy."""
    async with connection.open() as client:
        _echo(await client.get_content_policy(), as_json=as_json)


@content_policy.command(
    "set", epilog="Example: interplay content-policy set --source web --redaction mask --encryption sealed"
)
@_SOURCE
@_REDACTION.option("--redaction", meaning="Personal data in texts: leave, count, or replace by its kind.")
@_ENCRYPTION.option("--encryption", meaning="On the disk: as they are, encrypted and searchable, or encrypted only.")
@options.talks_to_server
async def set_rule(connection: Connection, *, source: str, redaction: int, encryption: int, as_json: bool) -> None:
    """Set the rule of one source, for what is published from then on; what is not given stays.

    Needs the right admin.
    """
    if not redaction and not encryption:
        raise click.UsageError("give --redaction, --encryption or both")
    async with connection.open() as client:
        policy = await client.get_content_policy()
        rules = {rule.source: rule for rule in policy.rules}
        rule = rules.setdefault(source, custody_pb2.ContentRule(source=source))
        rule.redaction = redaction or rule.redaction  # type: ignore[assignment]
        rule.encryption = encryption or rule.encryption  # type: ignore[assignment]
        _echo(await client.set_content_policy(rules.values(), revision=policy.revision), as_json=as_json)


@content_policy.command(epilog="Example: interplay content-policy unset --source web")
@_SOURCE
@options.talks_to_server
async def unset(connection: Connection, *, source: str, as_json: bool) -> None:
    """Take the rule of one source away, for what is published from then on."""
    async with connection.open() as client:
        policy = await client.get_content_policy()
        rules = [rule for rule in policy.rules if rule.source != source]
        if len(rules) == len(policy.rules):
            raise click.UsageError("there is no such rule")
        _echo(await client.set_content_policy(rules, revision=policy.revision), as_json=as_json)


def _echo(policy: custody_pb2.ContentPolicy, *, as_json: bool) -> None:
    if as_json:
        echo_json(policy)
        return
    if not policy.rules:
        click.echo("everything is stored as it comes")
        return
    rows = [
        (rule.source or "(every other)", _REDACTION.of(rule.redaction), _ENCRYPTION.of(rule.encryption))
        for rule in policy.rules
    ]
    for line in table(("source", "redaction", "encryption"), rows):
        click.echo(line)
    click.echo(f"revision {policy.revision}, since {local(policy.update_time)}")
