"""Parts of the server that are made of settings: learning, evaluation, monitoring, dialogues."""

import dataclasses
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import grpc

from interplay_server.custody import erasure
from interplay_server.custody.content import SealedContent
from interplay_server.custody.retention import Hourly, Parts, Retention
from interplay_server.dialogue.budget import Price
from interplay_server.dialogue.dialogues import Dialogues
from interplay_server.domain.credentials import DEFAULT_TENANT, RIGHTS
from interplay_server.domain.model import ModelProvider
from interplay_server.domain.ports import ContentKeys, TenantStore
from interplay_server.domain.retention import META_KEY as RETENTION_POLICY
from interplay_server.evaluation.evaluation import Evaluation
from interplay_server.evaluation.judges import Judge, RulesJudge
from interplay_server.evaluation.model_judge import ModelJudge
from interplay_server.features.features import Features
from interplay_server.learning.context import Ask, make_context
from interplay_server.learning.engines import Engine, ModelEngine, RulesEngine
from interplay_server.learning.learning import Learning
from interplay_server.models.embedders import DEFAULT, ServerEmbedders
from interplay_server.models.opened import OpenProviders
from interplay_server.monitoring.exports import Exports as MonitorExports
from interplay_server.monitoring.key_file import KeyFile
from interplay_server.monitoring.monitoring import Monitoring
from interplay_server.retrieval.memory import Memory
from interplay_server.retrieval.score import Weights
from interplay_server.retrieval.search import SearchEngine
from interplay_server.retrieval.statements import (
    DEFAULT_STATEMENT_WEIGHTS,
    MINILM_WEIGHTS,
    StatementCorpus,
    StatementWeights,
)
from interplay_server.services.erasures import Erasures, stop_operations
from interplay_server.services.operations import OperationRunner
from interplay_server.services.retention import by_itself
from interplay_server.settings import Search, Settings, SettingsError, prices_of
from interplay_server.storage.folders import LocalFolders
from interplay_server.storage.replicas.database import ReplicaDatabase
from interplay_server.storage.replicas.source import ReplicaSource
from interplay_server.storage.server_database import ServerDatabase
from interplay_server.storage.tenants import LocalTenants
from interplay_server.storage.vault import any_keys
from interplay_server.telemetry import Metrics

Lease = Callable[[str], AbstractAsyncContextManager[TenantStore]]
TRANSPORT_BYTES = 32 * 2**20
"""More than our own limit, so that a message over that is answered by us."""
GRPC_OPTIONS: list[tuple[str, Any]] = [
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", TRANSPORT_BYTES),
    ("grpc.max_send_message_length", TRANSPORT_BYTES),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 15_000),
    ("grpc.http2.ping_timeout_ms", 15_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.http2.max_ping_strikes", 0),
    ("grpc.max_metadata_size", 64 * 1024),
]


def open_source(settings: Settings) -> ReplicaSource | None:
    """Whom this server follows; None for a server of its own."""
    given = settings.replica
    if not given.of:
        return None
    return ReplicaSource(
        Path(given.of), refresh_seconds=given.refresh_seconds, max_staleness_seconds=given.max_staleness_seconds
    )


def of_replica(settings: Settings, source: Path) -> Settings:
    """Settings of a replica: nothing is computed, recorded or made that would have to be written."""
    return dataclasses.replace(
        settings,
        features=dataclasses.replace(settings.features, refresh_seconds=0.0, ray=""),
        monitor=dataclasses.replace(
            settings.monitor, own_calls=False, key_file=settings.monitor.key_file or str(source / "monitor.key")
        ),
        storage=dataclasses.replace(
            settings.storage, backups=settings.storage.backups or str(source / ".backups"), retention_minutes=0.0
        ),
    )


def open_database(folder: Path, *, read_only: bool) -> ServerDatabase:
    """Raises sqlite3.Error, StorageIncompatible, SettingsError for a replica of what no server has owned."""
    path = folder / "server.sqlite3"
    if not read_only:
        return ServerDatabase(path)
    if not path.exists():
        raise SettingsError(f"replica.of is no data folder of a server: {folder}")
    return ReplicaDatabase(path)


def make_embedders(settings: Settings) -> ServerEmbedders:
    """Raises SettingsError."""
    try:
        return ServerEmbedders(
            default=settings.storage.embedder or DEFAULT, minilm_folder=settings.statements.minilm_folder
        )
    except LookupError as error:
        raise SettingsError(f"storage.embedder: {error.args[0]}") from error
    except (FileNotFoundError, ValueError) as error:
        raise SettingsError(f"statements.minilm_folder holds no model: {error}") from error


def make_search(search: Search, executor: ThreadPoolExecutor) -> SearchEngine:
    weights = Weights(
        cosine=search.cosine,
        soft_match=search.soft_match,
        window_bm25=search.window_bm25,
        session=search.session,
        role=search.role,
        question=search.question,
    )
    return SearchEngine(executor, weights, cached_turns=search.cached_turns, user_turns=search.user_turns)


