#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod backoff;
mod caller;
mod client;
mod codec;
mod config;
mod converse;
mod convert;
mod errors;
#[cfg(feature = "json")]
pub mod json;
mod publisher;
mod retry;
mod transport;
mod watch;
mod window;

#[path = "gen/mod.rs"]
#[allow(clippy::all, rustdoc::all)]
#[rustfmt::skip]
mod generated;
#[cfg(feature = "json")]
#[path = "gen/descriptor.rs"]
#[rustfmt::skip]
mod descriptor;

#[path = "gen/services.rs"]
#[allow(rustdoc::all)]
#[rustfmt::skip]
pub mod services;

pub use buffa::{EnumValue, Message, MessageField};
pub use caller::Answers;
pub use client::Client;
pub use config::{Config, DEFAULT_TARGET, Keepalive, Tls};
pub use converse::{AgentReply, Conversation, Need, Said, TalkEvent};
pub use errors::{Code, Error, Violation};
pub use publisher::{
    Append, AppendAck, Closed, Contexts, EventPublisher, MonitorPublisher, Publisher, PublisherOptions, Receipt,
    Rejected, Stats,
};
pub use watch::Watch;

/// Messages of the contract, package `interplay.v1`. Alternatives of a `oneof` are in [`v1::oneof`].
pub mod v1 {
    pub use crate::generated::interplay::v1::__buffa::oneof;
    pub use crate::generated::interplay::v1::*;
}

/// Messages that the contract takes from elsewhere: timestamps, durations, free-form structures, statuses.
pub mod google {
    pub use crate::generated::google::protobuf;
    pub use crate::generated::google::rpc;
}

/// Version of this package.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
