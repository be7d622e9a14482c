"""Every error that the server answers with.

    InterplayError
    ├── InvalidArgument            INVALID_ARGUMENT
    │   ├── InvalidRequest             all violations at once
    │   ├── InvalidMessage             bytes that are no message
    │   ├── InvalidPageToken
    │   ├── InvalidResumeToken
    │   ├── StreamProtocol             message out of order; ends the stream
    │   └── InvalidTenant
    ├── NotFound                   NOT_FOUND
    │   ├── InteractionNotFound
    │   ├── SessionNotFound
    │   ├── OperationNotFound
    │   ├── ApiKeyNotFound
    │   ├── ProfileNotFound
    │   ├── PlaybookNotFound
    │   ├── RequestNotFound
    │   ├── ExperimentNotFound
    │   ├── FeaturesNotFound
    │   └── ExportNotFound
    ├── AlreadyExists              ALREADY_EXISTS
    │   ├── RequestIdReused
    │   ├── OutcomeConflict
    │   ├── AppendConflict
    │   └── ExperimentExists
    ├── FailedPrecondition         FAILED_PRECONDITION
    │   ├── StorageReadOnly
    │   ├── StorageIncompatible
    │   ├── ResumeTokenStale
    │   ├── VectorSearchUnavailable
    │   ├── ProviderNotConfigured
    │   ├── NothingToPromote
    │   ├── NothingToRollBack
    │   └── RerunRunning
    ├── OffsetOutOfRange           OUT_OF_RANGE
    ├── StreamSuperseded           ABORTED
    ├── ConcurrentChange           ABORTED
    ├── OperationEnded             ABORTED
    ├── ResourceExhausted          RESOURCE_EXHAUSTED
    │   ├── StorageFull
    │   ├── MessageTooLarge
    │   ├── RateLimited
    │   ├── TooManyStreams
    │   └── SlowConsumer
    ├── Unauthenticated            UNAUTHENTICATED
    │   ├── CredentialMissing
    │   └── CredentialInvalid
    ├── PermissionDenied           PERMISSION_DENIED
    │   ├── RightMissing
    │   └── TenantMismatch
    ├── ServerDraining             UNAVAILABLE
    ├── ProviderUnavailable        UNAVAILABLE
    ├── DeadlineExceeded           DEADLINE_EXCEEDED
    ├── MethodUnimplemented        UNIMPLEMENTED
    └── InternalError              INTERNAL

A leaf knows its code, its reason (`ErrorReason` in the proto, without prefix) and its details; how they look on the
wire is the business of `interceptors.status`. Messages are ours, never a library's.
"""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple


class Violation(NamedTuple):
    """One broken rule: path of the field as in the request, and what is wrong with it."""

    field: str
    description: str


class InterplayError(Exception):
    """Base of all: `code` is the name of a gRPC status, `metadata` becomes that of ErrorInfo."""

    code: ClassVar[str] = "INTERNAL"
    reason: ClassVar[str] = ""
    retry_after: ClassVar[float | None] = None
    """Seconds after which a retry makes sense."""
    names_method: ClassVar[bool] = False
    """The method called becomes part of the metadata."""

    def __init__(self, message: str, **metadata: object) -> None:
        super().__init__(message)
        self.message = message
        self.metadata = {name: str(value) for name, value in metadata.items()}


class InvalidArgument(InterplayError):
    """`violations` become BadRequest."""

    code = "INVALID_ARGUMENT"

    def __init__(self, message: str, violations: Sequence[Violation] = (), **metadata: object) -> None:
        super().__init__(message, **metadata)
        self.violations = tuple(violations)


class InvalidRequest(InvalidArgument):
    reason = "INVALID_REQUEST"
    names_method = True

    def __init__(self, violations: Sequence[Violation], request: object = None, **metadata: object) -> None:
        self.request = request
        """The message, where it could be parsed: a stream may take the good rows of it."""
        shown = "; ".join(f"{field}: {text}" for field, text in violations[:3])
        more = f"; and {len(violations) - 3} more" if len(violations) > 3 else ""
        super().__init__(f"invalid request: {shown}{more}", violations, **metadata)


