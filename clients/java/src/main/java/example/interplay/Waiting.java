package example.interplay;

import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for futures, and hands them out so that what callers hang onto them runs on other threads than ours. */
final class Waiting {
    private Waiting() {}

    /** @throws InterplayException the future's, or CANCELLED if the thread is interrupted */
    static <T> T get(CompletableFuture<T> future) {
        try {
            return future.get();
        } catch (ExecutionException failed) {
            throw told(failed.getCause());
        } catch (InterruptedException stop) {
            throw interrupted();
        }
    }

    /** @throws InterplayException the future's, DEADLINE_EXCEEDED, or CANCELLED if the thread is interrupted */
    static <T> T get(CompletableFuture<T> future, Duration timeout, String late) {
        try {
            return future.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException failed) {
            throw told(failed.getCause());
        } catch (TimeoutException over) {
            throw new InterplayException(Status.Code.DEADLINE_EXCEEDED, late + " in " + timeout.toMillis() + " ms");
        } catch (InterruptedException stop) {
            throw interrupted();
        }
    }

    static <T> CompletableFuture<T> handedOut(CompletableFuture<T> future, Executor executor) {
        if (future.isDone()) {
            return future.copy();
        }
        CompletableFuture<T> given = new CompletableFuture<>();
        future.whenCompleteAsync(
                (value, error) -> {
                    if (error == null) {
                        given.complete(value);
                    } else {
                        given.completeExceptionally(error);
                    }
                },
                executor);
        return given;
    }

    /** Keeps the thread's mark of interruption. */
    static InterplayException interrupted() {
        Thread.currentThread().interrupt();
        return new InterplayException(Status.Code.CANCELLED, "the thread was interrupted while it waited");
    }

    private static InterplayException told(Throwable cause) {
        return cause instanceof InterplayException known ? known.again() : InterplayException.from(cause);
    }
}
