//! What becomes of an append.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;

use crate::errors::{Code, Error};
use crate::v1;

/// A row that was not taken.
#[derive(Clone, Debug)]
pub struct Rejected {
    /// Its place in the append, from 0.
    pub index: usize,
    /// Why.
    pub error: Error,
}

/// An append is durable and searchable.
#[derive(Clone, Debug, Default)]
pub struct AppendAck {
    /// Number of appends before it in the life of the stream.
    pub offset: i64,
    /// The request_id of its interactions or events: `stream_id/offset`.
    pub request_id: String,
    /// One for each interaction or event, empty where skipped or rejected. None at all unless asked for by
    /// `return_interaction_ids`, or where the ack was lost with its connection and only the offset told that the append
    /// is committed.
    pub interaction_ids: Vec<String>,
    /// Rows that were not taken; only with partial success.
    pub rejected: Vec<Rejected>,
    /// What was skipped and why.
    pub warnings: Vec<String>,
    /// The append was known already.
    pub duplicate: bool,
}

/// Await it for the [`AppendAck`], or for the error with which the append was refused or given up. Awaiting it again, as
/// `(&mut receipt).await`, gives the same once more. Dropping it changes nothing.
#[derive(Debug)]
pub struct Receipt {
    number: u64,
    outcome: Outcome,
    briefing: oneshot::Receiver<Option<v1::AgentContext>>,
}

#[derive(Debug)]
enum Outcome {
    Awaited(oneshot::Receiver<Result<AppendAck, Error>>),
    Known(Box<Result<AppendAck, Error>>),
}

/// The publisher's end of a receipt.
#[derive(Debug)]
pub(super) struct Stub {
    outcome: oneshot::Sender<Result<AppendAck, Error>>,
    pub(super) briefing: Option<oneshot::Sender<Option<v1::AgentContext>>>,
}

pub(super) fn receipt(number: u64, briefed: bool) -> (Stub, Receipt) {
    let (outcome, awaited) = oneshot::channel();
    let (sender, briefing) = oneshot::channel();
    let stub = Stub { outcome, briefing: briefed.then_some(sender) };
    (stub, Receipt { number, outcome: Outcome::Awaited(awaited), briefing })
}

impl Stub {
    /// Returns what a briefing is still to be handed to.
    pub(super) fn resolve(
        self,
        outcome: Result<AppendAck, Error>,
    ) -> Option<oneshot::Sender<Option<v1::AgentContext>>> {
        // Nobody has to wait for a receipt.
        let _ = self.outcome.send(outcome);
        self.briefing
    }
}

impl Receipt {
    /// Number of appends before it in the life of this publisher.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// What matters to the user turn of this append. None where no briefing was asked for, no turn is a user's, or it
    /// was lost with its connection. Give it a limit with `tokio::time::timeout`.
    pub async fn context(&mut self) -> Option<v1::AgentContext> {
        if self.briefing.is_terminated() {
            return None;
        }
        (&mut self.briefing).await.ok().flatten()
    }
}

impl Future for Receipt {
    type Output = Result<AppendAck, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Outcome::Awaited(awaited) = &mut self.outcome {
            let Poll::Ready(outcome) = Pin::new(awaited).poll(context) else { return Poll::Pending };
            let gone = |_| Err(Error::new(Code::Cancelled, "the publisher is gone"));
            self.outcome = Outcome::Known(Box::new(outcome.unwrap_or_else(gone)));
        }
        match &self.outcome {
            Outcome::Known(outcome) => Poll::Ready((**outcome).clone()),
            Outcome::Awaited(_) => Poll::Pending,
        }
    }
}
