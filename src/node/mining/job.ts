/** From the node's work to a search, checked before it costs anything. */
import {equalBytes} from "../../codecs/bytes.js";
import {canonicalWorkSet, checkWorkSet, type WorkSet} from "../../codecs/mining/cells.js";
import type {ChallengeBinding} from "../../codecs/mining/challenge.js";
import {batchCountMaximum, batchHash, merkleRoot, prefixRoot} from "../../codecs/mining/merkle.js";
import {NO_ATTESTATION, type Proof} from "../../codecs/mining/proof.js";
import type {ServedWork} from "../../codecs/mining/work.js";
import {RuleError} from "../../errors.js";
import {boundStart} from "../ledger/mining/binding.js";
import {DAG_ENTRIES_MAX, type DagSeed} from "../ledger/mining/dag.js";
import {checkEpochLength, epochOf, isForked} from "../ledger/mining/epoch.js";
import {checkSolver, type Solution} from "../ledger/mining/solve.js";
import {targetOf} from "../ledger/mining/target.js";
import type {MixVersion} from "../ledger/mining/walk.js";
import type {MinerOptions} from "./ports.js";
import type {Search} from "./solver.js";

/** Who searches, and how. */
export type JobOptions = Pick<MinerOptions, "address" | "boundNodeId" | "batchCount" | "forkTensorHeight">;

export interface Job {
  readonly work: ServedWork;
  readonly seed: DagSeed;
  readonly search: Search;
  readonly batchCount: number;
}

/**
 * What to search for. The work set's root is computed anew: a miner that believes the served one mines nothing (Q51).
 * @throws RuleError WORK_INCONSISTENT, EPOCH_INVALID, DIFFICULTY_INVALID, SOLVER_INVALID; DecodeError of a work set that
 * cannot be
 */
export function jobOf(work: ServedWork, options: JobOptions): Job {
  const hashes = hashesOf(work.workSet);
  const root = merkleRoot(hashes);
  if (!equalBytes(root, work.workSetRoot)) refuse("the work set does not give the root beside it");
  // A node that asks for more than any chain has is not believed.
  if (work.dagEntries < 2 || work.dagEntries > DAG_ENTRIES_MAX) refuse(`a table of ${work.dagEntries} entries`);
  checkEpochLength(work.blocksPerEpoch);
  if (work.epoch !== epochOf(work.height, work.blocksPerEpoch))
    refuse(`height ${work.height} is not in epoch ${work.epoch}`);
  const batchCount = Math.min(options.batchCount, batchCountMaximum(hashes.length));
  const batchRoot = prefixRoot(hashes, batchCount);
  const {headerHash} = work;
  const {address: minerAddr, boundNodeId: nodeId} = options;
  const target = targetOf(work.difficulty);
  checkSolver({minerAddr, batchCount, target, entries: work.dagEntries});
  return {
    work,
    batchCount,
    seed: {epoch: work.epoch, workSetRoot: root, entries: work.dagEntries},
    search: {
      headerHash: nodeId === null ? headerHash : boundStart({headerHash, batchRoot, minerAddr, nodeId}),
      batchRoot,
      target,
      mix: mixVersionOf(work, options),
    },
  };
}

/** The chain can move its fork; only a node that does not say leaves the miner to the height it started with. */
function mixVersionOf(
  {mixVersion, height}: ServedWork,
  {forkTensorHeight}: Pick<MinerOptions, "forkTensorHeight">,
): MixVersion {
  if (mixVersion === null) return isForked(height, forkTensorHeight) ? 2 : 1;
  return mixVersion === 1 || mixVersion === 2 ? mixVersion : refuse(`mix version ${mixVersion}`);
}

function hashesOf(workSet: WorkSet): readonly Uint8Array[] {
  checkWorkSet(workSet);
  return canonicalWorkSet(workSet).map(batchHash);
}

function refuse(what: string): never {
  throw new RuleError("WORK_INCONSISTENT", `the node serves work that cannot be: ${what}`, {
    hint: "ask another node",
  });
}

/** What a challenge for the proof of `height` has to be issued for; null where the chain binds it to nothing. */
export const challengeBindingOf = (
  {address: minerAddr, boundNodeId: nodeId}: Pick<MinerOptions, "address" | "boundNodeId">,
  height: bigint,
): ChallengeBinding | null => (nodeId === null ? null : {minerAddr, nodeId, height});

/** The solved proof, not yet attested. Version 1 until an attestation makes it version 2. */
export const solutionOf = ({work, search, batchCount}: Job, minerAddr: string, found: Solution): Proof => ({
  version: 1,
  epoch: work.epoch,
  height: work.height,
  headerHash: work.headerHash,
  minerAddr,
  batchRoot: search.batchRoot,
  batchCount,
  nonce: found.nonce,
  mixDigest: found.mixDigest,
  attestation: NO_ATTESTATION,
});
