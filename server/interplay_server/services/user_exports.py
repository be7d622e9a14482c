"""What is held on a person, taken out and taken in, of AdminService."""

import contextlib

from interplay.v1 import admin_service_pb2 as pb
from interplay.v1 import custody_pb2

from interplay_server.custody.export_files import Begun, Summary
from interplay_server.custody.export_tables import JSON_LINES, PARQUET
from interplay_server.custody.export_user import UserExports
from interplay_server.custody.import_files import Staging
from interplay_server.custody.import_user import UserImports
from interplay_server.errors import StreamProtocol
from interplay_server.interceptors.call import Call
from interplay_server.services.monitor_privacy import actor_of


class UserExportMethods:
    _user_exports: UserExports
    _user_imports: UserImports

    async def export_user(self, call: Call) -> None:
        request: pb.ExportUserRequest = call.request  # type: ignore[assignment]
        form = PARQUET if request.format == custody_pb2.USER_EXPORT_FORMAT_PARQUET else JSON_LINES
        pieces = self._user_exports.export(call.store, request.user_id, form, actor_of(call))
        async with contextlib.aclosing(pieces):
            async for piece in pieces:
                await call.write(_told(piece))

    async def import_user(self, call: Call) -> None:
        async with self._user_imports.staging() as staging:
            await _received(call, staging)
            staged = staging.checked()
            user_id, counts = await self._user_imports.take(await call.writable(), staged, actor_of(call))
        result = pb.ImportUserResult(user_id=user_id, counts=counts)
        await call.write(pb.ImportUserResponse(result=result))


def _told(piece: Begun | bytes | Summary) -> pb.ExportUserResponse:
    if isinstance(piece, bytes):
        return pb.ExportUserResponse(data=piece)
    if isinstance(piece, Begun):
        return pb.ExportUserResponse(file=custody_pb2.UserExportFile(path=piece.path, media_type=piece.media_type))
    summary = custody_pb2.UserExportSummary(
        counts=piece.counts, files=piece.files, bytes=piece.bytes, sequence=piece.sequence
    )
    return pb.ExportUserResponse(summary=summary)


async def _received(call: Call, staging: Staging) -> None:
    """Takes the files in, and tells after each of them. Raises InvalidRequest, StreamProtocol."""
    path = ""
    while (message := await call.read()) is not None:
        kind = message.WhichOneof("message")
        if kind == "file":
            if path:
                await _ended(call, staging, path)
            path = message.file.path
            staging.begin(path)
        elif kind == "data" and path:
            await staging.feed(message.data)
        else:
            raise StreamProtocol("a file must be begun before its bytes" if kind else "message must be given", "file")
    if path:
        await _ended(call, staging, path)


async def _ended(call: Call, staging: Staging, path: str) -> None:
    rows = await staging.end()
    await call.write(pb.ImportUserResponse(progress=pb.ImportUserProgress(path=path, rows=rows)))