class InvalidMessage(InvalidArgument):
    reason = "INVALID_MESSAGE"


class InvalidPageToken(InvalidArgument):
    reason = "INVALID_PAGE_TOKEN"
    names_method = True

    def __init__(self) -> None:
        super().__init__(
            "page_token was not made by this server for this query",
            [Violation("page_token", "must be next_page_token of the page before, with the same filters")],
        )


class InvalidResumeToken(InvalidArgument):
    reason = "INVALID_RESUME_TOKEN"
    names_method = True

    def __init__(self) -> None:
        super().__init__(
            "resume_token was not made by this server",
            [Violation("resume_token", "must be the resume_token of an earlier answer")],
        )


class StreamProtocol(InvalidArgument):
    reason = "STREAM_PROTOCOL"

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message, [Violation(field, message)])
        self.metadata["message"] = field


class InvalidTenant(InvalidArgument):
    reason = "INVALID_TENANT"


class NotFound(InterplayError):
    """`resource_type` and `resource_name` become ResourceInfo."""

    code = "NOT_FOUND"
    resource_type: ClassVar[str] = ""

    def __init__(self, resource_name: str) -> None:
        super().__init__(f"no {self.resource_type} has this id", resourceName=resource_name)
        self.resource_name = resource_name


class InteractionNotFound(NotFound):
    reason = "INTERACTION_NOT_FOUND"
    resource_type = "interaction"


class SessionNotFound(NotFound):
    reason = "SESSION_NOT_FOUND"
    resource_type = "session"


class OperationNotFound(NotFound):
    reason = "OPERATION_NOT_FOUND"
    resource_type = "operation"


class ApiKeyNotFound(NotFound):
    reason = "API_KEY_NOT_FOUND"
    resource_type = "api_key"


class ProfileNotFound(NotFound):
    reason = "PROFILE_NOT_FOUND"
    resource_type = "profile"


class PlaybookNotFound(NotFound):
    reason = "PLAYBOOK_NOT_FOUND"
    resource_type = "playbook"


class RequestNotFound(NotFound):
    reason = "REQUEST_NOT_FOUND"
    resource_type = "request"


class ExperimentNotFound(NotFound):
    reason = "EXPERIMENT_NOT_FOUND"
    resource_type = "experiment"


class FeaturesNotFound(NotFound):
    reason = "FEATURES_NOT_FOUND"
    resource_type = "pair of customer and product"


class ExportNotFound(NotFound):
    reason = "EXPORT_NOT_FOUND"
    resource_type = "export"


class AlreadyExists(InterplayError):
    """`resource_type` and `resource_name` become ResourceInfo."""

    code = "ALREADY_EXISTS"
    resource_type: ClassVar[str] = ""

    def __init__(self, message: str, resource_name: str, **metadata: object) -> None:
        super().__init__(message, **metadata)
        self.resource_name = resource_name


class RequestIdReused(AlreadyExists):
    reason = "REQUEST_ID_REUSED"
    resource_type = "request"

    def __init__(self, request_id: str) -> None:
        super().__init__("request_id was used with another payload", request_id, resourceName=request_id)


class OutcomeConflict(AlreadyExists):
    reason = "OUTCOME_CONFLICT"
    resource_type = "session_outcome"

    def __init__(self, session_id: str, outcome: str) -> None:
        message = f"the session was reported as {outcome}; say `replace` to change that"
        super().__init__(message, session_id, resourceName=session_id, outcome=outcome)


class AppendConflict(AlreadyExists):
    reason = "APPEND_CONFLICT"
    resource_type = "append"

    def __init__(self, stream_id: str, offset: int) -> None:
        name = f"{stream_id}/{offset}"
        super().__init__(f"offset {offset} is committed with another payload", name, streamId=stream_id, offset=offset)


