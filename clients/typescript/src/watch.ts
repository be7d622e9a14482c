import {
  create,
  type DescMessage,
  type DescMethodServerStreaming,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import type { Client as GrpcClient } from "@grpc/grpc-js";

import { Backoff, sleep } from "./backoff.js";
import { fromServiceError, mayReconnect } from "./errors.js";
import { SilentError, answers, type Transport } from "./transport.js";

const HEARTBEAT_SECONDS = 15;

/** How a change feed behaves. */
export interface WatchOptions {
  /** Yield heart-beats too. */
  readonly heartbeats?: boolean | undefined;
  /** Ends the iteration. */
  readonly signal?: AbortSignal | undefined;
}

interface Resumable {
  resumeToken: string;
  heartbeatSeconds: number;
  fromBeginning?: boolean;
}

/**
 * Iterates over the answers of a watch without end, going on from the token of the last one when it breaks.
 *
 * After three heart-beats in silence the connection counts as dead. Throws the InterplayErrors that calling again cannot
 * mend.
 */
export async function* watch<I extends DescMessage, O extends DescMessage>(
  transport: Transport,
  method: DescMethodServerStreaming<I, O>,
  init: MessageInitShape<I>,
  isHeartbeat: (answer: MessageShape<O>) => boolean,
  options: WatchOptions = {},
): AsyncGenerator<MessageShape<O>, void> {
  const request = { ...create(method.input, init) };
  const place = request as unknown as Resumable;
  const silence = 3 * (place.heartbeatSeconds || HEARTBEAT_SECONDS);
  const { signal } = options;
  const backoff = new Backoff();
  let own: GrpcClient | undefined;
  try {
    while (!signal?.aborted) {
      let pause: number | undefined;
      try {
        for await (const answer of answers(transport.serverStream(method, request, { signal }, own), silence)) {
          backoff.reset();
          place.resumeToken = (answer as unknown as Resumable).resumeToken;
          if (place.fromBeginning) {
            place.fromBeginning = false;
          }
          if (options.heartbeats || !isHeartbeat(answer)) {
            yield answer;
          }
        }
      } catch (fault) {
        if (signal?.aborted) {
          return;
        }
        const error = fromServiceError(fault);
        if (!mayReconnect(error) || transport.closed) {
          throw error;
        }
        pause = error.retryAfter;
        if (error instanceof SilentError) {
          // TCP believes the connection alive and gRPC would use it again.
          own?.close();
          own = transport.newClient();
        }
      }
      await sleep(backoff.next(pause), signal);
    }
  } finally {
    own?.close();
  }
}
