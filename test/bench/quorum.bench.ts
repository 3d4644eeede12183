/**
 * Programs on secret shares, three custodians of whom two open a value, all on this machine. Peers of the same run: a
 * division for the field, the unverified protocol for the verified one, one request at a time for the services. Figures
 * of other programs are fixed, from other runs, and say so.
 */
import {spawnSync} from "node:child_process";
import {mkdtemp, rm} from "node:fs/promises";
import {cpus, loadavg, tmpdir} from "node:os";
import {join} from "node:path";
import {fileURLToPath} from "node:url";
import {members} from "../../src/codecs/quorum/json.js";
import {packProgram} from "../../src/codecs/quorum/program-package.js";
import {processHost} from "../../src/commands/host.js";
import {Io} from "../../src/commands/io.js";
import {createLog} from "../../src/commands/log.js";
import {startCluster} from "../../src/commands/quorum/cluster.js";
import {deploy} from "../../src/commands/quorum/deploy.js";
import {integerIn, type ServiceClient, serviceClient, textIn} from "../../src/commands/quorum/service-client.js";
import {loadBackend} from "../../src/node/compute/backend.js";
import type {FieldBatches} from "../../src/node/compute/field.js";
import {evaluateInProcess} from "../../src/node/quorum/custodian/in-process.js";
import {mul, P} from "../../src/node/quorum/field/field.js";
import {compile} from "../../src/node/quorum/language/compile.js";
import {multiply} from "../../src/node/quorum/verified/authenticated.js";
import {runInLockStep} from "../../src/node/quorum/verified/lock-step.js";
import {Party} from "../../src/node/quorum/verified/protocol.js";
import {agreeOnRandomness} from "../../src/node/quorum/verified/prss.js";
import {rehearse} from "../../src/node/quorum/verified/rehearse.js";
import {draw} from "../support/quorum-cluster.js";
import {measureStrict, SIDE_BY_SIDE, type Took} from "./quorum-strict.js";

export const name = "quorum programs: field, protocols, services";

const random = (size: number): Uint8Array => globalThis.crypto.getRandomValues(new Uint8Array(size));
const ROUNDS = 5;
const PRODUCTS = 200_000;
const WIDTH = 1_000;
const DEPTH = 50;
const EVALUATIONS = 64;
const AT_ONCE = 16;

/** Best seconds of each, rounds interleaved. */
function best(...runs: readonly (() => unknown)[]): number[] {
  const result = runs.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < ROUNDS; round++)
    for (const [at, work] of runs.entries()) {
      const start = performance.now();
      work();
      result[at] = Math.min(result[at]!, (performance.now() - start) / 1_000);
    }
  return result;
}
const rate = (count: number, seconds: number): string => rounded(count / seconds);
const ratio = (peer: number, ours: number): string => `${(peer / ours).toFixed(2)}x`;

export async function run(print: (line: string) => void): Promise<void> {
  field(print);
  const batches = (await loadBackend()).field;
  protocols(print, batches);
  await orElse(print, "strict services", () => strict(print));
  semiHonest(print, batches);
  await orElse(print, "compat services", () => services(print));
}

/** A part that fails, by a deadline above all, keeps no other from being measured. */
async function orElse(print: (line: string) => void, what: string, part: () => Promise<void>): Promise<void> {
  try {
    await part();
  } catch (error) {
    print(`${what}: not measured: ${error instanceof Error ? error.message : error}`);
  }
}

