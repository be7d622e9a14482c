//! What a publisher knows, across its connections: it turns answers into receipts and says what to send next.

use std::collections::{HashMap, VecDeque};
use std::task::Waker;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::options::PublisherOptions;
use super::receipt::{AppendAck, Receipt, Rejected, Stub, receipt};
use crate::backoff::Backoff;
use crate::codec::Frame;
use crate::errors::{Code, Error};
use crate::transport::MAX_MESSAGE_BYTES;
use crate::v1::{self, oneof::stream_publish_response::Message as Answer};
use crate::window::{Entry, Verdict, Window};

const MAX_FAULTS: u32 = 5;
const KEPT_CONTEXTS: usize = 1024;
const DEFAULT_OUTSTANDING: usize = 256;
const DEFAULT_OUTSTANDING_BYTES: usize = 32 << 20;

type Waiter = oneshot::Sender<Result<(), Error>>;
type Briefing = oneshot::Sender<Option<v1::AgentContext>>;

/// An append on its way: its encoding without an offset, and what becomes of it.
#[derive(Debug)]
pub(super) struct Pending {
    body: Bytes,
    stub: Stub,
}

pub(super) struct Core {
    pub(super) options: PublisherOptions,
    pub(super) window: Window<Pending>,
    pub(super) closing: bool,
    pub(super) error: Option<Error>,
    pub(super) finished: Option<v1::StreamFinished>,
    /// Grows whenever the server commits something.
    pub(super) progress: usize,
    pub(super) connections: u64,
    pub(super) committed_offset: i64,
    pub(super) max_message_bytes: usize,
    leaving: bool,
    finish_sent: bool,
    narrow: bool,
    hold_until: Option<Instant>,
    backoff: Backoff,
    flush_wanted: Vec<Waiter>,
    flush_sent: VecDeque<Vec<Waiter>>,
    drains: Vec<(u64, Waiter)>,
    unbriefed: VecDeque<(i64, Briefing)>,
    contexts: VecDeque<v1::AgentContext>,
    listeners: Vec<Waker>,
}

/// What to do after an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Listen on.
    GoOn,
    /// The server has answered `finish`.
    Ended,
    /// Another connection is needed.
    Broken(String),
}

impl Core {
    pub(super) fn new(options: PublisherOptions) -> Self {
        Self {
            window: Window::new(options.capacity, options.capacity_bytes),
            options,
            closing: false,
            error: None,
            finished: None,
            progress: 0,
            connections: 0,
            committed_offset: 0,
            max_message_bytes: MAX_MESSAGE_BYTES,
            leaving: false,
            finish_sent: false,
            narrow: false,
            hold_until: None,
            backoff: Backoff::default(),
            flush_wanted: Vec::new(),
            flush_sent: VecDeque::new(),
            drains: Vec::new(),
            unbriefed: VecDeque::new(),
            contexts: VecDeque::new(),
            listeners: Vec::new(),
        }
    }

    // What callers ask for.

    /// The error that keeps a publisher from taking more.
    pub(super) fn check(&self) -> Result<(), Error> {
        match &self.error {
            Some(error) => Err(error.clone()),
            None if self.closing => Err(Error::new(Code::Cancelled, "the publisher was closed")),
            None => Ok(()),
        }
    }

    pub(super) fn push(&mut self, body: Bytes, rows: usize, size: usize, briefed: bool) -> Receipt {
        let (stub, receipt) = receipt(self.window.pushed(), briefed && self.options.context.is_some());
        self.window.push(Pending { body, stub }, rows, size);
        receipt
    }

    /// Answered when everything pushed so far is acked or refused.
    pub(super) fn drain(&mut self) -> oneshot::Receiver<Result<(), Error>> {
        let (waiter, awaited) = oneshot::channel();
        if let Some(error) = &self.error {
            let _ = waiter.send(Err(error.clone()));
        } else if self.window.settled() < self.window.pushed() {
            self.drains.push((self.window.pushed(), waiter));
        } else {
            let _ = waiter.send(Ok(()));
        }
        awaited
    }

    /// Answered when everything acked so far is in the tables.
    pub(super) fn flush(&mut self) -> oneshot::Receiver<Result<(), Error>> {
        let (waiter, awaited) = oneshot::channel();
        match self.check() {
            Ok(()) => self.flush_wanted.push(waiter),
            Err(error) => drop(waiter.send(Err(error))),
        }
        awaited
    }

    /// The next briefing; Err where there may be one later, Ok(None) where there will not.
    pub(super) fn next_context(&mut self, waker: &Waker) -> Result<Option<v1::AgentContext>, ()> {
        let found = self.contexts.pop_front();
        if found.is_some() || self.error.is_some() || self.finished.is_some() {
            return Ok(found);
        }
        if !self.listeners.iter().any(|known| known.will_wake(waker)) {
            self.listeners.push(waker.clone());
        }
        Err(())
    }

