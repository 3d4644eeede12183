/**
 * `npm run sim:planted`: plants each bug of `planted.ts` into a scratch copy of the sources, runs seeds there until a
 * checker notices, and prints which did. `--only N` plants one, `--seeds N` says how many seeds a bug is given.
 */
import {spawnSync} from "node:child_process";
import {cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import path from "node:path";
import {parseArgs} from "node:util";
import {PLANTED, type PlantedBug} from "./planted.js";

const ROOT = path.resolve(import.meta.dirname, "../..");
/** At most this many may stay unnoticed. */
const UNNOTICED_MAX = 1;

interface Found {
  readonly seed: number;
  readonly checker: string;
  readonly what: string;
}

/** The source with an edit made. @throws Error when it does not fit the source any more */
export function planted(source: string, find: string, replace: string): string {
  const parts = source.split(find);
  if (parts.length !== 2) throw new Error(`occurs ${parts.length - 1} times, not once: ${find}`);
  return parts.join(replace);
}

function hunt({edits}: PlantedBug, seeds: number): Found | null {
  const scratch = mkdtempSync(path.join(tmpdir(), "qsdm-planted-"));
  try {
    for (const part of ["src", "test/sim", "test/support", "package.json", "tsconfig.json"])
      cpSync(path.join(ROOT, part), path.join(scratch, part), {recursive: true});
    symlinkSync(path.join(ROOT, "node_modules"), path.join(scratch, "node_modules"));
    symlinkSync(path.join(ROOT, "native"), path.join(scratch, "native"));
    for (const {file, find, replace} of edits) {
      const target = path.join(scratch, file);
      writeFileSync(target, planted(readFileSync(target, "utf8"), find, replace));
    }
    const argv = ["test/sim/main.ts", "--seeds", `1..${seeds}`, "--stop-at-first"];
    const {stdout, stderr} = spawnSync(path.join(ROOT, "node_modules/.bin/tsx"), argv, {
      cwd: scratch,
      encoding: "utf8",
    });
    const seed = /^seed (\d+): FAILED/m.exec(stdout);
    const violation = /^ {2}([a-z-]+) at \d+ ms: (.*)$/m.exec(stdout);
    if (seed && violation) return {seed: Number(seed[1]), checker: violation[1]!, what: violation[2]!};
    if (!/0 failed/.test(stdout)) throw new Error(`the simulator did not run: ${stderr.slice(-2_000)}`);
    return null;
  } finally {
    rmSync(scratch, {recursive: true, force: true});
  }
}

function main(argv: readonly string[]): number {
  const {values} = parseArgs({
    args: [...argv],
    options: {only: {type: "string"}, seeds: {type: "string", default: "1000"}},
  });
  const chosen = PLANTED.map((bug, i) => ({bug, number: i + 1})).filter(
    ({number}) => values.only === undefined || values.only.split(",").includes(`${number}`),
  );
  let unnoticed = 0;
  for (const {bug, number} of chosen) {
    const found = hunt(bug, Number(values.seeds));
    if (!found) unnoticed++;
    const result = found ? `caught by ${found.checker} in seed ${found.seed}: ${found.what}` : "NOT CAUGHT";
    const asNamed =
      !found || bug.caughtBy.some((checker) => checker === found.checker) ? "" : " (another was expected)";
    process.stdout.write(`${`${number}`.padStart(2)} ${bug.name}\n   ${result}${asNamed}\n`);
  }
  process.stdout.write(`${chosen.length - unnoticed} of ${chosen.length} planted bugs caught\n`);
  return unnoticed <= UNNOTICED_MAX ? 0 : 1;
}

if (process.argv[1] === import.meta.filename) process.exitCode = main(process.argv.slice(2));
