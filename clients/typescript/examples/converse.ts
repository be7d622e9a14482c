// Puts an agent, here a function of a few lines, through a dialogue with a user whom the server plays.
import { connect, type ChatMessage } from "@interplay/client";
import { StopReason } from "@interplay/client/v1";

const client = connect();

async function agent(message: string, history: readonly ChatMessage[]): Promise<string> {
  const step = history.length / 2 + 1; // a turn is a message of the user and its answer
  return `You said: "${message.slice(0, 60)}" Here is step ${step} of the answer.`;
}

const talk = client.converse({ assistant: agent, agentVersion: "example-1", config: { seed: 7n } });
for await (const event of talk) {
  if (event.kind === "turn") {
    console.log(`${event.turn.number}. user: ${event.turn.user?.content}`);
    console.log(`   agent: ${event.turn.assistant?.content}`);
  }
}
console.log(`ended after ${talk.dialogue.turns.length} turns: ${StopReason[talk.dialogue.stopReason]}`);

client.close();
