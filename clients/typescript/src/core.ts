import { durationMs } from "@bufbuild/protobuf/wkt";

import { Backoff, now } from "./backoff.js";
import { MAX_MESSAGE_BYTES } from "./config.js";
import { InterplayError, fromStatus, type Code } from "./errors.js";
import type { AgentContext } from "./gen/interplay/v1/context_pb.js";
import type {
  AppendResult,
  StreamAck,
  StreamAppendError,
  StreamFinished,
  StreamOpened,
} from "./gen/interplay/v1/publish_stream_pb.js";
import { Receipt, type AppendAck } from "./receipt.js";
import type { Settings } from "./settings.js";
import { Window, type Entry, type Verdict } from "./window.js";
import { encodeBare, request, type Answer, type Wire } from "./wire.js";

const MAX_FAULTS = 5;
const KEPT_CONTEXTS = 1024;
const DEFAULT_OUTSTANDING = 256;
const DEFAULT_OUTSTANDING_BYTES = 32 * 2 ** 20;
const DEFAULT_HEARTBEAT = 15;
const TRANSIENT: ReadonlySet<Code> = new Set<Code>([
  "UNAVAILABLE",
  "RESOURCE_EXHAUSTED",
  "DEADLINE_EXCEEDED",
  "ABORTED",
  "CANCELLED",
]);

/** The connection is of no use any more; another one will do. */
export class ConnectionBrokenError extends Error {}

/** An append on its way: its encoding without the offset, and its receipt. */
export interface Append {
  readonly bytes: Uint8Array;
  readonly receipt: Receipt;
}

interface Waiter {
  resolve(): void;
  reject(error: InterplayError): void;
}

/** What a publisher knows, across its connections: it turns answers into receipts and says what to send next. */
export class Core {
  readonly settings: Settings;
  readonly wire: Wire;
  readonly window: Window<Append>;
  closing = false;
  /** What stopped the publisher for good. */
  error: InterplayError | undefined;
  finished: StreamFinished | undefined;
  /** Grows whenever the server commits something. */
  progress = 0;
  /** Streams that the server has opened. */
  connections = 0;
  /** Appends of the stream that are committed, as far as the server said. */
  committed = 0;
  maxMessageBytes = MAX_MESSAGE_BYTES;
  /** Called when there may be something to send. */
  wake: () => void = () => undefined;
  /** Called when there may be room in the buffer, or nothing more to wait for. */
  room: () => void = () => undefined;
  #leaving = false;
  #finishSent = false;
  #narrow = false;
  #holdUntil = 0;
  readonly #backoff = new Backoff();
  #flushWanted: Waiter[] = [];
  #flushSent: Waiter[][] = [];
  #drains: { readonly sequence: number; readonly waiter: Waiter }[] = [];
  readonly #unbriefed = new Map<number, Receipt>();
  readonly #contexts: AgentContext[] = [];
  #news: (() => void)[] = [];

  constructor(settings: Settings, wire: Wire) {
    this.settings = settings;
    this.wire = wire;
    this.window = new Window(settings.capacity, settings.capacityBytes);
  }

  // What callers ask for.

  push(bytes: Uint8Array, rows: number, size: number, briefed: boolean): Receipt {
    const receipt = new Receipt(briefed);
    this.window.push({ bytes, receipt }, rows, size);
    this.wake();
    return receipt;
  }

