/** Attestation as the QSDM reference checks it. Numbers are the steps of the mining protocol, section 12.3. */
import {checkArchitecture, checkHashrate} from "../../attestation/architecture.js";
import type {Draft, VerifyContext} from "../context.js";

/** 5 to 8; nothing for version 1. */
export function checkAttestation(draft: Draft, {compat, nowMs}: VerifyContext): void {
  const {proof} = draft;
  if (proof.version !== 2) return;
  const {type, gpuArch, claimedHashrateHps} = proof.attestation;
  if (type === "") draft.reject("attestation", "mining: v2 proof missing mandatory attestation");
  const architecture = draft.attempt("attestation", "", () => checkArchitecture(gpuArch));
  draft.attempt("attestation", "", () => checkHashrate(architecture, claimedHashrateHps));
  if (!compat) draft.reject("attestation", "mining: FailClosedVerifier is the default");
  draft.attempt("attestation", "", () => compat.checkAttestation(proof, nowMs));
}
