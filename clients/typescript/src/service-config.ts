// Made by scripts/embed.mjs from clients/service_config.json. DO NOT EDIT.

/** Which unary methods are tried again, and how; in the format of gRPC's service config. */
export const serviceConfig: object = {
  "methodConfig": [
    {
      "name": [
        {
          "service": "interplay.v1.InteractionService",
          "method": "PublishInteractions"
        },
        {
          "service": "interplay.v1.InteractionService",
          "method": "GetPublishStream"
        },
        {
          "service": "interplay.v1.InteractionService",
          "method": "AnnotateInteraction"
        },
        {
          "service": "interplay.v1.InteractionService",
          "method": "GetInteraction"
        },
        {
          "service": "interplay.v1.InteractionService",
          "method": "ListInteractions"
        },
        {
          "service": "interplay.v1.InteractionService",
          "method": "DeleteInteractions"
        },
        {
          "service": "interplay.v1.InteractionService",
          "method": "SearchInteractions"
        },
        {
          "service": "interplay.v1.InteractionService",
          "method": "FindSimilarInteractions"
        },
        {
          "service": "interplay.v1.InteractionService",
          "method": "ListSessions"
        },
        {
          "service": "interplay.v1.InteractionService",
          "method": "GetSession"
        },
        {
          "service": "interplay.v1.OperationService",
          "method": "GetOperation"
        },
        {
          "service": "interplay.v1.OperationService",
          "method": "ListOperations"
        },
        {
          "service": "interplay.v1.OperationService",
          "method": "CancelOperation"
        },
        {
          "service": "interplay.v1.AdminService",
          "method": "GetServerInfo"
        },
        {
          "service": "interplay.v1.AdminService",
          "method": "ListApiKeys"
        },
        {
          "service": "interplay.v1.AdminService",
          "method": "RevokeApiKey"
        },
        {
          "service": "interplay.v1.AdminService",
          "method": "OptimizeTables"
        },
        {
          "service": "interplay.v1.AdminService",
          "method": "UpdateTenant"
        },
        {
          "service": "interplay.v1.AdminService",
          "method": "GetTenant"
        },
        {
          "service": "interplay.v1.AdminService",
          "method": "ListTenants"
        },
        {
          "service": "interplay.v1.AdminService",
          "method": "VerifyBackup"
        },
        {
          "service": "interplay.v1.AdminService",
          "method": "ListBackups"
        },
        {
          "service": "interplay.v1.ProfileService",
          "method": "SearchProfiles"
        },
        {
          "service": "interplay.v1.ProfileService",
          "method": "GetProfile"
        },
        {
          "service": "interplay.v1.ProfileService",
          "method": "ListProfiles"
        },
        {
          "service": "interplay.v1.ProfileService",
          "method": "CreateProfile"
        },
        {
          "service": "interplay.v1.ProfileService",
          "method": "ListProfileChanges"
        },
        {
          "service": "interplay.v1.PlaybookService",
          "method": "SearchUserPlaybooks"
        },
        {
          "service": "interplay.v1.PlaybookService",
          "method": "GetUserPlaybook"
        },
        {
          "service": "interplay.v1.PlaybookService",
          "method": "ListUserPlaybooks"
        },
        {
          "service": "interplay.v1.PlaybookService",
          "method": "CreateUserPlaybook"
        },
        {
          "service": "interplay.v1.PlaybookService",
          "method": "SearchAgentPlaybooks"
        },
        {
          "service": "interplay.v1.PlaybookService",
          "method": "GetAgentPlaybook"
        },
        {
          "service": "interplay.v1.PlaybookService",
          "method": "ListAgentPlaybooks"
        },
        {
          "service": "interplay.v1.PlaybookService",
          "method": "CreateAgentPlaybook"
        },
        {
          "service": "interplay.v1.PlaybookService",
          "method": "AggregatePlaybooks"
        },
        {
          "service": "interplay.v1.PlaybookService",
          "method": "ListPlaybookChanges"
        },
        {
          "service": "interplay.v1.LearningService",
          "method": "GetLearningConfig"
        },
        {
          "service": "interplay.v1.LearningService",
          "method": "RerunLearning"
        },
        {
          "service": "interplay.v1.LearningService",
          "method": "GetLearningStatus"
        },
        {
          "service": "interplay.v1.LearningService",
          "method": "GetLearningProvenance"
        },
        {
          "service": "interplay.v1.ContextService",
          "method": "GetContext"
        },
        {
          "service": "interplay.v1.ContextService",
          "method": "SearchAll"
        },
        {
          "service": "interplay.v1.EvaluationService",
          "method": "ReportSessionOutcome"
        },
        {
          "service": "interplay.v1.EvaluationService",
          "method": "EvaluateSessions"
        },
        {
          "service": "interplay.v1.EvaluationService",
          "method": "ListSessionEvaluations"
        },
        {
          "service": "interplay.v1.EvaluationService",
          "method": "AuditJudge"
        },
        {
          "service": "interplay.v1.EvaluationService",
          "method": "GetAgentReport"
        },
        {
          "service": "interplay.v1.EvaluationService",
          "method": "CreateExperiment"
        },
        {
          "service": "interplay.v1.EvaluationService",
          "method": "StopExperiment"
        },
        {
          "service": "interplay.v1.EvaluationService",
          "method": "ListExperiments"
        },
        {
          "service": "interplay.v1.EvaluationService",
          "method": "GetEvaluationConfig"
        },
        {
          "service": "interplay.v1.FeatureService",
          "method": "RecordEvents"
        },
        {
          "service": "interplay.v1.FeatureService",
          "method": "ListEvents"
        },
        {
          "service": "interplay.v1.FeatureService",
          "method": "DeleteEvents"
        },
        {
          "service": "interplay.v1.FeatureService",
          "method": "UpsertProducts"
        },
        {
          "service": "interplay.v1.FeatureService",
          "method": "UpsertCustomers"
        },
        {
          "service": "interplay.v1.FeatureService",
          "method": "UpsertOrders"
        },
        {
          "service": "interplay.v1.FeatureService",
          "method": "DeleteOrders"
        },
        {
          "service": "interplay.v1.FeatureService",
          "method": "UpsertIdentityLinks"
        },
        {
          "service": "interplay.v1.FeatureService",
          "method": "GetInteractionFeatures"
        },
        {
          "service": "interplay.v1.FeatureService",
          "method": "BatchGetInteractionFeatures"
        },
        {
          "service": "interplay.v1.FeatureService",
          "method": "ListInteractionFeatures"
        },
        {
          "service": "interplay.v1.FeatureService",
          "method": "ListRecommendations"
        },
        {
          "service": "interplay.v1.FeatureService",
          "method": "GetFeatureConfig"
        },
        {
          "service": "interplay.v1.FeatureService",
          "method": "GetFeatureReport"
        },
        {
          "service": "interplay.v1.MonitorService",
          "method": "RecordEvent"
        },
        {
          "service": "interplay.v1.MonitorService",
          "method": "GetStatistics"
        },
        {
          "service": "interplay.v1.MonitorService",
          "method": "AnalyzeRecent"
        },
        {
          "service": "interplay.v1.MonitorService",
          "method": "ListPatterns"
        },
        {
          "service": "interplay.v1.MonitorService",
          "method": "GetUsageProfile"
        },
        {
          "service": "interplay.v1.MonitorService",
          "method": "ListUsageProfiles"
        },
        {
          "service": "interplay.v1.MonitorService",
          "method": "SetMonitoringConsent"
        },
        {
          "service": "interplay.v1.MonitorService",
          "method": "GetMonitoringConsent"
        },
        {
          "service": "interplay.v1.MonitorService",
          "method": "PurgeExpired"
        },
        {
          "service": "interplay.v1.MonitorService",
          "method": "ListAlerts"
        },
        {
          "service": "interplay.v1.MonitorService",
          "method": "AcknowledgeAlert"
        },
        {
          "service": "interplay.v1.MonitorService",
          "method": "PredictNext"
        },
        {
          "service": "interplay.v1.MonitorService",
          "method": "ListSegments"
        },
        {
          "service": "interplay.v1.MonitorService",
          "method": "GetLoadForecast"
        },
        {
          "service": "interplay.v1.MonitorService",
          "method": "GetMonitoringConfig"
        },
        {
          "service": "interplay.v1.MonitorService",
          "method": "ListKeys"
        },
        {
          "service": "interplay.v1.MonitorService",
          "method": "ListPrivacyActions"
        },
        {
          "service": "interplay.v1.DialogueService",
          "method": "SamplePersonas"
        },
        {
          "service": "interplay.v1.DialogueService",
          "method": "GetDialogue"
        },
        {
          "service": "interplay.v1.DialogueService",
          "method": "ListDialogues"
        },
        {
          "service": "interplay.v1.DialogueService",
          "method": "DeleteDialogues"
        },
        {
          "service": "interplay.v1.DialogueService",
          "method": "PublishDialogue"
        },
        {
          "service": "interplay.v1.DialogueService",
          "method": "ApplyNoise"
        }
      ],
      "retryPolicy": {
        "maxAttempts": 5,
        "initialBackoff": "0.1s",
        "maxBackoff": "10s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": [
          "UNAVAILABLE"
        ]
      }
    }
  ],
  "retryThrottling": {
    "maxTokens": 100,
    "tokenRatio": 0.1
  }
};
