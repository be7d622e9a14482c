import {
  create,
  toBinary,
  type DescMessage,
  type DescMethodBiDiStreaming,
  type MessageInitShape,
} from "@bufbuild/protobuf";

import { FeatureService, StreamEventsAppendSchema } from "./gen/interplay/v1/feature_service_pb.js";
import { InteractionService } from "./gen/interplay/v1/interaction_service_pb.js";
import { MonitorService, StreamMonitorEventsAppendSchema } from "./gen/interplay/v1/monitor_service_pb.js";
import {
  StreamAppendSchema,
  type StreamOpenSchema,
  StreamPublishRequestSchema,
  type StreamPublishResponse,
} from "./gen/interplay/v1/publish_stream_pb.js";

/** A method that takes appends: what is appended, and its messages. */
export interface Wire<A extends DescMessage = DescMessage> {
  readonly rows: "interactions" | "events";
  readonly method: DescMethodBiDiStreaming;
  readonly append: A;
}

export const INTERACTIONS: Wire<typeof StreamAppendSchema> = {
  rows: "interactions",
  method: InteractionService.method.streamPublish,
  append: StreamAppendSchema,
};

export const EVENTS: Wire<typeof StreamEventsAppendSchema> = {
  rows: "events",
  method: FeatureService.method.streamEvents,
  append: StreamEventsAppendSchema,
};

export const MONITOR: Wire<typeof StreamMonitorEventsAppendSchema> = {
  rows: "events",
  method: MonitorService.method.streamMonitorEvents,
  append: StreamMonitorEventsAppendSchema,
};

/** What the server says; streams of events say a part of it. */
export type Answer = StreamPublishResponse["message"];

/** Encodes the first message of a stream. */
export function encodeOpen(wire: Wire, open: MessageInitShape<typeof StreamOpenSchema>): Uint8Array {
  return encode(wire, { message: { case: "open", value: open } } as never);
}

/** Encodes a message that says no more than its kind. */
export function encodeBare(wire: Wire, kind: "flush" | "heartbeat" | "finish"): Uint8Array {
  return encode(wire, { message: { case: kind, value: {} } } as never);
}

function encode(wire: Wire, init: MessageInitShape<DescMessage>): Uint8Array {
  return toBinary(wire.method.input, create(wire.method.input, init));
}

// Tags of `append` in the requests (length-delimited) and of `offset` in the appends (varint): the same in all methods.
const APPEND_TAG = (StreamPublishRequestSchema.field.append.number << 3) | 2;
const OFFSET_TAG = StreamAppendSchema.field.offset.number << 3;

/**
 * A request that holds an append with its offset, which is known when it is sent.
 *
 * Appends wait encoded: their size is known, and nobody can change them any more.
 */
export function request(append: Uint8Array, offset: number): Uint8Array {
  const length = append.length + 1 + varintLength(offset);
  const made = Buffer.allocUnsafe(1 + varintLength(length) + length);
  made[0] = APPEND_TAG;
  let at = writeVarint(made, 1, length);
  made.set(append, at);
  at += append.length;
  made[at] = OFFSET_TAG;
  writeVarint(made, at + 1, offset);
  return made;
}

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) {
    length += 1;
  }
  return length;
}

function writeVarint(into: Buffer, start: number, value: number): number {
  let at = start;
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) {
    into[at] = (rest % 0x80) | 0x80;
    at += 1;
  }
  into[at] = rest;
  return at + 1;
}
