"""Wire files that every language decodes and encodes byte for byte: `python -m tests.conformance.golden` writes them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from google.protobuf import json_format, struct_pb2, timestamp_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from interplay.v1 import context_service_pb2 as context
from interplay.v1 import (
    dialogue_pb2,
    evaluation_pb2,
    feature_pb2,
    interaction_pb2,
    monitor_pb2,
    operation_pb2,
    publish_stream_pb2,
)
from interplay.v1 import dialogue_service_pb2 as dialogues
from interplay.v1 import feature_service_pb2 as features
from interplay.v1 import interaction_service_pb2 as interactions
from interplay.v1 import monitor_service_pb2 as monitors
from interplay.v1 import profile_service_pb2 as profiles

FILE = Path(__file__).parent / "golden" / "messages.json"
# Fields 2044 to 2047 as varint, fixed64, bytes and fixed32: what a later version may send.
UNKNOWN = bytes.fromhex("e07f07e97f0102030405060708f27f03abcdeffd7f01020304")
# JSON cannot say what is unknown; and of what is in an Any a client need not have the type. Java reads -0 as 0.
WITHOUT_JSON = {"negative-zero", "unknown-fields", "unknown-fields-alone", "unknown-fields-inside", "nested-repeated"}


def made() -> dict[str, tuple[Message, bytes]]:
    """By id: a message, and unknown fields that follow it on the wire."""
    moment = timestamp_pb2.Timestamp()
    moment.FromDatetime(datetime(2026, 3, 1, 12, 30, 15, 250_000, tzinfo=UTC))
    struct = struct_pb2.Struct()
    struct.update({
        "zebra": None, "apple": True, "mango": -1.5, "empty": "", "list": [1, "two", False, None, {"deep": [[]]}],
        "map": {"b": 2, "a": 1, "C": 3}, "text": "naïve ☕", "large": 1e300, "tiny": 5e-324,
    })  # fmt: skip
    data = interaction_pb2.InteractionData(
        role="User", speaker="Zoë", external_id="e-1", content='Grüße, 世界 🌍\n\t"quoted" \\ \u0000 \u2028',
        user_action=interaction_pb2.USER_ACTION_VIEW, user_action_description="looked",
        image=bytes(range(256)), occur_time=moment, metadata=struct,
        tools_used=[interaction_pb2.ToolUse(tool_name="search", tool_data=struct, status="ok"),
                    interaction_pb2.ToolUse(tool_name="empty", tool_data=struct_pb2.Struct())],
        citations=[interaction_pb2.Citation(kind=interaction_pb2.LEARNING_KIND_PROFILE, real_id="p1", tag="P1")],
        product_ref=interaction_pb2.ProductRef(product_id="prod", event_type="CART_ADD"),
    )  # fmt: skip
    before = timestamp_pb2.Timestamp(seconds=-62135596800)
    plain = {
        "empty": interaction_pb2.InteractionData(),
        "text": interaction_pb2.InteractionData(content="hello"),
        "every-kind": data,
        "empty-submessages": interaction_pb2.InteractionData(occur_time=timestamp_pb2.Timestamp(),
                                                             product_ref=interaction_pb2.ProductRef()),
        "earliest-time": interaction_pb2.InteractionData(occur_time=before),
        "nanoseconds": interaction_pb2.InteractionData(
            occur_time=timestamp_pb2.Timestamp(seconds=253402300799, nanos=999_999_999)),
        "optional-zero": interaction_pb2.Annotation(annotator="a", rating=0.0),
        "optional-absent": interaction_pb2.Annotation(annotator="a"),
        "negative-double": interactions.SearchInteractionsRequest(query="q", threshold=-0.25, top_k=7),
        "negative-zero": interactions.SearchInteractionsRequest(query="q", threshold=-0.0),
        "negative-int32": publish_stream_pb2.StreamLimits(max_batch_interactions=-1, max_outstanding=-2147483648),
        "negative-int64": publish_stream_pb2.StreamLimits(max_message_bytes=-1, max_outstanding_bytes=-(2**63)),
        "largest-int64": publish_stream_pb2.StreamLimits(max_message_bytes=2**63 - 1, max_batch_interactions=2**31 - 1),
        "map": operation_pb2.Operation(operation_id="op", result={"beta": "2", "alpha": "1", "gamma": "", "Zed": "0"}),
        "map-of-templates": dialogue_pb2.DialogueConfig(templates={"user": "u", "agent": "a", "closing": ""}, seed=-5),
        "optional-zeros": dialogue_pb2.DialogueConfig(max_retries=0, retry_delay_seconds=0.0, style_probability=0.0),
        "duration": publish_stream_pb2.StreamGoAway(),
        "negative-duration": publish_stream_pb2.StreamOpened(stream_id="s", next_offset=9),
        "oneof-append": publish_stream_pb2.StreamPublishRequest(
            append=publish_stream_pb2.StreamAppend(offset=0, interactions=[data, interaction_pb2.InteractionData()],
                                                   metadata=struct, partial_success=True)),
        "oneof-empty-message": publish_stream_pb2.StreamPublishRequest(flush=publish_stream_pb2.StreamFlush()),
        "oneof-heartbeat": publish_stream_pb2.StreamPublishResponse(
            heartbeat=publish_stream_pb2.StreamHeartbeat(committed_offset=2**40)),
        "nested-repeated": publish_stream_pb2.StreamPublishResponse(ack=publish_stream_pb2.StreamAck(
            committed_offset=3, flushed=True, results=[
                publish_stream_pb2.AppendResult(offset=1, interaction_ids=["a", "", "b"], warnings=["w"]),
                publish_stream_pb2.AppendResult(offset=2, duplicate=True,
                    rejected=[publish_stream_pb2.RejectedInteraction(index=1)])])),
        "optional-int64-zero": publish_stream_pb2.StreamAppend(offset=0),
        "unknown-enum": interaction_pb2.InteractionData(content="c", user_action=99),
        "negative-enum": interaction_pb2.InteractionData(content="c", user_action=-7),
        "repeated-strings": context.SearchAllRequest(query="q"),
        "monitor-event": monitor_pb2.MonitorEvent(
            event_id="m", timestamp=moment, interaction_type=monitor_pb2.MONITOR_EVENT_TYPE_CLI_COMMAND,
            command="ls", status=monitor_pb2.MONITOR_STATUS_SUCCESS, duration_ms=1e-9, metadata=struct),
        "shop-event": feature_pb2.FeatureEvent(event_id="e", customer_id="c", product_id="p", event_type="product_viewed",
                                               view_duration=0.0, created_at=moment),
        "events": features.StreamEventsRequest(append=features.StreamEventsAppend(
            offset=5, events=[feature_pb2.FeatureEvent(event_id=str(n)) for n in range(3)])),
        "monitored-events": monitors.StreamMonitorEventsRequest(append=monitors.StreamMonitorEventsAppend(
            offset=2**53 + 1, events=[monitor_pb2.MonitorEvent(event_id="x")], dropped_since_last=3)),
        "converse": dialogues.ConverseRequest(steer=dialogues.SteerDialogue(user_instruction="", max_turns=3)),
        "packed-and-map-of-int64": features.FeatureDistribution(
            feature="f", count=-3, min=0.0, quantiles=[0.0, -1.5, 1e-300], bin_counts=[0, -1, 2**62],
            words={"é": 1, "b": 0, "a": -1}),
        "packed-int32-and-strings": monitor_pb2.UsageProfile(
            peak_usage_hours=[9, 0, -1, 300], common_commands=["b", "", "a"], session_count=2**33),
        "packed-enums": profiles.ListProfileChangesRequest(change_types=[2, 1, 77]),
        "map-of-messages": evaluation_pb2.ComparisonReport(
            criteria={"tone": evaluation_pb2.Estimate(value=0.0, n=4), "facts": evaluation_pb2.Estimate()}),
        "optional-bool-false": feature_pb2.Product(product_id="p", available=False),
    }  # fmt: skip
    plain["duration"].time_left.FromNanoseconds(10_000_000_001)
    plain["negative-duration"].heartbeat_interval.FromNanoseconds(-1_500_000_000)
    status = plain["nested-repeated"].ack.results[1].rejected[0].status
    status.code, status.message = 3, "bad"
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason="R", domain="interplay", metadata={"b": "2", "a": "1"}),
                              deterministic=True)  # fmt: skip
    found = {name: (message, b"") for name, message in plain.items()}
    found["unknown-fields"] = (data, UNKNOWN)
    found["unknown-fields-alone"] = (interaction_pb2.InteractionData(), UNKNOWN)
    # Inside a message that is inside others: field 1 of StreamPublishResponse (opened), 1 of StreamOpened, and unknowns.
    inner = publish_stream_pb2.StreamOpened(stream_id="s").SerializeToString() + UNKNOWN
    nested = publish_stream_pb2.StreamPublishResponse.FromString(b"\x0a" + bytes([len(inner)]) + inner)
    found["unknown-fields-inside"] = (nested, b"")
    return found


def entries() -> list[dict[str, Any]]:
    """Name, message, hex, and where JSON can say it all, JSON."""
    written = []
    for name, (message, unknown) in made().items():
        wire = message.SerializeToString(deterministic=True) + unknown
        entry: dict[str, Any] = {"id": name, "message": message.DESCRIPTOR.full_name, "hex": wire.hex()}
        if name not in WITHOUT_JSON:
            entry["json"] = json_format.MessageToDict(message)
        written.append(entry)
    return written


def text() -> str:
    return "[\n" + ",\n".join(json.dumps(entry, ensure_ascii=True, sort_keys=True) for entry in entries()) + "\n]\n"


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text(), encoding="utf-8")