/** Floors of the specification, which are for two cores that do nothing else: the load is printed beside them. */
async function strict(print: (line: string) => void): Promise<void> {
  const before = loadavg()[0]!.toFixed(1);
  const figures = await measureStrict();
  const after = loadavg()[0]!.toFixed(1);
  print(
    `strict profile, three custodian processes and a coordinator, the best of each: ${cpus().length} cores under a`,
  );
  print(
    `load of ${before} before and ${after} at the end, these processes counted; processor time is that of all of them`,
  );
  const line = (what: string, {count, took}: {count: number; took: Took}, floor: number): void => {
    const each =
      took.cpuSeconds > 0 ? `, ${((took.cpuSeconds / count) * 1e6).toFixed(0)} us of processor time each` : "";
    const rate = count / took.seconds;
    print(`  ${what}: ${rounded(rate)} /s, ${(rate / floor).toFixed(2)}x of the floor of ${rounded(floor)}${each}`);
  };
  line("verified products, preprocessing included", figures.verified, 50_000);
  line("online products from stored triples", figures.online, 200_000);
  const {count, took} = figures.dependent;
  const dependentMs = (took.seconds * 1_000) / count;
  print(`  one dependent product: ${dependentMs.toFixed(2)} ms, ${(1 / dependentMs).toFixed(2)}x of the floor of 1 ms`);
  line("comparisons of any field elements, from stored triples", figures.comparisons, 300);
  const {verified, comparisons} = figures;
  const triples = comparisons.triples / comparisons.count;
  const made = (triples * verified.took.seconds) / verified.count;
  const whole = 1 / (comparisons.took.seconds / comparisons.count + made);
  print(`  the same with the ${triples.toFixed(0)} triples of each made first: ${rounded(whole)} /s, reckoned`);
  const {weights, cost, took: network} = figures.network;
  print(
    `  a network with ReLU of ${weights} weights, from stored triples: ${(network.seconds * 1_000).toFixed(0)} ms, ` +
      `${rounded(cost.triples)} triples, ${cost.comparisons} comparisons and shifts, ${cost.rounds} rounds`,
  );
  line(`sample evaluations, ${SIDE_BY_SIDE} side by side`, figures.together, 300);
  print(`  a sample evaluation alone: ${(figures.alone.took.seconds * 1_000).toFixed(1)} ms`);
  for (const anchor of ANCHORS) print(`  fixed, another run: ${anchor}`);
}

/** Figures of section 20.9 of the specification. */
const ANCHORS = [
  "MP-SPDZ 80,000 to 240,000 verified products /s with Shamir's sharing, 270,000 to 680,000 with SPDZ-wise",
  "a dependent product 0.1 to 0.2 ms with MP-SPDZ, 0.23 to 0.45 ms with MPyC, 16 ms with the reference",
  "2,300 to 2,900 64-bit comparisons /s with MP-SPDZ, verified 280 to 800, with MPyC 180 to 310",
  "sample evaluations with the reference 15 /s",
];
const rounded = (value: number): string => Math.round(value).toLocaleString("en");

/** Products that nobody checks, opened under masks: what the strict profile's protocol costs without its proofs. */
function semiHonest(print: (line: string) => void, batches: FieldBatches): void {
  const parties = Array.from({length: 3}, (_, place) => new Party(place, 3, 1, random, batches));
  function* products(party: Party) {
    const randomness = yield* agreeOnRandomness(party);
    const [xs, ys] = [randomness.randoms(PRODUCTS), randomness.randoms(PRODUCTS)];
    const start = performance.now();
    yield* multiply({party, randomness}, xs, ys);
    return performance.now() - start;
  }
  const times = Array.from({length: ROUNDS}, () =>
    Math.max(...runInLockStep(parties.map((party) => products(party))).results),
  );
  const ours = PRODUCTS / (Math.min(...times) / 1_000);
  print(
    `semi-honest products, one core for all three: ${rate(ours, 1)} /s, ${(ours / 200_000).toFixed(2)}x of the floor of 200,000`,
  );
  const mpyc = mpycRate();
  if (mpyc === null)
    print("  fixed, another run: MPyC 60,000 to 390,000, MP-SPDZ 800,000 to 2,100,000; Python has no MPyC here");
  else
    print(
      `  MPyC, three processes: ${rate(mpyc, 1)} semi-honest products /s, of which ours are ${(ours / mpyc).toFixed(2)}x`,
    );
}

/** Products a second of MPyC, or null where Python does not have it. */
function mpycRate(): number | null {
  const script = fileURLToPath(new URL("quorum-mpyc.py", import.meta.url));
  const {status, stdout} = spawnSync("python3", [script, "-M3"], {encoding: "utf8", timeout: 60_000});
  const last = Number(stdout?.trim().split("\n").at(-1) || Number.NaN);
  return status === 0 && last > 0 ? last : null;
}

