//! The client.

use std::fmt;
use std::sync::Arc;

use crate::caller::Caller;
use crate::config::Config;
use crate::converse::Conversation;
use crate::errors::Error;
use crate::publisher::{EventPublisher, MonitorPublisher, Publisher, PublisherOptions};
use crate::services::{
    AdminServiceClient, ContextServiceClient, DialogueServiceClient, EvaluationServiceClient, FeatureServiceClient,
    InteractionServiceClient, LearningServiceClient, MonitorServiceClient, OperationServiceClient,
    PlaybookServiceClient, ProfileServiceClient,
};
use crate::transport::Transport;
use crate::v1;
use crate::watch::Watch;

/// A connection to a server. Cheap to clone; clones share it. It ends when the last of them, and of what was made from
/// them, is dropped.
#[derive(Clone)]
pub struct Client {
    transport: Arc<Transport>,
    target: Arc<str>,
}

macro_rules! services {
    ($($(#[$doc:meta])* $name:ident: $kind:ident;)*) => {
        /// The methods of the services. Each fails with an [`Error`]; those that may be tried again are.
        impl Client {
            $($(#[$doc])*
            pub fn $name(&self) -> $kind {
                $kind::new(Caller::new(self.transport.clone()))
            })*
        }
    };
}

services! {
    /// Publishes, finds and streams interactions.
    interaction: InteractionServiceClient;
    /// Facts about users.
    profile: ProfileServiceClient;
    /// Lessons for agents.
    playbook: PlaybookServiceClient;
    /// How facts and lessons are learnt.
    learning: LearningServiceClient;
    /// What an agent should know for its next turn.
    context: ContextServiceClient;
    /// How well agents do.
    evaluation: EvaluationServiceClient;
    /// What shoppers did, as numbers.
    feature: FeatureServiceClient;
    /// How a program is used.
    monitor: MonitorServiceClient;
    /// Dialogues between personas and an agent.
    dialogue: DialogueServiceClient;
    /// Long work.
    operation: OperationServiceClient;
    /// Keys, tenants and backups.
    admin: AdminServiceClient;
}

macro_rules! watches {
    ($($(#[$doc:meta])* $name:ident: $request:ident, $answer:ident;)*) => {
        /// Changes as they happen, without end: a watch goes on from its last token when the connection is lost.
        impl Client {
            $($(#[$doc])*
            pub fn $name(&self, request: v1::$request) -> Watch<v1::$answer> {
                Watch::begin(self.transport.clone(), request)
            })*
        }
    };
}

watches! {
    /// Interactions that are published, deleted or annotated.
    watch_interactions: WatchInteractionsRequest, WatchInteractionsResponse;
    /// Facts about users that change.
    watch_profiles: WatchProfilesRequest, WatchProfilesResponse;
    /// Lessons that change.
    watch_playbooks: WatchPlaybooksRequest, WatchPlaybooksResponse;
    /// Features that are computed anew.
    watch_interaction_features: WatchInteractionFeaturesRequest, WatchInteractionFeaturesResponse;
    /// Patterns of use that appear, change or go.
    watch_patterns: WatchPatternsRequest, WatchPatternsResponse;
    /// Alerts.
    watch_alerts: WatchAlertsRequest, WatchAlertsResponse;
}

impl Client {
    /// Makes a client. The connection is made by its first call, and again whenever it is lost, so a server that is not
    /// there yet is no error. Fails with INVALID_ARGUMENT for settings that contradict each other, and where the API key
    /// would go over a network in plaintext.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub async fn connect(config: Config) -> Result<Self, Error> {
        Ok(Self { transport: Arc::new(Transport::new(&config)?), target: config.target.into() })
    }

    /// A publisher of interactions. It connects in the background.
    pub fn publisher(&self, options: PublisherOptions) -> Result<Publisher, Error> {
        Publisher::open(self.transport.clone(), options)
    }

    /// A publisher of a shop's events.
    pub fn event_publisher(&self, options: PublisherOptions) -> Result<EventPublisher, Error> {
        Publisher::open(self.transport.clone(), options)
    }

    /// A publisher of monitored events.
    pub fn monitor_publisher(&self, options: PublisherOptions) -> Result<MonitorPublisher, Error> {
        Publisher::open(self.transport.clone(), options)
    }

    /// A dialogue in which functions of the caller may play a side.
    pub fn converse(&self, start: v1::ConverseStart) -> Conversation {
        Conversation::new(self.transport.clone(), start)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        into.debug_struct("Client").field("target", &self.target).finish_non_exhaustive()
    }
}
