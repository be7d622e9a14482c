import assert from "node:assert/strict";
import { test } from "node:test";

import { create } from "@bufbuild/protobuf";
import { status as Status, type ServerUnaryCall, type ServerWritableStream, type sendUnaryData } from "@grpc/grpc-js";

import { InterplayError, connect, pages } from "../src/index.js";
import { isIdempotentWrite } from "../src/services.js";
import * as v1 from "../src/v1.js";
import { Peer } from "./peer.js";

const METHODS = v1.InteractionService.method;

type Publish = ServerUnaryCall<v1.PublishInteractionsRequest, v1.PublishInteractionsResponse>;
type Watch = ServerWritableStream<v1.WatchInteractionsRequest, v1.WatchInteractionsResponse>;

/** A peer that answers publishes by `answer`, which is told how many there have been. */
function publishing(answer: (call: Publish, number: number) => Partial<v1.PublishInteractionsResponse> | number): Peer {
  let calls = 0;
  return new Peer().serve(
    METHODS.publishInteractions,
    (call: Publish, done: sendUnaryData<v1.PublishInteractionsResponse>) => {
      const made = answer(call, calls);
      calls += 1;
      if (typeof made === "number") {
        done({ code: made, details: "told to fail" });
      } else {
        done(null, create(v1.PublishInteractionsResponseSchema, made as object));
      }
    },
  );
}

test("a unary call is tried again where the server is away, with the same request_id", async () => {
  const ids: string[] = [];
  await using peer = await publishing(({ request }, number) => {
    ids.push(request.requestId);
    return number < 2 ? Status.UNAVAILABLE : { requestId: request.requestId };
  }).start();
  using client = connect(peer.target);
  const answer = await client.interactions.publishInteractions({ userId: "ada" });
  assert.equal(ids.length, 3);
  assert.deepEqual(new Set(ids), new Set([answer.requestId]));
  assert.match(answer.requestId, /^[0-9a-f-]{36}$/);
});

test("what a caller gives as request_id stays, and a caller's message stays as it is", async () => {
  const ids: string[] = [];
  await using peer = await publishing(({ request }) => {
    ids.push(request.requestId);
    return {};
  }).start();
  using client = connect(peer.target);
  await client.interactions.publishInteractions({ requestId: "mine" });
  const message = create(v1.PublishInteractionsRequestSchema, { userId: "ada" });
  await client.interactions.publishInteractions(message);
  await client.interactions.publishInteractions(message);
  assert.equal(ids[0], "mine");
  assert.notEqual(ids[1], ids[2]);
  assert.equal(message.requestId, "");
});

test("reads get no request_id, as theirs is a filter", () => {
  assert.ok(isIdempotentWrite(METHODS.publishInteractions));
  assert.ok(isIdempotentWrite(v1.FeatureService.method.recordEvents));
  assert.ok(!isIdempotentWrite(METHODS.listInteractions));
  assert.ok(!isIdempotentWrite(v1.LearningService.method.getLearningStatus));
});

test("other failures are thrown at once", async () => {
  let calls = 0;
  await using peer = await publishing(() => {
    calls += 1;
    return Status.PERMISSION_DENIED;
  }).start();
  using client = connect(peer.target);
  await assert.rejects(client.interactions.publishInteractions({}), {
    code: "PERMISSION_DENIED",
    rawMessage: "told to fail",
  });
  assert.equal(calls, 1);
});

test("key and tenant go with every call", async () => {
  let seen: Record<string, unknown> = {};
  await using peer = await publishing(({ metadata }) => {
    seen = metadata.getMap();
    return {};
  }).start();
  using client = connect({ target: peer.target, apiKey: "secret", tenant: "shop" });
  await client.interactions.publishInteractions({});
  assert.equal(seen["authorization"], "Bearer secret");
  assert.equal(seen["interplay-tenant"], "shop");
});

