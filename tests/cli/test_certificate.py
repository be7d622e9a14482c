"""`interplay keys certificate` writes what the server looks up."""

from click.testing import CliRunner
from interplay_server.cli.root import root
from interplay_server.storage.server_database import ServerDatabase


def test_a_common_name_opens_a_tenant(tmp_path):
    result = CliRunner().invoke(
        root, ["keys", "certificate", "billing", "--tenant", "acme", "--right", "write", "--data", str(tmp_path)]
    )
    assert result.exit_code == 0, result.output
    database = ServerDatabase(tmp_path / "server.sqlite3")
    credential = database.certificate_credential("billing")
    assert credential is not None
    assert (credential.tenant, credential.rights) == ("acme", {"WRITE"})
    assert database.certificate_credential("other") is None
    database.close()


def test_a_bad_tenant_name_is_refused(tmp_path):
    result = CliRunner().invoke(root, ["keys", "certificate", "x", "--tenant", "A B", "--data", str(tmp_path)])
    assert result.exit_code == 2
    assert "--tenant" in result.output
    assert not (tmp_path / "server.sqlite3").exists()
