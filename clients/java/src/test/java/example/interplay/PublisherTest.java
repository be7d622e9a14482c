package example.interplay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import interplay.v1.InteractionData;
import interplay.v1.StreamAppend;
import io.grpc.Status;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A publisher whose server is never there. */
class PublisherTest {
    private static final String NOWHERE = "127.0.0.1:1";

    private static StreamAppend said(String content) {
        return StreamAppend.newBuilder()
                .addInteractions(InteractionData.newBuilder().setContent(content))
                .build();
    }

    @Test
    void itsNumbersTellWhatIsPending() {
        try (InterplayClient client = InterplayClient.connect(NOWHERE)) {
            Publisher publisher = client.publisher("numbers").userId("u").sessionId("s").open();
            assertEquals(new StreamPublisher.Stats(0, 0, 0, 0, false), publisher.stats());
            publisher.append(said("a".repeat(1000)));
            StreamPublisher.Stats stats = publisher.stats();
            assertEquals(1, stats.pending());
            assertTrue(stats.pendingBytes() > 1000, stats.toString());
            publisher.abort();
            assertTrue(publisher.stats().stopped());
        }
    }

    @Test
    void itsBufferHolds64MebibytesUnlessSaid() {
        try (InterplayClient client = InterplayClient.connect(NOWHERE)) {
            Publisher publisher = client.publisher("bytes").userId("u").sessionId("s").open();
            StreamAppend large = said("a".repeat(9 << 20));
            for (int n = 0; n < 7; n++) {
                publisher.appendNow(large);
            }
            InterplayException full = assertThrows(InterplayException.class, () -> publisher.appendNow(large));
            assertEquals(Status.Code.RESOURCE_EXHAUSTED, full.code());
            assertTrue(publisher.stats().pendingBytes() > 63 << 20, publisher.stats().toString());
            publisher.abort();
        }
    }

    @Test
    void closeGivesUpInTimeAndSaysHowMuch() {
        try (InterplayClient client = InterplayClient.connect(NOWHERE)) {
            Publisher publisher = client.publisher("late").userId("u").sessionId("s").open();
            Receipt receipt = publisher.append(said("a"));
            InterplayException late =
                    assertThrows(InterplayException.class, () -> publisher.close(Duration.ofMillis(50)));
            assertEquals(Status.Code.DEADLINE_EXCEEDED, late.code());
            assertTrue(late.getMessage().contains("1 interactions"), late.getMessage());
            assertEquals(
                    Status.Code.DEADLINE_EXCEEDED,
                    assertThrows(InterplayException.class, receipt::await).code());
            assertEquals(0, publisher.stats().pending());
        }
    }
}
