/** What became of one included transaction. Receipts are hashed into the next header, so clients can prove them. */
import {address, digestHex} from "../address.js";
import {type FieldValue, flag, nullable, record, text, u64, word} from "../cbor/record.js";

/** What a slash took and where it went. */
export const slashOutcome = record("slashed", {
  nodeId: text({maxBytes: 64}),
  evidenceKind: text({maxBytes: 64}),
  slashedDust: u64,
  rewardedDust: u64,
  burnedDust: u64,
  autoRevoked: flag,
  /** Stake that is left. */
  remainingDust: u64,
});
export type SlashOutcome = FieldValue<typeof slashOutcome>;

const TAG = "qsdm/receipt/v2";
/** Place of the transaction's id: behind the heads of the array and of the tag, each a byte, the tag, and a head of two. */
const TX_ID_AT = 1 + 1 + TAG.length + 2;

export const receipt = record(TAG, {
  txId: digestHex,
  height: u64,
  outcome: word("applied", "rejected"),
  /** Error code of a rejection, `null` when applied. */
  code: nullable(text({maxBytes: 64})),
  /** Message of a rejection, `null` when applied. */
  message: nullable(text({maxBytes: 512})),
  sender: address,
  nonce: u64,
  contract: text({maxBytes: 64}),
  /** What the transaction cost the network; the same whether it was applied or not. */
  gasUsed: u64,
  /** What the sender paid. A rejected transaction pays as well. */
  feeDust: u64,
  /** Present for an applied slash. */
  slash: nullable(slashOutcome),
});
export type Receipt = FieldValue<typeof receipt>;

/** Id of the transaction that a receipt is of, within its encoding: for whoever moves receipts and asks no more of them. */
export const txIdIn = (encoded: Uint8Array): Uint8Array => encoded.subarray(TX_ID_AT, TX_ID_AT + 32);

const encoded = new WeakMap<Receipt, Uint8Array>();

/** Bytes of a receipt, made once: the root and the store want the same ones. */
export function encodedReceipt(value: Receipt): Uint8Array {
  const before = encoded.get(value);
  if (before) return before;
  const bytes = receipt.encode(value);
  encoded.set(value, bytes);
  return bytes;
}
