package example.interplay;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.PreconditionFailure;
import com.google.rpc.QuotaFailure;
import com.google.rpc.RequestInfo;
import com.google.rpc.ResourceInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import java.io.Serial;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A call that failed, an append that was refused, or a publisher that was stopped.
 *
 * <p>{@link #code()} is the status; {@link #reason()} says why where the server knows, for example {@code
 * SESSION_NOT_FOUND}; {@link #violations()} names every rule that was broken.
 */
public final class InterplayException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    private static final Metadata.Key<byte[]> DETAILS =
            Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);
    private static final String REASON_PREFIX = "ERROR_REASON_";

    private final Status.Code code;
    private final String text;
    private final transient Details details;

    private record Details(
            String reason,
            Map<String, String> metadata,
            List<Violation> violations,
            Duration retryAfter,
            String requestId,
            String resourceType,
            String resourceName) {
        static final Details NONE = new Details("", Map.of(), List.of(), null, "", "", "");
    }

    private InterplayException(Status.Code code, String text, Details details, Throwable cause) {
        super(head(code, details.reason) + (text.isEmpty() ? "" : ": " + text), cause);
        this.code = code;
        this.text = text;
        this.details = details;
    }

    InterplayException(Status.Code code, String text) {
        this(code, text, Details.NONE, null);
    }

    InterplayException(Status.Code code, String text, Throwable cause) {
        this(code, text, Details.NONE, cause);
    }

    InterplayException(Status.Code code, String text, String reason, Map<String, String> metadata) {
        this(code, text, new Details(reason, Map.copyOf(metadata), List.of(), null, "", "", ""), null);
    }

    /** The error that a status stands for, as it comes inside streams and operations. */
    public static InterplayException from(com.google.rpc.Status status) {
        return new InterplayException(
                Status.fromCodeValue(status.getCode()).getCode(), status.getMessage(), read(status), null);
    }

    /** The error that a failed call stands for; without readable details it has code and message only. */
    public static InterplayException from(Status status, Metadata trailers) {
        byte[] packed = trailers == null ? null : trailers.get(DETAILS);
        Details details = Details.NONE;
        if (packed != null) {
            try {
                details = read(com.google.rpc.Status.parseFrom(packed));
            } catch (InvalidProtocolBufferException mangled) {
                // A proxy may do that; the code and the message still hold.
                details = Details.NONE;
            }
        }
        String text = status.getDescription() == null ? "" : status.getDescription();
        return new InterplayException(status.getCode(), text, details, status.getCause());
    }

    /** The error that an exception of a generated stub stands for; one of this class is given back as it is. */
    public static InterplayException from(Throwable thrown) {
        for (Throwable one = thrown; one != null; one = one.getCause()) {
            if (one instanceof InterplayException known) {
                return known;
            }
            if (one instanceof StatusRuntimeException failed) {
                return from(failed.getStatus(), failed.getTrailers());
            }
            if (one instanceof StatusException failed) {
                return from(failed.getStatus(), failed.getTrailers());
            }
        }
        return new InterplayException(Status.Code.UNKNOWN, String.valueOf(thrown), thrown);
    }

    /** The gRPC status. */
    public Status.Code code() {
        return code;
    }

    /** Why, without the prefix {@code ERROR_REASON_}; empty where the failure is the transport's, not the server's. */
    public String reason() {
        return held().reason;
    }

    /** One sentence for a person, without code and reason. */
    public String text() {
        return text;
    }

    /** What the reason is about. */
    public Map<String, String> metadata() {
        return held().metadata;
    }

    /** Rules that were broken, all at once. */
    public List<Violation> violations() {
        return held().violations;
    }

    /** After which a retry makes sense, where the server said so. */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(held().retryAfter);
    }

    /** Id of the call in the server's log, or empty. */
    public String requestId() {
        return held().requestId;
    }

    /** Type of what was not found or exists already, or empty. */
    public String resourceType() {
        return held().resourceType;
    }

    /** Name of what was not found or exists already, or empty. */
    public String resourceName() {
        return held().resourceName;
    }

    /** The same error, thrown from here: an error that stopped a publisher is told to every caller. */
    InterplayException again() {
        return new InterplayException(code, text, held(), this);
    }

    private Details held() {
        return details == null ? Details.NONE : details;
    }

    private static String head(Status.Code code, String reason) {
        return reason.isEmpty() ? code.name() : code.name() + " (" + reason + ")";
    }

    private static Details read(com.google.rpc.Status status) {
        String reason = "";
        Map<String, String> metadata = Map.of();
        List<Violation> violations = new ArrayList<>();
        Duration retryAfter = null;
        String requestId = "";
        ResourceInfo resource = ResourceInfo.getDefaultInstance();
        for (Any detail : status.getDetailsList()) {
            Message found = unpacked(detail);
            if (found instanceof ErrorInfo info) {
                reason = info.getReason().startsWith(REASON_PREFIX)
                        ? info.getReason().substring(REASON_PREFIX.length())
                        : info.getReason();
                metadata = Map.copyOf(info.getMetadataMap());
            } else if (found instanceof BadRequest bad) {
                bad.getFieldViolationsList()
                        .forEach(one -> violations.add(new Violation(one.getField(), one.getDescription())));
            } else if (found instanceof PreconditionFailure unmet) {
                unmet.getViolationsList()
                        .forEach(one -> violations.add(new Violation(one.getSubject(), one.getDescription())));
            } else if (found instanceof QuotaFailure quota) {
                quota.getViolationsList()
                        .forEach(one -> violations.add(new Violation(one.getSubject(), one.getDescription())));
            } else if (found instanceof RetryInfo retry) {
                retryAfter = Duration.ofSeconds(
                        retry.getRetryDelay().getSeconds(),
                        retry.getRetryDelay().getNanos());
            } else if (found instanceof RequestInfo request) {
                requestId = request.getRequestId();
            } else if (found instanceof ResourceInfo named) {
                resource = named;
            }
        }
        return new Details(
                reason,
                metadata,
                List.copyOf(violations),
                retryAfter,
                requestId,
                resource.getResourceType(),
                resource.getResourceName());
    }

    /** A detail of a known kind; null for others, and for what cannot be read. */
    private static Message unpacked(Any detail) {
        for (Class<? extends Message> kind : KINDS) {
            if (detail.is(kind)) {
                try {
                    return detail.unpack(kind);
                } catch (InvalidProtocolBufferException broken) {
                    return null;
                }
            }
        }
        return null;
    }

    private static final List<Class<? extends Message>> KINDS = List.of(
            ErrorInfo.class,
            BadRequest.class,
            PreconditionFailure.class,
            QuotaFailure.class,
            RetryInfo.class,
            RequestInfo.class,
            ResourceInfo.class);
}
