import { fromBinary, type DescMessage } from "@bufbuild/protobuf";
import { anyUnpack, durationMs } from "@bufbuild/protobuf/wkt";
import { status as Status, type ServiceError } from "@grpc/grpc-js";

import {
  BadRequestSchema,
  ErrorInfoSchema,
  PreconditionFailureSchema,
  QuotaFailureSchema,
  RequestInfoSchema,
  ResourceInfoSchema,
  RetryInfoSchema,
} from "./gen/google/rpc/error_details_pb.js";
import { StatusSchema, type Status as StatusMessage } from "./gen/google/rpc/status_pb.js";

const STATUS_KEY = "grpc-status-details-bin";

/** Name of a gRPC status, for example `NOT_FOUND`. */
export type Code = Exclude<keyof typeof Status, "OK">;

/** One broken rule. */
export interface Violation {
  /** Path of the field, for example `interactions[2].role`; or the subject of a precondition or quota. */
  readonly field: string;
  /** What is wrong with it. */
  readonly description: string;
}

/** What is known of a failure besides its sentence. */
export interface ErrorDetails {
  readonly code: Code;
  readonly reason?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly violations?: readonly Violation[];
  readonly retryAfter?: number | undefined;
  readonly requestId?: string;
  readonly resource?: { readonly type: string; readonly name: string } | undefined;
  readonly cause?: unknown;
}

/** A call that failed, an append that was refused, or a publisher that stopped. */
export class InterplayError extends Error {
  /** Name of the gRPC status. */
  readonly code: Code;
  /** Why: a name of `ErrorReason` without its prefix; empty where the failure is the transport's, not the server's. */
  readonly reason: string;
  /** One sentence for a person; `message` is the same after code and reason. */
  readonly rawMessage: string;
  /** What the reason is about. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Every broken rule. */
  readonly violations: readonly Violation[];
  /** Seconds after which a retry makes sense. */
  readonly retryAfter: number | undefined;
  /** Id of the call in the server's log, or empty. */
  readonly requestId: string;
  /** Type and name of what was not found or exists already. */
  readonly resource: { readonly type: string; readonly name: string } | undefined;

  constructor(message: string, details: ErrorDetails) {
    const head = details.reason ? `${details.code} (${details.reason})` : details.code;
    super(message ? `${head}: ${message}` : head, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = details.code;
    this.reason = details.reason ?? "";
    this.rawMessage = message;
    this.metadata = details.metadata ?? {};
    this.violations = details.violations ?? [];
    this.retryAfter = details.retryAfter;
    this.requestId = details.requestId ?? "";
    this.resource = details.resource;
  }
}

/** The publisher's buffer has no room; nothing was sent. RESOURCE_EXHAUSTED. */
export class BufferFullError extends InterplayError {
  constructor(message: string) {
    super(message, { code: "RESOURCE_EXHAUSTED" });
  }
}

/** The publisher was closed or aborted. CANCELLED. */
export class PublisherClosedError extends InterplayError {
  constructor(message: string) {
    super(message, { code: "CANCELLED" });
  }
}

/** The error that a `google.rpc.Status` stands for, as it comes inside streams and operations. */
export function fromStatus(status: StatusMessage | undefined): InterplayError {
  return new InterplayError(status?.message ?? "", { code: codeOf(status?.code), ...detailsOf(status) });
}

/** The error that a failed call stands for; without readable details it has its code and sentence only. */
export function fromServiceError(error: unknown, cause?: unknown): InterplayError {
  if (error instanceof InterplayError) {
    return error;
  }
  if (!isServiceError(error)) {
    const message = error instanceof Error ? error.message : String(error);
    return new InterplayError(message, { code: "INTERNAL", cause: error });
  }
  const trailer = error.metadata?.get(STATUS_KEY)[0];
  return new InterplayError(error.details, {
    code: codeOf(error.code),
    ...(trailer instanceof Uint8Array ? detailsOf(decoded(trailer)) : {}),
    cause,
  });
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && typeof (error as Partial<ServiceError>).code === "number" && "details" in error;
}

function codeOf(code: number | undefined): Code {
  const name = Status[code ?? Status.UNKNOWN];
  return name === undefined || name === "OK" ? "UNKNOWN" : (name as Code);
}

function decoded(trailer: Uint8Array): StatusMessage | undefined {
  try {
    return fromBinary(StatusSchema, trailer);
  } catch {
    // A proxy may mangle the trailer; the code and the sentence still hold.
    return undefined;
  }
}

function detailsOf(status: StatusMessage | undefined): Omit<ErrorDetails, "code"> {
  const found = <D extends DescMessage>(schema: D) => {
    for (const detail of status?.details ?? []) {
      try {
        const message = anyUnpack(detail, schema);
        if (message) {
          return message;
        }
      } catch {
        continue;
      }
    }
    return undefined;
  };
  const info = found(ErrorInfoSchema);
  const delay = found(RetryInfoSchema)?.retryDelay;
  const resource = found(ResourceInfoSchema);
  return {
    reason: info?.reason ?? "",
    metadata: { ...info?.metadata },
    violations: [
      ...(found(BadRequestSchema)?.fieldViolations ?? []).map(({ field, description }) => ({ field, description })),
      ...(found(PreconditionFailureSchema)?.violations ?? []).map(bySubject),
      ...(found(QuotaFailureSchema)?.violations ?? []).map(bySubject),
    ],
    retryAfter: delay && durationMs(delay) / 1000,
    requestId: found(RequestInfoSchema)?.requestId ?? "",
    resource: resource && { type: resource.resourceType, name: resource.resourceName },
  };
}

function bySubject(violation: { subject: string; description: string }): Violation {
  return { field: violation.subject, description: violation.description };
}

// What gRPC itself says of a connection that broke under a stream. Errors of the server carry a reason as well.
const BROKEN: ReadonlySet<Code> = new Set(["UNAVAILABLE", "UNKNOWN", "INTERNAL", "CANCELLED", "DEADLINE_EXCEEDED"]);

/** Whether a stream that ended so is worth opening again: the connection broke, or the server cannot just now. */
export function mayReconnect(error: InterplayError): boolean {
  if (error.code === "UNAVAILABLE" || error.code === "RESOURCE_EXHAUSTED") {
    return true;
  }
  return BROKEN.has(error.code) && !error.reason;
}
