import { create, toBinary, type DescMessage, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import type { Client as GrpcClient } from "@grpc/grpc-js";

import { Backoff, sleep } from "./backoff.js";
import { ConnectionBrokenError, Core } from "./core.js";
import { BufferFullError, InterplayError, PublisherClosedError, mayReconnect } from "./errors.js";
import type { AgentContext } from "./gen/interplay/v1/context_pb.js";
import type { FeatureEventSchema } from "./gen/interplay/v1/feature_pb.js";
import type { StreamEventsAppendSchema } from "./gen/interplay/v1/feature_service_pb.js";
import type { InteractionDataSchema } from "./gen/interplay/v1/interaction_pb.js";
import type { MonitorEventSchema } from "./gen/interplay/v1/monitor_pb.js";
import type { StreamMonitorEventsAppendSchema } from "./gen/interplay/v1/monitor_service_pb.js";
import type { StreamAppendSchema } from "./gen/interplay/v1/publish_stream_pb.js";
import { Link, type Stream } from "./link.js";
import type { Receipt } from "./receipt.js";
import type { Settings } from "./settings.js";
import { SilentError, type Transport } from "./transport.js";
import type { Wire } from "./wire.js";

const ENVELOPE_BYTES = 32;
const MAX_FAULTS = 10;
const USER_ROLES: ReadonlySet<string> = new Set(["", "user", "customer", "client", "human", "end_user", "visitor"]);

/** An interaction: a message, or a plain object of its fields. */
export type InteractionInit = MessageInitShape<typeof InteractionDataSchema>;
/** A shop's event: a message, or a plain object of its fields. */
export type EventInit = MessageInitShape<typeof FeatureEventSchema>;
/** A monitored event: a message, or a plain object of its fields. */
export type MonitorEventInit = MessageInitShape<typeof MonitorEventSchema>;

/** What an append can say besides its rows. */
type Overrides<A extends DescMessage, Rows extends string> = {
  readonly [K in Exclude<keyof MessageShape<A>, "$typeName" | "$unknown" | "offset" | Rows>]?:
    MessageShape<A>[K] | undefined;
};

/** What an append of interactions can say instead of, or besides, the defaults of its publisher. */
export type AppendOptions = Overrides<typeof StreamAppendSchema, "interactions">;
/** `partialSuccess` takes the good events and names the others in the ack. */
export type EventAppendOptions = Overrides<typeof StreamEventsAppendSchema, "events">;
/** Bad events are named in the ack and the others taken, unless `allOrNothing`. */
export type MonitorAppendOptions = Overrides<typeof StreamMonitorEventsAppendSchema, "events">;

/** A publisher at one moment. */
export interface PublisherStats {
  /** Interactions or events that are neither acked nor refused. */
  readonly pending: number;
  /** Bytes that they take. */
  readonly pendingBytes: number;
  /** Streams that the server has opened for it so far. */
  readonly connections: number;
  /** Appends of the stream that the server has committed, as far as it said. */
  readonly committedOffset: number;
  /** It takes no more: it was closed, or something stopped it for good. */
  readonly stopped: boolean;
}

interface Waiting {
  readonly rows: number;
  readonly size: number;
  admit(): void;
  fail(error: InterplayError): void;
}

/**
 * Appends over a named stream.
 *
 * Appends are sent in order with explicit offsets and kept until they are acked. When the connection is lost, or the
 * server restarts, it connects again and goes on where the server's log ends. When another publisher opens the same
 * stream, this one stops for good and everything pending fails with ABORTED. What is pending lives in memory: a process
 * that dies loses what was not acked.
 */
abstract class Appending<A extends DescMessage> implements AsyncDisposable {
  /** @internal */
  protected readonly core: Core;
  readonly #transport: Transport;
  readonly #wire: Wire<A>;
  readonly #waiting: Waiting[] = [];
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;
  #own: GrpcClient | undefined;

  constructor(transport: Transport, wire: Wire<A>, settings: Settings) {
    this.#transport = transport;
    this.#wire = wire;
    this.core = new Core(settings, wire);
    this.core.room = () => this.#admit();
    this.#ended = this.#run();
  }

  get streamId(): string {
    return this.core.settings.streamId;
  }

  stats(): PublisherStats {
    const { window, connections, committed, closing, error } = this.core;
    return {
      pending: window.interactions,
      pendingBytes: window.bytes,
      connections,
      committedOffset: committed,
      stopped: closing || error !== undefined,
    };
  }

  /** Resolves when everything appended so far is in the tables (eventual reads see it), or was refused. */
  flush(): Promise<void> {
    return this.core.flush();
  }

  /** Resolves when everything appended so far is acked, or was refused; receipts say which. */
  drain(): Promise<void> {
    return this.core.drain();
  }

  /**
   * Sends what is pending, then ends the stream; closing again only waits for that.
   *
   * After `timeout` seconds it gives up what is pending and rejects with DEADLINE_EXCEEDED; without one it waits as long
   * as it takes. Rejects with the error that stopped the publisher.
   */
  async close(timeout?: number): Promise<void> {
    const first = !this.core.closing;
    this.core.closing = true;
    this.#admit();
    this.core.wake();
    if (timeout === undefined) {
      await this.#ended;
    } else {
      const done = new AbortController();
      const late = await Promise.race([
        this.#ended.then(() => false),
        sleep(timeout, done.signal).then(() => !done.signal.aborted),
      ]);
      done.abort();
      if (late) {
        const { pending } = this.stats();
        const error = new InterplayError(`${pending} ${this.#wire.rows} were not acked in ${timeout} s`, {
          code: "DEADLINE_EXCEEDED",
        });
        await this.#stop(error);
        throw error;
      }
    }
    const { error } = this.core;
    if (first && error && !(error instanceof PublisherClosedError)) {
      throw error;
    }
  }

  /** Stops at once and gives up what is pending: those receipts reject with PublisherClosedError. */
  async abort(): Promise<void> {
    this.core.closing = true;
    await this.#stop(new PublisherClosedError("the publisher was aborted"));
  }

  /** Closes with the limit `closeTimeout`; for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close(this.core.settings.closeTimeout);
  }

  /** @internal */
  protected enqueue(append: MessageInitShape<A>, rows: number, briefed: boolean): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      const bytes = toBinary(this.#wire.append, create(this.#wire.append, append));
      const size = bytes.length + ENVELOPE_BYTES;
      this.#check(size);
      const admit = () => resolve(this.core.push(bytes, rows, size, briefed));
      if (this.#waiting.length === 0 && this.core.window.hasRoom(rows, size)) {
        admit();
      } else if (this.core.settings.reject) {
        const { interactions, bytes: held } = this.core.window;
        throw new BufferFullError(`the buffer holds ${interactions} ${this.#wire.rows} of ${held} bytes`);
      } else {
        this.#waiting.push({ rows, size, admit, fail: reject });
      }
    });
  }

  #check(size: number): void {
    const stopped = this.#stopped();
    if (stopped) {
      throw stopped;
    }
    const limit = this.core.maxMessageBytes;
    if (size > limit) {
      throw new InterplayError(`an append of ${size} bytes is over the limit of ${limit}`, {
        code: "RESOURCE_EXHAUSTED",
        reason: "MESSAGE_TOO_LARGE",
        metadata: { limitBytes: String(limit), bytes: String(size) },
      });
    }
  }

  #stopped(): InterplayError | undefined {
    return this.core.error ?? (this.core.closing ? new PublisherClosedError("the publisher was closed") : undefined);
  }

  /** Lets in what waits for room, in order; nothing more once the publisher takes no more. */
  #admit(): void {
    const stopped = this.#stopped();
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      if (stopped) {
        next.fail(stopped);
      } else if (this.core.window.hasRoom(next.rows, next.size)) {
        next.admit();
      } else {
        return;
      }
      this.#waiting.shift();
    }
  }

  async #stop(error: InterplayError): Promise<void> {
    this.core.end(error);
    this.#stopping.abort();
    await this.#ended;
  }

  async #run(): Promise<void> {
    let error: InterplayError | undefined;
    try {
      error = await this.#keepConnected();
    } catch (fault) {
      // Pending receipts must not wait for ever.
      error = new InterplayError(`the publisher failed: ${String(fault)}`, { code: "INTERNAL", cause: fault });
    }
    const was = this.core.error;
    this.core.end(error);
    this.#own?.close();
    if (error && !was && !(error instanceof PublisherClosedError)) {
      this.core.report(error, undefined);
    }
  }

  /** Connects again and again. Resolves with nothing after a clean end, else with what stopped it for good. */
  async #keepConnected(): Promise<InterplayError | undefined> {
    const { core } = this;
    const { signal } = this.#stopping;
    const backoff = new Backoff();
    let seen = core.progress;
    let faults = 0;
    for (;;) {
      const status = await this.#converse(signal);
      if (core.finished) {
        return undefined;
      }
      if (core.error) {
        return core.error;
      }
      if (this.#transport.closed) {
        return new PublisherClosedError("the client was closed");
      }
      if (core.progress !== seen) {
        seen = core.progress;
        faults = 0;
        backoff.reset();
      }
      if (status) {
        // A fault of the server may pass with the next connection, but not for ever.
        faults += status.code === "INTERNAL" ? 1 : 0;
        if (status.code === "INTERNAL" ? faults > MAX_FAULTS : !mayReconnect(status)) {
          return status;
        }
      }
      core.lost();
      await sleep(backoff.next(status?.retryAfter), signal);
    }
  }

  /** Runs one connection to its end. Resolves with the status that the server or gRPC gave it, if one did. */
  async #converse(signal: AbortSignal): Promise<InterplayError | undefined> {
    // A publisher is made in one go with what is appended to it first; a stopped one opens nothing.
    await Promise.resolve();
    if (signal.aborted || this.#transport.closed) {
      return undefined;
    }
    try {
      const call = this.#transport.duplex(this.#wire.method, { signal }, this.#own);
      await new Link(this.core, call as unknown as Stream).run();
    } catch (fault) {
      if (fault instanceof ConnectionBrokenError) {
        return undefined;
      }
      if (fault instanceof SilentError) {
        this.#renew();
        return undefined;
      }
      if (fault instanceof InterplayError) {
        return fault;
      }
      throw fault;
    }
    return undefined;
  }

  /** A connection that TCP believes alive would be used again; from now on this publisher has its own. */
  #renew(): void {
    this.#own?.close();
    this.#own = this.#transport.newClient();
  }
}

