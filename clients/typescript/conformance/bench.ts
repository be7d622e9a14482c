import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Client as GrpcClient, Metadata, type ClientDuplexStream } from "@grpc/grpc-js";

import { ClientConfig, type ClientOptions } from "../src/config.js";
import type { Client } from "../src/index.js";
import {
  InteractionDataSchema,
  StreamPublishRequestSchema,
  StreamPublishResponseSchema,
  type StreamPublishRequest,
  type StreamPublishResponse,
} from "../src/v1.js";

/** What is to be published. */
export interface Load {
  readonly stream_id: string;
  /** How many appends. */
  readonly appends: number;
  /** Interactions in each. */
  readonly interactions: number;
  readonly content: string;
}

/** From the first append to the last ack. */
export interface Cost {
  readonly seconds: number;
  readonly cpu_seconds: number;
}

/** Over the publisher. */
export async function published(client: Client, load: Load): Promise<Cost> {
  const rows = Array.from({ length: load.interactions }, () =>
    create(InteractionDataSchema, { content: load.content }),
  );
  const publisher = client.publisher(load.stream_id, { userId: "bench", sessionId: load.stream_id });
  await (
    await publisher.append(rows)
  ).ack;
  const took = stopwatch();
  for (let sent = 0; sent < load.appends; sent += 1) {
    await publisher.append(rows);
  }
  await publisher.drain();
  const cost = took();
  await publisher.close();
  return cost;
}

/** Over the generated messages and gRPC alone: acks are counted and nothing else. */
export async function bare(options: ClientOptions, load: Load): Promise<Cost> {
  const config = new ClientConfig(options);
  const client = new GrpcClient(config.target, config.credentials, config.channelOptions());
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(config.metadata())) {
    metadata.set(key, value);
  }
  const call: ClientDuplexStream<StreamPublishRequest, StreamPublishResponse> = client.makeBidiStreamRequest(
    "/interplay.v1.InteractionService/StreamPublish",
    (request: StreamPublishRequest) => Buffer.from(toBinary(StreamPublishRequestSchema, request)),
    (bytes: Buffer) => fromBinary(StreamPublishResponseSchema, bytes),
    metadata,
  );
  try {
    return await exchanged(call, load);
  } finally {
    call.cancel();
    client.close();
  }
}

async function exchanged(
  call: ClientDuplexStream<StreamPublishRequest, StreamPublishResponse>,
  load: Load,
): Promise<Cost> {
  const interactions = Array.from({ length: load.interactions }, () =>
    create(InteractionDataSchema, { content: load.content }),
  );
  const stream_id = load.stream_id;
  const send = (message: Parameters<typeof create<typeof StreamPublishRequestSchema>>[1]) =>
    call.write(create(StreamPublishRequestSchema, message));
  return new Promise((resolve, reject) => {
    let room = 0;
    let sent = 0;
    let committed = 0;
    let took = stopwatch();
    let cost: Cost | undefined;
    const write = () => {
      // The first append warms the way; the clock starts behind it.
      while (sent - committed < room && sent <= load.appends && (sent === 0 || committed > 0)) {
        const open = send({ message: { case: "append", value: { offset: BigInt(sent), interactions } } });
        sent += 1;
        if (!open) {
          call.once("drain", write);
          return;
        }
      }
    };
    call.on("error", (error) => (cost ? resolve(cost) : reject(error)));
    call.on("data", ({ message }: StreamPublishResponse) => {
      switch (message.case) {
        case "opened":
          room = message.value.limits?.maxOutstanding ?? 1;
          write();
          break;
        case "ack":
          if (committed === 0 && message.value.committedOffset > 0n) {
            took = stopwatch();
          }
          committed = Math.max(committed, Number(message.value.committedOffset));
          if (committed > load.appends && !cost) {
            cost = took();
            send({ message: { case: "finish", value: {} } });
          }
          write();
          break;
        case "appendError":
          reject(new Error(`an append was refused: ${message.value.status?.message}`));
          break;
        case "finished":
          if (cost) {
            resolve(cost);
          }
          break;
        default:
      }
    });
    send({ message: { case: "open", value: { streamId: stream_id, userId: "bench", sessionId: stream_id } } });
  });
}

/** Starts a clock; the function that it returns reads it. */
function stopwatch(): () => Cost {
  const began = performance.now();
  const worked = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(worked);
    return { seconds: (performance.now() - began) / 1000, cpu_seconds: (user + system) / 1e6 };
  };
}
