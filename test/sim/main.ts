/**
 * `npm run sim -- --seeds 1..200`: runs seeds, prints what failed, and writes the slice into the seed ledger.
 * `--next N` goes on where the ledger ends, `--replay SEED` prints one run event by event, `--twice` runs each seed two
 * times and compares, `--crypto real` signs with ML-DSA, `--block-ms 10000` has a block every ten seconds.
 */
import {execFileSync} from "node:child_process";
import {parseArgs} from "node:util";
import {runSeed, type SimResult} from "./run.js";
import {appendSlice, nextSeed, readSlices} from "./seed-ledger.js";

const OPTIONS = {
  seeds: {type: "string"},
  next: {type: "string"},
  replay: {type: "string"},
  crypto: {type: "string", default: "fake"},
  "block-ms": {type: "string", default: "1000"},
  ledger: {type: "string", default: ".sim/seeds.jsonl"},
  twice: {type: "boolean", default: false},
  "stop-at-first": {type: "boolean", default: false},
} as const;

type Print = (line: string) => void;

export async function main(argv: readonly string[], print: Print): Promise<number> {
  const {values} = parseArgs({args: [...argv], options: OPTIONS});
  const crypto = values.crypto === "real" ? "real" : "fake";
  const blockMs = Number(values["block-ms"]);
  if (values.replay !== undefined) {
    const result = await runSeed({seed: Number(values.replay), crypto, blockMs, print});
    describe(result, print);
    return result.violations.length === 0 ? 0 : 1;
  }
  const slices = readSlices(values.ledger);
  const range = rangeOf(values, nextSeed(slices));
  if (range === null) {
    print("usage: npm run sim -- --seeds A..B | --next N | --replay SEED [--crypto real] [--block-ms N] [--twice]");
    return 2;
  }
  const startedMs = performance.now();
  const failed: number[] = [];
  const totals = {simulatedMs: 0, events: 0, blocks: 0n, epochs: 0n, transactions: 0};
  const calls = new Map<string, number>();
  for (let seed = range.from; seed <= range.to; seed++) {
    const result = await runSeed({seed, crypto, blockMs, print: null});
    totals.simulatedMs += result.simulatedMs;
    totals.events += result.events;
    totals.blocks += result.height;
    totals.transactions += result.transactions;
    totals.epochs += result.epoch;
    for (const [what, count] of result.counts) calls.set(what, (calls.get(what) ?? 0) + count);
    const again = values.twice ? await runSeed({seed, crypto, blockMs, print: null}) : result;
    if (again.digest !== result.digest) print(`seed ${seed}: two runs differ, ${result.digest} and ${again.digest}`);
    if (result.violations.length === 0 && again.digest === result.digest) continue;
    failed.push(seed);
    describe(result, print);
    if (values["stop-at-first"]) break;
  }
  const wallMs = performance.now() - startedMs;
  const {simulatedMs, events, blocks, epochs, transactions} = totals;
  print(
    `seeds ${range.from}..${range.to}: ${failed.length} failed, ${(simulatedMs / 60_000).toFixed(1)} simulated minutes, ` +
      `${events} events, ${blocks} blocks, ${epochs} changes of voters, ${transactions} acknowledged transactions, ${(simulatedMs / wallMs).toFixed(0)} times real time`,
  );
  print(
    `  in blocks: ${[...calls]
      .sort()
      .map(([what, count]) => `${count} ${what}`)
      .join(", ")}`,
  );
  appendSlice(values.ledger, {commit: commitOf(), crypto, ...range, simulatedMs: Math.round(simulatedMs), failed});
  return failed.length === 0 ? 0 : 1;
}

function rangeOf(
  {seeds, next}: {seeds?: string; next?: string},
  first: number,
): {readonly from: number; readonly to: number} | null {
  if (next !== undefined) return {from: first, to: first + Number(next) - 1};
  const match = /^(\d+)\.\.(\d+)$/.exec(seeds ?? "");
  return match && {from: Number(match[1]), to: Number(match[2])};
}

function describe({seed, plan, violations, digest, simulatedMs, height}: SimResult, print: Print): void {
  const cheats = [...plan.byzantine].map(([node, misdeeds]) => `n${node} ${[...misdeeds].join(" ")}`);
  const faults = plan.episodes.map(({episode}) => episode.type);
  print(
    `seed ${seed}: ${violations.length === 0 ? "sound" : "FAILED"}, height ${height} after ${simulatedMs} ms, trace ${digest.slice(0, 16)}`,
  );
  print(`  faults: ${faults.join(" ") || "none"}; byzantine: ${cheats.join(", ") || "none"}`);
  for (const {checker, atMs, what} of violations) print(`  ${checker} at ${atMs} ms: ${what}`);
}

function commitOf(): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], {encoding: "utf8"}).trim();
  } catch {
    return "unknown";
  }
}

if (process.argv[1] === import.meta.filename)
  process.exitCode = await main(process.argv.slice(2), (line) => process.stdout.write(`${line}\n`));
