/**
 * `npm run test:powerloss`: records the node and the commands that write history, cuts the power at every call, and
 * opens what each cut could leave. `--states N` says how many states are opened, `--seed N` which are drawn, `--only
 * NAME,…` which histories; `--json` prints one document.
 */
import {existsSync, mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import path from "node:path";
import {parseArgs} from "node:util";
import {type CheckResult, checkRecording, sampleOf} from "./check.js";
import {buildPreload, unfit} from "./preload.js";
import {RECORDINGS} from "./recordings.js";

const OPTIONS = {
  states: {type: "string", default: "100000"},
  seed: {type: "string", default: "1"},
  blocks: {type: "string", default: "20"},
  only: {type: "string", default: Object.keys(RECORDINGS).join()},
  json: {type: "boolean", default: false},
} as const;
/** Violations that are printed of each history. */
const TOLD = 5;

/** A directory in memory where there is one: the states of a campaign are gigabytes. */
const inMemory = (): string => (existsSync("/dev/shm") ? "/dev/shm" : tmpdir());

async function main(argv: readonly string[]): Promise<number> {
  const {values} = parseArgs({args: [...argv], options: OPTIONS});
  const reason = unfit();
  const names = values.only.split(",");
  if (reason !== null || names.some((name) => !RECORDINGS[name])) {
    process.stderr.write(`${reason ?? `histories are ${Object.keys(RECORDINGS).join(", ")}`}\n`);
    return 2;
  }
  const scratch = mkdtempSync(path.join(inMemory(), "qsdm-powerloss-"));
  const results: ({name: string} & CheckResult)[] = [];
  try {
    const library = buildPreload(scratch);
    for (const name of names) {
      const size = {blocks: Number(values.blocks), startsOneIn: 1};
      const recording = await RECORDINGS[name]!(library, path.join(scratch, "recording"), size);
      const result = await checkRecording(recording, {
        ...sampleOf(recording, {seed: Number(values.seed), states: Math.ceil(Number(values.states) / names.length)}),
        scratch: path.join(scratch, "state"),
        progress: (states) => process.stderr.write(`${name}: ${states} states\n`),
      });
      results.push({name, ...result});
      if (!values.json) describe(name, result);
    }
  } finally {
    rmSync(scratch, {recursive: true, force: true});
  }
  if (values.json) process.stdout.write(`${JSON.stringify({seed: Number(values.seed), results})}\n`);
  return results.some(({violations}) => violations.length > 0) ? 1 : 0;
}

function describe(name: string, {points, states, found, violations}: CheckResult): void {
  const outcome = violations.length === 0 ? "sound" : `${violations.length} FAILED`;
  process.stdout.write(`${name}: ${states} states at ${points} points, ${found} different contents: ${outcome}\n`);
  for (const {point, what, fates} of violations.slice(0, TOLD))
    process.stdout.write(`  after call ${point}: ${what}\n${fates.map((fate) => `    ${fate}\n`).join("")}`);
}

// A node that was started in this process leaves threads behind.
process.exit(await main(process.argv.slice(2)));
