// Publishes a conversation and finds one of its turns.
import { connect } from "@interplay/client";
import { UserAction } from "@interplay/client/v1";

const client = connect(); // INTERPLAY_TARGET, else localhost:50051

const published = await client.interactions.publishInteractions({
  userId: "example-ada",
  sessionId: "boiler-1",
  source: "support-chat",
  agentVersion: "support-1.4",
  requestId: "typescript-boiler-1", // publishing it again changes nothing
  interactions: [
    { role: "User", speaker: "Ada", content: "The boiler makes a humming noise at night." },
    { role: "Agent", content: "Is the pressure below one bar?" },
    { role: "User", userAction: UserAction.CLICK, userActionDescription: "Clicked: book an engineer" },
  ],
});
console.log(`published ${published.interactionIds.length} interactions`);

const found = await client.interactions.searchInteractions({
  query: "what noise does the boiler make?",
  userId: "example-ada",
  topK: 3,
});
for (const { score, interaction } of found.hits) {
  const { role, content, userActionDescription } = interaction?.data ?? {};
  console.log(`found ${score.toFixed(3)} ${role}: ${content || userActionDescription}`);
}

client.close();
