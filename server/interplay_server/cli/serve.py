"""`interplay serve`."""

import os
import sys
from pathlib import Path
from typing import Any

import click

from interplay_server.settings import Setting, load_settings, settings_table


def _option(setting: Setting) -> click.Option:
    """The flag of one setting. It has no default of its own, so that file and environment can speak."""
    flag = f"{setting.flag}/--no-{setting.flag[2:]}" if setting.kind is bool else setting.flag
    default = "" if setting.default == "" else f" Default: {setting.default}."
    kinds: dict[type, click.ParamType[Any]] = {int: click.INT, float: click.FLOAT, str: click.STRING}
    shown = {
        "server.listen": "HOST:PORT",
        "server.metrics_listen": "HOST:PORT",
        "web.listen": "HOST:PORT",
        "server.data": "DIR",
        "replica.of": "DIR",
    }
    return click.Option(
        [flag, setting.key.replace(".", "__")],
        type=click.Choice(setting.choices) if setting.choices else kinds.get(setting.kind, click.BOOL),
        default=None,
        metavar=shown.get(setting.key, "FILE" if setting.group == "tls" else None),
        help=f"{setting.doc}{default} [{setting.environment}]",
    )


@click.command(
    params=[_option(setting) for setting in settings_table()],
    epilog="Example: interplay serve --listen 127.0.0.1:50051 --data ./data --web 127.0.0.1:8080 --console",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="INTERPLAY_CONFIG",
    help="Settings as TOML; the environment wins over it, and flags over both. [INTERPLAY_CONFIG]",
)
def serve(config: Path | None, **flags: object) -> None:
    """Run the server until SIGTERM or Ctrl-C.

    Prints `listening on HOST:PORT` when it is ready, and with --web `browsers at URL` after it.
    """
    settings = load_settings(config, {name.replace("__", "."): value for name, value in flags.items()})
    # LanceDB takes seconds to import; help and errors must not wait for it.
    from interplay_server import memory  # noqa: PLC0415

    memory.collect_never()
    from interplay_server.app import run  # noqa: PLC0415
    from interplay_server.storage.disk import FolderInUse  # noqa: PLC0415

    try:
        run(settings)
    except FolderInUse as error:
        raise click.ClickException(str(error)) from error
    finally:
        memory.collect_again()
    if "ray" in sys.modules:
        # All is closed and flushed; threads of Ray were seen to abort a process that was ending.
        sys.stdout.flush()
        os._exit(0)
