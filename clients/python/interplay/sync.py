"""The client for programs without asyncio: the asynchronous one, run on a thread of its own."""

import functools
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar

from interplay._exchange import Remembering
from interplay._loop import drawn, shared
from interplay.client import AsyncInterplay
from interplay.comparison import Comparison
from interplay.config import ClientConfig
from interplay.operation import OperationHandle
from interplay.publisher import Publisher
from interplay.remember import plain
from interplay.sync_dialogues import SyncConversation, SyncDialogueRun
from interplay.sync_features import SyncFeatureRun, SyncShopImport
from interplay.sync_monitor import SyncMonitorImport, SyncMonitorPublisher
from interplay.sync_publisher import SyncEventPublisher, SyncPublisher
from interplay.v1 import evaluation_pb2, operation_pb2
from interplay.v1 import evaluation_service_pb2 as evaluations

if TYPE_CHECKING:
    from interplay.monitoring import MonitorRecorder

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S")
F = TypeVar("F", bound=Callable[..., Any])


def _like(other: Callable[..., Any]) -> Callable[[F], F]:
    """functools.wraps for methods written out here; a type checker still takes the result for a method."""

    def dress(own: F) -> F:
        functools.update_wrapper(own, other)
        return own

    return dress


def _blocking(
    method: Callable[Concatenate[AsyncInterplay, P], Coroutine[Any, Any, R]],
) -> Callable[Concatenate["Interplay", P], R]:
    @functools.wraps(method)
    def call(self: "Interplay", /, *args: P.args, **kwargs: P.kwargs) -> R:
        return shared.run(method(self._client, *args, **kwargs))

    return call


def _operating(
    method: Callable[Concatenate[AsyncInterplay, P], Coroutine[Any, Any, OperationHandle]],
) -> Callable[Concatenate["Interplay", P], "SyncOperation"]:
    @functools.wraps(method)
    def call(self: "Interplay", /, *args: P.args, **kwargs: P.kwargs) -> "SyncOperation":
        return SyncOperation(shared.run(method(self._client, *args, **kwargs)))

    return call


def _comparing(
    method: Callable[Concatenate[AsyncInterplay, P], Comparison],
) -> Callable[Concatenate["Interplay", P], "SyncComparison"]:
    @functools.wraps(method)
    def call(self: "Interplay", /, *args: P.args, **kwargs: P.kwargs) -> "SyncComparison":
        async def start() -> Comparison:
            return method(self._client, *args, **kwargs)

        return SyncComparison(shared.run(start()))

    return call


def _starting(
    method: Callable[Concatenate[AsyncInterplay, P], R], dress: Callable[[R], S]
) -> Callable[Concatenate["Interplay", P], S]:
    """Of a method that only starts something; `dress` makes its methods wait."""

    @functools.wraps(method)
    def call(self: "Interplay", /, *args: P.args, **kwargs: P.kwargs) -> S:
        async def start() -> R:
            return method(self._client, *args, **kwargs)

        return dress(shared.run(start()))

    return call


def _iterating(
    method: Callable[Concatenate[AsyncInterplay, P], AsyncIterator[R]],
) -> Callable[Concatenate["Interplay", P], Generator[R, None, None]]:
    @functools.wraps(method)
    def call(self: "Interplay", /, *args: P.args, **kwargs: P.kwargs) -> Generator[R, None, None]:
        async def start() -> AsyncIterator[R]:
            return method(self._client, *args, **kwargs)

        return drawn(shared.run(start()))

    return call


