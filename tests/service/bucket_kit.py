"""Servers whose tables are in a bucket of a loopback object store, and how the errors of one are provoked."""

import contextlib
import urllib.request
from contextlib import closing

import grpc

from tests.conftest import ServerProcess, eventually, free_port
from tests.service.kit import Api, Refusal, admin_pb, batch, pb, refused
from tests.support.s3_server import S3Server

QUICK = ("--bucket-timeout-seconds", "1", "--bucket-lease-seconds", "4", "--storage-ship-seconds", "0.1")


class Stored:
    """A server over a folder and the bucket, and what it says of itself."""

    def __init__(self, s3, data, *flags, prefix="acme"):
        self.s3, self.port = s3, free_port()
        self.server = ServerProcess(
            data,
            *s3.flags(prefix),
            *QUICK,
            "--metrics-listen",
            f"127.0.0.1:{self.port}",
            *flags,
            environment=s3.environment,
        )

    def start(self):
        self.server.start()
        self.api = Api(self.server.target, tenant="acme", timeout=60)
        return self

    def again(self):
        """After a kill."""
        self.api.close()
        self.server.restart()
        self.api = Api(self.server.target, tenant="acme", timeout=60)

    def metric(self, name):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(name)), None)

    @property
    def shipped_seq(self):
        return self.metric('interplay_shipped_seq{tenant="acme"}') or 0.0

    def stop(self):
        if hasattr(self, "api"):
            self.api.close()
        self.server.stop()


@contextlib.contextmanager
def stored(data, *flags, s3=None):
    with contextlib.ExitStack() as held:
        running = Stored(s3 or held.enter_context(S3Server()), data, *flags)
        held.callback(running.stop)
        yield running.start()


def patiently(call, *arguments, seconds=60.0):
    """Repeats a call for as long as it is told to try again."""

    def once():
        try:
            return [call(*arguments)]
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
            return None

    return eventually(once, seconds)[0]


def refusal_of(call, request, reason, seconds=60.0):
    """The refusal with this reason, once the call is refused so."""

    def once():
        try:
            call(request)
        except grpc.RpcError as error:
            found = Refusal.of(error)
            return found if found.reason == reason else None
        return None

    return eventually(once, seconds)


def _unavailable(ask):
    with S3Server() as s3:
        server = ask("start_server")(*s3.flags(), *QUICK, environment=s3.environment)
        with closing(Api(server.target, tenant="acme")) as api:
            api.PublishInteractions(batch("a", wait=pb.WAIT_LEVEL_VISIBLE))
            s3.faults.refuse = 503
            return refusal_of(api.ListInteractions, pb.ListInteractionsRequest(), "BUCKET_UNAVAILABLE")


def _unsuitable(ask):
    with S3Server() as s3:
        server = ask("start_server")(*s3.flags(), *QUICK, environment=s3.environment)
        with closing(Api(server.target, tenant="acme")) as api:
            api.publish("a")
            return refused(api.BackupTenant, admin_pb.BackupTenantRequest(backup_id="b-1"))


PROVOKED = {"BUCKET_UNAVAILABLE": _unavailable, "BUCKET_UNSUITABLE": _unsuitable}
