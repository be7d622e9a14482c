/**
 * Which appends are where: the bookkeeping of a publisher, without any input or output.
 *
 * An entry is queued, sent (awaiting an answer on this connection) or bounced (refused without being at fault, to be
 * sent again). Offsets are given at the moment of sending. A refusal frees its offset, so everything that is already
 * under way behind it will be refused too (OUT_OF_RANGE): the window sends nothing until all of that has come back, then
 * renumbers from the freed offset. So no answer can ever be mistaken for that of another sending, and order is kept.
 */

/** What a refusal means for its entry and its offset. */
export type Verdict =
  /** The entry is at fault; its offset is free. */
  | "drop"
  /** Another payload holds the offset. */
  | "drop-taken"
  /** Nothing is wrong with the entry; its offset is free. */
  | "resend";

/** One append. */
export interface Entry<T> {
  readonly item: T;
  readonly interactions: number;
  /** Bytes. */
  readonly size: number;
  readonly sequence: number;
  /** Of its last sending, -1 before the first. */
  offset: number;
  /** Refusals for which the server took the blame. */
  faults: number;
}

/** A bounded buffer of appends that are not committed. Bounds: `capacity` interactions and `capacityBytes`. */
export class Window<T> {
  outstanding = 1;
  interactions = 0;
  bytes = 0;
  readonly #capacity: number;
  readonly #capacityBytes: number;
  #queue: Entry<T>[] = [];
  /** Entries before it have been taken from the queue. */
  #head = 0;
  readonly #sent = new Map<number, Entry<T>>();
  #bounced: Entry<T>[] = [];
  #gap: number | undefined;
  #open = false;
  #next = 0;
  #pushed = 0;
  #outstandingBytes = 1;
  #sentBytes = 0;

  constructor(capacity: number, capacityBytes: number) {
    this.#capacity = capacity;
    this.#capacityBytes = capacityBytes;
  }

  get length(): number {
    return this.#queue.length - this.#head + this.#sent.size + this.#bounced.length;
  }

  /** Entries that await an answer. */
  get inFlight(): number {
    return this.#sent.size;
  }

  /** An offset was freed and answers to what was behind it are still awaited. */
  get repairing(): boolean {
    return this.#gap !== undefined;
  }

  /** Entries ever pushed; the sequence of the next. */
  get pushed(): number {
    return this.#pushed;
  }

