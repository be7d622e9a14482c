//! The sides that the program plays.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use tokio::time::Instant;

use crate::errors::{Code, Error};
use crate::google::protobuf::Struct;
use crate::v1;

/// What the function of a side may fail with.
pub(super) type Fault = Box<dyn StdError + Send + Sync>;
type Reply = Pin<Box<dyn Future<Output = Result<Option<AgentReply>, Fault>> + Send>>;
type Play = Box<dyn FnMut(Need) -> Reply + Send>;

/// What was said by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// `user`, `assistant` or `system`.
    pub role: &'static str,
    /// The text.
    pub content: String,
}

impl Said {
    pub(super) fn new(role: &'static str, content: &str) -> Self {
        Self { role, content: content.into() }
    }
}

/// What a side is to answer.
#[derive(Clone, Debug)]
pub struct Need {
    /// What the other side has said; empty where the user begins.
    pub message: String,
    /// What was said before, the oldest first; begins with the system prompt where there is one.
    pub history: Vec<Said>,
}

/// What an agent answers. Text stands for it.
#[derive(Clone, Debug, Default)]
pub struct AgentReply {
    /// The text; not blank.
    pub content: String,
    /// Anything else, for example tools called.
    pub metadata: Option<Struct>,
    /// Tokens read, where they are known.
    pub input_tokens: i64,
    /// Tokens written, where they are known.
    pub output_tokens: i64,
}

impl From<String> for AgentReply {
    fn from(content: String) -> Self {
        Self { content, ..Default::default() }
    }
}

impl From<&str> for AgentReply {
    fn from(content: &str) -> Self {
        content.to_owned().into()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    User,
    Assistant,
}

impl fmt::Display for Side {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        into.write_str(if *self == Side::User { "user" } else { "assistant" })
    }
}

/// A side that is thinking.
pub(super) struct Asked {
    side: Side,
    sequence: i32,
    message: String,
    began: Instant,
    pub(super) reply: Reply,
}

/// The last need that a side answered, what it was about, and the answer.
struct Kept {
    sequence: i32,
    message: String,
    answer: v1::ConverseRequest,
}

#[derive(Default)]
pub(super) struct Sides {
    plays: [Option<Play>; 2],
    kept: [Option<Kept>; 2],
}

impl Sides {
    pub(super) fn set(&mut self, side: Side, play: impl FnMut(Need) -> Reply + Send + 'static) {
        self.plays[side as usize] = Some(Box::new(play));
    }

    /// What a side said to this before.
    pub(super) fn said(&self, side: Side, sequence: i32, message: &str) -> Option<v1::ConverseRequest> {
        let kept = self.kept[side as usize].as_ref()?;
        (kept.sequence == sequence && kept.message == message).then(|| kept.answer.clone())
    }

    /// None where nobody plays the side.
    pub(super) fn ask(&mut self, side: Side, sequence: i32, message: String, history: Vec<Said>) -> Option<Asked> {
        let play = self.plays[side as usize].as_mut()?;
        let reply = play(Need { message: message.clone(), history });
        Some(Asked { side, sequence, message, began: Instant::now(), reply })
    }

    pub(super) fn keep(&mut self, asked: &Asked, answer: &v1::ConverseRequest) {
        let (sequence, message) = (asked.sequence, asked.message.clone());
        self.kept[asked.side as usize] = Some(Kept { sequence, message, answer: answer.clone() });
    }
}

/// The message that a reply is sent as.
pub(super) fn answered(asked: &Asked, reply: Option<AgentReply>) -> Result<v1::ConverseRequest, Fault> {
    let sequence = asked.sequence;
    let said = reply.filter(|reply| !reply.content.trim().is_empty());
    let message = match (asked.side, said) {
        (Side::User, None) => v1::UserTurn { sequence, done: true, ..Default::default() }.into(),
        (Side::User, Some(reply)) => v1::UserTurn { sequence, content: reply.content, ..Default::default() }.into(),
        (Side::Assistant, None) => return Err(Error::new(Code::InvalidArgument, "the agent answered nothing").into()),
        (Side::Assistant, Some(reply)) => {
            let usage = v1::DialogueUsage {
                input_tokens: reply.input_tokens,
                output_tokens: reply.output_tokens,
                latency_ms: 1000.0 * asked.began.elapsed().as_secs_f64(),
                ..Default::default()
            };
            v1::AssistantTurn {
                sequence,
                content: reply.content,
                metadata: reply.metadata.into(),
                usage: usage.into(),
                ..Default::default()
            }
            .into()
        }
    };
    Ok(v1::ConverseRequest { message, ..Default::default() })
}
