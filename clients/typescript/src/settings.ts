import type { MessageInitShape } from "@bufbuild/protobuf";

import type { InterplayError } from "./errors.js";
import type { ContextRequestSchema } from "./gen/interplay/v1/context_pb.js";
import type { StreamOpenSchema } from "./gen/interplay/v1/publish_stream_pb.js";
import type { Receipt } from "./receipt.js";

/** What all publishers can be told. */
export interface StreamOptions {
  /** Interactions or events that are buffered at most; 10,000. */
  readonly capacity?: number | undefined;
  /** Bytes that are buffered at most; 64 MiB. */
  readonly capacityBytes?: number | undefined;
  /** What `append` does when the buffer is full: wait, or reject with BufferFullError. */
  readonly whenFull?: "wait" | "reject" | undefined;
  /** Told of each append that is refused, with its receipt, and without one when the publisher stops for good. */
  readonly onError?: ((error: InterplayError, receipt: Receipt | undefined) => void) | undefined;
  /** Put the ids of the rows into the acks. */
  readonly returnIds?: boolean | undefined;
  /** Appends that await answers at most, 1 to 4,096; the server's default, 256. */
  readonly maxOutstanding?: number | undefined;
  /** Seconds between heart-beats; what the server says, 15. */
  readonly heartbeat?: number | undefined;
  /** Seconds that `await using` gives the publisher to close; 60. */
  readonly closeTimeout?: number | undefined;
}

/** What a publisher of interactions can be told: defaults of its appends, and whether the agent is briefed. */
export interface PublisherOptions extends StreamOptions {
  readonly userId?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly source?: string | undefined;
  readonly agentVersion?: string | undefined;
  readonly agentId?: string | undefined;
  /** Ask for a briefing after user turns; `true`, or how much. */
  readonly context?: boolean | MessageInitShape<typeof ContextRequestSchema> | undefined;
}

/** Arguments of a publisher, with every default. */
export interface Settings {
  readonly streamId: string;
  readonly open: MessageInitShape<typeof StreamOpenSchema>;
  readonly capacity: number;
  readonly capacityBytes: number;
  readonly reject: boolean;
  readonly briefed: boolean;
  readonly heartbeat: number | undefined;
  readonly closeTimeout: number;
  readonly onError: StreamOptions["onError"];
}

/** Throws RangeError. */
export function settingsOf(streamId: string, options: PublisherOptions): Settings {
  const { capacity = 10_000, capacityBytes = 64 * 2 ** 20, closeTimeout = 60, heartbeat } = options;
  if (!(capacity >= 1) || !(capacityBytes >= 1)) {
    throw new RangeError("the buffer must hold at least one row and one byte");
  }
  if (heartbeat !== undefined && !(heartbeat > 0)) {
    throw new RangeError("heartbeat must be above 0 seconds");
  }
  return {
    streamId,
    open: {
      streamId,
      userId: options.userId ?? "",
      sessionId: options.sessionId ?? "",
      source: options.source ?? "",
      agentVersion: options.agentVersion ?? "",
      agentId: options.agentId ?? "",
      maxOutstanding: options.maxOutstanding ?? 0,
      returnInteractionIds: options.returnIds ?? false,
      ...(options.context ? { context: options.context === true ? {} : options.context } : {}),
    },
    capacity,
    capacityBytes,
    reject: options.whenFull === "reject",
    briefed: Boolean(options.context),
    heartbeat,
    closeTimeout,
    onError: options.onError,
  };
}
