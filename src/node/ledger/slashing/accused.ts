/** What ties a strict proof to the node that is accused of it. */
import {nodeIdOfProof} from "../../../codecs/mining/attestation.js";
import type {Proof} from "../../../codecs/mining/proof.js";
import {checkNodeSignature} from "../attestation/node-key.js";
import type {Accusation} from "./offence.js";

type Fail = (why: string) => never;

/** The proof says that it is of `nodeId`. What it says is not proven yet. */
export function checkNamed(proof: Proof, nodeId: string, fail: Fail): void {
  if (proof.version < 2) fail(`proof of version ${proof.version}, want 2`);
  const named = nodeIdOfProof(proof);
  if (named !== nodeId) fail(`a proof is of node ${named}, the accused is ${nodeId}`);
}

/**
 * The key of this very enrollment signed the proof, so nobody else can have made it. A proof from before the
 * enrollment may be of an earlier record under the same name and key, whose other keys it was made with.
 * @throws RuleError NODE_SIGNATURE_INVALID; what `fail` throws
 */
export function checkSignedBy({record, block}: Accusation, proof: Proof, fail: Fail): void {
  if (proof.height < record.enrolledAtHeight) fail("the proof is older than the enrollment");
  const {nodeId, nodeKey} = record;
  const {verifySignature} = block;
  checkNodeSignature(proof, {chainId: block.params.chainId, nodeKey, nodeId, verifySignature});
}
