/**
 * Blocks, headers and receipts as the API shows them: the reference's members first, under its names, then ours. Our
 * block is another format, so what has no counterpart here (producer authentication) is left out.
 */
import {
  cell,
  count,
  flag,
  list,
  named,
  object,
  omitEmpty,
  optional,
  text,
  time,
  u64,
  type ValueOf,
  word,
} from "./shape.js";

const headerMembers = {
  height: u64,
  id: named("hash", text),
  parentId: named("prev_hash", text),
  /** State after this block; the next header carries it. */
  stateRoot: text,
  transactionsRoot: named("tx_root", text),
  transactionCount: named("tx_count", count),
  timeMs: named("timestamp", time),
  proposer: named("producer_id", text),
  chainId: text,
  parentStateRoot: text,
  parentReceiptsRoot: text,
  proofsRoot: text,
  proofCount: count,
  coinbaseRoot: text,
  coinbaseCount: count,
  batchesRoot: text,
  batchCount: count,
  baseFeeDust: u64,
  gasUsed: u64,
} as const;

export const headerView = object(headerMembers);
export type HeaderView = ValueOf<typeof headerView>;

/** `GET /api/v1/mining/blocks`. */
export const headerList = object({tip: u64, from: u64, to: u64, headers: list(headerView)});
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
  ...headerMembers,
  transactions: list(transactionView),
  /** SHA-256 of each proof's bytes. */
  proofs: list(text),
  coinbase: list(object({to: text, amountDust: u64})),
  /** What everything above was taken from. */
  batches: list(object({round: u64, creator: count, batchId: text})),
});
export type BlockView = ValueOf<typeof blockView>;

/** `GET /api/v1/chain/blocks`. */
export const blockList = object({tip: u64, from: u64, to: u64, blocks: list(blockView)});

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
  height: named("block_height", u64),
  blockId: named("block_hash", omitEmpty(text, "")),
  /** 1 when applied, 0 when rejected. */
  status: count,
  gasUsed: u64,
  fee: cell,
  message: named("error", optional(text)),
  timeMs: named("timestamp", time),
  contract: named("contract_id", text),
  outcome: word("applied", "rejected"),
  /** Code of a rejection. */
  code: optional(text),
  sender: text,
  nonce: u64,
  feeDust: u64,
  slash: optional(slashed),
});
export type ReceiptView = ValueOf<typeof receiptView>;

/** `GET /api/v1/receipts`: newest first. */
export const receiptList = object({tip: u64, from: u64, to: u64, receipts: list(receiptView)});
