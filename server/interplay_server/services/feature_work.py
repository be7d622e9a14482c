"""The long work of features, as a kind of operation."""

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from interplay_server.domain.operation import Failure
from interplay_server.domain.ports import TenantStore
from interplay_server.features.features import Features
from interplay_server.features.runs import Totals
from interplay_server.services.operations import OPERATION_ID, Done, Progress

COMPUTE = "compute_features"
FULL, CUSTOMERS, AS_OF, TOTALS = "full", "customer_ids", "as_of", "totals"
_KEPT_FAILURES = 100


def feature_work(
    features: Callable[[], Features],
) -> dict[str, Callable[[TenantStore, Mapping[str, str], Progress], Awaitable[Done]]]:
    """Work by kind."""

    async def compute(store: TenantStore, arguments: Mapping[str, str], progress: Progress) -> Done:
        await features().known(store)
        totals = (
            await features()
            .runs(store)
            .compute(
                full=bool(arguments[FULL]),
                customers=msgspec.json.decode(arguments[CUSTOMERS], type=list[str]),
                as_of=int(arguments[AS_OF]) if arguments[AS_OF] else None,
                operation_id=arguments[OPERATION_ID],
                report=lambda run: progress(run.done_customers, run.total_customers),
            )
        )
        failed = totals.failures
        shown = msgspec.structs.replace(totals, failures=failed[:_KEPT_FAILURES])
        result = {
            "customers": str(totals.customers),
            "pairs": str(totals.pairs),
            "failed_customers": str(len(failed)),
            TOTALS: msgspec.json.encode(shown).decode(),
        }
        failures = [Failure(customer, "FEATURES_FAILED", why) for customer, why in failed[:_KEPT_FAILURES]]
        return Done(result, failures, len(failed))

    return {COMPUTE: compute}


def totals_of(result: Mapping[str, str]) -> Totals:
    return msgspec.json.decode(result[TOTALS], type=Totals)
