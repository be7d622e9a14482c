package example.interplay.examples;

import example.interplay.AppendAck;
import example.interplay.InterplayClient;
import example.interplay.Publisher;
import example.interplay.Receipt;
import interplay.v1.AgentContext;
import interplay.v1.InteractionData;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** Publishes over a stream and is briefed on it before the agent answers. Takes INTERPLAY_TARGET. */
public final class StreamWithContext {
    private StreamWithContext() {}

    public static void main(String[] arguments) {
        String session = "bikes-" + UUID.randomUUID();
        try (InterplayClient client = InterplayClient.fromEnvironment();
                Publisher publisher = client.publisher(session)
                        .userId("ben")
                        .sessionId(session)
                        .context()
                        .open()) {
            publisher.append(said("User", "My bicycle is a blue tourer with 28 inch wheels.")).await();

            Receipt receipt = publisher.append(said("User", "Which tyres fit my bicycle?"));
            AppendAck ack = receipt.await();
            System.out.printf("append %d of stream %s is durable%n", ack.offset(), publisher.streamId());
            Optional<AgentContext> context =
                    receipt.context().completeOnTimeout(Optional.empty(), 10, TimeUnit.SECONDS).join();
            System.out.printf("briefed with %d past interactions:%n",
                    context.map(AgentContext::getInteractionsCount).orElse(0));
            context.ifPresent(found -> System.out.println(found.getRendered().indent(2).stripTrailing()));

            publisher.append(said("Agent", "Any 28 inch tyre for tourers.")).await();
            publisher.flush();
            System.out.printf("%d appends are in the tables%n", publisher.stats().committedOffset());
        }
    }

    private static InteractionData said(String role, String content) {
        return InteractionData.newBuilder().setRole(role).setContent(content).build();
    }
}
