export { create, fromBinary, fromJson, toBinary, toJson } from "@bufbuild/protobuf";
export { durationFromMs, timestampDate, timestampFromDate, timestampNow } from "@bufbuild/protobuf/wkt";
export { Client, connect } from "./client.js";
export { DEFAULT_TARGET, type ClientConfig, type ClientOptions, type Keepalive, type Tls } from "./config.js";
export {
  Conversation,
  type ChatMessage,
  type ConverseOptions,
  type Reply,
  type Said,
  type Speaker,
  type TalkEvent,
} from "./conversation.js";
export {
  BufferFullError,
  InterplayError,
  PublisherClosedError,
  fromStatus,
  type Code,
  type Violation,
} from "./errors.js";
export {
  EventPublisher,
  MonitorPublisher,
  Publisher,
  type AppendOptions,
  type EventAppendOptions,
  type EventInit,
  type InteractionInit,
  type MonitorAppendOptions,
  type MonitorEventInit,
  type PublisherStats,
} from "./publisher.js";
export { Receipt, type AppendAck } from "./receipt.js";
export { pages, type BidiMethod, type ServerStreamMethod, type ServiceClient, type UnaryMethod } from "./services.js";
export type { PublisherOptions, StreamOptions } from "./settings.js";
export type { CallOptions } from "./transport.js";
export type { WatchOptions } from "./watch.js";
