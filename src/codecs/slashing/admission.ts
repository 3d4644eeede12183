/**
 * What QSDM asks of a slash transaction before any state is looked at. Its slashes are unsigned: strict networks take
 * them in envelopes only.
 * Source: mining protocol, section 20.1.
 */
import {DecodeError} from "../../errors.js";
import {formatFloat} from "../go/number.js";
import {prefixed} from "../go/readers.js";
import {checkSlashPayload, SLASH_CONTRACT, slashPayload} from "./payload.js";

/** A transaction of the ancestor, as far as admission reads it. */
export interface UnsignedTransaction {
  readonly contractId: string;
  readonly sender: string;
  /** In CELL. A float only because the ancestor prints it as one. */
  readonly fee: number;
  readonly payload: Uint8Array;
}

/**
 * Admits `tx`, or passes over one of another contract.
 * @throws DecodeError SLASH_INVALID with the reference's text
 */
export function checkSlashAdmission(tx: UnsignedTransaction | null): void {
  if (tx === null) throw new DecodeError("SLASH_INVALID", "slashing admit: nil tx");
  if (tx.contractId !== SLASH_CONTRACT) return;
  if (tx.payload.length === 0) invalid("slashing tx missing Payload");
  prefixed({code: "SLASH_INVALID", prefix: "slashing admit: "}, () =>
    checkSlashPayload(slashPayload.readCompat(tx.payload), tx.sender),
  );
  // Written so that NaN passes, as it does there; nothing that was read from JSON is NaN.
  if (tx.fee <= 0) invalid(`slashing requires positive Fee, got ${formatFloat(tx.fee)}`);
}

const invalid = (why: string): never => {
  throw new DecodeError("SLASH_INVALID", `slashing: payload invalid: ${why}`);
};
