"""A file of features from the server to a place of the caller's."""

import asyncio
import contextlib
import hashlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from interplay import types
from interplay._resuming import resumed
from interplay._transport import Transport
from interplay.errors import InternalError
from interplay.features import FeatureExport
from interplay.types import Word
from interplay.v1 import feature_service_pb2 as service

_SUFFIXES = {".parquet": "parquet", ".arrow": "arrow", ".arrows": "arrow", ".csv": "csv"}


def format_of(target: Any, word: Word) -> Any:
    """The enum value of a word, else of a path's suffix. Raises ValueError."""
    if word is None and isinstance(target, str | os.PathLike):
        word = _SUFFIXES.get(Path(target).suffix.lower())
    return types.enum_value(service.FeatureExportFormat, "FEATURE_EXPORT_FORMAT_", word, "format")


async def export(
    transport: Transport,
    request: service.ExportInteractionFeaturesRequest,
    target: str | os.PathLike[str] | BinaryIO,
    patience: float,
) -> FeatureExport:
    """Writes the file, going on with the same snapshot when the connection breaks. Raises InterplayError, OSError."""
    digest, size = hashlib.sha256(), 0
    last = service.ExportInteractionFeaturesResponse()

    def method() -> Any:
        return transport.features.ExportInteractionFeatures

    with _opened(target) as file:
        pieces = resumed(transport, method, request, lambda piece: piece.last, patience)
        async with contextlib.aclosing(pieces):
            async for last in pieces:
                await asyncio.to_thread(file.write, last.data)
                digest.update(last.data)
                size += len(last.data)
                request.export_id, request.offset = last.export_id, size
        if digest.hexdigest() != last.sha256:
            raise InternalError(f"the export {last.export_id} has another SHA-256 than the server says")
    return FeatureExport(last.path, last.export_id, size, last.row_count, last.sha256)


@contextmanager
def _opened(target: str | os.PathLike[str] | BinaryIO) -> Iterator[BinaryIO]:
    """A file as it is; for a path one beside it that takes its place when all went well."""
    if not isinstance(target, str | os.PathLike):
        yield target
        return
    path = Path(target)
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        with partial.open("wb") as file:
            yield file
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
