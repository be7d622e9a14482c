package example.interplay.conformance;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import example.interplay.AppendAck;
import example.interplay.InteractionWatch;
import example.interplay.InterplayClient;
import example.interplay.InterplayException;
import example.interplay.Publisher;
import example.interplay.PublisherBuilder;
import example.interplay.Receipt;
import example.interplay.StreamPublisher;
import example.interplay.Tls;
import example.interplay.Violation;
import interplay.v1.AgentContext;
import interplay.v1.ConverseStart;
import interplay.v1.Dialogue;
import interplay.v1.FeatureEvent;
import interplay.v1.InteractionData;
import interplay.v1.MonitorEvent;
import interplay.v1.StreamAppend;
import interplay.v1.StreamEventsAppend;
import interplay.v1.StreamMonitorEventsAppend;
import interplay.v1.WatchInteractionsRequest;
import interplay.v1.WatchInteractionsResponse;
import io.grpc.Status;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** Driver of the conformance suite: one JSON object a line in, one a line out. */
public final class Driver {
    private static final Gson GSON = new Gson();
    private static final HexFormat HEX = HexFormat.of();
    private static final Duration NO_LIMIT = Duration.ofDays(1);
    private static final int RECORD_OUTSTANDING = 8;

    private final List<Receipt> receipts = new ArrayList<>();
    private InterplayClient client;
    private Publisher publisher;
    private Iterator<AgentContext> contexts;

    private static final class UnsupportedException extends Exception {
        private static final long serialVersionUID = 1L;
    }

    private Driver() {}

