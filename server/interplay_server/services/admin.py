"""AdminService: what the server is, API keys, maintenance; backups and tenants are beside it."""

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from interplay.v1 import admin_service_pb2 as pb
from interplay.v1 import api_key_pb2, custody_pb2, publish_stream_pb2

from interplay_server import __version__
from interplay_server.custody.export_user import UserExports
from interplay_server.custody.import_user import UserImports
from interplay_server.custody.retention import Retention
from interplay_server.domain.credentials import ApiKeyRecord
from interplay_server.domain.custody import Folders
from interplay_server.domain.embedding import Embedders
from interplay_server.domain.images import MAX_IMAGE_BYTES
from interplay_server.domain.interaction import MAX_BATCH, MAX_TEXT
from interplay_server.domain.ports import TenantStore
from interplay_server.domain.tokens import TokenSigner
from interplay_server.errors import ApiKeyNotFound, InvalidRequest, Violation
from interplay_server.interceptors.call import Call
from interplay_server.interceptors.parsing import MAX_MESSAGE_BYTES
from interplay_server.learning.learning import Learning
from interplay_server.services.backups import BackupMethods
from interplay_server.services.content_policy import ContentPolicyMethods
from interplay_server.services.convert.filters import page_size, query_key
from interplay_server.services.convert.times import duration, from_micros, is_valid, to_micros
from interplay_server.services.erasures import ErasureMethods, Erasures
from interplay_server.services.links import LinkMethods
from interplay_server.services.operations import OperationRunner, to_pb
from interplay_server.services.reembedding import ReembedMethods
from interplay_server.services.retention import RetentionMethods
from interplay_server.services.tenants import QuotaCache, TenantMethods, TenantRecords
from interplay_server.services.user_exports import UserExportMethods
from interplay_server.settings import Settings
from interplay_server.streaming.registry import StreamRegistry

OPTIMIZE = "optimize_tables"
_PRUNE_ALL = "prune_all_versions"


class Keys(Protocol):
    def create_key(
        self, tenant: str, display_name: str, rights: frozenset[str], expire_time: int | None = None
    ) -> tuple[ApiKeyRecord, str]: ...

    def list_keys(
        self, tenant: str, *, show_revoked: bool = False, before: tuple[int, str] | None = None, limit: int = 1000
    ) -> list[ApiKeyRecord]: ...

    def revoke_key(self, key_id: str, tenant: str | None = None) -> ApiKeyRecord | None: ...


class Source(Protocol):
    """Whom a replica follows; `fresh_time` in microseconds, 0 seconds of staleness for no limit."""

    max_staleness_seconds: float

    @property
    def name(self) -> str: ...

    @property
    def fresh_time(self) -> int: ...


