"""A server and a replica of its folder, and how to ask the same of both."""

import time

import grpc

from tests.conftest import ServerProcess
from tests.service.kit import Refusal, admin_pb
from tests.service.learning_kit import LearningApi

REFRESH = 0.2
BUSY = {"TENANT_BUSY", "STORAGE_BUSY"}


def replica_of(server, folder, *flags):
    """A replica that is started; `folder` is its own."""
    wanted = ("--replica-of", str(server.data), "--replica-refresh-seconds", str(REFRESH))
    return ServerProcess(folder, *wanted, *flags).start()


class Pair:
    """`main` writes, `copy` reads the same tenant of the replica."""

    def __init__(self, server, replica, tenant=None):
        self.server, self.replica = server, replica
        self.main = LearningApi(server.target, tenant=tenant, timeout=60)
        self.copy = LearningApi(replica.target, tenant=tenant, timeout=60)

    def by(self, **named):
        other = object.__new__(Pair)
        other.server, other.replica = self.server, self.replica
        other.main, other.copy = self.main.by(**named), self.copy.by(**named)
        return other

    def close(self):
        self.main.close()
        self.copy.close()

    def caught_up(self):
        """Returns when what was acked before the call is on the replica, by nothing but what it promises."""
        time.sleep(REFRESH)

    def same(self, method, request, *, sort=None):
        """What both answer, which must be the same."""
        self.caught_up()
        here, there = (getattr(api, method)(request) for api in (self.main, self.copy))
        assert there == here, f"{method}: {there} on the replica, {here} on its source"
        return there


def patiently(call, seconds=60.0):
    """What a call gives, made again as clients do while the answer is UNAVAILABLE."""
    end = time.monotonic() + seconds
    while True:
        try:
            return call()
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE or time.monotonic() > end:
                raise
            time.sleep(0.05)


def info(api):
    return api.GetServerInfo(admin_pb.GetServerInfoRequest())


def reason(call):
    """Why a call is refused; empty where it is not."""
    try:
        answer = call()
        if hasattr(answer, "__next__"):
            list(answer)
    except grpc.RpcError as error:
        return Refusal.of(error).reason
    return ""
