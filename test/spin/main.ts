/**
 * `npm run spin [-- --views N]`: has spin look at every state of `hotstuff.pml`, with three views and with N (6), and
 * shows that agreement is lost as soon as one of its rules is taken out. Status 0 also where there is no spin.
 */
import {spawnSync} from "node:child_process";
import {mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import path from "node:path";
import {parseArgs} from "node:util";

const MODEL = path.join(import.meta.dirname, "hotstuff.pml");
/** Steps of the longest run by far; spin says so when they are too few. */
const MAX_DEPTH = 10_000;

interface Variant {
  readonly name: string;
  readonly views: number;
  /** What the model is made without; null for the protocol as it is. */
  readonly without: string | null;
}

const variants = (views: number): readonly Variant[] => [
  {name: "the protocol", views: 3, without: null},
  {name: "the protocol", views, without: null},
  {name: "half of the power is a quorum", views: 3, without: "WEAK_QUORUM"},
  {name: "two votes in a view", views: 3, without: "VOTE_TWICE"},
  // Two final blocks that the lock keeps apart take three views each.
  {name: "no lock", views: 6, without: "NO_LOCK"},
  {name: "commits over views without a block", views: 6, without: "OVER_GAPS"},
];

const has = (program: string): boolean => spawnSync(program, ["-V"], {stdio: "ignore"}).error === undefined;

function run(program: string, argv: readonly string[], cwd: string): string {
  const {status, stdout, stderr, error} = spawnSync(program, argv, {
    cwd,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error) throw error;
  // The checker itself ends with 0 whether or not it found an error.
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}${stdout}`.slice(0, 2_000));
  return stdout;
}

interface Checked {
  readonly states: number;
  /** The run that breaks agreement, a line for each step; null when there is none. */
  readonly trail: readonly string[] | null;
}

function check({views, without}: Variant): Checked {
  const folder = mkdtempSync(path.join(tmpdir(), "qsdm-spin-"));
  try {
    const defined = [`-DVIEWS=${views}`, ...(without === null ? [] : [`-D${without}`])];
    run("spin", ["-a", ...defined, MODEL], folder);
    run("cc", ["-O2", "-DSAFETY", "-o", "pan", "pan.c"], folder);
    const report = run("./pan", [`-m${MAX_DEPTH}`], folder);
    const errors = /errors: (\d+)/.exec(report)?.[1];
    const states = /(\d+) states, stored/.exec(report)?.[1];
    if (errors === undefined || states === undefined || report.includes("max search depth too small"))
      throw new Error(`the search did not end: ${report.slice(0, 2_000)}`);
    if (errors === "0") return {states: Number(states), trail: null};
    const trail = run("spin", ["-t", "-p", ...defined, "-k", "hotstuff.pml.trail", MODEL], folder);
    return {states: Number(states), trail: trail.split("\n").filter((line) => /^\s*view \d+:/.test(line))};
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

function main(argv: readonly string[]): number {
  const {values} = parseArgs({
    args: [...argv],
    options: {views: {type: "string", default: "6"}, trail: {type: "boolean", default: false}},
  });
  const views = Number(values.views);
  if (!Number.isInteger(views) || views < 3 || views > 9) throw new Error("--views takes 3 to 9");
  const missing = ["spin", "cc"].filter((program) => !has(program));
  if (missing.length > 0) {
    console.log(`skipped: ${missing.join(" and ")} not found (Debian: apt-get install spin gcc)`);
    return 0;
  }
  let failed = 0;
  for (const variant of variants(views)) {
    const {states, trail} = check(variant);
    const asExpected = (trail === null) === (variant.without === null);
    if (!asExpected) failed++;
    const found = trail === null ? "agreement in every state" : "agreement lost";
    console.log(
      `${asExpected ? "ok  " : "FAIL"} ${variant.name}, ${variant.views} views: ${found}, ${states} states looked at`,
    );
    if (trail !== null && (values.trail || !asExpected)) for (const line of trail) console.log(`     ${line.trim()}`);
  }
  return failed === 0 ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
