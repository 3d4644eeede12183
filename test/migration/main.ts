/**
 * `npm run test:migration`: brings half a million rows to a stand-in for a cluster and back, then five million with five
 * kills each way, compares both sides, and prints how much memory either took. Ends with status 1 where the more rows took
 * more than 1.1 times the memory of the fewer: the most that any of the processes held at once (VmHWM), as Linux counts
 * it. `--rows 5000000 --dir DIR`; needs some 8 GB on the disk. `--chains DIR` keeps there what was made, for a next run.
 */
import {existsSync} from "node:fs";
import {mkdtemp, readFile, rm, stat, writeFile} from "node:fs/promises";
import {tmpdir} from "node:os";
import path from "node:path";
import {parseArgs} from "node:util";
import {type Made, makeChain, trimChain} from "./made-chain.js";
import {qsdm, standIn} from "./program.js";

const KILLS_EACH_WAY = 5;
/** Hundredths of what was left, each time. */
const KILL_AT = 15;
const TRANSACTIONS_PER_BLOCK = 499;
const RATIO_MAX = 1.1;
/** In the directory of a chain: the node's, and what `makeChain` gave. */
const NODE = "node";
const MADE = "made.json";

const {values} = parseArgs({
  options: {rows: {type: "string", default: "5000000"}, dir: {type: "string"}, chains: {type: "string"}},
});
const rows = Number(values.rows);
if (!(Number.isSafeInteger(rows) && rows >= 1_000_000)) throw new Error("--rows is at least 1000000");
const directory = await mkdtemp(path.join(values.dir ?? tmpdir(), "qsdm-migration-"));
const startedMs = performance.now();
const say = (text: string): void => {
  process.stdout.write(`${String(Math.round((performance.now() - startedMs) / 1_000)).padStart(6)} s  ${text}\n`);
};

/** One way, killed and resumed; the most memory that it took, and what it reported at the end. */
async function goOneWay(words: readonly string[], atTheEnd: readonly string[], killsWanted: number) {
  let peakBytes = 0;
  for (let kills = 0; ; ) {
    const last = kills === killsWanted;
    const ended = await qsdm([...words, "--resume", ...(last ? [...atTheEnd, "--json"] : [])], last ? null : KILL_AT);
    peakBytes = Math.max(peakBytes, ended.peakBytes);
    say(`${words[1]}: ${ended.status === null ? "killed" : "ended"} with ${mebibytes(ended.peakBytes)} at most`);
    if (!last && ended.status === null) {
      kills += 1;
      continue;
    }
    if (!last || ended.status !== 0) throw new Error(`${words[1]} ended with ${ended.status}: ${ended.out}`);
    const {data} = JSON.parse(ended.out);
    say(`${words[1]}: ${kills} kills, then ${data.blocks} blocks and ${data.receipts} receipts in ${data.seconds} s`);
    return {peakBytes, verified: data.verified};
  }
}

async function roundTrip(count: number, kills: number): Promise<readonly number[]> {
  const home = path.join(values.chains ?? directory, String(count));
  const blocks = Math.round(count / (TRANSACTIONS_PER_BLOCK + 1));
  const made = await chainIn(home, blocks);
  const {size} = await stat(made.databasePath);
  say(`${count} rows: ${blocks} blocks and ${blocks * TRANSACTIONS_PER_BLOCK} receipts, ${mebibytes(size)}`);
  const file = path.join(directory, `${count}.cluster`);
  const cluster = await standIn(file);
  try {
    const peaks = await thereAndBack(path.join(home, NODE), made, cluster.contactPoint, kills);
    if (values.chains !== undefined) await writeFile(path.join(home, MADE), JSON.stringify(made));
    return peaks;
  } finally {
    say(`the stand-in took at most ${mebibytes(await cluster.stop())}`);
    if (values.chains === undefined) await rm(home, {recursive: true});
    await rm(file);
  }
}

/** Makes a chain, or takes the one that an earlier run has left whole; until this run has, it is not. */
async function chainIn(home: string, blocks: number): Promise<Made> {
  const file = path.join(home, MADE);
  const kept = existsSync(file) ? JSON.parse(await readFile(file, "utf8")) : null;
  await rm(kept ? file : home, {recursive: true, force: true});
  return kept ?? makeChain(path.join(home, NODE), {blocks, transactionsPerBlock: TRANSACTIONS_PER_BLOCK});
}

async function thereAndBack(
  dataDir: string,
  {databasePath, digest}: Made,
  contactPoint: string,
  kills: number,
): Promise<readonly number[]> {
  const place = ["--data-dir", dataDir, "--cql-contact-points", contactPoint];
  const flags = [...place, "--cql-datacenter", "dc1", "--cql-tls", "off"];
  const there = await goOneWay(["migrate", "to-cluster", ...flags], [], kills);
  await trimChain(databasePath);
  say(`let go, all but the newest block`);
  const back = await goOneWay(["migrate", "from-cluster", ...flags], ["--verify"], kills);
  if (back.verified.digest !== digest) throw new Error("what came back is not what was made");
  say(`both sides have the ${back.verified.blocks} blocks that were made: ${digest}`);
  const whole = await qsdm(["store", "verify", "--level", "votes", "--data-dir", dataDir], null);
  if (whole.status !== 0) throw new Error(`what came back is not whole: ${whole.out}`);
  say("whole, to the votes and the state root");
  return [there.peakBytes, back.peakBytes];
}

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

try {
  // In one go: a process that dies young has not come to its most.
  const few = await roundTrip(rows / 10, 0);
  const many = await roundTrip(rows, KILLS_EACH_WAY);
  for (const [at, way] of ["to-cluster", "from-cluster"].entries()) {
    const ratio = many[at]! / few[at]!;
    say(
      `${way}: at most ${mebibytes(few[at]!)} for ${rows / 10} rows, ${mebibytes(many[at]!)} for ${rows}: ${ratio.toFixed(3)}`,
    );
    if (ratio > RATIO_MAX) process.exitCode = 1;
  }
} finally {
  await rm(directory, {recursive: true, force: true});
}
