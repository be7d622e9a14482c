import { create, fromBinary, toBinary, type DescMethod, type Message, type MessageInitShape } from "@bufbuild/protobuf";
import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerWritableStream,
  type UntypedHandleCall,
} from "@grpc/grpc-js";

import { InteractionService, StreamPublishResponseSchema } from "../src/v1.js";
import type { StreamAppend, StreamPublishRequest, StreamPublishResponse } from "../src/v1.js";

/** A server of gRPC that does what a test wants, which the real one would not. */
export class Peer implements AsyncDisposable {
  readonly #server = new Server();
  #port = 0;

  get target(): string {
    return `127.0.0.1:${this.#port}`;
  }

  serve(method: DescMethod, handler: UntypedHandleCall): this {
    this.#server.addService(
      {
        [method.localName]: {
          path: `/${method.parent.typeName}/${method.name}`,
          requestStream: method.methodKind === "bidi_streaming",
          responseStream: method.methodKind !== "unary",
          requestSerialize: (message: Message) => Buffer.from(toBinary(method.input, message)),
          requestDeserialize: (bytes: Buffer) => fromBinary(method.input, bytes),
          responseSerialize: (message: Message) => Buffer.from(toBinary(method.output, message)),
          responseDeserialize: (bytes: Buffer) => fromBinary(method.output, bytes),
        },
      },
      { [method.localName]: handler },
    );
    return this;
  }

  async start(): Promise<this> {
    this.#port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      );
    });
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown();
  }
}

/** A stream of a server that answers. */
export type Answers<O> = ServerWritableStream<unknown, O>;

type Call = ServerDuplexStream<StreamPublishRequest, StreamPublishResponse>;
type Answer = NonNullable<MessageInitShape<typeof StreamPublishResponseSchema>["message"]>;

/** One connection to a named stream, as the server sees it. */
export class Connection {
  readonly #call: Call;
  readonly number: number;

  constructor(call: Call, number: number) {
    this.#call = call;
    this.number = number;
  }

  say(message: Answer): void {
    this.#call.write(create(StreamPublishResponseSchema, { message }));
  }

  ack(committed: number, flushed = false): void {
    this.say({ case: "ack", value: { committedOffset: BigInt(committed), flushed } });
  }

  refuse(offset: number | undefined, code: number, text = "refused"): void {
    const value = { status: { code, message: text }, ...(offset === undefined ? {} : { offset: BigInt(offset) }) };
    this.say({ case: "appendError", value });
  }

  /** Ends the call, with a status or as a server does that was stopped. */
  end(code?: number): void {
    if (code === undefined) {
      this.#call.end();
    } else {
      this.#call.emit("error", { code, details: "ended by the test" });
    }
  }
}

/** What a test does with an append; true when it has been dealt with, else the log takes it. */
export type Interference = (connection: Connection, offset: number, append: StreamAppend) => boolean | void;

/** Serves StreamPublish with a log, as the contract says, but for what a test interferes with. */
export class Log {
  readonly contents: string[] = [];
  readonly opened: string[] = [];
  readonly heartbeats: number[] = [];
  interfere: Interference = () => false;
  /** What the server does instead of answering `finish`. */
  onFinish: ((connection: Connection) => boolean) | undefined;
  /** Connections that are not answered beyond `opened`. */
  readonly silent = new Set<number>();
  limits = { maxOutstanding: 4, maxOutstandingBytes: 1n << 20n, maxMessageBytes: 100_000n };

  async peer(): Promise<Peer> {
    return new Peer().serve(InteractionService.method.streamPublish, (call: Call) => this.#serve(call)).start();
  }

  #serve(call: Call): void {
    const connection = new Connection(call, this.opened.length);
    call.on("error", () => undefined);
    call.on("data", ({ message }: StreamPublishRequest) => {
      if (message.case !== "open" && this.silent.has(connection.number)) {
        return;
      }
      switch (message.case) {
        case "open":
          this.opened.push(message.value.streamId);
          connection.say({
            case: "opened",
            value: { nextOffset: BigInt(this.contents.length), limits: this.limits },
          });
          break;
        case "append":
          this.#append(connection, Number(message.value.offset), message.value);
          break;
        case "heartbeat":
          this.heartbeats.push(connection.number);
          connection.say({ case: "heartbeat", value: {} });
          break;
        case "flush":
          connection.ack(this.contents.length, true);
          break;
        case "finish":
          if (!this.onFinish?.(connection)) {
            connection.say({ case: "finished", value: { committedOffset: BigInt(this.contents.length) } });
            connection.end();
          }
          break;
        default:
      }
    });
  }

  #append(connection: Connection, offset: number, append: StreamAppend): void {
    if (this.interfere(connection, offset, append)) {
      return;
    }
    if (offset > this.contents.length) {
      connection.refuse(offset, 11, "an earlier append is missing");
      return;
    }
    if (offset === this.contents.length) {
      this.take(append);
    }
    connection.ack(this.contents.length);
  }

  take(append: StreamAppend): void {
    this.contents.push(append.interactions.map(({ content }) => content).join("+"));
  }
}
