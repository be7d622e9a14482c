//! One dialogue, turn by turn, in which functions of the caller may play a side.

mod call;
mod side;

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use buffa::Message;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use self::call::Call;
pub use self::side::{AgentReply, Need, Said};
use self::side::{Asked, Fault, Side, Sides, answered};
use crate::backoff::Backoff;
use crate::caller::identify;
use crate::codec::decode;
use crate::errors::{Code, Error};
use crate::transport::Transport;
use crate::v1::{self, DialogueSide, DialogueStatus, oneof::converse_response::Message as Answer};

const PATIENCE: Duration = Duration::from_secs(60);
const GET_DIALOGUE: &str = "/interplay.v1.DialogueService/GetDialogue";

/// What happens in a dialogue.
#[derive(Clone, Debug)]
pub enum TalkEvent {
    /// A turn that is saved.
    Turn(Box<v1::DialogueTurn>),
    /// A piece of a text that a model side is making.
    Delta(v1::ConverseDelta),
    /// Something to know.
    Warning(String),
}

/// Take its events with [`next`](Self::next), or the whole dialogue with [`finish`](Self::finish). Made by
/// [`Client::converse`](crate::Client::converse).
///
/// It goes on by itself after a lost connection or a restart of the server, and asks nobody twice for what was answered.
/// Dropping it early leaves the dialogue: for 24 hours another one with its id and `resume` goes on with it. What a side
/// fails with is failed with here, and leaves the dialogue too.
pub struct Conversation {
    transport: Arc<Transport>,
    start: v1::ConverseStart,
    sides: Sides,
    patience: Patience,
    /// Somebody said that the server knows it; before, it may or may not.
    known: bool,
    dialogue: v1::Dialogue,
    config: v1::DialogueConfig,
    turns: Vec<v1::DialogueTurn>,
    waiting: VecDeque<TalkEvent>,
    call: Option<Call>,
    asked: Option<Asked>,
    steering: (mpsc::UnboundedSender<v1::ConverseRequest>, mpsc::UnboundedReceiver<v1::ConverseRequest>),
    /// What a later call is told again, as nobody knows what the server has taken of it.
    told: Vec<v1::ConverseRequest>,
    tried: bool,
    tried_again: bool,
    /// Something came of the call that is open.
    heard: bool,
    completed: bool,
}

/// Why no event came.
enum Stop {
    Side(Error),
    Broken(Error),
}

impl Conversation {
    pub(crate) fn new(transport: Arc<Transport>, mut start: v1::ConverseStart) -> Self {
        let known = start.resume && !start.dialogue_id.is_empty();
        identify(&mut start.dialogue_id);
        Self {
            transport,
            sides: Sides::default(),
            patience: Patience::new(PATIENCE),
            known,
            dialogue: v1::Dialogue { dialogue_id: start.dialogue_id.clone(), ..Default::default() },
            config: v1::DialogueConfig::default(),
            turns: Vec::new(),
            waiting: VecDeque::new(),
            call: None,
            asked: None,
            steering: mpsc::unbounded_channel(),
            told: Vec::new(),
            tried: false,
            tried_again: false,
            heard: false,
            completed: false,
            start,
        }
    }

    /// The function that plays the assistant: it is handed what the user has said, and returns what is to be answered.
    #[must_use]
    pub fn assistant<F, R, A>(mut self, mut play: F) -> Self
    where
        F: FnMut(Need) -> R + Send + 'static,
        R: Future<Output = Result<A, Fault>> + Send + 'static,
        A: Into<AgentReply>,
    {
        if self.start.assistant == DialogueSide::DIALOGUE_SIDE_UNSPECIFIED {
            self.start.assistant = DialogueSide::DIALOGUE_SIDE_CLIENT.into();
        }
        self.sides.set(Side::Assistant, move |need| {
            let reply = play(need);
            Box::pin(async move { reply.await.map(|said| Some(said.into())) })
        });
        self
    }

