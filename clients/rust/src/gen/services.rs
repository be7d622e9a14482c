// Generated from proto/interplay by clients/rust/generator. DO NOT EDIT.

use futures_core::Stream;
use crate::caller::{Answers, Caller, identify};
use crate::errors::Error;
use crate::generated::interplay::v1;
/// Looks after a tenant, and after all of them. Methods that name a tenant need the right OPERATOR, GetServerInfo needs
/// any valid credential, the others need ADMIN.
#[derive(Clone, Debug)]
pub struct AdminServiceClient {
    caller: Caller,
}
impl AdminServiceClient {
    pub(crate) fn new(caller: Caller) -> Self {
        Self { caller }
    }
    /// The same with another limit of time for its unary methods.
    #[must_use]
    pub fn with_timeout(mut self, timeout: std::time::Duration) -> Self {
        self.caller = self.caller.with_timeout(timeout);
        self
    }
    /// Says what this server is and what it allows; needs any valid credential.
    pub async fn get_server_info(
        &self,
        request: v1::GetServerInfoRequest,
    ) -> Result<v1::GetServerInfoResponse, Error> {
        self.caller.unary("/interplay.v1.AdminService/GetServerInfo", &request).await
    }
    /// Makes an API key for the caller's tenant; the only answer that holds its secret.
    pub async fn create_api_key(
        &self,
        request: v1::CreateApiKeyRequest,
    ) -> Result<v1::CreateApiKeyResponse, Error> {
        self.caller.unary("/interplay.v1.AdminService/CreateApiKey", &request).await
    }
    /// Lists the API keys of the caller's tenant, the newest first.
    pub async fn list_api_keys(
        &self,
        request: v1::ListApiKeysRequest,
    ) -> Result<v1::ListApiKeysResponse, Error> {
        self.caller.unary("/interplay.v1.AdminService/ListApiKeys", &request).await
    }
    /// Revokes an API key of the caller's tenant at once. NOT_FOUND: no such key.
    pub async fn revoke_api_key(
        &self,
        request: v1::RevokeApiKeyRequest,
    ) -> Result<v1::RevokeApiKeyResponse, Error> {
        self.caller.unary("/interplay.v1.AdminService/RevokeApiKey", &request).await
    }
    /// Starts compaction, folding of new rows into the indexes and pruning of old versions.
    pub async fn optimize_tables(
        &self,
        request: v1::OptimizeTablesRequest,
    ) -> Result<v1::OptimizeTablesResponse, Error> {
        self.caller.unary("/interplay.v1.AdminService/OptimizeTables", &request).await
    }
    /// Starts a backup of the caller's tenant, consistent to one moment, while it is written to.
    pub async fn backup_tenant(
        &self,
        request: v1::BackupTenantRequest,
    ) -> Result<v1::BackupTenantResponse, Error> {
        self.caller.unary("/interplay.v1.AdminService/BackupTenant", &request).await
    }
    /// Lists the backups of the caller's tenant, the newest first.
    pub async fn list_backups(
        &self,
        request: v1::ListBackupsRequest,
    ) -> Result<v1::ListBackupsResponse, Error> {
        self.caller.unary("/interplay.v1.AdminService/ListBackups", &request).await
    }
    /// Reads every byte of a backup of the caller's tenant. NOT_FOUND: no such backup. FAILED_PRECONDITION
    /// (BACKUP_DAMAGED): the first file that is not what it was.
    pub async fn verify_backup(
        &self,
        request: v1::VerifyBackupRequest,
    ) -> Result<v1::VerifyBackupResponse, Error> {
        self.caller.unary("/interplay.v1.AdminService/VerifyBackup", &request).await
    }
    /// Deletes a backup of the caller's tenant. NOT_FOUND: no such backup.
    pub async fn delete_backup(
        &self,
        request: v1::DeleteBackupRequest,
    ) -> Result<v1::DeleteBackupResponse, Error> {
        self.caller.unary("/interplay.v1.AdminService/DeleteBackup", &request).await
    }
    /// Puts a backup into a new tenant, or in place of one, while the server runs. The answers are progress, then the
    /// restored tenant; nothing has changed unless that came, or the call broke after the last progress. In place, calls
    /// that use the tenant end with UNAVAILABLE (TENANT_BUSY), and resume tokens of before are void. NOT_FOUND: no such
    /// backup. ALREADY_EXISTS: the tenant is there, and `replace` was not set. FAILED_PRECONDITION (BACKUP_DAMAGED,
    /// BACKUP_INCOMPATIBLE).
    pub async fn restore_tenant(
        &self,
        request: v1::RestoreTenantRequest,
    ) -> Result<Answers<v1::RestoreTenantResponse>, Error> {
        self.caller
            .server_stream("/interplay.v1.AdminService/RestoreTenant", &request)
            .await
    }
    /// Lists all tenants of the server in alphabetical order.
    pub async fn list_tenants(
        &self,
        request: v1::ListTenantsRequest,
    ) -> Result<v1::ListTenantsResponse, Error> {
        self.caller.unary("/interplay.v1.AdminService/ListTenants", &request).await
    }
    /// Gets one tenant. NOT_FOUND: no tenant has this name.
    pub async fn get_tenant(
        &self,
        request: v1::GetTenantRequest,
    ) -> Result<v1::GetTenantResponse, Error> {
        self.caller.unary("/interplay.v1.AdminService/GetTenant", &request).await
    }
    /// Makes an empty tenant. ALREADY_EXISTS: one has this name.
    pub async fn create_tenant(
        &self,
        request: v1::CreateTenantRequest,
    ) -> Result<v1::CreateTenantResponse, Error> {
        self.caller.unary("/interplay.v1.AdminService/CreateTenant", &request).await
    }
    /// Sets what a tenant may hold and do. NOT_FOUND. FAILED_PRECONDITION (QUOTA_BELOW_USAGE): less than it holds.
    pub async fn update_tenant(
        &self,
        request: v1::UpdateTenantRequest,
    ) -> Result<v1::UpdateTenantResponse, Error> {
        self.caller.unary("/interplay.v1.AdminService/UpdateTenant", &request).await
    }
    /// Deletes a tenant with everything in it and revokes its keys; backups stay. NOT_FOUND. UNAVAILABLE (TENANT_BUSY): it
    /// could not be taken out of use.
    pub async fn delete_tenant(
        &self,
        request: v1::DeleteTenantRequest,
    ) -> Result<v1::DeleteTenantResponse, Error> {
        self.caller.unary("/interplay.v1.AdminService/DeleteTenant", &request).await
    }
    /// Starts to erase everything held on a person, with the guests linked to them, from every table, version and file.
    /// Publishes for them are refused from the answer on (USER_ERASED), until ReadmitUser. The same person again gives the
    /// same operation, or the receipt of the first. NOT_FOUND: nothing is held on them, and allow_missing was not set.
    pub async fn erase_user(
        &self,
        request: v1::EraseUserRequest,
    ) -> Result<v1::EraseUserResponse, Error> {
        self.caller.unary("/interplay.v1.AdminService/EraseUser", &request).await
    }
    /// Lists receipts of erasures, the newest first.
    pub async fn list_erasures(
        &self,
        request: v1::ListErasuresRequest,
    ) -> Result<v1::ListErasuresResponse, Error> {
        self.caller.unary("/interplay.v1.AdminService/ListErasures", &request).await
    }
    /// Lets an erased person's data be stored again: they have given consent. NOT_FOUND: they are not erased.
    /// FAILED_PRECONDITION (ERASURE_RUNNING): not everything is gone yet.
    pub async fn readmit_user(
        &self,
        request: v1::ReadmitUserRequest,
    ) -> Result<v1::ReadmitUserResponse, Error> {
        self.caller.unary("/interplay.v1.AdminService/ReadmitUser", &request).await
    }
    /// Streams everything held on a person, with the guests linked to them: files with schemas and images, then a summary.
    /// NOT_FOUND: nothing is held on them.
    pub async fn export_user(
        &self,
        request: v1::ExportUserRequest,
    ) -> Result<Answers<v1::ExportUserResponse>, Error> {
        self.caller
            .server_stream("/interplay.v1.AdminService/ExportUser", &request)
            .await
    }
    /// Takes the JSON lines of an export in: the same interactions, learnt rows and records, under new ids, with answers to
    /// searches as before. All or nothing: nothing has changed unless the last answer, the result, came. ALREADY_EXISTS
    /// (USER_EXISTS): the person is held here already.
    pub async fn import_user(
        &self,
        requests: impl Stream<Item = v1::ImportUserRequest> + Send + 'static,
    ) -> Result<Answers<v1::ImportUserResponse>, Error> {
        self.caller.bidi("/interplay.v1.AdminService/ImportUser", requests).await
    }
    /// Makes a guest and an account one person from then on, in search, learning, features, exports and erasure; what is
    /// stored keeps the id that it was published under. FAILED_PRECONDITION (LINK_CONFLICT): the guest is linked to another
    /// account, or the link would make a circle.
    pub async fn link_users(
        &self,
        request: v1::LinkUsersRequest,
    ) -> Result<v1::LinkUsersResponse, Error> {
        self.caller.unary("/interplay.v1.AdminService/LinkUsers", &request).await
    }
    /// Takes a link back: each has their own history again, and what was learnt from both is learnt anew. NOT_FOUND.
    pub async fn unlink_users(
        &self,
        request: v1::UnlinkUsersRequest,
    ) -> Result<v1::UnlinkUsersResponse, Error> {
        self.caller.unary("/interplay.v1.AdminService/UnlinkUsers", &request).await
    }
    /// Lists links, the newest first.
    pub async fn list_user_links(
        &self,
        request: v1::ListUserLinksRequest,
    ) -> Result<v1::ListUserLinksResponse, Error> {
        self.caller.unary("/interplay.v1.AdminService/ListUserLinks", &request).await
    }
    /// Sets how long the caller's tenant keeps what it has. ABORTED: the revision sent is not the last one.
    pub async fn set_retention(
        &self,
        request: v1::SetRetentionRequest,
    ) -> Result<v1::SetRetentionResponse, Error> {
        self.caller.unary("/interplay.v1.AdminService/SetRetention", &request).await
    }
    /// Gets how long the caller's tenant keeps what it has.
    pub async fn get_retention(
        &self,
        request: v1::GetRetentionRequest,
    ) -> Result<v1::GetRetentionResponse, Error> {
        self.caller.unary("/interplay.v1.AdminService/GetRetention", &request).await
    }
    /// Starts to remove what the policy no longer keeps, which also happens every hour. With validate_only it is counted
    /// and stays.
    pub async fn apply_retention(
        &self,
        request: v1::ApplyRetentionRequest,
    ) -> Result<v1::ApplyRetentionResponse, Error> {
        self.caller.unary("/interplay.v1.AdminService/ApplyRetention", &request).await
    }
    /// Lists receipts of retention, the newest first.
    pub async fn list_retention_receipts(
        &self,
        request: v1::ListRetentionReceiptsRequest,
    ) -> Result<v1::ListRetentionReceiptsResponse, Error> {
        self.caller
            .unary("/interplay.v1.AdminService/ListRetentionReceipts", &request)
            .await
    }
    /// Starts to embed everything anew with another embedder, while searches are answered with the old vectors until all
    /// new ones are there. FAILED_PRECONDITION (EMBEDDER_UNAVAILABLE): this server has no such embedder.
    pub async fn reembed_tables(
        &self,
        request: v1::ReembedTablesRequest,
    ) -> Result<v1::ReembedTablesResponse, Error> {
        self.caller.unary("/interplay.v1.AdminService/ReembedTables", &request).await
    }
    /// Sets how content of the caller's tenant is stored from then on. ABORTED: the revision sent is not the last one.
    pub async fn set_content_policy(
        &self,
        request: v1::SetContentPolicyRequest,
    ) -> Result<v1::SetContentPolicyResponse, Error> {
        self.caller.unary("/interplay.v1.AdminService/SetContentPolicy", &request).await
    }
    /// Gets how content of the caller's tenant is stored.
    pub async fn get_content_policy(
        &self,
        request: v1::GetContentPolicyRequest,
    ) -> Result<v1::GetContentPolicyResponse, Error> {
        self.caller.unary("/interplay.v1.AdminService/GetContentPolicy", &request).await
    }
}
/// Stores, finds and streams interactions. Every method works on the tenant of the credential. Errors common to all:
/// INVALID_ARGUMENT with all violations, UNAUTHENTICATED, PERMISSION_DENIED, RESOURCE_EXHAUSTED, UNAVAILABLE while
/// draining, DEADLINE_EXCEEDED, INTERNAL.
#[derive(Clone, Debug)]
pub struct InteractionServiceClient {
    caller: Caller,
}
impl InteractionServiceClient {
    pub(crate) fn new(caller: Caller) -> Self {
        Self { caller }
    }
    /// The same with another limit of time for its unary methods.
    #[must_use]
    pub fn with_timeout(mut self, timeout: std::time::Duration) -> Self {
        self.caller = self.caller.with_timeout(timeout);
        self
    }
    /// Stores one batch; the answer means durable and searchable. ALREADY_EXISTS: request_id was used with another payload.
    pub async fn publish_interactions(
        &self,
        mut request: v1::PublishInteractionsRequest,
    ) -> Result<v1::PublishInteractionsResponse, Error> {
        identify(&mut request.request_id);
        self.caller
            .unary("/interplay.v1.InteractionService/PublishInteractions", &request)
            .await
    }
    /// Publishes live with offsets, cumulative acks and back-pressure. Only `finish` is a clean end; what was acked stays
    /// whatever happens. ABORTED (STREAM_SUPERSEDED): a newer connection took the stream_id over.
    pub async fn stream_publish(
        &self,
        requests: impl Stream<Item = v1::StreamPublishRequest> + Send + 'static,
    ) -> Result<Answers<v1::StreamPublishResponse>, Error> {
        self.caller
            .bidi("/interplay.v1.InteractionService/StreamPublish", requests)
            .await
    }
    /// Says from which offset a named stream goes on; 0 for a stream that is not known.
    pub async fn get_publish_stream(
        &self,
        request: v1::GetPublishStreamRequest,
    ) -> Result<v1::GetPublishStreamResponse, Error> {
        self.caller
            .unary("/interplay.v1.InteractionService/GetPublishStream", &request)
            .await
    }
    /// Adds a judgement to a stored interaction. NOT_FOUND: no such interaction.
    pub async fn annotate_interaction(
        &self,
        mut request: v1::AnnotateInteractionRequest,
    ) -> Result<v1::AnnotateInteractionResponse, Error> {
        identify(&mut request.request_id);
        self.caller
            .unary("/interplay.v1.InteractionService/AnnotateInteraction", &request)
            .await
    }
    /// Gets one interaction. NOT_FOUND: no such interaction.
    pub async fn get_interaction(
        &self,
        request: v1::GetInteractionRequest,
    ) -> Result<v1::GetInteractionResponse, Error> {
        self.caller
            .unary("/interplay.v1.InteractionService/GetInteraction", &request)
            .await
    }
    /// Lists interactions in the order (occur_time or publish_time, journal sequence).
    pub async fn list_interactions(
        &self,
        request: v1::ListInteractionsRequest,
    ) -> Result<v1::ListInteractionsResponse, Error> {
        self.caller
            .unary("/interplay.v1.InteractionService/ListInteractions", &request)
            .await
    }
    /// Deletes by ids or by filter; reaches the index and every later read. Unknown ids are no error.
    pub async fn delete_interactions(
        &self,
        request: v1::DeleteInteractionsRequest,
    ) -> Result<v1::DeleteInteractionsResponse, Error> {
        self.caller
            .unary("/interplay.v1.InteractionService/DeleteInteractions", &request)
            .await
    }
    /// Searches by meaning and words. FAILED_PRECONDITION: vector mode without an embedder.
    pub async fn search_interactions(
        &self,
        request: v1::SearchInteractionsRequest,
    ) -> Result<v1::SearchInteractionsResponse, Error> {
        self.caller
            .unary("/interplay.v1.InteractionService/SearchInteractions", &request)
            .await
    }
    /// Finds the nearest neighbours of a stored interaction. NOT_FOUND: no such interaction.
    pub async fn find_similar_interactions(
        &self,
        request: v1::FindSimilarInteractionsRequest,
    ) -> Result<v1::FindSimilarInteractionsResponse, Error> {
        self.caller
            .unary("/interplay.v1.InteractionService/FindSimilarInteractions", &request)
            .await
    }
    /// Lists sessions, the latest activity first.
    pub async fn list_sessions(
        &self,
        request: v1::ListSessionsRequest,
    ) -> Result<v1::ListSessionsResponse, Error> {
        self.caller
            .unary("/interplay.v1.InteractionService/ListSessions", &request)
            .await
    }
    /// Gets a session with its requests. NOT_FOUND: no such session.
    pub async fn get_session(
        &self,
        request: v1::GetSessionRequest,
    ) -> Result<v1::GetSessionResponse, Error> {
        self.caller.unary("/interplay.v1.InteractionService/GetSession", &request).await
    }
    /// Streams changes in the order of the journal, from a resume token or from now. FAILED_PRECONDITION: the token is
    /// from before a restore.
    pub async fn watch_interactions(
        &self,
        request: v1::WatchInteractionsRequest,
    ) -> Result<Answers<v1::WatchInteractionsResponse>, Error> {
        self.caller
            .server_stream(
                "/interplay.v1.InteractionService/WatchInteractions",
                &request,
            )
            .await
    }
}
/// Lessons for agents: from one user's sessions (user playbooks) and aggregated over users (agent playbooks). Errors common
/// to all: INVALID_ARGUMENT with all violations, UNAUTHENTICATED, PERMISSION_DENIED, RESOURCE_EXHAUSTED, UNAVAILABLE while
/// draining, DEADLINE_EXCEEDED, INTERNAL.
#[derive(Clone, Debug)]
pub struct PlaybookServiceClient {
    caller: Caller,
}
impl PlaybookServiceClient {
    pub(crate) fn new(caller: Caller) -> Self {
        Self { caller }
    }
    /// The same with another limit of time for its unary methods.
    #[must_use]
    pub fn with_timeout(mut self, timeout: std::time::Duration) -> Self {
        self.caller = self.caller.with_timeout(timeout);
        self
    }
    /// Searches user playbooks by meaning and words. FAILED_PRECONDITION: vector mode without an embedder.
    pub async fn search_user_playbooks(
        &self,
        request: v1::SearchUserPlaybooksRequest,
    ) -> Result<v1::SearchUserPlaybooksResponse, Error> {
        self.caller
            .unary("/interplay.v1.PlaybookService/SearchUserPlaybooks", &request)
            .await
    }
    /// Gets one user playbook. NOT_FOUND: no such playbook.
    pub async fn get_user_playbook(
        &self,
        request: v1::GetUserPlaybookRequest,
    ) -> Result<v1::GetUserPlaybookResponse, Error> {
        self.caller
            .unary("/interplay.v1.PlaybookService/GetUserPlaybook", &request)
            .await
    }
    /// Lists user playbooks, the newest first.
    pub async fn list_user_playbooks(
        &self,
        request: v1::ListUserPlaybooksRequest,
    ) -> Result<v1::ListUserPlaybooksResponse, Error> {
        self.caller
            .unary("/interplay.v1.PlaybookService/ListUserPlaybooks", &request)
            .await
    }
    /// Stores one by hand. ALREADY_EXISTS: request_id was used with another payload.
    pub async fn create_user_playbook(
        &self,
        mut request: v1::CreateUserPlaybookRequest,
    ) -> Result<v1::CreateUserPlaybookResponse, Error> {
        identify(&mut request.request_id);
        self.caller
            .unary("/interplay.v1.PlaybookService/CreateUserPlaybook", &request)
            .await
    }
    /// Changes the fields of the mask. NOT_FOUND; ABORTED: the etag is not the row's any more.
    pub async fn update_user_playbook(
        &self,
        request: v1::UpdateUserPlaybookRequest,
    ) -> Result<v1::UpdateUserPlaybookResponse, Error> {
        self.caller
            .unary("/interplay.v1.PlaybookService/UpdateUserPlaybook", &request)
            .await
    }
    /// Deletes one for good, its history included. NOT_FOUND; ABORTED: the etag is not the row's any more.
    pub async fn delete_user_playbook(
        &self,
        request: v1::DeleteUserPlaybookRequest,
    ) -> Result<v1::DeleteUserPlaybookResponse, Error> {
        self.caller
            .unary("/interplay.v1.PlaybookService/DeleteUserPlaybook", &request)
            .await
    }
    /// Searches agent playbooks by meaning and words. FAILED_PRECONDITION: vector mode without an embedder.
    pub async fn search_agent_playbooks(
        &self,
        request: v1::SearchAgentPlaybooksRequest,
    ) -> Result<v1::SearchAgentPlaybooksResponse, Error> {
        self.caller
            .unary("/interplay.v1.PlaybookService/SearchAgentPlaybooks", &request)
            .await
    }
    /// Gets one agent playbook. NOT_FOUND: no such playbook.
    pub async fn get_agent_playbook(
        &self,
        request: v1::GetAgentPlaybookRequest,
    ) -> Result<v1::GetAgentPlaybookResponse, Error> {
        self.caller
            .unary("/interplay.v1.PlaybookService/GetAgentPlaybook", &request)
            .await
    }
    /// Lists agent playbooks, the newest first.
    pub async fn list_agent_playbooks(
        &self,
        request: v1::ListAgentPlaybooksRequest,
    ) -> Result<v1::ListAgentPlaybooksResponse, Error> {
        self.caller
            .unary("/interplay.v1.PlaybookService/ListAgentPlaybooks", &request)
            .await
    }
    /// Stores one by hand. ALREADY_EXISTS: request_id was used with another payload.
    pub async fn create_agent_playbook(
        &self,
        mut request: v1::CreateAgentPlaybookRequest,
    ) -> Result<v1::CreateAgentPlaybookResponse, Error> {
        identify(&mut request.request_id);
        self.caller
            .unary("/interplay.v1.PlaybookService/CreateAgentPlaybook", &request)
            .await
    }
    /// Changes the fields of the mask. NOT_FOUND; ABORTED: the etag is not the row's any more.
    pub async fn update_agent_playbook(
        &self,
        request: v1::UpdateAgentPlaybookRequest,
    ) -> Result<v1::UpdateAgentPlaybookResponse, Error> {
        self.caller
            .unary("/interplay.v1.PlaybookService/UpdateAgentPlaybook", &request)
            .await
    }
    /// Deletes one for good, its history included. NOT_FOUND; ABORTED: the etag is not the row's any more.
    pub async fn delete_agent_playbook(
        &self,
        request: v1::DeleteAgentPlaybookRequest,
    ) -> Result<v1::DeleteAgentPlaybookResponse, Error> {
        self.caller
            .unary("/interplay.v1.PlaybookService/DeleteAgentPlaybook", &request)
            .await
    }
    /// Approves, rejects, edits or puts back an agent playbook. NOT_FOUND; ABORTED: the etag is not the row's any more.
    pub async fn review_agent_playbook(
        &self,
        request: v1::ReviewAgentPlaybookRequest,
    ) -> Result<v1::ReviewAgentPlaybookResponse, Error> {
        self.caller
            .unary("/interplay.v1.PlaybookService/ReviewAgentPlaybook", &request)
            .await
    }
    /// Aggregates user playbooks into agent playbooks now. Running it twice changes nothing.
    pub async fn aggregate_playbooks(
        &self,
        mut request: v1::AggregatePlaybooksRequest,
    ) -> Result<v1::AggregatePlaybooksResponse, Error> {
        identify(&mut request.request_id);
        self.caller
            .unary("/interplay.v1.PlaybookService/AggregatePlaybooks", &request)
            .await
    }
    /// Lists what happened to playbooks, the latest first.
    pub async fn list_playbook_changes(
        &self,
        request: v1::ListPlaybookChangesRequest,
    ) -> Result<v1::ListPlaybookChangesResponse, Error> {
        self.caller
            .unary("/interplay.v1.PlaybookService/ListPlaybookChanges", &request)
            .await
    }
    /// Streams changes from a resume token or from now. FAILED_PRECONDITION: the token is from before a restore.
    pub async fn watch_playbooks(
        &self,
        request: v1::WatchPlaybooksRequest,
    ) -> Result<Answers<v1::WatchPlaybooksResponse>, Error> {
        self.caller
            .server_stream("/interplay.v1.PlaybookService/WatchPlaybooks", &request)
            .await
    }
}
/// Facts about users: found, read, written by hand and watched. Errors common to all: INVALID_ARGUMENT with all violations,
/// UNAUTHENTICATED, PERMISSION_DENIED, RESOURCE_EXHAUSTED, UNAVAILABLE while draining, DEADLINE_EXCEEDED, INTERNAL.
#[derive(Clone, Debug)]
pub struct ProfileServiceClient {
    caller: Caller,
}
impl ProfileServiceClient {
    pub(crate) fn new(caller: Caller) -> Self {
        Self { caller }
    }
    /// The same with another limit of time for its unary methods.
    #[must_use]
    pub fn with_timeout(mut self, timeout: std::time::Duration) -> Self {
        self.caller = self.caller.with_timeout(timeout);
        self
    }
    /// Searches by meaning and words. FAILED_PRECONDITION: vector mode without an embedder.
    pub async fn search_profiles(
        &self,
        request: v1::SearchProfilesRequest,
    ) -> Result<v1::SearchProfilesResponse, Error> {
        self.caller.unary("/interplay.v1.ProfileService/SearchProfiles", &request).await
    }
    /// Gets one profile. NOT_FOUND: no such profile.
    pub async fn get_profile(
        &self,
        request: v1::GetProfileRequest,
    ) -> Result<v1::GetProfileResponse, Error> {
        self.caller.unary("/interplay.v1.ProfileService/GetProfile", &request).await
    }
    /// Lists profiles, the newest first.
    pub async fn list_profiles(
        &self,
        request: v1::ListProfilesRequest,
    ) -> Result<v1::ListProfilesResponse, Error> {
        self.caller.unary("/interplay.v1.ProfileService/ListProfiles", &request).await
    }
    /// Stores a fact by hand; it belongs to every generation. ALREADY_EXISTS: request_id was used with another payload.
    pub async fn create_profile(
        &self,
        mut request: v1::CreateProfileRequest,
    ) -> Result<v1::CreateProfileResponse, Error> {
        identify(&mut request.request_id);
        self.caller.unary("/interplay.v1.ProfileService/CreateProfile", &request).await
    }
    /// Changes the fields of the mask. NOT_FOUND; ABORTED: the etag is not the row's any more.
    pub async fn update_profile(
        &self,
        request: v1::UpdateProfileRequest,
    ) -> Result<v1::UpdateProfileResponse, Error> {
        self.caller.unary("/interplay.v1.ProfileService/UpdateProfile", &request).await
    }
    /// Deletes a profile for good, its history included. NOT_FOUND; ABORTED: the etag is not the row's any more.
    pub async fn delete_profile(
        &self,
        request: v1::DeleteProfileRequest,
    ) -> Result<v1::DeleteProfileResponse, Error> {
        self.caller.unary("/interplay.v1.ProfileService/DeleteProfile", &request).await
    }
    /// Lists what happened to profiles, the latest first.
    pub async fn list_profile_changes(
        &self,
        request: v1::ListProfileChangesRequest,
    ) -> Result<v1::ListProfileChangesResponse, Error> {
        self.caller
            .unary("/interplay.v1.ProfileService/ListProfileChanges", &request)
            .await
    }
    /// Streams changes from a resume token or from now. FAILED_PRECONDITION: the token is from before a restore.
    pub async fn watch_profiles(
        &self,
        request: v1::WatchProfilesRequest,
    ) -> Result<Answers<v1::WatchProfilesResponse>, Error> {
        self.caller
            .server_stream("/interplay.v1.ProfileService/WatchProfiles", &request)
            .await
    }
}
/// What an agent should know, in one call. Errors common to all: INVALID_ARGUMENT with all violations, UNAUTHENTICATED,
/// PERMISSION_DENIED, RESOURCE_EXHAUSTED, UNAVAILABLE while draining, DEADLINE_EXCEEDED, INTERNAL.
#[derive(Clone, Debug)]
pub struct ContextServiceClient {
    caller: Caller,
}
impl ContextServiceClient {
    pub(crate) fn new(caller: Caller) -> Self {
        Self { caller }
    }
    /// The same with another limit of time for its unary methods.
    #[must_use]
    pub fn with_timeout(mut self, timeout: std::time::Duration) -> Self {
        self.caller = self.caller.with_timeout(timeout);
        self
    }
    /// Briefs an agent on a user: facts, lessons and past interactions that matter to the query or the last turns.
    /// NOT_FOUND: no such experiment.
    pub async fn get_context(
        &self,
        request: v1::GetContextRequest,
    ) -> Result<v1::GetContextResponse, Error> {
        self.caller.unary("/interplay.v1.ContextService/GetContext", &request).await
    }
    /// Searches every kind at once; a kind that fails is empty and named in degraded_reason.
    pub async fn search_all(
        &self,
        request: v1::SearchAllRequest,
    ) -> Result<v1::SearchAllResponse, Error> {
        self.caller.unary("/interplay.v1.ContextService/SearchAll", &request).await
    }
}
/// Dialogues between personas and an agent: live, where either side may be a model, a human or the client's own agent, or
/// generated in bulk. Errors common to all: INVALID_ARGUMENT with all violations, UNAUTHENTICATED, PERMISSION_DENIED,
/// RESOURCE_EXHAUSTED, UNAVAILABLE while draining, DEADLINE_EXCEEDED, INTERNAL.
#[derive(Clone, Debug)]
pub struct DialogueServiceClient {
    caller: Caller,
}
impl DialogueServiceClient {
    pub(crate) fn new(caller: Caller) -> Self {
        Self { caller }
    }
    /// The same with another limit of time for its unary methods.
    #[must_use]
    pub fn with_timeout(mut self, timeout: std::time::Duration) -> Self {
        self.caller = self.caller.with_timeout(timeout);
        self
    }
    /// One dialogue, turn by turn; the user speaks first. A turn that was sent is durable. A stream that breaks or is
    /// half-closed leaves the dialogue for 24 hours. NOT_FOUND: no dialogue to resume. FAILED_PRECONDITION: it has ended.
    /// ALREADY_EXISTS (TURN_CONFLICT): another text under a sequence that was answered. ABORTED (DIALOGUE_SUPERSEDED): a
    /// newer stream took it over.
    pub async fn converse(
        &self,
        requests: impl Stream<Item = v1::ConverseRequest> + Send + 'static,
    ) -> Result<Answers<v1::ConverseResponse>, Error> {
        self.caller.bidi("/interplay.v1.DialogueService/Converse", requests).await
    }
    /// Makes dialogues for personas and queries. The first message names the operation; cancelling the call only detaches.
    /// The same request_id attaches again or plays back. ALREADY_EXISTS: request_id was used with another payload.
    /// FAILED_PRECONDITION: the provider is not configured, or no query is left.
    pub async fn generate_dialogues(
        &self,
        request: v1::GenerateDialoguesRequest,
    ) -> Result<Answers<v1::GenerateDialoguesResponse>, Error> {
        self.caller
            .server_stream("/interplay.v1.DialogueService/GenerateDialogues", &request)
            .await
    }
    /// Draws personas, or makes them from stored profiles. FAILED_PRECONDITION: no such personas can be drawn.
    pub async fn sample_personas(
        &self,
        request: v1::SamplePersonasRequest,
    ) -> Result<v1::SamplePersonasResponse, Error> {
        self.caller.unary("/interplay.v1.DialogueService/SamplePersonas", &request).await
    }
    /// Gets a dialogue with its turns. NOT_FOUND: no dialogue has this id.
    pub async fn get_dialogue(
        &self,
        request: v1::GetDialogueRequest,
    ) -> Result<v1::GetDialogueResponse, Error> {
        self.caller.unary("/interplay.v1.DialogueService/GetDialogue", &request).await
    }
    /// Lists dialogues, the newest first; failed and cancelled ones only if asked for.
    pub async fn list_dialogues(
        &self,
        request: v1::ListDialoguesRequest,
    ) -> Result<v1::ListDialoguesResponse, Error> {
        self.caller.unary("/interplay.v1.DialogueService/ListDialogues", &request).await
    }
    /// Deletes dialogues. Unknown ids are no error.
    pub async fn delete_dialogues(
        &self,
        request: v1::DeleteDialoguesRequest,
    ) -> Result<v1::DeleteDialoguesResponse, Error> {
        self.caller
            .unary("/interplay.v1.DialogueService/DeleteDialogues", &request)
            .await
    }
    /// Streams dialogues as files, in pieces.
    pub async fn export_dialogues(
        &self,
        request: v1::ExportDialoguesRequest,
    ) -> Result<Answers<v1::ExportDialoguesResponse>, Error> {
        self.caller
            .server_stream("/interplay.v1.DialogueService/ExportDialogues", &request)
            .await
    }
    /// Publishes dialogues into the interaction store, as synthetic ones; what was published before is not again.
    pub async fn publish_dialogue(
        &self,
        request: v1::PublishDialogueRequest,
    ) -> Result<v1::PublishDialogueResponse, Error> {
        self.caller
            .unary("/interplay.v1.DialogueService/PublishDialogue", &request)
            .await
    }
    /// Shows what noise does to texts.
    pub async fn apply_noise(
        &self,
        request: v1::ApplyNoiseRequest,
    ) -> Result<v1::ApplyNoiseResponse, Error> {
        self.caller.unary("/interplay.v1.DialogueService/ApplyNoise", &request).await
    }
}
/// Whether the agent, the shadow or what was learnt is really better. Errors common to all: INVALID_ARGUMENT with all
/// violations, UNAUTHENTICATED, PERMISSION_DENIED, RESOURCE_EXHAUSTED, UNAVAILABLE while draining, DEADLINE_EXCEEDED,
/// INTERNAL.
#[derive(Clone, Debug)]
pub struct EvaluationServiceClient {
    caller: Caller,
}
impl EvaluationServiceClient {
    pub(crate) fn new(caller: Caller) -> Self {
        Self { caller }
    }
    /// The same with another limit of time for its unary methods.
    #[must_use]
    pub fn with_timeout(mut self, timeout: std::time::Duration) -> Self {
        self.caller = self.caller.with_timeout(timeout);
        self
    }
    /// Says how a session ended; wins over every judge. The same report again changes nothing. NOT_FOUND: no such session.
    /// ALREADY_EXISTS: another outcome was reported of it, and `replace` is not set.
    pub async fn report_session_outcome(
        &self,
        mut request: v1::ReportSessionOutcomeRequest,
    ) -> Result<v1::ReportSessionOutcomeResponse, Error> {
        identify(&mut request.request_id);
        self.caller
            .unary("/interplay.v1.EvaluationService/ReportSessionOutcome", &request)
            .await
    }
    /// Judges sessions now, as an operation: those that were never judged, or all that match. FAILED_PRECONDITION: the
    /// judge is a provider that the server is not configured with.
    pub async fn evaluate_sessions(
        &self,
        mut request: v1::EvaluateSessionsRequest,
    ) -> Result<v1::EvaluateSessionsResponse, Error> {
        identify(&mut request.request_id);
        self.caller
            .unary("/interplay.v1.EvaluationService/EvaluateSessions", &request)
            .await
    }
    /// Lists evaluated sessions, the latest first.
    pub async fn list_session_evaluations(
        &self,
        request: v1::ListSessionEvaluationsRequest,
    ) -> Result<v1::ListSessionEvaluationsResponse, Error> {
        self.caller
            .unary("/interplay.v1.EvaluationService/ListSessionEvaluations", &request)
            .await
    }
    /// Compares what the user saw with the shadow, or with the expert, pair by pair; ends with a report. The first message
    /// names the operation: cancelling the call only detaches, and calling again with the same request_id and resume_after
    /// goes on behind that verdict. A pair that this judge has judged is not judged again. FAILED_PRECONDITION: the judge
    /// is a provider that the server is not configured with.
    pub async fn compare_arms(
        &self,
        request: v1::CompareArmsRequest,
    ) -> Result<Answers<v1::CompareArmsResponse>, Error> {
        self.caller
            .server_stream("/interplay.v1.EvaluationService/CompareArms", &request)
            .await
    }
    /// Measures a judge against pairs that people labelled; the last audit of a judge decides whether it may promote.
    /// UNAVAILABLE: the model is down; what was judged is kept for the next call.
    pub async fn audit_judge(
        &self,
        request: v1::AuditJudgeRequest,
    ) -> Result<v1::AuditJudgeResponse, Error> {
        self.caller.unary("/interplay.v1.EvaluationService/AuditJudge", &request).await
    }
    /// Reports on an agent by version and day, with what the injected facts and lessons did.
    pub async fn get_agent_report(
        &self,
        request: v1::GetAgentReportRequest,
    ) -> Result<v1::GetAgentReportResponse, Error> {
        self.caller
            .unary("/interplay.v1.EvaluationService/GetAgentReport", &request)
            .await
    }
    /// Starts an experiment; users are assigned by a keyed hash when GetContext names it. ALREADY_EXISTS: the id is taken.
    pub async fn create_experiment(
        &self,
        mut request: v1::CreateExperimentRequest,
    ) -> Result<v1::CreateExperimentResponse, Error> {
        identify(&mut request.request_id);
        self.caller
            .unary("/interplay.v1.EvaluationService/CreateExperiment", &request)
            .await
    }
    /// Stops an experiment; stopping it again changes nothing. NOT_FOUND: no such experiment.
    pub async fn stop_experiment(
        &self,
        request: v1::StopExperimentRequest,
    ) -> Result<v1::StopExperimentResponse, Error> {
        self.caller
            .unary("/interplay.v1.EvaluationService/StopExperiment", &request)
            .await
    }
    /// Lists experiments, the latest first.
    pub async fn list_experiments(
        &self,
        request: v1::ListExperimentsRequest,
    ) -> Result<v1::ListExperimentsResponse, Error> {
        self.caller
            .unary("/interplay.v1.EvaluationService/ListExperiments", &request)
            .await
    }
    /// Gets the configuration; defaults where nothing was set.
    pub async fn get_evaluation_config(
        &self,
        request: v1::GetEvaluationConfigRequest,
    ) -> Result<v1::GetEvaluationConfigResponse, Error> {
        self.caller
            .unary("/interplay.v1.EvaluationService/GetEvaluationConfig", &request)
            .await
    }
    /// Replaces the configuration. ABORTED: the etag is not the current one. FAILED_PRECONDITION: the judge is a provider
    /// that the server is not configured with.
    pub async fn update_evaluation_config(
        &self,
        request: v1::UpdateEvaluationConfigRequest,
    ) -> Result<v1::UpdateEvaluationConfigResponse, Error> {
        self.caller
            .unary("/interplay.v1.EvaluationService/UpdateEvaluationConfig", &request)
            .await
    }
}
/// What a shop tells, and 29 features of every customer and product from it. Errors common to all: INVALID_ARGUMENT with all
/// violations, UNAUTHENTICATED, PERMISSION_DENIED, RESOURCE_EXHAUSTED, UNAVAILABLE while draining, DEADLINE_EXCEEDED,
/// INTERNAL. Reads see every write acked before they began; rows that are kept are brought up to date within seconds.
#[derive(Clone, Debug)]
pub struct FeatureServiceClient {
    caller: Caller,
}
impl FeatureServiceClient {
    pub(crate) fn new(caller: Caller) -> Self {
        Self { caller }
    }
    /// The same with another limit of time for its unary methods.
    #[must_use]
    pub fn with_timeout(mut self, timeout: std::time::Duration) -> Self {
        self.caller = self.caller.with_timeout(timeout);
        self
    }
    /// Stores a batch of events; when it returns OK they are durable. ALREADY_EXISTS: request_id was used with another
    /// payload.
    pub async fn record_events(
        &self,
        mut request: v1::RecordEventsRequest,
    ) -> Result<v1::RecordEventsResponse, Error> {
        identify(&mut request.request_id);
        self.caller.unary("/interplay.v1.FeatureService/RecordEvents", &request).await
    }
    /// Records over a named stream, by the rules of InteractionService.StreamPublish. ABORTED (STREAM_SUPERSEDED): a newer
    /// connection took the stream_id over.
    pub async fn stream_events(
        &self,
        requests: impl Stream<Item = v1::StreamEventsRequest> + Send + 'static,
    ) -> Result<Answers<v1::StreamEventsResponse>, Error> {
        self.caller.bidi("/interplay.v1.FeatureService/StreamEvents", requests).await
    }
    /// Lists events in the order of the journal; of several copies the first.
    pub async fn list_events(
        &self,
        request: v1::ListEventsRequest,
    ) -> Result<v1::ListEventsResponse, Error> {
        self.caller.unary("/interplay.v1.FeatureService/ListEvents", &request).await
    }
    /// Deletes events by ids or by filter; every feature forgets them. Unknown ids are no error.
    pub async fn delete_events(
        &self,
        request: v1::DeleteEventsRequest,
    ) -> Result<v1::DeleteEventsResponse, Error> {
        self.caller.unary("/interplay.v1.FeatureService/DeleteEvents", &request).await
    }
    /// Stores products; each replaces the one before.
    pub async fn upsert_products(
        &self,
        mut request: v1::UpsertProductsRequest,
    ) -> Result<v1::UpsertProductsResponse, Error> {
        identify(&mut request.request_id);
        self.caller.unary("/interplay.v1.FeatureService/UpsertProducts", &request).await
    }
    /// Stores customers; each replaces the one before.
    pub async fn upsert_customers(
        &self,
        mut request: v1::UpsertCustomersRequest,
    ) -> Result<v1::UpsertCustomersResponse, Error> {
        identify(&mut request.request_id);
        self.caller.unary("/interplay.v1.FeatureService/UpsertCustomers", &request).await
    }
    /// Stores orders with their lines and refunds; each replaces the one before.
    pub async fn upsert_orders(
        &self,
        mut request: v1::UpsertOrdersRequest,
    ) -> Result<v1::UpsertOrdersResponse, Error> {
        identify(&mut request.request_id);
        self.caller.unary("/interplay.v1.FeatureService/UpsertOrders", &request).await
    }
    /// Deletes orders; every feature forgets them. Unknown ids are no error.
    pub async fn delete_orders(
        &self,
        request: v1::DeleteOrdersRequest,
    ) -> Result<v1::DeleteOrdersResponse, Error> {
        self.caller.unary("/interplay.v1.FeatureService/DeleteOrders", &request).await
    }
    /// Stores which clients are which customers; what guests did becomes theirs.
    pub async fn upsert_identity_links(
        &self,
        mut request: v1::UpsertIdentityLinksRequest,
    ) -> Result<v1::UpsertIdentityLinksResponse, Error> {
        identify(&mut request.request_id);
        self.caller
            .unary("/interplay.v1.FeatureService/UpsertIdentityLinks", &request)
            .await
    }
    /// Computes the features of one pair at any instant, from its events. NOT_FOUND: there is no event that counts and no
    /// purchase up to then.
    pub async fn get_interaction_features(
        &self,
        request: v1::GetInteractionFeaturesRequest,
    ) -> Result<v1::GetInteractionFeaturesResponse, Error> {
        self.caller
            .unary("/interplay.v1.FeatureService/GetInteractionFeatures", &request)
            .await
    }
    /// Gets the features of many pairs; those that do not exist are left out.
    pub async fn batch_get_interaction_features(
        &self,
        request: v1::BatchGetInteractionFeaturesRequest,
    ) -> Result<v1::BatchGetInteractionFeaturesResponse, Error> {
        self.caller
            .unary("/interplay.v1.FeatureService/BatchGetInteractionFeatures", &request)
            .await
    }
    /// Lists features with filters, in the order of one of them.
    pub async fn list_interaction_features(
        &self,
        request: v1::ListInteractionFeaturesRequest,
    ) -> Result<v1::ListInteractionFeaturesResponse, Error> {
        self.caller
            .unary("/interplay.v1.FeatureService/ListInteractionFeatures", &request)
            .await
    }
    /// Lists the products to recommend to a customer, the best first, with what their score is made of.
    pub async fn list_recommendations(
        &self,
        request: v1::ListRecommendationsRequest,
    ) -> Result<v1::ListRecommendationsResponse, Error> {
        self.caller
            .unary("/interplay.v1.FeatureService/ListRecommendations", &request)
            .await
    }
    /// Computes everything, or what changed since the last run. The first message names the operation; cancelling the call
    /// only detaches. ALREADY_EXISTS: request_id was used with another payload.
    pub async fn compute_interaction_features(
        &self,
        request: v1::ComputeInteractionFeaturesRequest,
    ) -> Result<Answers<v1::ComputeInteractionFeaturesResponse>, Error> {
        self.caller
            .server_stream(
                "/interplay.v1.FeatureService/ComputeInteractionFeatures",
                &request,
            )
            .await
    }
    /// Streams rows as they are computed anew, from a resume token or from now. FAILED_PRECONDITION: the token is from before
    /// a restore.
    pub async fn watch_interaction_features(
        &self,
        request: v1::WatchInteractionFeaturesRequest,
    ) -> Result<Answers<v1::WatchInteractionFeaturesResponse>, Error> {
        self.caller
            .server_stream(
                "/interplay.v1.FeatureService/WatchInteractionFeatures",
                &request,
            )
            .await
    }
    /// Streams every row as a file, in pieces. NOT_FOUND: the export_id is not known any more.
    pub async fn export_interaction_features(
        &self,
        request: v1::ExportInteractionFeaturesRequest,
    ) -> Result<Answers<v1::ExportInteractionFeaturesResponse>, Error> {
        self.caller
            .server_stream(
                "/interplay.v1.FeatureService/ExportInteractionFeatures",
                &request,
            )
            .await
    }
    /// Gets the configuration; defaults where nothing was set.
    pub async fn get_feature_config(
        &self,
        request: v1::GetFeatureConfigRequest,
    ) -> Result<v1::GetFeatureConfigResponse, Error> {
        self.caller
            .unary("/interplay.v1.FeatureService/GetFeatureConfig", &request)
            .await
    }
    /// Replaces the configuration; every feature is computed anew. ABORTED: the etag is not the current one.
    pub async fn update_feature_config(
        &self,
        request: v1::UpdateFeatureConfigRequest,
    ) -> Result<v1::UpdateFeatureConfigResponse, Error> {
        self.caller
            .unary("/interplay.v1.FeatureService/UpdateFeatureConfig", &request)
            .await
    }
    /// Says what the kept features look like, and how far they are from the run before.
    pub async fn get_feature_report(
        &self,
        request: v1::GetFeatureReportRequest,
    ) -> Result<v1::GetFeatureReportResponse, Error> {
        self.caller
            .unary("/interplay.v1.FeatureService/GetFeatureReport", &request)
            .await
    }
    /// Imports products, customers, orders and pixel events as Shopify gives them. OUT_OF_RANGE: the offset is beyond what
    /// was received.
    pub async fn import_shopify(
        &self,
        requests: impl Stream<Item = v1::ImportShopifyRequest> + Send + 'static,
    ) -> Result<Answers<v1::ImportShopifyResponse>, Error> {
        self.caller.bidi("/interplay.v1.FeatureService/ImportShopify", requests).await
    }
}
/// How a tenant learns: configuration, work now and again, generations, state and provenance. Errors common to all:
/// INVALID_ARGUMENT with all violations, UNAUTHENTICATED, PERMISSION_DENIED, RESOURCE_EXHAUSTED, UNAVAILABLE while draining,
/// DEADLINE_EXCEEDED, INTERNAL.
#[derive(Clone, Debug)]
pub struct LearningServiceClient {
    caller: Caller,
}
impl LearningServiceClient {
    pub(crate) fn new(caller: Caller) -> Self {
        Self { caller }
    }
    /// The same with another limit of time for its unary methods.
    #[must_use]
    pub fn with_timeout(mut self, timeout: std::time::Duration) -> Self {
        self.caller = self.caller.with_timeout(timeout);
        self
    }
    /// Gets the configuration; defaults where nothing was set.
    pub async fn get_learning_config(
        &self,
        request: v1::GetLearningConfigRequest,
    ) -> Result<v1::GetLearningConfigResponse, Error> {
        self.caller
            .unary("/interplay.v1.LearningService/GetLearningConfig", &request)
            .await
    }
    /// Replaces the configuration. ABORTED: the etag is not the current one. FAILED_PRECONDITION: the provider is not
    /// configured in this server.
    pub async fn update_learning_config(
        &self,
        request: v1::UpdateLearningConfigRequest,
    ) -> Result<v1::UpdateLearningConfigResponse, Error> {
        self.caller
            .unary("/interplay.v1.LearningService/UpdateLearningConfig", &request)
            .await
    }
    /// Learns profiles now from what a user published and was not learnt from yet, whatever the stride. UNAVAILABLE: the
    /// provider is down.
    pub async fn generate_profiles(
        &self,
        request: v1::GenerateProfilesRequest,
    ) -> Result<v1::GenerateProfilesResponse, Error> {
        self.caller
            .unary("/interplay.v1.LearningService/GenerateProfiles", &request)
            .await
    }
    /// Learns playbooks now from what a user published and was not learnt from yet, whatever the stride. UNAVAILABLE: the
    /// provider is down.
    pub async fn generate_playbooks(
        &self,
        request: v1::GeneratePlaybooksRequest,
    ) -> Result<v1::GeneratePlaybooksResponse, Error> {
        self.caller
            .unary("/interplay.v1.LearningService/GeneratePlaybooks", &request)
            .await
    }
    /// Learns everything anew into a pending generation. FAILED_PRECONDITION: a rerun of this kind is running.
    pub async fn rerun_learning(
        &self,
        mut request: v1::RerunLearningRequest,
    ) -> Result<v1::RerunLearningResponse, Error> {
        identify(&mut request.request_id);
        self.caller.unary("/interplay.v1.LearningService/RerunLearning", &request).await
    }
    /// Makes the pending generation the active one, in one commit. FAILED_PRECONDITION: nothing to promote, or its rerun
    /// is running.
    pub async fn promote_generation(
        &self,
        request: v1::PromoteGenerationRequest,
    ) -> Result<v1::PromoteGenerationResponse, Error> {
        self.caller
            .unary("/interplay.v1.LearningService/PromoteGeneration", &request)
            .await
    }
    /// Makes the generation before the active one active again, in one commit. FAILED_PRECONDITION: there is none.
    pub async fn rollback_generation(
        &self,
        request: v1::RollbackGenerationRequest,
    ) -> Result<v1::RollbackGenerationResponse, Error> {
        self.caller
            .unary("/interplay.v1.LearningService/RollbackGeneration", &request)
            .await
    }
    /// Says how far learning has come, of a publish request, a user or the tenant. NOT_FOUND: no such request.
    pub async fn get_learning_status(
        &self,
        request: v1::GetLearningStatusRequest,
    ) -> Result<v1::GetLearningStatusResponse, Error> {
        self.caller
            .unary("/interplay.v1.LearningService/GetLearningStatus", &request)
            .await
    }
    /// Says exactly what a row was learnt from. NOT_FOUND: no such row.
    pub async fn get_learning_provenance(
        &self,
        request: v1::GetLearningProvenanceRequest,
    ) -> Result<v1::GetLearningProvenanceResponse, Error> {
        self.caller
            .unary("/interplay.v1.LearningService/GetLearningProvenance", &request)
            .await
    }
}
/// How a product is used, without anybody's identity: events in, habits, faults, alerts and forecasts out. Errors common to
/// all: INVALID_ARGUMENT with all violations, UNAUTHENTICATED, PERMISSION_DENIED, RESOURCE_EXHAUSTED, UNAVAILABLE while
/// draining, DEADLINE_EXCEEDED, INTERNAL, and FAILED_PRECONDITION (KEY_UNAVAILABLE) where the key that seals what is
/// private is missing or another one. Reads see every write acked before they began.
#[derive(Clone, Debug)]
pub struct MonitorServiceClient {
    caller: Caller,
}
impl MonitorServiceClient {
    pub(crate) fn new(caller: Caller) -> Self {
        Self { caller }
    }
    /// The same with another limit of time for its unary methods.
    #[must_use]
    pub fn with_timeout(mut self, timeout: std::time::Duration) -> Self {
        self.caller = self.caller.with_timeout(timeout);
        self
    }
    /// Records one event; when it returns OK it is durable, or was dropped because its person opted out.
    pub async fn record_event(
        &self,
        mut request: v1::RecordEventRequest,
    ) -> Result<v1::RecordEventResponse, Error> {
        if let Some(event) = request.event.as_option_mut() {
            identify(&mut event.event_id);
        }
        self.caller.unary("/interplay.v1.MonitorService/RecordEvent", &request).await
    }
    /// Records over a named stream, by the rules of InteractionService.StreamPublish; bad events are named in the ack and
    /// the good ones taken. ABORTED (STREAM_SUPERSEDED): a newer connection took the stream_id over.
    pub async fn stream_monitor_events(
        &self,
        requests: impl Stream<Item = v1::StreamMonitorEventsRequest> + Send + 'static,
    ) -> Result<Answers<v1::StreamMonitorEventsResponse>, Error> {
        self.caller
            .bidi("/interplay.v1.MonitorService/StreamMonitorEvents", requests)
            .await
    }
    /// Counts for life: neither retention nor erasure lowers them.
    pub async fn get_statistics(
        &self,
        request: v1::GetStatisticsRequest,
    ) -> Result<v1::GetStatisticsResponse, Error> {
        self.caller.unary("/interplay.v1.MonitorService/GetStatistics", &request).await
    }
    /// Describes the use of the last hours.
    pub async fn analyze_recent(
        &self,
        request: v1::AnalyzeRecentRequest,
    ) -> Result<v1::AnalyzeRecentResponse, Error> {
        self.caller.unary("/interplay.v1.MonitorService/AnalyzeRecent", &request).await
    }
    /// Lists habits, faults and what is out of the ordinary, the most confident first.
    pub async fn list_patterns(
        &self,
        request: v1::ListPatternsRequest,
    ) -> Result<v1::ListPatternsResponse, Error> {
        self.caller.unary("/interplay.v1.MonitorService/ListPatterns", &request).await
    }
    /// Describes how one person uses the product. NOT_FOUND: nothing is known of this person.
    pub async fn get_usage_profile(
        &self,
        request: v1::GetUsageProfileRequest,
    ) -> Result<v1::GetUsageProfileResponse, Error> {
        self.caller.unary("/interplay.v1.MonitorService/GetUsageProfile", &request).await
    }
    /// Lists profiles of everybody, by alias. FAILED_PRECONDITION: the configuration asks for k-anonymity.
    pub async fn list_usage_profiles(
        &self,
        request: v1::ListUsageProfilesRequest,
    ) -> Result<v1::ListUsageProfilesResponse, Error> {
        self.caller
            .unary("/interplay.v1.MonitorService/ListUsageProfiles", &request)
            .await
    }
    /// Says whether a person is monitored; opting out takes effect before this returns.
    pub async fn set_monitoring_consent(
        &self,
        request: v1::SetMonitoringConsentRequest,
    ) -> Result<v1::SetMonitoringConsentResponse, Error> {
        self.caller
            .unary("/interplay.v1.MonitorService/SetMonitoringConsent", &request)
            .await
    }
    /// Gets what a person said, or the default.
    pub async fn get_monitoring_consent(
        &self,
        request: v1::GetMonitoringConsentRequest,
    ) -> Result<v1::GetMonitoringConsentResponse, Error> {
        self.caller
            .unary("/interplay.v1.MonitorService/GetMonitoringConsent", &request)
            .await
    }
    /// Deletes raw events that are older than their retention; aggregates stay. When it returns they are gone from every
    /// file.
    pub async fn purge_expired(
        &self,
        request: v1::PurgeExpiredRequest,
    ) -> Result<v1::PurgeExpiredResponse, Error> {
        self.caller.unary("/interplay.v1.MonitorService/PurgeExpired", &request).await
    }
    /// Streams patterns as they appear and change, from a resume token or from now.
    pub async fn watch_patterns(
        &self,
        request: v1::WatchPatternsRequest,
    ) -> Result<Answers<v1::WatchPatternsResponse>, Error> {
        self.caller
            .server_stream("/interplay.v1.MonitorService/WatchPatterns", &request)
            .await
    }
    /// Streams alerts as they open, grow, close and are acknowledged, from a resume token or from now.
    pub async fn watch_alerts(
        &self,
        request: v1::WatchAlertsRequest,
    ) -> Result<Answers<v1::WatchAlertsResponse>, Error> {
        self.caller
            .server_stream("/interplay.v1.MonitorService/WatchAlerts", &request)
            .await
    }
    /// Lists alerts, the newest first.
    pub async fn list_alerts(
        &self,
        request: v1::ListAlertsRequest,
    ) -> Result<v1::ListAlertsResponse, Error> {
        self.caller.unary("/interplay.v1.MonitorService/ListAlerts", &request).await
    }
    /// Marks an alert as seen. NOT_FOUND: no alert has this id.
    pub async fn acknowledge_alert(
        &self,
        request: v1::AcknowledgeAlertRequest,
    ) -> Result<v1::AcknowledgeAlertResponse, Error> {
        self.caller
            .unary("/interplay.v1.MonitorService/AcknowledgeAlert", &request)
            .await
    }
    /// Predicts the next command and whether it will fail, with how well such predictions were so far beside baselines.
    pub async fn predict_next(
        &self,
        request: v1::PredictNextRequest,
    ) -> Result<v1::PredictNextResponse, Error> {
        self.caller.unary("/interplay.v1.MonitorService/PredictNext", &request).await
    }
    /// Groups people by how they use the product.
    pub async fn list_segments(
        &self,
        request: v1::ListSegmentsRequest,
    ) -> Result<v1::ListSegmentsResponse, Error> {
        self.caller.unary("/interplay.v1.MonitorService/ListSegments", &request).await
    }
    /// Forecasts events an hour with intervals.
    pub async fn get_load_forecast(
        &self,
        request: v1::GetLoadForecastRequest,
    ) -> Result<v1::GetLoadForecastResponse, Error> {
        self.caller.unary("/interplay.v1.MonitorService/GetLoadForecast", &request).await
    }
    /// Gets the configuration; defaults where nothing was set.
    pub async fn get_monitoring_config(
        &self,
        request: v1::GetMonitoringConfigRequest,
    ) -> Result<v1::GetMonitoringConfigResponse, Error> {
        self.caller
            .unary("/interplay.v1.MonitorService/GetMonitoringConfig", &request)
            .await
    }
    /// Replaces the configuration. ABORTED: the etag is not the current one.
    pub async fn update_monitoring_config(
        &self,
        request: v1::UpdateMonitoringConfigRequest,
    ) -> Result<v1::UpdateMonitoringConfigResponse, Error> {
        self.caller
            .unary("/interplay.v1.MonitorService/UpdateMonitoringConfig", &request)
            .await
    }
    /// Makes a new key for what comes; people stay the same as long as the old one is held.
    pub async fn rotate_key(
        &self,
        request: v1::RotateKeyRequest,
    ) -> Result<v1::RotateKeyResponse, Error> {
        self.caller.unary("/interplay.v1.MonitorService/RotateKey", &request).await
    }
    /// Destroys a key: what it sealed is erased, and who was who under it. NOT_FOUND: no key has this id.
    pub async fn destroy_key(
        &self,
        request: v1::DestroyKeyRequest,
    ) -> Result<v1::DestroyKeyResponse, Error> {
        self.caller.unary("/interplay.v1.MonitorService/DestroyKey", &request).await
    }
    /// Lists keys, the newest first; never their material.
    pub async fn list_keys(
        &self,
        request: v1::ListKeysRequest,
    ) -> Result<v1::ListKeysResponse, Error> {
        self.caller.unary("/interplay.v1.MonitorService/ListKeys", &request).await
    }
    /// Lists actions on people's data, the newest first, and whether their chain is whole.
    pub async fn list_privacy_actions(
        &self,
        request: v1::ListPrivacyActionsRequest,
    ) -> Result<v1::ListPrivacyActionsResponse, Error> {
        self.caller
            .unary("/interplay.v1.MonitorService/ListPrivacyActions", &request)
            .await
    }
    /// Streams events as a file, in pieces. FAILED_PRECONDITION: rows of everybody while the configuration asks for
    /// k-anonymity.
    pub async fn export_events(
        &self,
        request: v1::ExportEventsRequest,
    ) -> Result<Answers<v1::ExportEventsResponse>, Error> {
        self.caller
            .server_stream("/interplay.v1.MonitorService/ExportEvents", &request)
            .await
    }
    /// Imports JSON lines in the shape of ExportEvents. OUT_OF_RANGE: the offset is beyond what was received.
    pub async fn import_events(
        &self,
        requests: impl Stream<Item = v1::ImportEventsRequest> + Send + 'static,
    ) -> Result<Answers<v1::ImportEventsResponse>, Error> {
        self.caller.bidi("/interplay.v1.MonitorService/ImportEvents", requests).await
    }
}
/// Shows, follows and cancels long work of the tenant. Operations are kept for 30 days after their end.
#[derive(Clone, Debug)]
pub struct OperationServiceClient {
    caller: Caller,
}
impl OperationServiceClient {
    pub(crate) fn new(caller: Caller) -> Self {
        Self { caller }
    }
    /// The same with another limit of time for its unary methods.
    #[must_use]
    pub fn with_timeout(mut self, timeout: std::time::Duration) -> Self {
        self.caller = self.caller.with_timeout(timeout);
        self
    }
    /// Gets one operation. NOT_FOUND: no such operation.
    pub async fn get_operation(
        &self,
        request: v1::GetOperationRequest,
    ) -> Result<v1::GetOperationResponse, Error> {
        self.caller.unary("/interplay.v1.OperationService/GetOperation", &request).await
    }
    /// Lists operations, the newest first.
    pub async fn list_operations(
        &self,
        request: v1::ListOperationsRequest,
    ) -> Result<v1::ListOperationsResponse, Error> {
        self.caller
            .unary("/interplay.v1.OperationService/ListOperations", &request)
            .await
    }
    /// Streams an operation on every change until it ends. NOT_FOUND: no such operation.
    pub async fn watch_operation(
        &self,
        request: v1::WatchOperationRequest,
    ) -> Result<Answers<v1::WatchOperationResponse>, Error> {
        self.caller
            .server_stream("/interplay.v1.OperationService/WatchOperation", &request)
            .await
    }
    /// Asks an operation to stop at its next safe point; one that has ended stays as it is. NOT_FOUND: no such operation.
    pub async fn cancel_operation(
        &self,
        request: v1::CancelOperationRequest,
    ) -> Result<v1::CancelOperationResponse, Error> {
        self.caller
            .unary("/interplay.v1.OperationService/CancelOperation", &request)
            .await
    }
}
