//! How fast a publisher is, beside the bare stream.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use futures_core::Stream;
use interplay_client::v1::{self, oneof::stream_publish_response::Message as Answer};
use interplay_client::{Client, PublisherOptions};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::Failure;
use crate::operations::{number, text};

struct Load {
    stream_id: String,
    appends: usize,
    rows: Vec<v1::InteractionData>,
}

/// Seconds from the first append to the last ack, and those of this process meanwhile.
pub async fn run(client: &Client, asked: &Value) -> Result<Value, Failure> {
    let content = text(asked, "content")?;
    let row = v1::InteractionData { role: "User".into(), content: content.into(), ..Default::default() };
    let load = Load {
        stream_id: text(asked, "stream_id")?.into(),
        appends: number(asked, "appends")?,
        rows: vec![row; number(asked, "interactions")?],
    };
    let (seconds, cpu_seconds) = match text(asked, "kind")? {
        "bare" => bare(client, &load).await?,
        "publisher" => publisher(client, &load).await?,
        other => return Err(Failure::Asked(format!("no kind is called {other}"))),
    };
    Ok(json!({"seconds": seconds, "cpu_seconds": cpu_seconds}))
}

async fn publisher(client: &Client, load: &Load) -> Result<(f64, f64), Failure> {
    let publisher = client.publisher(PublisherOptions {
        user_id: "bench".into(),
        session_id: "bench".into(),
        ..PublisherOptions::new(&*load.stream_id)
    })?;
    publisher.flush().await?;
    let began = Began::now();
    let mut receipts = Vec::with_capacity(load.appends);
    for _ in 0..load.appends {
        receipts.push(publisher.append(load.rows.clone()).await?);
    }
    for receipt in receipts {
        receipt.await?;
    }
    let took = began.took();
    publisher.close(None).await?;
    Ok(took)
}

async fn bare(client: &Client, load: &Load) -> Result<(f64, f64), Failure> {
    let (requests, stream) = mpsc::channel(64);
    let send = async |message: v1::oneof::stream_publish_request::Message| {
        let request = v1::StreamPublishRequest { message: Some(message), ..Default::default() };
        requests.send(request).await.map_err(|_| "the stream ended".to_owned())
    };
    let open = v1::StreamOpen {
        stream_id: load.stream_id.clone(),
        user_id: "bench".into(),
        session_id: "bench".into(),
        ..Default::default()
    };
    send(open.into()).await?;
    let mut answers = client.interaction().stream_publish(Requests(stream)).await?;
    let mut next = async || {
        let answer = answers.message().await?.and_then(|answer| answer.message);
        answer.ok_or_else(|| Failure::Asked(ENDED.into()))
    };
    let Answer::Opened(opened) = next().await? else { return Err(ENDED.to_owned().into()) };
    let most = opened.limits.max_outstanding.max(1) as usize;
    let (mut sent, mut acked) = (0, 0);
    let began = Began::now();
    while acked < load.appends {
        while sent < load.appends && sent - acked < most {
            let offset = Some(opened.next_offset + sent as i64);
            send(v1::StreamAppend { offset, interactions: load.rows.clone(), ..Default::default() }.into()).await?;
            sent += 1;
        }
        match next().await? {
            Answer::Ack(ack) => acked = (ack.committed_offset - opened.next_offset) as usize,
            Answer::AppendError(refusal) => return Err(refusal.status.message.clone().into()),
            _ => {}
        }
    }
    let took = began.took();
    send(v1::StreamFinish::default().into()).await?;
    while !matches!(next().await?, Answer::Finished(_)) {}
    Ok(took)
}

const ENDED: &str = "the stream ended early";

struct Requests<T>(mpsc::Receiver<T>);

impl<T> Stream for Requests<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        self.0.poll_recv(context)
    }
}

struct Began {
    at: Instant,
    cpu: f64,
}

impl Began {
    fn now() -> Self {
        Self { at: Instant::now(), cpu: cpu_seconds() }
    }

    fn took(&self) -> (f64, f64) {
        (self.at.elapsed().as_secs_f64(), cpu_seconds() - self.cpu)
    }
}

/// Processor time of all threads of this process, where /proc tells; steps of 10 ms.
fn cpu_seconds() -> f64 {
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program, in brackets, may hold spaces.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / TICKS
}
