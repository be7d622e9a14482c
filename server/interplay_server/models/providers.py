"""The configured model. Libraries of providers are imported here, and only the one that is asked for."""

import importlib.util
import os
from pathlib import Path

from interplay_server.domain.model import ModelProvider
from interplay_server.domain.secrets import looks_like_a_key
from interplay_server.settings import Model, SettingsError, check_model


def open_provider(settings: Model) -> ModelProvider | None:
    """None for `rules`: the built-in engines ask no model.

    Raises SettingsError naming what to set.
    """
    check_model(settings)
    if settings.provider == "rules":
        return None
    if settings.provider == "replay":
        return _replay(settings)
    key = _key(settings.api_key_env)
    provider = _remote(settings, key)
    return _recorded(provider, settings.record, key) if settings.record else provider


def _key(variable: str) -> str:
    """Raises SettingsError, which never repeats what may be a key."""
    if looks_like_a_key(variable):
        raise SettingsError("model.api_key_env must be the name of an environment variable, never the key itself")
    if not variable:
        return ""
    key = os.environ.get(variable, "").strip()
    if not key:
        raise SettingsError(f"model.api_key_env names {variable}, which is not set, or empty: export {variable}=…")
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise SettingsError(f"the key in {variable} holds characters that no key has")
    return key


def _remote(settings: Model, key: str) -> ModelProvider:
    from interplay_server.models.calling import RemoteModel, Wire  # noqa: PLC0415

    wire: Wire
    if settings.provider == "anthropic":
        from interplay_server.models.anthropic import AnthropicWire  # noqa: PLC0415

        wire = AnthropicWire(settings.model, key=key, base_url=settings.base_url)
    else:
        if importlib.util.find_spec("openai") is None:
            raise SettingsError('model.provider openai needs its library: pip install "interplay-server[openai]"')
        from interplay_server.models.openai import OpenAIWire  # noqa: PLC0415

        wire = OpenAIWire(settings.model, key=key, base_url=settings.base_url, vision=settings.vision)
    return RemoteModel(wire, timeout=settings.timeout_seconds, max_concurrent=settings.max_concurrent)


def _recorded(provider: ModelProvider, folder: str, key: str) -> ModelProvider:
    from interplay_server.models.replay import CassetteError, Recorder  # noqa: PLC0415

    try:
        return Recorder(provider, Path(folder), key=key)
    except CassetteError as error:
        raise SettingsError(f"model.record: {error}") from error


def _replay(settings: Model) -> ModelProvider:
    from interplay_server.models.replay import CassetteError, Replay  # noqa: PLC0415

    try:
        return Replay(Path(settings.cassettes), settings.model)
    except CassetteError as error:
        raise SettingsError(f"model.cassettes: {error}") from error
