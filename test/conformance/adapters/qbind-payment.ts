/** A payment in QBIND's virtual machine (spec/bft-ledger.md 6.1), of which the length alone tells the form. */
import {hexOf} from "../../../src/codecs/bytes.js";
import {gasOfCall} from "../../../src/node/ledger/monetary/gas.js";

/** What payloads without a gas limit are good for. */
const IMPLIED_GAS_LIMIT = 50_000n;
/** Recipient and amount; with gas limit and price behind them. */
const [PLAIN_BYTES, PRICED_BYTES] = [48, 72];

const bigEndian = (bytes: Uint8Array): bigint => BigInt(`0x${hexOf(bytes)}`);

export interface QbindPayment {
  readonly recipient: string;
  readonly amount: bigint;
  readonly isPriced: boolean;
  readonly gasLimit: bigint;
  readonly maxFeePerGas: bigint;
}

/** `null` for every other length. */
export function paymentIn(payload: Uint8Array): QbindPayment | null {
  if (payload.length !== PLAIN_BYTES && payload.length !== PRICED_BYTES) return null;
  const isPriced = payload.length === PRICED_BYTES;
  return {
    recipient: hexOf(payload.subarray(0, 32)),
    amount: bigEndian(payload.subarray(32, PLAIN_BYTES)),
    isPriced,
    gasLimit: isPriced ? bigEndian(payload.subarray(PLAIN_BYTES, 56)) : IMPLIED_GAS_LIMIT,
    maxFeePerGas: isPriced ? bigEndian(payload.subarray(56)) : 0n,
  };
}

export function gasOfPayment(payload: Uint8Array, sender: string, recipient: string): bigint {
  const accounts = new Set([sender, recipient]).size;
  return gasOfCall(payload.length, {reads: accounts, writes: accounts});
}
