package example.interplay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import interplay.v1.InteractionData;
import interplay.v1.InteractionServiceGrpc;
import interplay.v1.PublishInteractionsRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientConfigTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost:50051",
                "LOCALHOST:1",
                "127.0.0.1:9",
                "127.8.8.8:9",
                "[::1]:50051",
                "::1",
                "dns:///localhost:50051",
                "dns:localhost:50051",
                "ipv4:127.0.0.1:80"
            })
    void knowsThisMachine(String target) {
        assertTrue(ClientConfig.isLoopback(target));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "memory.example:50051",
                "127.0.0.1.example:50051",
                "128.0.0.1:50051",
                "localhost.example:50051",
                "dns:///memory.example:50051",
                "dns://127.0.0.1/memory.example:50051",
                "[2001:db8::1]:50051",
                "0.0.0.0:50051"
            })
    void knowsOtherMachines(String target) {
        assertFalse(ClientConfig.isLoopback(target));
    }

    @Test
    void refusesToSendAKeyInPlaintextToAnotherMachine() {
        InterplayClient.Builder builder =
                InterplayClient.builder().target("memory.example:443").apiKey("ipk_secret");
        IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, builder::config);
        assertTrue(refused.getMessage().contains("memory.example:443"));
        assertFalse(refused.getMessage().contains("ipk_secret"));
        assertEquals("memory.example:443", builder.tls(Tls.system()).config().target());
        assertTrue(builder.tls(null).allowInsecure(true).config().allowInsecure());
    }

    @Test
    void neverPrintsTheKey() {
        ClientConfig config = InterplayClient.builder().apiKey("ipk_secret").config();
        assertFalse(config.toString().contains("ipk_secret"));
    }

    @Test
    void takesFromTheEnvironmentWhatWasNotGiven() {
        Map<String, String> environment = Map.of(
                "INTERPLAY_TARGET", "localhost:7", "INTERPLAY_API_KEY", "ipk_1", "INTERPLAY_TENANT", "office");
        ClientConfig config =
                InterplayClient.builder().tenant("shop").fromEnvironment(environment).config();
        assertEquals(
                List.of("localhost:7", "ipk_1", "shop"), List.of(config.target(), config.apiKey(), config.tenant()));
        assertEquals("localhost:50051", InterplayClient.builder().fromEnvironment(Map.of()).config().target());
    }

    @Test
    void refusesHalfOfACertificateAndTimesThatAreNone() {
        Path file = Path.of("client.pem");
        assertThrows(IllegalArgumentException.class, () -> new Tls(null, file, null));
        InterplayClient.Builder builder = InterplayClient.builder().timeout(Duration.ZERO);
        assertThrows(IllegalArgumentException.class, builder::config);
    }

    @Test
    void shipsTheServiceConfigOfAllClients() {
        Map<?, ?> method = (Map<?, ?>) ((List<?>) Transport.serviceConfig().get("methodConfig")).get(0);
        assertEquals(List.of("UNAVAILABLE"), ((Map<?, ?>) method.get("retryPolicy")).get("retryableStatusCodes"));
        String publish = InteractionServiceGrpc.getPublishInteractionsMethod().getBareMethodName();
        assertTrue(((List<?>) method.get("name"))
                .contains(Map.of("service", "interplay.v1.InteractionService", "method", publish)));
    }

    @Test
    void leavesNoThreadBehind() throws InterruptedException {
        try (InterplayClient client = InterplayClient.connect("127.0.0.1:1")) {
            Publisher publisher = client.publisher("nobody-listens").userId("u").sessionId("s").open();
            Receipt receipt = publisher.append(InteractionData.newBuilder()
                    .setContent("hello")
                    .build());
            assertThrows(InterplayException.class, () -> publisher.close(Duration.ofMillis(50)));
            assertThrows(InterplayException.class, receipt::await);
            assertThrows(InterplayException.class, () -> client.interactions()
                    .call(Duration.ofMillis(200), stub -> stub.publishInteractions(
                            PublishInteractionsRequest.getDefaultInstance())));
        }
        long limit = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (System.nanoTime() < limit && ours().findAny().isPresent()) {
            for (Thread thread : ours().toList()) {
                thread.join(100);
            }
        }
        assertEquals(List.of(), ours().map(Thread::getName).toList());
    }

    private static Stream<Thread> ours() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("interplay-") || thread.getName().startsWith("grpc-"));
    }
}