class ExperimentExists(AlreadyExists):
    reason = "EXPERIMENT_EXISTS"
    resource_type = "experiment"

    def __init__(self, experiment_id: str) -> None:
        super().__init__("the id of the experiment is taken", experiment_id, resourceName=experiment_id)


class FailedPrecondition(InterplayError):
    """`subject` becomes that of PreconditionFailure."""

    code = "FAILED_PRECONDITION"

    def __init__(self, message: str, subject: str, **metadata: object) -> None:
        super().__init__(message, **metadata)
        self.subject = subject


class StorageReadOnly(FailedPrecondition):
    reason = "STORAGE_READ_ONLY"

    def __init__(self, tenant: str) -> None:
        super().__init__("the data folder cannot be written", tenant, tenant=tenant)


class StorageIncompatible(FailedPrecondition):
    reason = "STORAGE_INCOMPATIBLE"

    def __init__(self, tenant: str, why: str) -> None:
        super().__init__(f"the folder of tenant {tenant} cannot be opened: {why}", tenant, tenant=tenant)


class ResumeTokenStale(FailedPrecondition):
    reason = "RESUME_TOKEN_STALE"
    names_method = True

    def __init__(self) -> None:
        super().__init__("the resume token is from before a restore; start a new watch", "resume_token")


class VectorSearchUnavailable(FailedPrecondition):
    reason = "VECTOR_SEARCH_UNAVAILABLE"

    def __init__(self, embedder: str) -> None:
        super().__init__("the embedder cannot answer; use text mode", embedder, embedder=embedder)


class ProviderNotConfigured(FailedPrecondition):
    reason = "PROVIDER_NOT_CONFIGURED"

    def __init__(self, provider: str) -> None:
        message = f"this server is not configured with the provider {provider!r}; see the settings of the group model"
        super().__init__(message, provider, provider=provider)


class NothingToPromote(FailedPrecondition):
    reason = "NOTHING_TO_PROMOTE"

    def __init__(self, kind: str) -> None:
        super().__init__("no generation is pending; run RerunLearning first", kind, kind=kind)


class NothingToRollBack(FailedPrecondition):
    reason = "NOTHING_TO_ROLL_BACK"

    def __init__(self, kind: str) -> None:
        super().__init__("no generation was active before this one", kind, kind=kind)


class RerunRunning(FailedPrecondition):
    reason = "RERUN_RUNNING"

    def __init__(self, kind: str, operation_id: str) -> None:
        super().__init__(
            "a rerun is running; wait for its operation or cancel it", kind, kind=kind, operationId=operation_id
        )


class OffsetOutOfRange(InterplayError):
    code = "OUT_OF_RANGE"
    reason = "OFFSET_OUT_OF_RANGE"

    def __init__(self, stream_id: str, offset: int, next_offset: int) -> None:
        super().__init__(
            f"offset {offset} is beyond the end of the stream; next_offset is {next_offset}",
            streamId=stream_id,
            offset=offset,
            nextOffset=next_offset,
        )


class StreamSuperseded(InterplayError):
    code = "ABORTED"
    reason = "STREAM_SUPERSEDED"

    def __init__(self, stream_id: str) -> None:
        super().__init__("a newer connection opened this stream_id", streamId=stream_id)


class ConcurrentChange(InterplayError):
    code = "ABORTED"
    reason = "CONCURRENT_CHANGE"

    def __init__(self, resource_name: str) -> None:
        super().__init__("the etag is not the current one; read again and retry the whole", resourceName=resource_name)


class OperationEnded(InterplayError):
    code = "ABORTED"
    reason = "OPERATION_ENDED"

    def __init__(self, operation_id: str, state: str) -> None:
        message = "the operation that the call follows was cancelled or failed"
        super().__init__(message, operationId=operation_id, state=state)


