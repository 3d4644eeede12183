/** The offence of a rig that signs two solutions for one height. `qsdm mine` never does. */
import {setTimeout as sleep} from "node:timers/promises";
import {encodeProof, type Proof} from "../../codecs/mining/proof.js";
import {RuleError, UnavailableError} from "../../errors.js";
import type {Client} from "../../node/api/client.js";
import {buildDag, type DagTable} from "../../node/ledger/mining/dag.js";
import {solveSlice} from "../../node/ledger/mining/solve.js";
import {challengeBindingOf, type Job, jobOf, solutionOf} from "../../node/mining/job.js";
import {fetchChallenge, fetchWork} from "../../node/mining/node-client.js";
import type {MinerPorts} from "../../node/mining/ports.js";

/** Largest table that is built here, in entries: that of development networks. */
const MAX_DAG_ENTRIES = 2 ** 16;
const MAX_ATTEMPTS = 100_000_000;
const MAX_HEIGHTS = 3;
const POLL_MS = 200;

/** Who cheats, and how it signs. */
export interface Cheater {
  readonly address: string;
  /** The node id that the search is bound to; null where the chain binds it to nothing. */
  readonly boundNodeId: string | null;
  readonly forkTensorHeight: bigint;
  readonly attest: MinerPorts["attest"];
}

/** Two proofs of one rig for one height. */
export interface Equivocation {
  readonly height: bigint;
  readonly proofs: readonly [Uint8Array, Uint8Array];
}

/**
 * Signs two proofs for one height and offers the node the first. A height for which the rig has a proof already is left
 * for the next one.
 * @throws RuleError NOT_A_DEVNET, PROOF_REFUSED; UnavailableError NO_SOLUTION
 */
export async function equivocate(cheater: Cheater, client: Client, signal: AbortSignal): Promise<Equivocation> {
  let refusal = "";
  for (let attempt = 0, height = -1n; attempt < MAX_HEIGHTS; attempt++) {
    const job = await nextJob(cheater, client, {after: height, signal});
    height = job.work.height;
    const proofs = await signTwice(cheater, client, {job, signal});
    const answer = await client.submitProof({body: proofs[0]});
    if (answer.accepted) return {height, proofs};
    refusal = answer.detail;
  }
  throw new RuleError("PROOF_REFUSED", `the node refused the first proof ${MAX_HEIGHTS} times: ${refusal}`);
}

/** The node's work once it is for a height above `after`. */
async function nextJob(
  {address, boundNodeId, forkTensorHeight}: Cheater,
  client: Client,
  {after, signal}: {readonly after: bigint; readonly signal: AbortSignal},
): Promise<Job> {
  for (;;) {
    const job = jobOf(await fetchWork(client), {address, boundNodeId, batchCount: 1, forkTensorHeight});
    if (job.seed.entries > MAX_DAG_ENTRIES)
      throw new RuleError(
        "NOT_A_DEVNET",
        `the chain's table has ${job.seed.entries} entries: this is no development network`,
        {hint: "start one with qsdm devnet; nobody needs to lose a bond elsewhere"},
      );
    if (job.work.height > after) return job;
    await sleep(POLL_MS, undefined, {signal});
  }
}

async function signTwice(
  cheater: Cheater,
  client: Client,
  {job, signal}: {readonly job: Job; readonly signal: AbortSignal},
): Promise<Equivocation["proofs"]> {
  const table = buildDag(job.seed);
  const {address, attest} = cheater;
  const binding = challengeBindingOf(cheater, job.work.height);
  const make = async (start: number): Promise<Uint8Array> =>
    encodeProof(await attest(solve(job, address, {table, start}), await fetchChallenge(client, binding), signal));
  return [await make(1), await make(2)];
}

/** A solution of `job`; different starts give different ones. */
function solve(job: Job, address: string, {table, start}: {table: DagTable; start: number}): Proof {
  const {solution} = solveSlice({...job.search, table}, new Uint8Array(16).fill(start), MAX_ATTEMPTS);
  if (!solution) throw new UnavailableError("NO_SOLUTION", `no solution within ${MAX_ATTEMPTS} attempts`);
  return solutionOf(job, address, solution);
}
