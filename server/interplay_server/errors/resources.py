"""NOT_FOUND: what was named is not there."""

from interplay_server.errors.base import NotFound


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


class KeyNotFound(NotFound):
    reason = "KEY_NOT_FOUND"
    resource_type = "key"


class AlertNotFound(NotFound):
    reason = "ALERT_NOT_FOUND"
    resource_type = "alert"


class UsageNotFound(NotFound):
    """Whoever was asked for is not named again."""

    reason = "USAGE_NOT_FOUND"
    resource_type = "usage_profile"

    def __init__(self) -> None:
        super().__init__("")


class DialogueNotFound(NotFound):
    reason = "DIALOGUE_NOT_FOUND"
    resource_type = "dialogue"


class TenantNotFound(NotFound):
    reason = "TENANT_NOT_FOUND"
    resource_type = "tenant"


class BackupNotFound(NotFound):
    reason = "BACKUP_NOT_FOUND"
    resource_type = "backup"


class UserNotFound(NotFound):
    reason = "USER_NOT_FOUND"
    resource_type = "user"


class ErasureNotFound(NotFound):
    reason = "ERASURE_NOT_FOUND"
    resource_type = "erasure"


class LinkNotFound(NotFound):
    reason = "LINK_NOT_FOUND"
    resource_type = "link"
