//! What the guide shows, as one program; a test keeps both alike.

use std::sync::Arc;
use std::time::Duration;

use interplay_client::v1::oneof::watch_interactions_response::Event;
use interplay_client::{Client, Code, Config, Error, Publisher, PublisherOptions, TalkEvent, Tls, v1};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let client = connect().await?;
    unary(&client).await?;
    publish(&client).await?;
    know(&client).await?;
    monitor(&client).await?;
    brief(&client).await?;
    watch(&client).await?;
    talk(&client).await?;
    errors(&client).await;
    shared(&client).await
}

async fn connect() -> Result<Client, Error> {
    let client = Client::connect(Config::from_env()).await?;
    Ok(client)
}

#[allow(dead_code)]
async fn connect_securely() -> Result<Client, Box<dyn std::error::Error>> {
    let config = Config {
        api_key: Some(std::fs::read_to_string("key.txt")?.trim().into()),
        tls: Some(Tls { root_certificates: Some(std::fs::read("authority.pem")?), ..Default::default() }),
        timeout: Duration::from_secs(10),
        ..Config::new("interplay.example:443")
    };
    let client = Client::connect(config).await?;
    Ok(client)
}

async fn unary(client: &Client) -> Result<(), Error> {
    let turn = |role: &str, content: &str| v1::InteractionData {
        role: role.into(),
        content: content.into(),
        ..Default::default()
    };
    let request = v1::PublishInteractionsRequest {
        user_id: "ada".into(),
        session_id: "guide".into(),
        interactions: vec![turn("User", "I need a laptop for sailing"), turn("Agent", "Waterproof?")],
        ..Default::default()
    };
    let published = client.interaction().publish_interactions(request).await?;
    println!("{}", published.interaction_ids.len());

    let mut request = v1::ListInteractionsRequest { user_id: "ada".into(), page_size: 100, ..Default::default() };
    loop {
        let page = client.interaction().with_timeout(Duration::from_secs(5)).list_interactions(request.clone()).await?;
        for row in &page.interactions {
            println!("{}: {}", row.data.role, row.data.content);
        }
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    Ok(())
}

async fn know(client: &Client) -> Result<(), Error> {
    let question = v1::GetContextRequest { user_id: "ada".into(), query: "Which laptop?".into(), ..Default::default() };
    let known = client.context().get_context(question).await?;
    println!("{}", known.rendered);
    Ok(())
}

async fn monitor(client: &Client) -> Result<(), Error> {
    let publisher = client.monitor_publisher(PublisherOptions::new("rust-guide-monitor"))?;
    let event = v1::MonitorEvent {
        interaction_type: v1::MonitorEventType::CliCommand.into(),
        command: "report build --month 3".into(),
        status: v1::MonitorStatus::Success.into(),
        duration_ms: 120.5,
        user_id: "ada".into(),
        ..Default::default()
    };
    publisher.append(event).await?.await?;
    publisher.close(Some(Duration::from_secs(30))).await?;
    Ok(())
}

async fn publish(client: &Client) -> Result<(), Error> {
    let publisher = client.publisher(PublisherOptions {
        user_id: "ada".into(),
        session_id: "guide".into(),
        return_interaction_ids: true,
        ..PublisherOptions::new("rust-guide")
    })?;
    let turn = v1::InteractionData { role: "User".into(), content: "Is it waterproof?".into(), ..Default::default() };
    let append = v1::StreamAppend { interactions: vec![turn], session_finished: true, ..Default::default() };
    let ack = publisher.append(append).await?.await?;
    println!("append {} made {:?}", ack.offset, ack.interaction_ids);
    publisher.flush().await?;
    let closed = publisher.close(Some(Duration::from_secs(30))).await?;
    println!("{} appends, {} interactions", closed.committed_offset, closed.count);
    Ok(())
}

async fn brief(client: &Client) -> Result<(), Error> {
    let publisher = client.publisher(PublisherOptions {
        user_id: "ada".into(),
        session_id: "guide".into(),
        context: Some(v1::ContextRequest { top_k: 3, ..Default::default() }),
        ..PublisherOptions::new("rust-guide-agent")
    })?;
    let turn = v1::InteractionData { content: "Which laptop did I ask for?".into(), ..Default::default() };
    let mut receipt = publisher.append(turn).await?;
    if let Ok(Some(briefing)) = tokio::time::timeout(Duration::from_secs(20), receipt.context()).await {
        println!("{}", briefing.rendered);
    }
    publisher.close(None).await?;
    Ok(())
}

async fn watch(client: &Client) -> Result<(), Error> {
    let request = v1::WatchInteractionsRequest { from_beginning: true, ..Default::default() };
    let mut changes = client.watch_interactions(request);
    while let Some(change) = changes.next().await {
        let change = change?;
        if let Some(Event::Published(published)) = change.event {
            println!("{} new interactions, go on from {}", published.interactions.len(), change.resume_token);
            break;
        }
    }
    Ok(())
}

async fn talk(client: &Client) -> Result<(), Error> {
    let mut talk = client
        .converse(v1::ConverseStart { agent_version: "2.1".into(), ..Default::default() })
        .assistant(|need| async move { Ok(format!("You said: {}", need.message)) })
        .patience(Duration::from_secs(120));
    while let Some(event) = talk.next().await? {
        if let TalkEvent::Turn(turn) = event {
            println!("{} -> {}", turn.user.content, turn.assistant.content);
        }
    }
    println!("{}", talk.dialogue().stop_reason);
    Ok(())
}

async fn errors(client: &Client) {
    let request = v1::PublishInteractionsRequest::default();
    if let Err(error) = client.interaction().publish_interactions(request).await {
        println!("{} {}", error.code(), error.reason());
        for broken in error.violations() {
            println!("{}: {}", broken.field, broken.description);
        }
        if error.code() == Code::ResourceExhausted {
            tokio::time::sleep(error.retry_after().unwrap_or(Duration::from_secs(1))).await;
        }
    }
}

async fn shared(client: &Client) -> Result<(), Error> {
    let publisher: Arc<Publisher> = Arc::new(client.publisher(PublisherOptions {
        user_id: "ada".into(),
        session_id: "guide".into(),
        on_error: Some(Arc::new(|error| eprintln!("not stored: {error}"))),
        ..PublisherOptions::new("rust-guide-shared")
    })?);
    let worker = tokio::spawn({
        let publisher = publisher.clone();
        async move {
            let turn = v1::InteractionData { content: "from a task".into(), ..Default::default() };
            publisher.append(turn).await.map(drop)
        }
    });
    worker.await.map_err(|fault| Error::caused_by(Code::Internal, fault))??;
    match publisher.close(Some(Duration::from_secs(10))).await {
        Ok(closed) => println!("all {} appends are stored", closed.committed_offset),
        Err(error) => println!("{error}"), // how many were given up
    }
    Ok(())
}
