"""Which embedders a server has, and answers that stay right while a tenant's embedder changes."""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, Protocol, TypeVar

from interplay_server.domain.ports import Embedder, TenantStore

T = TypeVar("T")


class Offered(NamedTuple):
    name: str
    dimension: int


class Embedders(Protocol):
    """All embedders of a server. What a tenant's tables were made with is noted in its ledger."""

    @property
    def default(self) -> Embedder:
        """That of new tenants."""

    def offered(self) -> Sequence[Offered]: ...

    def get(self, name: str) -> Embedder | None: ...


def identity(embedder: Embedder) -> str:
    """What a ledger notes."""
    return f"{embedder.name}/{embedder.dimension}"


async def steadily(store: TenantStore, work: Callable[[Embedder], Awaitable[T]]) -> T:
    """What `work` gives with the tenant's embedder; once more where the embedder changed meanwhile."""
    while True:
        embedder = store.embedder
        try:
            found = await work(embedder)
        except Exception:
            if store.embedder is embedder:
                raise
        else:
            if store.embedder is embedder:
                return found
