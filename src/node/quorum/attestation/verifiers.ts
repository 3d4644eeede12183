/** Who checks reports of each kind. */
import type {AttestationKind} from "../../../codecs/quorum/strict/attestation-policy.js";
import {snpVerifier} from "./snp.js";
import {softwareVerifier} from "./software.js";
import type {AttestationVerifier} from "./verifier.js";

const VERIFIERS: Readonly<Record<AttestationKind, AttestationVerifier>> = {
  "sev-snp": snpVerifier,
  "insecure-software": softwareVerifier,
};
export const verifierOf = (kind: AttestationKind): AttestationVerifier => VERIFIERS[kind];
