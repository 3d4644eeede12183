/** `npm run conformance -- [--emit] FILE...`: runs vector files against this build. */
import {readFile} from "node:fs/promises";
import {basename} from "node:path";
import {parseArgs} from "node:util";
import {gunzipSync} from "node:zlib";
import {adapters} from "./registry.js";
import {type CaseResult, emitLine, runVectors} from "./run.js";

/** Failing cases that are shown for each file; the rest are counted. */
const MAX_SHOWN = 10;

/** Runs `files` and returns the exit status: 0 when every file could be run and every case passed. */
export async function main(argv: readonly string[], print: (line: string) => void): Promise<number> {
  const {values, positionals: files} = parseArgs({
    args: [...argv],
    options: {emit: {type: "boolean", default: false}},
    allowPositionals: true,
  });
  let passed = 0;
  let failed = 0;
  let leftOut = 0;
  for (const path of files) {
    const results = await runFile(path);
    if (typeof results === "string") {
      failed++;
      (values.emit ? console.error : print)(`FAIL ${basename(path)}: ${results}`);
      continue;
    }
    const failures = results.filter(({failure}) => failure !== null);
    const out = results.filter(({answer}) => "leftOut" in answer).length;
    passed += results.length - failures.length - out;
    failed += failures.length;
    leftOut += out;
    for (const line of values.emit ? results.map(emitLine) : reportOf(path, results, failures)) print(line);
  }
  if (files.length === 0) console.error("usage: npm run conformance -- [--emit] FILE...");
  if (!values.emit) print(`${passed} passed, ${failed} failed${leftOut === 0 ? "" : `, ${leftOut} left out`}`);
  return failed === 0 && files.length > 0 ? 0 : 1;
}

async function runFile(path: string): Promise<readonly CaseResult[] | string> {
  try {
    const bytes = await readFile(path);
    const text = path.endsWith(".gz") ? gunzipSync(bytes) : bytes;
    return await runVectors(text.toString(), adapters);
  } catch (error) {
    if (error instanceof Error && "code" in error) return error.message;
    throw error;
  }
}

/** How many cases each defect changed, as the end of a line. */
function claimed(results: readonly CaseResult[]): string {
  const ids = [...new Set(results.flatMap(({defects}) => defects))];
  return ids
    .map((id) => `, ${results.filter(({defects}) => defects.includes(id)).length} corrected for ${id}`)
    .join("");
}

/** How many cases belong to what is not built, and why, as the end of a line. */
function leftOutOf(results: readonly CaseResult[]): string {
  const reasons = results.flatMap(({answer}) => ("leftOut" in answer ? [answer.leftOut] : []));
  return [...new Set(reasons)]
    .map((reason) => `, ${reasons.filter((each) => each === reason).length} left out: ${reason}`)
    .join("");
}

function reportOf(path: string, results: readonly CaseResult[], failures: readonly CaseResult[]): string[] {
  const passed = results.filter(({answer, failure}) => failure === null && !("leftOut" in answer)).length;
  const rest = `${claimed(results)}${leftOutOf(results)}`;
  if (failures.length === 0) return [`ok   ${basename(path)}: ${passed} passed${rest}`];
  const lines = [`FAIL ${basename(path)}: ${passed} passed, ${failures.length} failed${rest}`];
  for (const {name, failure} of failures.slice(0, MAX_SHOWN)) lines.push(`     ${name}: ${failure}`);
  if (failures.length > MAX_SHOWN) lines.push(`     and ${failures.length - MAX_SHOWN} more`);
  return lines;
}

if (process.argv[1] !== undefined && import.meta.url.endsWith(`/conformance/${basename(process.argv[1])}`))
  process.exitCode = await main(process.argv.slice(2), (line) => process.stdout.write(`${line}\n`));
