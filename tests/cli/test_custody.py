"""`interplay tenants`, `backup`, `backups` and `restore` against a real server, each test in a tenant of its own."""

import pytest


@pytest.fixture(autouse=True)
def _tenant(cli, user):
    cli.environment["INTERPLAY_TENANT"] = user


def published(cli, tenant, text):
    line = f'{{"user_id": "ada", "session_id": "s", "role": "User", "content": "{text}"}}\n'
    cli("publish", "-", stdin=line, INTERPLAY_TENANT=tenant).ok()


def test_tenants(cli, user):
    name = f"{user}-made"
    assert "1000 rows" in cli("tenants", "create", name, "--name", "Acme", "--rows", 1000).ok().out
    cli("tenants", "create", name).failed()
    changed = cli("tenants", "update", name, "--streams", 3, "--json").ok().json[0]
    assert changed["quota"] == {"rows": "1000", "streams": "3"}, "what is not given stays"
    assert changed["display_name"] == "Acme"
    assert name in cli("tenants").ok().out
    assert len(cli("tenants", "--json", "--limit", 1).ok().json) == 1
    cli("tenants", "delete", name).failed(2)
    cli("tenants", "delete", name, "--yes").ok()
    assert "TENANT_NOT_FOUND" in cli("tenants", "show", name).failed().err


def test_a_backup_goes_round(cli, user):
    published(cli, user, "the kettle whistles")
    assert "succeeded" in cli("backup", "one").ok().out
    assert [one["backup_id"] for one in cli("backups", "--json").ok().json] == ["one"]
    cli("backups", "verify", "one").ok()
    cli("restore", user, "one", "--yes").failed()
    cli("restore", user, "one", "--into", f"{user}-copy", "--yes").ok()
    assert "kettle" in cli("search", "kettle", "--user", "ada", INTERPLAY_TENANT=f"{user}-copy").ok().out
    cli("backups", "delete", "one", "--yes").ok()
    assert cli("backups", "--json").ok().json == []
