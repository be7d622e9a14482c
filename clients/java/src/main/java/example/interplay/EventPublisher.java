package example.interplay;

import interplay.v1.FeatureEvent;
import interplay.v1.StreamEventsAppend;
import java.util.Arrays;
import java.util.Collection;

/**
 * Records a shop's events over a named stream. Made by {@link InterplayClient#eventPublisher}; see {@link
 * StreamPublisher}.
 */
public final class EventPublisher extends StreamPublisher<StreamEventsAppend> {
    EventPublisher(Transport transport, Settings settings, Runnable left) {
        super(transport, Wire.EVENTS, settings, left);
    }

    /** Queues 1 to 1,000 events as one append; see {@link #append(Object)}. */
    public Receipt append(FeatureEvent... events) {
        return append(Arrays.asList(events));
    }

    /** Queues 1 to 1,000 events as one append; see {@link #append(Object)}. */
    public Receipt append(Collection<FeatureEvent> events) {
        return append(StreamEventsAppend.newBuilder().addAllEvents(events).build());
    }
}
