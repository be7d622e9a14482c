"""Methods of a client that erase people and admit them again."""

# ruff: noqa: ASYNC109 - a timeout here is the deadline that grpc sends to the server

from collections.abc import AsyncIterator

from interplay._transport import Transport
from interplay.operation import OperationHandle
from interplay.v1 import admin_service_pb2 as admin
from interplay.v1 import custody_pb2


class Erasures:
    """The part of AsyncInterplay that calls AdminService for erasures; needs the right ADMIN."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def erase_user(
        self, user_id: str, *, allow_missing: bool = False, timeout: float | None = None
    ) -> OperationHandle:
        """Starts to erase everything held on a person; the same person again gives the same operation.

        Nothing is stored for them from then on. Returns at once; the operation's result has their pseudonym and the
        rows that went, by table. Raises NotFoundError (USER_NOT_FOUND) unless `allow_missing`.
        """
        request = admin.EraseUserRequest(user_id=user_id, allow_missing=allow_missing)
        answer = await self._transport.unary(self._transport.admin.EraseUser, request, timeout)
        return OperationHandle(self._transport, answer.operation)

    def list_erasures(
        self, user_id: str = "", *, page_size: int = 0, timeout: float | None = None
    ) -> AsyncIterator[custody_pb2.Erasure]:
        """Iterates over receipts, the newest first, of one person or of everybody."""
        request = admin.ListErasuresRequest(user_id=user_id, page_size=page_size)
        return self._transport.pages(self._transport.admin.ListErasures, request, "erasures", timeout)

    async def readmit_user(self, user_id: str, *, timeout: float | None = None) -> custody_pb2.Erasure:
        """Lets an erased person's data be stored again; gives the receipt of their erasure.

        Raises NotFoundError (ERASURE_NOT_FOUND), FailedPreconditionError (ERASURE_RUNNING).
        """
        request = admin.ReadmitUserRequest(user_id=user_id)
        return (await self._transport.unary(self._transport.admin.ReadmitUser, request, timeout)).erasure
