package example.interplay;

import interplay.v1.MonitorEvent;
import interplay.v1.StreamMonitorEventsAppend;
import java.util.Arrays;
import java.util.Collection;

/**
 * Records monitored events over a named stream. Made by {@link InterplayClient#monitorPublisher}; see {@link
 * StreamPublisher}. Bad events are named in the ack and the others taken, unless an append says all_or_nothing.
 */
public final class MonitorPublisher extends StreamPublisher<StreamMonitorEventsAppend> {
    MonitorPublisher(Transport transport, Settings settings, Runnable left) {
        super(transport, Wire.MONITOR, settings, left);
    }

    /** Queues up to 1,000 events as one append; see {@link #append(Object)}. */
    public Receipt append(MonitorEvent... events) {
        return append(Arrays.asList(events));
    }

    /** Queues up to 1,000 events as one append; see {@link #append(Object)}. */
    public Receipt append(Collection<MonitorEvent> events) {
        return append(StreamMonitorEventsAppend.newBuilder().addAllEvents(events).build());
    }
}
