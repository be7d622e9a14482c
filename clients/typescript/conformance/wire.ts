import {
  createRegistry,
  fromBinary,
  fromJson,
  toBinary,
  type DescMessage,
  type JsonValue,
  type Message,
} from "@bufbuild/protobuf";
import { reflect, type ReflectMessage } from "@bufbuild/protobuf/reflect";

import { ErrorInfoSchema, file_google_rpc_error_details } from "../src/gen/google/rpc/error_details_pb.js";
import { file_google_rpc_status } from "../src/gen/google/rpc/status_pb.js";
import * as v1 from "../src/v1.js";

const files = Object.entries(v1).flatMap(([name, value]) => (name.startsWith("file_") ? [value] : []));

/** Every message of Interplay and of google.rpc. */
export const registry = createRegistry(
  ...(files as (typeof file_google_rpc_status)[]),
  file_google_rpc_status,
  file_google_rpc_error_details,
);

/** The generated class of a message by its full name. Throws RangeError. */
export function schemaOf(name: string): DescMessage {
  const schema = registry.getMessage(name);
  if (!schema) {
    throw new RangeError(`no message is called ${name}; one of them is ${ErrorInfoSchema.typeName}`);
  }
  return schema;
}

export function decode(schema: DescMessage, hex: string): Message {
  return fromBinary(schema, Buffer.from(hex, "hex"));
}

export function parse(schema: DescMessage, json: JsonValue): Message {
  return fromJson(schema, json, { registry });
}

/** Lower-case hex of the encoding, with the keys of maps in order. */
export function encode(schema: DescMessage, message: Message): string {
  order(reflect(schema, message));
  return Buffer.from(toBinary(schema, message)).toString("hex");
}

function order(message: ReflectMessage): void {
  for (const field of message.sortedFields) {
    if (!message.isSet(field)) {
      continue;
    }
    if (field.fieldKind === "map") {
      const map = message.get(field);
      const entries = [...map].sort(([one], [other]) => compare(one, other));
      map.clear();
      for (const [key, value] of entries) {
        map.set(key, value);
      }
      if (field.mapKind === "message") {
        for (const [, value] of entries) {
          order(value as ReflectMessage);
        }
      }
    } else if (field.fieldKind === "message") {
      const value = message.get(field);
      order(value);
      // A Struct is kept as a plain object, of which this is a copy.
      message.set(field, value);
    } else if (field.fieldKind === "list" && field.listKind === "message") {
      for (const value of message.get(field)) {
        order(value as ReflectMessage);
      }
    }
  }
}

function compare(one: unknown, other: unknown): number {
  if (typeof one === "string" && typeof other === "string") {
    return Buffer.compare(Buffer.from(one), Buffer.from(other));
  }
  return Number(one) - Number(other);
}