class ResourceExhausted(InterplayError):
    """`subject` becomes that of QuotaFailure."""

    code = "RESOURCE_EXHAUSTED"

    def __init__(self, message: str, subject: str, **metadata: object) -> None:
        super().__init__(message, **metadata)
        self.subject = subject


class StorageFull(ResourceExhausted):
    reason = "STORAGE_FULL"
    retry_after = 30.0

    def __init__(self, tenant: str) -> None:
        super().__init__("no space is left for writes", f"disk of tenant {tenant}", tenant=tenant)


class MessageTooLarge(ResourceExhausted):
    reason = "MESSAGE_TOO_LARGE"

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(
            f"the message has {size} bytes; the limit is {limit}", "message bytes", limitBytes=limit, bytes=size
        )


class RateLimited(ResourceExhausted):
    reason = "RATE_LIMITED"
    retry_after = 1.0

    def __init__(self, tenant: str, calls_per_second: float) -> None:
        super().__init__(
            f"more than {calls_per_second:g} calls a second",
            f"calls of tenant {tenant}",
            callsPerSecond=calls_per_second,
        )


class TooManyStreams(ResourceExhausted):
    reason = "TOO_MANY_STREAMS"
    retry_after = 5.0

    def __init__(self, limit: int) -> None:
        super().__init__(f"the server has {limit} open streams", "open streams", limit=limit)


class SlowConsumer(ResourceExhausted):
    reason = "SLOW_CONSUMER"
    names_method = True
    retry_after = 1.0

    def __init__(self) -> None:
        super().__init__("changes come faster than they are read; resume from the last token", "buffered changes")


class Unauthenticated(InterplayError):
    code = "UNAUTHENTICATED"


class CredentialMissing(Unauthenticated):
    reason = "CREDENTIAL_MISSING"

    def __init__(self) -> None:
        super().__init__("a credential is needed: authorization: Bearer KEY, or a client certificate")


class CredentialInvalid(Unauthenticated):
    reason = "CREDENTIAL_INVALID"

    def __init__(self) -> None:
        super().__init__("the credential is unknown, expired or revoked")


class PermissionDenied(InterplayError):
    code = "PERMISSION_DENIED"


class RightMissing(PermissionDenied):
    reason = "RIGHT_MISSING"

    def __init__(self, right: str) -> None:
        super().__init__(f"the credential lacks the right {right}", right=right)


class TenantMismatch(PermissionDenied):
    reason = "TENANT_MISMATCH"

    def __init__(self) -> None:
        super().__init__("interplay-tenant names another tenant than the credential's")


class ServerDraining(InterplayError):
    code = "UNAVAILABLE"
    reason = "SERVER_DRAINING"
    retry_after = 1.0

    def __init__(self) -> None:
        super().__init__("the server is about to stop")


class ProviderUnavailable(InterplayError):
    code = "UNAVAILABLE"
    reason = "PROVIDER_UNAVAILABLE"
    retry_after = 5.0

    def __init__(self, provider: str, failure: str) -> None:
        super().__init__(
            f"the model gave nothing usable ({failure}); what was learnt before it stays",
            provider=provider,
            failure=failure,
        )


class DeadlineExceeded(InterplayError):
    code = "DEADLINE_EXCEEDED"
    reason = "DEADLINE_EXCEEDED"

    def __init__(self, method: str) -> None:
        super().__init__("the deadline passed; a write may have been made", method=method)


class MethodUnimplemented(InterplayError):
    code = "UNIMPLEMENTED"
    reason = "METHOD_UNIMPLEMENTED"

    def __init__(self, method: str) -> None:
        super().__init__("this server does not offer the method", method=method)


class InternalError(InterplayError):
    code = "INTERNAL"
    reason = "INTERNAL"

    def __init__(self) -> None:
        super().__init__("the server failed; its log holds the request id")
