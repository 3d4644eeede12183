/** What the contracts that only move money move: known from the content alone, before anything runs. */
import type {UnsignedEnvelope} from "../../../codecs/chain/envelope.js";
import {BATCH_TRANSFER_CONTRACT, batchTransfer, TRANSFER_CONTRACT, transfer} from "../../../codecs/chain/payloads.js";

/** Dust from the sender to `to`. */
export interface Payment {
  readonly to: string;
  readonly amountDust: bigint;
}

type Call = Pick<UnsignedEnvelope, "contract" | "payload">;

/** By the content that was read, which nobody writes to: gas, admission, proposer and verifier ask one after the other. */
const known = new WeakMap<Call, readonly Payment[]>();

/**
 * Payments of a transfer or a batch of them, in their order; `null` for every other contract.
 * @throws DecodeError CBOR_INVALID, FIELD_INVALID
 */
export function paymentsOf(call: Call): readonly Payment[] | null {
  const {contract, payload} = call;
  if (contract !== TRANSFER_CONTRACT && contract !== BATCH_TRANSFER_CONTRACT) return null;
  const before = known.get(call);
  if (before) return before;
  const read = contract === TRANSFER_CONTRACT ? [transfer.decode(payload)] : batchTransfer.decode(payload).payments;
  known.set(call, read);
  return read;
}
