package example.interplay.examples;

import com.google.protobuf.Timestamp;
import example.interplay.EventPublisher;
import example.interplay.InterplayClient;
import interplay.v1.FeatureEvent;
import interplay.v1.GetInteractionFeaturesRequest;
import interplay.v1.InteractionFeatureRow;
import interplay.v1.InteractionFeatures;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** Records what a customer did with a product and reads the features of the pair. Takes INTERPLAY_TARGET. */
public final class PairFeatures {
    private PairFeatures() {}

    public static void main(String[] arguments) {
        String customer = "customer-" + UUID.randomUUID();
        try (InterplayClient client = InterplayClient.fromEnvironment()) {
            try (EventPublisher shop = client.eventPublisher("till-" + customer).open()) {
                for (String kind : List.of("product_viewed", "product_viewed", "product_added_to_cart")) {
                    shop.append(FeatureEvent.newBuilder()
                            .setCustomerId(customer)
                            .setProductId("teapot")
                            .setEventType(kind)
                            .setDeviceType("mobile")
                            .setCreatedAt(now())
                            .build());
                }
                shop.drain();
                System.out.printf("recorded %d events%n", shop.stats().committedOffset());
            }
            GetInteractionFeaturesRequest pair = GetInteractionFeaturesRequest.newBuilder()
                    .setCustomerId(customer)
                    .setProductId("teapot")
                    .build();
            InteractionFeatureRow row = client.features()
                    .call(stub -> stub.getInteractionFeatures(pair))
                    .getRow();
            InteractionFeatures features = row.getFeatures();
            System.out.printf("%s and %s:%n", row.getCustomerId(), row.getProductId());
            System.out.printf("  total_views       %d%n", features.getTotalViews());
            System.out.printf("  cart_adds         %d%n", features.getCartAdds());
            System.out.printf("  purchases         %d%n", features.getPurchases());
            System.out.printf("  preferred_device  %s%n", features.getPreferredDevice());
            System.out.printf("  engagement_score  %.3f%n", features.getEngagementScore());
        }
    }

    private static Timestamp now() {
        Instant instant = Instant.now();
        return Timestamp.newBuilder()
                .setSeconds(instant.getEpochSecond())
                .setNanos(instant.getNano())
                .build();
    }
}
