// The driver of the conformance suite: one JSON object a line in, one a line out.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

import { fromBinary, type JsonValue, type Message } from "@bufbuild/protobuf";

import type { Client, ClientOptions, Publisher, PublisherOptions, Receipt } from "../src/index.js";
import { InterplayError, connect } from "../src/index.js";
import {
  ConverseStartSchema,
  FeatureEventSchema,
  InteractionDataSchema,
  MonitorEventSchema,
  StopReason,
} from "../src/v1.js";
import { bare, published, type Load } from "./bench.js";
import { decode, encode, parse, registry, schemaOf } from "./wire.js";

type Fields = Record<string, unknown>;
type UnaryCall = (request: Message, options: { timeout?: number | undefined }) => Promise<Message>;

/** Names of the services in a client. */
const SERVICES = {
  AdminService: "admin",
  ContextService: "contexts",
  DialogueService: "dialogues",
  EvaluationService: "evaluations",
  FeatureService: "features",
  InteractionService: "interactions",
  LearningService: "learning",
  MonitorService: "monitor",
  OperationService: "operations",
  PlaybookService: "playbooks",
  ProfileService: "profiles",
} as const;

/** Operations by name; each takes its fields and resolves with those of its answer. */
class Driver {
  #options: ClientOptions = {};
  #client: Client | undefined;
  #publisher: Publisher | undefined;
  #contexts: ReturnType<Publisher["contexts"]> | undefined;
  #receipts: Receipt[] = [];

  hello(): Fields {
    const path = new URL("../../package.json", import.meta.url);
    const { version } = JSON.parse(readFileSync(path, "utf8")) as { version: string };
    return { language: "typescript", version };
  }

  wire({ message, hex }: { message: string; hex: string }): Fields {
    const schema = schemaOf(message);
    return { hex: encode(schema, decode(schema, hex)) };
  }

  json({ message, json }: { message: string; json: JsonValue }): Fields {
    const schema = schemaOf(message);
    return { hex: encode(schema, parse(schema, json)) };
  }

  connect(fields: {
    target: string;
    api_key?: string;
    tenant?: string;
    ca?: string;
    certificate?: string;
    key?: string;
    timeout?: number;
    allow_insecure?: boolean;
  }): Fields {
    const pem = (path: string | undefined) => (path ? readFileSync(path) : undefined);
    const { target, api_key: apiKey, tenant, timeout, allow_insecure: allowInsecure } = fields;
    const certificates = {
      rootCertificates: pem(fields.ca),
      certificateChain: pem(fields.certificate),
      privateKey: pem(fields.key),
    };
    const tls = fields.ca || fields.certificate || fields.key ? certificates : undefined;
    const options = { target, apiKey, tenant, timeout, allowInsecure, tls };
    const client = connect(options);
    this.#client?.close();
    this.#client = client;
    this.#options = options;
    return {};
  }

  async call(fields: {
    service: keyof typeof SERVICES;
    method: string;
    request: string;
    timeout?: number;
  }): Promise<Fields> {
    const service = registry.getService(`interplay.v1.${fields.service}`);
    const method = service?.methods.find(({ name }) => name === fields.method);
    if (!method) {
      throw new RangeError(`no method is called ${fields.service}.${fields.method}`);
    }
    const methods = this.#connected[SERVICES[fields.service]] as unknown as Record<string, UnaryCall>;
    const request = decode(method.input, fields.request);
    const answer = await methods[method.localName]?.(request, { timeout: fields.timeout });
    return { response: encode(method.output, answer as Message) };
  }

  publisher(fields: {
    stream_id: string;
    user_id?: string;
    session_id?: string;
    source?: string;
    agent_version?: string;
    capacity?: number;
    heartbeat?: number;
    context?: boolean;
    max_outstanding?: number;
  }): Fields {
    const options: PublisherOptions = {
      userId: fields.user_id,
      sessionId: fields.session_id,
      source: fields.source,
      agentVersion: fields.agent_version,
      capacity: fields.capacity,
      heartbeat: fields.heartbeat,
      context: fields.context,
      maxOutstanding: fields.max_outstanding,
    };
    this.#publisher = this.#connected.publisher(fields.stream_id, options);
    this.#contexts = this.#publisher.contexts();
    this.#receipts = [];
    return {};
  }

