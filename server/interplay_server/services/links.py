"""Links between guests and accounts, of AdminService."""

import asyncio
from contextlib import suppress

from interplay.v1 import admin_service_pb2 as pb
from interplay.v1 import custody_pb2

from interplay_server.domain import journal, shop
from interplay_server.domain.links import LinkChange, UserLink
from interplay_server.domain.ports import TenantStore
from interplay_server.domain.records import Put
from interplay_server.domain.shop import CUSTOMERS, EVENTS, ORDERS
from interplay_server.domain.writing import commit
from interplay_server.errors import InvalidRequest, LinkConflict, LinkNotFound, Violation
from interplay_server.interceptors.call import Call
from interplay_server.learning.learning import Learning
from interplay_server.services.convert.filters import page_size, query_key
from interplay_server.services.convert.times import from_micros

_PATIENCE_SECONDS = 2.0


class LinkMethods:
    _learning: Learning

    async def link_users(self, call: Call) -> pb.LinkUsersResponse:
        request: pb.LinkUsersRequest = call.request  # type: ignore[assignment]
        guest_id, account_id = request.guest_id, request.account_id
        blank = [name for name in ("guest_id", "account_id") if not getattr(request, name).strip()]
        if blank:
            raise InvalidRequest([Violation(name, "must not be blank") for name in blank], request)
        if why := call.store.links.conflict(guest_id, account_id):
            raise LinkConflict(guest_id, account_id, why)
        store = await call.writable()
        async with store.links.changing:
            if why := store.links.conflict(guest_id, account_id):
                raise LinkConflict(guest_id, account_id, why)
            store.erasures.check(guest_id, account_id)
            if (known := store.links.get(guest_id)) is None:
                await _change(store, LinkChange(guest_id, account_id, linked=True))
                known = store.links.get(guest_id)
        if known is None:
            # One of them is being erased since.
            store.erasures.check(guest_id, account_id)
            raise LinkNotFound(guest_id)
        await self._followed(store)
        return pb.LinkUsersResponse(link=_to_pb(known))

    async def unlink_users(self, call: Call) -> pb.UnlinkUsersResponse:
        request: pb.UnlinkUsersRequest = call.request  # type: ignore[assignment]
        store = call.store
        async with store.links.changing:
            if (known := store.links.get(request.guest_id)) is None:
                raise LinkNotFound(request.guest_id)
            taken_back = LinkChange(known.guest_id, known.account_id, linked=False, since=known.link_seq)
            await _change(store, taken_back)
        await self._followed(store)
        return pb.UnlinkUsersResponse(link=_to_pb(known))

    async def _followed(self, store: TenantStore) -> None:
        """Waits a moment until what was learnt has followed; a model that is being asked may take longer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await (await self._learning.of(store)).links_followed()

    async def list_user_links(self, call: Call) -> pb.ListUserLinksResponse:
        request: pb.ListUserLinksRequest = call.request  # type: ignore[assignment]
        query, size, store = query_key(request), page_size(request.page_size), call.store
        before = store.tokens.read_page_token(request.page_token, query, int) if request.page_token else None
        found = store.links.page(request.user_id, limit=size + 1, before=before)
        response = pb.ListUserLinksResponse(links=[_to_pb(one) for one in found[:size]])
        if len(found) > size:
            response.next_page_token = store.tokens.page_token(query, found[size - 1].link_seq)
        return response


async def _change(store: TenantStore, change: LinkChange) -> None:
    """One entry of the journal: the link, and what has features is computed anew."""
    entry = journal.Recorded(puts=await _marks(store, change), links=(change,))
    made = asyncio.ensure_future(commit(store, entry))
    try:
        await asyncio.shield(made)
    except asyncio.CancelledError:
        # A caller who goes away leaves the write to be made: nobody may look at links before it is.
        await asyncio.wait([made])
        raise


async def _marks(store: TenantStore, change: LinkChange) -> tuple[Put, ...]:
    """What a shop tells of one of the two counts for the other now; a tenant without a shop has nothing to compute."""
    for collection in (EVENTS, ORDERS, CUSTOMERS):
        if await store.records.count(collection):
            both = shop.mark(shop.MARK_CUSTOMER, (change.guest_id, change.account_id))
            return (Put(shop.MARKS.name, (both,)),)
    return ()


def _to_pb(link: UserLink) -> custody_pb2.UserLink:
    return custody_pb2.UserLink(
        guest_id=link.guest_id, account_id=link.account_id, link_time=from_micros(link.link_time)
    )
