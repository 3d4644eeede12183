/**
 * The proof verifier: two lists of checks, one of which the rules choose.
 * Source: QSDM mining protocol, section 12.3; the strict order puts what costs less first.
 */
import type {Proof} from "../../../codecs/mining/proof.js";
import {InvariantError} from "../../../errors.js";
import {checkAttestation} from "./checks/ancestor.js";
import {checkAddress, checkHeader, checkHeight, checkQuarantine, checkUnseen} from "./checks/chain.js";
import {checkVersion, parseCanonical, parseTrimmed} from "./checks/form.js";
import {checkAttestationType, checkEvidence, checkFirst, checkNode, checkOwner, checkSignature} from "./checks/node.js";
import {checkBatches, checkMix, checkTarget, spotCheck} from "./checks/work.js";
import {Draft, type ProofNode, type VerifyContext} from "./context.js";

type Check = (draft: Draft, context: VerifyContext) => void;

/** Nobody reaches a signature without having worked, and nobody spends a challenge on a proof that fails. */
const CHEAP_FIRST: readonly Check[] = [
  parseCanonical,
  checkVersion,
  checkAttestationType,
  checkHeight,
  checkHeader,
  checkUnseen,
  checkNode,
  checkOwner,
  checkFirst,
  checkQuarantine,
  checkBatches,
  checkTarget,
  checkMix,
  checkEvidence,
  checkSignature,
  spotCheck,
];

/** The reference's order, which its recorded verdicts show. */
const ATTESTATION_FIRST: readonly Check[] = [
  parseTrimmed,
  checkVersion,
  checkAttestation,
  checkHeight,
  checkHeader,
  checkUnseen,
  checkAddress,
  checkQuarantine,
  checkBatches,
  checkMix,
  checkTarget,
  spotCheck,
];

/** What an accepted proof turned out to be. */
export interface VerifiedProof {
  readonly proof: Proof;
  readonly proofId: Uint8Array;
  /** Null under rules that do not tie proofs to nodes. */
  readonly node: ProofNode | null;
}

/** Verifies canonical proof bytes. @throws ProofRejection */
export function verifyProof(raw: Uint8Array, context: VerifyContext): VerifiedProof {
  const strict = context.params.rules.proofOrder === "cheap-first";
  const draft = new Draft(raw);
  for (const check of strict ? CHEAP_FIRST : ATTESTATION_FIRST) check(draft, context);
  if (!draft.id) throw new InvariantError("a proof was accepted without an id");
  return {proof: draft.proof, proofId: draft.id, node: strict ? draft.node : null};
}