    // What a connection asks for.

    /// What to send now.
    pub(super) fn next_frame(&mut self, now: Instant) -> Option<Frame> {
        if self.finish_sent {
            return None;
        }
        if !self.leaving {
            if self.hold(now).is_none()
                && let Some(entry) = self.window.take()
            {
                let offset = entry.offset.expect("what is taken has one");
                return Some(Frame::append(offset, entry.item.body.clone()));
            }
            if !self.flush_wanted.is_empty() {
                self.flush_sent.push_back(std::mem::take(&mut self.flush_wanted));
                return Some(frame(v1::StreamFlush::default()));
            }
            if !self.closing || !self.window.is_empty() || !self.flush_sent.is_empty() {
                return None;
            }
        }
        self.finish_sent = true;
        Some(frame(v1::StreamFinish::default()))
    }

    /// When the next append may go, because the server could not take the last; None where it may now.
    pub(super) fn hold(&self, now: Instant) -> Option<Instant> {
        self.hold_until.filter(|until| *until > now)
    }

    /// `finish` was sent on this connection.
    pub(super) fn said_all(&self) -> bool {
        self.finish_sent
    }

    pub(super) fn opened(&mut self, answer: &v1::StreamOpened) {
        let given = |limit: i64, otherwise: usize| usize::try_from(limit).ok().filter(|l| *l > 0).unwrap_or(otherwise);
        let limits = &answer.limits;
        self.connections += 1;
        self.committed_offset = self.committed_offset.max(answer.next_offset);
        self.max_message_bytes = given(limits.max_message_bytes, MAX_MESSAGE_BYTES);
        let asked = given(i64::from(limits.max_outstanding), DEFAULT_OUTSTANDING);
        let outstanding = if self.narrow { 1 } else { asked };
        let bytes = given(limits.max_outstanding_bytes, DEFAULT_OUTSTANDING_BYTES);
        let committed = self.window.opened(answer.next_offset, outstanding, bytes);
        let count = committed.len();
        for entry in committed {
            let ack = self.ack(entry.offset.unwrap_or_default(), None);
            // Dropping it tells that no briefing will come.
            drop(entry.item.stub.resolve(Ok(ack)));
        }
        self.settled(count);
    }

    /// Takes in an answer.
    pub(super) fn hear(&mut self, answer: v1::StreamPublishResponse, now: Instant) -> Next {
        match answer.message {
            Some(Answer::Ack(ack)) => self.acked(*ack),
            Some(Answer::AppendError(refusal)) => return self.refused(&refusal, now),
            Some(Answer::Context(context)) => self.briefed(*context),
            Some(Answer::GoAway(_)) => self.leaving = true,
            Some(Answer::Finished(finished)) => {
                self.committed(finished.committed_offset, Vec::new());
                let flushing = !self.flush_wanted.is_empty() || !self.flush_sent.is_empty();
                if self.closing && self.window.is_empty() && !flushing {
                    self.finished = Some(*finished);
                }
                return Next::Ended;
            }
            Some(Answer::Opened(_) | Answer::Heartbeat(_)) | None => {}
        }
        Next::GoOn
    }

    /// The connection is gone.
    pub(super) fn lost(&mut self) {
        self.window.lost();
        let wanted = std::mem::take(&mut self.flush_wanted);
        self.flush_wanted = self.flush_sent.drain(..).flatten().chain(wanted).collect();
        self.leaving = false;
        self.finish_sent = false;
        self.unbriefed.clear();
    }

    /// Nothing more will be sent: fails what is pending, with `error` or, after a clean end, not at all.
    pub(super) fn end(&mut self, error: Option<&Error>) {
        if self.error.is_none() && self.finished.is_none() {
            self.error = error.cloned();
        }
        self.unbriefed.clear();
        let given_up = self.window.clear();
        if let Some(error) = error {
            for entry in given_up {
                entry.item.stub.resolve(Err(error.clone()));
            }
            let flushes = self.flush_sent.drain(..).flatten().chain(self.flush_wanted.drain(..));
            for waiter in flushes.chain(self.drains.drain(..).map(|(_, waiter)| waiter)) {
                let _ = waiter.send(Err(error.clone()));
            }
        }
        self.listeners.drain(..).for_each(Waker::wake);
    }

    // What the answers mean.

    fn ack(&self, offset: i64, result: Option<v1::AppendResult>) -> AppendAck {
        let result = result.unwrap_or_default();
        let refused = |row: &v1::RejectedInteraction| Rejected {
            index: usize::try_from(row.index).unwrap_or_default(),
            error: Error::from_status(&row.status),
        };
        AppendAck {
            offset,
            request_id: format!("{}/{offset}", self.options.stream_id),
            rejected: result.rejected.iter().map(refused).collect(),
            interaction_ids: result.interaction_ids,
            warnings: result.warnings,
            duplicate: result.duplicate,
        }
    }

