/**
 * What the rejection log says about a proof whose claims about its GPU do not hang together.
 *
 * Every value is the sender's own word, and under the reference's order costs no work to write here.
 * Source: QSDM mining protocol, section 18.1.
 */
import {ArchitectureError, type ArchitectureFault, architectureOf} from "../attestation/architecture.js";
import type {ProofRejection} from "./rejection.js";

/** One entry, before it has a sequence number and a time. */
export interface SuspectClaim {
  readonly kind: string;
  readonly reason: string;
  /** As sent for a spoofed architecture, canonical for a hash rate out of band. */
  readonly arch: string;
  readonly height: bigint;
  readonly minerAddr: string;
  readonly gpuName: string;
  readonly certSubject: string;
  readonly detail: string;
}

const KINDS: Readonly<Record<ArchitectureFault, {readonly kind: string; readonly reason: string}>> = {
  unknown_arch: {kind: "archspoof_unknown_arch", reason: "unknown_arch"},
  gpu_name_mismatch: {kind: "archspoof_gpu_name_mismatch", reason: "gpu_name_mismatch"},
  cc_subject_mismatch: {kind: "archspoof_cc_subject_mismatch", reason: "cc_subject_mismatch"},
  hashrate_out_of_band: {kind: "hashrate_out_of_band", reason: ""},
};

/** The entry for `rejection`, or null when it is about something else. */
export function suspectClaimOf(rejection: ProofRejection): SuspectClaim | null {
  const error = architectureErrorIn(rejection);
  const {proof} = rejection;
  if (!error || !proof) return null;
  const {gpuArch} = proof.attestation;
  return {
    ...KINDS[error.fault],
    arch: error.fault === "hashrate_out_of_band" ? (architectureOf(gpuArch) ?? gpuArch) : gpuArch,
    height: proof.height,
    minerAddr: proof.minerAddr,
    gpuName: error.fault === "gpu_name_mismatch" ? error.seen : "",
    certSubject: error.fault === "cc_subject_mismatch" ? error.seen : "",
    detail: rejection.detail,
  };
}

function architectureErrorIn(error: unknown): ArchitectureError | null {
  for (let each = error; each instanceof Error; each = each.cause) if (each instanceof ArchitectureError) return each;
  return null;
}
