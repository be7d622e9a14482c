import assert from "node:assert/strict";
import { test } from "node:test";

import { status as Status } from "@grpc/grpc-js";

import { BufferFullError, InterplayError, PublisherClosedError, connect, type PublisherOptions } from "../src/index.js";
import { Log } from "./peer.js";

/** Publishes a, b, c and so on, closes, and tells what became of each. */
async function published(log: Log, count: number, options: PublisherOptions = {}): Promise<string[]> {
  await using peer = await log.peer();
  using client = connect(peer.target);
  const publisher = client.publisher("till", options);
  const receipts = [];
  for (let item = 0; item < count; item += 1) {
    receipts.push(await publisher.append({ content: String.fromCharCode(97 + item) }));
  }
  await publisher.close();
  return Promise.all(
    receipts.map(({ ack }) =>
      ack.then(
        ({ offset }) => String(offset),
        (error: InterplayError) => error.code,
      ),
    ),
  );
}

test("appends are committed in order and their receipts say where", async () => {
  const log = new Log();
  assert.deepEqual(
    await published(log, 10),
    Array.from({ length: 10 }, (_, at) => String(at)),
  );
  assert.equal(log.contents.join(""), "abcdefghij");
  assert.deepEqual(log.opened, ["till"]);
});

test("a stream that ends without finished is opened again and nothing is doubled", async () => {
  const log = new Log();
  log.interfere = (connection, offset, append) => {
    if (connection.number < 3 && offset === 2 * connection.number + 1) {
      // Committed, but the answer is lost; the second time not even that.
      if (connection.number !== 1) {
        log.take(append);
      }
      connection.end(connection.number === 2 ? Status.UNAVAILABLE : undefined);
      return true;
    }
    return false;
  };
  assert.deepEqual(
    (await published(log, 10)).map(Number),
    Array.from({ length: 10 }, (_, at) => at),
  );
  assert.equal(log.contents.join(""), "abcdefghij");
  assert.ok(log.opened.length >= 3);
});

test("a bad append fails by itself, and what was behind it is numbered again", async () => {
  const log = new Log();
  log.interfere = (connection, offset, append) => {
    const bad = append.interactions[0]?.content === "c" && offset === log.contents.length;
    if (bad) {
      connection.refuse(offset, Status.INVALID_ARGUMENT);
    }
    return bad;
  };
  assert.deepEqual(await published(log, 6), ["0", "1", "INVALID_ARGUMENT", "2", "3", "4"]);
  assert.equal(log.contents.join(""), "abdef");
});

test("an offset that another payload holds fails its append and no other", async () => {
  const log = new Log();
  log.interfere = (connection, offset, append) => {
    const held = append.interactions[0]?.content === "b" && offset === log.contents.length;
    if (held) {
      log.contents.push("other");
      connection.refuse(offset, Status.ALREADY_EXISTS);
    }
    return held;
  };
  assert.deepEqual(await published(log, 4), ["0", "ALREADY_EXISTS", "2", "3"]);
  assert.deepEqual(log.contents, ["a", "other", "c", "d"]);
});

test("what the server cannot take just now is sent again; its own faults only so often", async () => {
  const log = new Log();
  let refusals = 0;
  log.interfere = (connection, offset, append) => {
    const [content, atEnd] = [append.interactions[0]?.content, offset === log.contents.length];
    if (atEnd && content === "b" && refusals < 2) {
      refusals += 1;
      connection.refuse(offset, Status.RESOURCE_EXHAUSTED);
      return true;
    }
    if (atEnd && content === "c") {
      connection.refuse(offset, Status.INTERNAL);
      return true;
    }
    return false;
  };
  assert.deepEqual(await published(log, 4), ["0", "1", "INTERNAL", "2"]);
  assert.equal(log.contents.join(""), "abd");
});

test("a refusal without an offset is told apart by sending one at a time", async () => {
  const log = new Log();
  log.interfere = (connection, offset, append) => {
    const unreadable = append.interactions[0]?.content === "b" && offset === log.contents.length;
    if (unreadable) {
      connection.refuse(undefined, Status.INVALID_ARGUMENT);
    }
    return unreadable;
  };
  assert.deepEqual(await published(log, 4), ["0", "INVALID_ARGUMENT", "1", "2"]);
});

test("a server that falls silent is left for another connection", async () => {
  const log = new Log();
  log.silent.add(0);
  assert.deepEqual(await published(log, 3, { heartbeat: 0.05 }), ["0", "1", "2"]);
  assert.equal(log.opened.length, 2);
});

test("heart-beats keep a quiet stream", async () => {
  const log = new Log();
  await using peer = await log.peer();
  using client = connect(peer.target);
  await using publisher = client.publisher("till", { heartbeat: 0.02 });
  await (
    await publisher.append({ content: "a" })
  ).ack;
  while (log.heartbeats.length < 5) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(publisher.stats().connections, 1);
});

