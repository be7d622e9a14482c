package example.interplay.conformance;

import com.google.gson.JsonObject;
import example.interplay.InterplayClient;
import example.interplay.Publisher;
import interplay.v1.InteractionData;
import interplay.v1.StreamAppend;
import interplay.v1.StreamFinish;
import interplay.v1.StreamOpen;
import interplay.v1.StreamPublishRequest;
import interplay.v1.StreamPublishResponse;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.lang.management.ManagementFactory;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;

/** What the publisher costs beside the generated stub alone. */
final class Bench {
    private Bench() {}

    /** Seconds from the first append to the last ack, and of work of this process meanwhile; one append goes before. */
    static JsonObject run(
            InterplayClient client, String kind, String streamId, int appends, int interactions, String content) {
        List<InteractionData> rows = Collections.nCopies(
                interactions, InteractionData.newBuilder().setContent(content).build());
        return kind.equals("bare")
                ? bare(client, streamId, appends, rows)
                : published(client, streamId, appends, rows);
    }

    private static JsonObject published(
            InterplayClient client, String streamId, int appends, List<InteractionData> rows) {
        try (Publisher publisher =
                client.publisher(streamId).userId("bench").sessionId(streamId).open()) {
            publisher.append(rows).await();
            Clock clock = new Clock();
            for (int number = 0; number < appends; number++) {
                publisher.append(rows);
            }
            publisher.drain();
            return clock.read();
        }
    }

    private static JsonObject bare(InterplayClient client, String streamId, int appends, List<InteractionData> rows) {
        Acks acks = new Acks(appends + 1L);
        ClientCallStreamObserver<StreamPublishRequest> requests = (ClientCallStreamObserver<StreamPublishRequest>)
                client.interactions().streaming().streamPublish(acks);
        requests.onNext(StreamPublishRequest.newBuilder()
                .setOpen(StreamOpen.newBuilder()
                        .setStreamId(streamId)
                        .setUserId("bench")
                        .setSessionId(streamId))
                .build());
        acks.opened.join();
        send(requests, acks, rows, 0);
        acks.first.join();
        Clock clock = new Clock();
        for (int number = 1; number <= appends; number++) {
            send(requests, acks, rows, number);
        }
        acks.last.join();
        JsonObject took = clock.read();
        requests.onNext(StreamPublishRequest.newBuilder()
                .setFinish(StreamFinish.getDefaultInstance())
                .build());
        acks.finished.join();
        requests.onCompleted();
        return took;
    }

    private static void send(
            ClientCallStreamObserver<StreamPublishRequest> requests,
            Acks acks,
            List<InteractionData> rows,
            long offset) {
        acks.room.acquireUninterruptibly();
        requests.onNext(StreamPublishRequest.newBuilder()
                .setAppend(StreamAppend.newBuilder().setOffset(offset).addAllInteractions(rows))
                .build());
    }

    /** Counts acks and nothing else. */
    private static final class Acks implements ClientResponseObserver<StreamPublishRequest, StreamPublishResponse> {
        final Semaphore room = new Semaphore(0);
        final CompletableFuture<Void> opened = new CompletableFuture<>();
        final CompletableFuture<Void> first = new CompletableFuture<>();
        final CompletableFuture<Void> last = new CompletableFuture<>();
        final CompletableFuture<Void> finished = new CompletableFuture<>();
        private final long all;
        private long committed;

        Acks(long all) {
            this.all = all;
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<StreamPublishRequest> requests) {}

        @Override
        public void onNext(StreamPublishResponse answer) {
            switch (answer.getMessageCase()) {
                case OPENED -> {
                    room.release(answer.getOpened().getLimits().getMaxOutstanding());
                    opened.complete(null);
                }
                case ACK -> {
                    long now = answer.getAck().getCommittedOffset();
                    room.release((int) (now - committed));
                    committed = now;
                    first.complete(null);
                    if (committed >= all) {
                        last.complete(null);
                    }
                }
                case APPEND_ERROR -> onError(new IllegalStateException(
                        answer.getAppendError().getStatus().getMessage()));
                case FINISHED -> finished.complete(null);
                default -> {}
            }
        }

        @Override
        public void onError(Throwable error) {
            List.of(opened, first, last, finished).forEach(future -> future.completeExceptionally(error));
            room.release(1 << 20);
        }

        @Override
        public void onCompleted() {}
    }

    private static final class Clock {
        private final long began = System.nanoTime();
        private final long worked = worked();

        JsonObject read() {
            JsonObject took = new JsonObject();
            took.addProperty("seconds", (System.nanoTime() - began) / 1e9);
            took.addProperty("cpu_seconds", (worked() - worked) / 1e9);
            return took;
        }

        private static long worked() {
            var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
            return system.getProcessCpuTime();
        }
    }
}
