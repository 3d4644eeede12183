/** Which refused proofs are worth telling: those that their own node signed, for reasons that can be an offence. */
import {nodeIdOfProof} from "../../../codecs/mining/attestation.js";
import {proofIdOf} from "../../../codecs/mining/proof.js";
import type {VerifySignature} from "../../../codecs/suite.js";
import {QsdmError} from "../../../errors.js";
import {checkNodeSignature} from "../../ledger/attestation/node-key.js";
import type {ProofRejection, RejectReason} from "../../ledger/mining/rejection.js";
import {isRewarded} from "../../ledger/mining/rewarded.js";
import type {ChainParams} from "../../ledger/params/chain-params.js";
import type {State} from "../../ledger/state/state.js";
import {enrollments} from "../../ledger/state/stores.js";
import type {Journal, RefusedProof} from "./journal.js";

/** A second proof for one height, whenever it comes, and evidence that does not hold or is stale. */
const SUSPECT: ReadonlySet<RejectReason> = new Set(["duplicate", "too-late", "attestation"]);

export interface RefusalContext {
  readonly state: State;
  readonly params: Pick<ChainParams, "chainId" | "rules">;
  readonly verifySignature: VerifySignature;
  readonly journal: Pick<Journal, "hasRoomFor">;
}

/**
 * The refusal as watchers shall hear of it, or null. Where a public MAC key is all that signs a proof nothing is told:
 * anybody can have made it. The signature is checked here, because most refusals come before that check.
 */
export function signedRefusalOf(
  {reason, detail, proof}: ProofRejection,
  {state, params, verifySignature, journal}: RefusalContext,
): RefusedProof | null {
  if (!proof || !SUSPECT.has(reason) || params.rules.proofAuthority !== "node-key") return null;
  try {
    const nodeId = nodeIdOfProof(proof);
    const nodeKey = state.get(enrollments, nodeId)?.nodeKey ?? null;
    if (nodeKey === null || !journal.hasRoomFor(nodeId)) return null;
    // Offered again after a lost answer: no offence, and nothing that the block does not show.
    if (isRewarded(state, proofIdOf(proof), proof.height)) return null;
    checkNodeSignature(proof, {chainId: params.chainId, nodeKey, nodeId, verifySignature});
    return {proof, nodeId, reason, detail};
  } catch (error) {
    if (error instanceof QsdmError) return null;
    throw error;
  }
}
