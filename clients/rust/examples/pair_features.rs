//! Records what a customer did in a shop and reads the features of the customer and one product.

use std::time::{Duration, SystemTime};

use interplay_client::google::protobuf::Timestamp;
use interplay_client::{Client, Config, Error, PublisherOptions, v1};

fn event(id: &str, kind: &str, minutes_ago: u64, seconds: Option<f64>) -> v1::FeatureEvent {
    let moment = SystemTime::now() - Duration::from_secs(60 * minutes_ago);
    v1::FeatureEvent {
        event_id: id.into(),
        event_type: kind.into(),
        customer_id: "example-customer".into(),
        product_id: "example-kettle".into(),
        session_id: "rust-visit".into(),
        view_duration: seconds,
        created_at: Timestamp::from(moment).into(),
        ..Default::default()
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let client = Client::connect(Config::from_env()).await?;
    let publisher = client.event_publisher(PublisherOptions::new("rust-example-shop"))?;
    let events = vec![
        event("rust-1", "VIEW", 30, Some(40.0)),
        event("rust-2", "VIEW", 20, Some(20.0)),
        event("rust-3", "CART_ADD", 10, None),
    ];
    let ack = publisher.append(events).await?.await?;
    println!("recorded as {}", ack.request_id);
    publisher.flush().await?;
    publisher.close(None).await?;

    let pair = v1::GetInteractionFeaturesRequest {
        customer_id: "example-customer".into(),
        product_id: "example-kettle".into(),
        ..Default::default()
    };
    let row = client.feature().get_interaction_features(pair).await?.row;
    println!("{} and {}:", row.customer_id, row.product_id);
    println!("  total_views: {}", row.features.total_views);
    println!("  cart_adds: {}", row.features.cart_adds);
    match row.features.view_duration_avg {
        Some(average) => println!("  view_duration_avg: {average} s"),
        None => println!("  view_duration_avg: no view was timed"),
    }
    Ok(())
}
