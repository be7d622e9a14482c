import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { inspect } from "node:util";
import { test } from "node:test";

import { credentials } from "@grpc/grpc-js";

import { ClientConfig, isLoopback } from "../src/config.js";
import { serviceConfig } from "../src/service-config.js";
import { settingsOf } from "../src/settings.js";

const ROOT = new URL("../../", import.meta.url);

test("what is not given comes from the environment, and then from the defaults", () => {
  const environment = { INTERPLAY_TARGET: "127.0.0.1:1", INTERPLAY_API_KEY: "k", INTERPLAY_TENANT: "t" };
  const config = new ClientConfig({}, environment);
  assert.equal(config.target, "127.0.0.1:1");
  assert.deepEqual(config.metadata(), { authorization: "Bearer k", "interplay-tenant": "t" });
  const given = new ClientConfig({ target: "localhost:2", apiKey: "mine", tenant: "own" }, environment);
  assert.equal(given.target, "localhost:2");
  assert.deepEqual(given.metadata(), { authorization: "Bearer mine", "interplay-tenant": "own" });
  const plain = new ClientConfig({}, {});
  assert.equal(plain.target, "localhost:50051");
  assert.deepEqual(plain.metadata(), {});
  assert.equal(plain.timeout, 30);
});

test("a key is not sent in plaintext to another machine", () => {
  const target = "shop.example:50051";
  assert.throws(() => new ClientConfig({ target, apiKey: "k" }, {}), /refusing to send the API key in plaintext/);
  for (const options of [{ tls: true }, { credentials: credentials.createSsl() }, { allowInsecure: true }]) {
    assert.equal(new ClientConfig({ target, apiKey: "k", ...options }, {}).target, target);
  }
  assert.equal(new ClientConfig({ target }, {}).encrypted, false);
});

test("a key does not end up where a configuration is printed", () => {
  assert.doesNotMatch(inspect(new ClientConfig({ apiKey: "very-secret" }, {}), { depth: 5 }), /very-secret/);
});

test("settings that contradict each other are refused", () => {
  assert.throws(() => new ClientConfig({ tls: { certificateChain: "x" } }, {}), /belong together/);
  assert.throws(() => new ClientConfig({ tls: true, credentials: credentials.createInsecure() }, {}), /either/);
  assert.throws(() => new ClientConfig({ timeout: 0 }, {}), RangeError);
  assert.throws(() => new ClientConfig({ timeout: Number.NaN }, {}), RangeError);
});

test("loopback is told from other targets, whatever the form", () => {
  for (const target of [
    "localhost:1",
    "LOCALHOST",
    "127.0.0.1:1",
    "127.9.9.9",
    "[::1]:1",
    "::1",
    "unix:/a",
    "dns:///localhost:1",
    "ipv4:127.0.0.1:1",
  ]) {
    assert.ok(isLoopback(target), target);
  }
  for (const target of [
    "shop.example:1",
    "10.0.0.1:1",
    "[2001:db8::1]:1",
    "localhost.example:1",
    "dns:///127.0.0.1.example:1",
    "0.0.0.0:1",
  ]) {
    assert.ok(!isLoopback(target), target);
  }
});

test("seconds become the milliseconds of gRPC", () => {
  const options = new ClientConfig({ keepalive: { time: 5 } }, {}).channelOptions();
  assert.equal(options["grpc.keepalive_time_ms"], 5000);
  assert.equal(options["grpc.keepalive_timeout_ms"], 15_000);
});

test("the retries in the package are those that all clients share", () => {
  const shared = JSON.parse(readFileSync(new URL("../service_config.json", ROOT), "utf8")) as unknown;
  assert.deepEqual(JSON.parse(JSON.stringify(serviceConfig)), shared);
  assert.equal(new ClientConfig({}, {}).channelOptions()["grpc.service_config"], JSON.stringify(shared));
});

test("every generated file of Interplay is exported", () => {
  const exported = readFileSync(new URL("src/v1.ts", ROOT), "utf8");
  const files = readdirSync(new URL("src/gen/interplay/v1", ROOT));
  assert.deepEqual(
    files.filter((file) => !exported.includes(`/${file.replace(/ts$/, "js")}"`)),
    [],
  );
});

test("no generated file depends on rules of validation", () => {
  for (const folder of ["src/gen/interplay/v1", "src/gen/google/rpc"]) {
    for (const file of readdirSync(new URL(folder, ROOT))) {
      assert.doesNotMatch(readFileSync(new URL(`${folder}/${file}`, ROOT), "utf8"), /buf[./]validate/);
    }
  }
});

test("a publisher's buffer and patience are those of every client", () => {
  const { capacity, capacityBytes, closeTimeout } = settingsOf("s", {});
  assert.deepEqual([capacity, capacityBytes, closeTimeout], [10_000, 64 * 2 ** 20, 60]);
});
