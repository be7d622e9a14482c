"""The composition root: settings -> storage and models -> services -> gRPC server -> its life and end."""

import asyncio
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import grpc
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from interplay_server import __version__, composition, memory
from interplay_server.custody.export_user import UserExports
from interplay_server.custody.import_user import UserImports
from interplay_server.custody.retention import Parts
from interplay_server.dialogue.exports.kept import Exports as DialogueExports
from interplay_server.domain.credentials import DEFAULT_TENANT
from interplay_server.domain.dialogue import ModelRef
from interplay_server.domain.ports import TenantStore
from interplay_server.domain.reembedding import REEMBED
from interplay_server.features.exports import Exports
from interplay_server.features.features import Features
from interplay_server.features.state import STATE_KEY as FEATURE_STATE_KEY
from interplay_server.interceptors.auth import Auth
from interplay_server.interceptors.chain import Chain
from interplay_server.interceptors.deadline import Deadline
from interplay_server.interceptors.errors import Errors
from interplay_server.interceptors.logging import Logging
from interplay_server.interceptors.metrics import CallMetrics
from interplay_server.interceptors.own_calls import MonitorOwnCalls
from interplay_server.interceptors.parsing import Parsing
from interplay_server.interceptors.rate_limit import RateLimit
from interplay_server.interceptors.replica import Replica
from interplay_server.interceptors.request_id import RequestId
from interplay_server.interceptors.tenant import Tenant
from interplay_server.interceptors.tracing import CallTracing
from interplay_server.interceptors.validation import Validation
from interplay_server.models.embedders import ServerEmbedders
from interplay_server.models.opened import OpenProviders
from interplay_server.models.providers import open_provider
from interplay_server.monitoring.own_calls import OwnCalls
from interplay_server.monitoring.watch import Watch
from interplay_server.services.admin import OPTIMIZE, AdminService, optimize
from interplay_server.services.backups import BACKUP, backup_work
from interplay_server.services.comparisons import Comparisons
from interplay_server.services.context import ContextService
from interplay_server.services.dialogue_work import dialogue_work
from interplay_server.services.dialogues import DialogueService
from interplay_server.services.erasures import erase_work
from interplay_server.services.evaluation import EvaluationService
from interplay_server.services.evaluation_work import evaluation_work
from interplay_server.services.feature_work import feature_work
from interplay_server.services.features import FeatureService
from interplay_server.services.interactions import InteractionService
from interplay_server.services.learning import LearningService
from interplay_server.services.learning_work import learning_work
from interplay_server.services.methods import SERVICES, methods
from interplay_server.services.monitoring import MonitorService
from interplay_server.services.operations import OperationRunner, OperationService, Work
from interplay_server.services.playbooks import PlaybookService
from interplay_server.services.profiles import ProfileService
from interplay_server.services.reembedding import reembed_work
from interplay_server.services.retention import retention_work
from interplay_server.services.search import InteractionSearch
from interplay_server.settings import Settings, SettingsError, check, split_address
from interplay_server.storage import disk, folders
from interplay_server.storage.buckets.server import open_bucket
from interplay_server.storage.folders import LocalFolders
from interplay_server.storage.pinned import PinnedRecords
from interplay_server.storage.quotas import Quotas
from interplay_server.storage.replicas.heartbeat import Heart
from interplay_server.storage.replicas.source import ReplicaSource
from interplay_server.storage.replicas.tenants import ReplicaTenants
from interplay_server.storage.tenants import LocalTenants
from interplay_server.streaming.learnt_watch import LearntWatches
from interplay_server.streaming.monitor_watch import MonitorWatches
from interplay_server.streaming.registry import StreamRegistry
from interplay_server.streaming.watch import Watches
from interplay_server.telemetry import Metrics, configure_logging, open_tracing
from interplay_server.telemetry.bucket_metrics import BucketMetrics
from interplay_server.web import open_gateway

_log = structlog.get_logger(__name__)


