package example.interplay.examples;

import example.interplay.AppendAck;
import example.interplay.InterplayClient;
import example.interplay.MonitorPublisher;
import interplay.v1.GetStatisticsRequest;
import interplay.v1.GetStatisticsResponse;
import interplay.v1.MonitorEventType;
import interplay.v1.MonitorStatus;
import java.util.UUID;

/** Records uses of a product, of which one failed, and reads the counters. Takes INTERPLAY_TARGET. */
public final class MonitorEvent {
    private MonitorEvent() {}

    public static void main(String[] arguments) {
        try (InterplayClient client = InterplayClient.fromEnvironment()) {
            try (MonitorPublisher monitor =
                    client.monitorPublisher("desk-" + UUID.randomUUID()).open()) {
                AppendAck ack = monitor.append(
                                used("deploy --region north", MonitorStatus.MONITOR_STATUS_SUCCESS),
                                used("deploy --region south", MonitorStatus.MONITOR_STATUS_ERROR))
                        .await();
                System.out.printf("recorded append %d, %d events rejected%n", ack.offset(), ack.rejected().size());
            }
            GetStatisticsResponse counted = client.monitor()
                    .call(stub -> stub.getStatistics(GetStatisticsRequest.getDefaultInstance()));
            System.out.printf(
                    "the server counts %d events, %d of them successful and %d failed%n",
                    counted.getTotalInteractions(),
                    counted.getSuccessfulInteractions(),
                    counted.getFailedInteractions());
        }
    }

    private static interplay.v1.MonitorEvent used(String command, MonitorStatus status) {
        return interplay.v1.MonitorEvent.newBuilder()
                .setInteractionType(MonitorEventType.MONITOR_EVENT_TYPE_CLI_COMMAND)
                .setCommand(command)
                .setStatus(status)
                .setDurationMs(120)
                .setUserId("ann")
                .setClient("interplay-java/0.1.0")
                .build();
    }
}
