/**
 * Evidence of a forged attestation: one proof, and what is said to be wrong with it.
 *
 * J-plain object `proof`, `fault_class`, `memo`; the last two are left out when empty. The fault class is a remark:
 * nothing compares it with the fault that a verifier finds.
 * Source: mining protocol, section 20.3. Vectors: forged-attestation.vectors.json.
 */
import {quoteText} from "../go/quote.js";
import {goStruct, member, optional} from "../go/struct.js";
import {goRaw, goText} from "../go/types.js";
import {canonicalCodec} from "../json.js";
import type {Proof} from "../mining/proof.js";
import {EVIDENCE_MAX_BYTES, EvidenceWording} from "./evidence.js";

export const FAULT_CLASSES = [
  "hmac_mismatch",
  "gpu_uuid_mismatch",
  "challenge_bind_mismatch",
  "deny_listed_gpu",
  "node_not_enrolled",
  "node_revoked",
  "bundle_malformed",
  "nonce_mismatch",
] as const;

export interface ForgedAttestation {
  readonly proof: Proof;
  /** One of `FAULT_CLASSES`, or empty. */
  readonly faultClass: string;
  readonly memo: string;
}

const wording = new EvidenceWording("forgedattest");
const evidenceWire = goStruct("forgedattest.evidenceWire", {
  proof: member("proof", goRaw),
  faultClass: optional("fault_class", goText("forgedattest.FaultClass")),
  memo: optional("memo", goText()),
});

function checkFaultClass(faultClass: string): void {
  if (faultClass !== "" && !FAULT_CLASSES.some((known) => known === faultClass))
    wording.refuse(`unknown fault_class ${quoteText(faultClass)}`);
}

function write({proof, faultClass, memo}: ForgedAttestation): string {
  wording.checkMemo(memo);
  checkFaultClass(faultClass);
  const embedded = wording.embed(wording.canonical("proof", proof));
  return wording.sized(evidenceWire.write({proof: embedded, faultClass, memo}, "plain"));
}

function read(bytes: Uint8Array): ForgedAttestation {
  const {proof, faultClass, memo} = wording.read(evidenceWire, bytes);
  wording.checkMemo(memo);
  checkFaultClass(faultClass);
  return {proof: wording.proof("proof", wording.present("proof", proof)), faultClass, memo};
}

/** @throws DecodeError EVIDENCE_INVALID with the reference's text, JSON_TOO_LARGE, JSON_NOT_CANONICAL */
export const forgedAttestation = canonicalCodec<ForgedAttestation>({
  what: "forged-attestation evidence",
  maxBytes: EVIDENCE_MAX_BYTES,
  write,
  read,
});
