"""`interplay erase-user`, `erasures` and `readmit-user` against a real server."""

import pytest


@pytest.fixture(autouse=True)
def _tenant(cli, user):
    cli.environment["INTERPLAY_TENANT"] = user


def published(cli, person):
    line = f'{{"user_id": "{person}", "session_id": "s", "role": "User", "content": "the kettle whistles"}}\n'
    return cli("publish", "-", stdin=line)


def test_a_person_is_erased_and_admitted_again(cli):
    published(cli, "yolanda").ok()
    assert "USER_NOT_FOUND" in cli("erase-user", "nobody", "--yes").failed().err
    cli("erase-user", "yolanda").failed(2)
    assert "succeeded" in cli("erase-user", "yolanda", "--yes").ok().out
    [receipt] = cli("erasures", "--json").ok().json
    assert receipt["counts"]["interactions"] == "1"
    assert receipt["pseudonym"] in cli("erasures", "--user", "yolanda").ok().out
    assert "yolanda" not in cli("erasures").ok().out
    assert "erased" in published(cli, "yolanda").failed().err
    assert "admitted again" in cli("readmit-user", "yolanda").ok().out
    assert "ERASURE_NOT_FOUND" in cli("readmit-user", "yolanda").failed().err
    published(cli, "yolanda").ok()
    [again] = cli("erase-user", "yolanda", "--yes", "--json").ok().json[-1:]
    assert again["result"]["pseudonym"] == receipt["pseudonym"]
    assert len(cli("erasures", "--limit", 1, "--json").ok().json) == 1
    assert "succeeded" in cli("erase-user", "nobody", "--allow-missing", "--yes").ok().out
