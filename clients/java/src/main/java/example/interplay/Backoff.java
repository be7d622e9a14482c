package example.interplay;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** How long to wait before the next try: doubling, of which a random half to all. Not safe for threads. */
final class Backoff {
    private static final double FIRST_SECONDS = 0.1;

    private final double lastSeconds;
    private int tries;

    /** Doubles from 100 ms to {@code last}. */
    Backoff(Duration last) {
        lastSeconds = last.toNanos() / 1e9;
    }

    Backoff() {
        this(Duration.ofSeconds(10));
    }

    void reset() {
        tries = 0;
    }

    /** Nanoseconds, not less than {@code atLeast}. */
    long next(Duration atLeast) {
        double ceiling = Math.min(lastSeconds, FIRST_SECONDS * Math.pow(2, Math.min(tries, 30)));
        tries++;
        long nanos = (long) (1e9 * ceiling * ThreadLocalRandom.current().nextDouble(0.5, 1));
        return Math.max(nanos, atLeast.toNanos());
    }
}