  async append(fields: {
    interactions: string[];
    session_finished?: boolean;
    partial_success?: boolean;
  }): Promise<Fields> {
    const interactions = fields.interactions.map((hex) => fromBinary(InteractionDataSchema, Buffer.from(hex, "hex")));
    const { session_finished: sessionFinished, partial_success: partialSuccess } = fields;
    this.#receipts.push(await this.#publishing.append(interactions, { sessionFinished, partialSuccess }));
    return { number: this.#receipts.length - 1 };
  }

  async receipts(): Promise<Fields> {
    const receipts: Fields[] = [];
    for (const receipt of this.#receipts) {
      try {
        const { offset, duplicate, rejected } = await receipt.ack;
        const bad = rejected.map(({ index, error }) => ({ index, error: told(error) }));
        receipts.push({ offset, duplicate, ...(bad.length > 0 ? { rejected: bad } : {}) });
      } catch (error) {
        receipts.push({ error: told(error) });
      }
    }
    return { receipts };
  }

  async flush(): Promise<Fields> {
    await this.#publishing.flush();
    return {};
  }

  async contexts({ count }: { count: number }): Promise<Fields> {
    const rendered: string[] = [];
    while (rendered.length < count) {
      const next = await this.#contexts?.next();
      if (!next?.value) {
        throw new RangeError(`the publisher has ended after ${rendered.length} briefings`);
      }
      rendered.push(next.value.rendered);
    }
    return { rendered };
  }

  async close({ timeout }: { timeout?: number }): Promise<Fields> {
    await this.#publishing.close(timeout);
    return { committed_offset: this.#publishing.stats().committedOffset };
  }

  async abort(): Promise<Fields> {
    await this.#publishing.abort();
    return {};
  }

  stats(): Fields {
    const { pending, connections, stopped } = this.#publishing.stats();
    return { pending, connections, stopped };
  }

  async converse(fields: { start: string; replies: "echo" | string[]; fail_at?: number }): Promise<Fields> {
    const start = fromBinary(ConverseStartSchema, Buffer.from(fields.start, "hex"));
    const { persona, query, config, agentVersion, dialogueId, resume, lastSequence } = start;
    let asked = 0;
    const assistant = async (message: string) => {
      asked += 1;
      if (asked === fields.fail_at) {
        throw new InterplayError("the agent was told to fail", { code: "ABORTED" });
      }
      return fields.replies === "echo" ? `You said: ${message}` : fields.replies[asked - 1];
    };
    const talk = this.#connected.converse({
      assistant,
      persona,
      query,
      config,
      agentVersion,
      dialogueId,
      resume,
      lastSequence,
    });
    const { turns, stopReason } = await talk.result();
    const said = turns.flatMap((turn) =>
      (["user", "assistant"] as const).map((role) => ({ role, content: turn[role]?.content ?? "" })),
    );
    return { turns: said, stop_reason: StopReason[stopReason], asked };
  }

  async watch(fields: { count: number; token?: string; from_beginning?: boolean; user_id?: string }): Promise<Fields> {
    const found: string[] = [];
    let token = fields.token ?? "";
    const request = {
      resumeToken: Buffer.from(token, "hex").toString(),
      fromBeginning: fields.from_beginning ?? false,
      userId: fields.user_id ?? "",
    };
    for await (const { event, resumeToken } of this.#connected.watchInteractions(request, { heartbeats: true })) {
      if (event.case === "published") {
        found.push(...event.value.interactions.map(({ interactionId }) => interactionId));
      }
      token = Buffer.from(resumeToken).toString("hex");
      if (found.length >= fields.count) {
        break;
      }
    }
    return { interaction_ids: found, token };
  }

  async record(fields: { stream: "monitor" | "shop"; stream_id: string; events: string[] }): Promise<Fields> {
    const bytes = fields.events.map((hex) => Buffer.from(hex, "hex"));
    const options = { maxOutstanding: 8 };
    if (fields.stream === "shop") {
      const publisher = this.#connected.eventPublisher(fields.stream_id, options);
      for (const one of bytes) {
        await publisher.append(fromBinary(FeatureEventSchema, one));
      }
      await publisher.close();
      return { committed_offset: publisher.stats().committedOffset };
    }
    const publisher = this.#connected.monitorPublisher(fields.stream_id, options);
    for (const one of bytes) {
      await publisher.append(fromBinary(MonitorEventSchema, one));
    }
    await publisher.close();
    return { committed_offset: publisher.stats().committedOffset };
  }

  async bench({ kind, ...load }: Load & { kind: "bare" | "publisher" }): Promise<Fields> {
    const cost = kind === "bare" ? await bare(this.#options, load) : await published(this.#connected, load);
    return { ...cost };
  }

  /** Ends what is open. */
  async leave(): Promise<void> {
    await this.#publisher?.abort();
    this.#client?.close();
  }

  get #connected(): Client {
    if (!this.#client) {
      throw new RangeError("connect first");
    }
    return this.#client;
  }

  get #publishing(): Publisher {
    if (!this.#publisher) {
      throw new RangeError("make a publisher first");
    }
    return this.#publisher;
  }
}

const OPERATIONS = [
  "hello",
  "wire",
  "json",
  "connect",
  "call",
  "publisher",
  "append",
  "receipts",
  "flush",
  "contexts",
  "close",
  "abort",
  "stats",
  "converse",
  "watch",
  "record",
  "bench",
] as const;

function told(fault: unknown): Fields {
  if (!(fault instanceof InterplayError)) {
    return { code: "INVALID_ARGUMENT", message: fault instanceof Error ? fault.message : String(fault) };
  }
  const { code, reason, rawMessage, violations, metadata, retryAfter } = fault;
  return {
    code,
    ...(reason ? { reason } : {}),
    ...(rawMessage ? { message: rawMessage } : {}),
    ...(violations.length > 0 ? { fields: violations.map(({ field }) => field) } : {}),
    ...(Object.keys(metadata).length > 0 ? { metadata } : {}),
    ...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
  };
}

async function answer(driver: Driver, line: string): Promise<Fields> {
  const given = JSON.parse(line) as { do: string };
  const operation = OPERATIONS.find((name) => name === given.do);
  if (!operation) {
    return { ok: false, unsupported: true };
  }
  try {
    return { ok: true, ...(await driver[operation](given as never)) };
  } catch (fault) {
    return { ok: false, error: told(fault) };
  }
}

const driver = new Driver();
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(driver, line))}\n`);
}
await driver.leave();
