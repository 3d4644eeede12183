/**
 * Double mining: two solutions of one node for one height, both under the key that the node registered. The
 * signatures carry the proof; HMAC keys are public chain state and would let anyone forge it (Q43).
 */
import {equalBytes} from "../../../codecs/bytes.js";
import {encodeProof, type Proof, proofIdOf} from "../../../codecs/mining/proof.js";
import {doubleMining} from "../../../codecs/slashing/double-mining.js";
import type {Rules} from "../params/rules.js";
import {checkNamed, checkSignedBy} from "./accused.js";
import {type ReadEvidence, unproven} from "./offence.js";

export const DOUBLE_MINING = "double-mining";

const fail = unproven("double mining");

/**
 * Whether two proofs are one. The id leaves the attestation out: attesting one solution again after a lost answer is
 * no offence (Q42), except to the reference.
 */
export const isOneProof = (a: Proof, b: Proof, {equivocation}: Pick<Rules, "equivocation">): boolean =>
  equivocation === "solution" ? equalBytes(proofIdOf(a), proofIdOf(b)) : equalBytes(encodeProof(a), encodeProof(b));

export const readDoubleMining: ReadEvidence = (blob, nodeId) => {
  const {proofA, proofB} = doubleMining.decode(blob);
  for (const proof of [proofA, proofB]) checkNamed(proof, nodeId, fail);
  if (proofA.height !== proofB.height) fail(`heights ${proofA.height} and ${proofB.height} differ`);
  if (proofA.epoch !== proofB.epoch) fail(`epochs ${proofA.epoch} and ${proofB.epoch} differ`);
  return {
    replayKey: `${DOUBLE_MINING}/${nodeId}/${proofA.epoch}/${proofA.height}`,
    prove(accusation) {
      if (isOneProof(proofA, proofB, accusation.block.params.rules)) fail("both proofs are the same solution");
      for (const proof of [proofA, proofB]) checkSignedBy(accusation, proof, fail);
    },
  };
};
