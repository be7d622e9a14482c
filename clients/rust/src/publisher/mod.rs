//! A publisher that loses nothing, doubles nothing and keeps order, whatever happens to its connection.

mod append;
mod core;
mod link;
mod options;
mod receipt;

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};
use tonic::transport::Channel;

pub use self::append::Append;
use self::core::Core;
use self::link::Loss;
pub use self::options::PublisherOptions;
pub use self::receipt::{AppendAck, Receipt, Rejected};
use crate::backoff::Backoff;
use crate::errors::{Code, Error};
use crate::transport::{Path, Transport};
use crate::v1;

const ENVELOPE_BYTES: usize = 32;
const MAX_FAULTS: u32 = 10;

/// Records a shop's events.
pub type EventPublisher = Publisher<v1::StreamEventsAppend>;
/// Records monitored events.
pub type MonitorPublisher = Publisher<v1::StreamMonitorEventsAppend>;

/// Appends over a named stream.
///
/// Appends are sent in order with explicit offsets and kept until they are acked. When the connection is lost, or the
/// server restarts, it connects again and goes on where the server's log ends. When another publisher opens the same
/// `stream_id`, this one stops for good and everything pending fails with ABORTED. What is pending lives in memory: a
/// process that dies loses what was not acked, and so does one that drops the publisher without [`close`](Self::close).
///
/// All methods take `&self`; share it in an `Arc`.
pub struct Publisher<A = v1::StreamAppend> {
    shared: Arc<Shared>,
    turn: tokio::sync::Mutex<()>,
    task: AbortHandle,
    ended: watch::Receiver<bool>,
    kind: PhantomData<fn(A)>,
}

/// What a clean end came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Appends committed in the life of the stream.
    pub committed_offset: i64,
    /// Interactions or events committed in the life of the stream.
    pub count: i64,
}

/// How a publisher stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Interactions or events that are neither acked nor refused.
    pub pending: usize,
    /// Bytes of these.
    pub pending_bytes: usize,
    /// Connections that the server has opened for it so far.
    pub connections: u64,
    /// Appends of the stream that the server has committed, as far as it said.
    pub committed_offset: i64,
    /// It takes no more: it was closed, or something stopped it for good.
    pub stopped: bool,
}

/// What the publisher and its connections share.
struct Shared {
    core: Mutex<Core>,
    /// There is something to send.
    wake: Notify,
    /// There may be room.
    room: Notify,
}

impl Shared {
    fn core(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn end(&self, error: Option<&Error>) {
        self.core().end(error);
        self.room.notify_waiters();
    }
}

impl<A: Append> Publisher<A> {
    pub(crate) fn open(transport: Arc<Transport>, options: PublisherOptions) -> Result<Self, Error> {
        options.check()?;
        let shared =
            Arc::new(Shared { core: Mutex::new(Core::new(options)), wake: Notify::new(), room: Notify::new() });
        let (sender, ended) = watch::channel(false);
        let runner = Runner { shared: shared.clone(), transport, path: A::PATH, own: None, ended: sender };
        let task = tokio::spawn(runner.run()).abort_handle();
        Ok(Self { shared, turn: tokio::sync::Mutex::new(()), task, ended, kind: PhantomData })
    }

    /// Queues 1 to 1,000 rows as one append and returns its receipt; waits for room in the buffer.
    ///
    /// Fails with RESOURCE_EXHAUSTED (MESSAGE_TOO_LARGE), or with what stopped the publisher.
    pub async fn append(&self, append: impl Into<A>) -> Result<Receipt, Error> {
        let (append, size) = self.measured(append.into())?;
        let _turn = self.turn.lock().await;
        loop {
            let room = self.shared.room.notified();
            tokio::pin!(room);
            room.as_mut().enable();
            if let Some(receipt) = self.pushed(&append, size)? {
                return Ok(receipt);
            }
            room.await;
        }
    }

    /// Like [`append`](Self::append), but fails with RESOURCE_EXHAUSTED whenever there is no room, and never waits.
    pub fn try_append(&self, append: impl Into<A>) -> Result<Receipt, Error> {
        let (append, size) = self.measured(append.into())?;
        let turn = self.turn.try_lock();
        let receipt = if turn.is_ok() { self.pushed(&append, size)? } else { None };
        receipt.ok_or_else(|| {
            let core = self.shared.core();
            let held = format!("the buffer holds {} rows of {} bytes", core.window.rows(), core.window.bytes());
            Error::new(Code::ResourceExhausted, held)
        })
    }

