import { setTimeout as pause } from "node:timers/promises";

/** Seconds to wait before the next try: doubling from `first` to `last`, of which a random half to all. */
export class Backoff {
  #tries = 0;
  readonly #first: number;
  readonly #last: number;

  constructor(first = 0.1, last = 10) {
    this.#first = first;
    this.#last = last;
  }

  reset(): void {
    this.#tries = 0;
  }

  next(atLeast = 0): number {
    const ceiling = Math.min(this.#last, this.#first * 2 ** this.#tries);
    this.#tries += 1;
    return Math.max(ceiling * (0.5 + Math.random() / 2), atLeast);
  }
}

/** Waits; returns early, without an error, when `signal` is aborted. */
export async function sleep(seconds: number, signal?: AbortSignal): Promise<void> {
  try {
    await pause(seconds * 1000, undefined, signal && { signal });
  } catch (error) {
    if (!signal?.aborted) {
      throw error;
    }
  }
}

/** Seconds on a clock that never goes back. */
export function now(): number {
  return performance.now() / 1000;
}

/** How long nothing may be heard. */
export class Patience {
  readonly #seconds: number;
  readonly #backoff = new Backoff();
  #since = now();

  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  heard(): void {
    this.#since = now();
    this.#backoff.reset();
  }

  /** Sleeps before the next try, at least `atLeast` seconds; rejects with `broken` when the patience is at its end. */
  async wait(broken: Error, atLeast?: number, signal?: AbortSignal): Promise<void> {
    const delay = this.#backoff.next(atLeast);
    if (now() + delay > this.#since + this.#seconds) {
      throw broken;
    }
    await sleep(delay, signal);
  }
}
