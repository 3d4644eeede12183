/**
 * A real run: validators, two honest miners and one cheat, each in a process of its own, and a watcher who submits what
 * the cheat has signed. All talk to the first validator; at the end all are stopped and their chains audited. Run by
 * `npm run real-run -- --minutes 30 --validators 4`; ends with status 1 when anything is not as it should be.
 */
import {mkdir, mkdtemp, rm, writeFile} from "node:fs/promises";
import {createServer} from "node:net";
import {tmpdir} from "node:os";
import path from "node:path";
import {setTimeout as sleep} from "node:timers/promises";
import {parseArgs} from "node:util";
import {formatCell} from "../src/codecs/amount.js";
import {audit} from "./real-run/audit.js";
import {type Line, Program, type Running} from "./real-run/program.js";

const ACCOUNTS = ["alice", "bob", "mallory", "watcher", "validator"] as const;
const GPU = ["--gpu-name", "NVIDIA GeForce RTX 3080", "--gpu-arch", "ampere"];
/** Node id and owner of every rig. The cheat has one for each offence, and one that mines honestly until the end. */
const RIGS = [
  ["honest-a", "alice"],
  ["honest-b", "bob"],
  ["cheat-double", "mallory"],
  ["cheat-forged", "mallory"],
  ["cheat-stale", "mallory"],
] as const;
/** What the stale proof needs: 100 blocks of a second, and some to begin and to end with. */
const MINUTES_MIN = 3;

const {values} = parseArgs({
  options: {
    minutes: {type: "string", default: "30"},
    validators: {type: "string", default: "1"},
    dir: {type: "string"},
  },
});
const minutes = Number(values.minutes);
if (!(minutes >= MINUTES_MIN)) throw new Error(`--minutes must be at least ${MINUTES_MIN}`);

const directory = values.dir ?? (await mkdtemp(path.join(tmpdir(), "qsdm-real-run-")));
await mkdir(directory, {recursive: true});
const startedAtMs = Date.now();
const endsAtMs = startedAtMs + minutes * 60_000;
const faults: string[] = [];
const say = (text: string): void => {
  const seconds = Math.round((Date.now() - startedAtMs) / 1_000);
  process.stdout.write(`${String(seconds).padStart(5)} s  ${text}\n`);
};
const expect = (holds: boolean, what: string): void => {
  say(`${holds ? "ok  " : "FAIL"}  ${what}`);
  if (!holds) faults.push(what);
};

const ports = await freePorts(Number(values.validators));
const urls = ports.map(({api}) => `http://127.0.0.1:${api}`);
const [url] = urls as [string, ...string[]];
const passphraseFile = path.join(directory, "passphrase");
await writeFile(passphraseFile, "a passphrase for a run that is thrown away\n", {mode: 0o600});
const program = new Program(directory, {
  QSDM_API_URL: `${url}/api/v1`,
  QSDM_PASSPHRASE_FILE: passphraseFile,
  QSDM_DAG_DIR: path.join(directory, "dag"),
  NO_COLOR: "1",
});

const addresses = await createAccounts();
const nodes = await startNodes();
await enrollRigs();
const mined: Record<string, number> = {};
const miners = [startMiner("honest-a"), startMiner("honest-b"), startMiner("cheat-double")];

// The rig that is about to sign twice mines like any other until then.
await sleep(20_000);
await miners.pop()!.stop();
const cheat = startCheat();
await cheat.done;
say("the cheat has done what it came for");
const left = endsAtMs - Date.now();
if (left > 0) await sleep(left);
for (const miner of miners)
  await miner.stop().then(
    () => expect(true, "a miner worked until it was told to end"),
    (error: Error) => expect(false, error.message),
  );
await sleep(3_000);
const supply = (await program.run("status")).qsdm;
await Promise.all(nodes.map((node) => node.stop()));
await conclude();
if (values.dir === undefined && faults.length === 0) await rm(directory, {recursive: true, force: true});
else say(`logs and database are in ${directory}`);
process.exitCode = faults.length === 0 ? 0 : 1;

async function createAccounts(): Promise<ReadonlyMap<string, string>> {
  const made = new Map<string, string>();
  for (const name of ACCOUNTS) {
    const {address} = await program.run("wallet", "create", "--out", `${name}.json`);
    made.set(name, String(address));
  }
  return made;
}

async function startNodes(): Promise<readonly Running[]> {
  const funded = ACCOUNTS.filter((name) => name !== "validator").flatMap((name) => [
    "--allocate",
    `${addresses.get(name)}=1000`,
  ]);
  const chain = ["--network", "dev", "--chain-id", "real-run", "--validator-account", addresses.get("validator")!];
  const seats = ports.flatMap(({listen}) => ["--host", `127.0.0.1:${listen}`]);
  // A change of difficulty every minute, so that a short run sees some.
  const params = ["--param", "retargetIntervalBlocks=60"];
  const count = ["--validators", `${ports.length}`];
  await program.run("localnet", "export", "--out", "net", ...chain, ...count, ...seats, ...funded, ...params);
  const running = await Promise.all(ports.map(({api}, i) => startNode(i, api)));
  say(`${ports.length} validators run, the first listens on ${url}`);
  return running;
}

async function startNode(index: number, api: number): Promise<Running> {
  let listening: () => void;
  const started = new Promise<void>((resolve) => {
    listening = resolve;
  });
  const config = ["--config", path.join("net", `validator-${index}`, "config.toml")];
  const words = ["node", "run", ...config, "--api-port", `${api}`, "--rate-limit", "0"];
  const running = program.start(`validator-${index}`, words, () => listening());
  await started;
  return running;
}

