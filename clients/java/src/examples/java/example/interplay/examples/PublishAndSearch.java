package example.interplay.examples;

import example.interplay.InterplayClient;
import interplay.v1.InteractionData;
import interplay.v1.PublishInteractionsRequest;
import interplay.v1.PublishInteractionsResponse;
import interplay.v1.InteractionHit;
import interplay.v1.SearchInteractionsRequest;
import interplay.v1.SearchInteractionsResponse;
import java.util.UUID;

/** Publishes a short talk in one call and finds it again. Takes INTERPLAY_TARGET. */
public final class PublishAndSearch {
    private PublishAndSearch() {}

    public static void main(String[] arguments) {
        try (InterplayClient client = InterplayClient.fromEnvironment()) {
            PublishInteractionsRequest talk = PublishInteractionsRequest.newBuilder()
                    .setUserId("ann")
                    .setSessionId("tea-" + UUID.randomUUID())
                    .addInteractions(said("User", "I take my tea with lemon, never with milk."))
                    .addInteractions(said("Agent", "Lemon it is."))
                    .build();
            PublishInteractionsResponse published =
                    client.interactions().call(stub -> stub.publishInteractions(talk));
            System.out.printf("published %d interactions of ann%n", published.getInteractionIdsCount());

            SearchInteractionsRequest question = SearchInteractionsRequest.newBuilder()
                    .setQuery("How does she like her tea?")
                    .setUserId("ann")
                    .setTopK(3)
                    .build();
            SearchInteractionsResponse found =
                    client.interactions().call(stub -> stub.searchInteractions(question));
            System.out.printf("found %d for \"%s\"%n", found.getHitsCount(), question.getQuery());
            for (InteractionHit hit : found.getHitsList()) {
                InteractionData data = hit.getInteraction().getData();
                System.out.printf("  %.3f  %s: %s%n", hit.getScore(), data.getRole(), data.getContent());
            }
        }
    }

    private static InteractionData said(String role, String content) {
        return InteractionData.newBuilder().setRole(role).setContent(content).build();
    }
}
