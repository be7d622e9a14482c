"""What is held on a person, out of a server and into it, through the Python client."""

import json

import pytest
from interplay import AsyncInterplay, InvalidArgumentError, NotFoundError, UnauthenticatedError

from tests.service.kit import fresh

REFUSALS = 30
BEHIND = 12 * 2**20


@pytest.fixture
async def client(shared_server):
    async with AsyncInterplay(shared_server.target, tenant=fresh("exports")) as client:
        yield client


async def test_out_and_in(client, shared_server, tmp_path):
    await client.publish_interaction("ada", {"role": "User", "content": "The kettle whistles."}, session_id="s")
    summary = await client.export_user("ada", tmp_path / "ada")
    assert summary.counts["interactions"] == 1
    told = []
    async with AsyncInterplay(shared_server.target, tenant=fresh("exports")) as other:
        result = await other.import_user(tmp_path / "ada", progress=lambda path, rows: told.append((path, rows)))
        assert (result.user_id, result.counts["interactions"]) == ("ada", 1)
        assert ("interactions.jsonl", 1) in told
    with pytest.raises(NotFoundError):
        await client.export_user("nobody", tmp_path / "nobody")
    assert [one.name for one in tmp_path.iterdir()] == ["ada"]


async def test_a_refusal_amid_an_import_says_why(client, tmp_path):
    """The server knows after the first file; megabytes follow it."""
    (tmp_path / "manifest.json").write_text(json.dumps({"unknown": 1}))
    (tmp_path / "another.parquet").write_bytes(bytes(1000))
    (tmp_path / "interactions.jsonl").write_bytes(bytes(BEHIND))
    for _ in range(REFUSALS):
        with pytest.raises(InvalidArgumentError) as caught:
            await client.import_user(tmp_path)
        assert caught.value.reason == "INVALID_REQUEST"


async def test_who_may_not_import_is_told_so(start_server, tmp_path):
    """The server knows before the first file."""
    server = start_server("--auth-required")
    (tmp_path / "manifest.json").write_text("{}")
    (tmp_path / "interactions.jsonl").write_bytes(bytes(BEHIND))
    async with AsyncInterplay(server.target) as client:
        for _ in range(REFUSALS):
            with pytest.raises(UnauthenticatedError):
                await client.import_user(tmp_path)
