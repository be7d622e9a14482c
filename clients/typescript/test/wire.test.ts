import assert from "node:assert/strict";
import { test } from "node:test";

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";

import {
  StreamAppendSchema,
  StreamEventsAppendSchema,
  StreamEventsRequestSchema,
  StreamMonitorEventsAppendSchema,
  StreamMonitorEventsRequestSchema,
  StreamPublishRequestSchema,
} from "../src/v1.js";
import { EVENTS, INTERACTIONS, MONITOR, encodeBare, encodeOpen, request } from "../src/wire.js";

test("a request holds the append and its offset, of whatever size", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), fc.maxSafeNat(), (content, offset) => {
      const append = create(StreamAppendSchema, { userId: "ada", interactions: [{ content }] });
      const { message } = fromBinary(StreamPublishRequestSchema, request(toBinary(StreamAppendSchema, append), offset));
      assert.equal(message.case, "append");
      assert.deepEqual(message.value, { ...append, offset: BigInt(offset) });
    }),
  );
});

test("events and monitored events have their appends and offsets in the same places", () => {
  const shop = create(StreamEventsAppendSchema, { events: [{ eventType: "VIEW" }] });
  const monitored = create(StreamMonitorEventsAppendSchema, { events: [{ command: "ls" }] });
  assert.deepEqual(
    fromBinary(StreamEventsRequestSchema, request(toBinary(StreamEventsAppendSchema, shop), 300)).message,
    { case: "append", value: { ...shop, offset: 300n } },
  );
  assert.deepEqual(
    fromBinary(StreamMonitorEventsRequestSchema, request(toBinary(StreamMonitorEventsAppendSchema, monitored), 0))
      .message,
    { case: "append", value: { ...monitored, offset: 0n } },
  );
});

test("every wire opens, flushes and finishes with its own messages", () => {
  for (const wire of [INTERACTIONS, EVENTS, MONITOR]) {
    const open = fromBinary(StreamPublishRequestSchema, encodeOpen(wire, { streamId: "till" }));
    assert.equal(open.message.case === "open" && open.message.value.streamId, "till");
    for (const kind of ["flush", "heartbeat", "finish"] as const) {
      assert.equal(fromBinary(StreamPublishRequestSchema, encodeBare(wire, kind)).message.case, kind);
    }
  }
});
