/**
 * The cheat's process. It owns three rigs and spends each on one offence: two solutions for one height, evidence under a
 * MAC key that is not the registered one, and a challenge kept until it is stale. It offers the node what it signs,
 * leaves the proofs in files, and prints a line for each offence.
 */
import {readFile, writeFile} from "node:fs/promises";
import {setTimeout as sleep} from "node:timers/promises";
import {parseArgs} from "node:util";
import {U64_MAX} from "../../src/codecs/amount.js";
import type {Challenge} from "../../src/codecs/mining/challenge.js";
import {encodeProof, type Proof} from "../../src/codecs/mining/proof.js";
import {equivocate} from "../../src/commands/devnet/cheat.js";
import {CLIENT_DEFAULTS, type Client, createClient} from "../../src/node/api/client.js";
import {loadMlDsa} from "../../src/node/compute/ml-dsa.js";
import {parseHmacKeyFile, parseSeedFile} from "../../src/node/keys/key-file.js";
import {buildDag} from "../../src/node/ledger/mining/dag.js";
import {solveSlice} from "../../src/node/ledger/mining/solve.js";
import {attestWithKey, type Rig} from "../../src/node/mining/attest.js";
import {jobOf, solutionOf} from "../../src/node/mining/job.js";
import {fetchWork} from "../../src/node/mining/node-client.js";

/** Blocks that the cheat keeps a challenge: with one a second, beyond the window of 60 s and the grace of 30. */
const KEPT_BLOCKS = 100n;
const POLL_MS = 500;

/** A rig of the cheat, and how it signs. */
interface Cheating {
  readonly nodeId: string;
  readonly address: string;
  attest(solution: Proof, challenge: Challenge): Promise<Proof>;
}

const {values} = parseArgs({
  options: {url: {type: "string"}, double: {type: "string"}, forged: {type: "string"}, stale: {type: "string"}},
});
const abort = new AbortController();
process.once("SIGINT", () => abort.abort());
const client = createClient({...CLIENT_DEFAULTS, url: values.url!, signal: abort.signal});

function report(offence: string, fields: Readonly<Record<string, string>>): void {
  process.stdout.write(`${JSON.stringify({offence, ...fields})}\n`);
}

/** @param macKey replaces the key that the chain knows */
async function rigOf(nodeId: string, macKey?: Uint8Array): Promise<Cheating> {
  const {owner, gpuUuid} = await client.enrollment({nodeId});
  const scheme = await loadMlDsa(87);
  const {secretKey} = scheme.keygenFromSeed(parseSeedFile(await readFile(`${nodeId}.node`)));
  const rig: Rig = {
    nodeId,
    gpuUuid,
    gpuName: "NVIDIA GeForce RTX 3080",
    gpuArch: "ampere",
    computeCap: "8.6",
    cudaVersion: "12.8",
    driverVer: "572.16",
    hmacKey: macKey ?? parseHmacKeyFile(await readFile(`${nodeId}.hmac`)),
  };
  const {chainId} = await client.params();
  const sign = (message: Uint8Array): Uint8Array => scheme.sign(secretKey, message);
  const attest = async (solution: Proof, challenge: Challenge): Promise<Proof> =>
    attestWithKey(solution, rig, {challenge, identity: {chainId, sign}});
  return {nodeId, address: owner, attest};
}

/** A solution for the tip, without evidence. */
async function solveTip({address, nodeId}: Cheating, node: Client): Promise<Proof> {
  const work = await fetchWork(node);
  const job = jobOf(work, {address, boundNodeId: nodeId, batchCount: 1, forkTensorHeight: U64_MAX});
  const table = buildDag(job.seed);
  const {solution} = solveSlice({...job.search, table}, new Uint8Array(16), 100_000_000);
  return solutionOf(job, address, solution!);
}

/** Writes a proof, offers it, and says what became of it. */
async function offer(offence: string, nodeId: string, proof: Proof): Promise<void> {
  const file = `${offence}.json`;
  await writeFile(file, encodeProof(proof));
  const {accepted, rejectReason, detail} = await client.submitProof({body: encodeProof(proof)});
  const {timeMs} = await client.block({height: proof.height});
  report(offence, {
    nodeId,
    file,
    height: `${proof.height}`,
    headerTime: `${timeMs / 1_000n}`,
    verdict: accepted ? "accepted" : `${rejectReason}: ${detail}`,
  });
}

async function mineTwice(nodeId: string): Promise<void> {
  const {address, attest} = await rigOf(nodeId);
  const cheater = {address, boundNodeId: nodeId, forkTensorHeight: U64_MAX, attest};
  const {height, proofs} = await equivocate(cheater, client, abort.signal);
  await Promise.all(proofs.map((proof, i) => writeFile(`double-${i}.json`, proof)));
  report("double", {nodeId, height: `${height}`, verdict: "accepted"});
}

async function forge(nodeId: string): Promise<void> {
  const rig = await rigOf(nodeId, new Uint8Array(32).fill(0xee));
  const solution = await solveTip(rig, client);
  const {minerAddr, height} = solution;
  await offer("forged", nodeId, await rig.attest(solution, await client.challenge({minerAddr, nodeId, height})));
}

/** Asks for the challenge of a height to come, and signs when it has come. */
async function keepStale(nodeId: string): Promise<void> {
  const rig = await rigOf(nodeId);
  const height = (await client.work({height: null})).height + KEPT_BLOCKS;
  const challenge = await client.challenge({minerAddr: rig.address, nodeId, height});
  while ((await client.work({height: null})).height < height) await sleep(POLL_MS, undefined, {signal: abort.signal});
  await offer("stale", nodeId, await rig.attest(await solveTip(rig, client), challenge));
}

try {
  await Promise.all([mineTwice(values.double!), forge(values.forged!), keepStale(values.stale!)]);
} finally {
  await client.close();
}
