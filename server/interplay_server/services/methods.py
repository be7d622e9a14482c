"""Methods of the contract: which right each needs, which handler serves it."""

import re
from collections.abc import Mapping
from typing import Any, Final

from google.protobuf import message_factory
from interplay.v1 import (
    admin_service_pb2,
    context_service_pb2,
    dialogue_service_pb2,
    evaluation_service_pb2,
    feature_service_pb2,
    interaction_service_pb2,
    learning_service_pb2,
    monitor_service_pb2,
    operation_service_pb2,
    playbook_service_pb2,
    profile_service_pb2,
)

from interplay_server.domain.credentials import ADMIN, OPERATOR, READ, WRITE
from interplay_server.interceptors.call import MethodInfo
from interplay_server.interceptors.chain import Handler

SERVICES: Final = {
    descriptor.full_name: descriptor
    for module in (
        interaction_service_pb2,
        profile_service_pb2,
        playbook_service_pb2,
        learning_service_pb2,
        context_service_pb2,
        evaluation_service_pb2,
        feature_service_pb2,
        monitor_service_pb2,
        dialogue_service_pb2,
        operation_service_pb2,
        admin_service_pb2,
    )
    for descriptor in module.DESCRIPTOR.services_by_name.values()
}

RIGHTS: Final = {
    "PublishInteractions": WRITE,
    "StreamPublish": WRITE,
    "GetPublishStream": WRITE,
    "AnnotateInteraction": WRITE,
    "DeleteInteractions": WRITE,
    "GetInteraction": READ,
    "ListInteractions": READ,
    "SearchInteractions": READ,
    "FindSimilarInteractions": READ,
    "ListSessions": READ,
    "GetSession": READ,
    "WatchInteractions": READ,
    "SearchProfiles": READ,
    "GetProfile": READ,
    "ListProfiles": READ,
    "ListProfileChanges": READ,
    "WatchProfiles": READ,
    "SearchUserPlaybooks": READ,
    "GetUserPlaybook": READ,
    "ListUserPlaybooks": READ,
    "SearchAgentPlaybooks": READ,
    "GetAgentPlaybook": READ,
    "ListAgentPlaybooks": READ,
    "ListPlaybookChanges": READ,
    "WatchPlaybooks": READ,
    "GetLearningConfig": READ,
    "GetLearningStatus": READ,
    "GetLearningProvenance": READ,
    "GetContext": READ,
    "SearchAll": READ,
    "CreateProfile": WRITE,
    "UpdateProfile": WRITE,
    "DeleteProfile": WRITE,
    "CreateUserPlaybook": WRITE,
    "UpdateUserPlaybook": WRITE,
    "DeleteUserPlaybook": WRITE,
    "CreateAgentPlaybook": WRITE,
    "UpdateAgentPlaybook": WRITE,
    "DeleteAgentPlaybook": WRITE,
    "ReviewAgentPlaybook": WRITE,
    "GenerateProfiles": WRITE,
    "GeneratePlaybooks": WRITE,
    "AggregatePlaybooks": ADMIN,
    "UpdateLearningConfig": ADMIN,
    "RerunLearning": ADMIN,
    "PromoteGeneration": ADMIN,
    "RollbackGeneration": ADMIN,
    "ReportSessionOutcome": WRITE,
    "ListSessionEvaluations": READ,
    "GetAgentReport": READ,
    "ListExperiments": READ,
    "GetEvaluationConfig": READ,
    "EvaluateSessions": ADMIN,
    "CompareArms": ADMIN,
    "AuditJudge": ADMIN,
    "CreateExperiment": ADMIN,
    "StopExperiment": ADMIN,
    "UpdateEvaluationConfig": ADMIN,
    "RecordEvents": WRITE,
    "StreamEvents": WRITE,
    "ListEvents": READ,
    "DeleteEvents": WRITE,
    "UpsertProducts": WRITE,
    "UpsertCustomers": WRITE,
    "UpsertOrders": WRITE,
    "DeleteOrders": WRITE,
    "UpsertIdentityLinks": WRITE,
    "GetInteractionFeatures": READ,
    "BatchGetInteractionFeatures": READ,
    "ListInteractionFeatures": READ,
    "ListRecommendations": READ,
    "GetFeatureConfig": READ,
    "WatchInteractionFeatures": READ,
    "ComputeInteractionFeatures": ADMIN,
    "UpdateFeatureConfig": ADMIN,
    "ExportInteractionFeatures": READ,
    "GetFeatureReport": READ,
    "ImportShopify": ADMIN,
    "RecordEvent": WRITE,
    "StreamMonitorEvents": WRITE,
    "GetStatistics": READ,
    "AnalyzeRecent": READ,
    "ListPatterns": READ,
    "GetUsageProfile": READ,
    "ListUsageProfiles": READ,
    "SetMonitoringConsent": WRITE,
    "GetMonitoringConsent": READ,
    "PurgeExpired": ADMIN,
    "WatchPatterns": READ,
    "WatchAlerts": READ,
    "ListAlerts": READ,
    "AcknowledgeAlert": WRITE,
    "PredictNext": READ,
    "ListSegments": READ,
    "GetLoadForecast": READ,
    "GetMonitoringConfig": READ,
    "UpdateMonitoringConfig": ADMIN,
    "RotateKey": ADMIN,
    "DestroyKey": ADMIN,
    "ListKeys": ADMIN,
    "ListPrivacyActions": ADMIN,
    "ExportEvents": ADMIN,
    "ImportEvents": ADMIN,
    "Converse": WRITE,
    "GenerateDialogues": ADMIN,
    "SamplePersonas": READ,
    "GetDialogue": READ,
    "ListDialogues": READ,
    "DeleteDialogues": ADMIN,
    "ExportDialogues": READ,
    "PublishDialogue": ADMIN,
    "ApplyNoise": READ,
    "GetOperation": ADMIN,
    "ListOperations": ADMIN,
    "WatchOperation": ADMIN,
    "CancelOperation": ADMIN,
    "GetServerInfo": "",
    "CreateApiKey": ADMIN,
    "ListApiKeys": ADMIN,
    "RevokeApiKey": ADMIN,
    "OptimizeTables": ADMIN,
    "BackupTenant": ADMIN,
    "ListBackups": ADMIN,
    "VerifyBackup": ADMIN,
    "DeleteBackup": ADMIN,
    "RestoreTenant": OPERATOR,
    "ListTenants": OPERATOR,
    "GetTenant": OPERATOR,
    "CreateTenant": OPERATOR,
    "UpdateTenant": OPERATOR,
    "DeleteTenant": OPERATOR,
    "EraseUser": ADMIN,
    "ListErasures": ADMIN,
    "ReadmitUser": ADMIN,
    "ExportUser": ADMIN,
    "ImportUser": ADMIN,
    "LinkUsers": ADMIN,
    "UnlinkUsers": ADMIN,
    "ListUserLinks": ADMIN,
    "SetRetention": ADMIN,
    "GetRetention": ADMIN,
    "ApplyRetention": ADMIN,
    "ListRetentionReceipts": ADMIN,
    "ReembedTables": ADMIN,
    "SetContentPolicy": ADMIN,
    "GetContentPolicy": ADMIN,
}

UPLOADS: Final = frozenset({"ImportUser"})
"""Their callers send all they have before they look at what comes back."""


def methods(implementations: Mapping[str, object]) -> dict[str, tuple[MethodInfo, Handler]]:
    """Paths with their handlers. `implementations` are objects by full name of the service; method `GetThing` is served
    by `get_thing`. Raises KeyError, AttributeError where one is missing.
    """
    made: dict[str, tuple[MethodInfo, Handler]] = {}
    for name, descriptor in SERVICES.items():
        for method in descriptor.methods:
            info = MethodInfo(
                name,
                method,
                message_factory.GetMessageClass(method.input_type),
                RIGHTS[method.name],
                uploads=method.name in UPLOADS,
            )
            made[info.path] = (info, _handler(implementations[name], method.name))
    return made


def _handler(implementation: object, method: str) -> Any:
    return getattr(implementation, re.sub(r"(?<!^)(?=[A-Z])", "_", method).lower())
