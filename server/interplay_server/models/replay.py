"""Cassettes: recorded answers of a provider, one readable file each, named by a digest of what was asked."""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import structlog

from interplay_server.domain.model import Completion, Message, ModelFailure, ModelProvider, Usage
from interplay_server.models.structured import Unfit, read_object

_log = structlog.get_logger()


class CassetteError(Exception):
    """A folder of cassettes cannot be used."""


class Cassette(msgspec.Struct, frozen=True):
    request: dict[str, Any]
    """As `canonical` makes it."""
    text: str
    model: str
    """As the provider named it in its answer."""
    usage: Usage


def canonical(
    provider: str,
    model: str,
    messages: Sequence[Message],
    *,
    schema: Mapping[str, Any] | None,
    seed: int,
    max_tokens: int,
) -> dict[str, Any]:
    """Everything that an answer depends on; images by digest. Where prompts are cached changes no answer."""
    return {
        "provider": provider,
        "model": model,
        "messages": [
            {
                "role": message.role,
                "text": message.text,
                "images": [
                    {"media_type": image.media_type, "sha256": hashlib.sha256(image.data).hexdigest()}
                    for image in message.images
                ],
            }
            for message in messages
        ],
        "schema": schema,
        "seed": seed,
        "max_tokens": max_tokens,
    }


def digest(request: Mapping[str, Any]) -> str:
    """SHA-256 in hexadecimal, whatever the order of keys."""
    written = json.dumps(request, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode("ascii")).hexdigest()


class Recorder:
    """A provider whose successful calls are also written to a folder. A later answer to the same request wins."""

    def __init__(self, inner: ModelProvider, folder: Path, *, key: str = "") -> None:
        """A call whose text holds the `key` is not recorded. Raises CassetteError."""
        self.name, self.model, self.vision = inner.name, inner.model, inner.vision
        self._inner = inner
        self._folder = folder
        self._key = key
        try:
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            raise CassetteError(f"{folder}: {error.strerror}") from error

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, Any] | None = None,
        deadline: float,
        seed: int = 0,
        max_tokens: int = 4096,
    ) -> AsyncIterator[str | Completion]:
        request = canonical(self.name, self.model, messages, schema=schema, seed=seed, max_tokens=max_tokens)
        answer: Any = self._inner.complete(messages, schema=schema, deadline=deadline, seed=seed, max_tokens=max_tokens)
        async with contextlib.aclosing(answer):
            async for step in answer:
                if isinstance(step, Completion):
                    self._write(request, step)
                yield step

    async def close(self) -> None:
        await self._inner.close()

    def _write(self, request: dict[str, Any], answer: Completion) -> None:
        """A disk that is full costs the cassette, not the answer."""
        name = digest(request)
        kept = {
            "request": request,
            "text": answer.text,
            "model": answer.model,
            "usage": msgspec.to_builtins(answer.usage),
        }
        # Lone surrogates have no UTF-8; the digest is of ASCII, and so they are written as escapes.
        body = json.dumps(kept, ensure_ascii=False, indent=2)
        if self._key and self._key in body:
            _log.warning("cassette_holds_the_key", cassette=name)
            return
        try:
            _replace(self._folder / f"{name}.json", body.encode("utf-8", "backslashreplace"))
        except OSError as error:
            _log.warning("cassette_not_written", cassette=name, errno=error.errno)


class Replay:
    """Answers recorded requests and no others, in one piece."""

    name = "replay"
    vision = True

    def __init__(self, folder: Path, model: str = "") -> None:
        """Reads all cassettes, or those of `model`, which may be left out where they are of one model only.

        Raises CassetteError.
        """
        cassettes = _read_all(folder)
        if model:
            cassettes = {name: one for name, one in cassettes.items() if one.request.get("model") == model}
        sources = {(str(one.request.get("provider")), str(one.request.get("model"))) for one in cassettes.values()}
        if not sources:
            raise CassetteError(f"{folder} holds no recorded answers" + (f" of {model}" if model else ""))
        if len({of for _, of in sources}) > 1:
            models = ", ".join(sorted(of for _, of in sources))
            raise CassetteError(f"{folder} holds answers of several models: set model.model to one of {models}")
        self.model = min(sources)[1]
        self._providers = sorted(provider for provider, _ in sources)
        self._cassettes = cassettes

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, Any] | None = None,
        deadline: float,  # noqa: ARG002 - of the port; nothing here takes time
        seed: int = 0,
        max_tokens: int = 4096,
    ) -> AsyncIterator[str | Completion]:
        found = self._find(messages, schema, seed, max_tokens)
        parsed = None
        text = found.text
        if schema is not None:
            try:
                text, parsed = read_object(text, schema)
            except Unfit as problem:
                said = f"the recorded answer does not fulfil the schema: {problem}"
                raise ModelFailure(ModelFailure.MALFORMED, said) from None
        yield text
        yield Completion(text, found.model, found.usage, parsed)

    async def close(self) -> None:
        """Nothing is open."""

    def _find(
        self, messages: Sequence[Message], schema: Mapping[str, Any] | None, seed: int, max_tokens: int
    ) -> Cassette:
        name = ""
        for provider in self._providers:
            name = digest(canonical(provider, self.model, messages, schema=schema, seed=seed, max_tokens=max_tokens))
            if name in self._cassettes:
                return self._cassettes[name]
        raise ModelFailure(ModelFailure.NO_CASSETTE, f"no answer to this request was recorded (digest {name})")


def _read_all(folder: Path) -> dict[str, Cassette]:
    """By digest. Raises CassetteError."""
    if not folder.is_dir():
        raise CassetteError(f"{folder} is no folder")
    found = {}
    for path in sorted(folder.glob("*.json")):
        try:
            cassette = msgspec.json.decode(path.read_bytes(), type=Cassette)
        except OSError as error:
            raise CassetteError(f"{path}: {error.strerror}") from error
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise CassetteError(f"{path} is no cassette") from error
        if digest(cassette.request) != path.stem:
            raise CassetteError(f"{path}: the request is not the one that was recorded")
        found[path.stem] = cassette
    return found


def _replace(path: Path, body: bytes) -> None:
    """Whole or not at all. Raises OSError."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
