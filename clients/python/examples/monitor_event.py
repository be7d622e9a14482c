"""Records how a program is used: one event at once, several over a stream, then reads the counters."""

from interplay import Interplay

EVENT = {"command": "report --month 2026-10", "interaction_type": "cli_command", "user_id": "example-ada"}

with Interplay() as client:
    client.record_event(EVENT["command"], "success", 120, user_id=EVENT["user_id"])
    print("recorded one event")

    with client.monitor_publisher("python-example-monitor") as publisher:
        for duration in (90, 110, 4000):
            status = "timeout" if duration > 1000 else "success"
            publisher.append({**EVENT, "status": status, "duration_ms": duration})

    counted = client.monitor_statistics()
    print(f"the tenant has {counted.total_interactions} events, {counted.failed_interactions} of them failed")
