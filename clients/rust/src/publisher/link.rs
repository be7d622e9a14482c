//! One connection of a publisher: it writes what the core has to say, hands it what is heard, and watches over silence.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout_at};
use tonic::Streaming;
use tonic::transport::Channel;

use super::Shared;
use super::core::{Next, frame, interval};
use crate::codec::{Frame, decode};
use crate::errors::Error;
use crate::transport::{Path, Transport};
use crate::v1::{self, oneof::stream_publish_response::Message as Answer};

/// In which the server must answer `open`; it may have to commit what an older connection had sent.
const OPEN_TIMEOUT: Duration = Duration::from_secs(15);
const LAST_WORD: Duration = Duration::from_secs(1);
const DEFAULT_HEARTBEAT: Duration = Duration::from_secs(15);
/// Messages that are handed to HTTP/2 before it asks for them.
const AHEAD: usize = 64;

/// Why a connection ended without `finished`.
#[derive(Debug)]
pub(super) enum Loss {
    /// The server or gRPC said so.
    Status(Error),
    /// It is of no use any more; another one will do.
    Broken(String),
    /// Nothing was heard for too long; TCP itself may not have noticed.
    Silent(String),
}

/// Runs one call; returns when the server has answered `finish`.
pub(super) async fn run(shared: &Shared, transport: &Transport, channel: Channel, path: Path) -> Result<(), Loss> {
    let heartbeat = shared.core().options.heartbeat;
    let limit = OPEN_TIMEOUT.max(3 * heartbeat.unwrap_or_default());
    let (requests, stream) = mpsc::channel(AHEAD);
    let open = Frame::of(&shared.core().options.open());
    // The channel is empty and has its other end.
    let _ = requests.try_send(open);
    let opening = async {
        let mut answers = transport.bidi(channel, path, Requests(stream)).await?;
        let first = answers.message().await.map_err(Error::from_call)?;
        Ok::<_, Error>((answers, first))
    };
    let Ok(outcome) = timeout_at(Instant::now() + limit, opening).await else {
        return Err(Loss::Silent(format!("open was not answered in {} s", limit.as_secs_f64())));
    };
    let (answers, first) = outcome.map_err(Loss::Status)?;
    let Some(Answer::Opened(opened)) = first.map(|bytes| read(&bytes)).transpose()?.and_then(|first| first.message)
    else {
        return Err(Loss::Broken("open was not answered by opened".into()));
    };
    let interval = heartbeat.or_else(|| interval(&opened)).unwrap_or(DEFAULT_HEARTBEAT);
    shared.core().opened(&opened);
    shared.room.notify_waiters();
    Talk { shared, requests, answers, interval, clock: Clock::new() }.run().await
}

/// What the server sends on any of the three publishing streams; they agree in their numbers.
fn read(bytes: &Bytes) -> Result<v1::StreamPublishResponse, Loss> {
    decode(bytes).map_err(Loss::Status)
}

/// Waits until HTTP/2 takes more; false where the call has ended.
async fn writable(requests: &mpsc::Sender<Frame>) -> bool {
    requests.reserve().await.is_ok()
}

impl std::fmt::Display for Loss {
    fn fmt(&self, into: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Loss::Status(error) => error.fmt(into),
            Loss::Broken(why) | Loss::Silent(why) => into.write_str(why),
        }
    }
}

struct Requests(mpsc::Receiver<Frame>);

impl futures_core::Stream for Requests {
    type Item = Frame;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Frame>> {
        self.0.poll_recv(context)
    }
}

/// When something was last heard and written, and a heart-beat last sent.
struct Clock {
    heard: Instant,
    wrote: Instant,
    beat: Instant,
}

impl Clock {
    fn new() -> Self {
        let now = Instant::now();
        Self { heard: now, wrote: now, beat: now }
    }

    /// A heart-beat is due when nothing was written, or nothing heard, for an interval.
    fn due(&self, interval: Duration) -> Instant {
        self.wrote.min(self.heard).max(self.beat) + interval
    }
}

struct Talk<'a> {
    shared: &'a Shared,
    requests: mpsc::Sender<Frame>,
    answers: Streaming<Bytes>,
    interval: Duration,
    clock: Clock,
}

impl Talk<'_> {
    async fn run(mut self) -> Result<(), Loss> {
        loop {
            let full = !self.write();
            let silent = self.clock.heard + 3 * self.interval;
            let mut until = silent;
            if !full && !self.shared.core().said_all() {
                until = until.min(self.clock.due(self.interval));
                until = self.shared.core().hold(Instant::now()).map_or(until, |hold| until.min(hold));
            }
            tokio::select! {
                biased;
                answer = self.answers.message() => {
                    let Some(bytes) = answer.map_err(|status| Loss::Status(Error::from_call(status)))? else {
                        // A clean end looks the same when the server was stopped; only `finished` counts.
                        return Err(Loss::Broken("the stream ended without finished".into()));
                    };
                    if self.hear(&bytes)? {
                        // The status comes next; nothing depends on it.
                        let _ = timeout_at(Instant::now() + LAST_WORD, self.answers.message()).await;
                        return Ok(());
                    }
                }
                () = self.shared.wake.notified(), if !full => {}
                writable = writable(&self.requests), if full => {
                    if !writable {
                        return Err(self.unwritable().await);
                    }
                }
                () = sleep_until(until) => {
                    if Instant::now() >= silent {
                        let silence = 3.0 * self.interval.as_secs_f64();
                        return Err(Loss::Silent(format!("nothing was heard for {silence} s")));
                    }
                }
            }
        }
    }

    /// Hands on what there is to say; false where HTTP/2 takes no more for now.
    fn write(&mut self) -> bool {
        while let Ok(permit) = self.requests.try_reserve() {
            let now = Instant::now();
            let mut core = self.shared.core();
            let mut frame_to_send = core.next_frame(now);
            if frame_to_send.is_none() && !core.said_all() && now >= self.clock.due(self.interval) {
                self.clock.beat = now;
                frame_to_send = Some(frame(v1::StreamHeartbeat::default()));
            }
            let Some(frame_to_send) = frame_to_send else { return true };
            permit.send(frame_to_send);
            self.clock.wrote = now;
        }
        false
    }

    /// True when the answer ends the stream.
    fn hear(&mut self, bytes: &Bytes) -> Result<bool, Loss> {
        let answer = read(bytes)?;
        self.clock.heard = Instant::now();
        let next = self.shared.core().hear(answer, self.clock.heard);
        self.shared.room.notify_waiters();
        match next {
            Next::GoOn => Ok(false),
            Next::Ended => Ok(true),
            Next::Broken(why) => Err(Loss::Broken(why)),
        }
    }

    /// The status of the call says more than that it could not be written to.
    async fn unwritable(&mut self) -> Loss {
        let deadline = Instant::now() + LAST_WORD;
        loop {
            match timeout_at(deadline, self.answers.message()).await {
                Ok(Ok(Some(bytes))) => match self.hear(&bytes) {
                    Ok(_) => {}
                    Err(loss) => return loss,
                },
                Ok(Err(status)) => return Loss::Status(Error::from_call(status)),
                Ok(Ok(None)) | Err(_) => return Loss::Broken("the connection cannot be written to".into()),
            }
        }
    }
}