    /// The function that plays the user; None says that it has nothing more to say.
    #[must_use]
    pub fn user<F, R>(mut self, mut play: F) -> Self
    where
        F: FnMut(Need) -> R + Send + 'static,
        R: Future<Output = Result<Option<String>, Fault>> + Send + 'static,
    {
        if self.start.user == DialogueSide::DIALOGUE_SIDE_UNSPECIFIED {
            self.start.user = DialogueSide::DIALOGUE_SIDE_CLIENT.into();
        }
        self.sides.set(Side::User, move |need| {
            let reply = play(need);
            Box::pin(async move { reply.await.map(|said| said.map(AgentReply::from)) })
        });
        self
    }

    /// Gives up after so long without a connection; 60 s unless it is said.
    #[must_use]
    pub fn patience(mut self, limit: Duration) -> Self {
        self.patience = Patience::new(limit);
        self
    }

    /// Id of the dialogue, made up where none was given.
    pub fn dialogue_id(&self) -> &str {
        &self.start.dialogue_id
    }

    /// As it was last heard of, with the turns that are saved; with its stop reason at the end.
    pub fn dialogue(&self) -> &v1::Dialogue {
        &self.dialogue
    }

    /// With every default filled in; empty before an answer.
    pub fn config(&self) -> &v1::DialogueConfig {
        &self.config
    }

    /// Tells model sides what to do from their next turn on, while events are taken.
    pub fn steer(&mut self, change: v1::SteerDialogue) {
        self.tell(v1::ConverseRequest { message: change.into(), ..Default::default() });
    }

    /// Ends the dialogue between turns; take events on for its end.
    pub fn cancel(&mut self) {
        self.tell(v1::ConverseRequest { message: v1::CancelDialogue::default().into(), ..Default::default() });
    }

    /// Goes on to the end and returns the whole dialogue.
    pub async fn finish(mut self) -> Result<v1::Dialogue, Error> {
        while self.next().await?.is_some() {}
        Ok(self.dialogue)
    }

