// Publishes live and is briefed on each turn of the user before the agent answers.
import { connect } from "@interplay/client";

const client = connect();
const publisher = client.publisher("typescript-example-till", {
  userId: "example-grace",
  sessionId: "till-1",
  agentVersion: "support-1.4",
  context: { topK: 3, tokenBudget: 300 },
});

const turns = ["I sail on Sundays and need a waterproof watch.", "Which strap would you take for salt water?"];
for (const content of turns) {
  const receipt = await publisher.append({ role: "User", content });
  const { offset } = await receipt.ack; // durable and searchable from here on
  const briefing = await receipt.context(10);
  console.log(
    `append ${offset} is durable; the briefing names ${briefing?.interactions.length ?? 0} earlier interactions`,
  );
  for (const { interaction } of briefing?.interactions ?? []) {
    console.log(`  remembered: ${interaction?.data?.content}`);
  }
  await publisher.append({ role: "Agent", content: "A rubber one." });
}

await publisher.flush(); // in the tables too
await publisher.close();
console.log(`closed at offset ${publisher.stats().committedOffset}`);
client.close();
