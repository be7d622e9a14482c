"""What happens to unary calls, and how a client says who it is."""

import asyncio
from typing import Any

import grpc
from google.protobuf import json_format, message_factory, symbol_database
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import error_details_pb2, status_pb2
from interplay.v1 import admin_service_pb2 as admin
from interplay.v1 import interaction_service_pb2 as service
from interplay_server.storage.server_database import ServerDatabase

from tests.conformance.driver import Driver, DriverError, Refused
from tests.conformance.publishing import check_receipts, open_publisher
from tests.conformance.stage import Stage, row
from tests.service.certificates import Authority

_POOL = symbol_database.Default().pool


async def call(driver: Driver, service_name: str, method: str, request: Any, **fields: Any) -> Any:
    """The answer as a message; `request` as a message or in JSON."""
    found = _POOL.FindServiceByName(f"interplay.v1.{service_name}").methods_by_name[method]
    if isinstance(request, dict):
        request = json_format.ParseDict(request, message_factory.GetMessageClass(found.input_type)())
    answer = await driver.ask("call", service=service_name, method=method, request=request.SerializeToString().hex(),
                              **fields)  # fmt: skip
    return message_factory.GetMessageClass(found.output_type).FromString(bytes.fromhex(answer["response"]))


async def refusal(driver: Driver, *asked: Any, **fields: Any) -> Refused:
    try:
        answer = await call(driver, *asked, **fields)
    except Refused as refused:
        return refused
    raise DriverError(f"{asked[1]} should be refused, and says {answer}")


def key(server: Any, tenant: str, *rights: str) -> str:
    """An API key, made beside the running server."""
    database = ServerDatabase(server.data / "server.sqlite3")
    try:
        return database.create_key(tenant, "a case's", frozenset(rights))[1]
    finally:
        database.close()


async def round_trip(stage: Stage) -> None:
    """Publish, search, read, list, delete."""
    server = await stage.server()
    driver = await stage.driver(server.target)
    name = "InteractionService"
    request = {"userId": stage.name, "sessionId": stage.name, "interactions": [{"content": "I take my tea with lemon"}]}
    published = await call(driver, name, "PublishInteractions", request)
    (made,) = published.interaction_ids
    found = await call(driver, name, "SearchInteractions", {"query": "tea with lemon", "userId": stage.name})
    stage.require([hit.interaction.interaction_id for hit in found.hits] == [made], f"found {found}")
    listed = await call(driver, name, "ListInteractions", {"sessionId": stage.name})
    stage.require([one.interaction_id for one in listed.interactions] == [made], f"listed {listed}")
    deleted = await call(driver, name, "DeleteInteractions", {"interactionIds": [made]})
    stage.require(deleted.deleted_count == 1, f"deleted {deleted}")
    info = await call(driver, "AdminService", "GetServerInfo", {})
    stage.require(bool(info.version), f"the server says {info}")


async def refused(stage: Stage) -> None:
    """Every refusal of the case has its code, reason and fields."""
    server = await stage.server()
    driver = await stage.driver(server.target)
    for step in stage.case["calls"]:
        text = {"{name}": stage.name}
        request = {name: text.get(value, value) if isinstance(value, str) else value
                   for name, value in step["request"].items()}  # fmt: skip
        if "error" not in step:
            await call(driver, step["service"], step["method"], request)
            continue
        found, wanted = await refusal(driver, step["service"], step["method"], request), step["error"]
        stage.require((found.code, found.reason) == (wanted["code"], wanted["reason"]), f"it says {found}")
        stage.require(sorted(found.fields) == sorted(wanted.get("fields", [])), f"its fields are {found.fields}")


async def credentials(stage: Stage) -> None:
    """Keys open their tenant with their rights; wrong ones, none and too weak ones are refused in their own way."""
    server = await stage.server("--auth-required")
    all_rights = key(server, "office", "READ", "WRITE", "ADMIN")
    reading = key(server, "office", "READ")
    publication = {"userId": "u", "sessionId": stage.name, "interactions": [{"content": "hello"}]}
    asked = ("InteractionService", "PublishInteractions", publication)
    keyed = await stage.driver(server.target, api_key=all_rights)
    await call(keyed, *asked)
    info = await call(keyed, "AdminService", "GetServerInfo", {})
    stage.require(info.tenant == "office", f"the key opens {info.tenant!r}")
    for settings, code, reason in (
        ({}, "UNAUTHENTICATED", "CREDENTIAL_MISSING"),
        ({"api_key": "ipk_wrong_key"}, "UNAUTHENTICATED", "CREDENTIAL_INVALID"),
        ({"api_key": reading}, "PERMISSION_DENIED", "RIGHT_MISSING"),
    ):
        found = await refusal(await stage.driver(server.target, **settings), *asked)
        stage.require((found.code, found.reason) == (code, reason), f"{settings and list(settings)}: {found}")