test("a server that is about to stop is finished with and left", async () => {
  const log = new Log();
  log.interfere = (connection, offset) => {
    if (connection.number === 0 && offset === 1) {
      connection.say({ case: "goAway", value: {} });
    }
    return false;
  };
  assert.deepEqual((await published(log, 10)).map(Number), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal(log.contents.join(""), "abcdefghij");
  assert.equal(log.opened.length, 2);
});

test("a publisher that another one has superseded stops for good and says so", async () => {
  const log = new Log();
  log.interfere = (connection) => {
    connection.end(Status.ABORTED);
    return true;
  };
  await using peer = await log.peer();
  using client = connect(peer.target);
  const told: string[] = [];
  const publisher = client.publisher("till", { onError: ({ code }, receipt) => told.push(`${code} ${receipt}`) });
  const receipt = await publisher.append({ content: "a" });
  await assert.rejects(receipt.ack, { code: "ABORTED" });
  await assert.rejects(publisher.append({ content: "b" }), { code: "ABORTED" });
  await assert.rejects(publisher.flush(), { code: "ABORTED" });
  await assert.rejects(publisher.close(), { code: "ABORTED" });
  assert.deepEqual(told, ["ABORTED undefined"]);
  assert.equal(log.opened.length, 1);
  assert.ok(publisher.stats().stopped);
});

test("a full buffer makes appends wait, in order, or refuses them where asked to", async () => {
  const log = new Log();
  log.silent.add(0);
  await using peer = await log.peer();
  using client = connect(peer.target);
  const publisher = client.publisher("till", { capacity: 2 });
  await publisher.append([{ content: "a" }, { content: "b" }]);
  const late = ["c", "d"].map((content) => publisher.append({ content }));
  assert.equal(publisher.stats().pending, 2);
  assert.equal(await Promise.race([late[0], Promise.resolve("waits")]), "waits");
  const stopping = publisher.abort();
  await assert.rejects(Promise.all(late), PublisherClosedError);
  await stopping;
  log.silent.clear();

  const strict = client.publisher("other", { capacity: 1, whenFull: "reject" });
  const [first, second] = [strict.append({ content: "a" }), strict.append({ content: "b" })];
  await assert.rejects(second, BufferFullError);
  await (
    await first
  ).ack;
  await strict.close();
  assert.deepEqual(log.contents, ["a"]);
});

test("room that comes free lets in what waits", async () => {
  const log = new Log();
  assert.equal((await published(log, 30, { capacity: 2 })).length, 30);
  assert.equal(log.contents.length, 30);
});

test("an append over the limit of the server is refused by itself", async () => {
  const log = new Log();
  await using peer = await log.peer();
  using client = connect(peer.target);
  await using publisher = client.publisher("till");
  await (
    await publisher.append({ content: "a" })
  ).ack;
  const refused = publisher.append({ content: "x".repeat(100_001) });
  await assert.rejects(refused, { code: "RESOURCE_EXHAUSTED", reason: "MESSAGE_TOO_LARGE" });
  await (
    await publisher.append({ content: "b" })
  ).ack;
});

test("a flush that a lost connection swallowed is sent again", async () => {
  const log = new Log();
  await using peer = await log.peer();
  using client = connect(peer.target);
  await using publisher = client.publisher("till", { heartbeat: 0.05 });
  await publisher.append({ content: "a" });
  await publisher.drain();
  log.silent.add(0);
  await publisher.flush();
  assert.equal(publisher.stats().connections, 2);
});

test("close with a limit gives up what is left and says how much", async () => {
  const log = new Log();
  log.interfere = () => true;
  await using peer = await log.peer();
  using client = connect(peer.target);
  const publisher = client.publisher("till");
  const receipt = await publisher.append([{ content: "a" }, { content: "b" }]);
  await assert.rejects(publisher.close(0.05), {
    code: "DEADLINE_EXCEEDED",
    rawMessage: /^2 interactions were not acked/,
  });
  await assert.rejects(receipt.ack, { code: "DEADLINE_EXCEEDED" });
  await publisher.close();
});

test("aborting gives up at once, even without a server", async () => {
  using client = connect("127.0.0.1:1");
  const publisher = client.publisher("till");
  const receipt = await publisher.append({ content: "a" });
  await publisher.abort();
  await assert.rejects(receipt.ack, PublisherClosedError);
  await assert.rejects(publisher.append({ content: "b" }), PublisherClosedError);
  assert.equal(
    await publisher
      .contexts()
      .next()
      .then(({ done }) => done),
    true,
  );
});

test("closing the client ends its publishers", async () => {
  const log = new Log();
  log.interfere = () => true;
  await using peer = await log.peer();
  const client = connect(peer.target);
  const publisher = client.publisher("till");
  const receipt = await publisher.append({ content: "a" });
  client.close();
  await assert.rejects(receipt.ack, PublisherClosedError);
});

test("briefings reach their receipts and whoever iterates over them", async () => {
  const log = new Log();
  log.interfere = (connection, offset, append) => {
    const rendered = `on ${append.interactions[0]?.content}`;
    connection.say({ case: "context", value: { offset: BigInt(offset), rendered } });
    return false;
  };
  await using peer = await log.peer();
  using client = connect(peer.target);
  const publisher = client.publisher("till", { context: true });
  const user = await publisher.append({ role: " Customer ", content: "a" });
  const agent = await publisher.append({ role: "Agent", content: "b" });
  assert.equal((await user.context())?.rendered, "on a");
  assert.equal(await agent.context(), undefined);
  await publisher.close();
  const all = [];
  for await (const { rendered } of publisher.contexts()) {
    all.push(rendered);
  }
  assert.deepEqual(all, ["on a", "on b"]);
});
