//! The operations of the driver, one method each.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use interplay_client::v1::{self, oneof::watch_interactions_response::Event};
use interplay_client::{
    Append, AppendAck, Client, Closed, Config, Contexts, Error, Message, Publisher, PublisherOptions, Receipt,
    Rejected, TalkEvent, Tls, VERSION, Watch, json as mapping,
};
use serde_json::{Value, json};

use crate::wire::{from_hex, message, to_hex};
use crate::{Failure, bench, generated, said};

type Answer = Result<Value, Failure>;

/// What a case has made so far.
#[derive(Default)]
pub struct Driver {
    client: Option<Client>,
    publisher: Option<Publisher>,
    receipts: Vec<Receipt>,
    contexts: Option<Contexts>,
    watch: Option<Watch<v1::WatchInteractionsResponse>>,
    /// Interactions of the watch that were not asked for yet, and its token.
    unseen: VecDeque<String>,
    token: String,
}

impl Driver {
    pub async fn operate(&mut self, asked: &Value) -> Answer {
        match text(asked, "do")? {
            "hello" => Ok(json!({"language": "rust", "version": VERSION})),
            "wire" => wire(asked),
            "json" => from_json(asked),
            "connect" => self.connect(asked).await,
            "call" => self.call(asked).await,
            "publisher" => self.open(asked),
            "append" => self.append(asked).await,
            "receipts" => self.receipts().await,
            "flush" => self.publisher()?.flush().await.map(|()| json!({})).map_err(Failure::from),
            "contexts" => self.contexts(asked).await,
            "close" => closed(self.publisher()?.close(seconds(asked, "timeout")).await),
            "abort" => {
                self.publisher()?.abort().await;
                Ok(json!({}))
            }
            "stats" => {
                let stats = self.publisher()?.stats();
                let (pending, connections) = (stats.pending, stats.connections);
                Ok(json!({"pending": pending, "connections": connections, "stopped": stats.stopped}))
            }
            "converse" => self.converse(asked).await,
            "watch" => self.watch(asked).await,
            "record" => self.record(asked).await,
            "bench" => bench::run(self.client()?, asked).await,
            _ => Err(Failure::Unsupported),
        }
    }

    fn client(&self) -> Result<&Client, Failure> {
        self.client.as_ref().ok_or_else(|| Failure::Asked("connect first".into()))
    }

    fn publisher(&self) -> Result<&Publisher, Failure> {
        self.publisher.as_ref().ok_or_else(|| Failure::Asked("no publisher was made".into()))
    }

    async fn connect(&mut self, asked: &Value) -> Answer {
        let mut config = Config::new(text(asked, "target")?);
        config.api_key = given(asked, "api_key");
        config.tenant = given(asked, "tenant");
        config.allow_insecure = asked["allow_insecure"].as_bool().unwrap_or(false);
        config.timeout = seconds(asked, "timeout").unwrap_or(config.timeout);
        let pem = |name| given(asked, name).map(std::fs::read).transpose().map_err(|fault| fault.to_string());
        if asked["ca"].is_string() || asked["certificate"].is_string() {
            config.tls = Some(Tls {
                root_certificates: pem("ca")?,
                certificate_chain: pem("certificate")?,
                private_key: pem("key")?,
                ..Default::default()
            });
        }
        self.client = Some(Client::connect(config).await?);
        Ok(json!({}))
    }

    async fn call(&self, asked: &Value) -> Answer {
        let name = (text(asked, "service")?, text(asked, "method")?);
        let limit = seconds(asked, "timeout");
        let request = from_hex(text(asked, "request")?)?;
        let called = generated::call(self.client()?, name, &request, limit).await;
        let response = called.ok_or_else(|| format!("{}.{} is no unary method", name.0, name.1))??;
        Ok(json!({"response": to_hex(&response)}))
    }

