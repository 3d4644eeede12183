/** Rules about who touches the process, held by reading the sources. */
import {readdirSync, readFileSync} from "node:fs";
import {join} from "node:path";
import {fileURLToPath} from "node:url";
import {expect, test} from "vitest";

const SOURCES = fileURLToPath(new URL("../../src/", import.meta.url));
const files = readdirSync(SOURCES, {recursive: true})
  .map(String)
  .filter((file) => file.endsWith(".ts"));
const withText = (pattern: RegExp): string[] =>
  files.filter((file) => pattern.test(readFileSync(join(SOURCES, file), "utf8"))).sort();

test("only host.ts and main.ts name the process's streams, and nothing prints to the console", () => {
  expect(withText(/\bprocess\.(stdin|stdout|stderr)\b/)).toEqual(["commands/host.ts", "commands/main.ts"]);
  expect(withText(/\bconsole\.\w/)).toEqual([]);
});

test("nothing under src/ ends the process", () => {
  // A negative number is the group of a child, and signal 0 is none: it asks whether there is such a process.
  expect(withText(/\bprocess\.(exit|abort|reallyExit|kill(?!\(-|\(\w+, 0\)))\b|\bprocess\.exitCode\b/)).toEqual([]);
});

test("no source throws a bare Error", () => {
  expect(withText(/\bthrow new Error\(/)).toEqual([]);
});
