"""Arbitrary interleavings of appends, errors and reconnects against a plain model, through a real server."""

import asyncio
import dataclasses

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from interplay.v1 import interaction_pb2 as data
from interplay.v1 import publish_stream_pb2 as pb

from tests.stream.wire import Wire, reason_of, turns, unique

BAD = data.InteractionData(user_action=data.USER_ACTION_CLICK)
EMPTY = data.InteractionData(role="User")

appends = st.tuples(
    st.sampled_from(["absent", "right", "duplicate", "conflict", "beyond"]),
    st.lists(st.sampled_from(["good", "good", "good", "bad", "empty"]), min_size=1, max_size=4),
    st.booleans(),
)
steps = st.lists(
    st.one_of(
        appends,
        appends,
        appends,
        st.sampled_from(["settle", "finish", "cancel", "supersede", "half-close", "heartbeat", "garbage"]),
    ),
    min_size=1,
    max_size=40,
)


@dataclasses.dataclass
class Model:
    """What a stream is: its committed appends, each with the rows that were stored."""

    committed: list = dataclasses.field(default_factory=list)

    def append(self, how, rows, partial, number):
        """(offset to send, rows to send, what is expected)."""
        end = len(self.committed)
        if how == "duplicate" and end:
            offset = number % end
            sent, partial, _ = self.committed[offset]
            return offset, sent, partial, "duplicate"
        offset = {
            "absent": None,
            "right": end,
            "beyond": end + 1 + number % 3,
            "conflict": number % end if end else 0,
        }.get(how)
        if how == "duplicate":
            offset = end
        sent = [(kind, f"{number}/{place}") for place, kind in enumerate(rows)]
        stored = [text for kind, text in sent if kind == "good"]
        refused = (("bad" in rows) and (not partial or not stored)) or not (stored or "bad" in rows)
        if refused:
            expected = "INVALID_ARGUMENT"
        elif how == "beyond":
            expected = "OUT_OF_RANGE"
        elif how == "conflict" and end:
            expected = "ALREADY_EXISTS"
        else:
            expected = "committed"
            self.committed.append((sent, partial, stored))
        return offset, sent, partial, expected


def to_rows(sent):
    return [turns(text)[0] if kind == "good" else BAD if kind == "bad" else EMPTY for kind, text in sent]


async def play(target, script):  # noqa: C901 - one branch for each kind of step
    user, stream_id, model = unique("user"), unique("stream"), Model()
    async with Wire(target) as wire:
        stream = await wire.open(stream_id, user_id=user, return_interaction_ids=True)
        expected = []

        async def settle():
            """Every answer to what was sent on this connection, compared with what the model says."""
            await stream.send(heartbeat=pb.StreamHeartbeat())
            await stream.send(flush=pb.StreamFlush())
            refusals, duplicates, flushed = [], [], False
            while not flushed:
                kind, body = await stream.next()
                assert kind != "end", await stream.end()
                if kind == "append_error":
                    refusals.append(reason_of(body.status)[0])
                    assert body.next_offset <= len(model.committed)
                elif kind == "ack":
                    flushed = body.flushed
                    duplicates += [result.offset for result in body.results if result.duplicate]
            assert sorted(refusals) == sorted(one for one in expected if one not in {"committed", "duplicate"})
            assert len(duplicates) == expected.count("duplicate")
            assert stream.acked == len(model.committed)
            assert await wire.texts(user_id=user, eventual=True) == stored()
            expected.clear()

        def stored():
            return [text for _, _, texts in model.committed for text in texts]

        for number, step in enumerate(script):
            if isinstance(step, tuple):
                offset, sent, partial, outcome = model.append(*step, number)
                expected.append(outcome)
                await stream.append(rows=to_rows(sent), offset=offset, partial_success=partial)
            elif step == "settle":
                await settle()
            elif step == "heartbeat":
                await stream.send(heartbeat=pb.StreamHeartbeat())
            elif step == "garbage":
                expected.append("INVALID_ARGUMENT")
                await stream.send(b"\xff\xff\xff")
            else:
                if step == "finish":
                    await settle()
                    finished = await stream.finish()
                    assert finished.committed_offset == len(model.committed)
                    assert finished.interaction_count == len(stored())
                elif step == "half-close":
                    await settle()
                    await stream.call.done_writing()
                    assert await stream.end() == ("OK", "")
                elif step == "cancel":
                    await settle()
                    await stream.close()
                before = stream
                stream = await wire.open(stream_id, user_id=user, return_interaction_ids=True)
                if step == "supersede":
                    # What the server had not read yet is gone; it is sent again where the server says.
                    assert await before.end() == ("ABORTED", "STREAM_SUPERSEDED")
                    for sent, partial, _ in model.committed[stream.opened.next_offset :]:
                        await stream.append(rows=to_rows(sent), partial_success=partial)
                    expected.clear()
                assert stream.opened.next_offset <= len(model.committed)
                if step != "supersede":
                    assert stream.opened.next_offset == len(model.committed)
        await settle()
        assert (await stream.finish()).interaction_count == len(stored())
        rows = await wire.list(user_id=user)
        assert [row.data.content for row in rows] == stored()
        assert [row.request_id for row in rows] == [
            f"{stream_id}/{offset}" for offset, (_, _, texts) in enumerate(model.committed) for _ in texts
        ]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(script=steps)
def test_any_interleaving_gives_what_the_model_says(shared_server, script):
    asyncio.run(play(shared_server.target, script))
