"""Batches of a file, and the mark from which a later run goes on."""

import io
import os
import re

import pytest
from interplay_server.cli.failure import RefusalError
from interplay_server.cli.feed import Feed, Mark
from interplay_server.cli.lines import Place

A = b'{"user_id":"a","session_id":"s","content":"%d"}\n'
B = b'{"user_id":"b","session_id":"s","content":"%d"}\n'


async def read(content, rows=100, done=None):
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    feed = Feed(file, Place(), rows=rows, folder=None, done=done)
    return [batch async for batch in feed.batches()]


async def test_a_batch_is_of_one_place_and_bounded():
    batches = await read(b"".join([A % 1, A % 2, A % 3, B % 4, A % 5]), rows=2)
    assert [[line.number for line in batch.lines] for batch in batches] == [[1, 2], [3], [4], [5]]
    assert [batch.place.user_id for batch in batches] == ["a", "a", "b", "a"]


async def test_bad_lines_are_numbered_and_blank_ones_ignored():
    batches = await read(b"\xef\xbb\xbf" + A % 1 + b"\n  \n{\n\xff\n" + A % 2)
    assert [line.number for batch in batches for line in batch.lines] == [1, 6]
    assert [number for batch in batches for number, _ in batch.faults] == [4, 5]


async def test_a_mark_continues_after_its_line_whatever_the_batches():
    content = b"".join(A % n for n in range(10))
    first = await read(content, rows=3)
    mark = first[1].mark
    assert mark.line == 6
    rest = await read(content, rows=4, done=mark)
    assert [line.number for batch in rest for line in batch.lines] == [7, 8, 9, 10]


async def test_crlf_and_a_missing_last_newline_do_not_change_a_mark():
    content = A % 1 + A % 2
    marks = [(await read(text))[-1].mark for text in (content, content.rstrip(b"\n"), content.replace(b"\n", b"\r\n"))]
    assert len(set(marks)) == 1


@pytest.mark.parametrize("content", [A % 9 + A % 2 + A % 3, A % 1])
async def test_another_file_is_refused(content):
    mark = (await read(A % 1 + A % 2))[-1].mark
    with pytest.raises(RefusalError, match=re.escape("the first 2 lines")):
        await read(content, done=mark)


async def test_nothing_left_to_do():
    content = A % 1 + A % 2
    mark = (await read(content))[-1].mark
    assert await read(content, done=mark) == []
    assert await read(b"") == []
    assert await read(b"", done=Mark(0, "")) == []


async def test_a_silent_pipe_does_not_hold_a_batch_back():
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as file:
        feed = Feed(file, Place(), rows=100, folder=None, done=None).batches()
        os.write(writer, A % 1)
        batch = await anext(feed)
        assert [line.number for line in batch.lines] == [1]
        os.write(writer, A % 2)
        os.close(writer)
        assert [line.number for batch in [batch async for batch in feed] for line in batch.lines] == [2]
