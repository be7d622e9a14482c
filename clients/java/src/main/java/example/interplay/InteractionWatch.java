package example.interplay;

import interplay.v1.InteractionServiceGrpc;
import interplay.v1.WatchInteractionsRequest;
import interplay.v1.WatchInteractionsResponse;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Changes to interactions as they happen, without end: {@link #next} waits for one. It goes on by itself after a lost
 * connection or a restart of the server, from the token of the last answer. {@link #close}, which any thread may call,
 * ends it. Iterating is for one thread.
 */
public final class InteractionWatch implements Iterator<WatchInteractionsResponse>, AutoCloseable {
    private static final int DEFAULT_HEARTBEAT_SECONDS = 15;

    private final Transport transport;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Backoff backoff = new Backoff();
    private final Duration silence;
    private final Runnable left;
    private volatile WatchInteractionsRequest request;
    private volatile Exchange<WatchInteractionsRequest, WatchInteractionsResponse> call;
    private WatchInteractionsResponse next;
    private ManagedChannel own;

    InteractionWatch(Transport transport, WatchInteractionsRequest request, Runnable left) {
        this.transport = transport;
        this.request = request;
        this.left = left;
        int seconds = request.getHeartbeatSeconds();
        silence = Duration.ofSeconds(3L * (seconds > 0 ? seconds : DEFAULT_HEARTBEAT_SECONDS));
    }

    /** From which a later watch goes on after what was heard; empty before the first answer. */
    public String resumeToken() {
        return request.getResumeToken();
    }

    /**
     * Waits for a change; false after {@link #close}.
     *
     * @throws InterplayException what calling again cannot mend; CANCELLED if the thread is interrupted
     */
    @Override
    public boolean hasNext() {
        while (next == null && closed.getCount() > 0) {
            next = heard();
        }
        return next != null;
    }

    @Override
    public WatchInteractionsResponse next() {
        if (!hasNext()) {
            throw new NoSuchElementException("the watch was closed");
        }
        WatchInteractionsResponse given = next;
        next = null;
        return given;
    }

    @Override
    public void close() {
        closed.countDown();
        Exchange<?, ?> open = call;
        if (open != null) {
            open.close();
        }
        left.run();
    }

    /** A change; null for a heart-beat, and where the call has to be made again. */
    private WatchInteractionsResponse heard() {
        try {
            if (call == null) {
                open();
            }
            WatchInteractionsResponse answer = call.read(silence);
            if (answer == null) {
                again(Duration.ZERO);
                return null;
            }
            backoff.reset();
            request = request.toBuilder()
                    .setResumeToken(answer.getResumeToken())
                    .setFromBeginning(false)
                    .build();
            return answer.hasHeartbeat() ? null : answer;
        } catch (Exchange.SilentException silent) {
            // TCP believes the connection alive and grpc would use it again.
            ManagedChannel old = own;
            own = transport.newChannel();
            if (old != null) {
                transport.release(old);
            }
            again(Duration.ZERO);
        } catch (InterplayException broken) {
            if (closed.getCount() > 0) {
                if (Thread.currentThread().isInterrupted()
                        || transport.closed()
                        || !StreamPublisher.mayReconnect(broken)) {
                    finish();
                    throw broken;
                }
                again(broken.retryAfter().orElse(Duration.ZERO));
            }
        }
        if (closed.getCount() == 0) {
            finish();
        }
        return null;
    }

    private void open() {
        Exchange<WatchInteractionsRequest, WatchInteractionsResponse> made = new Exchange<>(
                own != null ? transport.with(own) : transport.channel(),
                InteractionServiceGrpc.getWatchInteractionsMethod(),
                true);
        made.write(request);
        made.halfClose();
        call = made;
        if (closed.getCount() == 0) {
            made.close();
        }
    }

    private void again(Duration atLeast) {
        Exchange<?, ?> old = call;
        call = null;
        if (old != null) {
            old.close();
        }
        try {
            closed.await(backoff.next(atLeast), TimeUnit.NANOSECONDS);
        } catch (InterruptedException stop) {
            throw Waiting.interrupted();
        }
    }

    private void finish() {
        close();
        if (own != null) {
            transport.release(own);
            own = null;
        }
    }
}
