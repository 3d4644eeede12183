/** The offence of the tour: a rig that signs two solutions for one height. `qsdm mine` never does. */
import {readFile, writeFile} from "node:fs/promises";
import path from "node:path";
import {U64_MAX} from "../../codecs/amount.js";
import {encodeProof, type Proof} from "../../codecs/mining/proof.js";
import {UnavailableError} from "../../errors.js";
import {CLIENT_DEFAULTS, type Client, createClient} from "../../node/api/client.js";
import {loadMlDsa} from "../../node/compute/ml-dsa.js";
import {parseHmacKeyFile, parseSeedFile} from "../../node/keys/key-file.js";
import {buildDag, type DagTable} from "../../node/ledger/mining/dag.js";
import {solveSlice} from "../../node/ledger/mining/solve.js";
import {attestWithKey, type NodeIdentity, type Rig} from "../../node/mining/attest.js";
import {nodePortsOf} from "../../node/mining/client-ports.js";
import {type Job, jobOf, solutionOf} from "../../node/mining/job.js";

/** Who cheats, and where its keys lie. */
export interface Cheater {
  readonly url: string;
  readonly signal: AbortSignal;
  readonly directory: string;
  readonly nodeId: string;
  readonly address: string;
  readonly gpuUuid: string;
  readonly gpuName: string;
  readonly gpuArch: string;
}

/** Signs two proofs for the tip, offers the node one of them, and writes both to files, named as seen from `directory`. */
export async function signTwice(cheater: Cheater): Promise<{files: readonly [string, string]; height: bigint}> {
  const client = createClient({...CLIENT_DEFAULTS, url: cheater.url, signal: cheater.signal});
  try {
    const job = jobOf(await nodePortsOf(client).work(), {
      address: cheater.address,
      boundNodeId: cheater.nodeId,
      batchCount: 1,
      forkTensorHeight: U64_MAX,
    });
    const table = buildDag(job.seed);
    const make = await rigOf(cheater, client);
    const proofs = [
      await make(solve(cheater, job, {table, start: 1})),
      await make(solve(cheater, job, {table, start: 2})),
    ];
    const files = ["proof-a.json", "proof-b.json"] as const;
    await Promise.all(proofs.map((proof, i) => writeFile(path.join(cheater.directory, files[i]!), encodeProof(proof))));
    const answer = await client.submitProof({body: encodeProof(proofs[0]!)});
    if (!answer.accepted) throw new UnavailableError("TOUR_STEP_FAILED", `the node refused a proof: ${answer.detail}`);
    return {files, height: job.work.height};
  } finally {
    await client.close();
  }
}

/** Attests solutions as the rig, each over a fresh challenge. */
async function rigOf(cheater: Cheater, client: Client): Promise<(proof: Proof) => Promise<Proof>> {
  const {directory, nodeId, gpuUuid, gpuName, gpuArch} = cheater;
  const read = (file: string): Promise<Uint8Array> => readFile(path.join(directory, file));
  const scheme = await loadMlDsa(87);
  const keys = scheme.keygenFromSeed(parseSeedFile(await read(`${nodeId}.node`)));
  const hmacKey = parseHmacKeyFile(await read(`${nodeId}.hmac`));
  const rig: Rig = {nodeId, gpuUuid, gpuName, gpuArch, hmacKey, computeCap: "", cudaVersion: "", driverVer: ""};
  const {chainId} = await client.params();
  const identity: NodeIdentity = {chainId, sign: (message) => scheme.sign(keys.secretKey, message)};
  return async (proof) => attestWithKey(proof, rig, {challenge: await client.challenge(), identity});
}

/** A solution of `job`; different starts give different ones. */
function solve({address}: Cheater, job: Job, {table, start}: {table: DagTable; start: number}): Proof {
  const {solution} = solveSlice({...job.search, table}, new Uint8Array(16).fill(start), 100_000_000);
  if (!solution) throw new UnavailableError("TOUR_STEP_FAILED", "no solution within 100 million attempts");
  return solutionOf(job, address, solution);
}
