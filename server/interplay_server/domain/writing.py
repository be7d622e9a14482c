"""Writing one entry and waiting for its outcome."""

import asyncio

from interplay_server.domain import journal
from interplay_server.domain.content_policy import Prepared
from interplay_server.domain.ports import Outcome, Receipt, TenantStore, Write


async def commit(
    store: TenantStore,
    entry: journal.Entry | Prepared,
    request_id: str = "",
    signature: bytes = b"",
    layout: tuple[int, ...] | None = None,
) -> Receipt:
    """Raises the write's error. A caller that goes away leaves the write to be made. What an entry publishes goes by
    the tenant's content policy; an annotation is to be prepared by whoever knows its interaction.
    """
    if isinstance(entry, journal.Published):
        entry = await store.content.prepare(entry)
    made = entry if isinstance(entry, Prepared) else Prepared(entry, journal.encode(entry))
    outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    def done(result: Outcome) -> None:
        if not outcome.done():
            outcome.set_result(result)

    store.submit(Write(made.entry, made.payload, done, request_id=request_id, digest=signature, layout=layout))
    result = await outcome
    if isinstance(result, Exception):
        raise result
    return result