    fn acked(&mut self, ack: v1::StreamAck) {
        self.committed(ack.committed_offset, ack.results);
        if ack.flushed
            && let Some(waiters) = self.flush_sent.pop_front()
        {
            for waiter in waiters {
                let _ = waiter.send(Ok(()));
            }
        }
    }

    fn committed(&mut self, offset: i64, results: Vec<v1::AppendResult>) {
        self.committed_offset = self.committed_offset.max(offset);
        let done = self.window.acked(offset);
        let mut results: HashMap<i64, v1::AppendResult> =
            results.into_iter().map(|result| (result.offset, result)).collect();
        let count = done.len();
        for entry in done {
            let offset = entry.offset.unwrap_or_default();
            let ack = self.ack(offset, results.remove(&offset));
            if let Some(briefing) = entry.item.stub.resolve(Ok(ack)) {
                self.unbriefed.push_back((offset, briefing));
            }
        }
        let excess = self.unbriefed.len().saturating_sub(KEPT_CONTEXTS);
        self.unbriefed.drain(..excess);
        self.settled(count);
    }

    fn refused(&mut self, answer: &v1::StreamAppendError, now: Instant) -> Next {
        let error = Error::from_status(&answer.status);
        let Some(offset) = answer.offset.or_else(|| self.window.sole()) else {
            // Which one was meant? Sent one at a time, there is no doubt.
            self.narrow = true;
            return Next::Broken(format!("an append was refused without its offset: {error}"));
        };
        let repairing = self.window.repairing();
        let Some(entry) = self.window.at(offset) else { return Next::GoOn };
        let Some(verdict) = judge(&error, entry, repairing) else {
            return Next::Broken(format!("the stream's end is not where it was: {error}"));
        };
        if self.narrow {
            self.narrow = false;
            self.window.outstanding = DEFAULT_OUTSTANDING;
        }
        if verdict == Verdict::Resend && error.code() != Code::OutOfRange {
            tracing::warn!(stream = %self.options.stream_id, offset, %error, "an append is tried again");
            let until = now + self.backoff.next(error.retry_after());
            self.hold_until = self.hold_until.max(Some(until));
        }
        if let Some(left) = self.window.refused(offset, verdict) {
            drop(left.item.stub.resolve(Err(error.clone())));
            self.options.report(&error);
            self.settled(0);
        }
        Next::GoOn
    }

    fn briefed(&mut self, context: v1::AgentContext) {
        let place = self.unbriefed.iter().position(|(offset, _)| *offset == context.offset);
        let briefing = match self.window.at(context.offset) {
            Some(entry) => entry.item.stub.briefing.take(),
            None => place.and_then(|place| self.unbriefed.remove(place)).map(|(_, briefing)| briefing),
        };
        if let Some(briefing) = briefing {
            let _ = briefing.send(Some(context.clone()));
        }
        if self.contexts.len() == KEPT_CONTEXTS {
            self.contexts.pop_front();
        }
        self.contexts.push_back(context);
        self.listeners.drain(..).for_each(Waker::wake);
    }

    fn settled(&mut self, committed: usize) {
        if committed > 0 {
            self.progress += committed;
            self.backoff.reset();
        }
        if self.drains.is_empty() {
            return;
        }
        let settled = self.window.settled();
        let (done, left) = std::mem::take(&mut self.drains).into_iter().partition(|(number, _)| *number <= settled);
        self.drains = left;
        for (_, waiter) in done as Vec<(u64, Waiter)> {
            let _ = waiter.send(Ok(()));
        }
    }
}

/// What a refusal means; None where the connection is of no use any more.
fn judge(error: &Error, entry: &mut Entry<Pending>, repairing: bool) -> Option<Verdict> {
    let transient = match error.code() {
        Code::OutOfRange => return repairing.then_some(Verdict::Resend),
        Code::AlreadyExists => return Some(Verdict::DropTaken),
        Code::Internal => {
            // A fault of the server may pass, or may be this very payload.
            entry.faults += 1;
            entry.faults <= MAX_FAULTS
        }
        Code::Unavailable | Code::ResourceExhausted | Code::DeadlineExceeded | Code::Aborted | Code::Cancelled => {
            error.reason() != "MESSAGE_TOO_LARGE"
        }
        _ => false,
    };
    Some(if transient { Verdict::Resend } else { Verdict::Drop })
}

pub(super) fn frame(message: impl Into<v1::oneof::stream_publish_request::Message>) -> Frame {
    Frame::of(&v1::StreamPublishRequest { message: Some(message.into()), ..Default::default() })
}

/// Time between heart-beats that `opened` asks for.
pub(super) fn interval(answer: &v1::StreamOpened) -> Option<Duration> {
    answer.heartbeat_interval.as_option().map(Duration::from).filter(|interval| !interval.is_zero())
}

#[cfg(test)]
#[path = "core_tests.rs"]
mod tests;
