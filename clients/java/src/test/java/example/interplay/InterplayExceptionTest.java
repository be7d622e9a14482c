package example.interplay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.QuotaFailure;
import com.google.rpc.RequestInfo;
import com.google.rpc.ResourceInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

class InterplayExceptionTest {
    private static final com.google.rpc.Status REFUSED = com.google.rpc.Status.newBuilder()
            .setCode(Status.Code.INVALID_ARGUMENT.value())
            .setMessage("two rules are broken")
            .addDetails(Any.pack(ErrorInfo.newBuilder()
                    .setReason("INVALID_REQUEST")
                    .setDomain("interplay")
                    .putMetadata("count", "2")
                    .build()))
            .addDetails(Any.pack(BadRequest.newBuilder()
                    .addFieldViolations(BadRequest.FieldViolation.newBuilder()
                            .setField("user_id")
                            .setDescription("is required"))
                    .addFieldViolations(BadRequest.FieldViolation.newBuilder()
                            .setField("interactions[2].role")
                            .setDescription("is too long"))
                    .build()))
            .addDetails(Any.pack(RequestInfo.newBuilder().setRequestId("r-1").build()))
            .build();

    @Test
    void readsEveryDetail() {
        InterplayException error = InterplayException.from(REFUSED);
        assertEquals(Status.Code.INVALID_ARGUMENT, error.code());
        assertEquals("INVALID_REQUEST", error.reason());
        assertEquals("two rules are broken", error.text());
        assertEquals("INVALID_ARGUMENT (INVALID_REQUEST): two rules are broken", error.getMessage());
        assertEquals(Map.of("count", "2"), error.metadata());
        assertEquals(
                List.of(new Violation("user_id", "is required"), new Violation("interactions[2].role", "is too long")),
                error.violations());
        assertEquals("r-1", error.requestId());
        assertEquals(Optional.empty(), error.retryAfter());
    }

    @Test
    void readsTheDetailsOfAFailedCallAndOfWhatWrapsIt() {
        InterplayException error =
                InterplayException.from(new ExecutionException(StatusProto.toStatusRuntimeException(REFUSED)));
        assertEquals("INVALID_REQUEST", error.reason());
        assertEquals(2, error.violations().size());
        assertSame(error, InterplayException.from(new ExecutionException(error)));
    }

    @Test
    void saysWhenToComeBackAndWhatIsMissing() {
        InterplayException error = InterplayException.from(com.google.rpc.Status.newBuilder()
                .setCode(Status.Code.RESOURCE_EXHAUSTED.value())
                .addDetails(Any.pack(RetryInfo.newBuilder()
                        .setRetryDelay(com.google.protobuf.Duration.newBuilder()
                                .setSeconds(1)
                                .setNanos(500_000_000))
                        .build()))
                .addDetails(Any.pack(QuotaFailure.newBuilder()
                        .addViolations(QuotaFailure.Violation.newBuilder()
                                .setSubject("disk")
                                .setDescription("full"))
                        .build()))
                .addDetails(Any.pack(ResourceInfo.newBuilder()
                        .setResourceType("session")
                        .setResourceName("s1")
                        .build()))
                .build());
        assertEquals(Optional.of(Duration.ofMillis(1500)), error.retryAfter());
        assertEquals(List.of(new Violation("disk", "full")), error.violations());
        assertEquals("session", error.resourceType());
        assertEquals("s1", error.resourceName());
        assertEquals("RESOURCE_EXHAUSTED", error.getMessage());
    }

    @Test
    void keepsCodeAndMessageWhereDetailsCannotBeRead() {
        Metadata trailers = new Metadata();
        trailers.put(
                Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER), new byte[] {-1, -1, -1});
        InterplayException mangled =
                InterplayException.from(Status.NOT_FOUND.withDescription("no such thing"), trailers);
        assertEquals("NOT_FOUND: no such thing", mangled.getMessage());
        assertEquals("", mangled.reason());
        InterplayException broken = InterplayException.from(REFUSED.toBuilder()
                .clearDetails()
                .addDetails(Any.newBuilder()
                        .setTypeUrl("type.googleapis.com/google.rpc.ErrorInfo")
                        .setValue(ByteString.copyFrom(new byte[] {-1})))
                .build());
        assertEquals("INVALID_ARGUMENT: two rules are broken", broken.getMessage());
    }

    @Test
    void tellsTransportErrorsFromTheServers() {
        assertTrue(StreamPublisher.mayReconnect(InterplayException.from(Status.CANCELLED, null)));
        assertTrue(StreamPublisher.mayReconnect(InterplayException.from(Status.UNAVAILABLE, null)));
        assertTrue(!StreamPublisher.mayReconnect(InterplayException.from(REFUSED)));
        assertTrue(!StreamPublisher.mayReconnect(InterplayException.from(Status.UNAUTHENTICATED, null)));
        assertTrue(!StreamPublisher.mayReconnect(
                new InterplayException(Status.Code.ABORTED, "taken over", "STREAM_SUPERSEDED", Map.of())));
    }
}
