import type { Message } from "@bufbuild/protobuf";
import type { ClientDuplexStream, StatusObject } from "@grpc/grpc-js";

import { now } from "./backoff.js";
import { ConnectionBrokenError, type Core } from "./core.js";
import { fromServiceError } from "./errors.js";
import { SilentError } from "./transport.js";
import { encodeBare, encodeOpen, type Answer } from "./wire.js";

/** Seconds in which the server must answer `open`; it may have to commit what an older connection had sent. */
const OPEN_TIMEOUT = 15;
/** Seconds in which the status must follow `finished`. */
const LAST_WORD = 1;

/** A call of a method that takes appends. */
export type Stream = ClientDuplexStream<Uint8Array | Message, Message>;

/** One connection of a publisher: it reads, it writes what the core says, and it watches over silence. */
export class Link {
  readonly #core: Core;
  readonly #call: Stream;
  #end: (fault?: unknown) => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;
  #held: NodeJS.Timeout | undefined;
  #interval = 0;
  #opened = false;
  #finished = false;
  /** The transport takes no more for now. */
  #blocked = false;
  #heard = now();
  #wrote = this.#heard;
  #beat = this.#heard;
  #due = 0;

  constructor(core: Core, call: Stream) {
    this.#core = core;
    this.#call = call;
  }

  /** Resolves when the server has answered `finish`. Rejects with InterplayError or ConnectionBrokenError otherwise. */
  async run(): Promise<void> {
    const core = this.#core;
    const call = this.#call;
    const { promise, end } = settling();
    this.#end = end;
    const hear = (message: Message) => {
      try {
        this.#hear((message as unknown as { message: Answer }).message);
      } catch (fault) {
        end(fault);
      }
    };
    const fail = (error: unknown) => end(this.#finished ? undefined : fromServiceError(error));
    const over = (_: StatusObject) =>
      // A clean end looks the same when the server was stopped; only `finished` counts.
      end(this.#finished ? undefined : new ConnectionBrokenError("the stream ended without finished"));
    const drained = () => {
      this.#blocked = false;
      this.#pump();
    };
    call.on("data", hear).on("error", fail).on("status", over).on("drain", drained);
    try {
      const limit = Math.max(OPEN_TIMEOUT, 3 * (core.settings.heartbeat ?? 0));
      this.#timer = setTimeout(() => end(new SilentError(`open was not answered in ${limit} s`)), limit * 1000);
      call.write(encodeOpen(core.wire, core.settings.open));
      await promise;
    } finally {
      core.wake = () => undefined;
      clearTimeout(this.#timer);
      clearTimeout(this.#held);
      call.off("data", hear).off("error", fail).off("status", over).off("drain", drained);
      // What still comes is nobody's.
      call.resume();
      call.cancel();
    }
  }

  #hear(answer: Answer): void {
    this.#heard = now();
    if (this.#finished) {
      return;
    }
    if (this.#opened) {
      if (this.#core.hear(answer)) {
        this.#finished = true;
        clearTimeout(this.#timer);
        this.#timer = setTimeout(this.#end, LAST_WORD * 1000);
        this.#call.end();
      }
      return;
    }
    if (answer.case !== "opened") {
      throw new ConnectionBrokenError("open was not answered by opened");
    }
    this.#opened = true;
    this.#interval = this.#core.opened(answer.value);
    this.#wrote = this.#beat = this.#heard;
    this.#core.wake = () => this.#pump();
    this.#watch();
    this.#pump();
  }

  /** Writes what there is to send, as far as the transport takes it. */
  #pump(): void {
    const core = this.#core;
    while (!this.#blocked && !this.#finished) {
      const message = core.nextMessage();
      if (!message) {
        break;
      }
      this.#write(message);
    }
    const hold = core.hold();
    if (hold > 0 && this.#held === undefined) {
      this.#held = setTimeout(() => {
        this.#held = undefined;
        this.#pump();
      }, hold * 1000);
    }
  }

  #write(message: Uint8Array): void {
    this.#wrote = now();
    this.#blocked = !this.#call.write(message);
  }

  /** Sends heart-beats when nothing was written, or nothing heard, for an interval; ends after three in silence. */
  #watch(): void {
    clearTimeout(this.#timer);
    const time = now();
    if (this.#due > 0 && time > this.#due + this.#interval) {
      // This very process was held up: what the server said meanwhile is still to be read.
      this.#heard = Math.max(this.#heard, time - 2 * this.#interval);
    }
    const silent = this.#heard + 3 * this.#interval;
    if (time >= silent) {
      this.#end(new SilentError(`nothing was heard for ${3 * this.#interval} s`));
      return;
    }
    let beat = Math.max(Math.min(this.#wrote, this.#heard), this.#beat) + this.#interval;
    if (time >= beat) {
      this.#beat = time;
      beat = time + this.#interval;
      if (!this.#blocked && !this.#core.saidAll) {
        this.#write(encodeBare(this.#core.wire, "heartbeat"));
      }
    }
    this.#due = Math.min(silent, beat);
    this.#timer = setTimeout(() => this.#watch(), Math.ceil((this.#due - time) * 1000));
  }
}

/** A promise, and what settles it: an error rejects it. */
function settling(): { promise: Promise<void>; end: (fault?: unknown) => void } {
  let end: (fault?: unknown) => void = () => undefined;
  const promise = new Promise<void>((resolve, reject) => {
    end = (fault) => (fault === undefined ? resolve() : reject(fault));
  });
  return { promise, end };
}
