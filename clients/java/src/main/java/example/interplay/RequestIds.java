package example.interplay;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import interplay.v1.RecordEventRequest;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.MethodDescriptor;
import java.util.UUID;

/** Gives every write that has none an idempotency key, so that grpc's retries of lost calls double nothing. */
final class RequestIds implements ClientInterceptor {
    private static final String FIELD = "request_id";

    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
        ClientCall<Q, R> call = next.newCall(method, options);
        if (method.getType() != MethodDescriptor.MethodType.UNARY || reads(method.getBareMethodName())) {
            return call;
        }
        return new SimpleForwardingClientCall<>(call) {
            @Override
            @SuppressWarnings("unchecked")
            public void sendMessage(Q message) {
                super.sendMessage(message instanceof Message request ? (Q) identified(request) : message);
            }
        };
    }

    /** The message with an identity, where it has a place for one. */
    static Message identified(Message request) {
        if (request instanceof RecordEventRequest recorded) {
            return recorded.getEvent().getEventId().isEmpty() && recorded.hasEvent()
                    ? recorded.toBuilder()
                            .setEvent(recorded.getEvent().toBuilder().setEventId(fresh()))
                            .build()
                    : recorded;
        }
        FieldDescriptor field = request.getDescriptorForType().findFieldByName(FIELD);
        if (field == null || !"".equals(request.getField(field))) {
            return request;
        }
        return request.toBuilder().setField(field, fresh()).build();
    }

    /** Whether a method's request_id is what is asked for, not the call's own. */
    private static boolean reads(String method) {
        return method.startsWith("Get") || method.startsWith("List");
    }

    private static String fresh() {
        return UUID.randomUUID().toString();
    }
}
