package example.interplay;

import interplay.v1.AgentContext;
import interplay.v1.InteractionData;
import interplay.v1.StreamAppend;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;

/**
 * Publishes interactions over a named stream. Made by {@link InterplayClient#publisher}; see {@link StreamPublisher}.
 */
public final class Publisher extends StreamPublisher<StreamAppend> {
    /** Lower-case roles of the user's side. */
    private static final Set<String> USER_ROLES =
            Set.of("", "user", "customer", "client", "human", "end_user", "visitor");

    Publisher(Transport transport, Settings settings, Runnable left) {
        super(transport, Wire.INTERACTIONS, settings, left);
    }

    /** Queues 1 to 1,000 interactions as one append; see {@link #append(Object)}. */
    public Receipt append(InteractionData... interactions) {
        return append(Arrays.asList(interactions));
    }

    /** Queues 1 to 1,000 interactions as one append; see {@link #append(Object)}. */
    public Receipt append(Collection<InteractionData> interactions) {
        return append(StreamAppend.newBuilder().addAllInteractions(interactions).build());
    }

    /**
     * The next briefing; the latest 1,024 are kept.
     *
     * @return empty after {@code timeout}, or when the publisher has ended and none is left
     * @throws InterplayException CANCELLED if the thread is interrupted
     */
    public Optional<AgentContext> nextContext(Duration timeout) {
        core.lock.lock();
        try {
            long left = timeout.toNanos();
            AgentContext found = core.pollContext();
            while (found == null && !core.ended() && left > 0) {
                left = core.changed.awaitNanos(left);
                found = core.pollContext();
            }
            return Optional.ofNullable(found);
        } catch (InterruptedException stop) {
            throw Waiting.interrupted();
        } finally {
            core.lock.unlock();
        }
    }

    /** Iterates over the briefings as they come, waiting for each, until the publisher ends. */
    public Iterable<AgentContext> contexts() {
        return () -> new Iterator<>() {
            private AgentContext next;

            @Override
            public boolean hasNext() {
                if (next == null) {
                    next = nextContext(Duration.ofNanos(Long.MAX_VALUE)).orElse(null);
                }
                return next != null;
            }

            @Override
            public AgentContext next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                AgentContext given = next;
                next = null;
                return given;
            }
        };
    }

    @Override
    boolean briefed(StreamAppend append) {
        return core.settings.open().hasContext()
                && append.getInteractionsList().stream()
                        .anyMatch(one ->
                                USER_ROLES.contains(one.getRole().strip().toLowerCase(Locale.ROOT)));
    }
}
