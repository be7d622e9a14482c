package example.interplay;

import interplay.v1.AgentContext;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** What becomes of an append: an ack, or the error with which it was refused or given up. */
public final class Receipt {
    private final long number;
    private final Executor executor;
    private final CompletableFuture<AppendAck> outcome = new CompletableFuture<>();
    private final CompletableFuture<Optional<AgentContext>> context;

    Receipt(long number, Executor executor, boolean briefed) {
        this.number = number;
        this.executor = executor;
        context = briefed ? new CompletableFuture<>() : CompletableFuture.completedFuture(Optional.empty());
    }

    /** Place of the append among those of its publisher, from 0. */
    public long number() {
        return number;
    }

    /** Whether the append was acked, refused or given up. */
    public boolean isDone() {
        return outcome.isDone();
    }

    /**
     * Waits for the ack.
     *
     * @throws InterplayException with which the append was refused or given up; CANCELLED if the thread is interrupted
     */
    public AppendAck await() {
        return Waiting.get(outcome);
    }

    /**
     * Waits for the ack.
     *
     * @throws InterplayException as {@link #await()}; DEADLINE_EXCEEDED after {@code timeout}, which changes nothing
     */
    public AppendAck await(Duration timeout) {
        return Waiting.get(outcome, timeout, "the append was not acked");
    }

    /** The ack, or {@link InterplayException}. What depends on it runs on the client's own threads. */
    public CompletableFuture<AppendAck> ack() {
        return Waiting.handedOut(outcome, executor);
    }

    /**
     * What matters to the user turn of this append. Empty where no briefing was asked for, no turn is a user's, or it
     * was lost with its connection.
     */
    public CompletableFuture<Optional<AgentContext>> context() {
        return Waiting.handedOut(context, executor);
    }

    boolean awaitsContext() {
        return !context.isDone();
    }

    void resolve(AppendAck ack) {
        outcome.complete(ack);
    }

    void fail(InterplayException error) {
        outcome.completeExceptionally(error);
        brief(null);
    }

    void brief(AgentContext found) {
        context.complete(Optional.ofNullable(found));
    }
}
