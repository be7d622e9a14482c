package example.interplay;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.AbstractStub;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One service of the server. {@link #call} and {@link #submit} run a method of a generated stub and throw {@link
 * InterplayException}; the stubs themselves throw grpc's own exceptions.
 *
 * @param <B> generated stub that blocks
 * @param <F> generated stub that gives futures
 * @param <S> generated stub that takes observers
 */
public final class Service<B extends AbstractStub<B>, F extends AbstractStub<F>, S extends AbstractStub<S>> {
    private final B blocking;
    private final F future;
    private final S streaming;
    private final Executor executor;

    Service(B blocking, F future, S streaming, Executor executor) {
        this.blocking = blocking;
        this.future = future;
        this.streaming = streaming;
        this.executor = executor;
    }

    /**
     * Runs a method and waits for its answer.
     *
     * @throws InterplayException if it fails
     */
    public <R> R call(Function<B, R> method) {
        return translated(() -> method.apply(blocking));
    }

    /**
     * The same with a time limit of its own.
     *
     * @throws InterplayException if it fails, DEADLINE_EXCEEDED after {@code timeout}
     */
    public <R> R call(Duration timeout, Function<B, R> method) {
        return translated(() -> method.apply(blocking.withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS)));
    }

    /** Runs a method without waiting. The future fails with {@link InterplayException}; cancelling it ends the call. */
    public <R> CompletableFuture<R> submit(Function<F, ListenableFuture<R>> method) {
        ListenableFuture<R> running = method.apply(future);
        CompletableFuture<R> result = new CompletableFuture<>();
        running.addListener(
                () -> {
                    try {
                        result.complete(running.get());
                    } catch (ExecutionException failed) {
                        result.completeExceptionally(InterplayException.from(failed.getCause()));
                    } catch (InterruptedException | RuntimeException failed) {
                        result.completeExceptionally(InterplayException.from(failed));
                    }
                },
                executor);
        result.whenComplete((answer, error) -> {
            if (result.isCancelled()) {
                running.cancel(true);
            }
        });
        return result;
    }

    /** Runs a method that answers more than once; the iterator throws {@link InterplayException}. */
    public <R> Iterator<R> stream(Function<B, Iterator<R>> method) {
        Iterator<R> answers = translated(() -> method.apply(blocking));
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return translated(answers::hasNext);
            }

            @Override
            public R next() {
                return translated(answers::next);
            }
        };
    }

    /** The generated stub that blocks. */
    public B blocking() {
        return blocking;
    }

    /** The generated stub that gives futures. */
    public F future() {
        return future;
    }

    /** The generated stub that takes observers, for streams of any kind. */
    public S streaming() {
        return streaming;
    }

    private static <R> R translated(Supplier<R> step) {
        try {
            return step.get();
        } catch (StatusRuntimeException failed) {
            throw InterplayException.from(failed);
        }
    }
}
