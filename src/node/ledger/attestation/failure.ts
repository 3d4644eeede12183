/**
 * The ways in which an attestation fails.
 * Source: QSDM mining protocol, sections 1.1 and 13.1.
 */
import {RuleError} from "../../../errors.js";

const CLASS_TEXT = {
  required: "mining: v2 proof missing mandatory attestation",
  type_unknown: "mining: unknown attestation type",
  stale: "mining: attestation outside freshness window",
  nonce_mismatch: "mining: attestation nonce not recognised",
  signature_invalid: "mining: attestation cryptographic verification failed",
  bundle_malformed: "mining: attestation bundle not parseable",
} as const;

export type FailureClass = keyof typeof CLASS_TEXT;

/** Code `ATTESTATION_<CLASS>`; the message ends with the class's text. */
export class AttestationError extends RuleError {
  constructor(
    readonly failureClass: FailureClass,
    what: string,
    cause?: unknown,
  ) {
    const text = what === "" ? CLASS_TEXT[failureClass] : `${what}: ${CLASS_TEXT[failureClass]}`;
    super(`ATTESTATION_${failureClass.toUpperCase()}`, text, cause === undefined ? {} : {cause});
  }
}
