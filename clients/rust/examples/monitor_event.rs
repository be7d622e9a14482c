//! Records how a program is used: one event by a call, several over a stream, then reads the counts.

use interplay_client::{Client, Config, Error, PublisherOptions, v1};

fn event(command: &str, status: v1::MonitorStatus, duration_ms: f64) -> v1::MonitorEvent {
    v1::MonitorEvent {
        interaction_type: v1::MonitorEventType::CliCommand.into(),
        command: command.into(),
        status: status.into(),
        duration_ms,
        session_id: "rust-example".into(),
        user_id: "ada".into(),
        ..Default::default()
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let client = Client::connect(Config::from_env()).await?;
    let one = event("report build --month 3", v1::MonitorStatus::Success, 120.5);
    let request = v1::RecordEventRequest { event: one.into(), ..Default::default() };
    println!("recorded {}", client.monitor().record_event(request).await?.event_id);

    let publisher = client.monitor_publisher(PublisherOptions::new("rust-example-monitor"))?;
    let more = vec![
        event("report send --to team", v1::MonitorStatus::Success, 80.0),
        event("report send --to nobody", v1::MonitorStatus::Failure, 15.0),
    ];
    let ack = publisher.append(more).await?.await?;
    println!("recorded two more as {}", ack.request_id);
    publisher.flush().await?;
    publisher.close(None).await?;

    let counts = client.monitor().get_statistics(v1::GetStatisticsRequest::default()).await?;
    println!("{} events, of which {} failed", counts.total_interactions, counts.failed_interactions);
    Ok(())
}
