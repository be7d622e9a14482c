"""`interplay link-users`, `unlink-users` and `user-links`, and the methods of both clients, against a real server."""

import asyncio

import pytest
from interplay import AsyncInterplay, Interplay, errors


@pytest.fixture(autouse=True)
def _tenant(cli, user):
    cli.environment["INTERPLAY_TENANT"] = user


def test_a_link_goes_round(cli):
    assert cli("link-users", "visitor", "ada").ok().out == "visitor is ada\n"
    [made] = cli("link-users", "visitor", "ada", "--json").ok().json
    assert (made["guest_id"], made["account_id"]) == ("visitor", "ada")
    cli("link-users", "phone", "ada").ok()
    assert [one["guest_id"] for one in cli("user-links", "--json").ok().json] == ["phone", "visitor"]
    shown = cli("user-links", "--user", "visitor").ok().out.splitlines()
    assert len(shown) == 2 and shown[1].split()[:2] == ["visitor", "ada"]
    assert len(cli("user-links", "--limit", "1").ok().out.splitlines()) == 2
    assert cli("unlink-users", "visitor").ok().out == "visitor is no longer ada\n"
    assert "LINK_NOT_FOUND" in cli("unlink-users", "visitor").failed().err
    assert "LINK_CONFLICT" in cli("link-users", "ada", "ben").failed().err


@pytest.mark.parametrize("given", [("link-users",), ("link-users", "a"), ("unlink-users",), ("user-links", "a")])
def test_wrong_usage(cli, given):
    cli(*given).failed(2)


def test_both_clients(cli, user):
    target = cli.environment["INTERPLAY_TARGET"]
    with Interplay(target, tenant=user) as client:
        made = client.link_users("g", "a")
        assert list(client.list_user_links("a")) == [made]
        with pytest.raises(errors.FailedPreconditionError):
            client.link_users("g", "b")

    async def rest():
        async with AsyncInterplay(target, tenant=user) as client:
            assert await client.unlink_users("g") == made
            assert [one async for one in client.list_user_links()] == []
            with pytest.raises(errors.NotFoundError):
                await client.unlink_users("g")

    asyncio.run(rest())