/** Publishes interactions over a named stream. Made by `Client.publisher()`. */
export class Publisher extends Appending<typeof StreamAppendSchema> {
  /**
   * Queues 1 to 1,000 interactions as one append; resolves with its receipt when it is in the buffer.
   *
   * Appends keep the order of the calls. Waits for room in the buffer, or with `whenFull: "reject"` rejects with
   * BufferFullError. Rejects with PublisherClosedError, the error that stopped the publisher, or RESOURCE_EXHAUSTED
   * (MESSAGE_TOO_LARGE).
   */
  append(interactions: InteractionInit | readonly InteractionInit[], options: AppendOptions = {}): Promise<Receipt> {
    const rows = listed(interactions);
    const briefed =
      this.core.settings.briefed && rows.some(({ role = "" }) => USER_ROLES.has(role.trim().toLowerCase()));
    return this.enqueue({ ...options, interactions: rows }, rows.length, briefed);
  }

  /** Iterates over the briefings as they come, until the publisher ends; the latest 1,024 are kept. */
  async *contexts(): AsyncGenerator<AgentContext, void> {
    for (let next = await this.core.nextContext(); next; next = await this.core.nextContext()) {
      yield next;
    }
  }
}

/** Records a shop's events over a named stream. Made by `Client.eventPublisher()`. */
export class EventPublisher extends Appending<typeof StreamEventsAppendSchema> {
  /** Queues 1 to 1,000 events as one append; as `Publisher.append()`. */
  append(events: EventInit | readonly EventInit[], options: EventAppendOptions = {}): Promise<Receipt> {
    const rows = listed(events);
    return this.enqueue({ ...options, events: rows }, rows.length, false);
  }
}

/** Records monitored events over a named stream. Made by `Client.monitorPublisher()`. */
export class MonitorPublisher extends Appending<typeof StreamMonitorEventsAppendSchema> {
  /** Queues up to 1,000 events as one append; as `Publisher.append()`. */
  append(events: MonitorEventInit | readonly MonitorEventInit[], options: MonitorAppendOptions = {}): Promise<Receipt> {
    const rows = listed(events);
    return this.enqueue({ ...options, events: rows }, rows.length, false);
  }
}

function listed<T>(given: T | readonly T[]): T[] {
  return Array.isArray(given) ? [...(given as readonly T[])] : [given as T];
}
