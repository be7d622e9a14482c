"""ALREADY_EXISTS: something else is there."""

from interplay_server.errors.base import AlreadyExists


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


class TurnConflict(AlreadyExists):
    reason = "TURN_CONFLICT"
    resource_type = "turn"

    def __init__(self, dialogue_id: str, sequence: int) -> None:
        message = "this turn was given with another text"
        super().__init__(message, f"{dialogue_id}/{sequence}", dialogueId=dialogue_id, sequence=sequence)


class TenantExists(AlreadyExists):
    reason = "TENANT_EXISTS"
    resource_type = "tenant"

    def __init__(self, tenant: str) -> None:
        super().__init__("a tenant has this name already", tenant, tenant=tenant)


class UserExists(AlreadyExists):
    reason = "USER_EXISTS"
    resource_type = "user"

    def __init__(self, user_id: str) -> None:
        super().__init__("something is held on this person here", user_id, userId=user_id)