class AdminService(
    BackupMethods,
    TenantMethods,
    ErasureMethods,
    UserExportMethods,
    LinkMethods,
    RetentionMethods,
    ReembedMethods,
    ContentPolicyMethods,
):
    def __init__(
        self,
        keys: Keys,
        runner: OperationRunner,
        embedders: Embedders,
        settings: Settings,
        services: Sequence[str],
        *,
        folders: Folders,
        records: TenantRecords,
        quotas: QuotaCache,
        registry: StreamRegistry,
        retention: Retention,
        erasures: Erasures,
        learning: Learning,
        user_exports: UserExports,
        user_imports: UserImports,
        source: Source | None = None,
    ) -> None:
        self._keys, self._runner, self._embedders, self._settings = keys, runner, embedders, settings
        self._folders, self._records, self._quotas, self._registry = folders, records, quotas, registry
        self._retention, self._erasures, self._learning = retention, erasures, learning
        self._user_exports, self._user_imports = user_exports, user_imports
        self._services, self._source = tuple(services), source
        self._reembedding = asyncio.Lock()
        self._started = _now()
        # Keys can be listed before their tenant has a secret of its own.
        self._tokens = TokenSigner(secrets.token_bytes(32), "")

    async def get_server_info(self, call: Call) -> pb.GetServerInfoResponse:
        settings = self._settings
        return pb.GetServerInfoResponse(
            version=__version__,
            services=self._services,
            providers=sorted({"rules", self._settings.model.provider}),
            embedder=pb.EmbedderInfo(name=call.store.embedder.name, dimension=call.store.embedder.dimension),
            available_embedders=[pb.EmbedderInfo(**one._asdict()) for one in self._embedders.offered()],
            limits=pb.ServerLimits(
                stream=publish_stream_pb2.StreamLimits(
                    max_batch_interactions=MAX_BATCH,
                    max_message_bytes=MAX_MESSAGE_BYTES,
                    max_outstanding=settings.stream.max_outstanding,
                    max_outstanding_bytes=settings.stream.max_bytes,
                ),
                max_message_bytes=MAX_MESSAGE_BYTES,
                max_image_bytes=MAX_IMAGE_BYTES,
                max_text_characters=MAX_TEXT,
                default_deadline=duration(settings.server.default_deadline_seconds),
                max_calls_per_second=settings.server.calls_per_second,
            ),
            tenant=call.tenant_name,
            authentication_required=settings.auth.required,
            start_time=from_micros(self._started),
            server_time=from_micros(_now()),
            replica=None if self._source is None else _replica(self._source),
        )

    async def create_api_key(self, call: Call) -> pb.CreateApiKeyResponse:
        request: pb.CreateApiKeyRequest = call.request  # type: ignore[assignment]
        violations = []
        if not request.display_name.strip():
            violations.append(Violation("display_name", "must not be blank"))
        expire_time = None
        if request.HasField("expire_time"):
            expire_time = to_micros(request.expire_time)
            if not is_valid(request.expire_time) or expire_time <= _now():
                violations.append(Violation("expire_time", "must be in the future"))
        if violations:
            raise InvalidRequest(violations, request)
        rights = frozenset(
            api_key_pb2.AccessRight.Name(right).removeprefix("ACCESS_RIGHT_") for right in request.rights
        )
        record, secret = self._keys.create_key(call.tenant_name, request.display_name, rights, expire_time)
        return pb.CreateApiKeyResponse(api_key=key_to_pb(record), secret=secret)

    async def list_api_keys(self, call: Call) -> pb.ListApiKeysResponse:
        request: pb.ListApiKeysRequest = call.request  # type: ignore[assignment]
        size, tokens = page_size(request.page_size), self._tokens
        query = call.tenant_name.encode() + b"/" + query_key(request)
        before = tokens.read_page_token(request.page_token, query, tuple[int, str]) if request.page_token else None
        found = self._keys.list_keys(call.tenant_name, show_revoked=request.show_revoked, before=before, limit=size + 1)
        response = pb.ListApiKeysResponse(api_keys=[key_to_pb(record) for record in found[:size]])
        if len(found) > size:
            last = found[size - 1]
            response.next_page_token = tokens.page_token(query, (last.create_time, last.api_key_id))
        return response

    async def revoke_api_key(self, call: Call) -> pb.RevokeApiKeyResponse:
        request: pb.RevokeApiKeyRequest = call.request  # type: ignore[assignment]
        record = self._keys.revoke_key(request.api_key_id, call.tenant_name)
        if record is None:
            raise ApiKeyNotFound(request.api_key_id)
        return pb.RevokeApiKeyResponse(api_key=key_to_pb(record))

    async def optimize_tables(self, call: Call) -> pb.OptimizeTablesResponse:
        request: pb.OptimizeTablesRequest = call.request  # type: ignore[assignment]
        arguments = {_PRUNE_ALL: "true"} if request.prune_all_versions else {}
        return pb.OptimizeTablesResponse(
            operation=to_pb(await self._runner.start(await call.writable(), OPTIMIZE, arguments))
        )


async def optimize(
    store: TenantStore, arguments: Mapping[str, str], progress: Callable[[int, int], None]
) -> Mapping[str, str]:
    """The work behind OPTIMIZE."""
    return await store.optimize(prune_all=arguments.get(_PRUNE_ALL) == "true", progress=progress)


def _replica(source: Source) -> custody_pb2.ReplicaInfo:
    most = source.max_staleness_seconds
    return custody_pb2.ReplicaInfo(
        source=source.name,
        fresh_time=from_micros(source.fresh_time),
        max_staleness=duration(most) if most else None,
    )


def key_to_pb(record: ApiKeyRecord) -> api_key_pb2.ApiKey:
    return api_key_pb2.ApiKey(
        api_key_id=record.api_key_id,
        display_name=record.display_name,
        tenant=record.tenant,
        rights=[f"ACCESS_RIGHT_{right}" for right in sorted(record.rights)],
        create_time=from_micros(record.create_time),
        expire_time=None if record.expire_time is None else from_micros(record.expire_time),
        revoke_time=None if record.revoke_time is None else from_micros(record.revoke_time),
    )


def _now() -> int:
    return time.time_ns() // 1000