class Interplay:
    """AsyncInterplay with the same arguments and methods, which wait for their results; iterators are ordinary ones.

    Usable from any thread but not inside `on_error`, which runs on the client's own thread.
    """

    def __init__(self, target: str | None = None, **settings: Any) -> None:
        self._client = AsyncInterplay(target, **settings)

    @property
    def config(self) -> ClientConfig:
        return self._client.config

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    close = _blocking(AsyncInterplay.close)
    publish_interaction = _blocking(AsyncInterplay.publish_interaction)
    get_publish_stream = _blocking(AsyncInterplay.get_publish_stream)
    annotate_interaction = _blocking(AsyncInterplay.annotate_interaction)
    get_interaction = _blocking(AsyncInterplay.get_interaction)
    list_interactions = _iterating(AsyncInterplay.list_interactions)
    delete_interactions = _blocking(AsyncInterplay.delete_interactions)
    search_interactions = _blocking(AsyncInterplay.search_interactions)
    find_similar_interactions = _blocking(AsyncInterplay.find_similar_interactions)
    list_sessions = _iterating(AsyncInterplay.list_sessions)
    get_session = _blocking(AsyncInterplay.get_session)
    watch_interactions = _iterating(AsyncInterplay.watch_interactions)
    server_info = _blocking(AsyncInterplay.server_info)
    create_api_key = _blocking(AsyncInterplay.create_api_key)
    list_api_keys = _iterating(AsyncInterplay.list_api_keys)
    revoke_api_key = _blocking(AsyncInterplay.revoke_api_key)
    optimize_tables = _blocking(AsyncInterplay.optimize_tables)
    backup_tenant = _operating(AsyncInterplay.backup_tenant)
    reembed_tables = _operating(AsyncInterplay.reembed_tables)
    get_content_policy = _blocking(AsyncInterplay.get_content_policy)
    set_content_policy = _blocking(AsyncInterplay.set_content_policy)
    get_retention = _blocking(AsyncInterplay.get_retention)
    set_retention = _blocking(AsyncInterplay.set_retention)
    apply_retention = _operating(AsyncInterplay.apply_retention)
    list_retention_receipts = _iterating(AsyncInterplay.list_retention_receipts)
    list_backups = _iterating(AsyncInterplay.list_backups)
    verify_backup = _blocking(AsyncInterplay.verify_backup)
    delete_backup = _blocking(AsyncInterplay.delete_backup)
    restore_tenant = _blocking(AsyncInterplay.restore_tenant)
    list_tenants = _iterating(AsyncInterplay.list_tenants)
    get_tenant = _blocking(AsyncInterplay.get_tenant)
    create_tenant = _blocking(AsyncInterplay.create_tenant)
    update_tenant = _blocking(AsyncInterplay.update_tenant)
    delete_tenant = _blocking(AsyncInterplay.delete_tenant)
    erase_user = _operating(AsyncInterplay.erase_user)
    list_erasures = _iterating(AsyncInterplay.list_erasures)
    readmit_user = _blocking(AsyncInterplay.readmit_user)
    export_user = _blocking(AsyncInterplay.export_user)
    import_user = _blocking(AsyncInterplay.import_user)
    link_users = _blocking(AsyncInterplay.link_users)
    unlink_users = _blocking(AsyncInterplay.unlink_users)
    list_user_links = _iterating(AsyncInterplay.list_user_links)
    get_operation = _blocking(AsyncInterplay.get_operation)
    list_operations = _iterating(AsyncInterplay.list_operations)
    watch_operation = _iterating(AsyncInterplay.watch_operation)
    cancel_operation = _blocking(AsyncInterplay.cancel_operation)
    search_profiles = _blocking(AsyncInterplay.search_profiles)
    get_profile = _blocking(AsyncInterplay.get_profile)
    list_profiles = _iterating(AsyncInterplay.list_profiles)
    get_profiles = list_profiles
    create_profile = _blocking(AsyncInterplay.create_profile)
    update_profile = _blocking(AsyncInterplay.update_profile)
    delete_profile = _blocking(AsyncInterplay.delete_profile)
    profile_changes = _iterating(AsyncInterplay.profile_changes)
    watch_profiles = _iterating(AsyncInterplay.watch_profiles)
    search_user_playbooks = _blocking(AsyncInterplay.search_user_playbooks)
    get_user_playbook = _blocking(AsyncInterplay.get_user_playbook)
    list_user_playbooks = _iterating(AsyncInterplay.list_user_playbooks)
    create_user_playbook = _blocking(AsyncInterplay.create_user_playbook)
    update_user_playbook = _blocking(AsyncInterplay.update_user_playbook)
    delete_user_playbook = _blocking(AsyncInterplay.delete_user_playbook)
    playbook_changes = _iterating(AsyncInterplay.playbook_changes)
    watch_playbooks = _iterating(AsyncInterplay.watch_playbooks)
    search_agent_playbooks = _blocking(AsyncInterplay.search_agent_playbooks)
    get_agent_playbook = _blocking(AsyncInterplay.get_agent_playbook)
    list_agent_playbooks = _iterating(AsyncInterplay.list_agent_playbooks)
    create_agent_playbook = _blocking(AsyncInterplay.create_agent_playbook)
    update_agent_playbook = _blocking(AsyncInterplay.update_agent_playbook)
    delete_agent_playbook = _blocking(AsyncInterplay.delete_agent_playbook)
    review_agent_playbook = _blocking(AsyncInterplay.review_agent_playbook)
    aggregate_playbooks = _operating(AsyncInterplay.aggregate_playbooks)
    learning_config = _blocking(AsyncInterplay.learning_config)
    update_learning_config = _blocking(AsyncInterplay.update_learning_config)
    generate_profiles = _blocking(AsyncInterplay.generate_profiles)
    generate_playbooks = _blocking(AsyncInterplay.generate_playbooks)
    rerun_learning = _operating(AsyncInterplay.rerun_learning)
    promote_generation = _blocking(AsyncInterplay.promote_generation)
    rollback_generation = _blocking(AsyncInterplay.rollback_generation)
    learning_status = _blocking(AsyncInterplay.learning_status)
    learning_provenance = _blocking(AsyncInterplay.learning_provenance)
    context = _blocking(AsyncInterplay.context)
    search_all = _blocking(AsyncInterplay.search_all)
    report_session_outcome = _blocking(AsyncInterplay.report_session_outcome)
    evaluate_sessions = _operating(AsyncInterplay.evaluate_sessions)
    list_session_evaluations = _iterating(AsyncInterplay.list_session_evaluations)
    compare_arms = _comparing(AsyncInterplay.compare_arms)
    audit_judge = _blocking(AsyncInterplay.audit_judge)
    agent_report = _blocking(AsyncInterplay.agent_report)
    create_experiment = _blocking(AsyncInterplay.create_experiment)
    stop_experiment = _blocking(AsyncInterplay.stop_experiment)
    list_experiments = _iterating(AsyncInterplay.list_experiments)
    evaluation_config = _blocking(AsyncInterplay.evaluation_config)
    update_evaluation_config = _blocking(AsyncInterplay.update_evaluation_config)

    record_events = _blocking(AsyncInterplay.record_events)
    list_events = _iterating(AsyncInterplay.list_events)
    delete_events = _blocking(AsyncInterplay.delete_events)
    upsert_products = _blocking(AsyncInterplay.upsert_products)
    upsert_customers = _blocking(AsyncInterplay.upsert_customers)
    upsert_orders = _blocking(AsyncInterplay.upsert_orders)
    delete_orders = _blocking(AsyncInterplay.delete_orders)
    link_identities = _blocking(AsyncInterplay.link_identities)
    import_shopify = _starting(AsyncInterplay.import_shopify, SyncShopImport)
    event_publisher = _starting(AsyncInterplay.event_publisher, SyncEventPublisher)
    interaction_features = _blocking(AsyncInterplay.interaction_features)
    batch_interaction_features = _blocking(AsyncInterplay.batch_interaction_features)
    list_interaction_features = _iterating(AsyncInterplay.list_interaction_features)
    recommendations = _blocking(AsyncInterplay.recommendations)
    compute_features = _starting(AsyncInterplay.compute_features, SyncFeatureRun)
    export_features = _blocking(AsyncInterplay.export_features)
    watch_features = _iterating(AsyncInterplay.watch_features)
    feature_report = _blocking(AsyncInterplay.feature_report)
    feature_config = _blocking(AsyncInterplay.feature_config)
    update_feature_config = _blocking(AsyncInterplay.update_feature_config)

    record_event = _blocking(AsyncInterplay.record_event)
    monitor_publisher = _starting(AsyncInterplay.monitor_publisher, SyncMonitorPublisher)
    monitor_statistics = _blocking(AsyncInterplay.monitor_statistics)
    analyze_recent = _blocking(AsyncInterplay.analyze_recent)
    patterns = _iterating(AsyncInterplay.patterns)
    usage_profile = _blocking(AsyncInterplay.usage_profile)
    usage_profiles = _iterating(AsyncInterplay.usage_profiles)
    watch_patterns = _iterating(AsyncInterplay.watch_patterns)
    watch_alerts = _iterating(AsyncInterplay.watch_alerts)
    alerts = _iterating(AsyncInterplay.alerts)
    acknowledge_alert = _blocking(AsyncInterplay.acknowledge_alert)
    predict_next = _blocking(AsyncInterplay.predict_next)
    segments = _blocking(AsyncInterplay.segments)
    load_forecast = _blocking(AsyncInterplay.load_forecast)
    set_monitoring_consent = _blocking(AsyncInterplay.set_monitoring_consent)
    monitoring_consent = _blocking(AsyncInterplay.monitoring_consent)
    purge_expired = _blocking(AsyncInterplay.purge_expired)
    monitoring_config = _blocking(AsyncInterplay.monitoring_config)
    update_monitoring_config = _blocking(AsyncInterplay.update_monitoring_config)
    rotate_key = _blocking(AsyncInterplay.rotate_key)
    destroy_key = _blocking(AsyncInterplay.destroy_key)
    monitor_keys = _blocking(AsyncInterplay.monitor_keys)
    privacy_actions = _iterating(AsyncInterplay.privacy_actions)
    privacy_chain_is_whole = _blocking(AsyncInterplay.privacy_chain_is_whole)
    export_events = _blocking(AsyncInterplay.export_events)
    import_events = _starting(AsyncInterplay.import_events, SyncMonitorImport)

    @_like(AsyncInterplay.monitor_recorder)
    def monitor_recorder(self, **settings: Any) -> "MonitorRecorder":
        return self._client.monitor_recorder(**settings)

    converse = _starting(AsyncInterplay.converse, SyncConversation)
    generate_dialogues = _starting(AsyncInterplay.generate_dialogues, SyncDialogueRun)
    estimate_dialogues = _blocking(AsyncInterplay.estimate_dialogues)
    sample_personas = _blocking(AsyncInterplay.sample_personas)
    dialogue = _blocking(AsyncInterplay.dialogue)
    dialogues = _iterating(AsyncInterplay.dialogues)
    delete_dialogues = _blocking(AsyncInterplay.delete_dialogues)
    export_dialogues = _blocking(AsyncInterplay.export_dialogues)
    publish_dialogues = _blocking(AsyncInterplay.publish_dialogues)
    apply_noise = _blocking(AsyncInterplay.apply_noise)

    @_like(AsyncInterplay.publisher)
    def publisher(self, stream_id: str, **settings: Any) -> "SyncPublisher":
        async def make() -> Publisher:
            return self._client.publisher(stream_id, **settings)

        return SyncPublisher(shared.run(make()))

    @_like(AsyncInterplay.remember)
    def remember(self, **settings: Any) -> Callable[[Callable[..., R]], Callable[..., R]]:
        chosen = Remembering(**settings)
        return lambda function: plain(self, function, chosen)

    @_like(AsyncInterplay.wrap)
    def wrap(self, agent: Callable[..., R], **settings: Any) -> Callable[..., R]:
        return self.remember(**settings)(agent)


