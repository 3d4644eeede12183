/**
 * Double mining: two solutions of one node for one height, both under the key that the node registered. The
 * signatures carry the proof; HMAC keys are public chain state and would let anyone forge it (Q43).
 */
import {equalBytes} from "../../../codecs/bytes.js";
import {nodeIdOfProof} from "../../../codecs/mining/attestation.js";
import {type Proof, proofIdOf} from "../../../codecs/mining/proof.js";
import {doubleMining} from "../../../codecs/slashing/double-mining.js";
import {RuleError} from "../../../errors.js";
import {checkNodeSignature} from "../attestation/node-key.js";
import type {ReadEvidence} from "./offence.js";

export const DOUBLE_MINING = "double-mining";

const fail = (why: string): never => {
  throw new RuleError("SLASH_VERIFIER_FAILED", `double mining is not proven: ${why}`);
};

function checkPair(a: Proof, b: Proof): void {
  if (a.version < 2 || b.version < 2) fail(`versions ${a.version} and ${b.version}, want 2`);
  if (a.height !== b.height) fail(`heights ${a.height} and ${b.height} differ`);
  if (a.epoch !== b.epoch) fail(`epochs ${a.epoch} and ${b.epoch} differ`);
  // The id leaves the attestation out: attesting one solution again after a lost answer is no offence (Q42).
  if (equalBytes(proofIdOf(a), proofIdOf(b))) fail("both proofs are the same solution");
}

export const readDoubleMining: ReadEvidence = (blob, nodeId) => {
  const {proofA, proofB} = doubleMining.decode(blob);
  checkPair(proofA, proofB);
  for (const proof of [proofA, proofB]) {
    const named = nodeIdOfProof(proof);
    if (named !== nodeId) fail(`a proof is of node ${named}, the accused is ${nodeId}`);
  }
  return {
    replayKey: `${DOUBLE_MINING}/${nodeId}/${proofA.epoch}/${proofA.height}`,
    prove({record, block}) {
      if (proofA.height < record.enrolledAtHeight) fail("the proofs are older than the enrollment");
      const {chainId} = block.params;
      const {verifySignature} = block;
      for (const proof of [proofA, proofB])
        checkNodeSignature(proof, {chainId, nodeKey: record.nodeKey, nodeId, verifySignature});
    },
  };
};
