/** What an evidence verifier is to the slash contract. */
import {RuleError} from "../../../errors.js";
import type {BlockContext} from "../chain/contract.js";
import type {EnrollmentRecord} from "../enrollment/record.js";
import type {AnchorWitness} from "./witness.js";

/** The accused, and the ground rules of this block. */
export interface Accusation {
  readonly record: EnrollmentRecord;
  readonly block: Pick<BlockContext, "params" | "verifySignature">;
  readonly witness: AnchorWitness;
}

/** Decoded evidence of one kind. */
export interface Offence {
  /** What is remembered so that the offence is punished once, whatever bytes it comes in. */
  readonly replayKey: string;
  /**
   * Holds the evidence against the accused.
   * @throws RuleError SLASH_VERIFIER_FAILED, DecodeError when it proves nothing
   */
  prove(accusation: Accusation): void;
}

/** Reads the evidence of one kind against `nodeId`. @throws RuleError SLASH_VERIFIER_FAILED, DecodeError */
export type ReadEvidence = (blob: Uint8Array, nodeId: string) => Offence;

/** Code of evidence that proves nothing. */
export const VERIFIER_FAILED = "SLASH_VERIFIER_FAILED";

/** Refusals of one kind of evidence: `what` is the offence that is not proven. */
export const unproven =
  (what: string) =>
  (why: string): never => {
    throw new RuleError(VERIFIER_FAILED, `${what} is not proven: ${why}`);
  };
