/** Blocks, headers and receipts as the API shows them. Our own shapes: QSDM's blocks are another format. */
import {count, flag, list, object, optional, text, time, u64, type ValueOf, word} from "./shape.js";

export const headerView = object({
  height: u64,
  id: text,
  chainId: text,
  time: time,
  parentId: text,
  parentStateRoot: text,
  parentReceiptsRoot: text,
  transactionsRoot: text,
  proofsRoot: text,
  coinbaseRoot: text,
  transactionCount: count,
  proofCount: count,
  coinbaseCount: count,
  proposer: text,
});
export type HeaderView = ValueOf<typeof headerView>;

/** `GET /api/v1/mining/blocks`. */
export const headerList = object({blocks: list(headerView), tip: u64});
export type HeaderList = ValueOf<typeof headerList>;

const transactionView = object({
  txId: text,
  sender: text,
  nonce: u64,
  contract: text,
  maxFeeDust: u64,
  tipDust: u64,
  expiresAtHeight: u64,
  sizeBytes: count,
});

/** `GET /api/v1/chain/blocks/{height}`. */
export const blockView = object({
  header: headerView,
  transactions: list(transactionView),
  /** SHA-256 of each proof's bytes. */
  proofs: list(text),
  coinbase: list(object({to: text, amountDust: u64})),
});
export type BlockView = ValueOf<typeof blockView>;

const slashed = object({
  nodeId: text,
  evidenceKind: text,
  slashedDust: u64,
  rewardedDust: u64,
  burnedDust: u64,
  autoRevoked: flag,
  remainingDust: u64,
});

/** `GET /api/v1/receipts/{tx_id}`. */
export const receiptView = object({
  txId: text,
  height: u64,
  outcome: word("applied", "rejected"),
  code: optional(text),
  message: optional(text),
  sender: text,
  nonce: u64,
  contract: text,
  feeDust: u64,
  slash: optional(slashed),
});
export type ReceiptView = ValueOf<typeof receiptView>;
