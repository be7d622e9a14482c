"""`interplay export-user` and `import-user` against a real server, each test in a tenant of its own."""

import json

import pyarrow.parquet as pq
import pytest


@pytest.fixture(autouse=True)
def _tenant(cli, user):
    cli.environment["INTERPLAY_TENANT"] = user


@pytest.fixture
def published(cli):
    line = '{"user_id": "ada", "session_id": "s", "role": "User", "content": "the kettle whistles"}\n'
    cli("publish", "-", stdin=line).ok()


@pytest.mark.usefixtures("published")
def test_somebody_goes_out_and_in(cli, user, tmp_path):
    out = tmp_path / "ada"
    assert "interactions" in cli("export-user", "ada", "--out", out).ok().out
    assert json.loads((out / "manifest.json").read_text())["user_ids"] == ["ada"]
    assert [one.name for one in tmp_path.iterdir()] == ["ada"], "nothing half done is left"
    assert "USER_EXISTS" in cli("import-user", out).failed().err
    other = {"INTERPLAY_TENANT": f"{user}-new"}
    assert cli("import-user", out, "--json", **other).ok().json[0]["counts"]["interactions"] == "1"
    assert "kettle" in cli("search", "kettle", "--user", "ada", **other).ok().out


@pytest.mark.usefixtures("published")
def test_parquet(cli, tmp_path):
    out = tmp_path / "ada"
    summary = cli("export-user", "ada", "--out", out, "--format", "parquet", "--json").ok().json[0]
    assert summary["counts"]["interactions"] == "1"
    assert pq.read_table(out / "interactions.parquet").num_rows == 1
    assert "INVALID_REQUEST" in cli("import-user", out).failed().err


@pytest.mark.usefixtures("published")
def test_what_is_refused(cli, tmp_path):
    assert "USER_NOT_FOUND" in cli("export-user", "nobody", "--out", tmp_path / "nobody").failed().err
    assert not list(tmp_path.iterdir())
    (tmp_path / "there").mkdir()
    cli("export-user", "ada", "--out", tmp_path / "there").failed()
    assert "manifest.json" in cli("import-user", tmp_path / "there").failed().err
    cli("import-user", tmp_path / "nothing").failed(2)
    cli("export-user", "ada").failed(2)
