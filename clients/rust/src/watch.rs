//! Server streams that go on from a token when they break.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use buffa::Message;
use futures_core::Stream;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tonic::transport::Channel;

use crate::backoff::Backoff;
use crate::caller::Answers;
use crate::errors::Error;
use crate::transport::{Path, Transport};
use crate::v1::{self, oneof::watch_interactions_response::Event};

const DEFAULT_HEARTBEAT: Duration = Duration::from_secs(15);
const AHEAD: usize = 16;

/// Answers of a watch, without the heart-beats. It is a [`Stream`] as well. After an error, which another connection
/// cannot mend, it ends.
pub struct Watch<A> {
    answers: mpsc::Receiver<Result<Heard<A>, Error>>,
    token: String,
}

struct Heard<A> {
    answer: A,
    token: String,
    heartbeat: bool,
}

/// A request that can be made again from where its answers stopped.
pub(crate) trait Resumable: Message + 'static {
    type Answer: Message + 'static;
    const PATH: Path;
    fn heartbeat_seconds(&self) -> i32;
    fn resume(&mut self, token: &str);
    fn token(answer: &Self::Answer) -> &str;
    fn is_heartbeat(answer: &Self::Answer) -> bool;
}

macro_rules! resumable {
    ($request:ident, $answer:ident, $path:literal, $($beginning:ident)?, $is_heartbeat:expr) => {
        impl Resumable for v1::$request {
            type Answer = v1::$answer;
            const PATH: Path = concat!("/interplay.v1.", $path);

            fn heartbeat_seconds(&self) -> i32 {
                self.heartbeat_seconds
            }

            fn resume(&mut self, token: &str) {
                self.resume_token = token.into();
                $(self.$beginning = false;)?
            }

            fn token(answer: &Self::Answer) -> &str {
                &answer.resume_token
            }

            fn is_heartbeat(answer: &Self::Answer) -> bool {
                let is_heartbeat: fn(&v1::$answer) -> bool = $is_heartbeat;
                is_heartbeat(answer)
            }
        }
    };
}

resumable!(
    WatchInteractionsRequest,
    WatchInteractionsResponse,
    "InteractionService/WatchInteractions",
    from_beginning,
    |answer| matches!(answer.event, None | Some(Event::Heartbeat(_)))
);
resumable!(WatchProfilesRequest, WatchProfilesResponse, "ProfileService/WatchProfiles", from_beginning, |answer| {
    answer.change.is_unset()
});
resumable!(WatchPlaybooksRequest, WatchPlaybooksResponse, "PlaybookService/WatchPlaybooks", from_beginning, |answer| {
    answer.change.is_unset()
});
resumable!(
    WatchInteractionFeaturesRequest, WatchInteractionFeaturesResponse, "FeatureService/WatchInteractionFeatures",,
    |answer| answer.rows.is_empty() && answer.removed.is_empty()
);
resumable!(
    WatchPatternsRequest, WatchPatternsResponse, "MonitorService/WatchPatterns",,
    |answer| answer.pattern.is_unset() && answer.gone_pattern_id.is_empty()
);
resumable!(
    WatchAlertsRequest, WatchAlertsResponse, "MonitorService/WatchAlerts",,
    |answer| answer.alert.is_unset()
);

impl<A: Send + 'static> Watch<A> {
    pub(crate) fn begin<R: Resumable<Answer = A>>(transport: Arc<Transport>, request: R) -> Self {
        let (sender, answers) = mpsc::channel(AHEAD);
        tokio::spawn(async move {
            let follower = Follower { transport, request, own: None, sender: sender.clone() };
            tokio::select! {
                // Nobody listens any more.
                () = sender.closed() => {}
                error = follower.run() => drop(sender.send(Err(error)).await),
            }
        });
        Self { answers, token: String::new() }
    }

    /// The next answer; None after an error. Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Result<A, Error>> {
        poll_fn(|context| self.poll(context)).await
    }

    /// Goes on after what was taken last, as the `resume_token` of another watch; empty before anything was heard.
    pub fn resume_token(&self) -> &str {
        &self.token
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<A, Error>>> {
        loop {
            let Poll::Ready(heard) = self.answers.poll_recv(context) else { return Poll::Pending };
            match heard {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(heard)) => {
                    self.token = heard.token;
                    if !heard.heartbeat {
                        return Poll::Ready(Some(Ok(heard.answer)));
                    }
                }
            }
        }
    }
}

struct Follower<R: Resumable> {
    transport: Arc<Transport>,
    request: R,
    own: Option<Channel>,
    sender: mpsc::Sender<Result<Heard<R::Answer>, Error>>,
}

/// Why a call ended.
enum End {
    Status(Error),
    Silence,
    Quiet,
}

impl<R: Resumable> Follower<R> {
    async fn run(mut self) -> Error {
        let mut backoff = Backoff::default();
        loop {
            let mut pause = None;
            match self.call(&mut backoff).await {
                End::Status(error) if !error.may_reconnect() => return error,
                End::Status(error) => {
                    tracing::info!(%error, "a watch broke");
                    pause = error.retry_after();
                }
                // TCP believes the connection alive and it would be used again.
                End::Silence => self.own = Some(self.transport.new_channel()),
                End::Quiet => {}
            }
            sleep(backoff.next(pause)).await;
        }
    }

    async fn call(&mut self, backoff: &mut Backoff) -> End {
        let seconds = u64::try_from(self.request.heartbeat_seconds()).unwrap_or_default();
        let silence = 3 * if seconds == 0 { DEFAULT_HEARTBEAT } else { Duration::from_secs(seconds) };
        let channel = self.own.clone().unwrap_or_else(|| self.transport.channel());
        let opening = self.transport.server_stream(channel, R::PATH, self.request.encode_to_vec().into());
        let mut answers: Answers<R::Answer> = match timeout(silence, opening).await {
            Ok(Ok(stream)) => Answers::new(stream),
            Ok(Err(error)) => return End::Status(error),
            Err(_) => return End::Silence,
        };
        loop {
            match timeout(silence, answers.message()).await {
                Ok(Ok(Some(answer))) => {
                    backoff.reset();
                    let (token, heartbeat) = (R::token(&answer).to_owned(), R::is_heartbeat(&answer));
                    self.request.resume(&token);
                    // Where nobody listens any more, this task is about to be ended.
                    let _ = self.sender.send(Ok(Heard { answer, token, heartbeat })).await;
                }
                Ok(Ok(None)) => return End::Quiet,
                Ok(Err(error)) => return End::Status(error),
                Err(_) => return End::Silence,
            }
        }
    }
}

impl<A: Send + 'static> Stream for Watch<A> {
    type Item = Result<A, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(context)
    }
}

impl<A> fmt::Debug for Watch<A> {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        into.write_str("Watch")
    }
}
