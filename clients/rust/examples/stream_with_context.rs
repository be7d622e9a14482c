//! An agent that publishes its turns and is briefed on the same stream.

use std::time::Duration;

use interplay_client::{Client, Code, Config, Error, PublisherOptions, v1};
use tokio::time::timeout;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let client = Client::connect(Config::from_env()).await?;
    let fact = v1::Profile { user_id: "grace".into(), content: "Is allergic to peanuts".into(), ..Default::default() };
    let fact = v1::CreateProfileRequest { profile: fact.into(), ..Default::default() };
    let profile = client.profile().create_profile(fact).await?.profile;
    println!("known: {}", profile.content);

    let publisher = client.publisher(PublisherOptions {
        user_id: "grace".into(),
        session_id: "rust-snacks".into(),
        context: Some(v1::ContextRequest { top_k: 3, ..Default::default() }),
        ..PublisherOptions::new("rust-stream-with-context")
    })?;
    let question = "Which snack do you recommend?";
    let turn = v1::InteractionData { role: "User".into(), content: question.into(), ..Default::default() };
    let mut receipt = publisher.append(turn).await?;
    let offset = (&mut receipt).await?.offset;
    println!("append {offset} is stored: {question}");

    let briefing = timeout(Duration::from_secs(30), receipt.context()).await.ok().flatten();
    let briefing = briefing.ok_or_else(|| Error::new(Code::DeadlineExceeded, "no briefing came in 30 s"))?;
    println!("briefing for a prompt:\n{}", briefing.rendered);
    let reply = v1::InteractionData {
        role: "Agent".into(),
        content: "Apple slices, nothing with peanuts.".into(),
        ..Default::default()
    };
    publisher.append(reply).await?;
    println!("the stream has {} appends", publisher.close(None).await?.committed_offset);
    Ok(())
}
