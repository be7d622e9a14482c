"""`interplay completion`."""

import click
from click.shell_completion import get_completion_class


@click.command(epilog="Example: interplay completion bash > ~/.local/share/bash-completion/completions/interplay")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that completes commands and options in SHELL."""
    maker = get_completion_class(shell)
    if maker is None:
        raise click.UsageError(f"no completion for {shell}")
    click.echo(maker(ctx.find_root().command, {}, "interplay", "_INTERPLAY_COMPLETE").source())
