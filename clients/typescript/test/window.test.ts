import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { Window, type Entry, type Verdict } from "../src/window.js";

type Answer =
  | { readonly kind: "ack"; readonly committed: number }
  | { readonly kind: "refusal"; readonly offset: number; readonly verdict: Verdict };

/** A server with a log, and the two directions of one connection to it. */
class Peer {
  readonly log: number[] = [];
  requests: { readonly offset: number; readonly item: number }[] = [];
  answers: Answer[] = [];

  /** Handles the oldest request; `refusal` refuses one that is in order. */
  handle(refusal: Verdict | undefined): void {
    const request = this.requests.shift();
    if (!request) {
      return;
    }
    const { offset, item } = request;
    if (offset > this.log.length) {
      this.answers.push({ kind: "refusal", offset, verdict: "resend" });
    } else if (refusal === "drop" || refusal === "resend") {
      this.answers.push({ kind: "refusal", offset, verdict: refusal });
    } else {
      this.log.push(item);
      this.answers.push({ kind: "ack", committed: this.log.length });
    }
  }

  cut(): void {
    this.requests = [];
    this.answers = [];
  }
}

/** A window at work, and what became of its entries. */
class Run {
  readonly window = new Window<number>(20, 1000);
  readonly peer = new Peer();
  readonly acked: number[] = [];
  readonly dropped: number[] = [];
  pushed = 0;
  open = false;

  push(): void {
    if (this.window.hasRoom(1, 10)) {
      this.window.push(this.pushed, 1, 10);
      this.pushed += 1;
    }
  }

  connect(): void {
    if (!this.open) {
      this.done(this.window.opened(this.peer.log.length, 4, 35));
      this.open = true;
    }
  }

  send(): void {
    const entry = this.window.take();
    if (entry) {
      assert.ok(this.open);
      this.peer.requests.push({ offset: entry.offset, item: entry.item });
      assert.ok(this.window.inFlight <= 4);
    }
  }

  hear(): void {
    const answer = this.peer.answers.shift();
    if (answer?.kind === "ack") {
      this.done(this.window.acked(answer.committed));
    } else if (answer) {
      const entry = this.window.refused(answer.offset, answer.verdict);
      assert.ok(entry);
      if (answer.verdict === "drop") {
        this.dropped.push(entry.item);
      }
    }
  }

  cut(): void {
    this.peer.cut();
    this.window.lost();
    this.open = false;
  }

  done(entries: Entry<number>[]): void {
    this.acked.push(...entries.map(({ item }) => item));
  }
}

const step = fc.oneof(
  { weight: 4, arbitrary: fc.constant("push" as const) },
  { weight: 6, arbitrary: fc.constant("send" as const) },
  { weight: 5, arbitrary: fc.constant("handle" as const) },
  { weight: 5, arbitrary: fc.constant("hear" as const) },
  { weight: 2, arbitrary: fc.constant("connect" as const) },
  { weight: 1, arbitrary: fc.constantFrom("cut" as const, "drop" as const, "resend" as const) },
);

test("whatever happens, what is not refused is committed once and in order", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const run = new Run();
      for (const one of steps) {
        switch (one) {
          case "handle":
            run.peer.handle(undefined);
            break;
          case "drop":
          case "resend":
            run.peer.handle(one);
            break;
          default:
            run[one]();
        }
        assert.equal(run.window.interactions * 10, run.window.bytes);
        assert.equal(run.window.length + run.acked.length + run.dropped.length, run.pushed);
      }
      run.cut();
      run.connect();
      for (let rounds = 0; run.window.length > 0; rounds += 1) {
        assert.ok(rounds < 1000, "it comes to an end");
        run.send();
        run.peer.handle(undefined);
        run.hear();
      }
      const dropped = new Set(run.dropped);
      const kept = Array.from({ length: run.pushed }, (_, item) => item).filter((item) => !dropped.has(item));
      assert.deepEqual(run.peer.log, kept);
      assert.deepEqual(run.acked, kept);
      assert.equal(run.window.settled, run.pushed);
      assert.equal(run.window.bytes, 0);
    }),
    { numRuns: 500 },
  );
});

function opened(count: number, outstanding = 10): Window<string> {
  const window = new Window<string>(100, 1000);
  for (let item = 0; item < count; item += 1) {
    window.push(String.fromCharCode(97 + item), 1, 10);
  }
  window.opened(5, outstanding, 1000);
  return window;
}

function taken(window: Window<string>): string[] {
  const found: string[] = [];
  for (let entry = window.take(); entry; entry = window.take()) {
    found.push(`${entry.item}${entry.offset}`);
  }
  return found;
}

test("offsets are given at the moment of sending, from where the log ends", () => {
  assert.deepEqual(taken(opened(3)), ["a5", "b6", "c7"]);
});

test("an entry larger than the whole buffer fits when the buffer is empty", () => {
  const window = new Window<string>(10, 100);
  assert.ok(window.hasRoom(1, 5000));
  window.push("large", 1, 5000);
  assert.ok(!window.hasRoom(1, 1));
});

test("no more than the limits of the stream are under way, in appends and in bytes", () => {
  assert.deepEqual(taken(opened(3, 2)), ["a5", "b6"]);
  const window = new Window<string>(100, 1000);
  for (const item of "abc") {
    window.push(item, 1, 10);
  }
  window.opened(0, 10, 15);
  assert.deepEqual(taken(window), ["a0"]);
  window.acked(1);
  assert.deepEqual(taken(window), ["b1"]);
});

test("after a refusal nothing is sent until what is behind it has come back", () => {
  const window = opened(4, 3);
  assert.deepEqual(taken(window), ["a5", "b6", "c7"]);
  window.refused(5, "drop");
  assert.ok(window.repairing);
  assert.deepEqual(taken(window), []);
  window.refused(6, "resend");
  assert.deepEqual(taken(window), []);
  window.refused(7, "resend");
  assert.deepEqual(taken(window), ["b5", "c6", "d7"]);
});

test("an offset that another payload holds is not used again", () => {
  const window = opened(2);
  taken(window);
  window.refused(5, "drop-taken");
  assert.ok(!window.repairing);
  assert.deepEqual(
    window.acked(7).map(({ item }) => item),
    ["b"],
  );
});

test("what a lost connection had committed leaves the window when the next one opens", () => {
  const window = opened(3);
  taken(window);
  window.lost();
  assert.deepEqual(
    window.opened(7, 10, 1000).map(({ item, offset }) => `${item}${offset}`),
    ["a5", "b6"],
  );
  assert.deepEqual(taken(window), ["c7"]);
});

test("nothing at or behind a freed offset counts as committed", () => {
  const window = opened(3);
  taken(window);
  window.refused(6, "drop");
  window.lost();
  assert.deepEqual(
    window.opened(8, 10, 1000).map(({ item }) => item),
    ["a"],
  );
  assert.deepEqual(taken(window), ["c8"]);
});

test("giving up empties it in order", () => {
  const window = opened(3, 2);
  taken(window);
  assert.deepEqual(
    window.clear().map(({ item }) => item),
    ["a", "b", "c"],
  );
  assert.equal(window.length, 0);
  assert.equal(window.interactions, 0);
});
