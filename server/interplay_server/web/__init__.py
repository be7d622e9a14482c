"""What browsers talk to: Connect and gRPC-Web over HTTP/1.1 in front of the gRPC server, and the console."""

from typing import TYPE_CHECKING

from interplay_server.settings import Settings, SettingsError, web_address

if TYPE_CHECKING:
    from interplay_server.web.gateway import Gateway


def open_gateway(settings: Settings) -> "Gateway | None":
    """Bound and not started yet; None where the settings ask for none.

    Raises SettingsError without the extra `web`, and where the address cannot be had.
    """
    if not web_address(settings):
        return None
    try:
        from interplay_server.web.gateway import Gateway  # noqa: PLC0415 - only where it is asked for
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"starlette", "uvicorn", "h11"}:
            raise
        raise SettingsError("web.listen needs the extra web: pip install 'interplay-server[web]'") from error
    return Gateway(settings)
