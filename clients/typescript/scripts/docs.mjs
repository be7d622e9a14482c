// Runs the fragments of the guides against the server at INTERPLAY_TARGET: node scripts/docs.mjs [FILE.md ...]
// A block of `ts` is compiled strictly and run as it stands; a block of `text` behind it is what it must print.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const target = process.env.INTERPLAY_TARGET;
const folder = `${root}dist/docs`;
const given = process.argv.slice(2);
const guides = given.length > 0 ? given : [`${root}README.md`, `${root}../../docs/typescript-client.md`];

if (!target) {
  throw new Error("INTERPLAY_TARGET must name a server");
}
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

const fragments = guides.flatMap((guide) => {
  const blocks = readFileSync(guide, "utf8").matchAll(/^```ts\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?/gms);
  return [...blocks].map(([, code, printed], at) => ({ name: `${basename(guide, ".md")}-${at + 1}`, code, printed }));
});
for (const { name, code } of fragments) {
  writeFileSync(`${folder}/${name}.mts`, code.replaceAll("localhost:50051", target));
}
const settings = { rootDir: ".", outDir: ".", noUnusedParameters: false, declaration: false, sourceMap: false };
writeFileSync(
  `${folder}/tsconfig.json`,
  JSON.stringify({
    extends: "../../tsconfig.json",
    compilerOptions: settings,
    include: [],
    files: fragments.map(({ name }) => `${name}.mts`),
  }),
);
execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, "--project", folder], { stdio: "inherit" });
for (const { name, printed } of fragments) {
  const out = execFileSync(process.execPath, [`${folder}/${name}.mjs`], { encoding: "utf8", timeout: 120_000 });
  process.stdout.write(`-- ${name}\n${out}`);
  if (printed !== undefined && out !== printed) {
    throw new Error(`${name} was to print:\n${printed}`);
  }
}