  /** Every entry with a sequence below this has left the window. */
  get settled(): number {
    const [sent] = this.#sent.values();
    let least = Math.min(this.#queue[this.#head]?.sequence ?? this.#pushed, sent?.sequence ?? this.#pushed);
    for (const entry of this.#bounced) {
      least = Math.min(least, entry.sequence);
    }
    return least;
  }

  /** Whether an entry fits. One that is larger than the whole buffer fits when the buffer is empty. */
  hasRoom(interactions: number, size: number): boolean {
    const fits = this.interactions + interactions <= this.#capacity && this.bytes + size <= this.#capacityBytes;
    return fits || this.length === 0;
  }

  push(item: T, interactions: number, size: number): Entry<T> {
    const entry: Entry<T> = { item, interactions, size, sequence: this.#pushed, offset: -1, faults: 0 };
    this.#pushed += 1;
    this.#queue.push(entry);
    this.interactions += interactions;
    this.bytes += size;
    return entry;
  }

  /** A connection is ready. Returns what an earlier one had committed, which leaves the window. */
  opened(nextOffset: number, outstanding: number, outstandingBytes: number): Entry<T>[] {
    this.#open = true;
    this.#next = nextOffset;
    this.outstanding = Math.max(outstanding, 1);
    this.#outstandingBytes = Math.max(outstandingBytes, 1);
    const committed: Entry<T>[] = [];
    for (let entry = this.#first(); entry && entry.offset >= 0 && entry.offset < nextOffset; entry = this.#first()) {
      committed.push(this.#leave(this.#shift(entry)));
    }
    for (let at = this.#head; at < this.#queue.length; at += 1) {
      const entry = this.#queue[at];
      if (!entry || entry.offset < 0) {
        break;
      }
      entry.offset = -1;
    }
    return committed;
  }

  /** The connection is gone; whether what was sent is committed will be known when the next one opens. */
  lost(): void {
    const back = [...this.#sent.values(), ...this.#bounced];
    if (this.#gap !== undefined) {
      // Nothing at or behind a freed offset can have been committed.
      for (const entry of back) {
        if (entry.offset >= this.#gap) {
          entry.offset = -1;
        }
      }
    }
    this.#return(back);
    this.#sent.clear();
    this.#bounced = [];
    this.#sentBytes = 0;
    this.#gap = undefined;
    this.#open = false;
  }

  /** The next entry to send, with its offset; nothing while there is none or the limits of the stream forbid it. */
  take(): Entry<T> | undefined {
    const entry = this.#first();
    if (!this.#open || this.#gap !== undefined || !entry || this.#sent.size >= this.outstanding) {
      return undefined;
    }
    if (this.#sent.size > 0 && this.#sentBytes + entry.size > this.#outstandingBytes) {
      return undefined;
    }
    this.#shift(entry);
    entry.offset = this.#next;
    this.#next += 1;
    this.#sent.set(entry.offset, entry);
    this.#sentBytes += entry.size;
    return entry;
  }

  /** Everything below `committedOffset` is durable. Returns what leaves the window, in order. */
  acked(committedOffset: number): Entry<T>[] {
    const done: Entry<T>[] = [];
    for (const [offset, entry] of this.#sent) {
      if (offset >= committedOffset) {
        break;
      }
      this.#sent.delete(offset);
      this.#sentBytes -= entry.size;
      done.push(this.#leave(entry));
    }
    this.#repair();
    return done;
  }

  /** The append at `offset` was refused. Returns its entry, or nothing if no answer is awaited for that offset. */
  refused(offset: number, verdict: Verdict): Entry<T> | undefined {
    const entry = this.#sent.get(offset);
    if (!entry) {
      return undefined;
    }
    this.#sent.delete(offset);
    this.#sentBytes -= entry.size;
    if (verdict === "resend") {
      this.#bounced.push(entry);
    } else {
      this.#leave(entry);
    }
    if (verdict !== "drop-taken") {
      this.#gap = Math.min(this.#gap ?? offset, offset);
    }
    this.#repair();
    return entry;
  }

  /** Gives everything up. Returns it in order. */
  clear(): Entry<T>[] {
    this.lost();
    const entries = this.#queue.slice(this.#head).map((entry) => this.#leave(entry));
    this.#queue = [];
    this.#head = 0;
    return entries;
  }

  /** The entry that awaits an answer for `offset`. */
  at(offset: number): Entry<T> | undefined {
    return this.#sent.get(offset);
  }

  /** Offset of the one entry in flight, nothing if there is not exactly one. */
  sole(): number | undefined {
    const [offset] = this.#sent.keys();
    return this.#sent.size === 1 ? offset : undefined;
  }

  #first(): Entry<T> | undefined {
    return this.#queue[this.#head];
  }

  #shift(entry: Entry<T>): Entry<T> {
    this.#head += 1;
    if (this.#head >= 1024 && this.#head * 2 >= this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }

  #return(entries: Entry<T>[]): void {
    entries.sort((one, other) => one.sequence - other.sequence);
    this.#queue = [...entries, ...this.#queue.slice(this.#head)];
    this.#head = 0;
  }

  #repair(): void {
    const gap = this.#gap;
    if (gap === undefined) {
      return;
    }
    for (const offset of this.#sent.keys()) {
      if (offset >= gap) {
        return;
      }
    }
    for (const entry of this.#bounced) {
      entry.offset = -1;
    }
    this.#return(this.#bounced);
    this.#bounced = [];
    this.#next = gap;
    this.#gap = undefined;
  }

  #leave(entry: Entry<T>): Entry<T> {
    this.interactions -= entry.interactions;
    this.bytes -= entry.size;
    return entry;
  }
}