    /// The next event; None at the end. Nothing is lost when the future is dropped: a side that was asked goes on with
    /// its answer in the next call.
    pub async fn next(&mut self) -> Result<Option<TalkEvent>, Error> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Ok(Some(event));
            }
            if self.completed {
                return Ok(None);
            }
            let broken = match self.advance().await {
                Ok(()) => continue,
                Err(Stop::Side(error)) => {
                    (self.call, self.asked) = (None, None);
                    return Err(error);
                }
                Err(Stop::Broken(error)) => error,
            };
            let resuming = self.call.take().is_none_or(|call| call.resuming);
            if std::mem::take(&mut self.heard) {
                self.patience.heard();
            }
            self.mend(broken, resuming).await?;
        }
    }

    fn tell(&mut self, request: v1::ConverseRequest) {
        // The other end is a field of this very value.
        let _ = self.steering.0.send(request);
    }

    /// One step of the call that is open, or of one that it opens.
    async fn advance(&mut self) -> Result<(), Stop> {
        if self.call.is_none() {
            // Whether a first call that broke has begun the dialogue is not known: going on with it tells.
            let resuming = self.known || self.tried;
            self.tried = true;
            self.call = Some(Call::new(resuming));
        }
        let call = self.call.as_mut().expect("it was just made");
        if !call.is_open() {
            let start = if call.resuming { resumption(&self.start) } else { self.start.clone() };
            call.open(&self.transport, start).await.map_err(Stop::Broken)?;
        }
        if let Some(asked) = &mut self.asked {
            tokio::select! {
                reply = &mut asked.reply => return self.say(reply),
                Some(request) = self.steering.1.recv() => self.pass_on(request).await,
            }
            return Ok(());
        }
        tokio::select! {
            answer = call.answer() => {
                let answer = answer.map_err(Stop::Broken)?;
                self.hear(answer).await
            }
            Some(request) = self.steering.1.recv() => {
                self.pass_on(request).await;
                Ok(())
            }
        }
    }

    async fn pass_on(&mut self, request: v1::ConverseRequest) {
        if let Some(call) = self.call.as_mut().filter(|call| call.begun) {
            call.write(&request).await;
        }
        self.told.push(request);
    }

    async fn hear(&mut self, answer: v1::ConverseResponse) -> Result<(), Stop> {
        match answer.message {
            Some(Answer::Started(started)) => {
                self.begin(*started).await;
                return Ok(());
            }
            Some(Answer::Turn(turn)) => {
                if self.take(&turn.turn, turn.sequence) {
                    self.waiting.push_back(TalkEvent::Turn(Box::new((*turn.turn).clone())));
                }
            }
            Some(Answer::Delta(delta)) => self.waiting.push_back(TalkEvent::Delta(*delta)),
            Some(Answer::Warning(warning)) => self.waiting.push_back(TalkEvent::Warning(warning.message)),
            Some(Answer::NeedAssistantTurn(need)) => {
                let history = self.history(&need.system_prompt, false);
                return self.ask(Side::Assistant, need.sequence, need.user_message, history).await;
            }
            Some(Answer::NeedUserTurn(need)) => {
                let latest = !need.assistant_message.is_empty();
                return self.ask(Side::User, need.sequence, need.assistant_message, self.history("", latest)).await;
            }
            Some(Answer::Completed(completed)) => {
                self.dialogue = completed.dialogue.into_option().unwrap_or_default();
                self.completed = true;
                self.call = None;
                return Ok(());
            }
            Some(Answer::GoAway(_)) | None => return Ok(()),
        }
        self.heard |= !self.waiting.is_empty();
        Ok(())
    }

    async fn begin(&mut self, started: v1::ConverseStarted) {
        self.known = true;
        self.dialogue = started.dialogue.into_option().unwrap_or_default();
        self.config = started.config.into_option().unwrap_or_default();
        let heard = self.start.last_sequence / 2;
        self.turns = self.dialogue.turns.iter().filter(|turn| turn.number <= heard).cloned().collect();
        if let Some(call) = &mut self.call {
            call.begun = true;
            for request in &self.told {
                call.write(request).await;
            }
        }
    }

    /// Whether a turn is new.
    fn take(&mut self, turn: &v1::DialogueTurn, sequence: i32) -> bool {
        if sequence <= self.start.last_sequence {
            return false;
        }
        self.start.last_sequence = sequence;
        self.turns.push(turn.clone());
        if usize::try_from(turn.number).is_ok_and(|number| number > self.dialogue.turns.len()) {
            self.dialogue.turns.push(turn.clone());
            self.dialogue.num_turns = self.dialogue.turns.len() as i32;
        }
        true
    }

    /// Asks the side that is to speak, unless it was asked the same before.
    async fn ask(&mut self, side: Side, sequence: i32, message: String, history: Vec<Said>) -> Result<(), Stop> {
        if self.cancelling() {
            return Ok(());
        }
        if let Some(answer) = self.sides.said(side, sequence, &message) {
            if let Some(call) = &mut self.call {
                call.write(&answer).await;
            }
            return Ok(());
        }
        self.heard = true;
        match self.sides.ask(side, sequence, message, history) {
            Some(asked) => self.asked = Some(asked),
            None => {
                let whose = format!("the {side} of this dialogue is the program's: give the function that plays it");
                return Err(Stop::Side(Error::new(Code::InvalidArgument, whose)));
            }
        }
        Ok(())
    }

    /// Sends what a side says; where the connection broke meanwhile, the next one asks for it again.
    fn say(&mut self, reply: Result<Option<AgentReply>, Fault>) -> Result<(), Stop> {
        let Some(asked) = self.asked.take() else { return Ok(()) };
        let answer = reply.and_then(|reply| answered(&asked, reply)).map_err(|fault| Stop::Side(of_side(fault)))?;
        self.sides.keep(&asked, &answer);
        if !self.cancelling()
            && let Some(call) = &mut self.call
        {
            call.write_soon(&answer);
        }
        Ok(())
    }

    fn cancelling(&self) -> bool {
        self.told.iter().any(|request| matches!(request.message, Some(v1::oneof::converse_request::Message::Cancel(_))))
    }

    /// What was said before the message that is handed over besides.
    fn history(&self, system: &str, latest: bool) -> Vec<Said> {
        let mut said = Vec::new();
        if !system.is_empty() {
            said.push(Said::new("system", system));
        }
        for turn in &self.turns {
            said.push(Said::new("user", &turn.user.content));
            said.push(Said::new("assistant", &turn.assistant.content));
        }
        if latest {
            said.pop();
        }
        said
    }

    /// Before another call: waits, or finds that the dialogue has ended. Fails with `broken`.
    async fn mend(&mut self, broken: Error, resuming: bool) -> Result<(), Error> {
        if broken.code() == Code::NotFound && resuming && !self.known {
            self.tried = false;
            return Ok(());
        }
        // It ended while nobody listened, or by what was told, which an answer may have crossed on its way.
        let crossed = broken.code() == Code::InvalidArgument && !self.told.is_empty();
        let mut broken = broken;
        if self.known && (crossed || (self.tried_again && broken.code() == Code::FailedPrecondition)) {
            if self.ended().await? {
                return Ok(());
            }
            if crossed {
                broken = Error::new(Code::Unavailable, broken.to_string());
            }
        }
        self.patience.wait(broken).await?;
        self.tried_again = true;
        Ok(())
    }

    /// Whether it has ended; then the turns that were not heard of wait to be taken.
    async fn ended(&mut self) -> Result<bool, Error> {
        let request = v1::GetDialogueRequest { dialogue_id: self.start.dialogue_id.clone(), ..Default::default() };
        let answer = self.transport.unary(GET_DIALOGUE, request.encode_to_vec().into(), self.transport.timeout).await?;
        let found = decode::<v1::GetDialogueResponse>(&answer)?.dialogue.into_option().unwrap_or_default();
        let going_on = [DialogueStatus::DIALOGUE_STATUS_UNSPECIFIED, DialogueStatus::DIALOGUE_STATUS_RUNNING];
        if going_on.iter().any(|status| found.status == *status) {
            return Ok(false);
        }
        self.dialogue = found;
        self.completed = true;
        for turn in self.dialogue.turns.clone() {
            if self.take(&turn, 2 * turn.number) {
                self.waiting.push_back(TalkEvent::Turn(Box::new(turn)));
            }
        }
        Ok(true)
    }
}

