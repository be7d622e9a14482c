//! One call of Converse.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use tokio::sync::mpsc;

use crate::caller::Answers;
use crate::codec::Frame;
use crate::errors::{Code, Error};
use crate::transport::{Path, Transport};
use crate::v1;

const PATH: Path = "/interplay.v1.DialogueService/Converse";
const AHEAD: usize = 16;

pub(super) struct Call {
    /// It goes on with a dialogue.
    pub(super) resuming: bool,
    /// The server has answered `start`.
    pub(super) begun: bool,
    open: Option<(mpsc::Sender<Frame>, Answers<v1::ConverseResponse>)>,
}

impl Call {
    pub(super) fn new(resuming: bool) -> Self {
        Self { resuming, begun: false, open: None }
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    pub(super) async fn open(&mut self, transport: &Transport, start: v1::ConverseStart) -> Result<(), Error> {
        let (requests, stream) = mpsc::channel(AHEAD);
        let first = v1::ConverseRequest { message: start.into(), ..Default::default() };
        // The channel is empty and has its other end.
        let _ = requests.try_send(Frame::of(&first));
        let answers = transport.bidi(transport.channel(), PATH, Requests(stream)).await?;
        self.open = Some((requests, Answers::new(answers)));
        Ok(())
    }

    /// The next answer. A stream that ends without the last one is broken.
    pub(super) async fn answer(&mut self) -> Result<v1::ConverseResponse, Error> {
        let cut_off = || Error::new(Code::Unavailable, "the server ended the stream before its last message");
        let Some((_, answers)) = &mut self.open else { return Err(cut_off()) };
        answers.message().await?.ok_or_else(cut_off)
    }

    /// A call that has ended cannot be written to; reading from it tells its status.
    pub(super) async fn write(&mut self, request: &v1::ConverseRequest) {
        if let Some((requests, _)) = &self.open {
            let _ = requests.send(Frame::of(request)).await;
        }
    }

    /// As `write`, where there is room, as there is for what answers a need.
    pub(super) fn write_soon(&mut self, request: &v1::ConverseRequest) {
        if let Some((requests, _)) = &self.open {
            let _ = requests.try_send(Frame::of(request));
        }
    }
}

struct Requests(mpsc::Receiver<Frame>);

impl Stream for Requests {
    type Item = Frame;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Frame>> {
        self.0.poll_recv(context)
    }
}
