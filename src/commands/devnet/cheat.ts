/** The offence of the tour: a rig that signs two solutions for one height. `qsdm mine` never does. */
import {readFile, writeFile} from "node:fs/promises";
import path from "node:path";
import {canonicalWorkSet} from "../../codecs/mining/cells.js";
import {batchHash, prefixRoot} from "../../codecs/mining/merkle.js";
import {encodeProof, NO_ATTESTATION, type Proof} from "../../codecs/mining/proof.js";
import type {Work} from "../../codecs/mining/work.js";
import {UnavailableError} from "../../errors.js";
import {CLIENT_DEFAULTS, type Client, createClient} from "../../node/api/client.js";
import {loadMlDsa} from "../../node/compute/ml-dsa.js";
import {parseHmacKeyFile, parseSeedFile} from "../../node/keys/key-file.js";
import {buildDag, type DagTable} from "../../node/ledger/mining/dag.js";
import {solveSlice} from "../../node/ledger/mining/solve.js";
import {targetOf} from "../../node/ledger/mining/target.js";
import {attestWithKey, type NodeIdentity, type Rig} from "../../node/mining/attest.js";

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
    const work = await client.work({height: null});
    const table = buildDag({epoch: work.epoch, workSetRoot: work.workSetRoot, entries: work.dagEntries});
    const make = await rigOf(cheater, client);
    const proofs = [
      await make(solve(cheater, work, {table, start: 1})),
      await make(solve(cheater, work, {table, start: 2})),
    ];
    const files = ["proof-a.json", "proof-b.json"] as const;
    await Promise.all(proofs.map((proof, i) => writeFile(path.join(cheater.directory, files[i]!), encodeProof(proof))));
    const answer = await client.submitProof({body: encodeProof(proofs[0]!)});
    if (!answer.accepted) throw new UnavailableError("TOUR_STEP_FAILED", `the node refused a proof: ${answer.detail}`);
    return {files, height: work.height};
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

type ServedWork = Awaited<ReturnType<Client["work"]>>;

/** A solution of `work`; different starts give different ones. */
function solve({address}: Cheater, work: ServedWork, {table, start}: {table: DagTable; start: number}): Proof {
  const workSet: Work["workSet"] = canonicalWorkSet(work.workSet.map(({cells}) => cells));
  const batchRoot = prefixRoot(workSet.map(batchHash), 1);
  const {headerHash, epoch, height} = work;
  const job = {headerHash, batchRoot, target: targetOf(work.difficulty), table, mix: 1} as const;
  const {solution} = solveSlice(job, new Uint8Array(16).fill(start), 100_000_000);
  if (!solution) throw new UnavailableError("TOUR_STEP_FAILED", "no solution within 100 million attempts");
  const {nonce, mixDigest} = solution;
  return {
    version: 2,
    epoch,
    height,
    headerHash,
    minerAddr: address,
    batchRoot,
    batchCount: 1,
    nonce,
    mixDigest,
    attestation: NO_ATTESTATION,
  };
}