    fn open(&mut self, asked: &Value) -> Answer {
        let options = PublisherOptions {
            user_id: given(asked, "user_id").unwrap_or_default(),
            session_id: given(asked, "session_id").unwrap_or_default(),
            source: given(asked, "source").unwrap_or_default(),
            agent_version: given(asked, "agent_version").unwrap_or_default(),
            context: asked["context"].as_bool().unwrap_or(false).then(v1::ContextRequest::default),
            heartbeat: seconds(asked, "heartbeat"),
            max_outstanding: asked["max_outstanding"].as_i64().and_then(|most| most.try_into().ok()).unwrap_or(0),
            ..PublisherOptions::new(text(asked, "stream_id")?)
        };
        let capacity = asked["capacity"].as_u64().map_or(options.capacity, |most| most as usize);
        let publisher = self.client()?.publisher(PublisherOptions { capacity, ..options })?;
        self.contexts = Some(publisher.contexts());
        self.publisher = Some(publisher);
        self.receipts.clear();
        Ok(json!({}))
    }

    async fn append(&mut self, asked: &Value) -> Answer {
        let append = v1::StreamAppend {
            interactions: messages(asked, "interactions")?,
            session_finished: asked["session_finished"].as_bool().unwrap_or(false),
            partial_success: asked["partial_success"].as_bool().unwrap_or(false),
            ..Default::default()
        };
        let receipt = self.publisher()?.append(append).await?;
        let number = receipt.number();
        self.receipts.push(receipt);
        Ok(json!({"number": number}))
    }

    async fn receipts(&mut self) -> Answer {
        let mut outcomes = Vec::new();
        for receipt in &mut self.receipts {
            outcomes.push(outcome(&receipt.await));
        }
        Ok(json!({"receipts": outcomes}))
    }

    async fn contexts(&mut self, asked: &Value) -> Answer {
        let contexts = self.contexts.as_mut().ok_or_else(|| "no publisher was made".to_owned())?;
        let mut rendered = Vec::new();
        for _ in 0..number(asked, "count")? {
            let context = contexts.next().await.ok_or_else(|| "the publisher has ended".to_owned())?;
            rendered.push(context.rendered.clone());
        }
        Ok(json!({"rendered": rendered}))
    }

    async fn converse(&self, asked: &Value) -> Answer {
        let start: v1::ConverseStart = message(text(asked, "start")?)?;
        let replies: Option<Arc<Vec<String>>> = match &asked["replies"] {
            Value::Array(replies) => {
                Some(Arc::new(replies.iter().filter_map(|r| r.as_str().map(Into::into)).collect()))
            }
            _ => None,
        };
        let fail_at = asked["fail_at"].as_u64();
        let calls = Arc::new(AtomicU64::new(0));
        let counted = calls.clone();
        let mut talk = self.client()?.converse(start).assistant(move |need| {
            let (number, replies) = (counted.fetch_add(1, Ordering::Relaxed), replies.clone());
            async move {
                if fail_at == Some(number + 1) {
                    return Err("the agent failed, as it was asked to".into());
                }
                let echo = || format!("You said: {}", need.message);
                Ok(replies.map_or_else(echo, |replies| replies[number as usize % replies.len()].clone()))
            }
        });
        let mut turns = Vec::new();
        while let Some(event) = talk.next().await? {
            if let TalkEvent::Turn(turn) = event {
                turns.push(json!({"role": "user", "content": turn.user.content}));
                turns.push(json!({"role": "assistant", "content": turn.assistant.content}));
            }
        }
        let reason = talk.dialogue().stop_reason.to_string();
        let reason = reason.trim_start_matches("STOP_REASON_");
        Ok(json!({"turns": turns, "stop_reason": reason, "asked": calls.load(Ordering::Relaxed)}))
    }

