//! Publishes a conversation over a resumable stream and finds it again by its meaning.

use interplay_client::{Client, Config, Error, PublisherOptions, v1};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let client = Client::connect(Config::from_env()).await?;
    let publisher = client.publisher(PublisherOptions {
        user_id: "ada".into(),
        session_id: "rust-monday".into(),
        source: "example".into(),
        ..PublisherOptions::new("rust-publish-and-search")
    })?;
    let turns = [
        ("User", "My parcel has not arrived yet. Where is it?"),
        ("Agent", "It left the depot this morning and reaches you before noon."),
        ("User", "Thanks. Can I still return the lamp in it?"),
        ("Agent", "Yes, within 30 days, without its bulb."),
    ];
    let mut receipts = Vec::new();
    for (role, content) in turns {
        let turn = v1::InteractionData { role: role.into(), content: content.into(), ..Default::default() };
        receipts.push(publisher.append(turn).await?);
    }
    for receipt in receipts {
        println!("stored as {}", receipt.await?.request_id);
    }
    let closed = publisher.close(None).await?;
    println!("the stream has {} appends", closed.committed_offset);

    let request = v1::SearchInteractionsRequest {
        query: "delivery of a package".into(),
        user_id: "ada".into(),
        top_k: 3,
        ..Default::default()
    };
    let found = client.interaction().search_interactions(request).await?;
    for hit in &found.hits {
        println!("found {:.3}  {}: {}", hit.score, hit.interaction.data.role, hit.interaction.data.content);
    }
    Ok(())
}