def make_learning(
    settings: Settings,
    embedders: ServerEmbedders,
    provider: ModelProvider | None,
    executor: ThreadPoolExecutor,
    lease: Lease,
) -> Learning:
    """Raises SettingsError."""
    engines: dict[str, Engine] = {"rules": RulesEngine(executor)}
    if provider is not None:
        model = settings.model
        engines[provider.name] = ModelEngine(
            provider, deadline_seconds=model.timeout_seconds, parallel=model.max_concurrent
        )
    memory = Memory(
        _statements(settings, embedders),
        executor,
        cached_rows=settings.statements.cached_rows,
    )
    return Learning(memory, engines, settings.model.provider, lease)


def make_evaluation(
    settings: Settings, provider: ModelProvider | None, executor: ThreadPoolExecutor, lease: Lease
) -> Evaluation:
    judges: dict[str, Judge] = {"rules": RulesJudge(executor)}
    if provider is not None:
        judges[provider.name] = ModelJudge(provider, deadline_seconds=settings.model.timeout_seconds)
    return Evaluation(judges, lease)


def make_monitoring(settings: Settings, data: Path, lease: Lease, monitored: Callable[[], list[str]]) -> Monitoring:
    given = settings.monitor
    return Monitoring(
        KeyFile(Path(given.key_file) if given.key_file else data / "monitor.key", lambda: any_keys(data)),
        MonitorExports(data / ".monitor-exports"),
        lease,
        monitored,
        sweep_seconds=given.sweep_seconds,
    )


def make_retention(
    settings: Settings, parts: Parts, runner: OperationRunner, tenants: LocalTenants
) -> tuple[Retention, Hourly]:
    retention = Retention(parts, lambda: runner.stopping)
    hourly = Hourly(
        retention,
        lambda name: tenants.lease(name, create=False),
        lambda: tenants.with_value(RETENTION_POLICY),
        by_itself(runner),
        settings.storage.retention_minutes,
    )
    return retention, hourly


def content_of(
    key_file: KeyFile, executor: ThreadPoolExecutor, metrics: Callable[[], Metrics]
) -> Callable[[str, bytes, ContentKeys], SealedContent]:
    """What makes the content of a tenant from its name, its ledger's secret and its keys; `metrics` are made later."""

    def made(name: str, secret: bytes, keys: ContentKeys) -> SealedContent:
        def found(mode: str, counts: Mapping[str, int]) -> None:
            metrics().redacted(mode, counts)

        return SealedContent(name, secret, keys, file=key_file, executor=executor, found=found)

    return made


def make_dialogues(settings: Settings, models: OpenProviders, learning: Learning, engine: SearchEngine) -> Dialogues:
    async def add_context(store: TenantStore, user_id: str, said: str, prompt: str) -> str:
        tenant = await learning.tenant(store)
        found = await make_context(tenant, engine, Ask(user_id=user_id, query=said))
        return "\n\n".join(filter(None, (prompt, found.briefing.text)))

    prices = {name: Price(input=read, output=made) for name, (read, made) in prices_of(settings.dialogues).items()}
    return Dialogues(
        models,
        add_context=add_context,
        deadline_seconds=settings.model.timeout_seconds,
        left_seconds=settings.dialogues.left_seconds,
        prices=prices,
    )


def _statements(settings: Settings, embedders: ServerEmbedders) -> StatementCorpus:
    given, ranking = settings.statements, embedders.minilm
    measured = DEFAULT_STATEMENT_WEIGHTS if ranking is None else MINILM_WEIGHTS
    weights = StatementWeights(
        cosine=given.cosine,
        soft_match=measured.soft_match if given.soft_match < 0 else given.soft_match,
        soft_floor=given.soft_floor,
    )
    return StatementCorpus.of(ranking or embedders.static, words=embedders.static, weights=weights)


class People(NamedTuple):
    """Who holds anything on people."""

    learning: Learning
    features: Features
    monitoring: Monitoring
    dialogues: Dialogues
    engine: SearchEngine


def make_erasures(people: People, folders: LocalFolders, runner: OperationRunner, tenants: LocalTenants) -> Erasures:
    parts = erasure.Parts(
        *people[:4],
        caches=(people.engine, people.learning.memory),
        end_exports=folders.end_exports,
        stop_operations=partial(stop_operations, runner),
    )
    return Erasures(erasure.Erasing(parts), runner, lambda name: tenants.lease(name, create=False))


def tls_credentials(settings: Settings) -> grpc.ServerCredentials | None:
    """None where no certificate is configured. Raises SettingsError."""
    tls = settings.tls
    if not tls.certificate:
        return None
    try:
        key, chain = Path(tls.key).read_bytes(), Path(tls.certificate).read_bytes()
        authorities = Path(tls.client_ca).read_bytes() if tls.client_ca else None
    except OSError as error:
        raise SettingsError(f"cannot read {error.filename}: {error.strerror}") from error
    return grpc.ssl_server_credentials(
        [(key, chain)], root_certificates=authorities, require_client_auth=authorities is not None
    )


def first_key(settings: Settings, database: ServerDatabase) -> str | None:
    """A key with all rights where the settings ask for one and there is none yet."""
    if not settings.auth.first_key or database.has_keys():
        return None
    _, secret = database.create_key(DEFAULT_TENANT, "first key", RIGHTS)
    return secret
