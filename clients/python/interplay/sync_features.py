"""Runs and imports for programs without asyncio."""

from collections.abc import Generator
from typing import Self

from interplay._loop import drawn, shared
from interplay.feature_run import FeatureRun
from interplay.features import FeatureRow
from interplay.shop_import import ImportProgress, ShopImport
from interplay.v1 import feature_service_pb2 as service
from interplay.v1 import operation_pb2


class SyncFeatureRun:
    """FeatureRun as an ordinary iterator over its progress, whose methods wait."""

    def __init__(self, run: FeatureRun) -> None:
        self._run = run
        self._steps = drawn(run)

    @property
    def request_id(self) -> str:
        return self._run.request_id

    @property
    def resume_after(self) -> str:
        """Goes on after the last rows that were taken."""
        return self._run.resume_after

    @property
    def operation(self) -> operation_pb2.Operation:
        """The work underneath; empty before an answer."""
        return self._run.operation

    @property
    def progress(self) -> service.ComputeProgress:
        """The latest that was heard of."""
        return self._run.progress

    @property
    def totals(self) -> service.ComputeTotals:
        """What was computed. Raises RuntimeError before the end."""
        return self._run.totals

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> service.ComputeProgress:
        return next(self._steps)

    def rows(self) -> Generator[FeatureRow, None, None]:
        """Yields the rows as they are kept, as FeatureRun.rows()."""
        return drawn(self._run.rows())

    def wait(self) -> service.ComputeTotals:
        """Follows it to its end and returns the totals."""
        return shared.run(self._run.wait())

    def close(self) -> None:
        """Detaches; the server goes on."""
        shared.run(self._run.aclose())

    def cancel(self) -> None:
        """Asks the server to stop; customers that were computed are kept."""
        shared.run(self._run.cancel())


class SyncShopImport:
    """ShopImport as an ordinary iterator over its progress, whose methods wait."""

    def __init__(self, job: ShopImport) -> None:
        self._job = job
        self._steps = drawn(job)

    @property
    def import_id(self) -> str:
        """As given, or made from what the file holds once it is read."""
        return self._job.import_id

    @property
    def resumed_at(self) -> int:
        """The byte at which the first call went on; 0 for one that began."""
        return self._job.resumed_at

    @property
    def finished_before(self) -> bool:
        """Nothing was sent: an earlier import of this import_id had ended."""
        return self._job.finished_before

    @property
    def report(self) -> service.ShopImportReport:
        """What was imported, and what was not and why. Raises RuntimeError before the end."""
        return self._job.report

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> ImportProgress:
        return next(self._steps)

    def wait(self) -> service.ShopImportReport:
        """Imports what is left and returns the report."""
        return shared.run(self._job.wait())

    def close(self) -> None:
        """Breaks off; what was imported stays."""
        shared.run(self._job.aclose())
