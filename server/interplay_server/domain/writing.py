"""Writing one entry and waiting for its outcome."""

import asyncio

from interplay_server.domain import journal
from interplay_server.domain.ports import Outcome, Receipt, TenantStore, Write


async def commit(
    store: TenantStore,
    entry: journal.Entry,
    request_id: str = "",
    signature: bytes = b"",
    layout: tuple[int, ...] | None = None,
) -> Receipt:
    """Raises the write's error. A caller that goes away leaves the write to be made."""
    outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    def done(result: Outcome) -> None:
        if not outcome.done():
            outcome.set_result(result)

    store.submit(Write(entry, journal.encode(entry), done, request_id=request_id, digest=signature, layout=layout))
    result = await outcome
    if isinstance(result, Exception):
        raise result
    return result
