/** What every kind of attestation gives those who check it. */
import type {AttestationKind} from "../../../codecs/quorum/strict/attestation-policy.js";
import type {VerifySignature} from "../../../codecs/suite.js";
import {RuleError} from "../../../errors.js";

/** What a report says, once its signature was followed to its anchor. */
export interface Measured {
  readonly measurement: Uint8Array;
  /** SHA-256 of what its signature ends at: a root certificate, or a public key. */
  readonly anchor: Uint8Array;
  /** In the order of the kind's names. */
  readonly versions: readonly number[];
}

export interface VerifyPorts {
  /** ML-DSA-87. */
  readonly verify: VerifySignature;
  readonly nowMs: number;
}

export interface AttestationVerifier {
  readonly kind: AttestationKind;
  /**
   * What `report` says, and that it was made for `userData`. Whether its anchor is believed is asked elsewhere.
   * @throws RuleError ATTESTATION_REJECTED; DecodeError
   */
  verify(report: Uint8Array, userData: Uint8Array, ports: VerifyPorts): Measured;
}

export function reject(why: string, extras: {readonly hint?: string; readonly cause?: unknown} = {}): never {
  throw new RuleError("ATTESTATION_REJECTED", why, extras);
}
