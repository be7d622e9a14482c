package example.interplay;

import interplay.v1.ContextRequest;
import interplay.v1.StreamOpen;
import java.time.Duration;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * Settings of a publisher; {@link #open} makes it. User, session, source, agent and context are for interactions only.
 *
 * @param <P> what is made
 */
public final class PublisherBuilder<P> {
    private static final long CAPACITY = 10_000;
    private static final long CAPACITY_BYTES = 64L << 20;

    private final Function<Settings, P> make;
    private final StreamOpen.Builder open;
    private long capacity = CAPACITY;
    private long capacityBytes = CAPACITY_BYTES;
    private Duration heartbeat;
    private Duration closeTimeout = Duration.ofMinutes(1);
    private BiConsumer<InterplayException, Receipt> onError;

    PublisherBuilder(String streamId, Function<Settings, P> make) {
        this.make = make;
        open = StreamOpen.newBuilder().setStreamId(streamId);
    }

    /** Person of the appends that name none. */
    public PublisherBuilder<P> userId(String userId) {
        open.setUserId(userId);
        return this;
    }

    /** Session of the appends that name none. */
    public PublisherBuilder<P> sessionId(String sessionId) {
        open.setSessionId(sessionId);
        return this;
    }

    /** Source of the appends that name none. */
    public PublisherBuilder<P> source(String source) {
        open.setSource(source);
        return this;
    }

    /** Agent version of the appends that name none. */
    public PublisherBuilder<P> agentVersion(String agentVersion) {
        open.setAgentVersion(agentVersion);
        return this;
    }

    /** Agent of the appends that name none. */
    public PublisherBuilder<P> agentId(String agentId) {
        open.setAgentId(agentId);
        return this;
    }

    /** Asks to be briefed after each append that holds a user turn, with the server's defaults. */
    public PublisherBuilder<P> context() {
        return context(ContextRequest.getDefaultInstance());
    }

    /** Asks to be briefed after each append that holds a user turn. */
    public PublisherBuilder<P> context(ContextRequest context) {
        open.setContext(context);
        return this;
    }

    /** Puts the ids of the rows into the acks. */
    public PublisherBuilder<P> returnIds(boolean returnIds) {
        open.setReturnInteractionIds(returnIds);
        return this;
    }

    /** Appends that may await their answers, 1 to 4,096; 0 leaves it to the server. */
    public PublisherBuilder<P> maxOutstanding(int maxOutstanding) {
        open.setMaxOutstanding(maxOutstanding);
        return this;
    }

    /** Interactions or events that may wait in memory, 10,000 unless said. */
    public PublisherBuilder<P> capacity(long rows) {
        if (rows < 1) {
            throw new IllegalArgumentException("the buffer must hold at least one row");
        }
        capacity = rows;
        return this;
    }

    /** Bytes that may wait in memory, 64 MiB unless said. */
    public PublisherBuilder<P> capacityBytes(long bytes) {
        if (bytes < 1) {
            throw new IllegalArgumentException("the buffer must hold at least one byte");
        }
        capacityBytes = bytes;
        return this;
    }

    /** Interval of signs of life, instead of the server's; three without one mean a dead connection. */
    public PublisherBuilder<P> heartbeat(Duration interval) {
        if (interval.isNegative() || interval.isZero()) {
            throw new IllegalArgumentException("heartbeat must be above 0");
        }
        heartbeat = interval;
        return this;
    }

    /** How long {@link StreamPublisher#close()} tries to send what is pending, a minute unless said. */
    public PublisherBuilder<P> closeTimeout(Duration timeout) {
        closeTimeout = timeout;
        return this;
    }

    /**
     * Called on a thread of the client for each append that is refused, with its receipt, and once for the error that
     * stops the publisher, with null.
     */
    public PublisherBuilder<P> onError(BiConsumer<InterplayException, Receipt> callback) {
        onError = callback;
        return this;
    }

    /** Makes the publisher, which connects in the background. */
    public P open() {
        return make.apply(new Settings(open.build(), capacity, capacityBytes, heartbeat, closeTimeout, onError));
    }
}
