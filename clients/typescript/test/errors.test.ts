import assert from "node:assert/strict";
import { test } from "node:test";

import { create, toBinary, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { Metadata, status as Status, type ServiceError } from "@grpc/grpc-js";

import {
  BufferFullError,
  InterplayError,
  PublisherClosedError,
  fromServiceError,
  fromStatus,
  mayReconnect,
  type Code,
} from "../src/errors.js";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  QuotaFailureSchema,
  RequestInfoSchema,
  ResourceInfoSchema,
  RetryInfoSchema,
} from "../src/gen/google/rpc/error_details_pb.js";
import { StatusSchema } from "../src/gen/google/rpc/status_pb.js";

function detail<D extends DescMessage>(schema: D, init: MessageInitShape<D>) {
  return anyPack(schema, create(schema, init));
}

const STATUS = create(StatusSchema, {
  code: Status.INVALID_ARGUMENT,
  message: "two rules are broken",
  details: [
    detail(ErrorInfoSchema, { reason: "INVALID_REQUEST", domain: "interplay", metadata: { method: "Publish" } }),
    detail(BadRequestSchema, {
      fieldViolations: [
        { field: "user_id", description: "is empty" },
        { field: "interactions", description: "are none" },
      ],
    }),
    detail(QuotaFailureSchema, { violations: [{ subject: "tenant", description: "is full" }] }),
    detail(RetryInfoSchema, { retryDelay: { seconds: 1n, nanos: 500_000_000 } }),
    detail(RequestInfoSchema, { requestId: "r-1" }),
    detail(ResourceInfoSchema, { resourceType: "session", resourceName: "s-1" }),
  ],
});

function failed(code: number, details: string, trailer?: Uint8Array): ServiceError {
  const metadata = new Metadata();
  if (trailer) {
    metadata.set("grpc-status-details-bin", Buffer.from(trailer));
  }
  return Object.assign(new Error(`${code} ${details}`), { code, details, metadata });
}

test("an error says everything that the status says", () => {
  const error = fromStatus(STATUS);
  assert.equal(error.code, "INVALID_ARGUMENT");
  assert.equal(error.reason, "INVALID_REQUEST");
  assert.equal(error.message, "INVALID_ARGUMENT (INVALID_REQUEST): two rules are broken");
  assert.equal(error.rawMessage, "two rules are broken");
  assert.deepEqual(error.metadata, { method: "Publish" });
  assert.deepEqual(
    error.violations.map(({ field }) => field),
    ["user_id", "interactions", "tenant"],
  );
  assert.equal(error.retryAfter, 1.5);
  assert.equal(error.requestId, "r-1");
  assert.deepEqual(error.resource, { type: "session", name: "s-1" });
});

test("a failed call says the same by its trailer", () => {
  const error = fromServiceError(
    failed(Status.INVALID_ARGUMENT, "two rules are broken", toBinary(StatusSchema, STATUS)),
  );
  assert.deepEqual({ ...error }, { ...fromStatus(STATUS) });
});

test("a mangled trailer leaves code and sentence", () => {
  const error = fromServiceError(failed(Status.NOT_FOUND, "gone", Uint8Array.of(0xff, 0xff)));
  assert.equal(error.message, "NOT_FOUND: gone");
  assert.equal(error.reason, "");
  assert.equal(error.retryAfter, undefined);
});

test("codes that are not known, and OK with an error, are UNKNOWN", () => {
  assert.equal(fromStatus(create(StatusSchema, { code: 99 })).code, "UNKNOWN");
  assert.equal(fromStatus(create(StatusSchema, { code: 0 })).code, "UNKNOWN");
  assert.equal(fromStatus(undefined).code, "UNKNOWN");
});

test("what is no failure of a call is INTERNAL and keeps its cause", () => {
  const cause = new RangeError("broken");
  const error = fromServiceError(cause);
  assert.equal(error.code, "INTERNAL");
  assert.equal(error.cause, cause);
  assert.equal(fromServiceError(error), error);
});

test("errors of the publisher itself have classes and codes", () => {
  assert.ok(new BufferFullError("full") instanceof InterplayError);
  assert.equal(new BufferFullError("full").code, "RESOURCE_EXHAUSTED");
  assert.equal(new PublisherClosedError("closed").code, "CANCELLED");
  assert.equal(new PublisherClosedError("closed").name, "PublisherClosedError");
});

test("a stream is opened again where the connection broke, not where the server refused", () => {
  const again = (code: Code, reason = "") => mayReconnect(new InterplayError("", { code, reason }));
  for (const code of ["UNAVAILABLE", "RESOURCE_EXHAUSTED"] as const) {
    assert.ok(again(code, "ANY"), code);
  }
  for (const code of ["UNKNOWN", "INTERNAL", "CANCELLED", "DEADLINE_EXCEEDED"] as const) {
    assert.ok(again(code), code);
    assert.ok(!again(code, "ANY"), code);
  }
  for (const code of [
    "ABORTED",
    "UNAUTHENTICATED",
    "PERMISSION_DENIED",
    "INVALID_ARGUMENT",
    "UNIMPLEMENTED",
  ] as const) {
    assert.ok(!again(code), code);
  }
});
