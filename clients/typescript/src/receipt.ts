import type { InterplayError } from "./errors.js";
import type { AgentContext } from "./gen/interplay/v1/context_pb.js";

/** An append is durable and searchable. */
export interface AppendAck {
  /** Number of appends before it in the life of the stream. */
  readonly offset: number;
  /** The request_id of its interactions or events: `stream_id/offset`. */
  readonly requestId: string;
  /**
   * One for each interaction or event, empty where skipped or rejected. None at all unless asked for by `returnIds`, or
   * where the ack was lost with its connection and only the offset told that the append is committed.
   */
  readonly ids: readonly string[];
  /** Places and reasons of rows that were not taken; only with `partialSuccess`. */
  readonly rejected: readonly { readonly index: number; readonly error: InterplayError }[];
  /** What was skipped and why. */
  readonly warnings: readonly string[];
  /** The append was known already. */
  readonly duplicate: boolean;
}

type Outcome = { readonly ack: AppendAck } | { readonly error: InterplayError };

/** What becomes of an append. */
export class Receipt {
  #outcome: Outcome | undefined;
  #waiting: { resolve(ack: AppendAck): void; reject(error: InterplayError): void } | undefined;
  #promise: Promise<AppendAck> | undefined;
  #context: AgentContext | undefined;
  #briefed: boolean;
  readonly #listeners: (() => void)[] = [];

  /** `briefed`: a briefing is awaited. */
  constructor(briefed: boolean) {
    this.#briefed = !briefed;
  }

  /** Whether the append was acked, refused or given up. */
  get done(): boolean {
    return this.#outcome !== undefined;
  }

  /** Resolves when the append is durable; rejects with the error with which it was refused or given up. */
  get ack(): Promise<AppendAck> {
    // Made when asked for: a receipt that nobody looks at must not end the process by a rejection without a handler.
    this.#promise ??= new Promise<AppendAck>((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#tell();
    });
    return this.#promise;
  }

  /**
   * What matters to the user turn of this append.
   *
   * Nothing where no briefing was asked for, no turn is a user's, it was lost with its connection, or none came in
   * `timeout` seconds.
   */
  context(timeout?: number): Promise<AgentContext | undefined> {
    if (this.#briefed) {
      return Promise.resolve(this.#context);
    }
    return new Promise((resolve) => {
      const told = () => {
        clearTimeout(timer);
        resolve(this.#context);
      };
      const timer = timeout === undefined ? undefined : setTimeout(told, timeout * 1000);
      this.#listeners.push(told);
    });
  }

  /** @internal */
  get awaitsContext(): boolean {
    return !this.#briefed;
  }

  /** @internal */
  resolve(ack: AppendAck): void {
    this.#outcome ??= { ack };
    this.#tell();
  }

  /** @internal */
  fail(error: InterplayError): void {
    this.#outcome ??= { error };
    this.#tell();
    this.brief(undefined);
  }

  /** @internal */
  brief(context: AgentContext | undefined): void {
    if (!this.#briefed) {
      this.#briefed = true;
      this.#context = context;
      for (const told of this.#listeners.splice(0)) {
        told();
      }
    }
  }

  #tell(): void {
    if (this.#outcome && this.#waiting) {
      if ("ack" in this.#outcome) {
        this.#waiting.resolve(this.#outcome.ack);
      } else {
        this.#waiting.reject(this.#outcome.error);
      }
      this.#waiting = undefined;
    }
  }
}
