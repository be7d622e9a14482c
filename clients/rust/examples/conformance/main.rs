//! The driver of the conformance suite: reads one JSON object a line and answers each with one.

mod bench;
#[rustfmt::skip]
mod generated;
mod operations;
mod wire;

use interplay_client::Error;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use operations::Driver;

/// Why an operation gave no answer.
enum Failure {
    /// What the client failed with.
    Client(Error),
    /// What was asked for makes no sense.
    Asked(String),
    /// There is no such operation.
    Unsupported,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Client(error)
    }
}

impl From<String> for Failure {
    fn from(why: String) -> Self {
        Self::Asked(why)
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut output = tokio::io::stdout();
    let mut driver = Driver::default();
    while let Some(line) = lines.next_line().await? {
        let outcome = match serde_json::from_str::<Value>(&line) {
            Ok(request) => driver.operate(&request).await,
            Err(fault) => Err(Failure::Asked(fault.to_string())),
        };
        let mut answer = match outcome {
            Ok(mut fields) => {
                fields["ok"] = true.into();
                fields
            }
            Err(Failure::Client(error)) => json!({"ok": false, "error": said(&error)}),
            Err(Failure::Asked(why)) => json!({"ok": false, "error": {"code": "INVALID_ARGUMENT", "message": why}}),
            Err(Failure::Unsupported) => json!({"ok": false, "unsupported": true}),
        }
        .to_string();
        answer.push('\n');
        output.write_all(answer.as_bytes()).await?;
        output.flush().await?;
    }
    Ok(())
}

/// What the client's own error type says.
fn said(error: &Error) -> Value {
    let mut said = json!({"code": error.code().as_str(), "message": error.message()});
    if !error.reason().is_empty() {
        said["reason"] = error.reason().into();
    }
    if !error.violations().is_empty() {
        said["fields"] = error.violations().iter().map(|broken| broken.field.as_str()).collect();
    }
    if !error.metadata().is_empty() {
        said["metadata"] = error.metadata().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    }
    if let Some(pause) = error.retry_after() {
        said["retry_after"] = pause.as_secs_f64().into();
    }
    said
}
