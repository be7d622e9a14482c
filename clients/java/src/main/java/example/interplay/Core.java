package example.interplay;

import interplay.v1.AgentContext;
import interplay.v1.AppendResult;
import interplay.v1.StreamAck;
import interplay.v1.StreamAppendError;
import interplay.v1.StreamFinished;
import interplay.v1.StreamOpened;
import interplay.v1.StreamPublishResponse;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What a publisher knows, across its connections: it turns answers into receipts and says what to send next. Every
 * method is called with {@link #lock} held; futures that are completed here have no dependants of a caller.
 */
final class Core<A, Q> {
    /** The connection is of no use any more; another one will do. */
    static final class BrokenException extends Exception {
        private static final long serialVersionUID = 1L;

        BrokenException(String why) {
            super(why, null, false, false);
        }
    }

    /** An append on its way, without its offset. */
    record Append<A>(A message, Receipt receipt) {}

    private record Drain(long sequence, CompletableFuture<Void> future) {}

    private static final int MAX_FAULTS = 5;
    private static final int KEPT_CONTEXTS = 1024;
    private static final int DEFAULT_OUTSTANDING = 256;
    private static final long DEFAULT_OUTSTANDING_BYTES = 32L << 20;
    private static final Set<Status.Code> TRANSIENT = EnumSet.of(
            Status.Code.UNAVAILABLE,
            Status.Code.RESOURCE_EXHAUSTED,
            Status.Code.DEADLINE_EXCEEDED,
            Status.Code.ABORTED,
            Status.Code.CANCELLED);

    final ReentrantLock lock = new ReentrantLock();

    /** Signalled when there may be room, a briefing has come, or the publisher has ended. */
    final Condition changed = lock.newCondition();

    final Settings settings;
    final Window<Append<A>> window;
    private final Wire<A, Q, ?> wire;
    private final Executor executor;
    private final Backoff backoff = new Backoff();
    private final ArrayDeque<Drain> drains = new ArrayDeque<>();
    private final ArrayDeque<List<CompletableFuture<Void>>> flushSent = new ArrayDeque<>();
    private final LinkedHashMap<Long, Receipt> unbriefed = new LinkedHashMap<>();
    private final ArrayDeque<AgentContext> contexts = new ArrayDeque<>();
    private List<CompletableFuture<Void>> flushWanted = new ArrayList<>();
    private InterplayException error;
    private StreamFinished finished;
    private boolean closing;
    private boolean leaving;
    private boolean finishSent;
    private boolean narrow;
    private boolean holding;
    private long holdUntil;
    private long progress;
    private long committedOffset;
    private long maxMessageBytes = Transport.MAX_MESSAGE_BYTES;

    Core(Settings settings, Wire<A, Q, ?> wire, Executor executor) {
        this.settings = settings;
        this.wire = wire;
        this.executor = executor;
        window = new Window<>(settings.capacity(), settings.capacityBytes());
    }

    // What callers ask for.

    Receipt push(A append, int rows, long size, boolean briefed) {
        Receipt receipt = new Receipt(window.pushed(), executor, briefed);
        window.push(new Append<>(append, receipt), rows, size);
        return receipt;
    }

    /** Ends when everything pushed so far is acked or refused. */
    CompletableFuture<Void> drain() {
        CompletableFuture<Void> future = new CompletableFuture<>();
        if (error != null) {
            future.completeExceptionally(error);
        } else if (window.settled() >= window.pushed()) {
            future.complete(null);
        } else {
            drains.add(new Drain(window.pushed(), future));
        }
        return future;
    }

    /** Asks for a barrier behind what was sent; only of use once that is acked: it would not cover a later sending. */
    void flush(CompletableFuture<Void> waiter) {
        if (error != null) {
            waiter.completeExceptionally(error);
        } else if (finished != null) {
            waiter.complete(null);
        } else {
            flushWanted.add(waiter);
        }
    }

    /** The next briefing, or null. */
    AgentContext pollContext() {
        return contexts.poll();
    }

    void close() {
        closing = true;
        changed.signalAll();
    }

    boolean closing() {
        return closing;
    }

    /** What stopped the publisher, or null. */
    InterplayException error() {
        return error;
    }

    /** Nothing more will be sent. */
    boolean ended() {
        return error != null || finished != null;
    }

    boolean endedCleanly() {
        return finished != null;
    }

    /** Grows whenever the server commits something. */
    long progress() {
        return progress;
    }

    /** Appends committed in the life of the stream, as far as this publisher has heard. */
    long committedOffset() {
        return committedOffset;
    }

    long maxMessageBytes() {
        return maxMessageBytes;
    }

    // What a connection asks for.

    /** What to send now; null if nothing. */
    Q nextMessage() {
        if (finishSent) {
            return null;
        }
        if (!leaving) {
            if (hold() == 0) {
                Window.Entry<Append<A>> entry = window.take();
                if (entry != null) {
                    return wire.append(entry.item.message, entry.offset);
                }
            }
            if (!flushWanted.isEmpty()) {
                flushSent.add(flushWanted);
                flushWanted = new ArrayList<>();
                return wire.flush();
            }
            if (!closing || window.size() > 0 || !flushSent.isEmpty()) {
                return null;
            }
        }
        finishSent = true;
        return wire.finish();
    }

    /** Nanoseconds to wait before the next append, because the server could not take the last; 0 if none. */
    long hold() {
        if (!holding) {
            return 0;
        }
        long left = holdUntil - System.nanoTime();
        holding = left > 0;
        return Math.max(left, 0);
    }

    void opened(StreamOpened answer) {
        long bytes = answer.getLimits().getMaxMessageBytes();
        maxMessageBytes = bytes > 0 ? bytes : Transport.MAX_MESSAGE_BYTES;
        int outstanding = answer.getLimits().getMaxOutstanding();
        long outstandingBytes = answer.getLimits().getMaxOutstandingBytes();
        List<Window.Entry<Append<A>>> committed = window.opened(
                answer.getNextOffset(),
                narrow ? 1 : outstanding > 0 ? outstanding : DEFAULT_OUTSTANDING,
                outstandingBytes > 0 ? outstandingBytes : DEFAULT_OUTSTANDING_BYTES);
        committedOffset = answer.getNextOffset();
        for (Window.Entry<Append<A>> entry : committed) {
            entry.item.receipt.resolve(ack(entry.offset, null));
            entry.item.receipt.brief(null);
        }
        settled(committed.size());
    }

    /** Takes in an answer; true when it ends the stream. */
    boolean hear(StreamPublishResponse answer) throws BrokenException {
        switch (answer.getMessageCase()) {
            case ACK -> acked(answer.getAck());
            case APPEND_ERROR -> refused(answer.getAppendError());
            case CONTEXT -> briefed(answer.getContext());
            case GO_AWAY -> leaving = true;
            case FINISHED -> {
                committed(answer.getFinished().getCommittedOffset(), Map.of());
                if (closing && window.size() == 0 && flushWanted.isEmpty() && flushSent.isEmpty()) {
                    finished = answer.getFinished();
                }
                return true;
            }
            default -> {
                return false;
            }
        }
        return false;
    }

    /** The connection is gone. */
    void lost() {
        window.lost();
        List<CompletableFuture<Void>> again = new ArrayList<>();
        flushSent.forEach(again::addAll);
        again.addAll(flushWanted);
        flushWanted = again;
        flushSent.clear();
        leaving = false;
        finishSent = false;
        forgetBriefings();
    }

    /** Nothing more will be sent: fails what is pending with {@code cause}, which is null after a clean end. */
    void end(InterplayException cause) {
        if (!ended()) {
            error = cause;
        }
        forgetBriefings();
        List<Window.Entry<Append<A>>> given = window.clear();
        if (cause != null) {
            given.forEach(entry -> entry.item.receipt.fail(cause));
            flushSent.forEach(batch -> batch.forEach(waiter -> waiter.completeExceptionally(cause)));
            flushWanted.forEach(waiter -> waiter.completeExceptionally(cause));
            drains.forEach(drain -> drain.future.completeExceptionally(cause));
            flushSent.clear();
            flushWanted.clear();
            drains.clear();
        }
        changed.signalAll();
    }

    /** Tells the caller's callback. */
    void report(InterplayException cause, Receipt receipt) {
        if (settings.onError() != null) {
            executor.execute(() -> settings.onError().accept(cause, receipt));
        }
    }

    // What the answers mean.

    private AppendAck ack(long offset, AppendResult result) {
        return AppendAck.of(settings.open().getStreamId(), offset, result);
    }

    private void acked(StreamAck ack) {
        Map<Long, AppendResult> results = Map.of();
        if (ack.getResultsCount() > 0) {
            results = new HashMap<>();
            for (AppendResult result : ack.getResultsList()) {
                results.put(result.getOffset(), result);
            }
        }
        committed(ack.getCommittedOffset(), results);
        if (ack.getFlushed() && !flushSent.isEmpty()) {
            flushSent.poll().forEach(waiter -> waiter.complete(null));
        }
    }

    private void committed(long offset, Map<Long, AppendResult> results) {
        committedOffset = Math.max(committedOffset, offset);
        List<Window.Entry<Append<A>>> done = window.acked(offset);
        for (Window.Entry<Append<A>> entry : done) {
            Receipt receipt = entry.item.receipt;
            receipt.resolve(ack(entry.offset, results.get(entry.offset)));
            if (receipt.awaitsContext()) {
                unbriefed.put(entry.offset, receipt);
            }
        }
        while (unbriefed.size() > KEPT_CONTEXTS) {
            Long eldest = unbriefed.keySet().iterator().next();
            unbriefed.remove(eldest).brief(null);
        }
        settled(done.size());
    }

    private void refused(StreamAppendError answer) throws BrokenException {
        InterplayException cause = InterplayException.from(answer.getStatus());
        long offset = answer.hasOffset() ? answer.getOffset() : window.sole();
        if (offset < 0) {
            // Which one was meant? Sent one at a time, there is no doubt.
            narrow = true;
            throw new BrokenException("an append was refused without its offset: " + cause.getMessage());
        }
        Window.Entry<Append<A>> entry = window.at(offset);
        if (entry == null) {
            return;
        }
        if (narrow) {
            narrow = false;
            window.outstanding(DEFAULT_OUTSTANDING);
        }
        Window.Verdict verdict = judge(cause, entry);
        window.refused(offset, verdict);
        if (verdict != Window.Verdict.RESEND) {
            entry.item.receipt.fail(cause);
            report(cause, entry.item.receipt);
            settled(0);
        }
    }

    private Window.Verdict judge(InterplayException cause, Window.Entry<Append<A>> entry) throws BrokenException {
        if (cause.code() == Status.Code.OUT_OF_RANGE) {
            if (!window.repairing()) {
                throw new BrokenException("the stream's end is not where it was: " + cause.getMessage());
            }
            return Window.Verdict.RESEND;
        }
        if (cause.code() == Status.Code.ALREADY_EXISTS) {
            return Window.Verdict.DROP_TAKEN;
        }
        boolean passing;
        if (cause.code() == Status.Code.INTERNAL) {
            // A fault of the server may pass, or may be this very payload.
            entry.faults++;
            passing = entry.faults <= MAX_FAULTS;
        } else {
            passing = TRANSIENT.contains(cause.code()) && !cause.reason().equals("MESSAGE_TOO_LARGE");
        }
        if (!passing) {
            return Window.Verdict.DROP;
        }
        long until = System.nanoTime() + backoff.next(cause.retryAfter().orElse(Duration.ZERO));
        holdUntil = holding && holdUntil - until > 0 ? holdUntil : until;
        holding = true;
        return Window.Verdict.RESEND;
    }

    private void briefed(AgentContext context) {
        Window.Entry<Append<A>> entry = window.at(context.getOffset());
        Receipt receipt = entry != null ? entry.item.receipt : unbriefed.remove(context.getOffset());
        if (receipt != null) {
            receipt.brief(context);
        }
        if (contexts.size() == KEPT_CONTEXTS) {
            contexts.poll();
        }
        contexts.add(context);
        changed.signalAll();
    }

    private void forgetBriefings() {
        unbriefed.values().forEach(receipt -> receipt.brief(null));
        unbriefed.clear();
    }

    private void settled(int committed) {
        if (committed > 0) {
            progress += committed;
            backoff.reset();
        }
        changed.signalAll();
        if (!drains.isEmpty()) {
            long settled = window.settled();
            while (!drains.isEmpty() && drains.peek().sequence <= settled) {
                drains.poll().future.complete(null);
            }
        }
    }
}
