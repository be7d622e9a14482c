// Records how a program is used: one event at once, several over a stream, then reads the counters.
import { connect } from "@interplay/client";
import { MonitorEventType, MonitorStatus } from "@interplay/client/v1";

const client = connect();

const event = {
  userId: "example-ada",
  interactionType: MonitorEventType.CLI_COMMAND,
  command: "report --month 2026-10",
  status: MonitorStatus.SUCCESS,
  durationMs: 120,
};
await client.monitor.recordEvent({ event });
console.log("recorded one event");

const publisher = client.monitorPublisher("typescript-example-monitor");
for (const durationMs of [90, 110, 4000]) {
  await publisher.append({ ...event, durationMs, status: durationMs > 1000 ? MonitorStatus.TIMEOUT : event.status });
}
await publisher.close();
console.log(`streamed up to offset ${publisher.stats().committedOffset}`);

const { totalInteractions, failedInteractions } = await client.monitor.getStatistics({});
console.log(`the tenant has ${totalInteractions} events, ${failedInteractions} of them failed`);

client.close();
