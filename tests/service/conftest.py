"""Servers that all tests of services share; a tenant of its own for each test."""

import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from interplay_server.storage.server_database import ServerDatabase

from tests.conftest import ROOT, START_SECONDS, ServerProcess
from tests.service.kit import Api, fresh


@contextmanager
def serving(folder, *flags):
    server = ServerProcess(folder, *flags).start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory):
    """One for all tests of services: each works in a tenant of its own."""
    with serving(tmp_path_factory.mktemp("shared") / "data") as server:
        yield server
        assert "Traceback" not in server.log.read_text(), "a request made the server stumble"


@pytest.fixture(scope="session")
def shared_api(shared_server):
    api = Api(shared_server.target)
    yield api
    api.close()


@pytest.fixture
def api(shared_api):
    """The shared server as a tenant that nobody else uses."""
    return shared_api.by(tenant=fresh("tenant"))


@pytest.fixture(scope="session")
def storage_api(tmp_path_factory):
    """A server that keeps no turns in memory: every search asks LanceDB."""
    with serving(tmp_path_factory.mktemp("storage") / "data", "--search-cached-turns", "0") as server:
        api = Api(server.target)
        yield api
        api.close()


class Guarded:
    """A server that asks for keys. `key` makes one offline, beside the running server."""

    def __init__(self, server):
        self.server = server
        self._api = Api(server.target)

    def key(self, tenant, *rights, expire_time=None):
        database = ServerDatabase(self.server.data / "server.sqlite3")
        chosen = frozenset(rights or ("READ", "WRITE", "ADMIN", "OPERATOR"))
        _, secret = database.create_key(tenant, "a test's", chosen, expire_time)
        database.close()
        return secret

    def api(self, key=None, **named):
        return self._api.by(key=key, **named)

    def close(self):
        self._api.close()


@pytest.fixture(scope="session")
def guarded(tmp_path_factory):
    flags = ("--auth-required", "--calls-per-second", "200")
    with serving(tmp_path_factory.mktemp("guarded") / "data", *flags) as server:
        made = Guarded(server)
        yield made
        made.close()


class Faulty:
    """The server of faulty.py."""

    def __init__(self, folder):
        self.data = folder
        script = str(Path(__file__).with_name("faulty.py"))
        self.log = folder.with_suffix(".log").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, script, str(folder)], stdout=subprocess.PIPE, stderr=self.log, text=True, cwd=ROOT
        )
        line = self.process.stdout.readline()
        assert line.startswith("listening on "), Path(self.log.name).read_text()
        self.target = line.split()[-1]
        self.api = Api(self.target)

    def stop(self):
        self.api.close()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(START_SECONDS)
        self.process.stdout.close()
        self.log.close()


@pytest.fixture(scope="session")
def faulty(tmp_path_factory):
    server = Faulty(tmp_path_factory.mktemp("faulty") / "data")
    yield server
    server.stop()
