"""All errors, the codes, and the errors that are alone in theirs.

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
    │   ├── ExportNotFound
    │   ├── KeyNotFound
    │   ├── AlertNotFound
    │   ├── UsageNotFound
    │   ├── DialogueNotFound
    │   ├── TenantNotFound
    │   ├── BackupNotFound
    │   ├── UserNotFound
    │   ├── ErasureNotFound
    │   └── LinkNotFound
    ├── AlreadyExists              ALREADY_EXISTS
    │   ├── RequestIdReused
    │   ├── OutcomeConflict
    │   ├── AppendConflict
    │   ├── ExperimentExists
    │   ├── TurnConflict
    │   ├── TenantExists
    │   └── UserExists
    ├── FailedPrecondition         FAILED_PRECONDITION
    │   ├── StorageReadOnly
    │   ├── StorageIncompatible
    │   ├── ResumeTokenStale
    │   ├── VectorSearchUnavailable
    │   ├── ProviderNotConfigured
    │   ├── NothingToPromote
    │   ├── NothingToRollBack
    │   ├── RerunRunning
    │   ├── KeyUnavailable
    │   ├── Withheld
    │   ├── DialogueNotResumable
    │   ├── PersonasInfeasible
    │   ├── QueriesExhausted
    │   ├── BackupDamaged
    │   ├── BackupIncompatible
    │   ├── QuotaBelowUsage
    │   ├── UserErased
    │   ├── ErasureRunning
    │   ├── LinkConflict
    │   ├── EmbedderUnavailable
    │   ├── ReplicaReadOnly
    │   └── BucketUnsuitable
    ├── OffsetOutOfRange           OUT_OF_RANGE
    ├── StreamSuperseded           ABORTED
    ├── ConcurrentChange           ABORTED
    ├── OperationEnded             ABORTED
    ├── DialogueSuperseded         ABORTED
    ├── ResourceExhausted          RESOURCE_EXHAUSTED
    │   ├── StorageFull
    │   ├── MessageTooLarge
    │   ├── RateLimited
    │   ├── TooManyStreams
    │   ├── SlowConsumer
    │   └── QuotaExceeded
    ├── Unauthenticated            UNAUTHENTICATED
    │   ├── CredentialMissing
    │   └── CredentialInvalid
    ├── PermissionDenied           PERMISSION_DENIED
    │   ├── RightMissing
    │   └── TenantMismatch
    ├── ServerDraining             UNAVAILABLE
    ├── TenantBusy                 UNAVAILABLE
    ├── ReplicaStale               UNAVAILABLE
    ├── BucketUnavailable          UNAVAILABLE
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
    retry_after: float | None = None
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


class NotFound(InterplayError):
    """`resource_type` and `resource_name` become ResourceInfo."""

    code = "NOT_FOUND"
    resource_type: ClassVar[str] = ""

    def __init__(self, resource_name: str) -> None:
        super().__init__(f"no {self.resource_type} has this id", resourceName=resource_name)
        self.resource_name = resource_name


class AlreadyExists(InterplayError):
    """`resource_type` and `resource_name` become ResourceInfo."""

    code = "ALREADY_EXISTS"
    resource_type: ClassVar[str] = ""

    def __init__(self, message: str, resource_name: str, **metadata: object) -> None:
        super().__init__(message, **metadata)
        self.resource_name = resource_name


class FailedPrecondition(InterplayError):
    """`subject` becomes that of PreconditionFailure."""

    code = "FAILED_PRECONDITION"

    def __init__(self, message: str, subject: str, **metadata: object) -> None:
        super().__init__(message, **metadata)
        self.subject = subject


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


class DialogueSuperseded(InterplayError):
    code = "ABORTED"
    reason = "DIALOGUE_SUPERSEDED"

    def __init__(self, dialogue_id: str) -> None:
        super().__init__("a newer connection took the dialogue over", dialogueId=dialogue_id)


class ResourceExhausted(InterplayError):
    """`subject` becomes that of QuotaFailure."""

    code = "RESOURCE_EXHAUSTED"

    def __init__(self, message: str, subject: str, **metadata: object) -> None:
        super().__init__(message, **metadata)
        self.subject = subject


class Unauthenticated(InterplayError):
    code = "UNAUTHENTICATED"


class PermissionDenied(InterplayError):
    code = "PERMISSION_DENIED"


class ServerDraining(InterplayError):
    code = "UNAVAILABLE"
    reason = "SERVER_DRAINING"
    retry_after = 1.0

    def __init__(self) -> None:
        super().__init__("the server is about to stop")


class TenantBusy(InterplayError):
    code = "UNAVAILABLE"
    reason = "TENANT_BUSY"
    retry_after = 1.0

    def __init__(self, tenant: str, why: str) -> None:
        super().__init__(f"tenant {tenant} is out of use: {why}", tenant=tenant)


class ReplicaStale(InterplayError):
    code = "UNAVAILABLE"
    reason = "REPLICA_STALE"
    retry_after = 1.0

    def __init__(self, source: str, stale_seconds: float) -> None:
        message = "the replica has not seen its source for longer than it may be behind"
        super().__init__(message, source=source, staleSeconds=round(stale_seconds))


class BucketUnavailable(InterplayError):
    code = "UNAVAILABLE"
    reason = "BUCKET_UNAVAILABLE"
    retry_after = 1.0

    def __init__(self, tenant: str, why: str) -> None:
        super().__init__(f"the object store does not serve tenant {tenant}: {why}", tenant=tenant)


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
