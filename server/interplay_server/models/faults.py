"""What a provider's refusals mean, the same for every provider: kinds of failure, patience, second attempts."""

import email.utils
import math
import time
from collections.abc import Mapping
from typing import NamedTuple

from interplay_server.domain.model import ModelFailure

_KINDS = {
    401: ModelFailure.UNAUTHORISED,
    402: ModelFailure.UNAUTHORISED,
    403: ModelFailure.UNAUTHORISED,
    408: ModelFailure.TIMEOUT,
    409: ModelFailure.OVERLOADED,
    429: ModelFailure.RATE_LIMITED,
    503: ModelFailure.OVERLOADED,
    529: ModelFailure.OVERLOADED,
}
_SAID = {
    ModelFailure.UNAUTHORISED: "the provider refused the key or the account",
    ModelFailure.TIMEOUT: "the provider gave up waiting",
    ModelFailure.OVERLOADED: "the provider is overloaded",
    ModelFailure.RATE_LIMITED: "the provider asks for fewer calls",
    ModelFailure.UNREACHABLE: "the provider failed",
    ModelFailure.INVALID_REQUEST: "the provider refused the request",
}
_THROTTLING = {429, 503, 529}
# A 429 for money that ran out, which no patience brings back.
_SPENT = {
    "insufficient_quota",
    "billing_hard_limit_reached",
    "contract_spend_limit_reached",
    "enforced_spend_limit_reached",
    "linked_organization_spend_limit_reached",
}
# Errors in the midst of a stream that began with status 200.
_STREAMED = {
    "overloaded_error": 529,
    "rate_limit_error": 429,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "invalid_request_error": 400,
    "request_too_large": 413,
    "timeout_error": 408,
}


class Fault(NamedTuple):
    """One attempt failed. `again`: another attempt may help. `throttled`: the provider asks for fewer calls."""

    failure: ModelFailure
    again: bool
    throttled: bool = False


def of_status(status: int, headers: Mapping[str, str], *, error_type: str = "", code: str = "") -> Fault:
    """`error_type` and `code` are those of the body, where it has them."""
    if status < 400:
        status = _STREAMED.get(error_type, 500 if status < 300 else status)
    kind = _KINDS.get(status, ModelFailure.UNREACHABLE if status >= 500 else ModelFailure.INVALID_REQUEST)
    if code in _SPENT or error_type in _SPENT:
        said = "the account at the provider has no credit left"
        return Fault(ModelFailure(ModelFailure.UNAUTHORISED, said), again=False)
    failure = ModelFailure(kind, f"{_SAID[kind]} (status {status})", retry_after=retry_after(headers))
    advice = headers.get("x-should-retry")
    again = advice == "true" or (advice != "false" and failure.retryable)
    return Fault(failure, again, throttled=status in _THROTTLING)


def unreachable(said: str = "the provider cannot be reached, or broke off") -> Fault:
    return Fault(ModelFailure(ModelFailure.UNREACHABLE, said), again=True)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from `retry-after-ms` or `retry-after` (a number or a date); None where neither says something usable."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        text = headers.get(name, "")
        try:
            seconds = float(text) * unit
        except ValueError:
            date = email.utils.parsedate_tz(text)
            seconds = email.utils.mktime_tz(date) - time.time() if date else math.nan
        if math.isfinite(seconds):
            return max(0.0, seconds)
    return None