async def tenants(stage: Stage) -> None:
    """The tenant that `connect` names goes with calls and streams."""
    server = await stage.server()
    driver = await stage.driver(server.target, tenant=stage.name[-40:])
    info = await call(driver, "AdminService", "GetServerInfo", {})
    stage.require(info.tenant == stage.name[-40:], f"the tenant is {info.tenant!r}")
    await open_publisher(stage, driver)
    await driver.ask("append", interactions=[row(0)])
    await driver.ask("close", timeout=60)
    stored = await stage.stored(server.target, tenant=stage.name[-40:])
    stage.require(stored == [0] and await stage.stored(server.target) == [], f"the tenant holds {stored}")


async def tls(stage: Stage) -> None:
    """Encrypted calls and streams; an authority that nobody trusts is refused."""
    authority = Authority(stage.folder)
    server = await stage.server("--tls-certificate", authority.server.certificate, "--tls-key", authority.server.key)
    target = f"localhost:{server.target.rpartition(':')[2]}"
    driver = await stage.driver(target, ca=authority.certificate)
    await call(driver, "AdminService", "GetServerInfo", {})
    await open_publisher(stage, driver)
    for number in range(20):
        await driver.ask("append", interactions=[row(number)])
    check_receipts(stage, (await driver.ask("receipts"))["receipts"], list(range(20)))
    await driver.ask("close", timeout=60)
    (other := stage.folder / "other").mkdir()
    stranger = await stage.driver(target, ca=Authority(other).certificate, timeout=5)
    found = await refusal(stranger, "AdminService", "GetServerInfo", {})
    stage.require(found.code in {"UNAVAILABLE", "DEADLINE_EXCEEDED"}, f"a strange authority: {found}")


async def mutual_tls(stage: Stage) -> None:
    """The certificate of a client opens its tenant."""
    authority = Authority(stage.folder)
    folder = stage.folder / "mutual"
    database = ServerDatabase(folder / "server.sqlite3")
    database.map_certificate("till", "shop", frozenset({"READ", "WRITE"}))
    database.close()
    server = await stage.server(
        "--auth-required", "--tls-certificate", authority.server.certificate, "--tls-key", authority.server.key,
        "--tls-client-ca", authority.certificate, data=folder,
    )  # fmt: skip
    target, own = f"localhost:{server.target.rpartition(':')[2]}", authority.issue("till")
    driver = await stage.driver(target, ca=authority.certificate, certificate=own.certificate, key=own.key)
    info = await call(driver, "AdminService", "GetServerInfo", {})
    stage.require(info.tenant == "shop", f"the certificate opens {info.tenant!r}")
    await open_publisher(stage, driver)
    await driver.ask("append", interactions=[row(0)])
    check_receipts(stage, (await driver.ask("receipts"))["receipts"], [0])
    await driver.ask("close", timeout=60)


async def plaintext(stage: Stage) -> None:
    """A key is not sent in plaintext to another machine, unless somebody says that the network is trusted."""
    # An address that nobody has (RFC 5737).
    driver, target = await stage.driver(), "192.0.2.1:50051"
    try:
        await driver.ask("connect", target=target, api_key="ipk_a_key", timeout=2)
        found = await refusal(driver, "AdminService", "GetServerInfo", {})
    except Refused as error:
        found = error
    stage.require(found.code == "INVALID_ARGUMENT", f"it says {found}")
    await driver.ask("connect", target=target, api_key="ipk_a_key", allow_insecure=True, timeout=2)
    await driver.ask("connect", target="localhost:50051", api_key="ipk_a_key", timeout=2)


