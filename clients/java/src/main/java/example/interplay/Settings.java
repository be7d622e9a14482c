package example.interplay;

import interplay.v1.StreamOpen;
import java.time.Duration;
import java.util.function.BiConsumer;

/**
 * What a publisher is told at its making.
 *
 * @param open first message of every connection
 * @param capacity rows buffered at most
 * @param capacityBytes bytes buffered at most
 * @param heartbeat instead of the server's interval; null for that
 * @param closeTimeout of {@link StreamPublisher#close()}
 * @param onError told of refused appends with their receipt, and of what stopped the publisher with null; may be null
 */
record Settings(
        StreamOpen open,
        long capacity,
        long capacityBytes,
        Duration heartbeat,
        Duration closeTimeout,
        BiConsumer<InterplayException, Receipt> onError) {}