  /** Resolves when everything pushed so far is acked or refused. Rejects with the error that stopped the publisher. */
  async drain(): Promise<void> {
    if (this.error) {
      throw this.error;
    }
    const sequence = this.window.pushed;
    if (this.window.settled < sequence) {
      await new Promise<void>((resolve, reject) => this.#drains.push({ sequence, waiter: { resolve, reject } }));
    }
  }

  /** Resolves when everything pushed so far is in the tables, or was refused. */
  async flush(): Promise<void> {
    // A flush sent before an append was acked would not cover that append if it had to be sent again.
    await this.drain();
    if (this.error || this.finished) {
      throw this.error ?? new InterplayError("the publisher was closed", { code: "CANCELLED" });
    }
    await new Promise<void>((resolve, reject) => {
      this.#flushWanted.push({ resolve, reject });
      this.wake();
    });
  }

  /** The next briefing; nothing when the publisher has ended and none is left. */
  async nextContext(): Promise<AgentContext | undefined> {
    while (this.#contexts.length === 0 && !this.error && !this.finished) {
      await new Promise<void>((resolve) => this.#news.push(resolve));
    }
    return this.#contexts.shift();
  }

  // What a connection asks for.

  /** An encoded request: what to send now, nothing if there is nothing. */
  nextMessage(): Uint8Array | undefined {
    if (this.#finishSent) {
      return undefined;
    }
    if (!this.#leaving) {
      const entry = this.hold() > 0 ? undefined : this.window.take();
      if (entry) {
        return request(entry.item.bytes, entry.offset);
      }
      if (this.#flushWanted.length > 0) {
        this.#flushSent.push(this.#flushWanted);
        this.#flushWanted = [];
        return encodeBare(this.wire, "flush");
      }
      if (!this.closing || this.window.length > 0 || this.#flushSent.length > 0) {
        return undefined;
      }
    }
    this.#finishSent = true;
    return encodeBare(this.wire, "finish");
  }

  /** Seconds to wait before the next append, because the server could not take the last; 0 if none. */
  hold(): number {
    if (this.#holdUntil === 0) {
      return 0;
    }
    const left = this.#holdUntil - now();
    if (left <= 0) {
      this.#holdUntil = 0;
    }
    return Math.max(left, 0);
  }

  /** `finish` was sent on this connection. */
  get saidAll(): boolean {
    return this.#finishSent;
  }

  /** Takes in the answer to `open`. Returns the seconds between heart-beats. */
  opened(answer: StreamOpened): number {
    const nextOffset = Number(answer.nextOffset);
    this.connections += 1;
    this.committed = Math.max(this.committed, nextOffset);
    this.maxMessageBytes = Number(answer.limits?.maxMessageBytes ?? 0) || MAX_MESSAGE_BYTES;
    const outstanding = this.#narrow ? 1 : answer.limits?.maxOutstanding || DEFAULT_OUTSTANDING;
    const outstandingBytes = Number(answer.limits?.maxOutstandingBytes ?? 0) || DEFAULT_OUTSTANDING_BYTES;
    const done = this.window.opened(nextOffset, outstanding, outstandingBytes);
    for (const { item, offset } of done) {
      item.receipt.resolve(this.#ack(offset));
      item.receipt.brief(undefined);
    }
    this.#settled(done.length);
    const interval = answer.heartbeatInterval ? durationMs(answer.heartbeatInterval) / 1000 : 0;
    return this.settings.heartbeat ?? (interval || DEFAULT_HEARTBEAT);
  }

  /** Takes in an answer; true when it ends the stream. Throws ConnectionBrokenError. */
  hear(answer: Answer): boolean {
    switch (answer.case) {
      case "ack":
        this.#acked(answer.value);
        break;
      case "appendError":
        this.#refused(answer.value);
        break;
      case "context":
        this.#briefed(answer.value);
        break;
      case "goAway":
        this.#leaving = true;
        this.wake();
        break;
      case "finished":
        this.#committed(Number(answer.value.committedOffset), []);
        if (this.closing && this.window.length === 0 && this.#flushWanted.length + this.#flushSent.length === 0) {
          this.finished = answer.value;
        }
        return true;
      default:
    }
    return false;
  }

  /** The connection is gone. */
  lost(): void {
    this.window.lost();
    this.#flushWanted = [...this.#flushSent.flat(), ...this.#flushWanted];
    this.#flushSent = [];
    this.#leaving = false;
    this.#finishSent = false;
    this.#forgetBriefings();
  }

  /** Nothing more will be sent: fails what is pending, with `error` or, after a clean end, not at all. */
  end(error?: InterplayError): void {
    if (!this.error && !this.finished) {
      this.error = error;
    }
    this.#forgetBriefings();
    const givenUp = this.window.clear();
    if (error) {
      const waiters = [...this.#flushSent.flat(), ...this.#flushWanted, ...this.#drains.map((one) => one.waiter)];
      this.#flushSent = [];
      this.#flushWanted = [];
      this.#drains = [];
      for (const entry of givenUp) {
        entry.item.receipt.fail(error);
      }
      for (const waiter of waiters) {
        waiter.reject(error);
      }
    }
    this.room();
    this.#tellNews();
  }

  /** Tells the caller's function, whose own errors become warnings of the process. */
  report(error: InterplayError, receipt: Receipt | undefined): void {
    try {
      this.settings.onError?.(error, receipt);
    } catch (fault) {
      process.emitWarning(`onError of stream ${this.settings.streamId} failed: ${String(fault)}`);
    }
  }

  // What the answers mean.

  #ack(offset: number, result?: AppendResult): AppendAck {
    return {
      offset,
      requestId: `${this.settings.streamId}/${offset}`,
      ids: result?.interactionIds ?? [],
      rejected: (result?.rejected ?? []).map(({ index, status }) => ({ index, error: fromStatus(status) })),
      warnings: result?.warnings ?? [],
      duplicate: result?.duplicate ?? false,
    };
  }

  #acked(ack: StreamAck): void {
    this.#committed(Number(ack.committedOffset), ack.results);
    const waiters = ack.flushed ? this.#flushSent.shift() : undefined;
    if (waiters) {
      for (const waiter of waiters) {
        waiter.resolve();
      }
      this.wake();
    }
  }

  #committed(offset: number, results: readonly AppendResult[]): void {
    this.committed = Math.max(this.committed, offset);
    const done = this.window.acked(offset);
    const told = new Map(results.map((result) => [Number(result.offset), result]));
    for (const { item, offset: own } of done) {
      item.receipt.resolve(this.#ack(own, told.get(own)));
      if (item.receipt.awaitsContext) {
        this.#unbriefed.set(own, item.receipt);
      }
    }
    for (const [oldest, receipt] of this.#unbriefed) {
      if (this.#unbriefed.size <= KEPT_CONTEXTS) {
        break;
      }
      this.#unbriefed.delete(oldest);
      receipt.brief(undefined);
    }
    this.#settled(done.length);
  }

  #refused(answer: StreamAppendError): void {
    const error = fromStatus(answer.status);
    const offset = answer.offset === undefined ? this.window.sole() : Number(answer.offset);
    if (offset === undefined) {
      // Which one was meant? Sent one at a time, there is no doubt.
      this.#narrow = true;
      throw new ConnectionBrokenError(`an append was refused without its offset: ${error.message}`);
    }
    const entry = this.window.at(offset);
    if (!entry) {
      return;
    }
    if (this.#narrow) {
      this.#narrow = false;
      this.window.outstanding = DEFAULT_OUTSTANDING;
    }
    const verdict = this.#judge(error, entry);
    this.window.refused(offset, verdict);
    if (verdict !== "resend") {
      entry.item.receipt.fail(error);
      this.report(error, entry.item.receipt);
      this.#settled(0);
    }
    this.wake();
  }

  #judge(error: InterplayError, entry: Entry<Append>): Verdict {
    if (error.code === "OUT_OF_RANGE") {
      if (!this.window.repairing) {
        throw new ConnectionBrokenError(`the stream's end is not where it was: ${error.message}`);
      }
      return "resend";
    }
    if (error.code === "ALREADY_EXISTS") {
      return "drop-taken";
    }
    let transient = TRANSIENT.has(error.code) && error.reason !== "MESSAGE_TOO_LARGE";
    if (error.code === "INTERNAL") {
      // A fault of the server may pass, or may be this very payload.
      entry.faults += 1;
      transient = entry.faults <= MAX_FAULTS;
    }
    if (!transient) {
      return "drop";
    }
    this.#holdUntil = Math.max(this.#holdUntil, now() + this.#backoff.next(error.retryAfter));
    return "resend";
  }

  #briefed(context: AgentContext): void {
    const offset = Number(context.offset);
    const receipt = this.window.at(offset)?.item.receipt ?? this.#unbriefed.get(offset);
    this.#unbriefed.delete(offset);
    receipt?.brief(context);
    this.#contexts.push(context);
    if (this.#contexts.length > KEPT_CONTEXTS) {
      this.#contexts.shift();
    }
    this.#tellNews();
  }

  #forgetBriefings(): void {
    for (const receipt of this.#unbriefed.values()) {
      receipt.brief(undefined);
    }
    this.#unbriefed.clear();
  }

  #tellNews(): void {
    for (const tell of this.#news.splice(0)) {
      tell();
    }
  }

  #settled(committed: number): void {
    if (committed > 0) {
      this.progress += committed;
      this.#backoff.reset();
    }
    this.room();
    this.wake();
    if (this.#drains.length > 0) {
      const { settled } = this.window;
      const waiting = this.#drains;
      this.#drains = waiting.filter(({ sequence }) => sequence > settled);
      for (const { sequence, waiter } of waiting) {
        if (sequence <= settled) {
          waiter.resolve();
        }
      }
    }
  }
}
