import {
  create,
  type DescMethod,
  type DescMethodBiDiStreaming,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type DescMessage,
  type DescService,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";

import { answers, type CallOptions, type Transport } from "./transport.js";

/** A method with one answer. Requests are plain objects or messages. Rejects with InterplayError. */
export type UnaryMethod<I extends DescMessage, O extends DescMessage> = (
  request: MessageInitShape<I>,
  options?: CallOptions,
) => Promise<MessageShape<O>>;

/** A method that answers with a stream; leaving the iteration cancels the call. */
export type ServerStreamMethod<I extends DescMessage, O extends DescMessage> = (
  request: MessageInitShape<I>,
  options?: CallOptions,
) => AsyncGenerator<MessageShape<O>, void>;

/** A method with streams in both directions; the client's ends where the given iteration ends. */
export type BidiMethod<I extends DescMessage, O extends DescMessage> = (
  requests: AsyncIterable<MessageInitShape<I>> | Iterable<MessageInitShape<I>>,
  options?: CallOptions,
) => AsyncGenerator<MessageShape<O>, void>;

/** Every method of a service, as generated. */
export type ServiceClient<S extends DescService> = {
  readonly [K in keyof S["method"]]: S["method"][K] extends DescMethodUnary<infer I, infer O>
    ? UnaryMethod<I, O>
    : S["method"][K] extends DescMethodServerStreaming<infer I, infer O>
      ? ServerStreamMethod<I, O>
      : S["method"][K] extends DescMethodBiDiStreaming<infer I, infer O>
        ? BidiMethod<I, O>
        : never;
};

/**
 * The methods of a service over a transport.
 *
 * Writes whose request has a `request_id` get one where it is empty, so that the retries of a lost call double nothing.
 */
export function serviceClient<S extends DescService>(service: S, transport: Transport): ServiceClient<S> {
  const methods: Record<string, unknown> = {};
  for (const method of service.methods) {
    methods[method.localName] = methodOf(method, transport);
  }
  return methods as ServiceClient<S>;
}

function methodOf(given: DescMethod, transport: Transport): unknown {
  switch (given.methodKind) {
    case "unary": {
      const method = given as DescMethodUnary;
      const identified = isIdempotentWrite(method);
      const call: UnaryMethod<DescMessage, DescMessage> = async (init, options) => {
        const request = create(method.input, init);
        return transport.unary(method, identified ? withRequestId(request) : request, options);
      };
      return call;
    }
    case "server_streaming": {
      const method = given as DescMethodServerStreaming;
      const call: ServerStreamMethod<DescMessage, DescMessage> = (request, options) =>
        answers(transport.serverStream(method, create(method.input, request), options), undefined, options?.signal);
      return call;
    }
    case "bidi_streaming": {
      const method = given as DescMethodBiDiStreaming;
      const call: BidiMethod<DescMessage, DescMessage> = (requests, options) =>
        exchanged(transport, method, requests, options);
      return call;
    }
    default:
      throw new TypeError(`${given.parent.typeName}.${given.name} streams in a way that no method of Interplay does`);
  }
}

async function* exchanged<I extends DescMessage, O extends DescMessage>(
  transport: Transport,
  method: DescMethodBiDiStreaming<I, O>,
  requests: AsyncIterable<MessageInitShape<I>> | Iterable<MessageInitShape<I>>,
  options: CallOptions | undefined,
): AsyncGenerator<MessageShape<O>, void> {
  const call = transport.duplex(method, options);
  const ended = new Promise<void>((resolve) => call.once("status", () => resolve()));
  let fault: { readonly error: unknown } | undefined;
  const write = async () => {
    try {
      for await (const request of requests) {
        if (!call.writable) {
          return;
        }
        if (!call.write(create(method.input, request))) {
          await Promise.race([new Promise((resolve) => call.once("drain", resolve)), ended]);
        }
      }
      call.end();
    } catch (error) {
      fault = { error };
      call.cancel();
    }
  };
  void write();
  try {
    yield* answers(call, undefined, options?.signal);
  } catch (error) {
    throw fault ? fault.error : error;
  }
}

/** Whether a method writes once for each request_id. */
export function isIdempotentWrite(method: DescMethod): boolean {
  const reads = /^(Get|List|Search|Find|Watch)/.test(method.name);
  return !reads && method.input.fields.some((field) => field.localName === "requestId" && field.oneof === undefined);
}

function withRequestId<M extends object>(request: M): M {
  const message = request as { requestId?: string };
  // A message that the caller made stays as it is.
  return message.requestId ? request : { ...request, requestId: crypto.randomUUID() };
}

/**
 * Iterates over the pages of a list method: `for await (const page of pages(client.interactions.listInteractions, {}))`.
 *
 * The next page is asked for when the last one was taken.
 */
export async function* pages<
  Q extends { pageToken?: string | undefined },
  A extends { readonly nextPageToken: string },
>(
  method: (request: Q, options?: CallOptions) => Promise<A>,
  request: Q,
  options?: CallOptions,
): AsyncGenerator<A, void> {
  let asked = request;
  for (;;) {
    const page = await method(asked, options);
    yield page;
    if (!page.nextPageToken) {
      return;
    }
    asked = { ...asked, pageToken: page.nextPageToken };
  }
}
