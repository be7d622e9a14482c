"""`python -m interplay_server.healthcheck HOST:PORT`: exit code 0 if the server says SERVING within two seconds."""

import sys

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc


def main(target: str) -> int:
    with grpc.insecure_channel(target) as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=2)
        except grpc.RpcError as error:
            print(f"{target}: {error.code().name}", file=sys.stderr)  # noqa: T201 - the tool's answer
            return 1
    return 0 if answer.status == health_pb2.HealthCheckResponse.SERVING else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
