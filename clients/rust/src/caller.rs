//! Calls with typed messages.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use buffa::Message;
use bytes::Bytes;
use futures_core::Stream;
use tonic::Streaming;

use crate::backoff::random;
use crate::codec::{Frame, decode};
use crate::errors::Error;
use crate::transport::{Path, Transport};

/// What the typed callers of all services share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Caller {
    transport: Arc<Transport>,
    timeout: Duration,
}

impl Caller {
    pub(crate) fn new(transport: Arc<Transport>) -> Self {
        let timeout = transport.timeout;
        Self { transport, timeout }
    }

    pub(crate) fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    pub(crate) async fn unary<A: Message>(&self, path: Path, request: &impl Message) -> Result<A, Error> {
        let answer = self.transport.unary(path, request.encode_to_vec().into(), self.timeout).await?;
        decode(&answer)
    }

    pub(crate) async fn server_stream<A: Message>(
        &self,
        path: Path,
        request: &impl Message,
    ) -> Result<Answers<A>, Error> {
        let request = request.encode_to_vec().into();
        Ok(Answers::new(self.transport.server_stream(self.transport.channel(), path, request).await?))
    }

    pub(crate) async fn bidi<R, A>(
        &self,
        path: Path,
        requests: impl Stream<Item = R> + Send + 'static,
    ) -> Result<Answers<A>, Error>
    where
        R: Message + 'static,
        A: Message,
    {
        let frames = Frames(Box::pin(requests));
        Ok(Answers::new(self.transport.bidi(self.transport.channel(), path, frames).await?))
    }
}

/// Makes an idempotency key where none was given.
pub(crate) fn identify(key: &mut String) {
    if key.is_empty() {
        *key = format!("{:016x}{:016x}", random(), random());
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        into.debug_struct("Caller").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

struct Frames<S>(Pin<Box<S>>);

impl<R: Message, S: Stream<Item = R>> Stream for Frames<S> {
    type Item = Frame;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Frame>> {
        self.0.as_mut().poll_next(context).map(|request| request.map(|message| Frame::of(&message)))
    }
}

/// The answers of a stream; dropping it cancels the call. It is a [`Stream`] as well.
pub struct Answers<A> {
    stream: Streaming<Bytes>,
    kind: PhantomData<fn() -> A>,
}

impl<A: Message> Answers<A> {
    pub(crate) fn new(stream: Streaming<Bytes>) -> Self {
        Self { stream, kind: PhantomData }
    }

    /// The next answer; None at the end. Nothing is lost when the future is dropped.
    pub async fn message(&mut self) -> Result<Option<A>, Error> {
        let bytes = self.stream.message().await.map_err(Error::from_call)?;
        bytes.map(|bytes| decode(&bytes)).transpose()
    }
}

impl<A: Message> Stream for Answers<A> {
    type Item = Result<A, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.stream)
            .poll_next(context)
            .map(|answer| answer.map(|bytes| bytes.map_err(Error::from_call).and_then(|bytes| decode(&bytes))))
    }
}

impl<A> fmt::Debug for Answers<A> {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        into.write_str("Answers")
    }
}
