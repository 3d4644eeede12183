/**
 * The evidence about a GPU inside a strict proof, whichever kind it is. Two questions are asked of it apart. Is it the
 * node's own: made for this solution, with the keys of the enrolled node or device? A fault there is the signer's doing
 * at any time, and an offence. And does the chain believe it: is it fresh, certified, and of a GPU that can exist?
 */
import {CC_ATTESTATION, type CcBundle, decodeCcBundle} from "../../../codecs/mining/cc-bundle.js";
import type {Challenge} from "../../../codecs/mining/challenge.js";
import {decodeHmacBundle, type HmacBundle} from "../../../codecs/mining/hmac-bundle.js";
import {decodeKeyBundle} from "../../../codecs/mining/key-bundle.js";
import type {Proof} from "../../../codecs/mining/proof.js";
import {decodeSpdmBundle, SPDM_ATTESTATION, type SpdmBundle} from "../../../codecs/mining/spdm-bundle.js";
import {RuleError} from "../../../errors.js";
import type {Belief, EvidenceOwner} from "./against.js";
import {checkCcBelieved, checkCcOwn} from "./cc/strict.js";
import {challengeOf} from "./cc/verify.js";
import {challengeOfHmac, checkBinding, checkHardware, checkOperator, checkQuoted} from "./hmac.js";
import {checkSpdmBelieved, checkSpdmOwn} from "./spdm/verify.js";

export type Evidence =
  | {readonly scope: "hmac"; readonly bundle: HmacBundle}
  | {readonly scope: "cc"; readonly bundle: CcBundle}
  | {readonly scope: "spdm"; readonly bundle: SpdmBundle};

/** The evidence inside a key bundle's text, and the node that the bundle names. @throws DecodeError */
export function readEvidence(keyBundle: string): {readonly nodeId: string; readonly evidence: Evidence} {
  const {nodeId, evidence: text, evidenceType} = decodeKeyBundle(keyBundle);
  switch (evidenceType) {
    case CC_ATTESTATION:
      return {nodeId, evidence: {scope: "cc", bundle: decodeCcBundle(text)}};
    case SPDM_ATTESTATION:
      return {nodeId, evidence: {scope: "spdm", bundle: decodeSpdmBundle(text)}};
    default:
      return {nodeId, evidence: {scope: "hmac", bundle: decodeHmacBundle(text)}};
  }
}

/** The challenge that `evidence` answers. @throws AttestationError */
export function challengeIn(evidence: Evidence): Challenge {
  switch (evidence.scope) {
    case "hmac":
      return challengeOfHmac(evidence.bundle);
    case "cc":
      return challengeOf(evidence.bundle);
    case "spdm":
      return evidence.bundle.challenge;
  }
}

/**
 * Whether the evidence is the node's own, whatever the time and whatever the chain believes.
 * @throws AttestationError, RuleError EVIDENCE_OF_OTHER_NODE
 */
export function checkOwn(evidence: Evidence, proof: Proof, owner: EvidenceOwner): void {
  switch (evidence.scope) {
    case "hmac": {
      const {bundle} = evidence;
      if (bundle.nodeId !== owner.nodeId)
        throw new RuleError(
          "EVIDENCE_OF_OTHER_NODE",
          `evidence names node ${bundle.nodeId}, the bundle ${owner.nodeId}`,
        );
      checkBinding(bundle, proof);
      checkQuoted(bundle, proof);
      return checkOperator(bundle, owner);
    }
    case "cc":
      return checkCcOwn(evidence.bundle, proof, owner);
    case "spdm":
      return checkSpdmOwn(evidence.bundle, proof, owner);
  }
}

/** Whether the chain believes what the evidence says of the GPU. @throws AttestationError */
export function checkBelieved(evidence: Evidence, belief: Belief): void {
  switch (evidence.scope) {
    case "hmac":
      return checkHardware(evidence.bundle, belief.gpuArch, belief.deniedGpus);
    case "cc":
      return checkCcBelieved(evidence.bundle, belief);
    case "spdm":
      return checkSpdmBelieved(evidence.bundle, belief);
  }
}