function field(print: (line: string) => void): void {
  const values = Array.from({length: PRODUCTS}, draw);
  const chain = (times: (a: bigint, b: bigint) => bigint) => () => values.reduce(times, 1n);
  const [folded = 0, divided = 0] = best(
    chain(mul),
    chain((a, b) => (a * b) % P),
  );
  print(`field products: ${rate(PRODUCTS, folded)} /s, ${ratio(divided, folded)} of BigInt with %`);
}

function protocols(print: (line: string) => void, batches: FieldBatches): void {
  const wide = compile(`input x\ndot y =${" x x".repeat(WIDTH)}\noutput y`);
  const deep = compile(`input x\npolyeval y =${" x".repeat(DEPTH + 2)}\noutput y`);
  const given = {inputs: new Map([["x", 3n]])};
  const shape = {n: 3, k: 2};
  const rehearsal = {...shape, random, draw, field: batches};
  const verified = (ir: typeof wide) => () => rehearse(ir, given, rehearsal);
  const plain = (ir: typeof wide) => () => evaluateInProcess(ir, given, shape, draw);
  const [whole = 0, bare = 0] = best(verified(wide), plain(wide));
  print(
    `verified products with preprocessing, one core for all: ${rate(WIDTH, whole)} /s, ${ratio(bare, whole)} of unverified ones from a dealer`,
  );
  const [slow = 0, quick = 0] = best(verified(deep), plain(deep));
  print(`a chain of ${DEPTH} products: ${(slow * 1_000).toFixed(1)} ms verified, ${ratio(quick, slow)} of unverified`);
  const {offline, online} = rehearse(wide, given, rehearsal);
  print(
    `traffic for each product: ${Math.round(offline.bytes / WIDTH)} bytes before, ${Math.round(online.bytes / WIDTH)} bytes in the evaluation`,
  );
}

async function services(print: (line: string) => void): Promise<void> {
  const io = new Io(processHost(process), {json: true, verbose: false, color: false, input: false, yes: true});
  const directory = await mkdtemp(join(tmpdir(), "qsdm-bench-"));
  const ports = {coordinatorPort: 0, custodianPort: 0};
  const cluster = await startCluster(
    {...ports, directory, custodians: 3, threshold: 2, maxTracked: 100, log: createLog("silent"), random},
    io.signal,
  );
  try {
    const client = serviceClient(io, cluster.coordinator);
    const programId = await ready(
      client,
      cluster.custodians.map((url) => serviceClient(io, url)),
    );
    const ask = async (count: number): Promise<void> => {
      for (let at = 0; at < count; at++) {
        const body = members({identity_id: "bench", program_id: programId, inputs: members({x: 3n})});
        if (integerIn(await client.post("/eval", body), "result") !== 100n) print("WRONG RESULT: nothing below counts");
      }
    };
    await ask(20);
    const alone = await timed(() => ask(EVALUATIONS));
    const together = await timed(() => Promise.all(Array.from({length: AT_ONCE}, () => ask(EVALUATIONS / AT_ONCE))));
    print(`sample evaluations over HTTP, durable, one process for all: ${rate(EVALUATIONS, alone)} /s one by one`);
    print(`${AT_ONCE} at once: ${rate(EVALUATIONS, together)} /s, ${ratio(alone, together)} of one by one`);
  } finally {
    await cluster.stop();
    await rm(directory, {recursive: true, force: true});
  }
}

async function ready(client: ServiceClient, holders: readonly ServiceClient[]): Promise<string> {
  const program = packProgram(compile("input x\nconst c = 7\nadd t = x c\nmul y = t t\noutput y"), {
    policy: {budgetPerIdentity: 1_000_000n, maxEvalsPerMinute: 1_000_000n},
  });
  const pool = 3 * EVALUATIONS;
  await deploy({program, secrets: new Map(), threshold: 2, pool}, {coordinator: client, custodians: holders}, draw);
  for (const [at, holder] of holders.entries()) {
    const tag = await holder.post("/approve", members({program_id: program.programId}));
    const approval = {program_id: program.programId, custodian_index: BigInt(at), signature: textIn(tag, "signature")};
    await client.post("/approve", members(approval));
  }
  return program.programId;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1_000;
}
