/**
 * `npm run test:powerloss`: records the node and the commands that write history, cuts the power at every call, and
 * opens what each cut could leave. `--states N` says how many states are opened, `--seed N` which are drawn, `--only
 * NAME,…` which histories, `--jobs N` how many processes open them; `--json` prints one document. Interrupted, it tells of
 * what was opened until then.
 */
import {existsSync, mkdtempSync, rmSync} from "node:fs";
import {availableParallelism, tmpdir} from "node:os";
import path from "node:path";
import {parseArgs} from "node:util";
import {Campaign} from "./campaign.js";
import {allOf, type CheckResult} from "./check.js";
import {buildPreload, unfit} from "./preload.js";
import {readRecording} from "./recording.js";
import {WORKLOADS} from "./recordings.js";

const OPTIONS = {
  states: {type: "string", default: "100000"},
  seed: {type: "string", default: "1"},
  blocks: {type: "string", default: "10"},
  only: {type: "string", default: Object.keys(WORKLOADS).join()},
  jobs: {type: "string", default: String(availableParallelism())},
  json: {type: "boolean", default: false},
} as const;
/** Violations that are printed of each history. */
const TOLD = 5;

/** A directory in memory where there is one: the states of a campaign are gigabytes. */
const inMemory = (): string => (existsSync("/dev/shm") ? "/dev/shm" : tmpdir());

interface Outcome extends Omit<CheckResult, "states" | "found"> {
  readonly name: string;
  readonly states: number;
  readonly found: number;
}

async function main(argv: readonly string[]): Promise<number> {
  const {values} = parseArgs({args: [...argv], options: OPTIONS});
  const reason = unfit();
  const names = values.only.split(",");
  if (reason !== null || names.some((name) => !WORKLOADS[name])) {
    process.stderr.write(`${reason ?? `histories are ${Object.keys(WORKLOADS).join(", ")}`}\n`);
    return 2;
  }
  const startedMs = performance.now();
  const scratch = mkdtempSync(path.join(inMemory(), "qsdm-powerloss-"));
  const results: Outcome[] = [];
  const campaign = new Campaign(Number(values.jobs), {
    seed: Number(values.seed),
    scratch,
    progress: (name, states) => process.stderr.write(`${name}: ${states} states\n`),
  });
  let isInterrupted = false;
  const interrupt = (): void => {
    isInterrupted = true;
    campaign.stop();
  };
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  try {
    const library = buildPreload(scratch);
    const recordings = [];
    for (const name of names) {
      if (isInterrupted) break;
      const recorded = await WORKLOADS[name]!.record(library, path.join(scratch, name), {
        blocks: Number(values.blocks),
      });
      const [from, to] = allOf(readRecording(WORKLOADS[name]!, recorded));
      recordings.push({name, recorded, points: to - from});
    }
    // What a short one has too few of, longer ones make up for.
    recordings.sort((a, b) => a.points - b.points);
    let missing = Number(values.states);
    for (const [at, {name, recorded}] of recordings.entries()) {
      if (isInterrupted) break;
      const result = await campaign.check(name, recorded, Math.ceil(missing / (recordings.length - at)));
      missing -= result.states.length;
      const outcome = {...result, name, states: result.states.length, found: result.found.length};
      results.push(outcome);
      if (!values.json) describe(outcome);
    }
  } finally {
    campaign.close();
    rmSync(scratch, {recursive: true, force: true});
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  const states = results.reduce((sum, each) => sum + each.states, 0);
  if (values.json) process.stdout.write(`${JSON.stringify({seed: Number(values.seed), states, seconds, results})}\n`);
  else process.stdout.write(`${states} states in ${Math.round(seconds)} s, seed ${values.seed}\n`);
  return isInterrupted || results.some(({violations}) => violations.length > 0) ? 1 : 0;
}

function describe({name, points, states, found, violations}: Outcome): void {
  const outcome = violations.length === 0 ? "sound" : `${violations.length} FAILED`;
  process.stdout.write(`${name}: ${states} states at ${points} points, ${found} different contents: ${outcome}\n`);
  for (const {point, what, fates} of violations.slice(0, TOLD))
    process.stdout.write(`  after call ${point}: ${what}\n${fates.map((fate) => `    ${fate}\n`).join("")}`);
}

// A node that was started in this process leaves threads behind.
process.exit(await main(process.argv.slice(2)));
