// Writes what follows from other files: the retries that all clients share, and the list of generated messages.
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";

const shared = new URL("../../service_config.json", import.meta.url);

if (existsSync(shared)) {
  const text = JSON.stringify(JSON.parse(readFileSync(shared, "utf8")), undefined, 2);
  write(
    "service-config.ts",
    `// Made by scripts/embed.mjs from clients/service_config.json. DO NOT EDIT.\n
/** Which unary methods are tried again, and how; in the format of gRPC's service config. */
export const serviceConfig: object = ${text};\n`,
  );
}

const files = readdirSync(new URL("../src/gen/interplay/v1", import.meta.url)).sort();
const exported = files.map((file) => `export * from "./gen/interplay/v1/${file.replace(/\.ts$/, ".js")}";\n`);
write("v1.ts", `// Made by scripts/embed.mjs from the generated files. DO NOT EDIT.\n\n${exported.join("")}`);

/** Leaves a file alone that says the same already. */
function write(name, text) {
  const path = new URL(`../src/${name}`, import.meta.url);
  if (!existsSync(path) || readFileSync(path, "utf8") !== text) {
    writeFileSync(path, text);
  }
}
