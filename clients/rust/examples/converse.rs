//! A function of this program is the agent under test; the server plays a user.

use interplay_client::{Client, Config, Error, TalkEvent, v1};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let client = Client::connect(Config::from_env()).await?;
    let start = v1::ConverseStart {
        config: v1::DialogueConfig {
            limits: v1::DialogueLimits { min_turns: 2, max_turns: 2, ..Default::default() }.into(),
            seed: 7,
            ..Default::default()
        }
        .into(),
        agent_version: "rust-example".into(),
        ..Default::default()
    };
    let mut talk = client.converse(start).assistant(|need| async move {
        let before = need.history.len() / 2;
        Ok(format!("You said: {} (after {before} turns)", need.message))
    });
    while let Some(event) = talk.next().await? {
        match event {
            TalkEvent::Turn(turn) => {
                println!("user:  {}", turn.user.content);
                println!("agent: {}", turn.assistant.content);
            }
            TalkEvent::Warning(warning) => println!("({warning})"),
            TalkEvent::Delta(_) => {}
        }
    }
    let dialogue = talk.dialogue();
    println!("{} ended after {} turns: {}", dialogue.dialogue_id, dialogue.num_turns, dialogue.stop_reason);
    Ok(())
}