fn resumption(start: &v1::ConverseStart) -> v1::ConverseStart {
    v1::ConverseStart {
        dialogue_id: start.dialogue_id.clone(),
        resume: true,
        last_sequence: start.last_sequence,
        ..Default::default()
    }
}

/// An error of the client's own passes as it is.
fn of_side(fault: Fault) -> Error {
    match fault.downcast::<Error>() {
        Ok(error) => *error,
        Err(fault) => Error::caused_by(Code::Unknown, fault),
    }
}

impl fmt::Debug for Conversation {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        into.debug_struct("Conversation").field("dialogue_id", &self.start.dialogue_id).finish_non_exhaustive()
    }
}

/// How long nothing may be heard.
struct Patience {
    limit: Duration,
    backoff: Backoff,
    since: Option<Instant>,
}

impl Patience {
    fn new(limit: Duration) -> Self {
        Self { limit, backoff: Backoff::default(), since: None }
    }

    fn heard(&mut self) {
        self.since = None;
        self.backoff.reset();
    }

    /// Waits before the next try. Fails with `broken` where another call cannot mend it, or the patience is at its end.
    async fn wait(&mut self, broken: Error) -> Result<(), Error> {
        if !broken.may_reconnect() {
            return Err(broken);
        }
        let now = Instant::now();
        let since = *self.since.get_or_insert(now);
        let delay = self.backoff.next(broken.retry_after());
        if now + delay > since + self.limit {
            return Err(broken);
        }
        sleep(delay).await;
        Ok(())
    }
}
