import { BlockList, isIP } from "node:net";

import { credentials as grpcCredentials, type ChannelCredentials, type ChannelOptions } from "@grpc/grpc-js";

import { serviceConfig } from "./service-config.js";

export const DEFAULT_TARGET = "localhost:50051";
/** Bytes of a message that a server takes unless it says otherwise. */
export const MAX_MESSAGE_BYTES = 16 * 2 ** 20;

const TRANSPORT_BYTES = 2 * MAX_MESSAGE_BYTES;

/** Certificates and keys, as PEM. */
export interface Tls {
  /** Authorities to trust; without them those that Node trusts. */
  readonly rootCertificates?: Uint8Array | string | undefined;
  /** The client's own certificate, for mutual TLS. */
  readonly certificateChain?: Uint8Array | string | undefined;
  /** Key of the client's certificate. */
  readonly privateKey?: Uint8Array | string | undefined;
}

/** Pings while calls are open; they find dead connections that TCP keeps for hours. */
export interface Keepalive {
  /** Seconds between pings; 30. */
  readonly time?: number;
  /** Seconds to wait for the answer to a ping; 15. */
  readonly timeout?: number;
}

/** Where the server is, who asks, and how the connection behaves. */
export interface ClientOptions {
  /** HOST:PORT, or any name that gRPC resolves; INTERPLAY_TARGET, else `localhost:50051`. */
  readonly target?: string | undefined;
  /** Sent as `authorization: Bearer KEY`; INTERPLAY_API_KEY. */
  readonly apiKey?: string | undefined;
  /** Sent as `interplay-tenant`, only needed without authentication; INTERPLAY_TENANT. */
  readonly tenant?: string | undefined;
  /** `true`, or certificates, to encrypt the connection; plaintext without. */
  readonly tls?: boolean | Tls | undefined;
  /** Ready-made credentials of gRPC instead of `tls`. */
  readonly credentials?: ChannelCredentials | undefined;
  readonly keepalive?: Keepalive | undefined;
  /** Seconds that a unary call may take unless it says otherwise, retries included; 30. Streams have no limit. */
  readonly timeout?: number | undefined;
  /** Send the API key over plaintext to a host that is not this machine. */
  readonly allowInsecure?: boolean | undefined;
}

/** All settings of a client, checked. */
export class ClientConfig {
  readonly target: string;
  readonly tenant: string | undefined;
  readonly timeout: number;
  readonly keepalive: Required<Keepalive>;
  readonly credentials: ChannelCredentials;
  readonly encrypted: boolean;
  readonly #apiKey: string | undefined;

  /** Throws TypeError or RangeError for settings that are wrong or contradict each other. */
  constructor(options: ClientOptions = {}, environment: Readonly<Record<string, string | undefined>> = process.env) {
    this.target = options.target || environment["INTERPLAY_TARGET"] || DEFAULT_TARGET;
    this.#apiKey = options.apiKey || environment["INTERPLAY_API_KEY"] || undefined;
    this.tenant = options.tenant || environment["INTERPLAY_TENANT"] || undefined;
    this.timeout = options.timeout ?? 30;
    this.keepalive = { time: 30, timeout: 15, ...options.keepalive };
    if (!(this.timeout > 0)) {
      throw new RangeError("timeout must be above 0 seconds");
    }
    if (options.tls && options.credentials) {
      throw new TypeError("give either tls or credentials");
    }
    this.encrypted = Boolean(options.tls) || options.credentials !== undefined;
    this.credentials = options.credentials ?? credentialsOf(options.tls);
    if (this.#apiKey && !this.encrypted && !options.allowInsecure && !isLoopback(this.target)) {
      throw new TypeError(
        `refusing to send the API key in plaintext to ${this.target}: ` +
          "give tls: true, or allowInsecure: true if the network itself is trusted",
      );
    }
  }

  /** What goes with every call. */
  metadata(): Record<string, string> {
    return {
      ...(this.#apiKey ? { authorization: `Bearer ${this.#apiKey}` } : {}),
      ...(this.tenant ? { "interplay-tenant": this.tenant } : {}),
    };
  }

  channelOptions(): ChannelOptions {
    return {
      "grpc.max_receive_message_length": TRANSPORT_BYTES,
      "grpc.max_send_message_length": TRANSPORT_BYTES,
      "grpc.keepalive_time_ms": Math.round(this.keepalive.time * 1000),
      "grpc.keepalive_timeout_ms": Math.round(this.keepalive.timeout * 1000),
      "grpc.enable_retries": 1,
      "grpc.service_config": JSON.stringify(serviceConfig),
      "grpc.service_config_disable_resolution": 1,
      // gRPC's own ceiling is two minutes, far too long to notice that a server came back.
      "grpc.initial_reconnect_backoff_ms": 100,
      "grpc.max_reconnect_backoff_ms": 5_000,
      // Clients of the same target would share one TCP connection, and with it its death.
      "grpc.use_local_subchannel_pool": 1,
      ...(isLoopback(this.target) ? { "grpc.enable_http_proxy": 0 } : {}),
    };
  }
}

function credentialsOf(tls: boolean | Tls | undefined): ChannelCredentials {
  if (!tls) {
    return grpcCredentials.createInsecure();
  }
  const given = tls === true ? {} : tls;
  if ((given.certificateChain === undefined) !== (given.privateKey === undefined)) {
    throw new TypeError("certificateChain and privateKey belong together");
  }
  return grpcCredentials.createSsl(pem(given.rootCertificates), pem(given.privateKey), pem(given.certificateChain));
}

function pem(value: Uint8Array | string | undefined): Buffer | null {
  return value === undefined ? null : Buffer.from(value as Uint8Array);
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** Whether a target can only be this machine. */
export function isLoopback(target: string): boolean {
  const [scheme, rest] = split(target);
  if (scheme === "unix" || scheme === "unix-abstract") {
    return true;
  }
  const address = scheme === undefined ? target : rest.slice(rest.lastIndexOf("/") + 1);
  const host = hostOf(address).toLowerCase();
  if (host === "localhost") {
    return true;
  }
  const version = isIP(host);
  return version !== 0 && LOOPBACK.check(host, version === 4 ? "ipv4" : "ipv6");
}

function split(target: string): [string | undefined, string] {
  const found = /^(unix|unix-abstract|dns|ipv4|ipv6):(.*)$/s.exec(target);
  return found ? [found[1], found[2] ?? ""] : [undefined, target];
}

function hostOf(address: string): string {
  if (address.startsWith("[")) {
    return address.slice(1).split("]", 1)[0] ?? "";
  }
  const parts = address.split(":");
  return parts.length > 2 ? address : (parts[0] ?? "");
}
