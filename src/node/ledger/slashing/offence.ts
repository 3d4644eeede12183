/** What an evidence verifier is to the slash contract. */

import type {Call} from "../chain/contract.js";
import type {EnrollmentRecord} from "../enrollment/record.js";

/** The accused, and the ground rules of this block. */
export interface Accusation {
  readonly record: EnrollmentRecord;
  readonly block: Call["block"];
}

/** Decoded evidence of one kind. */
export interface Offence {
  /** What is remembered so that the offence is punished once, whatever bytes it comes in. */
  readonly replayKey: string;
  /**
   * Holds the evidence against the accused.
   * @throws RuleError SLASH_VERIFIER_FAILED when it proves nothing
   */
  prove(accusation: Accusation): void;
}

/** Reads the evidence of one kind against `nodeId`. @throws RuleError SLASH_VERIFIER_FAILED, DecodeError */
export type ReadEvidence = (blob: Uint8Array, nodeId: string) => Offence;
