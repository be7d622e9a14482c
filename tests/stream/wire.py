"""StreamPublish from the client's side on raw stubs: what is sent and what comes back, message by message."""

import asyncio
import contextlib
import uuid

import grpc
from google.rpc import error_details_pb2, status_pb2
from interplay.v1 import interaction_pb2 as data
from interplay.v1 import interaction_service_pb2 as service
from interplay.v1 import interaction_service_pb2_grpc
from interplay.v1 import publish_stream_pb2 as pb

PATH = "/interplay.v1.InteractionService/StreamPublish"
OPTIONS = [
    ("grpc.max_send_message_length", 64 * 2**20),
    ("grpc.max_receive_message_length", 64 * 2**20),
    ("grpc.use_local_subchannel_pool", 1),
]
SECONDS = 15


def unique(prefix="x"):
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def turns(*texts, role="User"):
    return [data.InteractionData(role=role, content=text) for text in texts]


async def until(check, seconds=10, every=0.02):
    """Returns when `check` holds."""
    async with asyncio.timeout(seconds):
        while True:
            if check():
                return
            await asyncio.sleep(every)


def reason_of(status):
    """Reason in the ErrorInfo of a google.rpc.Status; the code as its name beside it."""
    info = error_details_pb2.ErrorInfo()
    for detail in status.details:
        if detail.Unpack(info):
            return grpc_name(status.code), info.reason, dict(info.metadata)
    raise AssertionError(f"no ErrorInfo in {status}")


def grpc_name(number):
    return next(code.name for code in grpc.StatusCode if code.value[0] == number)


def failure_of(error):
    """(code, reason) of a failed call."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            return error.code().name, reason_of(status_pb2.Status.FromString(value))[1]
    return error.code().name, ""


def to_bytes(message):
    return message if isinstance(message, bytes) else message.SerializeToString()


class Stream:
    """An open call. Answers are read in the background, unless `reading` is false."""

    def __init__(self, call, *, reading=True):
        self.call = call
        self._answers = asyncio.Queue()
        self.acked = 0
        self.acks = []
        self.opened = None
        self._reader = asyncio.create_task(self._read()) if reading else None

    async def _read(self):
        try:
            while (answer := await self.call.read()) is not grpc.aio.EOF:
                if answer.WhichOneof("message") == "ack":
                    self.acked = max(self.acked, answer.ack.committed_offset)
                    self.acks.append(answer.ack)
                self._answers.put_nowait(answer)
        except (grpc.aio.AioRpcError, asyncio.CancelledError):
            pass
        finally:
            self._answers.put_nowait(None)

    async def send(self, message=None, **fields):
        await self.call.write(pb.StreamPublishRequest(**fields) if message is None else message)

    async def append(self, *texts, offset=None, rows=None, **fields):
        await self.send(append=pb.StreamAppend(offset=offset, interactions=rows or turns(*texts), **fields))

    async def next(self, seconds=SECONDS):
        """The next answer, its kind and its body; ("end", None) when the call is over."""
        async with asyncio.timeout(seconds):
            answer = await self._answers.get()
        if answer is None:
            self._answers.put_nowait(None)
            return "end", None
        kind = answer.WhichOneof("message")
        return kind, getattr(answer, kind)

    async def expect(self, kind, seconds=SECONDS):
        """The next answer, which must be of this kind; heart-beats of the server are passed over."""
        while True:
            got, body = await self.next(seconds)
            if got == "end":
                raise AssertionError(f"the stream ended instead of {kind}: {await self.end()}")
            if got == "heartbeat" and kind != "heartbeat":
                continue
            assert got == kind, f"{got} instead of {kind}: {body}"
            return body

    async def skip_to(self, kind, seconds=SECONDS):
        """The next answer of this kind, whatever comes before."""
        async with asyncio.timeout(seconds):
            while True:
                got, body = await self.next(seconds)
                if got == kind:
                    return body
                assert got != "end", f"the stream ended before {kind}: {await self.end()}"

    async def wait_acked(self, committed, seconds=SECONDS):
        """Every answer read until everything below `committed` is acked."""
        seen = []
        async with asyncio.timeout(seconds):
            while self.acked < committed or not self._answers.empty():
                got, body = await self.next(seconds)
                assert got != "end", f"ended at {self.acked} of {committed}: {await self.end()}"
                seen.append((got, body))
        return seen

    async def quiet(self, seconds):
        """True when nothing arrives for so long."""
        try:
            await self.next(seconds)
        except TimeoutError:
            return True
        return False

    async def finish(self):
        await self.send(finish=pb.StreamFinish())
        finished = await self.skip_to("finished")
        assert await self.end() == ("OK", "")
        return finished

    async def end(self, seconds=SECONDS):
        """(code, reason) with which the call ended."""
        async with asyncio.timeout(seconds):
            code = await self.call.code()
        for key, value in await self.call.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                return code.name, reason_of(status_pb2.Status.FromString(value))[1]
        return code.name, ""

    async def metadata(self):
        """Metadata of the ErrorInfo with which the call ended."""
        for key, value in await self.call.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                return reason_of(status_pb2.Status.FromString(value))[2]
        return {}

    async def close(self):
        self.call.cancel()
        if self._reader is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader


class Wire:
    """One connection to a server as one tenant. `async with`."""

    def __init__(self, target, tenant="default"):
        self.target = target
        self.metadata = (("interplay-tenant", tenant),)
        self._streams = []

    async def __aenter__(self):
        self.channel = grpc.aio.insecure_channel(self.target, options=OPTIONS)
        self.stub = interaction_service_pb2_grpc.InteractionServiceStub(self.channel)
        return self

    async def __aexit__(self, *_):
        for stream in self._streams:
            await stream.close()
        await self.channel.close()

    def raw(self, *, reading=True):
        """A stream on which nothing was sent yet."""
        method = self.channel.stream_stream(
            PATH, request_serializer=to_bytes, response_deserializer=pb.StreamPublishResponse.FromString
        )
        stream = Stream(method(metadata=self.metadata), reading=reading)
        self._streams.append(stream)
        return stream

    async def open(self, stream_id, *, reading=True, **fields):
        """A stream that is opened; `stream.opened` is the answer."""
        stream = self.raw(reading=reading)
        fields = {"user_id": "ann", "session_id": "s"} | fields
        await stream.send(open=pb.StreamOpen(stream_id=stream_id, **fields))
        if reading:
            stream.opened = await stream.expect("opened")
        return stream

    async def call(self, method, request, **options):
        return await getattr(self.stub, method)(request, metadata=self.metadata, timeout=30, **options)

    async def publish(self, *texts, **fields):
        fields = {"user_id": "ann", "session_id": "s", "interactions": turns(*texts)} | fields
        return await self.call("PublishInteractions", service.PublishInteractionsRequest(**fields))

    async def list(self, *, eventual=False, **fields):
        """Every interaction that the filters let through, over all pages."""
        rows, token = [], ""
        while True:
            page = await self.call(
                "ListInteractions",
                service.ListInteractionsRequest(
                    page_size=1000,
                    page_token=token,
                    consistency=service.CONSISTENCY_EVENTUAL if eventual else service.CONSISTENCY_STRONG,
                    **fields,
                ),
            )
            rows += page.interactions
            token = page.next_page_token
            if not token:
                return rows

    async def texts(self, **fields):
        return [row.data.content for row in await self.list(**fields)]

    async def position(self, stream_id):
        return await self.call("GetPublishStream", service.GetPublishStreamRequest(stream_id=stream_id))

    async def delete(self, **fields):
        return await self.call("DeleteInteractions", service.DeleteInteractionsRequest(**fields))