    async fn watch(&mut self, asked: &Value) -> Answer {
        let token = given(asked, "token").map(|token| from_hex(&token)).transpose()?;
        let resume_token = token.map(String::from_utf8).transpose().map_err(|fault| fault.to_string())?;
        let elsewhere = resume_token.as_ref().is_some_and(|token| *token != self.token);
        if self.watch.is_none() || elsewhere {
            let resume_token = resume_token.unwrap_or_default();
            let request = v1::WatchInteractionsRequest {
                from_beginning: asked["from_beginning"].as_bool().unwrap_or(false),
                resume_token,
                ..Default::default()
            };
            self.watch = Some(self.client()?.watch_interactions(request));
            self.unseen.clear();
        }
        let count = number(asked, "count")?;
        let watch = self.watch.as_mut().expect("it was just made");
        while self.unseen.len() < count {
            let change = watch.next().await.ok_or_else(|| "the watch has ended".to_owned())??;
            self.token = change.resume_token;
            if let Some(Event::Published(published)) = change.event {
                self.unseen.extend(published.interactions.into_iter().map(|row| row.interaction_id));
            }
        }
        let interaction_ids: Vec<String> = self.unseen.drain(..count).collect();
        Ok(json!({"interaction_ids": interaction_ids, "token": to_hex(self.token.as_bytes())}))
    }

    async fn record(&self, asked: &Value) -> Answer {
        let options = PublisherOptions::new(text(asked, "stream_id")?);
        let client = self.client()?;
        match text(asked, "stream")? {
            "monitor" => published(client.monitor_publisher(options)?, messages(asked, "events")?).await,
            "shop" => published(client.event_publisher(options)?, messages(asked, "events")?).await,
            other => Err(Failure::Asked(format!("no stream is called {other}"))),
        }
    }
}

/// Publishes each row by itself, so that there is something to resume.
async fn published<A>(publisher: Publisher<A>, rows: Vec<A::Row>) -> Answer
where
    A: Append + From<Vec<<A as Append>::Row>>,
{
    let mut receipts = Vec::new();
    for row in rows {
        receipts.push(publisher.append(vec![row]).await?);
    }
    for receipt in receipts {
        receipt.await?;
    }
    closed(publisher.close(None).await)
}

fn closed(outcome: Result<Closed, Error>) -> Answer {
    Ok(json!({"committed_offset": outcome?.committed_offset}))
}

fn outcome(outcome: &Result<AppendAck, Error>) -> Value {
    match outcome {
        Ok(ack) => {
            let refused = |row: &Rejected| json!({"index": row.index, "error": said(&row.error)});
            let rejected: Vec<Value> = ack.rejected.iter().map(refused).collect();
            json!({"offset": ack.offset, "duplicate": ack.duplicate, "rejected": rejected})
        }
        Err(error) => json!({"error": said(error)}),
    }
}

fn wire(asked: &Value) -> Answer {
    let name = text(asked, "message")?;
    let recoded = generated::recode(name, &from_hex(text(asked, "hex")?)?);
    Ok(json!({"hex": to_hex(&recoded.ok_or_else(|| format!("no message is called {name}"))??)}))
}

fn from_json(asked: &Value) -> Answer {
    let name = text(asked, "message")?;
    let encoded = mapping::encode(name, &asked["json"].to_string())?;
    let recoded = generated::recode(name, &encoded).ok_or_else(|| format!("no message is called {name}"))??;
    Ok(json!({"hex": to_hex(&recoded)}))
}

pub fn text<'a>(asked: &'a Value, name: &str) -> Result<&'a str, Failure> {
    asked[name].as_str().ok_or_else(|| Failure::Asked(format!("{name} must be text")))
}

pub fn number(asked: &Value, name: &str) -> Result<usize, Failure> {
    let given = asked[name].as_u64().and_then(|number| usize::try_from(number).ok());
    given.ok_or_else(|| Failure::Asked(format!("{name} must be a number")))
}

fn given(asked: &Value, name: &str) -> Option<String> {
    asked[name].as_str().map(Into::into)
}

fn seconds(asked: &Value, name: &str) -> Option<Duration> {
    asked[name].as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

fn messages<M: Message>(asked: &Value, name: &str) -> Result<Vec<M>, Failure> {
    let rows = asked[name].as_array().map_or(&[][..], Vec::as_slice);
    let decoded: Result<_, String> = rows.iter().map(|row| message(row.as_str().unwrap_or("none"))).collect();
    Ok(decoded?)
}
