"""Methods of a client that take everything held on a person out, and in."""

# ruff: noqa: ASYNC109 - a timeout here is the deadline that grpc sends to the server

import asyncio
import contextlib
import os
import shutil
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import grpc

from interplay import types
from interplay._transport import Transport
from interplay.errors import InternalError, UnavailableError, from_rpc_error
from interplay.types import Word
from interplay.v1 import admin_service_pb2 as admin
from interplay.v1 import custody_pb2

ImportProgress = Callable[[str, int], None]
"""Told of each file that was read, and of its rows."""
_PIECE_BYTES = 256 * 1024


class UserExports:
    """The part of AsyncInterplay that calls AdminService for exports of people."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def export_user(
        self,
        user_id: str,
        folder: str | os.PathLike[str],
        *,
        format: Word = None,  # noqa: A002 - as the request says
    ) -> custody_pb2.UserExportSummary:
        """Writes everything held on a person into a new folder, `format` is json_lines or parquet.

        The folder appears under its name when it is whole. Raises NotFoundError (USER_NOT_FOUND), FileExistsError.
        """
        target = Path(folder)
        if await asyncio.to_thread(target.exists):
            raise FileExistsError(f"{target} is there already")
        request = admin.ExportUserRequest(
            user_id=user_id,
            format=types.enum_value(custody_pb2.UserExportFormat, "USER_EXPORT_FORMAT_", format, "format"),
        )
        partial = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
        try:
            summary = await self._written(request, partial)
            await asyncio.to_thread(partial.rename, target)
        finally:
            await asyncio.to_thread(shutil.rmtree, partial, ignore_errors=True)
        return summary

    async def _written(self, request: admin.ExportUserRequest, folder: Path) -> custody_pb2.UserExportSummary:
        file: BinaryIO | None = None
        try:
            answers = self._transport.stream(self._transport.admin.ExportUser, request)
            async with contextlib.aclosing(answers):
                async for answer in answers:
                    kind = answer.WhichOneof("message")
                    if kind == "summary":
                        found: custody_pb2.UserExportSummary = answer.summary
                        return found
                    if kind == "data" and file is not None:
                        await asyncio.to_thread(file.write, answer.data)
                    elif kind == "file":
                        if file is not None:
                            file.close()
                        file = await asyncio.to_thread(_opened, folder, answer.file.path)
        finally:
            if file is not None:
                file.close()
        raise UnavailableError("the server ended the export without a summary")

    async def import_user(
        self,
        folder: str | os.PathLike[str],
        *,
        progress: ImportProgress | None = None,
        timeout: float | None = None,
    ) -> admin.ImportUserResult:
        """Takes the JSON lines of an export in; all of it or nothing. Never retried by itself.

        Raises AlreadyExistsError (USER_EXISTS), InvalidArgumentError, FileNotFoundError.
        """
        files = await asyncio.to_thread(_files, Path(folder))
        call = self._transport.admin.ImportUser(_requests(files), timeout=timeout, metadata=self._transport.metadata)
        try:
            async for answer in call:
                if answer.HasField("result"):
                    found: admin.ImportUserResult = answer.result
                    return found
                if progress is not None:
                    progress(answer.progress.path, answer.progress.rows)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from None
        finally:
            call.cancel()
        raise UnavailableError("the server ended the import without a result")


def _opened(folder: Path, path: str) -> BinaryIO:
    """A new file below the folder. Raises InternalError for a path that leads out of it."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or "\\" in path or any(one in {"..", "."} for one in parts):
        raise InternalError(f"the server named a file that is not below the folder: {path!r}")
    target = folder.joinpath(*parts)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return target.open("xb")


def _files(folder: Path) -> list[tuple[str, Path]]:
    """Paths as the export names them, the manifest first. Raises FileNotFoundError."""
    if not (folder / "manifest.json").is_file():
        raise FileNotFoundError(f"{folder} has no manifest.json: it is no export of a user")
    found = {one.relative_to(folder).as_posix(): one for one in folder.rglob("*") if one.is_file()}
    return sorted(found.items(), key=lambda one: (one[0] != "manifest.json", one[0]))


async def _requests(files: list[tuple[str, Path]]) -> AsyncIterator[admin.ImportUserRequest]:
    for path, file in files:
        yield admin.ImportUserRequest(file=custody_pb2.UserExportFile(path=path))
        pieces = _pieces(file)
        while (data := await asyncio.to_thread(next, pieces, None)) is not None:
            yield admin.ImportUserRequest(data=data)


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while data := opened.read(_PIECE_BYTES):
            yield data