class Server:
    """One server over one data folder. `start` binds, `stop` drains; `address` is where it listens, `page` what a
    browser opens, empty without a gateway.
    """

    def __init__(self, settings: Settings) -> None:
        check(settings)
        self._settings = settings
        self.address = self.page = ""
        self.first_key: str | None = None
        """Made at the start where the settings ask for one and there was none."""

    async def start(self) -> None:
        """Raises SettingsError, FolderInUse, OSError, InterplayError."""
        data = Path(self._settings.server.data)
        await self._own(data)
        embedders = composition.make_embedders(self._settings)
        self._make_parts(data, embedders)
        self._make_tenants(data, embedders)
        self._make_work(embedders)
        self._make_streams()
        self._grpc = grpc.aio.server(options=composition.GRPC_OPTIONS)
        self._add_services(embedders)
        await self._bind()
        self.first_key = composition.first_key(self._settings, self._database)
        self._begin(data)

    async def _own(self, data: Path) -> None:
        """What must be held or looked at before anything is opened."""
        settings = self._settings
        self._gateway = open_gateway(settings)
        self._lock = disk.own_folder(data)
        folders.recover(data)
        self._source = composition.open_source(settings)
        self._held = data if self._source is None else self._source.folder
        if self._source is not None:
            self._settings = composition.of_replica(settings, self._held)
        self._around = await open_bucket(settings, data) if self._source is None else None
        self._database = composition.open_database(self._held, read_only=self._source is not None)
        self._executor = ThreadPoolExecutor(settings.server.workers, thread_name_prefix="search")

    def _lease(self, name: str) -> AbstractAsyncContextManager[TenantStore]:
        return self.tenants.lease(name, create=False)

    def _make_parts(self, data: Path, embedders: ServerEmbedders) -> None:
        settings = self._settings
        self._engine = composition.make_search(settings.search, self._executor)
        self._provider = open_provider(settings.model)
        self._learning = composition.make_learning(
            settings,
            embedders,
            self._provider,
            self._executor,
            lambda name: self.tenants.hold(name),  # noqa: PLW0108
        )
        self._evaluation = composition.make_evaluation(settings, self._provider, self._executor, self._lease)
        self._models = OpenProviders(settings.model, self._provider)
        self._dialogues = composition.make_dialogues(settings, self._models, self._learning, self._engine)
        self._features = Features(
            settings.features,
            data / ".spill",
            self._lease,
            partial(PinnedRecords, options=None if self._around is None else self._around.bucket.plain_options()),
        )
        self._learning.cluster = self._features.cluster
        self._monitoring = composition.make_monitoring(
            settings,
            data,
            self._lease,
            lambda: self.tenants.monitored(),  # noqa: PLW0108 - made later
        )
        self._tracing = open_tracing(settings.telemetry)
        self.metrics = Metrics(self._tracing)
        self._content = composition.content_of(self._monitoring.key_file, self._executor, lambda: self.metrics)

    def _make_tenants(self, data: Path, embedders: ServerEmbedders) -> None:
        settings, source = self._settings, self._source
        self.tenants = (
            self._followed(source, embedders)
            if source is not None
            else LocalTenants(
                data,
                settings.storage,
                embedders,
                settings.server.workers,
                on_open=self._on_open,
                on_close=self._on_close,
                before_close=self._before_close,
                evict=lambda name, why: self._tenant_calls.evict(name, why),  # noqa: PLW0108 - made later
                expect=self._evaluation.expect,
                admit=lambda tenant: self._quotas.admit(tenant),  # noqa: PLW0108 - made later
                content=self._content,
                around=self._around,
            )
        )
        self._tenant_calls = Tenant(self.tenants)
        self._folders = LocalFolders(
            self.tenants,
            self._held,
            Path(settings.storage.backups) if settings.storage.backups else data / ".backups",
            server_version=__version__,
            # Features are not in a backup and are computed again; a backup under way is not taken again.
            forget_meta=(FEATURE_STATE_KEY,),
            forget_operations=(BACKUP,),
            exports=(data / ".exports", data / ".dialogue-exports"),
            end_exports=self._monitoring.exports.end,
        )
        self._quotas = Quotas(self._database, self._folders.usage)

    def _make_work(self, embedders: ServerEmbedders) -> None:
        failures: dict[str, dict[int, str]] = {}
        work: dict[str, Work] = {
            OPTIMIZE: optimize,
            BACKUP: backup_work(self._folders),
            **evaluation_work(lambda: self._evaluation, lambda: self._learning, failures),
            **learning_work(lambda: self._learning, lambda: self._runner.stopping),
            REEMBED: reembed_work(lambda: self._runner.stopping),
            **feature_work(lambda: self._features),
            **dialogue_work(lambda: self._dialogues, lambda: self._runner.stopping),
            **retention_work(lambda: self._retention),
            **erase_work(lambda: self._erasures.erasing),
        }
        self._runner = OperationRunner(lambda: self.tenants, work, self.metrics.server.operation_ended)
        people = composition.People(self._learning, self._features, self._monitoring, self._dialogues, self._engine)
        self._erasures = composition.make_erasures(people, self._folders, self._runner, self.tenants)
        parts = Parts(self._learning, self._features, self._evaluation, self._dialogues, self._monitoring)
        self._retention, self._hourly = composition.make_retention(self._settings, parts, self._runner, self.tenants)
        self._user_exports = UserExports(self._learning, self._features, self._monitoring, __version__)
        self._comparisons = Comparisons(self._evaluation, self._runner, embedder=embedders.static, failures=failures)

    def _make_streams(self) -> None:
        self._streams = StreamRegistry(
            max_open=self._settings.stream.max_open,
            max_total_bytes=self._settings.stream.max_total_bytes,
            metrics=self.metrics,
            most=lambda name: self._quotas.of(name).streams,
        )
        self._watches, self._learnt_watches = Watches(), LearntWatches(self._learning)
        self._watch = Watch(self._monitoring, self._lease, self.metrics.usage)
        self._monitor_watches = MonitorWatches(self._monitoring, self._watch)
        self._own_calls = OwnCalls(self._monitoring, self._lease, enabled=self._settings.monitor.own_calls)

    def _begin(self, data: Path) -> None:
        """What goes on by itself from now on."""
        self.metrics.server.follow(self.tenants.standing, data)
        if self._around is not None:
            self.metrics.registry.register(BucketMetrics(self._around.totals.standing))
        self._loop_watch = asyncio.create_task(self.metrics.server.watch_loop(), name="watch the event loop")
        if self._settings.server.metrics_listen:
            self.metrics.serve(self._settings.server.metrics_listen)
        if self._source is not None:
            self._source.follow(self._told_stale)
            self.metrics.follow_source(self._source)
            self._taking_up = asyncio.create_task(asyncio.sleep(0))
            return
        self._heart = Heart(data)
        self._monitoring.start()
        self._hourly.start()
        self._taking_up = asyncio.create_task(self.tenants.open_unfinished(), name="take up what was left")

    def _followed(self, source: ReplicaSource, embedders: ServerEmbedders) -> LocalTenants:
        return ReplicaTenants(
            source.folder,
            self._settings.storage,
            embedders,
            self._settings.server.workers,
            refresh_seconds=source.refresh_seconds,
            on_open=self._on_open,
            on_close=self._on_close,
            before_close=self._before_close,
            renew=self._renew,
            content=self._content,
            end_streams=lambda name, why: self._tenant_calls.evict(name, why, streams=True),
        )

    async def _told_stale(self, stale: bool) -> None:
        standing = health_pb2.HealthCheckResponse
        for name in ("", *SERVICES):
            await self._health.set(name, standing.NOT_SERVING if stale else standing.SERVING)
        for name in self.tenants.open_names() if stale else ():
            self._tenant_calls.evict(name, "the replica is further behind than it may be", streams=True)

    def _renew(self, tenant: TenantStore) -> None:
        """On a replica: configurations, keys or consents of a tenant have changed."""
        self._features.outdate(tenant)
        self._monitoring.read(tenant)

    def _on_close(self, tenant: TenantStore) -> None:
        self._engine.forget(tenant)
        self._learning.memory.forget(tenant)

    async def _before_close(self, tenant: TenantStore) -> None:
        await self._learning.forget(tenant)
        await self._evaluation.forget(tenant)
        await self._features.forget(tenant)
        await self._dialogues.forget(tenant)
        await self._watch.forget(tenant)
        await self._monitoring.forget(tenant)

    def _on_open(self, tenant: TenantStore) -> None:
        self._engine.follow(tenant)
        self._learning.memory.follow(tenant)
        if self._source is not None:
            self._features.follow(tenant)
            self._monitoring.read(tenant)
            self._watch.read(tenant)
            self._watches.on_open(tenant)
            return
        self._learning.follow(tenant)
        self._evaluation.follow(tenant)
        self._features.follow(tenant)
        self._dialogues.follow(tenant)
        self._monitoring.follow(tenant)
        self._watch.follow(tenant)
        self._runner.resume(tenant)
        self._erasures.follow(tenant)
        self._watches.on_open(tenant)

    def _add_services(self, embedders: ServerEmbedders) -> None:
        settings = self._settings
        validation = Validation()
        search, learning = InteractionSearch(self._engine), self._learning
        context = ContextService(learning, self._engine, search)
        interactions = InteractionService(
            search,
            context.brief,
            learning,
            self._features,
            self._watches,
            registry=self._streams,
            stream_settings=settings.stream,
            metrics=self.metrics,
        )
        self._feature_service = FeatureService(
            self._features,
            self._runner,
            Exports(Path(settings.server.data) / ".exports"),
            registry=self._streams,
            stream_settings=settings.stream,
            metrics=self.metrics,
        )
        own = self._provider
        self._dialogue_service = DialogueService(
            self._dialogues,
            learning,
            self._runner,
            self._streams,
            settings.dialogues,
            exports=DialogueExports(Path(settings.server.data) / ".dialogue-exports"),
            configured=ModelRef(own.name, own.model) if own is not None else None,
        )
        admin = AdminService(
            self._database,
            self._runner,
            embedders,
            settings,
            sorted(SERVICES),
            folders=self._folders,
            records=self._database,
            quotas=self._quotas,
            registry=self._streams,
            retention=self._retention,
            erasures=self._erasures,
            learning=self._learning,
            source=self._source,
            user_exports=self._user_exports,
            user_imports=UserImports(
                self._user_exports, self._learning, self._monitoring, Path(settings.server.data) / ".imports"
            ),
        )
        served = methods(
            {
                "interplay.v1.InteractionService": interactions,
                "interplay.v1.ProfileService": ProfileService(learning, self._learnt_watches),
                "interplay.v1.PlaybookService": PlaybookService(learning, self._learnt_watches, self._runner),
                "interplay.v1.LearningService": LearningService(learning, self._runner),
                "interplay.v1.ContextService": context,
                "interplay.v1.EvaluationService": EvaluationService(
                    self._evaluation, learning, self._runner, self._comparisons
                ),
                "interplay.v1.FeatureService": self._feature_service,
                "interplay.v1.MonitorService": MonitorService(
                    self._monitoring,
                    self._watch,
                    self._monitor_watches,
                    registry=self._streams,
                    stream_settings=settings.stream,
                    metrics=self.metrics,
                ),
                "interplay.v1.DialogueService": self._dialogue_service,
                "interplay.v1.OperationService": OperationService(self._runner),
                "interplay.v1.AdminService": admin,
            }
        )
        for info, _ in served.values():
            validation.warm(info.request_type())
        chain = Chain(
            [
                RequestId(),
                CallTracing(self._tracing),
                Logging(),
                CallMetrics(self.metrics),
                Errors(disk.told),
                Deadline(settings.server.default_deadline_seconds),
                Auth(self._database, required=settings.auth.required),
                Replica(self._source),
                self._tenant_calls,
                MonitorOwnCalls(self._own_calls),
                RateLimit(settings.server.calls_per_second),
                Parsing(),
                validation,
            ],
            served,
        )
        self._grpc.add_generic_rpc_handlers((chain,))
        self._health = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._grpc)
        reflection.enable_server_reflection([*SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME], self._grpc)

    async def _bind(self) -> None:
        listen = self._settings.server.listen
        host, _ = split_address(listen)
        credentials = composition.tls_credentials(self._settings)
        try:
            if credentials is None:
                port = self._grpc.add_insecure_port(listen)
            else:
                port = self._grpc.add_secure_port(listen, credentials)
        except RuntimeError as error:
            raise SettingsError(f"cannot listen on {listen}: the address is in use or not this machine's") from error
        if self._gateway is not None:
            self._grpc.add_insecure_port(self._gateway.socket_target)
        await self._grpc.start()
        self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        for name in ("", *SERVICES):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        if self._gateway is not None:
            await self._gateway.start()
            self.page = self._gateway.url

    async def stop(self, drain_seconds: float | None = None) -> None:
        """Stops taking calls, lets streams end, commits and applies what was received."""
        seconds = self._settings.server.drain_seconds if drain_seconds is None else drain_seconds
        _log.info("draining", seconds=seconds)
        await self._health.enter_graceful_shutdown()
        if self._source is not None:
            await self._source.close()
        else:
            await self._heart.close()
        self._watches.drain()
        self._learnt_watches.drain()
        self._monitor_watches.drain()
        self._feature_service.drain()
        self._dialogue_service.drain()
        await self._streams.drain(seconds)
        if self._gateway is not None:
            await self._gateway.stop()
        await self._grpc.stop(1.0)
        for task in (self._taking_up, self._loop_watch):
            task.cancel()
        await asyncio.gather(self._taking_up, self._loop_watch, return_exceptions=True)
        await self._hourly.close()
        await self._runner.close()
        await self._erasures.close()
        await self._learning.close()
        await self._evaluation.close()
        await self._features.close()
        await self._dialogues.close()
        await self._own_calls.close()
        await self._watch.close()
        await self._monitoring.close()
        await self.tenants.close()
        if self._around is not None:
            await self._around.close()
        await self._models.close()
        if self._provider is not None:
            await self._provider.close()
        if self._tracing is not None:
            await asyncio.to_thread(self._tracing.close)
        self._database.close()
        self._executor.shutdown()
        disk.release(self._lock)


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = Server(settings)
    await server.start()
    memory.collect_seldom()
    if (secret := server.first_key) is not None:
        print(f"first API key of tenant {DEFAULT_TENANT}, shown only now: {secret}", flush=True)  # noqa: T201
    print(f"listening on {server.address}", flush=True)  # noqa: T201 - what scripts wait for
    if server.page:
        print(f"browsers at {server.page}", flush=True)  # noqa: T201
    await stop.wait()
    await server.stop()


def run(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT."""
    configure_logging(settings.log)
    memory.limit_arenas()
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        asyncio.run(_serve(settings))
    else:
        uvloop.run(_serve(settings))