    /// Returns when everything appended so far is in the tables (eventual reads see it), or was refused.
    pub async fn flush(&self) -> Result<(), Error> {
        // A flush sent before an append was acked would not cover that append if it had to be sent again.
        self.drain().await?;
        let awaited = self.shared.core().flush();
        self.shared.wake.notify_one();
        heard(awaited).await
    }

    /// Returns when everything appended so far is acked, or was refused; receipts say which.
    pub async fn drain(&self) -> Result<(), Error> {
        let awaited = self.shared.core().drain();
        heard(awaited).await
    }

    /// Sends what is pending, then `finish`. Closing again gives the same.
    ///
    /// With a `limit` it gives up what is pending when the time is over, and fails with DEADLINE_EXCEEDED; otherwise it
    /// tries until the server can be reached. Fails with what stopped the publisher.
    pub async fn close(&self, limit: Option<Duration>) -> Result<Closed, Error> {
        self.shared.core().closing = true;
        self.shared.wake.notify_one();
        self.shared.room.notify_waiters();
        let mut ended = self.ended.clone();
        let end = ended.wait_for(|ended| *ended);
        if let Some(limit) = limit {
            if timeout(limit, end).await.is_err() {
                let pending = self.shared.core().window.rows();
                let late = format!("{pending} rows were not acked in {} s", limit.as_secs_f64());
                let error = Error::new(Code::DeadlineExceeded, late);
                self.stop(&error).await;
                return Err(error);
            }
        } else {
            // The sender lives as long as the task, which says so at its end.
            let _ = end.await;
        }
        let core = self.shared.core();
        match (&core.finished, &core.error) {
            (Some(finished), _) => {
                Ok(Closed { committed_offset: finished.committed_offset, count: finished.interaction_count })
            }
            (None, Some(error)) => Err(error.clone()),
            (None, None) => Err(Error::new(Code::Cancelled, "the publisher was stopped")),
        }
    }

    /// Stops at once and gives up what is pending: those receipts fail with CANCELLED.
    pub async fn abort(&self) {
        self.shared.core().closing = true;
        self.stop(&Error::new(Code::Cancelled, "the publisher was aborted")).await;
    }

    /// The briefings as they come, until the publisher ends; the latest 1,024 are kept. Several of these share them.
    pub fn contexts(&self) -> Contexts {
        Contexts { shared: self.shared.clone() }
    }

    /// How it stands.
    pub fn stats(&self) -> Stats {
        let core = self.shared.core();
        Stats {
            pending: core.window.rows(),
            pending_bytes: core.window.bytes(),
            connections: core.connections,
            committed_offset: core.committed_offset,
            stopped: core.closing || core.error.is_some(),
        }
    }

    /// Name of the stream.
    pub fn stream_id(&self) -> String {
        self.shared.core().options.stream_id.clone()
    }

    async fn stop(&self, error: &Error) {
        self.shared.end(Some(error));
        self.task.abort();
        let _ = self.ended.clone().wait_for(|ended| *ended).await;
    }

    /// The append as it is sent, its offset left out, with the size that the buffer counts.
    fn measured(&self, mut append: A) -> Result<(Encoded, usize), Error> {
        append.clear_offset();
        let (rows, briefed) = (append.rows(), append.holds_user_turn());
        let body = append.encode_to_vec();
        let (size, limit) = (body.len() + ENVELOPE_BYTES, self.shared.core().max_message_bytes);
        if size > limit {
            let too_large = format!("an append of {size} bytes is over the limit of {limit}");
            let numbers = [("limitBytes", limit.to_string()), ("bytes", size.to_string())];
            return Err(Error::new(Code::ResourceExhausted, too_large).with_reason("MESSAGE_TOO_LARGE", &numbers));
        }
        Ok((Encoded { body: body.into(), rows, briefed }, size))
    }