class SyncOperation:
    """OperationHandle whose methods wait."""

    def __init__(self, operation: OperationHandle) -> None:
        self._operation = operation

    @property
    def operation_id(self) -> str:
        return self._operation.operation_id

    @property
    def latest(self) -> operation_pb2.Operation:
        """The operation as it was last heard of."""
        return self._operation.latest

    @property
    def result(self) -> Mapping[str, str]:
        """What it found, as names and values; empty before wait() has returned."""
        return self._operation.result

    def done(self) -> bool:
        """Whether it had ended when it was last heard of."""
        return self._operation.done()

    def progress(self) -> Generator[operation_pb2.Operation, None, None]:
        """Yields it on every change until it ends, as OperationHandle.progress()."""
        return drawn(self._operation.progress())

    def wait(self, timeout: float | None = None) -> operation_pb2.Operation:
        """Waits for its end, as OperationHandle.wait()."""
        return shared.run(self._operation.wait(timeout))

    def cancel(self) -> None:
        """Asks it to stop at its next safe point; wait() tells when it has."""
        shared.run(self._operation.cancel())


class SyncComparison:
    """Comparison as an ordinary iterator, whose methods wait."""

    def __init__(self, comparison: Comparison) -> None:
        self._comparison = comparison
        self._verdicts = drawn(comparison)

    @property
    def request_id(self) -> str:
        return self._comparison.request_id

    @property
    def resume_after(self) -> int:
        """Place behind the last pair that was taken, judged or not."""
        return self._comparison.resume_after

    @property
    def operation(self) -> operation_pb2.Operation:
        """The work as it was when the call began: its `total_count` is the number of pairs. Empty before an answer."""
        return self._comparison.operation

    @property
    def failures(self) -> Sequence[evaluations.PairFailure]:
        """Pairs that could not be judged, as far as the verdicts were taken."""
        return self._comparison.failures

    @property
    def report(self) -> evaluation_pb2.ComparisonReport:
        """What was found. Raises RuntimeError before the last verdict was taken."""
        return self._comparison.report

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> evaluation_pb2.PairVerdict:
        return next(self._verdicts)

    def wait(self) -> evaluation_pb2.ComparisonReport:
        """Takes all verdicts that are left and returns the report."""
        return shared.run(self._comparison.wait())

    def close(self) -> None:
        """Detaches; the server goes on."""
        shared.run(self._comparison.aclose())

    def cancel(self) -> None:
        """Asks the server to stop judging; what was judged is kept for the next comparison."""
        shared.run(self._comparison.cancel())
