package example.interplay;

import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * Appends over a named stream: loses nothing, doubles nothing and keeps order, whatever happens to its connection.
 *
 * <p>Appends are sent in order with explicit offsets and kept until they are acked. When the connection is lost, or the
 * server restarts, it connects again and goes on where the server's log ends. When another publisher opens the same
 * stream_id, this one stops for good and everything pending fails with ABORTED. What is pending lives in memory: a
 * program that dies loses what was not acked. Safe for threads.
 *
 * @param <A> the message of an append
 */
public abstract sealed class StreamPublisher<A> implements AutoCloseable
        permits Publisher, EventPublisher, MonitorPublisher {

    /**
     * Where a publisher stands.
     *
     * @param pending interactions or events that are neither acked nor refused
     * @param pendingBytes bytes of these
     * @param connections streams opened so far
     * @param committedOffset appends committed in the life of the stream, as far as was heard
     * @param stopped it will take no more: it was closed, or something stopped it for good
     */
    public record Stats(long pending, long pendingBytes, int connections, long committedOffset, boolean stopped) {}

    /** An append that waits for room. */
    private static final class Waiter<A> {
        final A append;
        final int rows;
        final long size;
        final CompletableFuture<Receipt> receipt = new CompletableFuture<>();

        Waiter(A append, int rows, long size) {
            this.append = append;
            this.rows = rows;
            this.size = size;
        }
    }

    private static final int ENVELOPE_BYTES = 32;
    private static final int MAX_FAULTS = 10;

    /** What grpc itself says of a connection that broke under a stream. Errors of the server carry a reason as well. */
    private static final Set<Status.Code> BROKEN = EnumSet.of(
            Status.Code.UNKNOWN, Status.Code.INTERNAL, Status.Code.CANCELLED, Status.Code.DEADLINE_EXCEEDED);

    private final Transport transport;
    private final Runner<?, ?> runner;
    final Core<A, ?> core;
    private final Wire<A, ?, ?> wire;
    private final ArrayDeque<Waiter<A>> waiters = new ArrayDeque<>();
    private final Runnable left;
    private ManagedChannel own;
    private int connections;

    /** Makes links of one method, whose messages nobody else needs to know. */
    private final class Runner<Q, R> implements Link.Owner {
        final Core<A, Q> core;
        final Wire<A, Q, R> wire;
        final Backoff backoff = new Backoff();
        Link<A, Q, R> link;
        long seen;
        int faults;

        Runner(Wire<A, Q, R> wire, Settings settings) {
            this.wire = wire;
            core = new Core<>(settings, wire, transport.executor);
        }

        void connect() {
            core.lock.lock();
            try {
                if (!core.ended()) {
                    link = new Link<>(core, wire, channel(), transport.timer, this);
                    link.start();
                }
            } finally {
                core.lock.unlock();
            }
        }

        @Override
        public void opened() {
            connections++;
        }

        @Override
        public void heard() {
            admit();
        }

        @Override
        public void ended(Link.Ending ending) {
            if (core.endedCleanly()) {
                end(null);
                return;
            }
            if (transport.closed()) {
                end(closed("the client was closed"));
                return;
            }
            if (core.progress() != seen) {
                seen = core.progress();
                faults = 0;
                backoff.reset();
            }
            InterplayException status = ending.status();
            if (status != null) {
                // A fault of the server may pass with the next connection, but not for ever.
                faults += status.code() == Status.Code.INTERNAL ? 1 : 0;
                boolean fault = status.code() == Status.Code.INTERNAL;
                if (fault ? faults > MAX_FAULTS : !mayReconnect(status)) {
                    end(status);
                    core.report(status, null);
                    return;
                }
            }
            if (ending.silent()) {
                renew();
            }
            core.lost();
            Duration atLeast = status == null ? Duration.ZERO : status.retryAfter().orElse(Duration.ZERO);
            try {
                transport.timer.schedule(this::connect, backoff.next(atLeast), TimeUnit.NANOSECONDS);
            } catch (RejectedExecutionException closing) {
                end(closed("the client was closed"));
            }
        }
    }

    /** @param left called when the publisher has ended */
    <Q, R> StreamPublisher(Transport transport, Wire<A, Q, R> wire, Settings settings, Runnable left) {
        this.transport = transport;
        this.wire = wire;
        this.left = left;
        Runner<Q, R> made = new Runner<>(wire, settings);
        runner = made;
        core = made.core;
    }

    void start() {
        runner.connect();
    }

    /** Whether a stream that ended so is worth opening again: the connection broke, or the server cannot just now. */
    static boolean mayReconnect(InterplayException error) {
        if (error.code() == Status.Code.UNAVAILABLE || error.code() == Status.Code.RESOURCE_EXHAUSTED) {
            return true;
        }
        return BROKEN.contains(error.code()) && error.reason().isEmpty();
    }

    /** Identity of the stream. */
    public String streamId() {
        return core.settings.open().getStreamId();
    }

    /**
     * Queues an append and returns its receipt; waits while the buffer is full.
     *
     * @throws InterplayException RESOURCE_EXHAUSTED (MESSAGE_TOO_LARGE) if it is larger than the server takes;
     *     CANCELLED after close() or abort(), or if the thread is interrupted; or what stopped the publisher
     */
    public Receipt append(A append) {
        Waiter<A> waiter;
        core.lock.lock();
        try {
            check();
            long size = measured(append);
            int rows = wire.rows(append);
            if (waiters.isEmpty() && core.window.hasRoom(rows, size)) {
                return push(append, rows, size);
            }
            waiter = new Waiter<>(append, rows, size);
            waiters.add(waiter);
            boolean interrupted = false;
            while (!waiter.receipt.isDone() && !interrupted) {
                try {
                    core.changed.await();
                    admit();
                } catch (InterruptedException stop) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
                if (waiters.remove(waiter)) {
                    throw Waiting.interrupted();
                }
            }
        } finally {
            core.lock.unlock();
        }
        return Waiting.get(waiter.receipt);
    }

    /** Queues an append as soon as there is room, and never waits; the future fails as {@link #append} does. */
    public CompletableFuture<Receipt> appendAsync(A append) {
        core.lock.lock();
        try {
            check();
            Waiter<A> waiter = new Waiter<>(append, wire.rows(append), measured(append));
            waiters.add(waiter);
            admit();
            return Waiting.handedOut(waiter.receipt, transport.executor);
        } catch (InterplayException refused) {
            return CompletableFuture.failedFuture(refused);
        } finally {
            core.lock.unlock();
        }
    }

    /**
     * Queues an append if there is room.
     *
     * @throws InterplayException as {@link #append}; RESOURCE_EXHAUSTED if there is no room: nothing was sent
     */
    public Receipt appendNow(A append) {
        core.lock.lock();
        try {
            check();
            long size = measured(append);
            if (!waiters.isEmpty() || !core.window.hasRoom(wire.rows(append), size)) {
                throw new InterplayException(
                        Status.Code.RESOURCE_EXHAUSTED,
                        "the buffer holds " + core.window.rows() + " " + wire.rowsName() + " of " + core.window.bytes()
                                + " bytes");
            }
            return push(append, wire.rows(append), size);
        } finally {
            core.lock.unlock();
        }
    }

    /**
     * Waits until everything appended so far is acked or refused; receipts say which.
     *
     * @throws InterplayException what stopped the publisher
     */
    public void drain() {
        Waiting.get(draining());
    }

    /** As {@link #drain}, without waiting. */
    public CompletableFuture<Void> drainAsync() {
        return Waiting.handedOut(draining(), transport.executor);
    }

    /**
     * Waits until everything appended so far is in the tables, where eventual reads see it, or was refused.
     *
     * @throws InterplayException what stopped the publisher
     */
    public void flush() {
        Waiting.get(flushing());
    }

    /** As {@link #flush}, without waiting. */
    public CompletableFuture<Void> flushAsync() {
        return Waiting.handedOut(flushing(), transport.executor);
    }

    /** Where the publisher stands. */
    public Stats stats() {
        core.lock.lock();
        try {
            boolean stopped = core.closing() || core.ended();
            return new Stats(
                    core.window.rows(), core.window.bytes(), connections, core.committedOffset(), stopped);
        } finally {
            core.lock.unlock();
        }
    }

    /**
     * Sends what is pending, then says goodbye, for as long as the builder's closeTimeout; closing again does nothing.
     *
     * @throws InterplayException as {@link #close(Duration)}
     */
    @Override
    public void close() {
        close(core.settings.closeTimeout());
    }

    /**
     * Sends what is pending, then says goodbye. After {@code timeout} it gives up what is left.
     *
     * @throws InterplayException DEADLINE_EXCEEDED with the number of rows that were given up; or what stopped the
     *     publisher, unless it was told before
     */
    public void close(Duration timeout) {
        core.lock.lock();
        try {
            boolean first = !core.closing();
            core.close();
            refuseWaiters(closed("the publisher was closed"));
            pump();
            long left = timeout.toNanos();
            try {
                while (!core.ended() && left > 0) {
                    left = core.changed.awaitNanos(left);
                }
            } catch (InterruptedException stop) {
                InterplayException interrupted = Waiting.interrupted();
                end(interrupted);
                throw interrupted;
            }
            if (!core.ended()) {
                InterplayException late = new InterplayException(
                        Status.Code.DEADLINE_EXCEEDED,
                        core.window.rows() + " " + wire.rowsName() + " were not acked in " + timeout.toMillis()
                                + " ms");
                end(late);
                throw late;
            }
            if (first && core.error() != null) {
                throw core.error().again();
            }
        } finally {
            core.lock.unlock();
        }
    }

    /** Stops at once and gives up what is pending: those receipts fail with CANCELLED. */
    public void abort() {
        abort("the publisher was aborted");
    }

    void abort(String why) {
        core.lock.lock();
        try {
            core.close();
            if (!core.ended()) {
                end(closed(why));
            }
        } finally {
            core.lock.unlock();
        }
    }

    /** Whether an append asks for a briefing. */
    boolean briefed(A append) {
        return false;
    }

    private CompletableFuture<Void> draining() {
        core.lock.lock();
        try {
            return core.drain();
        } finally {
            core.lock.unlock();
        }
    }

    private CompletableFuture<Void> flushing() {
        CompletableFuture<Void> flushed = new CompletableFuture<>();
        draining().whenComplete((drained, error) -> {
            if (error != null) {
                flushed.completeExceptionally(error);
                return;
            }
            core.lock.lock();
            try {
                core.flush(flushed);
                pump();
            } finally {
                core.lock.unlock();
            }
        });
        return flushed;
    }

    /** Lets in what has room, in order. */
    private void admit() {
        boolean some = false;
        while (!waiters.isEmpty() && core.window.hasRoom(waiters.peek().rows, waiters.peek().size)) {
            Waiter<A> waiter = waiters.poll();
            waiter.receipt.complete(core.push(waiter.append, waiter.rows, waiter.size, briefed(waiter.append)));
            some = true;
        }
        if (some) {
            pump();
        }
    }

    private Receipt push(A append, int rows, long size) {
        Receipt receipt = core.push(append, rows, size, briefed(append));
        pump();
        return receipt;
    }

    private void pump() {
        if (runner.link != null) {
            runner.link.pump();
        }
    }

    private void check() {
        if (core.error() != null) {
            throw core.error().again();
        }
        if (core.closing()) {
            throw closed("the publisher was closed");
        }
    }

    private long measured(A append) {
        long size = (long) wire.bytes(append) + ENVELOPE_BYTES;
        long limit = core.maxMessageBytes();
        if (size > limit) {
            throw new InterplayException(
                    Status.Code.RESOURCE_EXHAUSTED,
                    "an append of " + size + " bytes is over the limit of " + limit,
                    "MESSAGE_TOO_LARGE",
                    Map.of("limitBytes", Long.toString(limit), "bytes", Long.toString(size)));
        }
        return size;
    }

    private void end(InterplayException error) {
        core.end(error);
        refuseWaiters(error == null ? closed("the publisher was closed") : error);
        if (runner.link != null) {
            runner.link.cancel();
        }
        if (own != null) {
            ManagedChannel channel = own;
            own = null;
            transport.releaseSoon(channel);
        }
        left.run();
    }

    private void refuseWaiters(InterplayException error) {
        waiters.forEach(waiter -> waiter.receipt.completeExceptionally(error));
        waiters.clear();
        core.changed.signalAll();
    }

    private Channel channel() {
        return transport.with(own != null ? own : transport.shared());
    }

    /** A connection that TCP believes alive would be used again; from now on this publisher has its own. */
    private void renew() {
        ManagedChannel old = own;
        own = transport.newChannel();
        if (old != null) {
            transport.release(old);
        }
    }

    private static InterplayException closed(String why) {
        return new InterplayException(Status.Code.CANCELLED, why);
    }
}
