"""FAILED_PRECONDITION: not as things stand."""

from interplay_server.errors.base import FailedPrecondition


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


class KeyUnavailable(FailedPrecondition):
    """`problem` is missing or wrong."""

    reason = "KEY_UNAVAILABLE"

    def __init__(self, tenant: str, problem: str) -> None:
        message = f"the key that seals what is private is {problem}; nothing is recorded or unsealed without it"
        super().__init__(message, tenant, tenant=tenant, problem=problem)


class Withheld(FailedPrecondition):
    reason = "WITHHELD"

    def __init__(self, k: int) -> None:
        message = f"the configuration withholds what is about fewer than {k} people"
        super().__init__(message, "k_anonymity", kAnonymity=k)


class DialogueNotResumable(FailedPrecondition):
    reason = "DIALOGUE_NOT_RESUMABLE"

    def __init__(self, dialogue_id: str, status: str) -> None:
        message = f"the dialogue cannot go on: it is {status}"
        super().__init__(message, dialogue_id, dialogueId=dialogue_id, status=status)


class PersonasInfeasible(FailedPrecondition):
    reason = "PERSONAS_INFEASIBLE"

    def __init__(self, best_distance: int, made: int) -> None:
        reached = f"the best other one has a distance of {best_distance}" if best_distance >= 0 else "no other one fits"
        message = f"after {made} such personas no further one can be drawn: {reached}"
        super().__init__(message, "personas", bestDistance=best_distance, made=made)


class QueriesExhausted(FailedPrecondition):
    reason = "QUERIES_EXHAUSTED"

    def __init__(self, needed: int) -> None:
        message = f"{needed} more queries are needed, and there is no provider that could make them"
        super().__init__(message, "queries", needed=needed)


class BackupDamaged(FailedPrecondition):
    """A byte of it is not what it was, or a file is missing."""

    reason = "BACKUP_DAMAGED"

    def __init__(self, backup_id: str, file: str, why: str) -> None:
        super().__init__(f"a file of the backup {why}", backup_id, backupId=backup_id, file=file)


class BackupIncompatible(FailedPrecondition):
    reason = "BACKUP_INCOMPATIBLE"

    def __init__(self, backup_id: str, why: str) -> None:
        super().__init__(f"the backup cannot be restored here: {why}", backup_id, backupId=backup_id)


class QuotaBelowUsage(FailedPrecondition):
    reason = "QUOTA_BELOW_USAGE"

    def __init__(self, tenant: str, quota: str, limit: int, used: int) -> None:
        super().__init__(
            f"{used} {quota} are used already; set `force` to refuse every further write",
            f"{quota} of tenant {tenant}",
            tenant=tenant,
            quota=quota,
            limit=limit,
            used=used,
        )


class UserErased(FailedPrecondition):
    """`pseudonym` names the receipt of the erasure."""

    reason = "USER_ERASED"

    def __init__(self, pseudonym: str) -> None:
        message = "the person was erased; nothing is stored for them until they are admitted again"
        super().__init__(message, pseudonym, pseudonym=pseudonym)


class ErasureRunning(FailedPrecondition):
    reason = "ERASURE_RUNNING"

    def __init__(self, pseudonym: str) -> None:
        super().__init__("not everything held on the person is gone yet", pseudonym, pseudonym=pseudonym)


class LinkConflict(FailedPrecondition):
    reason = "LINK_CONFLICT"

    def __init__(self, guest_id: str, account_id: str, why: str) -> None:
        super().__init__(f"the two cannot be linked: {why}", guest_id, guestId=guest_id, accountId=account_id)


class EmbedderUnavailable(FailedPrecondition):
    reason = "EMBEDDER_UNAVAILABLE"

    def __init__(self, embedder: str) -> None:
        super().__init__("this server has no such embedder; GetServerInfo lists them", embedder, embedder=embedder)


class ReplicaReadOnly(FailedPrecondition):
    reason = "REPLICA_READ_ONLY"

    def __init__(self, source: str) -> None:
        super().__init__("this server is a replica; write to the one that it follows", source, source=source)


class BucketUnsuitable(FailedPrecondition):
    reason = "BUCKET_UNSUITABLE"

    def __init__(self, tenant: str, why: str) -> None:
        super().__init__(f"the object store cannot be used: {why}", tenant, tenant=tenant)
