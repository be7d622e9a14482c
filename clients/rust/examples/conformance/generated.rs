// Generated from proto/interplay by clients/rust/generator. DO NOT EDIT.

use interplay_client::{Client, Error, v1};
use crate::wire::{called, recoded};
macro_rules! limited {
    ($service:expr, $limit:expr) => {
        match $limit { Some(limit) => $service .with_timeout(limit), None => $service }
    };
}
/// Decodes and encodes again; None for a name that is not known.
pub fn recode(message: &str, bytes: &[u8]) -> Option<Result<Vec<u8>, String>> {
    Some(
        match message {
            "interplay.v1.ApiKey" => recoded::<v1::ApiKey>(bytes),
            "interplay.v1.Erasure" => recoded::<v1::Erasure>(bytes),
            "interplay.v1.UserExportFile" => recoded::<v1::UserExportFile>(bytes),
            "interplay.v1.UserExportSummary" => recoded::<v1::UserExportSummary>(bytes),
            "interplay.v1.UserLink" => recoded::<v1::UserLink>(bytes),
            "interplay.v1.RetentionRule" => recoded::<v1::RetentionRule>(bytes),
            "interplay.v1.RetentionPolicy" => recoded::<v1::RetentionPolicy>(bytes),
            "interplay.v1.RetentionReceipt" => recoded::<v1::RetentionReceipt>(bytes),
            "interplay.v1.ContentRule" => recoded::<v1::ContentRule>(bytes),
            "interplay.v1.ContentPolicy" => recoded::<v1::ContentPolicy>(bytes),
            "interplay.v1.ReplicaInfo" => recoded::<v1::ReplicaInfo>(bytes),
            "interplay.v1.OperationFailure" => recoded::<v1::OperationFailure>(bytes),
            "interplay.v1.Operation" => recoded::<v1::Operation>(bytes),
            "interplay.v1.ToolUse" => recoded::<v1::ToolUse>(bytes),
            "interplay.v1.Citation" => recoded::<v1::Citation>(bytes),
            "interplay.v1.RetrievedLearning" => recoded::<v1::RetrievedLearning>(bytes),
            "interplay.v1.ProductRef" => recoded::<v1::ProductRef>(bytes),
            "interplay.v1.InteractionData" => recoded::<v1::InteractionData>(bytes),
            "interplay.v1.ImageInfo" => recoded::<v1::ImageInfo>(bytes),
            "interplay.v1.Annotation" => recoded::<v1::Annotation>(bytes),
            "interplay.v1.Interaction" => recoded::<v1::Interaction>(bytes),
            "interplay.v1.Session" => recoded::<v1::Session>(bytes),
            "interplay.v1.SessionRequest" => recoded::<v1::SessionRequest>(bytes),
            "interplay.v1.Evidence" => recoded::<v1::Evidence>(bytes),
            "interplay.v1.LearningOrigin" => recoded::<v1::LearningOrigin>(bytes),
            "interplay.v1.BlockingIssue" => recoded::<v1::BlockingIssue>(bytes),
            "interplay.v1.UserPlaybook" => recoded::<v1::UserPlaybook>(bytes),
            "interplay.v1.PlaybookDissent" => recoded::<v1::PlaybookDissent>(bytes),
            "interplay.v1.PlaybookSupport" => recoded::<v1::PlaybookSupport>(bytes),
            "interplay.v1.AgentPlaybook" => recoded::<v1::AgentPlaybook>(bytes),
            "interplay.v1.PlaybookChange" => recoded::<v1::PlaybookChange>(bytes),
            "interplay.v1.Profile" => recoded::<v1::Profile>(bytes),
            "interplay.v1.ProfileChange" => recoded::<v1::ProfileChange>(bytes),
            "interplay.v1.ContextRequest" => recoded::<v1::ContextRequest>(bytes),
            "interplay.v1.ContextInteraction" => recoded::<v1::ContextInteraction>(bytes),
            "interplay.v1.ContextProfile" => recoded::<v1::ContextProfile>(bytes),
            "interplay.v1.ContextPlaybook" => recoded::<v1::ContextPlaybook>(bytes),
            "interplay.v1.ContextCitation" => recoded::<v1::ContextCitation>(bytes),
            "interplay.v1.AgentContext" => recoded::<v1::AgentContext>(bytes),
            "interplay.v1.StreamOpen" => recoded::<v1::StreamOpen>(bytes),
            "interplay.v1.StreamAppend" => recoded::<v1::StreamAppend>(bytes),
            "interplay.v1.StreamFlush" => recoded::<v1::StreamFlush>(bytes),
            "interplay.v1.StreamHeartbeat" => recoded::<v1::StreamHeartbeat>(bytes),
            "interplay.v1.StreamFinish" => recoded::<v1::StreamFinish>(bytes),
            "interplay.v1.StreamPublishRequest" => {
                recoded::<v1::StreamPublishRequest>(bytes)
            }
            "interplay.v1.StreamLimits" => recoded::<v1::StreamLimits>(bytes),
            "interplay.v1.StreamOpened" => recoded::<v1::StreamOpened>(bytes),
            "interplay.v1.RejectedInteraction" => {
                recoded::<v1::RejectedInteraction>(bytes)
            }
            "interplay.v1.AppendResult" => recoded::<v1::AppendResult>(bytes),
            "interplay.v1.StreamAck" => recoded::<v1::StreamAck>(bytes),
            "interplay.v1.StreamAppendError" => recoded::<v1::StreamAppendError>(bytes),
            "interplay.v1.StreamGoAway" => recoded::<v1::StreamGoAway>(bytes),
            "interplay.v1.StreamFinished" => recoded::<v1::StreamFinished>(bytes),
            "interplay.v1.StreamPublishResponse" => {
                recoded::<v1::StreamPublishResponse>(bytes)
            }
            "interplay.v1.TenantQuota" => recoded::<v1::TenantQuota>(bytes),
            "interplay.v1.TenantUsage" => recoded::<v1::TenantUsage>(bytes),
            "interplay.v1.Tenant" => recoded::<v1::Tenant>(bytes),
            "interplay.v1.Backup" => recoded::<v1::Backup>(bytes),
            "interplay.v1.GetServerInfoRequest" => {
                recoded::<v1::GetServerInfoRequest>(bytes)
            }
            "interplay.v1.EmbedderInfo" => recoded::<v1::EmbedderInfo>(bytes),
            "interplay.v1.ServerLimits" => recoded::<v1::ServerLimits>(bytes),
            "interplay.v1.GetServerInfoResponse" => {
                recoded::<v1::GetServerInfoResponse>(bytes)
            }
            "interplay.v1.CreateApiKeyRequest" => {
                recoded::<v1::CreateApiKeyRequest>(bytes)
            }
            "interplay.v1.CreateApiKeyResponse" => {
                recoded::<v1::CreateApiKeyResponse>(bytes)
            }
            "interplay.v1.ListApiKeysRequest" => recoded::<v1::ListApiKeysRequest>(bytes),
            "interplay.v1.ListApiKeysResponse" => {
                recoded::<v1::ListApiKeysResponse>(bytes)
            }
            "interplay.v1.RevokeApiKeyRequest" => {
                recoded::<v1::RevokeApiKeyRequest>(bytes)
            }
            "interplay.v1.RevokeApiKeyResponse" => {
                recoded::<v1::RevokeApiKeyResponse>(bytes)
            }
            "interplay.v1.OptimizeTablesRequest" => {
                recoded::<v1::OptimizeTablesRequest>(bytes)
            }
            "interplay.v1.OptimizeTablesResponse" => {
                recoded::<v1::OptimizeTablesResponse>(bytes)
            }
            "interplay.v1.BackupTenantRequest" => {
                recoded::<v1::BackupTenantRequest>(bytes)
            }
            "interplay.v1.BackupTenantResponse" => {
                recoded::<v1::BackupTenantResponse>(bytes)
            }
            "interplay.v1.ListBackupsRequest" => recoded::<v1::ListBackupsRequest>(bytes),
            "interplay.v1.ListBackupsResponse" => {
                recoded::<v1::ListBackupsResponse>(bytes)
            }
            "interplay.v1.VerifyBackupRequest" => {
                recoded::<v1::VerifyBackupRequest>(bytes)
            }
            "interplay.v1.VerifyBackupResponse" => {
                recoded::<v1::VerifyBackupResponse>(bytes)
            }
            "interplay.v1.DeleteBackupRequest" => {
                recoded::<v1::DeleteBackupRequest>(bytes)
            }
            "interplay.v1.DeleteBackupResponse" => {
                recoded::<v1::DeleteBackupResponse>(bytes)
            }
            "interplay.v1.RestoreTenantRequest" => {
                recoded::<v1::RestoreTenantRequest>(bytes)
            }
            "interplay.v1.RestoreTenantResponse" => {
                recoded::<v1::RestoreTenantResponse>(bytes)
            }
            "interplay.v1.RestoreProgress" => recoded::<v1::RestoreProgress>(bytes),
            "interplay.v1.RestoreResult" => recoded::<v1::RestoreResult>(bytes),
            "interplay.v1.ListTenantsRequest" => recoded::<v1::ListTenantsRequest>(bytes),
            "interplay.v1.ListTenantsResponse" => {
                recoded::<v1::ListTenantsResponse>(bytes)
            }
            "interplay.v1.GetTenantRequest" => recoded::<v1::GetTenantRequest>(bytes),
            "interplay.v1.GetTenantResponse" => recoded::<v1::GetTenantResponse>(bytes),
            "interplay.v1.CreateTenantRequest" => {
                recoded::<v1::CreateTenantRequest>(bytes)
            }
            "interplay.v1.CreateTenantResponse" => {
                recoded::<v1::CreateTenantResponse>(bytes)
            }
            "interplay.v1.UpdateTenantRequest" => {
                recoded::<v1::UpdateTenantRequest>(bytes)
            }
            "interplay.v1.UpdateTenantResponse" => {
                recoded::<v1::UpdateTenantResponse>(bytes)
            }
            "interplay.v1.DeleteTenantRequest" => {
                recoded::<v1::DeleteTenantRequest>(bytes)
            }
            "interplay.v1.DeleteTenantResponse" => {
                recoded::<v1::DeleteTenantResponse>(bytes)
            }
            "interplay.v1.EraseUserRequest" => recoded::<v1::EraseUserRequest>(bytes),
            "interplay.v1.EraseUserResponse" => recoded::<v1::EraseUserResponse>(bytes),
            "interplay.v1.ListErasuresRequest" => {
                recoded::<v1::ListErasuresRequest>(bytes)
            }
            "interplay.v1.ListErasuresResponse" => {
                recoded::<v1::ListErasuresResponse>(bytes)
            }
            "interplay.v1.ReadmitUserRequest" => recoded::<v1::ReadmitUserRequest>(bytes),
            "interplay.v1.ReadmitUserResponse" => {
                recoded::<v1::ReadmitUserResponse>(bytes)
            }
            "interplay.v1.ExportUserRequest" => recoded::<v1::ExportUserRequest>(bytes),
            "interplay.v1.ExportUserResponse" => recoded::<v1::ExportUserResponse>(bytes),
            "interplay.v1.ImportUserRequest" => recoded::<v1::ImportUserRequest>(bytes),
            "interplay.v1.ImportUserResponse" => recoded::<v1::ImportUserResponse>(bytes),
            "interplay.v1.ImportUserProgress" => recoded::<v1::ImportUserProgress>(bytes),
            "interplay.v1.ImportUserResult" => recoded::<v1::ImportUserResult>(bytes),
            "interplay.v1.LinkUsersRequest" => recoded::<v1::LinkUsersRequest>(bytes),
            "interplay.v1.LinkUsersResponse" => recoded::<v1::LinkUsersResponse>(bytes),
            "interplay.v1.UnlinkUsersRequest" => recoded::<v1::UnlinkUsersRequest>(bytes),
            "interplay.v1.UnlinkUsersResponse" => {
                recoded::<v1::UnlinkUsersResponse>(bytes)
            }
            "interplay.v1.ListUserLinksRequest" => {
                recoded::<v1::ListUserLinksRequest>(bytes)
            }
            "interplay.v1.ListUserLinksResponse" => {
                recoded::<v1::ListUserLinksResponse>(bytes)
            }
            "interplay.v1.SetRetentionRequest" => {
                recoded::<v1::SetRetentionRequest>(bytes)
            }
            "interplay.v1.SetRetentionResponse" => {
                recoded::<v1::SetRetentionResponse>(bytes)
            }
            "interplay.v1.GetRetentionRequest" => {
                recoded::<v1::GetRetentionRequest>(bytes)
            }
            "interplay.v1.GetRetentionResponse" => {
                recoded::<v1::GetRetentionResponse>(bytes)
            }
            "interplay.v1.ApplyRetentionRequest" => {
                recoded::<v1::ApplyRetentionRequest>(bytes)
            }
            "interplay.v1.ApplyRetentionResponse" => {
                recoded::<v1::ApplyRetentionResponse>(bytes)
            }
            "interplay.v1.ListRetentionReceiptsRequest" => {
                recoded::<v1::ListRetentionReceiptsRequest>(bytes)
            }
            "interplay.v1.ListRetentionReceiptsResponse" => {
                recoded::<v1::ListRetentionReceiptsResponse>(bytes)
            }
            "interplay.v1.ReembedTablesRequest" => {
                recoded::<v1::ReembedTablesRequest>(bytes)
            }
            "interplay.v1.ReembedTablesResponse" => {
                recoded::<v1::ReembedTablesResponse>(bytes)
            }
            "interplay.v1.SetContentPolicyRequest" => {
                recoded::<v1::SetContentPolicyRequest>(bytes)
            }
            "interplay.v1.SetContentPolicyResponse" => {
                recoded::<v1::SetContentPolicyResponse>(bytes)
            }
            "interplay.v1.GetContentPolicyRequest" => {
                recoded::<v1::GetContentPolicyRequest>(bytes)
            }
            "interplay.v1.GetContentPolicyResponse" => {
                recoded::<v1::GetContentPolicyResponse>(bytes)
            }
            "interplay.v1.PublishInteractionsRequest" => {
                recoded::<v1::PublishInteractionsRequest>(bytes)
            }
            "interplay.v1.PublishInteractionsResponse" => {
                recoded::<v1::PublishInteractionsResponse>(bytes)
            }
            "interplay.v1.GetPublishStreamRequest" => {
                recoded::<v1::GetPublishStreamRequest>(bytes)
            }
            "interplay.v1.GetPublishStreamResponse" => {
                recoded::<v1::GetPublishStreamResponse>(bytes)
            }
            "interplay.v1.AnnotateInteractionRequest" => {
                recoded::<v1::AnnotateInteractionRequest>(bytes)
            }
            "interplay.v1.AnnotateInteractionResponse" => {
                recoded::<v1::AnnotateInteractionResponse>(bytes)
            }
            "interplay.v1.GetInteractionRequest" => {
                recoded::<v1::GetInteractionRequest>(bytes)
            }
            "interplay.v1.GetInteractionResponse" => {
                recoded::<v1::GetInteractionResponse>(bytes)
            }
            "interplay.v1.ListInteractionsRequest" => {
                recoded::<v1::ListInteractionsRequest>(bytes)
            }
            "interplay.v1.ListInteractionsResponse" => {
                recoded::<v1::ListInteractionsResponse>(bytes)
            }
            "interplay.v1.DeleteInteractionsRequest" => {
                recoded::<v1::DeleteInteractionsRequest>(bytes)
            }
            "interplay.v1.DeleteInteractionsResponse" => {
                recoded::<v1::DeleteInteractionsResponse>(bytes)
            }
            "interplay.v1.SearchInteractionsRequest" => {
                recoded::<v1::SearchInteractionsRequest>(bytes)
            }
            "interplay.v1.ScoreTerm" => recoded::<v1::ScoreTerm>(bytes),
            "interplay.v1.InteractionHit" => recoded::<v1::InteractionHit>(bytes),
            "interplay.v1.SearchInteractionsResponse" => {
                recoded::<v1::SearchInteractionsResponse>(bytes)
            }
            "interplay.v1.FindSimilarInteractionsRequest" => {
                recoded::<v1::FindSimilarInteractionsRequest>(bytes)
            }
            "interplay.v1.FindSimilarInteractionsResponse" => {
                recoded::<v1::FindSimilarInteractionsResponse>(bytes)
            }
            "interplay.v1.ListSessionsRequest" => {
                recoded::<v1::ListSessionsRequest>(bytes)
            }
            "interplay.v1.ListSessionsResponse" => {
                recoded::<v1::ListSessionsResponse>(bytes)
            }
            "interplay.v1.GetSessionRequest" => recoded::<v1::GetSessionRequest>(bytes),
            "interplay.v1.GetSessionResponse" => recoded::<v1::GetSessionResponse>(bytes),
            "interplay.v1.WatchInteractionsRequest" => {
                recoded::<v1::WatchInteractionsRequest>(bytes)
            }
            "interplay.v1.InteractionsPublished" => {
                recoded::<v1::InteractionsPublished>(bytes)
            }
            "interplay.v1.InteractionsDeleted" => {
                recoded::<v1::InteractionsDeleted>(bytes)
            }
            "interplay.v1.InteractionAnnotated" => {
                recoded::<v1::InteractionAnnotated>(bytes)
            }
            "interplay.v1.WatchHeartbeat" => recoded::<v1::WatchHeartbeat>(bytes),
            "interplay.v1.WatchInteractionsResponse" => {
                recoded::<v1::WatchInteractionsResponse>(bytes)
            }
            "interplay.v1.SearchUserPlaybooksRequest" => {
                recoded::<v1::SearchUserPlaybooksRequest>(bytes)
            }
            "interplay.v1.UserPlaybookHit" => recoded::<v1::UserPlaybookHit>(bytes),
            "interplay.v1.SearchUserPlaybooksResponse" => {
                recoded::<v1::SearchUserPlaybooksResponse>(bytes)
            }
            "interplay.v1.GetUserPlaybookRequest" => {
                recoded::<v1::GetUserPlaybookRequest>(bytes)
            }
            "interplay.v1.GetUserPlaybookResponse" => {
                recoded::<v1::GetUserPlaybookResponse>(bytes)
            }
            "interplay.v1.ListUserPlaybooksRequest" => {
                recoded::<v1::ListUserPlaybooksRequest>(bytes)
            }
            "interplay.v1.ListUserPlaybooksResponse" => {
                recoded::<v1::ListUserPlaybooksResponse>(bytes)
            }
            "interplay.v1.CreateUserPlaybookRequest" => {
                recoded::<v1::CreateUserPlaybookRequest>(bytes)
            }
            "interplay.v1.CreateUserPlaybookResponse" => {
                recoded::<v1::CreateUserPlaybookResponse>(bytes)
            }
            "interplay.v1.UpdateUserPlaybookRequest" => {
                recoded::<v1::UpdateUserPlaybookRequest>(bytes)
            }
            "interplay.v1.UpdateUserPlaybookResponse" => {
                recoded::<v1::UpdateUserPlaybookResponse>(bytes)
            }
            "interplay.v1.DeleteUserPlaybookRequest" => {
                recoded::<v1::DeleteUserPlaybookRequest>(bytes)
            }
            "interplay.v1.DeleteUserPlaybookResponse" => {
                recoded::<v1::DeleteUserPlaybookResponse>(bytes)
            }
            "interplay.v1.SearchAgentPlaybooksRequest" => {
                recoded::<v1::SearchAgentPlaybooksRequest>(bytes)
            }
            "interplay.v1.AgentPlaybookHit" => recoded::<v1::AgentPlaybookHit>(bytes),
            "interplay.v1.SearchAgentPlaybooksResponse" => {
                recoded::<v1::SearchAgentPlaybooksResponse>(bytes)
            }
            "interplay.v1.GetAgentPlaybookRequest" => {
                recoded::<v1::GetAgentPlaybookRequest>(bytes)
            }
            "interplay.v1.GetAgentPlaybookResponse" => {
                recoded::<v1::GetAgentPlaybookResponse>(bytes)
            }
            "interplay.v1.ListAgentPlaybooksRequest" => {
                recoded::<v1::ListAgentPlaybooksRequest>(bytes)
            }
            "interplay.v1.ListAgentPlaybooksResponse" => {
                recoded::<v1::ListAgentPlaybooksResponse>(bytes)
            }
            "interplay.v1.CreateAgentPlaybookRequest" => {
                recoded::<v1::CreateAgentPlaybookRequest>(bytes)
            }
            "interplay.v1.CreateAgentPlaybookResponse" => {
                recoded::<v1::CreateAgentPlaybookResponse>(bytes)
            }
            "interplay.v1.UpdateAgentPlaybookRequest" => {
                recoded::<v1::UpdateAgentPlaybookRequest>(bytes)
            }
            "interplay.v1.UpdateAgentPlaybookResponse" => {
                recoded::<v1::UpdateAgentPlaybookResponse>(bytes)
            }
            "interplay.v1.DeleteAgentPlaybookRequest" => {
                recoded::<v1::DeleteAgentPlaybookRequest>(bytes)
            }
            "interplay.v1.DeleteAgentPlaybookResponse" => {
                recoded::<v1::DeleteAgentPlaybookResponse>(bytes)
            }
            "interplay.v1.ReviewAgentPlaybookRequest" => {
                recoded::<v1::ReviewAgentPlaybookRequest>(bytes)
            }
            "interplay.v1.ReviewAgentPlaybookResponse" => {
                recoded::<v1::ReviewAgentPlaybookResponse>(bytes)
            }
            "interplay.v1.AggregatePlaybooksRequest" => {
                recoded::<v1::AggregatePlaybooksRequest>(bytes)
            }
            "interplay.v1.AggregatePlaybooksResponse" => {
                recoded::<v1::AggregatePlaybooksResponse>(bytes)
            }
            "interplay.v1.ListPlaybookChangesRequest" => {
                recoded::<v1::ListPlaybookChangesRequest>(bytes)
            }
            "interplay.v1.ListPlaybookChangesResponse" => {
                recoded::<v1::ListPlaybookChangesResponse>(bytes)
            }
            "interplay.v1.WatchPlaybooksRequest" => {
                recoded::<v1::WatchPlaybooksRequest>(bytes)
            }
            "interplay.v1.WatchPlaybooksResponse" => {
                recoded::<v1::WatchPlaybooksResponse>(bytes)
            }
            "interplay.v1.SearchProfilesRequest" => {
                recoded::<v1::SearchProfilesRequest>(bytes)
            }
            "interplay.v1.ProfileHit" => recoded::<v1::ProfileHit>(bytes),
            "interplay.v1.SearchProfilesResponse" => {
                recoded::<v1::SearchProfilesResponse>(bytes)
            }
            "interplay.v1.GetProfileRequest" => recoded::<v1::GetProfileRequest>(bytes),
            "interplay.v1.GetProfileResponse" => recoded::<v1::GetProfileResponse>(bytes),
            "interplay.v1.ListProfilesRequest" => {
                recoded::<v1::ListProfilesRequest>(bytes)
            }
            "interplay.v1.ListProfilesResponse" => {
                recoded::<v1::ListProfilesResponse>(bytes)
            }
            "interplay.v1.CreateProfileRequest" => {
                recoded::<v1::CreateProfileRequest>(bytes)
            }
            "interplay.v1.CreateProfileResponse" => {
                recoded::<v1::CreateProfileResponse>(bytes)
            }
            "interplay.v1.UpdateProfileRequest" => {
                recoded::<v1::UpdateProfileRequest>(bytes)
            }
            "interplay.v1.UpdateProfileResponse" => {
                recoded::<v1::UpdateProfileResponse>(bytes)
            }
            "interplay.v1.DeleteProfileRequest" => {
                recoded::<v1::DeleteProfileRequest>(bytes)
            }
            "interplay.v1.DeleteProfileResponse" => {
                recoded::<v1::DeleteProfileResponse>(bytes)
            }
            "interplay.v1.ListProfileChangesRequest" => {
                recoded::<v1::ListProfileChangesRequest>(bytes)
            }
            "interplay.v1.ListProfileChangesResponse" => {
                recoded::<v1::ListProfileChangesResponse>(bytes)
            }
            "interplay.v1.WatchProfilesRequest" => {
                recoded::<v1::WatchProfilesRequest>(bytes)
            }
            "interplay.v1.WatchProfilesResponse" => {
                recoded::<v1::WatchProfilesResponse>(bytes)
            }
            "interplay.v1.ContextTurn" => recoded::<v1::ContextTurn>(bytes),
            "interplay.v1.GetContextRequest" => recoded::<v1::GetContextRequest>(bytes),
            "interplay.v1.GetContextResponse" => recoded::<v1::GetContextResponse>(bytes),
            "interplay.v1.SearchAllRequest" => recoded::<v1::SearchAllRequest>(bytes),
            "interplay.v1.SearchAllResponse" => recoded::<v1::SearchAllResponse>(bytes),
            "interplay.v1.Persona" => recoded::<v1::Persona>(bytes),
            "interplay.v1.DialogueQuery" => recoded::<v1::DialogueQuery>(bytes),
            "interplay.v1.NoiseConfig" => recoded::<v1::NoiseConfig>(bytes),
            "interplay.v1.NoiseEdit" => recoded::<v1::NoiseEdit>(bytes),
            "interplay.v1.NoiseRecord" => recoded::<v1::NoiseRecord>(bytes),
            "interplay.v1.DialogueUsage" => recoded::<v1::DialogueUsage>(bytes),
            "interplay.v1.DialogueAuthor" => recoded::<v1::DialogueAuthor>(bytes),
            "interplay.v1.DialogueMessage" => recoded::<v1::DialogueMessage>(bytes),
            "interplay.v1.DialogueTurn" => recoded::<v1::DialogueTurn>(bytes),
            "interplay.v1.DialogueLimits" => recoded::<v1::DialogueLimits>(bytes),
            "interplay.v1.PoolModel" => recoded::<v1::PoolModel>(bytes),
            "interplay.v1.DialogueBudget" => recoded::<v1::DialogueBudget>(bytes),
            "interplay.v1.DialogueConfig" => recoded::<v1::DialogueConfig>(bytes),
            "interplay.v1.Dialogue" => recoded::<v1::Dialogue>(bytes),
            "interplay.v1.ConverseStart" => recoded::<v1::ConverseStart>(bytes),
            "interplay.v1.AssistantTurn" => recoded::<v1::AssistantTurn>(bytes),
            "interplay.v1.UserTurn" => recoded::<v1::UserTurn>(bytes),
            "interplay.v1.SteerDialogue" => recoded::<v1::SteerDialogue>(bytes),
            "interplay.v1.CancelDialogue" => recoded::<v1::CancelDialogue>(bytes),
            "interplay.v1.ConverseRequest" => recoded::<v1::ConverseRequest>(bytes),
            "interplay.v1.ConverseStarted" => recoded::<v1::ConverseStarted>(bytes),
            "interplay.v1.ConverseDelta" => recoded::<v1::ConverseDelta>(bytes),
            "interplay.v1.ConverseTurn" => recoded::<v1::ConverseTurn>(bytes),
            "interplay.v1.NeedAssistantTurn" => recoded::<v1::NeedAssistantTurn>(bytes),
            "interplay.v1.NeedUserTurn" => recoded::<v1::NeedUserTurn>(bytes),
            "interplay.v1.ConverseWarning" => recoded::<v1::ConverseWarning>(bytes),
            "interplay.v1.ConverseGoAway" => recoded::<v1::ConverseGoAway>(bytes),
            "interplay.v1.ConverseCompleted" => recoded::<v1::ConverseCompleted>(bytes),
            "interplay.v1.ConverseResponse" => recoded::<v1::ConverseResponse>(bytes),
            "interplay.v1.PersonaQueries" => recoded::<v1::PersonaQueries>(bytes),
            "interplay.v1.GenerateDialoguesRequest" => {
                recoded::<v1::GenerateDialoguesRequest>(bytes)
            }
            "interplay.v1.DialogueEstimate" => recoded::<v1::DialogueEstimate>(bytes),
            "interplay.v1.GenerateProgress" => recoded::<v1::GenerateProgress>(bytes),
            "interplay.v1.GeneratedDialogue" => recoded::<v1::GeneratedDialogue>(bytes),
            "interplay.v1.GenerateRound" => recoded::<v1::GenerateRound>(bytes),
            "interplay.v1.GenerateFailure" => recoded::<v1::GenerateFailure>(bytes),
            "interplay.v1.GenerateTotals" => recoded::<v1::GenerateTotals>(bytes),
            "interplay.v1.GenerateDialoguesResponse" => {
                recoded::<v1::GenerateDialoguesResponse>(bytes)
            }
            "interplay.v1.PersonaConstraint" => recoded::<v1::PersonaConstraint>(bytes),
            "interplay.v1.SamplePersonasRequest" => {
                recoded::<v1::SamplePersonasRequest>(bytes)
            }
            "interplay.v1.SamplePersonasResponse" => {
                recoded::<v1::SamplePersonasResponse>(bytes)
            }
            "interplay.v1.GetDialogueRequest" => recoded::<v1::GetDialogueRequest>(bytes),
            "interplay.v1.GetDialogueResponse" => {
                recoded::<v1::GetDialogueResponse>(bytes)
            }
            "interplay.v1.DialogueFilter" => recoded::<v1::DialogueFilter>(bytes),
            "interplay.v1.ListDialoguesRequest" => {
                recoded::<v1::ListDialoguesRequest>(bytes)
            }
            "interplay.v1.ListDialoguesResponse" => {
                recoded::<v1::ListDialoguesResponse>(bytes)
            }
            "interplay.v1.DeleteDialoguesRequest" => {
                recoded::<v1::DeleteDialoguesRequest>(bytes)
            }
            "interplay.v1.DeleteDialoguesResponse" => {
                recoded::<v1::DeleteDialoguesResponse>(bytes)
            }
            "interplay.v1.DialogueSplit" => recoded::<v1::DialogueSplit>(bytes),
            "interplay.v1.ExportDialoguesRequest" => {
                recoded::<v1::ExportDialoguesRequest>(bytes)
            }
            "interplay.v1.ExportDialoguesResponse" => {
                recoded::<v1::ExportDialoguesResponse>(bytes)
            }
            "interplay.v1.PublishDialogueRequest" => {
                recoded::<v1::PublishDialogueRequest>(bytes)
            }
            "interplay.v1.PublishDialogueResponse" => {
                recoded::<v1::PublishDialogueResponse>(bytes)
            }
            "interplay.v1.ApplyNoiseRequest" => recoded::<v1::ApplyNoiseRequest>(bytes),
            "interplay.v1.ApplyNoiseResponse" => recoded::<v1::ApplyNoiseResponse>(bytes),
            "interplay.v1.MonitorEvent" => recoded::<v1::MonitorEvent>(bytes),
            "interplay.v1.MonitorRetention" => recoded::<v1::MonitorRetention>(bytes),
            "interplay.v1.CommandWords" => recoded::<v1::CommandWords>(bytes),
            "interplay.v1.MonitoringConfig" => recoded::<v1::MonitoringConfig>(bytes),
            "interplay.v1.ErrorCount" => recoded::<v1::ErrorCount>(bytes),
            "interplay.v1.InteractionPattern" => recoded::<v1::InteractionPattern>(bytes),
            "interplay.v1.AlertContribution" => recoded::<v1::AlertContribution>(bytes),
            "interplay.v1.Alert" => recoded::<v1::Alert>(bytes),
            "interplay.v1.UsageProfile" => recoded::<v1::UsageProfile>(bytes),
            "interplay.v1.PrivacyAction" => recoded::<v1::PrivacyAction>(bytes),
            "interplay.v1.EvaluationEvidence" => recoded::<v1::EvaluationEvidence>(bytes),
            "interplay.v1.ReportedOutcome" => recoded::<v1::ReportedOutcome>(bytes),
            "interplay.v1.SatisfactionPoint" => recoded::<v1::SatisfactionPoint>(bytes),
            "interplay.v1.SessionEvaluation" => recoded::<v1::SessionEvaluation>(bytes),
            "interplay.v1.CriterionVerdict" => recoded::<v1::CriterionVerdict>(bytes),
            "interplay.v1.OrderedVerdict" => recoded::<v1::OrderedVerdict>(bytes),
            "interplay.v1.PairVerdict" => recoded::<v1::PairVerdict>(bytes),
            "interplay.v1.Estimate" => recoded::<v1::Estimate>(bytes),
            "interplay.v1.EvidencePoint" => recoded::<v1::EvidencePoint>(bytes),
            "interplay.v1.ComparisonSlice" => recoded::<v1::ComparisonSlice>(bytes),
            "interplay.v1.JudgeAudit" => recoded::<v1::JudgeAudit>(bytes),
            "interplay.v1.ReliabilityBin" => recoded::<v1::ReliabilityBin>(bytes),
            "interplay.v1.ComparisonReport" => recoded::<v1::ComparisonReport>(bytes),
            "interplay.v1.ComparisonAnomaly" => recoded::<v1::ComparisonAnomaly>(bytes),
            "interplay.v1.AgentReportRow" => recoded::<v1::AgentReportRow>(bytes),
            "interplay.v1.LearningEffect" => recoded::<v1::LearningEffect>(bytes),
            "interplay.v1.ExperimentArm" => recoded::<v1::ExperimentArm>(bytes),
            "interplay.v1.Experiment" => recoded::<v1::Experiment>(bytes),
            "interplay.v1.ExperimentArmReport" => {
                recoded::<v1::ExperimentArmReport>(bytes)
            }
            "interplay.v1.ExperimentReport" => recoded::<v1::ExperimentReport>(bytes),
            "interplay.v1.EvaluationConfig" => recoded::<v1::EvaluationConfig>(bytes),
            "interplay.v1.ReportSessionOutcomeRequest" => {
                recoded::<v1::ReportSessionOutcomeRequest>(bytes)
            }
            "interplay.v1.ReportSessionOutcomeResponse" => {
                recoded::<v1::ReportSessionOutcomeResponse>(bytes)
            }
            "interplay.v1.SessionFilter" => recoded::<v1::SessionFilter>(bytes),
            "interplay.v1.EvaluateSessionsRequest" => {
                recoded::<v1::EvaluateSessionsRequest>(bytes)
            }
            "interplay.v1.EvaluateSessionsResponse" => {
                recoded::<v1::EvaluateSessionsResponse>(bytes)
            }
            "interplay.v1.ListSessionEvaluationsRequest" => {
                recoded::<v1::ListSessionEvaluationsRequest>(bytes)
            }
            "interplay.v1.ListSessionEvaluationsResponse" => {
                recoded::<v1::ListSessionEvaluationsResponse>(bytes)
            }
            "interplay.v1.CompareArmsRequest" => recoded::<v1::CompareArmsRequest>(bytes),
            "interplay.v1.PairFailure" => recoded::<v1::PairFailure>(bytes),
            "interplay.v1.CompareArmsResponse" => {
                recoded::<v1::CompareArmsResponse>(bytes)
            }
            "interplay.v1.LabelledPair" => recoded::<v1::LabelledPair>(bytes),
            "interplay.v1.AuditJudgeRequest" => recoded::<v1::AuditJudgeRequest>(bytes),
            "interplay.v1.AuditJudgeResponse" => recoded::<v1::AuditJudgeResponse>(bytes),
            "interplay.v1.GetAgentReportRequest" => {
                recoded::<v1::GetAgentReportRequest>(bytes)
            }
            "interplay.v1.GetAgentReportResponse" => {
                recoded::<v1::GetAgentReportResponse>(bytes)
            }
            "interplay.v1.CreateExperimentRequest" => {
                recoded::<v1::CreateExperimentRequest>(bytes)
            }
            "interplay.v1.CreateExperimentResponse" => {
                recoded::<v1::CreateExperimentResponse>(bytes)
            }
            "interplay.v1.StopExperimentRequest" => {
                recoded::<v1::StopExperimentRequest>(bytes)
            }
            "interplay.v1.StopExperimentResponse" => {
                recoded::<v1::StopExperimentResponse>(bytes)
            }
            "interplay.v1.ListExperimentsRequest" => {
                recoded::<v1::ListExperimentsRequest>(bytes)
            }
            "interplay.v1.ListExperimentsResponse" => {
                recoded::<v1::ListExperimentsResponse>(bytes)
            }
            "interplay.v1.GetEvaluationConfigRequest" => {
                recoded::<v1::GetEvaluationConfigRequest>(bytes)
            }
            "interplay.v1.GetEvaluationConfigResponse" => {
                recoded::<v1::GetEvaluationConfigResponse>(bytes)
            }
            "interplay.v1.UpdateEvaluationConfigRequest" => {
                recoded::<v1::UpdateEvaluationConfigRequest>(bytes)
            }
            "interplay.v1.UpdateEvaluationConfigResponse" => {
                recoded::<v1::UpdateEvaluationConfigResponse>(bytes)
            }
            "interplay.v1.FeatureEvent" => recoded::<v1::FeatureEvent>(bytes),
            "interplay.v1.Product" => recoded::<v1::Product>(bytes),
            "interplay.v1.Customer" => recoded::<v1::Customer>(bytes),
            "interplay.v1.OrderLine" => recoded::<v1::OrderLine>(bytes),
            "interplay.v1.Refund" => recoded::<v1::Refund>(bytes),
            "interplay.v1.Order" => recoded::<v1::Order>(bytes),
            "interplay.v1.IdentityLink" => recoded::<v1::IdentityLink>(bytes),
            "interplay.v1.InteractionFeatures" => {
                recoded::<v1::InteractionFeatures>(bytes)
            }
            "interplay.v1.InteractionFeatureExtras" => {
                recoded::<v1::InteractionFeatureExtras>(bytes)
            }
            "interplay.v1.InteractionFeatureRow" => {
                recoded::<v1::InteractionFeatureRow>(bytes)
            }
            "interplay.v1.FeatureWindows" => recoded::<v1::FeatureWindows>(bytes),
            "interplay.v1.FeatureTemporal" => recoded::<v1::FeatureTemporal>(bytes),
            "interplay.v1.FeatureEngagement" => recoded::<v1::FeatureEngagement>(bytes),
            "interplay.v1.FeatureQuality" => recoded::<v1::FeatureQuality>(bytes),
            "interplay.v1.FeatureIntent" => recoded::<v1::FeatureIntent>(bytes),
            "interplay.v1.FeatureLoyalty" => recoded::<v1::FeatureLoyalty>(bytes),
            "interplay.v1.FeatureRecommendation" => {
                recoded::<v1::FeatureRecommendation>(bytes)
            }
            "interplay.v1.FeatureStage" => recoded::<v1::FeatureStage>(bytes),
            "interplay.v1.FeatureConfig" => recoded::<v1::FeatureConfig>(bytes),
            "interplay.v1.RecordEventsRequest" => {
                recoded::<v1::RecordEventsRequest>(bytes)
            }
            "interplay.v1.RecordEventsResponse" => {
                recoded::<v1::RecordEventsResponse>(bytes)
            }
            "interplay.v1.StreamEventsAppend" => recoded::<v1::StreamEventsAppend>(bytes),
            "interplay.v1.StreamEventsRequest" => {
                recoded::<v1::StreamEventsRequest>(bytes)
            }
            "interplay.v1.StreamEventsResponse" => {
                recoded::<v1::StreamEventsResponse>(bytes)
            }
            "interplay.v1.ListEventsRequest" => recoded::<v1::ListEventsRequest>(bytes),
            "interplay.v1.ListEventsResponse" => recoded::<v1::ListEventsResponse>(bytes),
            "interplay.v1.DeleteEventsRequest" => {
                recoded::<v1::DeleteEventsRequest>(bytes)
            }
            "interplay.v1.DeleteEventsResponse" => {
                recoded::<v1::DeleteEventsResponse>(bytes)
            }
            "interplay.v1.UpsertProductsRequest" => {
                recoded::<v1::UpsertProductsRequest>(bytes)
            }
            "interplay.v1.UpsertProductsResponse" => {
                recoded::<v1::UpsertProductsResponse>(bytes)
            }
            "interplay.v1.UpsertCustomersRequest" => {
                recoded::<v1::UpsertCustomersRequest>(bytes)
            }
            "interplay.v1.UpsertCustomersResponse" => {
                recoded::<v1::UpsertCustomersResponse>(bytes)
            }
            "interplay.v1.UpsertOrdersRequest" => {
                recoded::<v1::UpsertOrdersRequest>(bytes)
            }
            "interplay.v1.UpsertOrdersResponse" => {
                recoded::<v1::UpsertOrdersResponse>(bytes)
            }
            "interplay.v1.DeleteOrdersRequest" => {
                recoded::<v1::DeleteOrdersRequest>(bytes)
            }
            "interplay.v1.DeleteOrdersResponse" => {
                recoded::<v1::DeleteOrdersResponse>(bytes)
            }
            "interplay.v1.UpsertIdentityLinksRequest" => {
                recoded::<v1::UpsertIdentityLinksRequest>(bytes)
            }
            "interplay.v1.UpsertIdentityLinksResponse" => {
                recoded::<v1::UpsertIdentityLinksResponse>(bytes)
            }
            "interplay.v1.GetInteractionFeaturesRequest" => {
                recoded::<v1::GetInteractionFeaturesRequest>(bytes)
            }
            "interplay.v1.GetInteractionFeaturesResponse" => {
                recoded::<v1::GetInteractionFeaturesResponse>(bytes)
            }
            "interplay.v1.FeaturePair" => recoded::<v1::FeaturePair>(bytes),
            "interplay.v1.BatchGetInteractionFeaturesRequest" => {
                recoded::<v1::BatchGetInteractionFeaturesRequest>(bytes)
            }
            "interplay.v1.BatchGetInteractionFeaturesResponse" => {
                recoded::<v1::BatchGetInteractionFeaturesResponse>(bytes)
            }
            "interplay.v1.FeatureBound" => recoded::<v1::FeatureBound>(bytes),
            "interplay.v1.ListInteractionFeaturesRequest" => {
                recoded::<v1::ListInteractionFeaturesRequest>(bytes)
            }
            "interplay.v1.ListInteractionFeaturesResponse" => {
                recoded::<v1::ListInteractionFeaturesResponse>(bytes)
            }
            "interplay.v1.Recommendation" => recoded::<v1::Recommendation>(bytes),
            "interplay.v1.ListRecommendationsRequest" => {
                recoded::<v1::ListRecommendationsRequest>(bytes)
            }
            "interplay.v1.ListRecommendationsResponse" => {
                recoded::<v1::ListRecommendationsResponse>(bytes)
            }
            "interplay.v1.ComputeProgress" => recoded::<v1::ComputeProgress>(bytes),
            "interplay.v1.ComputeFailure" => recoded::<v1::ComputeFailure>(bytes),
            "interplay.v1.ComputeTotals" => recoded::<v1::ComputeTotals>(bytes),
            "interplay.v1.ComputedRows" => recoded::<v1::ComputedRows>(bytes),
            "interplay.v1.ComputeInteractionFeaturesRequest" => {
                recoded::<v1::ComputeInteractionFeaturesRequest>(bytes)
            }
            "interplay.v1.ComputeInteractionFeaturesResponse" => {
                recoded::<v1::ComputeInteractionFeaturesResponse>(bytes)
            }
            "interplay.v1.WatchInteractionFeaturesRequest" => {
                recoded::<v1::WatchInteractionFeaturesRequest>(bytes)
            }
            "interplay.v1.WatchInteractionFeaturesResponse" => {
                recoded::<v1::WatchInteractionFeaturesResponse>(bytes)
            }
            "interplay.v1.ExportInteractionFeaturesRequest" => {
                recoded::<v1::ExportInteractionFeaturesRequest>(bytes)
            }
            "interplay.v1.ExportInteractionFeaturesResponse" => {
                recoded::<v1::ExportInteractionFeaturesResponse>(bytes)
            }
            "interplay.v1.GetFeatureConfigRequest" => {
                recoded::<v1::GetFeatureConfigRequest>(bytes)
            }
            "interplay.v1.GetFeatureConfigResponse" => {
                recoded::<v1::GetFeatureConfigResponse>(bytes)
            }
            "interplay.v1.UpdateFeatureConfigRequest" => {
                recoded::<v1::UpdateFeatureConfigRequest>(bytes)
            }
            "interplay.v1.UpdateFeatureConfigResponse" => {
                recoded::<v1::UpdateFeatureConfigResponse>(bytes)
            }
            "interplay.v1.GetFeatureReportRequest" => {
                recoded::<v1::GetFeatureReportRequest>(bytes)
            }
            "interplay.v1.FeatureDistribution" => {
                recoded::<v1::FeatureDistribution>(bytes)
            }
            "interplay.v1.GetFeatureReportResponse" => {
                recoded::<v1::GetFeatureReportResponse>(bytes)
            }
            "interplay.v1.ShopImportOpen" => recoded::<v1::ShopImportOpen>(bytes),
            "interplay.v1.ShopImportPiece" => recoded::<v1::ShopImportPiece>(bytes),
            "interplay.v1.ShopImportFinish" => recoded::<v1::ShopImportFinish>(bytes),
            "interplay.v1.ImportShopifyRequest" => {
                recoded::<v1::ImportShopifyRequest>(bytes)
            }
            "interplay.v1.ShopImportOpened" => recoded::<v1::ShopImportOpened>(bytes),
            "interplay.v1.ShopImportAck" => recoded::<v1::ShopImportAck>(bytes),
            "interplay.v1.ShopImportProblem" => recoded::<v1::ShopImportProblem>(bytes),
            "interplay.v1.ShopImportReport" => recoded::<v1::ShopImportReport>(bytes),
            "interplay.v1.ImportShopifyResponse" => {
                recoded::<v1::ImportShopifyResponse>(bytes)
            }
            "interplay.v1.Extractor" => recoded::<v1::Extractor>(bytes),
            "interplay.v1.AggregationConfig" => recoded::<v1::AggregationConfig>(bytes),
            "interplay.v1.LearningConfig" => recoded::<v1::LearningConfig>(bytes),
            "interplay.v1.GetLearningConfigRequest" => {
                recoded::<v1::GetLearningConfigRequest>(bytes)
            }
            "interplay.v1.GetLearningConfigResponse" => {
                recoded::<v1::GetLearningConfigResponse>(bytes)
            }
            "interplay.v1.UpdateLearningConfigRequest" => {
                recoded::<v1::UpdateLearningConfigRequest>(bytes)
            }
            "interplay.v1.UpdateLearningConfigResponse" => {
                recoded::<v1::UpdateLearningConfigResponse>(bytes)
            }
            "interplay.v1.GenerateProfilesRequest" => {
                recoded::<v1::GenerateProfilesRequest>(bytes)
            }
            "interplay.v1.GenerateProfilesResponse" => {
                recoded::<v1::GenerateProfilesResponse>(bytes)
            }
            "interplay.v1.GeneratePlaybooksRequest" => {
                recoded::<v1::GeneratePlaybooksRequest>(bytes)
            }
            "interplay.v1.GeneratePlaybooksResponse" => {
                recoded::<v1::GeneratePlaybooksResponse>(bytes)
            }
            "interplay.v1.RerunLearningRequest" => {
                recoded::<v1::RerunLearningRequest>(bytes)
            }
            "interplay.v1.RerunLearningResponse" => {
                recoded::<v1::RerunLearningResponse>(bytes)
            }
            "interplay.v1.Generation" => recoded::<v1::Generation>(bytes),
            "interplay.v1.GenerationPointers" => recoded::<v1::GenerationPointers>(bytes),
            "interplay.v1.PromoteGenerationRequest" => {
                recoded::<v1::PromoteGenerationRequest>(bytes)
            }
            "interplay.v1.PromoteGenerationResponse" => {
                recoded::<v1::PromoteGenerationResponse>(bytes)
            }
            "interplay.v1.RollbackGenerationRequest" => {
                recoded::<v1::RollbackGenerationRequest>(bytes)
            }
            "interplay.v1.RollbackGenerationResponse" => {
                recoded::<v1::RollbackGenerationResponse>(bytes)
            }
            "interplay.v1.GetLearningStatusRequest" => {
                recoded::<v1::GetLearningStatusRequest>(bytes)
            }
            "interplay.v1.LearningStall" => recoded::<v1::LearningStall>(bytes),
            "interplay.v1.GetLearningStatusResponse" => {
                recoded::<v1::GetLearningStatusResponse>(bytes)
            }
            "interplay.v1.GetLearningProvenanceRequest" => {
                recoded::<v1::GetLearningProvenanceRequest>(bytes)
            }
            "interplay.v1.LearningWindow" => recoded::<v1::LearningWindow>(bytes),
            "interplay.v1.GetLearningProvenanceResponse" => {
                recoded::<v1::GetLearningProvenanceResponse>(bytes)
            }
            "interplay.v1.RecordEventRequest" => recoded::<v1::RecordEventRequest>(bytes),
            "interplay.v1.RecordEventResponse" => {
                recoded::<v1::RecordEventResponse>(bytes)
            }
            "interplay.v1.StreamMonitorEventsAppend" => {
                recoded::<v1::StreamMonitorEventsAppend>(bytes)
            }
            "interplay.v1.StreamMonitorEventsRequest" => {
                recoded::<v1::StreamMonitorEventsRequest>(bytes)
            }
            "interplay.v1.StreamMonitorEventsResponse" => {
                recoded::<v1::StreamMonitorEventsResponse>(bytes)
            }
            "interplay.v1.GetStatisticsRequest" => {
                recoded::<v1::GetStatisticsRequest>(bytes)
            }
            "interplay.v1.GetStatisticsResponse" => {
                recoded::<v1::GetStatisticsResponse>(bytes)
            }
            "interplay.v1.AnalyzeRecentRequest" => {
                recoded::<v1::AnalyzeRecentRequest>(bytes)
            }
            "interplay.v1.NamedCount" => recoded::<v1::NamedCount>(bytes),
            "interplay.v1.HourCount" => recoded::<v1::HourCount>(bytes),
            "interplay.v1.CommandUsage" => recoded::<v1::CommandUsage>(bytes),
            "interplay.v1.ErrorGroup" => recoded::<v1::ErrorGroup>(bytes),
            "interplay.v1.AnalyzeRecentResponse" => {
                recoded::<v1::AnalyzeRecentResponse>(bytes)
            }
            "interplay.v1.ListPatternsRequest" => {
                recoded::<v1::ListPatternsRequest>(bytes)
            }
            "interplay.v1.ListPatternsResponse" => {
                recoded::<v1::ListPatternsResponse>(bytes)
            }
            "interplay.v1.GetUsageProfileRequest" => {
                recoded::<v1::GetUsageProfileRequest>(bytes)
            }
            "interplay.v1.GetUsageProfileResponse" => {
                recoded::<v1::GetUsageProfileResponse>(bytes)
            }
            "interplay.v1.ListUsageProfilesRequest" => {
                recoded::<v1::ListUsageProfilesRequest>(bytes)
            }
            "interplay.v1.ListUsageProfilesResponse" => {
                recoded::<v1::ListUsageProfilesResponse>(bytes)
            }
            "interplay.v1.SetMonitoringConsentRequest" => {
                recoded::<v1::SetMonitoringConsentRequest>(bytes)
            }
            "interplay.v1.SetMonitoringConsentResponse" => {
                recoded::<v1::SetMonitoringConsentResponse>(bytes)
            }
            "interplay.v1.GetMonitoringConsentRequest" => {
                recoded::<v1::GetMonitoringConsentRequest>(bytes)
            }
            "interplay.v1.GetMonitoringConsentResponse" => {
                recoded::<v1::GetMonitoringConsentResponse>(bytes)
            }
            "interplay.v1.PurgeExpiredRequest" => {
                recoded::<v1::PurgeExpiredRequest>(bytes)
            }
            "interplay.v1.PurgeExpiredResponse" => {
                recoded::<v1::PurgeExpiredResponse>(bytes)
            }
            "interplay.v1.WatchPatternsRequest" => {
                recoded::<v1::WatchPatternsRequest>(bytes)
            }
            "interplay.v1.WatchPatternsResponse" => {
                recoded::<v1::WatchPatternsResponse>(bytes)
            }
            "interplay.v1.WatchAlertsRequest" => recoded::<v1::WatchAlertsRequest>(bytes),
            "interplay.v1.WatchAlertsResponse" => {
                recoded::<v1::WatchAlertsResponse>(bytes)
            }
            "interplay.v1.ListAlertsRequest" => recoded::<v1::ListAlertsRequest>(bytes),
            "interplay.v1.ListAlertsResponse" => recoded::<v1::ListAlertsResponse>(bytes),
            "interplay.v1.AcknowledgeAlertRequest" => {
                recoded::<v1::AcknowledgeAlertRequest>(bytes)
            }
            "interplay.v1.AcknowledgeAlertResponse" => {
                recoded::<v1::AcknowledgeAlertResponse>(bytes)
            }
            "interplay.v1.PredictNextRequest" => recoded::<v1::PredictNextRequest>(bytes),
            "interplay.v1.PredictedCommand" => recoded::<v1::PredictedCommand>(bytes),
            "interplay.v1.PredictionQuality" => recoded::<v1::PredictionQuality>(bytes),
            "interplay.v1.PredictNextResponse" => {
                recoded::<v1::PredictNextResponse>(bytes)
            }
            "interplay.v1.ListSegmentsRequest" => {
                recoded::<v1::ListSegmentsRequest>(bytes)
            }
            "interplay.v1.UsageSegment" => recoded::<v1::UsageSegment>(bytes),
            "interplay.v1.ListSegmentsResponse" => {
                recoded::<v1::ListSegmentsResponse>(bytes)
            }
            "interplay.v1.GetLoadForecastRequest" => {
                recoded::<v1::GetLoadForecastRequest>(bytes)
            }
            "interplay.v1.ForecastHour" => recoded::<v1::ForecastHour>(bytes),
            "interplay.v1.GetLoadForecastResponse" => {
                recoded::<v1::GetLoadForecastResponse>(bytes)
            }
            "interplay.v1.GetMonitoringConfigRequest" => {
                recoded::<v1::GetMonitoringConfigRequest>(bytes)
            }
            "interplay.v1.GetMonitoringConfigResponse" => {
                recoded::<v1::GetMonitoringConfigResponse>(bytes)
            }
            "interplay.v1.UpdateMonitoringConfigRequest" => {
                recoded::<v1::UpdateMonitoringConfigRequest>(bytes)
            }
            "interplay.v1.UpdateMonitoringConfigResponse" => {
                recoded::<v1::UpdateMonitoringConfigResponse>(bytes)
            }
            "interplay.v1.RotateKeyRequest" => recoded::<v1::RotateKeyRequest>(bytes),
            "interplay.v1.RotateKeyResponse" => recoded::<v1::RotateKeyResponse>(bytes),
            "interplay.v1.MonitorKey" => recoded::<v1::MonitorKey>(bytes),
            "interplay.v1.DestroyKeyRequest" => recoded::<v1::DestroyKeyRequest>(bytes),
            "interplay.v1.DestroyKeyResponse" => recoded::<v1::DestroyKeyResponse>(bytes),
            "interplay.v1.ListKeysRequest" => recoded::<v1::ListKeysRequest>(bytes),
            "interplay.v1.ListKeysResponse" => recoded::<v1::ListKeysResponse>(bytes),
            "interplay.v1.ListPrivacyActionsRequest" => {
                recoded::<v1::ListPrivacyActionsRequest>(bytes)
            }
            "interplay.v1.ListPrivacyActionsResponse" => {
                recoded::<v1::ListPrivacyActionsResponse>(bytes)
            }
            "interplay.v1.ExportEventsRequest" => {
                recoded::<v1::ExportEventsRequest>(bytes)
            }
            "interplay.v1.ExportEventsResponse" => {
                recoded::<v1::ExportEventsResponse>(bytes)
            }
            "interplay.v1.MonitorImportOpen" => recoded::<v1::MonitorImportOpen>(bytes),
            "interplay.v1.MonitorImportPiece" => recoded::<v1::MonitorImportPiece>(bytes),
            "interplay.v1.MonitorImportFinish" => {
                recoded::<v1::MonitorImportFinish>(bytes)
            }
            "interplay.v1.ImportEventsRequest" => {
                recoded::<v1::ImportEventsRequest>(bytes)
            }
            "interplay.v1.MonitorImportOpened" => {
                recoded::<v1::MonitorImportOpened>(bytes)
            }
            "interplay.v1.MonitorImportAck" => recoded::<v1::MonitorImportAck>(bytes),
            "interplay.v1.MonitorImportProblem" => {
                recoded::<v1::MonitorImportProblem>(bytes)
            }
            "interplay.v1.MonitorImportReport" => {
                recoded::<v1::MonitorImportReport>(bytes)
            }
            "interplay.v1.ImportEventsResponse" => {
                recoded::<v1::ImportEventsResponse>(bytes)
            }
            "interplay.v1.GetOperationRequest" => {
                recoded::<v1::GetOperationRequest>(bytes)
            }
            "interplay.v1.GetOperationResponse" => {
                recoded::<v1::GetOperationResponse>(bytes)
            }
            "interplay.v1.ListOperationsRequest" => {
                recoded::<v1::ListOperationsRequest>(bytes)
            }
            "interplay.v1.ListOperationsResponse" => {
                recoded::<v1::ListOperationsResponse>(bytes)
            }
            "interplay.v1.WatchOperationRequest" => {
                recoded::<v1::WatchOperationRequest>(bytes)
            }
            "interplay.v1.WatchOperationResponse" => {
                recoded::<v1::WatchOperationResponse>(bytes)
            }
            "interplay.v1.CancelOperationRequest" => {
                recoded::<v1::CancelOperationRequest>(bytes)
            }
            "interplay.v1.CancelOperationResponse" => {
                recoded::<v1::CancelOperationResponse>(bytes)
            }
            _ => return None,
        },
    )
}
/// Calls a unary method; None for one that is not known.
pub async fn call(
    client: &Client,
    name: (&str, &str),
    bytes: &[u8],
    limit: Option<std::time::Duration>,
) -> Option<Result<Vec<u8>, Error>> {
    Some(
        match name {
            ("AdminService", "GetServerInfo") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.admin(), limit);
                            async move { service.get_server_info(request).await }
                        },
                    )
                    .await
            }
            ("AdminService", "CreateApiKey") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.admin(), limit);
                            async move { service.create_api_key(request).await }
                        },
                    )
                    .await
            }
            ("AdminService", "ListApiKeys") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.admin(), limit);
                            async move { service.list_api_keys(request).await }
                        },
                    )
                    .await
            }
            ("AdminService", "RevokeApiKey") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.admin(), limit);
                            async move { service.revoke_api_key(request).await }
                        },
                    )
                    .await
            }
            ("AdminService", "OptimizeTables") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.admin(), limit);
                            async move { service.optimize_tables(request).await }
                        },
                    )
                    .await
            }
            ("AdminService", "BackupTenant") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.admin(), limit);
                            async move { service.backup_tenant(request).await }
                        },
                    )
                    .await
            }
            ("AdminService", "ListBackups") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.admin(), limit);
                            async move { service.list_backups(request).await }
                        },
                    )
                    .await
            }
            ("AdminService", "VerifyBackup") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.admin(), limit);
                            async move { service.verify_backup(request).await }
                        },
                    )
                    .await
            }
            ("AdminService", "DeleteBackup") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.admin(), limit);
                            async move { service.delete_backup(request).await }
                        },
                    )
                    .await
            }
            ("AdminService", "ListTenants") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.admin(), limit);
                            async move { service.list_tenants(request).await }
                        },
                    )
                    .await
            }
            ("AdminService", "GetTenant") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.admin(), limit);
                            async move { service.get_tenant(request).await }
                        },
                    )
                    .await
            }
            ("AdminService", "CreateTenant") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.admin(), limit);
                            async move { service.create_tenant(request).await }
                        },
                    )
                    .await
            }
            ("AdminService", "UpdateTenant") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.admin(), limit);
                            async move { service.update_tenant(request).await }
                        },
                    )
                    .await
            }
            ("AdminService", "DeleteTenant") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.admin(), limit);
                            async move { service.delete_tenant(request).await }
                        },
                    )
                    .await
            }
            ("AdminService", "EraseUser") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.admin(), limit);
                            async move { service.erase_user(request).await }
                        },
                    )
                    .await
            }
            ("AdminService", "ListErasures") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.admin(), limit);
                            async move { service.list_erasures(request).await }
                        },
                    )
                    .await
            }
            ("AdminService", "ReadmitUser") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.admin(), limit);
                            async move { service.readmit_user(request).await }
                        },
                    )
                    .await
            }
            ("AdminService", "LinkUsers") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.admin(), limit);
                            async move { service.link_users(request).await }
                        },
                    )
                    .await
            }
            ("AdminService", "UnlinkUsers") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.admin(), limit);
                            async move { service.unlink_users(request).await }
                        },
                    )
                    .await
            }
            ("AdminService", "ListUserLinks") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.admin(), limit);
                            async move { service.list_user_links(request).await }
                        },
                    )
                    .await
            }
            ("AdminService", "SetRetention") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.admin(), limit);
                            async move { service.set_retention(request).await }
                        },
                    )
                    .await
            }
            ("AdminService", "GetRetention") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.admin(), limit);
                            async move { service.get_retention(request).await }
                        },
                    )
                    .await
            }
            ("AdminService", "ApplyRetention") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.admin(), limit);
                            async move { service.apply_retention(request).await }
                        },
                    )
                    .await
            }
            ("AdminService", "ListRetentionReceipts") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.admin(), limit);
                            async move { service.list_retention_receipts(request).await }
                        },
                    )
                    .await
            }
            ("AdminService", "ReembedTables") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.admin(), limit);
                            async move { service.reembed_tables(request).await }
                        },
                    )
                    .await
            }
            ("AdminService", "SetContentPolicy") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.admin(), limit);
                            async move { service.set_content_policy(request).await }
                        },
                    )
                    .await
            }
            ("AdminService", "GetContentPolicy") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.admin(), limit);
                            async move { service.get_content_policy(request).await }
                        },
                    )
                    .await
            }
            ("InteractionService", "PublishInteractions") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.interaction(), limit);
                            async move { service.publish_interactions(request).await }
                        },
                    )
                    .await
            }
            ("InteractionService", "GetPublishStream") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.interaction(), limit);
                            async move { service.get_publish_stream(request).await }
                        },
                    )
                    .await
            }
            ("InteractionService", "AnnotateInteraction") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.interaction(), limit);
                            async move { service.annotate_interaction(request).await }
                        },
                    )
                    .await
            }
            ("InteractionService", "GetInteraction") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.interaction(), limit);
                            async move { service.get_interaction(request).await }
                        },
                    )
                    .await
            }
            ("InteractionService", "ListInteractions") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.interaction(), limit);
                            async move { service.list_interactions(request).await }
                        },
                    )
                    .await
            }
            ("InteractionService", "DeleteInteractions") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.interaction(), limit);
                            async move { service.delete_interactions(request).await }
                        },
                    )
                    .await
            }
            ("InteractionService", "SearchInteractions") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.interaction(), limit);
                            async move { service.search_interactions(request).await }
                        },
                    )
                    .await
            }
            ("InteractionService", "FindSimilarInteractions") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.interaction(), limit);
                            async move {
                                service.find_similar_interactions(request).await
                            }
                        },
                    )
                    .await
            }
            ("InteractionService", "ListSessions") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.interaction(), limit);
                            async move { service.list_sessions(request).await }
                        },
                    )
                    .await
            }
            ("InteractionService", "GetSession") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.interaction(), limit);
                            async move { service.get_session(request).await }
                        },
                    )
                    .await
            }
            ("PlaybookService", "SearchUserPlaybooks") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.playbook(), limit);
                            async move { service.search_user_playbooks(request).await }
                        },
                    )
                    .await
            }
            ("PlaybookService", "GetUserPlaybook") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.playbook(), limit);
                            async move { service.get_user_playbook(request).await }
                        },
                    )
                    .await
            }
            ("PlaybookService", "ListUserPlaybooks") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.playbook(), limit);
                            async move { service.list_user_playbooks(request).await }
                        },
                    )
                    .await
            }
            ("PlaybookService", "CreateUserPlaybook") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.playbook(), limit);
                            async move { service.create_user_playbook(request).await }
                        },
                    )
                    .await
            }
            ("PlaybookService", "UpdateUserPlaybook") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.playbook(), limit);
                            async move { service.update_user_playbook(request).await }
                        },
                    )
                    .await
            }
            ("PlaybookService", "DeleteUserPlaybook") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.playbook(), limit);
                            async move { service.delete_user_playbook(request).await }
                        },
                    )
                    .await
            }
            ("PlaybookService", "SearchAgentPlaybooks") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.playbook(), limit);
                            async move { service.search_agent_playbooks(request).await }
                        },
                    )
                    .await
            }
            ("PlaybookService", "GetAgentPlaybook") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.playbook(), limit);
                            async move { service.get_agent_playbook(request).await }
                        },
                    )
                    .await
            }
            ("PlaybookService", "ListAgentPlaybooks") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.playbook(), limit);
                            async move { service.list_agent_playbooks(request).await }
                        },
                    )
                    .await
            }
            ("PlaybookService", "CreateAgentPlaybook") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.playbook(), limit);
                            async move { service.create_agent_playbook(request).await }
                        },
                    )
                    .await
            }
            ("PlaybookService", "UpdateAgentPlaybook") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.playbook(), limit);
                            async move { service.update_agent_playbook(request).await }
                        },
                    )
                    .await
            }
            ("PlaybookService", "DeleteAgentPlaybook") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.playbook(), limit);
                            async move { service.delete_agent_playbook(request).await }
                        },
                    )
                    .await
            }
            ("PlaybookService", "ReviewAgentPlaybook") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.playbook(), limit);
                            async move { service.review_agent_playbook(request).await }
                        },
                    )
                    .await
            }
            ("PlaybookService", "AggregatePlaybooks") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.playbook(), limit);
                            async move { service.aggregate_playbooks(request).await }
                        },
                    )
                    .await
            }
            ("PlaybookService", "ListPlaybookChanges") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.playbook(), limit);
                            async move { service.list_playbook_changes(request).await }
                        },
                    )
                    .await
            }
            ("ProfileService", "SearchProfiles") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.profile(), limit);
                            async move { service.search_profiles(request).await }
                        },
                    )
                    .await
            }
            ("ProfileService", "GetProfile") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.profile(), limit);
                            async move { service.get_profile(request).await }
                        },
                    )
                    .await
            }
            ("ProfileService", "ListProfiles") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.profile(), limit);
                            async move { service.list_profiles(request).await }
                        },
                    )
                    .await
            }
            ("ProfileService", "CreateProfile") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.profile(), limit);
                            async move { service.create_profile(request).await }
                        },
                    )
                    .await
            }
            ("ProfileService", "UpdateProfile") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.profile(), limit);
                            async move { service.update_profile(request).await }
                        },
                    )
                    .await
            }
            ("ProfileService", "DeleteProfile") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.profile(), limit);
                            async move { service.delete_profile(request).await }
                        },
                    )
                    .await
            }
            ("ProfileService", "ListProfileChanges") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.profile(), limit);
                            async move { service.list_profile_changes(request).await }
                        },
                    )
                    .await
            }
            ("ContextService", "GetContext") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.context(), limit);
                            async move { service.get_context(request).await }
                        },
                    )
                    .await
            }
            ("ContextService", "SearchAll") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.context(), limit);
                            async move { service.search_all(request).await }
                        },
                    )
                    .await
            }
            ("DialogueService", "SamplePersonas") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.dialogue(), limit);
                            async move { service.sample_personas(request).await }
                        },
                    )
                    .await
            }
            ("DialogueService", "GetDialogue") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.dialogue(), limit);
                            async move { service.get_dialogue(request).await }
                        },
                    )
                    .await
            }
            ("DialogueService", "ListDialogues") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.dialogue(), limit);
                            async move { service.list_dialogues(request).await }
                        },
                    )
                    .await
            }
            ("DialogueService", "DeleteDialogues") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.dialogue(), limit);
                            async move { service.delete_dialogues(request).await }
                        },
                    )
                    .await
            }
            ("DialogueService", "PublishDialogue") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.dialogue(), limit);
                            async move { service.publish_dialogue(request).await }
                        },
                    )
                    .await
            }
            ("DialogueService", "ApplyNoise") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.dialogue(), limit);
                            async move { service.apply_noise(request).await }
                        },
                    )
                    .await
            }
            ("EvaluationService", "ReportSessionOutcome") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.evaluation(), limit);
                            async move { service.report_session_outcome(request).await }
                        },
                    )
                    .await
            }
            ("EvaluationService", "EvaluateSessions") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.evaluation(), limit);
                            async move { service.evaluate_sessions(request).await }
                        },
                    )
                    .await
            }
            ("EvaluationService", "ListSessionEvaluations") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.evaluation(), limit);
                            async move {
                                service.list_session_evaluations(request).await
                            }
                        },
                    )
                    .await
            }
            ("EvaluationService", "AuditJudge") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.evaluation(), limit);
                            async move { service.audit_judge(request).await }
                        },
                    )
                    .await
            }
            ("EvaluationService", "GetAgentReport") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.evaluation(), limit);
                            async move { service.get_agent_report(request).await }
                        },
                    )
                    .await
            }
            ("EvaluationService", "CreateExperiment") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.evaluation(), limit);
                            async move { service.create_experiment(request).await }
                        },
                    )
                    .await
            }
            ("EvaluationService", "StopExperiment") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.evaluation(), limit);
                            async move { service.stop_experiment(request).await }
                        },
                    )
                    .await
            }
            ("EvaluationService", "ListExperiments") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.evaluation(), limit);
                            async move { service.list_experiments(request).await }
                        },
                    )
                    .await
            }
            ("EvaluationService", "GetEvaluationConfig") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.evaluation(), limit);
                            async move { service.get_evaluation_config(request).await }
                        },
                    )
                    .await
            }
            ("EvaluationService", "UpdateEvaluationConfig") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.evaluation(), limit);
                            async move {
                                service.update_evaluation_config(request).await
                            }
                        },
                    )
                    .await
            }
            ("FeatureService", "RecordEvents") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.feature(), limit);
                            async move { service.record_events(request).await }
                        },
                    )
                    .await
            }
            ("FeatureService", "ListEvents") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.feature(), limit);
                            async move { service.list_events(request).await }
                        },
                    )
                    .await
            }
            ("FeatureService", "DeleteEvents") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.feature(), limit);
                            async move { service.delete_events(request).await }
                        },
                    )
                    .await
            }
            ("FeatureService", "UpsertProducts") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.feature(), limit);
                            async move { service.upsert_products(request).await }
                        },
                    )
                    .await
            }
            ("FeatureService", "UpsertCustomers") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.feature(), limit);
                            async move { service.upsert_customers(request).await }
                        },
                    )
                    .await
            }
            ("FeatureService", "UpsertOrders") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.feature(), limit);
                            async move { service.upsert_orders(request).await }
                        },
                    )
                    .await
            }
            ("FeatureService", "DeleteOrders") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.feature(), limit);
                            async move { service.delete_orders(request).await }
                        },
                    )
                    .await
            }
            ("FeatureService", "UpsertIdentityLinks") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.feature(), limit);
                            async move { service.upsert_identity_links(request).await }
                        },
                    )
                    .await
            }
            ("FeatureService", "GetInteractionFeatures") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.feature(), limit);
                            async move {
                                service.get_interaction_features(request).await
                            }
                        },
                    )
                    .await
            }
            ("FeatureService", "BatchGetInteractionFeatures") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.feature(), limit);
                            async move {
                                service.batch_get_interaction_features(request).await
                            }
                        },
                    )
                    .await
            }
            ("FeatureService", "ListInteractionFeatures") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.feature(), limit);
                            async move {
                                service.list_interaction_features(request).await
                            }
                        },
                    )
                    .await
            }
            ("FeatureService", "ListRecommendations") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.feature(), limit);
                            async move { service.list_recommendations(request).await }
                        },
                    )
                    .await
            }
            ("FeatureService", "GetFeatureConfig") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.feature(), limit);
                            async move { service.get_feature_config(request).await }
                        },
                    )
                    .await
            }
            ("FeatureService", "UpdateFeatureConfig") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.feature(), limit);
                            async move { service.update_feature_config(request).await }
                        },
                    )
                    .await
            }
            ("FeatureService", "GetFeatureReport") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.feature(), limit);
                            async move { service.get_feature_report(request).await }
                        },
                    )
                    .await
            }
            ("LearningService", "GetLearningConfig") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.learning(), limit);
                            async move { service.get_learning_config(request).await }
                        },
                    )
                    .await
            }
            ("LearningService", "UpdateLearningConfig") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.learning(), limit);
                            async move { service.update_learning_config(request).await }
                        },
                    )
                    .await
            }
            ("LearningService", "GenerateProfiles") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.learning(), limit);
                            async move { service.generate_profiles(request).await }
                        },
                    )
                    .await
            }
            ("LearningService", "GeneratePlaybooks") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.learning(), limit);
                            async move { service.generate_playbooks(request).await }
                        },
                    )
                    .await
            }
            ("LearningService", "RerunLearning") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.learning(), limit);
                            async move { service.rerun_learning(request).await }
                        },
                    )
                    .await
            }
            ("LearningService", "PromoteGeneration") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.learning(), limit);
                            async move { service.promote_generation(request).await }
                        },
                    )
                    .await
            }
            ("LearningService", "RollbackGeneration") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.learning(), limit);
                            async move { service.rollback_generation(request).await }
                        },
                    )
                    .await
            }
            ("LearningService", "GetLearningStatus") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.learning(), limit);
                            async move { service.get_learning_status(request).await }
                        },
                    )
                    .await
            }
            ("LearningService", "GetLearningProvenance") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.learning(), limit);
                            async move { service.get_learning_provenance(request).await }
                        },
                    )
                    .await
            }
            ("MonitorService", "RecordEvent") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.monitor(), limit);
                            async move { service.record_event(request).await }
                        },
                    )
                    .await
            }
            ("MonitorService", "GetStatistics") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.monitor(), limit);
                            async move { service.get_statistics(request).await }
                        },
                    )
                    .await
            }
            ("MonitorService", "AnalyzeRecent") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.monitor(), limit);
                            async move { service.analyze_recent(request).await }
                        },
                    )
                    .await
            }
            ("MonitorService", "ListPatterns") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.monitor(), limit);
                            async move { service.list_patterns(request).await }
                        },
                    )
                    .await
            }
            ("MonitorService", "GetUsageProfile") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.monitor(), limit);
                            async move { service.get_usage_profile(request).await }
                        },
                    )
                    .await
            }
            ("MonitorService", "ListUsageProfiles") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.monitor(), limit);
                            async move { service.list_usage_profiles(request).await }
                        },
                    )
                    .await
            }
            ("MonitorService", "SetMonitoringConsent") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.monitor(), limit);
                            async move { service.set_monitoring_consent(request).await }
                        },
                    )
                    .await
            }
            ("MonitorService", "GetMonitoringConsent") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.monitor(), limit);
                            async move { service.get_monitoring_consent(request).await }
                        },
                    )
                    .await
            }
            ("MonitorService", "PurgeExpired") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.monitor(), limit);
                            async move { service.purge_expired(request).await }
                        },
                    )
                    .await
            }
            ("MonitorService", "ListAlerts") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.monitor(), limit);
                            async move { service.list_alerts(request).await }
                        },
                    )
                    .await
            }
            ("MonitorService", "AcknowledgeAlert") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.monitor(), limit);
                            async move { service.acknowledge_alert(request).await }
                        },
                    )
                    .await
            }
            ("MonitorService", "PredictNext") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.monitor(), limit);
                            async move { service.predict_next(request).await }
                        },
                    )
                    .await
            }
            ("MonitorService", "ListSegments") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.monitor(), limit);
                            async move { service.list_segments(request).await }
                        },
                    )
                    .await
            }
            ("MonitorService", "GetLoadForecast") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.monitor(), limit);
                            async move { service.get_load_forecast(request).await }
                        },
                    )
                    .await
            }
            ("MonitorService", "GetMonitoringConfig") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.monitor(), limit);
                            async move { service.get_monitoring_config(request).await }
                        },
                    )
                    .await
            }
            ("MonitorService", "UpdateMonitoringConfig") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.monitor(), limit);
                            async move {
                                service.update_monitoring_config(request).await
                            }
                        },
                    )
                    .await
            }
            ("MonitorService", "RotateKey") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.monitor(), limit);
                            async move { service.rotate_key(request).await }
                        },
                    )
                    .await
            }
            ("MonitorService", "DestroyKey") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.monitor(), limit);
                            async move { service.destroy_key(request).await }
                        },
                    )
                    .await
            }
            ("MonitorService", "ListKeys") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.monitor(), limit);
                            async move { service.list_keys(request).await }
                        },
                    )
                    .await
            }
            ("MonitorService", "ListPrivacyActions") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.monitor(), limit);
                            async move { service.list_privacy_actions(request).await }
                        },
                    )
                    .await
            }
            ("OperationService", "GetOperation") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.operation(), limit);
                            async move { service.get_operation(request).await }
                        },
                    )
                    .await
            }
            ("OperationService", "ListOperations") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.operation(), limit);
                            async move { service.list_operations(request).await }
                        },
                    )
                    .await
            }
            ("OperationService", "CancelOperation") => {
                called(
                        bytes,
                        |request| {
                            let service = limited!(client.operation(), limit);
                            async move { service.cancel_operation(request).await }
                        },
                    )
                    .await
            }
            _ => return None,
        },
    )
}