async function enrollRigs(): Promise<void> {
  for (const [i, [nodeId, owner]] of RIGS.entries()) {
    await program.run("keygen", "hmac", "--out", `${nodeId}.hmac`);
    await program.run("keygen", "node", "--out", `${nodeId}.node`);
    const gpu = ["--gpu-uuid", `GPU-00000000-0000-4000-8000-00000000000${i}`];
    await program.run("enroll", "--node-id", nodeId, ...gpu, ...keyFiles(nodeId), "--in", `${owner}.json`, "--wait");
  }
  say(`${RIGS.length} rigs are enrolled, each with a bond of 10 CELL`);
}

function keyFiles(nodeId: string): string[] {
  return ["--hmac-key-file", `${nodeId}.hmac`, "--node-key-file", `${nodeId}.node`];
}

function startMiner(nodeId: string): Running {
  mined[nodeId] = 0;
  const words = ["mine", "--node-id", nodeId, ...GPU, ...keyFiles(nodeId), "--threads", "1"];
  return program.start(nodeId, words, ({event}) => {
    if (event === "accepted") mined[nodeId]!++;
  });
}

function startCheat(): {readonly done: Promise<void>} {
  const rigs = ["double", "forged", "stale"].flatMap((offence) => [`--${offence}`, `cheat-${offence}`]);
  let watching: Promise<void> = Promise.resolve();
  const running = program.startScript("cheat", ["cheat.ts", "--url", url, ...rigs], (line) => {
    say(`the cheat offers ${line.offence}: ${line.verdict}`);
    watching = watching.then(() => accuse(line));
  });
  return {done: running.done.then(() => watching)};
}

/** What a watcher does with what the cheat signed: evidence, a slash, and a look at what came of it. */
async function accuse({offence, nodeId, file, height, headerTime, verdict}: Line): Promise<void> {
  const out = `${offence}.evidence`;
  const helper = {
    double: ["double-mining", "--proof-a", "double-0.json", "--proof-b", "double-1.json"],
    forged: ["forged-attestation", "--proof", `${file}`],
    stale: [
      "freshness-cheat",
      "--proof",
      `${file}`,
      "--anchor-height",
      `${height}`,
      "--anchor-block-time",
      `${headerTime}`,
    ],
  }[String(offence)]!;
  await program.run("slash-helper", ...helper, "--out", out);
  const {tx_id: txId} = await program.run(
    "slash",
    "--evidence-file",
    out,
    "--node-id",
    `${nodeId}`,
    "--in",
    "watcher.json",
  );
  const receipts = await Promise.all(urls.map((each) => receiptOf(String(txId), each)));
  const {phase} = await program.run("enrollment-status", `${nodeId}`);
  if (offence === "stale")
    expect(String(verdict).startsWith("attestation: "), `the node refused the stale proof itself: ${verdict}`);
  if (offence === "forged")
    expect(String(verdict).includes("hmac mismatch"), `the node refused the forged proof itself`);
  for (const [i, {outcome, slashed_dust: dust}] of receipts.entries())
    expect(outcome === "applied", `the slash of ${nodeId} is applied at validator ${i}: ${dust} dust`);
  expect(phase === "pending_unbond" || phase === "revoked", `${nodeId} is out: ${phase}`);
}

async function receiptOf(txId: string, at: string): Promise<Line> {
  for (let tries = 0; ; tries++) {
    try {
      return await program.run("slash-receipt", txId, "--api-url", `${at}/api/v1`);
    } catch (error) {
      if (tries === 30) throw error;
      await sleep(1_000);
    }
  }
}

async function conclude(): Promise<void> {
  const owners = new Map(RIGS.map(([nodeId, owner]) => [nodeId as string, addresses.get(owner)!]));
  const dirs = ports.map((_, i) => path.join(directory, "net", `validator-${i}`, "node"));
  const audits = await Promise.all(dirs.map((dir) => audit(dir, owners)));
  for (const [i, {faults: found, blocks}] of audits.entries())
    expect(
      found.length === 0,
      `each of ${blocks} blocks of validator ${i} pays the owners of its proofs ${found.join("; ")}`,
    );
  const [found] = audits as [(typeof audits)[number]];
  expect(found.paying > 0, `${found.paying} of ${found.blocks} blocks paid somebody`);
  for (const nodeId of ["honest-a", "honest-b"])
    expect(
      (found.proofs[nodeId] ?? 0) >= mined[nodeId]!,
      `${nodeId}: ${mined[nodeId]} accepted, ${found.proofs[nodeId] ?? 0} in blocks`,
    );
  for (const name of ["cheat-forged", "cheat-stale"])
    expect(found.proofs[name] === undefined, `${name} was never paid`);
  for (const [name, address] of addresses)
    say(`      ${name}: ${formatCell(found.paidDust[address] ?? 0n)} CELL mined`);
  const paidDust = Object.values(found.paidDust).reduce((sum, each) => sum + each, 0n);
  const books = (supply as {supply: {mined_dust: number}}).supply;
  expect(BigInt(books.mined_dust) === paidDust, `the books say that ${formatCell(paidDust)} CELL were mined`);
  const steps = Object.entries(found.difficulties).map(([height, value]) => `${value} from ${height}`);
  say(`      difficulty: ${steps.join(", ")}`);
}

/** Two for each validator: for other nodes, and for clients. */
async function freePorts(count: number): Promise<readonly {listen: number; api: number}[]> {
  const all = await Promise.all(Array.from({length: 2 * count}, freePort));
  return Array.from({length: count}, (_, i) => ({listen: all[2 * i]!, api: all[2 * i + 1]!}));
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? address!.port : 0));
    });
  });
}
