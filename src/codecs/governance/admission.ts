/**
 * What QSDM asks of a governance transaction before any state is looked at.
 * Source: mining protocol, section 23.
 */
import {DecodeError} from "../../errors.js";
import {formatFloat} from "../go/number.js";
import {prefixed} from "../go/readers.js";
import type {UnsignedTransaction} from "../slashing/admission.js";
import {authoritySet, GOVERNANCE_CONTRACT, PARAM_SET, paramSet, peekGovernanceKind} from "./payloads.js";

const CODE = "GOVERNANCE_INVALID";
const refuse = (message: string): never => {
  throw new DecodeError(CODE, message);
};

/**
 * Admits `tx`, or passes over one of another contract.
 * @throws DecodeError GOVERNANCE_INVALID with the reference's text
 */
export function checkGovernanceAdmission(tx: UnsignedTransaction | null): void {
  if (tx === null) return refuse("chainparams admit: nil tx");
  if (tx.contractId !== GOVERNANCE_CONTRACT) return;
  if (tx.payload.length === 0) refuse("chainparams: payload invalid: gov tx missing Payload");
  prefixed({code: CODE, prefix: "chainparams admit: "}, () =>
    (peekGovernanceKind(tx.payload) === PARAM_SET ? paramSet : authoritySet).readCompat(tx.payload),
  );
  if (tx.fee <= 0) refuse(`chainparams: payload invalid: gov tx requires positive Fee, got ${formatFloat(tx.fee)}`);
}
