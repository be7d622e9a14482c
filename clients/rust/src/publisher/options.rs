//! How a publisher is to behave.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::errors::{Code, Error};
use crate::v1;

type OnError = Arc<dyn Fn(&Error) + Send + Sync>;

/// Settings of a publisher; only `stream_id` has no default.
#[derive(Clone)]
pub struct PublisherOptions {
    /// The publisher's stable identity, unique in the tenant, 1 to 128 characters.
    pub stream_id: String,
    /// Default person of the appends.
    pub user_id: String,
    /// Default session of the appends.
    pub session_id: String,
    /// Default source of the appends.
    pub source: String,
    /// Default agent version of the appends.
    pub agent_version: String,
    /// Default agent of the appends.
    pub agent_id: String,
    /// Interactions or events that may wait; 10,000.
    pub capacity: usize,
    /// Bytes that may wait; 64 MiB.
    pub capacity_bytes: usize,
    /// Ask to be briefed after each append that holds a user turn.
    pub context: Option<v1::ContextRequest>,
    /// Put the ids of interactions or events into the acks.
    pub return_interaction_ids: bool,
    /// Appends that may await their ack, 1 to 4,096; 0 means what the server says.
    pub max_outstanding: i32,
    /// Time between heart-beats instead of what the server says; three of them in silence mean a dead connection.
    pub heartbeat: Option<Duration>,
    /// Told of every append that is refused, and of what stops the publisher for good.
    pub on_error: Option<OnError>,
}

impl PublisherOptions {
    /// Settings for one stream.
    pub fn new(stream_id: impl Into<String>) -> Self {
        Self { stream_id: stream_id.into(), ..Self::default() }
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        let refuse = |message: &str| Err(Error::new(Code::InvalidArgument, message));
        if self.capacity == 0 || self.capacity_bytes == 0 {
            return refuse("the buffer must hold at least one row and one byte");
        }
        if self.heartbeat.is_some_and(|interval| interval.is_zero()) {
            return refuse("heartbeat must be above 0");
        }
        Ok(())
    }

    pub(super) fn open(&self) -> v1::StreamPublishRequest {
        let open = v1::StreamOpen {
            stream_id: self.stream_id.clone(),
            user_id: self.user_id.clone(),
            session_id: self.session_id.clone(),
            source: self.source.clone(),
            agent_version: self.agent_version.clone(),
            agent_id: self.agent_id.clone(),
            max_outstanding: self.max_outstanding,
            context: self.context.clone().into(),
            return_interaction_ids: self.return_interaction_ids,
            ..Default::default()
        };
        v1::StreamPublishRequest { message: open.into(), ..Default::default() }
    }

    pub(super) fn report(&self, error: &Error) {
        if let Some(on_error) = &self.on_error {
            on_error(error);
        }
    }
}

impl Default for PublisherOptions {
    fn default() -> Self {
        Self {
            stream_id: String::new(),
            user_id: String::new(),
            session_id: String::new(),
            source: String::new(),
            agent_version: String::new(),
            agent_id: String::new(),
            capacity: 10_000,
            capacity_bytes: 64 << 20,
            context: None,
            return_interaction_ids: false,
            max_outstanding: 0,
            heartbeat: None,
            on_error: None,
        }
    }
}

impl fmt::Debug for PublisherOptions {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        into.debug_struct("PublisherOptions")
            .field("stream_id", &self.stream_id)
            .field("user_id", &self.user_id)
            .field("session_id", &self.session_id)
            .field("capacity", &self.capacity)
            .field("capacity_bytes", &self.capacity_bytes)
            .field("max_outstanding", &self.max_outstanding)
            .field("heartbeat", &self.heartbeat)
            .finish_non_exhaustive()
    }
}
