/** Why a proof was refused. Source: QSDM mining protocol, section 12.2. */
import type {Proof} from "../../../codecs/mining/proof.js";
import {RuleError} from "../../../errors.js";

/** Reason codes, as the API and the miners know them. */
export type RejectReason =
  | "bad-version"
  | "stale-height"
  | "wrong-epoch"
  | "non-canonical"
  | "header-mismatch"
  | "duplicate"
  | "bad-addr"
  | "batch-size"
  | "batch-root"
  | "work"
  | "batch-fraud"
  | "quarantined"
  | "too-late"
  | "attestation";

/** Code `PROOF_<REASON>`, message `<reason>: <detail>`. */
export class ProofRejection extends RuleError {
  constructor(
    readonly reason: RejectReason,
    readonly detail: string,
    /** Null when it was refused before its id was known. */
    readonly proofId: Uint8Array | null,
    /** Null when it could not be read. */
    readonly proof: Proof | null,
    cause?: unknown,
  ) {
    const code = `PROOF_${reason.toUpperCase().replaceAll("-", "_")}`;
    super(code, detail === "" ? reason : `${reason}: ${detail}`, cause === undefined ? {} : {cause});
  }
}
