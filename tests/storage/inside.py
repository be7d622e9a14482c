"""Storage from within: tenants in this process over real folders, with an embedder that costs nothing."""

import asyncio
import contextlib
import hashlib

import numpy as np
from interplay_server.domain import journal
from interplay_server.domain.embedding import Offered
from interplay_server.domain.images import describe
from interplay_server.domain.interaction import Annotation, BatchHeader, InteractionData
from interplay_server.domain.ports import StreamKey, Write
from interplay_server.domain.query import InteractionFilter
from interplay_server.settings import Storage
from interplay_server.storage.tenants import LocalTenants

DIMENSION = 8
SLOW = {"apply_milliseconds": 600_000, "apply_rows": 1_000_000}
"""Nothing is applied before somebody asks for it."""
EVERYTHING = InteractionFilter()


class FakeEmbedder:
    def __init__(self, name="fake", dimension=DIMENSION):
        self.name, self.dimension = name, dimension

    def embed(self, texts, /):
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for place, text in enumerate(texts):
            seed = np.frombuffer(hashlib.blake2b(text.encode(), digest_size=self.dimension).digest(), np.uint8)
            vectors[place] = seed.astype(np.float32) / 255 + 0.01
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True) if len(texts) else vectors

    word_vectors = embed


class FakeEmbedders:
    """The first is that of new tenants."""

    def __init__(self, *embedders):
        self._embedders = embedders or (FakeEmbedder(),)
        self.default = self._embedders[0]

    def offered(self):
        return [Offered(one.name, one.dimension) for one in self._embedders]

    def get(self, name):
        return next((one for one in self._embedders if one.name == name), None)


@contextlib.asynccontextmanager
async def tenants(data, *, embedder=None, embedders=None, **settings):
    having = embedders or FakeEmbedders(embedder or FakeEmbedder())
    opened = LocalTenants(data, Storage(**settings), having, 4)
    try:
        yield opened
    finally:
        await opened.close()


@contextlib.asynccontextmanager
async def tenant(data, name="t", **settings):
    """One open tenant; closing it applies and trims everything, as a clean end does."""
    async with tenants(data, **settings) as all_of_them, all_of_them.lease(name, create=True) as store:
        yield store


def published(*texts, user="ann", session="s", request_id="", images=None, **header):
    rows = [InteractionData("User", "user", text, image=(images or {}).get(place)) for place, text in enumerate(texts)]
    return journal.Published(BatchHeader(user, session, request_id, **header), tuple(rows))


def submit(store, entry, *, stream=None, offset=None, request_id="", digest=b"", layout=None):
    """A future of the outcome."""
    future = asyncio.get_running_loop().create_future()
    key = StreamKey(stream, "publish", offset) if stream else None
    payload = b"" if entry is None else journal.encode(entry)
    store.submit(Write(entry, payload, future.set_result, key, request_id, digest, layout))
    return future


async def write(store, entry, **options):
    """Ids of what was written. Raises a refusal."""
    outcome = await submit(store, entry, **options)
    if isinstance(outcome, Exception):
        raise outcome
    return store.interaction_ids(outcome)


async def publish(store, *texts, **options):
    header = {name: options.pop(name) for name in ("user", "session", "images", "source") if name in options}
    return await write(store, published(*texts, request_id=options.get("request_id", ""), **header), **options)


async def delete(store, *ids):
    await write(store, journal.Deleted(tuple(ids)))


async def annotate(store, interaction_id, comment):
    await write(store, journal.Annotated(interaction_id, Annotation(comment=comment)))


async def settle(store):
    """Everything committed is in LanceDB."""
    await store.wait_applied(store.last_seq)


async def texts(store, *, eventual=False, limit=100_000, **where):
    rows = await store.interactions(InteractionFilter(**where), limit=limit, eventual=eventual)
    return [row.data.content for row in rows]


async def comments(store, *ids):
    found = await store.annotations(ids)
    return {one: [note.annotation.comment for note in notes] for one, notes in found.items()}


def png(number=0):
    """Bytes that pass for a PNG, each number its own."""
    return b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + number.to_bytes(8, "big") * 20


async def publish_image(store, text, data, **options):
    reference = describe(data)
    await store.spool_image(reference.sha256, data)
    return reference.sha256, await publish(store, text, images={0: reference}, **options)
