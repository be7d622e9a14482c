import pytest

from tests.stream.wire import Wire, unique


@pytest.fixture
async def wire(shared_server):
    async with Wire(shared_server.target) as connection:
        yield connection


@pytest.fixture
def names():
    """A stream and a user of this test alone."""
    return unique("stream"), unique("user")
