"""`interplay learning config`: shows the configuration as TOML, and sets it from a file or from KEY=VALUE pairs."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from google.protobuf import json_format
from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor
from interplay.v1 import learning_service_pb2 as service
from interplay.v1.learning_service_pb2_grpc import LearningServiceStub

from interplay_server.cli import options
from interplay_server.cli.connection import Client, Connection
from interplay_server.cli.failure import RefusalError
from interplay_server.cli.output import echo_json
from interplay_server.cli.times import local
from interplay_server.domain.learning_config import IDLE_SECONDS_MODEL, IDLE_SECONDS_RULES, PRESETS

_OUTPUT_ONLY = ("revision", "update_time")


@click.group(epilog="Example: interplay learning config show > learning.toml")
def config() -> None:
    """How the tenant learns: provider, windows, extractors, aggregation."""


@config.command(epilog="Example: interplay learning config show > learning.toml")
@options.talks_to_server
async def show(connection: Connection, *, as_json: bool) -> None:
    """Print the configuration as TOML, as `learning config set --file` takes it.

    What is not set but inherited stands there as a comment. With --json every default is filled in.
    """
    async with connection.open() as client:
        answer = await client.call(LearningServiceStub, "GetLearningConfig", service.GetLearningConfigRequest())
        provider = await _provider(client)
    _echo(answer.config, provider, as_json=as_json)


@config.command("set", epilog="Example: interplay learning config set preset=long-form aggregation.min_users=2")
@click.argument("pairs", metavar="[KEY=VALUE]...", nargs=-1)
@click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="TOML or JSON (.json) that replaces everything; pairs change what it says.",
)
@click.option("--etag", metavar="TEXT", help="Only if it is still the configuration of this etag; '' for any.")
@click.option("--validate-only", is_flag=True, help="Check without changing.")
@options.talks_to_server
async def set_config(
    connection: Connection,
    *,
    pairs: tuple[str, ...],
    file: Path | None,
    etag: str | None,
    validate_only: bool,
    as_json: bool,
) -> None:
    """Change the configuration: single keys, or all of it from a file.

    A KEY is a field of LearningConfig, `aggregation.min_users` one of its parts; lists are JSON, and an empty VALUE
    takes the default. Without --etag the etag in the file counts, or that of the configuration which the pairs change.
    """
    if not pairs and file is None:
        raise click.UsageError("give KEY=VALUE pairs or --file")
    async with connection.open() as client:
        if file is not None:
            wanted = read(file)
        else:
            answer = await client.call(LearningServiceStub, "GetLearningConfig", service.GetLearningConfigRequest())
            wanted = answer.config
            forget_inherited(wanted, await _provider(client))
        for pair in pairs:
            assign(wanted, pair)
        if etag is not None:
            wanted.etag = etag
        made = service.UpdateLearningConfigRequest(config=wanted, validate_only=validate_only)
        answer = await client.call(LearningServiceStub, "UpdateLearningConfig", made)
        provider = await _provider(client)
    if validate_only:
        click.echo("valid; nothing was changed", err=True)
    _echo(answer.config, provider, as_json=as_json)


def forget_inherited(config: Any, provider: str) -> None:
    """Clears what the server filled in, so that a change of preset, window or provider reaches what inherits from it.

    `provider` is the one in use.
    """
    size, stride = PRESETS[service.WindowPreset.Name(config.preset).removeprefix("WINDOW_PRESET_").lower()]
    inherited = {
        "window_size": size,
        "stride": min(stride, config.window_size),
        "idle_seconds": IDLE_SECONDS_RULES if provider == "rules" else IDLE_SECONDS_MODEL,
    }
    for field, value in inherited.items():
        if getattr(config, field) == value:
            config.ClearField(field)


def assign(config: Any, pair: str) -> None:
    """Sets the field that KEY=VALUE names. Raises BadParameter."""
    key, equals, text = pair.partition("=")
    *parents, name = key.split(".")
    message = config
    for parent in parents:
        field = message.DESCRIPTOR.fields_by_name.get(parent)
        if field is None or field.message_type is None or field.is_repeated:
            raise click.BadParameter(f"{pair!r}: {parent} has no parts")
        message = getattr(message, parent)
    field = message.DESCRIPTOR.fields_by_name.get(name)
    if not equals or field is None:
        known = ", ".join(one for one in message.DESCRIPTOR.fields_by_name if one not in _OUTPUT_ONLY)
        raise click.BadParameter(f"{pair!r} is not KEY=VALUE of one of {known}")
    message.ClearField(name)
    if not text:
        return
    if field.enum_type is not None and text not in (words := _names(field.enum_type)):
        raise click.BadParameter(f"{pair!r} is none of {', '.join(word for word in words if word != 'unspecified')}")
    plain = field.enum_type is not None or field.type == FieldDescriptor.TYPE_STRING
    try:
        value = text if plain and not field.is_repeated else json.loads(text)
        json_format.ParseDict(_spelt_out({name: value}, message.DESCRIPTOR), message)
    except json.JSONDecodeError:
        raise click.BadParameter(f"{pair!r}: the value is neither a number, true, false nor JSON") from None
    except json_format.ParseError as error:
        raise click.BadParameter(f"{pair!r}: {error}") from error


def read(file: Path) -> Any:
    """The configuration in a TOML or JSON file. Raises RefusalError, OSError."""
    try:
        text = file.read_text(encoding="utf-8")
        fields = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
        return json_format.ParseDict(_spelt_out(fields, service.LearningConfig.DESCRIPTOR), service.LearningConfig())
    except (ValueError, json_format.ParseError) as error:
        raise RefusalError(f"{file}: {error}", "INVALID_ARGUMENT", "INVALID_CONFIG") from error


def _spelt_out(value: Any, descriptor: Any) -> Any:
    """Proto JSON in which values of enums may be words such as `long-form`, with their full names."""
    if isinstance(value, list):
        return [_spelt_out(one, descriptor) for one in value]
    if not isinstance(value, dict):
        return value
    spelt = {}
    for name, one in value.items():
        field = descriptor.fields_by_name.get(name) or descriptor.fields_by_camelcase_name.get(name)
        if field is not None and field.message_type is not None:
            spelt[name] = _spelt_out(one, field.message_type)
        elif field is not None and field.enum_type is not None and isinstance(one, str):
            spelt[name] = _names(field.enum_type).get(one.lower().replace("_", "-"), one)
        else:
            spelt[name] = one
    return spelt


def _names(enum: EnumDescriptor) -> dict[str, str]:
    """Full names of the values by their words."""
    prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", enum.name).upper() + "_"
    return {name.removeprefix(prefix).lower().replace("_", "-"): name for name in enum.values_by_name}


def toml(full: Any, own: Any, table: str = "") -> Iterator[str]:
    """Lines of the fields of `own`; those of `full` that `own` inherits are comments."""
    nested = []
    for field in full.DESCRIPTOR.fields:
        if field.message_type is not None:
            nested.append(field)
        elif not (field.name in _OUTPUT_ONLY and not table):
            value, inherited = getattr(full, field.name), getattr(own, field.name)
            comment = "" if value == inherited else "# "
            yield f"{comment}{field.name} = {_literal(field, value)}"
    for field in nested:
        if field.name in _OUTPUT_ONLY:
            continue
        name = f"{table}.{field.name}" if table else field.name
        if field.is_repeated:
            for one, two in zip(getattr(full, field.name), getattr(own, field.name), strict=True):
                yield f"\n[[{name}]]"
                yield from toml(one, two, name)
        else:
            yield f"\n[{name}]"
            yield from toml(getattr(full, field.name), getattr(own, field.name), name)


def _literal(field: FieldDescriptor, value: Any) -> str:
    if field.enum_type is not None:
        words = {name: word for word, name in _names(field.enum_type).items()}
        value = words[field.enum_type.values_by_number[value].name]
    # A string of JSON is one of TOML but for DEL, which TOML wants escaped.
    return json.dumps(list(value) if field.is_repeated else value, ensure_ascii=False).replace("\x7f", "\\u007f")


async def _provider(client: Client) -> str:
    answer = await client.call(LearningServiceStub, "GetLearningStatus", service.GetLearningStatusRequest())
    return str(answer.provider)


def _echo(config: Any, provider: str, *, as_json: bool) -> None:
    if as_json:
        echo_json(config)
        return
    own = service.LearningConfig()
    own.CopyFrom(config)
    forget_inherited(own, provider)
    changed = f", {local(config.update_time)}" if config.HasField("update_time") else ""
    click.echo(f"# revision {config.revision}{changed}; the provider in use is {provider}")
    for line in toml(config, own):
        click.echo(line)