test("a call ends with its time limit, its signal, or its client", async () => {
  await using peer = await new Peer().serve(METHODS.publishInteractions, () => undefined).start();
  const client = connect(peer.target);
  await assert.rejects(client.interactions.publishInteractions({}, { timeout: 0.05 }), { code: "DEADLINE_EXCEEDED" });
  const stop = new AbortController();
  const stopped = client.interactions.publishInteractions({}, { signal: stop.signal });
  stop.abort(new Error("enough"));
  await assert.rejects(stopped, { code: "CANCELLED", cause: stop.signal.reason as Error });
  await assert.rejects(client.interactions.publishInteractions({}, { signal: AbortSignal.abort() }), {
    code: "CANCELLED",
  });
  const open = client.interactions.publishInteractions({});
  client.close();
  await assert.rejects(open, { code: "CANCELLED" });
  await assert.rejects(client.interactions.publishInteractions({}), InterplayError);
});

test("pages are asked for one by one until the last", async () => {
  type List = ServerUnaryCall<v1.ListInteractionsRequest, v1.ListInteractionsResponse>;
  const asked: string[] = [];
  await using peer = await new Peer()
    .serve(METHODS.listInteractions, ({ request }: List, done: sendUnaryData<v1.ListInteractionsResponse>) => {
      asked.push(`${request.userId}:${request.pageToken}`);
      const nextPageToken = request.pageToken === "" ? "two" : "";
      done(null, create(v1.ListInteractionsResponseSchema, { nextPageToken }));
    })
    .start();
  using client = connect(peer.target);
  let count = 0;
  for await (const _ of pages(client.interactions.listInteractions, { userId: "ada" })) {
    count += 1;
    assert.equal(asked.length, count);
  }
  assert.deepEqual(asked, ["ada:", "ada:two"]);
});

/** A peer whose watches are given to `serve`. */
function watched(serve: (call: Watch, number: number) => void): Peer {
  let calls = 0;
  return new Peer().serve(METHODS.watchInteractions, (call: Watch) => {
    call.on("error", () => undefined);
    serve(call, calls);
    calls += 1;
  });
}

function change(token: string): v1.WatchInteractionsResponse {
  const interactions = [{ interactionId: token }];
  return create(v1.WatchInteractionsResponseSchema, {
    resumeToken: token,
    event: { case: "published", value: { interactions } },
  });
}

test("a watch goes on from its last token wherever it breaks", async () => {
  const asked: string[] = [];
  await using peer = await watched((call, number) => {
    asked.push(`${call.request.resumeToken} ${call.request.fromBeginning}`);
    call.write(change(`t${number}`));
    if (number === 0) {
      call.emit("error", { code: Status.UNAVAILABLE, details: "gone" });
    } else if (number === 1) {
      call.end();
    }
  }).start();
  using client = connect(peer.target);
  const tokens: string[] = [];
  for await (const { resumeToken } of client.watchInteractions({ fromBeginning: true })) {
    tokens.push(resumeToken);
    if (tokens.length === 3) {
      break;
    }
  }
  assert.deepEqual(tokens, ["t0", "t1", "t2"]);
  assert.deepEqual(asked, [" true", "t0 false", "t1 false"]);
});

test("heart-beats move the place of a watch and are shown where asked for", async () => {
  const beat = create(v1.WatchInteractionsResponseSchema, {
    resumeToken: "b",
    event: { case: "heartbeat", value: {} },
  });
  const asked: string[] = [];
  await using peer = await watched((call, number) => {
    asked.push(call.request.resumeToken);
    call.write(beat);
    if (number === 0) {
      call.end();
    } else {
      call.write(change("t"));
    }
  }).start();
  using client = connect(peer.target);
  const first = await client.watchInteractions().next();
  assert.equal(first.value?.resumeToken, "t");
  assert.deepEqual(asked, ["", "b"]);
  const shown = await client.watchInteractions({}, { heartbeats: true }).next();
  assert.equal(shown.value?.event.case, "heartbeat");
});

test("a watch ends with its signal, and throws what calling again cannot mend", async () => {
  const stop = new AbortController();
  await using peer = await watched((call, number) => {
    if (number === 0) {
      stop.abort();
    } else {
      call.emit("error", { code: Status.INVALID_ARGUMENT, details: "bad token" });
    }
  }).start();
  using client = connect(peer.target);
  const ended = client.watchInteractions({}, { signal: stop.signal }).next();
  assert.equal((await ended).done, true);
  await assert.rejects(client.watchInteractions().next(), { code: "INVALID_ARGUMENT" });
});