    fn pushed(&self, append: &Encoded, size: usize) -> Result<Option<Receipt>, Error> {
        let mut core = self.shared.core();
        core.check()?;
        if !core.window.has_room(append.rows, size) {
            return Ok(None);
        }
        let receipt = core.push(append.body.clone(), append.rows, size, append.briefed);
        drop(core);
        self.shared.wake.notify_one();
        Ok(Some(receipt))
    }
}

struct Encoded {
    body: bytes::Bytes,
    rows: usize,
    briefed: bool,
}

async fn heard(awaited: oneshot::Receiver<Result<(), Error>>) -> Result<(), Error> {
    awaited.await.unwrap_or_else(|_| Err(Error::new(Code::Cancelled, "the publisher was closed")))
}

impl<A> Drop for Publisher<A> {
    fn drop(&mut self) {
        if !*self.ended.borrow() {
            self.shared.end(Some(&Error::new(Code::Cancelled, "the publisher was dropped")));
            self.task.abort();
        }
    }
}

impl<A> fmt::Debug for Publisher<A> {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        let core = self.shared.core();
        into.debug_struct("Publisher")
            .field("stream_id", &core.options.stream_id)
            .field("pending", &core.window.rows())
            .finish_non_exhaustive()
    }
}

/// Briefings; made by [`Publisher::contexts`].
pub struct Contexts {
    shared: Arc<Shared>,
}

impl Contexts {
    /// The next briefing; None when the publisher has ended and none is left.
    pub async fn next(&mut self) -> Option<v1::AgentContext> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl Stream for Contexts {
    type Item = v1::AgentContext;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.shared.core().next_context(context.waker()).map_or(Poll::Pending, Poll::Ready)
    }
}

impl fmt::Debug for Contexts {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        into.write_str("Contexts")
    }
}

/// The task that keeps a publisher connected.
struct Runner {
    shared: Arc<Shared>,
    transport: Arc<Transport>,
    path: Path,
    own: Option<Channel>,
    ended: watch::Sender<bool>,
}

/// Whatever ends the task, pending receipts must not wait for ever.
impl Drop for Runner {
    fn drop(&mut self) {
        let pending = self.shared.core().finished.is_none() && self.shared.core().error.is_none();
        if pending {
            self.shared.end(Some(&Error::new(Code::Internal, "the publisher failed")));
        }
        self.ended.send_replace(true);
    }
}

impl Runner {
    async fn run(mut self) {
        let stopped = self.keep_connected().await;
        if let Some(error) = &stopped {
            self.shared.core().options.clone().report(error);
        }
        self.shared.end(stopped.as_ref());
    }

    /// Connects again and again. Returns None after a clean end, else what stopped the publisher for good.
    async fn keep_connected(&mut self) -> Option<Error> {
        let mut backoff = Backoff::default();
        let (mut seen, mut faults) = (0, 0);
        loop {
            let status = self.converse().await;
            let progress = {
                let core = self.shared.core();
                if core.finished.is_some() {
                    return None;
                }
                core.progress
            };
            if progress != seen {
                (seen, faults) = (progress, 0);
                backoff.reset();
            }
            if let Some(status) = &status {
                // A fault of the server may pass with the next connection, but not for ever.
                let internal = status.code() == Code::Internal;
                faults += u32::from(internal);
                let again = if internal { faults <= MAX_FAULTS } else { status.may_reconnect() };
                if !again {
                    return Some(status.clone());
                }
            }
            self.shared.core().lost();
            sleep(backoff.next(status.and_then(|status| status.retry_after()))).await;
        }
    }

    /// Runs one connection to its end. Returns the status that the server or gRPC gave it, None where none was.
    async fn converse(&mut self) -> Option<Error> {
        let channel = self.own.clone().unwrap_or_else(|| self.transport.channel());
        let loss = link::run(&self.shared, &self.transport, channel, self.path).await.err()?;
        tracing::info!(stream = %self.shared.core().options.stream_id, %loss, "a connection ended");
        match loss {
            Loss::Status(error) => Some(error),
            Loss::Broken(_) => None,
            Loss::Silent(_) => {
                // A connection that TCP believes alive would be used again; from now on this publisher has its own.
                self.own = Some(self.transport.new_channel());
                None
            }
        }
    }
}
