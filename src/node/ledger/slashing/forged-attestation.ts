/**
 * Forged attestation: the node signed a proof around evidence that cannot be its own.
 *
 * The ancestor slashes whenever its HMAC check refuses a proof, which anybody can bring about for anybody (Q40). Here
 * the accused must have signed, and the fault must be one that only the signer can have made: not a challenge issuer
 * that was forgotten, a GPU denied since, a record revoked since, a certificate that ran out, nor one of the model tables,
 * which are heuristics.
 */
import {hexOf} from "../../../codecs/bytes.js";
import {type Proof, proofIdOf} from "../../../codecs/mining/proof.js";
import {forgedAttestation} from "../../../codecs/slashing/forged-attestation.js";
import {DecodeError, RuleError} from "../../../errors.js";
import {checkOwn, readEvidence} from "../attestation/evidence.js";
import type {EnrollmentRecord} from "../enrollment/record.js";
import {checkNamed, checkSignedBy} from "./accused.js";
import {type ReadEvidence, unproven} from "./offence.js";

export const FORGED_ATTESTATION = "forged-attestation";

const fail = unproven("a forged attestation");

export const readForgedAttestation: ReadEvidence = (blob, nodeId) => {
  const {proof} = forgedAttestation.decode(blob);
  checkNamed(proof, nodeId, fail);
  return {
    replayKey: `${FORGED_ATTESTATION}/${nodeId}/${hexOf(proofIdOf(proof))}`,
    prove(accusation) {
      checkSignedBy(accusation, proof, fail);
      if (forgeryIn(proof, accusation.record) === null) fail("the evidence in the proof holds");
    },
  };
};

/** What is forged about the evidence that a signed proof carries, or null. */
export function forgeryIn(proof: Proof, record: EnrollmentRecord): string | null {
  try {
    const {evidence} = readEvidence(proof.attestation.bundle);
    checkOwn(evidence, proof, {...record, revokedAtHeight: null});
    return null;
  } catch (cause) {
    if (cause instanceof RuleError || cause instanceof DecodeError) return cause.message;
    throw cause;
  }
}
