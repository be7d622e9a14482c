"""Methods of a client that link guests to accounts."""

# ruff: noqa: ASYNC109 - a timeout here is the deadline that grpc sends to the server

from collections.abc import AsyncIterator

from interplay._transport import Transport
from interplay.v1 import admin_service_pb2 as admin
from interplay.v1 import custody_pb2


class Links:
    """The part of AsyncInterplay that calls AdminService for links between users."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def link_users(self, guest_id: str, account_id: str, *, timeout: float | None = None) -> custody_pb2.UserLink:
        """Makes a guest and an account one person from then on; the same again gives the first link.

        Raises FailedPreconditionError (LINK_CONFLICT, USER_ERASED).
        """
        request = admin.LinkUsersRequest(guest_id=guest_id, account_id=account_id)
        return (await self._transport.unary(self._transport.admin.LinkUsers, request, timeout)).link

    async def unlink_users(self, guest_id: str, *, timeout: float | None = None) -> custody_pb2.UserLink:
        """Takes a link back: each has their own history again. Raises NotFoundError."""
        request = admin.UnlinkUsersRequest(guest_id=guest_id)
        return (await self._transport.unary(self._transport.admin.UnlinkUsers, request, timeout)).link

    def list_user_links(
        self, user_id: str = "", *, page_size: int = 0, timeout: float | None = None
    ) -> AsyncIterator[custody_pb2.UserLink]:
        """Iterates over links, the newest first, of a guest or account or of everybody."""
        request = admin.ListUserLinksRequest(user_id=user_id, page_size=page_size)
        return self._transport.pages(self._transport.admin.ListUserLinks, request, "links", timeout)
