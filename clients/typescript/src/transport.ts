import {
  fromBinary,
  toBinary,
  type DescMethod,
  type DescMethodBiDiStreaming,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type DescMessage,
  type MessageShape,
} from "@bufbuild/protobuf";
import {
  Client as GrpcClient,
  Metadata,
  type CallOptions as GrpcCallOptions,
  type ClientDuplexStream,
  type ClientReadableStream,
} from "@grpc/grpc-js";

import type { ClientConfig } from "./config.js";
import { InterplayError, fromServiceError } from "./errors.js";

/** How one call behaves. */
export interface CallOptions {
  /** Seconds that the call may take; that of the client for unary calls, no limit for streams. */
  readonly timeout?: number | undefined;
  /** Cancels the call, which then fails with CANCELLED. */
  readonly signal?: AbortSignal | undefined;
}

/** Nothing was heard for too long; TCP itself may not have noticed. */
export class SilentError extends InterplayError {
  constructor(message: string) {
    super(message, { code: "UNAVAILABLE" });
  }
}

/** What is common to streams of gRPC. */
type Call<O> = ClientReadableStream<O> | ClientDuplexStream<never, O>;

/** One channel, and what every call over it has in common. */
export class Transport {
  readonly config: ClientConfig;
  readonly #metadata = new Metadata();
  readonly #open = new Set<{ cancel(): void }>();
  #client: GrpcClient | undefined;
  #closed = false;

  constructor(config: ClientConfig) {
    this.config = config;
    for (const [key, value] of Object.entries(config.metadata())) {
      this.#metadata.set(key, value);
    }
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Another connection to the same server; whoever asks must close it. */
  newClient(): GrpcClient {
    return new GrpcClient(this.config.target, this.config.credentials, this.config.channelOptions());
  }

  /** Calls a unary method, with the retries of the service config. Rejects with InterplayError. */
  unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageShape<I>,
    options: CallOptions = {},
  ): Promise<MessageShape<O>> {
    return new Promise((resolve, reject) => {
      const call = this.#shared().makeUnaryRequest(
        pathOf(method),
        (message: MessageShape<I>) => bytesOf(toBinary(method.input, message)),
        (bytes: Buffer) => fromBinary(method.output, bytes),
        request,
        this.#metadata.clone(),
        deadline(options.timeout ?? this.config.timeout),
        (error, answer) => {
          forget();
          if (error) {
            reject(fromServiceError(error, options.signal?.reason));
          } else {
            resolve(answer as MessageShape<O>);
          }
        },
      );
      const forget = this.#watched(call, options.signal);
    });
  }

  /** Calls a method that answers with a stream. */
  serverStream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageShape<I>,
    options: CallOptions = {},
    client?: GrpcClient,
  ): ClientReadableStream<MessageShape<O>> {
    const call = (client ?? this.#shared()).makeServerStreamRequest(
      pathOf(method),
      (message: MessageShape<I>) => bytesOf(toBinary(method.input, message)),
      (bytes: Buffer) => fromBinary(method.output, bytes),
      request,
      this.#metadata.clone(),
      deadline(options.timeout),
    );
    this.#follow(call, options.signal);
    return call;
  }

  /** Opens a stream in both directions. What is written are messages, or their encoding. */
  duplex<I extends DescMessage, O extends DescMessage>(
    method: DescMethodBiDiStreaming<I, O>,
    options: CallOptions = {},
    client?: GrpcClient,
  ): ClientDuplexStream<MessageShape<I> | Uint8Array, MessageShape<O>> {
    const call = (client ?? this.#shared()).makeBidiStreamRequest(
      pathOf(method),
      (message: MessageShape<I> | Uint8Array) =>
        bytesOf(message instanceof Uint8Array ? message : toBinary(method.input, message)),
      (bytes: Buffer) => fromBinary(method.output, bytes),
      this.#metadata.clone(),
      deadline(options.timeout),
    );
    this.#follow(call, options.signal);
    return call;
  }

  /** Ends the connection; calls that are open fail. */
  close(): void {
    this.#closed = true;
    for (const call of this.#open) {
      call.cancel();
    }
    this.#client?.close();
  }

  #shared(): GrpcClient {
    if (this.#closed) {
      throw new InterplayError("the client is closed", { code: "CANCELLED" });
    }
    return (this.#client ??= this.newClient());
  }

  #follow(call: Call<unknown>, signal: AbortSignal | undefined): void {
    const forget = this.#watched(call, signal);
    // Whoever reads has a listener of their own; a cancelled call that nobody reads must not end the process.
    call.on("error", () => undefined);
    call.on("status", forget);
  }

  #watched(call: { cancel(): void }, signal: AbortSignal | undefined): () => void {
    const cancel = () => call.cancel();
    this.#open.add(call);
    if (signal?.aborted) {
      // A call that is cancelled before it has begun would never end.
      setImmediate(cancel);
    } else {
      signal?.addEventListener("abort", cancel, { once: true });
    }
    return () => {
      this.#open.delete(call);
      signal?.removeEventListener("abort", cancel);
    };
  }
}

/**
 * Iterates over the answers of a call, which is cancelled when the iteration ends early.
 *
 * `silence` is how many seconds without an answer count as a dead connection. Throws InterplayError.
 */
export async function* answers<O>(call: Call<O>, silence?: number, signal?: AbortSignal): AsyncGenerator<O, void> {
  let silent = false;
  let reading = true;
  const timer =
    silence === undefined
      ? undefined
      : setTimeout(() => {
          if (reading) {
            silent = true;
            call.cancel();
          } else {
            timer?.refresh();
          }
        }, silence * 1000);
  try {
    for await (const answer of call as AsyncIterable<O>) {
      // An iteration that nobody goes on with keeps no program alive.
      timer?.unref();
      reading = false;
      yield answer;
      reading = true;
      timer?.ref().refresh();
    }
  } catch (error) {
    throw silent ? new SilentError(`nothing was heard for ${silence} s`) : fromServiceError(error, signal?.reason);
  } finally {
    clearTimeout(timer);
    call.cancel();
  }
}

function pathOf(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}

function bytesOf(encoded: Uint8Array): Buffer {
  return Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
}

function deadline(seconds: number | undefined): GrpcCallOptions {
  return seconds === undefined ? {} : { deadline: Date.now() + seconds * 1000 };
}