    public static void main(String[] arguments) throws IOException {
        Driver driver = new Driver();
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            out.println(GSON.toJson(driver.answered(JsonParser.parseString(line).getAsJsonObject())));
            out.flush();
        }
        if (driver.client != null) {
            driver.client.close();
        }
    }

    private JsonObject answered(JsonObject given) {
        JsonObject answer = new JsonObject();
        try {
            answer = run(given.get("do").getAsString(), given);
            answer.addProperty("ok", true);
        } catch (UnsupportedException unknown) {
            answer.addProperty("ok", false);
            answer.addProperty("unsupported", true);
        } catch (InterplayException failed) {
            answer.addProperty("ok", false);
            answer.add("error", error(failed));
        } catch (RuntimeException | InvalidProtocolBufferException failed) {
            JsonObject error = new JsonObject();
            error.addProperty(
                    "code", failed instanceof IllegalArgumentException ? "INVALID_ARGUMENT" : "UNKNOWN");
            error.addProperty("message", String.valueOf(failed.getMessage()));
            answer.addProperty("ok", false);
            answer.add("error", error);
        }
        return answer;
    }

    private JsonObject run(String operation, JsonObject given)
            throws UnsupportedException, InvalidProtocolBufferException {
        return switch (operation) {
            case "hello" -> hello();
            case "wire" -> hex("hex", Messages.parse(text(given, "message"), bytes(given.get("hex"))));
            case "json" -> hex("hex", Messages.fromJson(text(given, "message"), given.get("json").toString()));
            case "connect" -> connect(given);
            case "call" -> hex(
                    "response",
                    Calls.unary(
                            client,
                            text(given, "service"),
                            text(given, "method"),
                            bytes(given.get("request")),
                            seconds(given, "timeout")));
            case "publisher" -> open(given);
            case "append" -> append(given);
            case "receipts" -> outcomes();
            case "flush" -> {
                publisher.flush();
                yield new JsonObject();
            }
            case "contexts" -> briefings(given.get("count").getAsInt());
            case "close" -> {
                publisher.close(seconds(given, "timeout").orElse(NO_LIMIT));
                yield committed(publisher);
            }
            case "abort" -> {
                publisher.abort();
                yield new JsonObject();
            }
            case "stats" -> stats();
            case "converse" -> converse(given);
            case "watch" -> watch(given);
            case "record" -> record(given);
            case "bench" -> Bench.run(
                    client,
                    text(given, "kind"),
                    text(given, "stream_id"),
                    given.get("appends").getAsInt(),
                    given.get("interactions").getAsInt(),
                    text(given, "content"));
            default -> throw new UnsupportedException();
        };
    }

    private static JsonObject hello() {
        String version = InterplayClient.class.getPackage().getImplementationVersion();
        JsonObject answer = new JsonObject();
        answer.addProperty("language", "java");
        answer.addProperty("version", version == null ? "0.1.0" : version);
        return answer;
    }

    private JsonObject connect(JsonObject given) {
        InterplayClient.Builder builder = InterplayClient.builder()
                .target(text(given, "target"))
                .apiKey(text(given, "api_key"))
                .tenant(text(given, "tenant"))
                .allowInsecure(given.has("allow_insecure")
                        && given.get("allow_insecure").getAsBoolean());
        seconds(given, "timeout").ifPresent(builder::timeout);
        if (given.has("ca")) {
            Tls tls = Tls.trusting(Path.of(text(given, "ca")));
            builder.tls(
                    given.has("certificate")
                            ? tls.presenting(Path.of(text(given, "certificate")), Path.of(text(given, "key")))
                            : tls);
        }
        client = builder.build();
        return new JsonObject();
    }

    private JsonObject open(JsonObject given) {
        PublisherBuilder<Publisher> builder = client.publisher(text(given, "stream_id"))
                .userId(text(given, "user_id"))
                .sessionId(text(given, "session_id"))
                .source(text(given, "source"))
                .agentVersion(text(given, "agent_version"));
        if (given.has("capacity")) {
            builder.capacity(given.get("capacity").getAsLong());
        }
        if (given.has("max_outstanding")) {
            builder.maxOutstanding(given.get("max_outstanding").getAsInt());
        }
        if (given.has("context") && given.get("context").getAsBoolean()) {
            builder.context();
        }
        seconds(given, "heartbeat").ifPresent(builder::heartbeat);
        publisher = builder.open();
        contexts = publisher.contexts().iterator();
        receipts.clear();
        return new JsonObject();
    }

    private JsonObject append(JsonObject given) throws InvalidProtocolBufferException {
        StreamAppend.Builder message = StreamAppend.newBuilder();
        for (JsonElement one : given.getAsJsonArray("interactions")) {
            message.addInteractions(InteractionData.parseFrom(bytes(one)));
        }
        if (given.has("session_finished")) {
            message.setSessionFinished(given.get("session_finished").getAsBoolean());
        }
        if (given.has("partial_success")) {
            message.setPartialSuccess(given.get("partial_success").getAsBoolean());
        }
        receipts.add(publisher.append(message.build()));
        JsonObject answer = new JsonObject();
        answer.addProperty("number", receipts.size() - 1);
        return answer;
    }

    private JsonObject outcomes() {
        JsonArray found = new JsonArray();
        for (Receipt receipt : receipts) {
            JsonObject one = new JsonObject();
            try {
                AppendAck ack = receipt.await();
                one.addProperty("offset", ack.offset());
                one.addProperty("duplicate", ack.duplicate());
                if (!ack.rejected().isEmpty()) {
                    JsonArray rejected = new JsonArray();
                    for (AppendAck.Rejected row : ack.rejected()) {
                        JsonObject told = new JsonObject();
                        told.addProperty("index", row.index());
                        told.add("error", error(row.error()));
                        rejected.add(told);
                    }
                    one.add("rejected", rejected);
                }
            } catch (InterplayException failed) {
                one.add("error", error(failed));
            }
            found.add(one);
        }
        JsonObject answer = new JsonObject();
        answer.add("receipts", found);
        return answer;
    }

    private JsonObject briefings(int count) {
        JsonArray rendered = new JsonArray();
        while (rendered.size() < count && contexts.hasNext()) {
            rendered.add(contexts.next().getRendered());
        }
        JsonObject answer = new JsonObject();
        answer.add("rendered", rendered);
        return answer;
    }

    private JsonObject stats() {
        StreamPublisher.Stats stats = publisher.stats();
        JsonObject answer = new JsonObject();
        answer.addProperty("pending", stats.pending());
        answer.addProperty("connections", stats.connections());
        answer.addProperty("stopped", stats.stopped());
        return answer;
    }

    private JsonObject converse(JsonObject given) throws InvalidProtocolBufferException {
        AtomicInteger asked = new AtomicInteger();
        int failAt = given.has("fail_at") ? given.get("fail_at").getAsInt() : 0;
        JsonElement replies = given.get("replies");
        Dialogue dialogue = client.converse(ConverseStart.parseFrom(bytes(given.get("start"))))
                .assistant((message, history) -> {
                    int number = asked.incrementAndGet();
                    if (number == failAt) {
                        throw InterplayException.from(Status.ABORTED
                                .withDescription("the agent was told to fail")
                                .asRuntimeException());
                    }
                    return replies.isJsonArray()
                            ? replies.getAsJsonArray().get(number - 1).getAsString()
                            : "You said: " + message;
                })
                .run();
        JsonArray turns = new JsonArray();
        dialogue.getTurnsList().forEach(turn -> {
            turns.add(turn("user", turn.getUser().getContent()));
            turns.add(turn("assistant", turn.getAssistant().getContent()));
        });
        JsonObject answer = new JsonObject();
        answer.add("turns", turns);
        answer.addProperty(
                "stop_reason", dialogue.getStopReason().name().replaceFirst("^STOP_REASON_", ""));
        answer.addProperty("asked", asked.get());
        return answer;
    }

    private static JsonObject turn(String role, String content) {
        JsonObject one = new JsonObject();
        one.addProperty("role", role);
        one.addProperty("content", content);
        return one;
    }

    private JsonObject watch(JsonObject given) {
        int count = given.get("count").getAsInt();
        WatchInteractionsRequest request = WatchInteractionsRequest.newBuilder()
                .setResumeToken(new String(bytes(given.get("token")), StandardCharsets.UTF_8))
                .build();
        JsonArray ids = new JsonArray();
        String token;
        try (InteractionWatch watch = client.watchInteractions(request)) {
            while (ids.size() < count) {
                WatchInteractionsResponse change = watch.next();
                change.getPublished().getInteractionsList().forEach(one -> ids.add(one.getInteractionId()));
            }
            token = watch.resumeToken();
        }
        JsonObject answer = new JsonObject();
        answer.add("interaction_ids", ids);
        answer.addProperty("token", HEX.formatHex(token.getBytes(StandardCharsets.UTF_8)));
        return answer;
    }

    private JsonObject record(JsonObject given) throws InvalidProtocolBufferException {
        String streamId = text(given, "stream_id");
        JsonArray events = given.getAsJsonArray("events");
        if (text(given, "stream").equals("shop")) {
            var shop = client.eventPublisher(streamId)
                    .maxOutstanding(RECORD_OUTSTANDING)
                    .open();
            for (JsonElement one : events) {
                shop.append(StreamEventsAppend.newBuilder()
                        .addEvents(FeatureEvent.parseFrom(bytes(one)))
                        .build());
            }
            shop.close();
            return committed(shop);
        }
        var monitor = client.monitorPublisher(streamId)
                .maxOutstanding(RECORD_OUTSTANDING)
                .open();
        for (JsonElement one : events) {
            monitor.append(StreamMonitorEventsAppend.newBuilder()
                    .addEvents(MonitorEvent.parseFrom(bytes(one)))
                    .build());
        }
        monitor.close();
        return committed(monitor);
    }

    private static JsonObject committed(StreamPublisher<?> publisher) {
        JsonObject answer = new JsonObject();
        answer.addProperty("committed_offset", publisher.stats().committedOffset());
        return answer;
    }

    private static JsonObject error(InterplayException failed) {
        JsonObject error = new JsonObject();
        error.addProperty("code", failed.code().name());
        error.addProperty("message", failed.text());
        if (!failed.reason().isEmpty()) {
            error.addProperty("reason", failed.reason());
        }
        if (!failed.violations().isEmpty()) {
            JsonArray fields = new JsonArray();
            failed.violations().stream().map(Violation::field).forEach(fields::add);
            error.add("fields", fields);
        }
        if (!failed.metadata().isEmpty()) {
            error.add("metadata", GSON.toJsonTree(failed.metadata()));
        }
        failed.retryAfter().ifPresent(after -> error.addProperty("retry_after", after.toNanos() / 1e9));
        return error;
    }

    private static JsonObject hex(String name, Message message) {
        JsonObject answer = new JsonObject();
        answer.addProperty(name, HEX.formatHex(Messages.deterministic(message)));
        return answer;
    }

    private static byte[] bytes(JsonElement hex) {
        return hex == null ? new byte[0] : HEX.parseHex(hex.getAsString());
    }

    private static String text(JsonObject given, String name) {
        return given.has(name) && !given.get(name).isJsonNull()
                ? given.get(name).getAsString()
                : "";
    }

    private static Optional<Duration> seconds(JsonObject given, String name) {
        return given.has(name) && !given.get(name).isJsonNull()
                ? Optional.of(Duration.ofNanos((long) (1e9 * given.get(name).getAsDouble())))
                : Optional.empty();
    }
}
