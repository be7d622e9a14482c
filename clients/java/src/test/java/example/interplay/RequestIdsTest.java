package example.interplay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import com.google.protobuf.Message;
import interplay.v1.MonitorEvent;
import interplay.v1.PublishInteractionsRequest;
import interplay.v1.RecordEventRequest;
import interplay.v1.SearchInteractionsRequest;
import org.junit.jupiter.api.Test;

class RequestIdsTest {
    @Test
    void givesAWriteAnIdentityOfItsOwn() {
        PublishInteractionsRequest bare =
                PublishInteractionsRequest.newBuilder().setUserId("ann").build();
        PublishInteractionsRequest first = (PublishInteractionsRequest) RequestIds.identified(bare);
        PublishInteractionsRequest second = (PublishInteractionsRequest) RequestIds.identified(bare);
        assertFalse(first.getRequestId().isEmpty());
        assertNotEquals(first.getRequestId(), second.getRequestId());
        assertEquals(bare, first.toBuilder().clearRequestId().build());
    }

    @Test
    void givesAMonitoredEventAnIdentity() {
        RecordEventRequest bare = RecordEventRequest.newBuilder()
                .setEvent(MonitorEvent.newBuilder().setCommand("deploy"))
                .build();
        RecordEventRequest given = (RecordEventRequest) RequestIds.identified(bare);
        assertFalse(given.getEvent().getEventId().isEmpty());
        assertSame(given, RequestIds.identified(given));
        Message empty = RecordEventRequest.getDefaultInstance();
        assertSame(empty, RequestIds.identified(empty));
    }

    @Test
    void leavesAloneWhatHasOneOrNoPlaceForOne() {
        Message named = PublishInteractionsRequest.newBuilder().setRequestId("mine").build();
        assertSame(named, RequestIds.identified(named));
        Message search = SearchInteractionsRequest.newBuilder().setQuery("tea").build();
        assertSame(search, RequestIds.identified(search));
    }
}
