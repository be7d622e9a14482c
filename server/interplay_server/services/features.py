"""FeatureService."""

from interplay_server.features.exports import Exports
from interplay_server.features.features import Features
from interplay_server.services.feature_files import FileMethods
from interplay_server.services.feature_reads import ReadMethods
from interplay_server.services.feature_runs import RunMethods
from interplay_server.services.operations import OperationRunner
from interplay_server.services.shop import ShopMethods
from interplay_server.settings import Stream
from interplay_server.streaming.registry import StreamRegistry
from interplay_server.telemetry import Metrics


class FeatureService(ShopMethods, ReadMethods, RunMethods, FileMethods):
    """What a shop tells, and the features of every customer and product."""

    def __init__(
        self,
        features: Features,
        runner: OperationRunner,
        exports: Exports,
        *,
        registry: StreamRegistry,
        stream_settings: Stream,
        metrics: Metrics,
    ) -> None:
        ShopMethods.__init__(self, features, registry, stream_settings, metrics)
        RunMethods.__init__(self)
        self._runner, self._exports = runner, exports