class Failing:
    """A server of one method that fails `times` times with a status, then works; 0 hangs."""

    def __init__(self, code: grpc.StatusCode, times: int) -> None:
        self.code, self.times, self.attempts = code, times, 0

    async def __aenter__(self):
        self._server = grpc.aio.server()
        handler = grpc.unary_unary_rpc_method_handler(
            self._answer,
            request_deserializer=admin.GetServerInfoRequest.FromString,
            response_serializer=admin.GetServerInfoResponse.SerializeToString,
        )
        listed = grpc.unary_unary_rpc_method_handler(
            self._answer,
            request_deserializer=service.ListInteractionsRequest.FromString,
            response_serializer=service.ListInteractionsResponse.SerializeToString,
        )
        self._server.add_generic_rpc_handlers((
            grpc.method_handlers_generic_handler("interplay.v1.AdminService", {"GetServerInfo": handler}),
            grpc.method_handlers_generic_handler("interplay.v1.InteractionService", {"ListInteractions": listed}),
        ))  # fmt: skip
        self.target = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        await self._server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.stop(None)

    async def _answer(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        self.attempts += 1
        if not self.times:
            await asyncio.sleep(120)
        if self.attempts <= self.times:
            status = status_pb2.Status(code=self.code.value[0], message="not now")
            for detail in (
                error_details_pb2.ErrorInfo(
                    reason="RATE_LIMITED", domain="interplay", metadata={"callsPerSecond": "7"}
                ),
                *([error_details_pb2.RetryInfo()] if self.code == grpc.StatusCode.RESOURCE_EXHAUSTED else []),
            ):
                if isinstance(detail, error_details_pb2.RetryInfo):
                    detail.retry_delay.FromNanoseconds(1_500_000_000)
                packed = AnyMessage()
                packed.Pack(detail)
                status.details.append(packed)
            context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
            await context.abort(self.code, "not now")
        if isinstance(request, admin.GetServerInfoRequest):
            return admin.GetServerInfoResponse(version="9.9.9")
        return service.ListInteractionsResponse()


async def retries(stage: Stage) -> None:
    """UNAVAILABLE is tried again as the shared service config says; what the server refuses is not."""
    for code, times, attempts in (("UNAVAILABLE", 2, 3), ("UNAVAILABLE", 99, 5), ("INVALID_ARGUMENT", 1, 1)):
        async with Failing(grpc.StatusCode[code], times) as failing:
            driver = await stage.driver(failing.target)
            try:
                await call(driver, "InteractionService", "ListInteractions", {})
                found = None
            except Refused as error:
                found = error
            stage.require((found is None) == (times < attempts), f"{code}, {times} times: {found}")
            stage.require(failing.attempts == attempts, f"{code}, {times} times: {failing.attempts} attempts")


async def retry_info(stage: Stage) -> None:
    """An error says when to come back, and what its reason is about."""
    async with Failing(grpc.StatusCode.RESOURCE_EXHAUSTED, 1) as failing:
        driver = await stage.driver(failing.target)
        found = await refusal(driver, "InteractionService", "ListInteractions", {})
    stage.require((found.code, found.reason) == ("RESOURCE_EXHAUSTED", "RATE_LIMITED"), f"it says {found}")
    stage.require(found.retry_after == 1.5, f"retry_after is {found.retry_after}")
    stage.require(found.metadata == {"callsPerSecond": "7"}, f"metadata is {found.metadata}")


async def deadline(stage: Stage) -> None:
    """A call that is not answered ends when its time is up: its own, or that of the client."""
    async with Failing(grpc.StatusCode.UNAVAILABLE, 0) as failing:
        driver = await stage.driver(failing.target, timeout=0.5)
        for fields in ({"timeout": 0.4}, {}):
            found = await refusal(driver, "InteractionService", "ListInteractions", {}, patience=30, **fields)
            stage.require(found.code == "DEADLINE_EXCEEDED", f"it says {found}")


async def hello(stage: Stage) -> None:
    """The driver says which client it drives; the client survives a server that is not there."""
    driver = await stage.driver()
    said = await driver.ask("hello")
    stage.require(said["language"] == stage.language.name, f"it is {said}")
    stage.require(bool(said["version"]), f"it has no version: {said}")
    try:
        await driver.ask("no such operation")
    except Refused as error:
        raise DriverError("an operation that is not known is not answered as unsupported") from error
    except Exception as error:  # noqa: BLE001 - told apart by name
        stage.require(type(error).__name__ == "Unsupported", repr(error))
    else:
        stage.require(False, "an operation that does not exist was answered with ok")
