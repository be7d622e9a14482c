package example.interplay.conformance;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.PreconditionFailure;
import com.google.rpc.QuotaFailure;
import com.google.rpc.RequestInfo;
import com.google.rpc.ResourceInfo;
import com.google.rpc.RetryInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;

/** Generated classes by the full names of their messages. */
final class Messages {
    private static final Map<String, String> PACKAGES = Map.of(
            "interplay.v1.", "interplay.v1.",
            "google.protobuf.", "com.google.protobuf.",
            "google.rpc.", "com.google.rpc.");
    private static final JsonFormat.TypeRegistry DETAILS = JsonFormat.TypeRegistry.newBuilder()
            .add(ErrorInfo.getDescriptor())
            .add(BadRequest.getDescriptor())
            .add(PreconditionFailure.getDescriptor())
            .add(QuotaFailure.getDescriptor())
            .add(RetryInfo.getDescriptor())
            .add(RequestInfo.getDescriptor())
            .add(ResourceInfo.getDescriptor())
            .build();

    private Messages() {}

    static Message parse(String name, byte[] encoded) throws InvalidProtocolBufferException {
        return prototype(name).getParserForType().parseFrom(encoded);
    }

    static Message fromJson(String name, String json) throws InvalidProtocolBufferException {
        Message.Builder builder = prototype(name).newBuilderForType();
        JsonFormat.parser().usingTypeRegistry(DETAILS).merge(json, builder);
        return builder.build();
    }

    /** The encoding with the entries of maps in order. */
    static byte[] deterministic(Message message) {
        byte[] encoded = new byte[message.getSerializedSize()];
        CodedOutputStream out = CodedOutputStream.newInstance(encoded);
        out.useDeterministicSerialization();
        try {
            message.writeTo(out);
            out.flush();
        } catch (IOException full) {
            throw new UncheckedIOException(full);
        }
        return encoded;
    }

    private static Message prototype(String name) {
        for (Map.Entry<String, String> known : PACKAGES.entrySet()) {
            if (name.startsWith(known.getKey())) {
                String found = known.getValue() + name.substring(known.getKey().length()).replace('.', '$');
                try {
                    return (Message) Class.forName(found).getMethod("getDefaultInstance").invoke(null);
                } catch (ReflectiveOperationException missing) {
                    throw new IllegalArgumentException("no message " + name, missing);
                }
            }
        }
        throw new IllegalArgumentException("no message " + name);
    }
}
