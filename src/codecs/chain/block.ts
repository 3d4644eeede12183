/** Blocks: what validators agree on (docs/decisions/0003-block-and-state.md). */
import {address, digestHex} from "../address.js";
import {hexOf, utf8} from "../bytes.js";
import {blob, type FieldValue, fixed, list, record, u32, u64} from "../cbor/record.js";
import {BATCHES_MAX, batchRef} from "../dag/batch.js";
import {sha3} from "../hash.js";
import {ML_DSA_44} from "../suite.js";
import {chainIdField, ENVELOPE_MAX_BYTES} from "./envelope.js";

/** Every field is hashed, so whoever holds a header can recompute its id. */
export const header = record("qsdm/header/v4", {
  chainId: chainIdField,
  height: u64,
  /** Validator set that decides about the block, counted from 0. */
  epoch: u64,
  /** View in which its leader proposed it, above the parent's; 0 at genesis alone. */
  view: u64,
  /** Milliseconds since 1970, above the parent's. */
  timeMs: u64,
  parentId: digestHex,
  /** State after the parent: votes on this block thereby certify the execution of everything before it. */
  parentStateRoot: digestHex,
  parentReceiptsRoot: digestHex,
  /** Merkle roots over the bytes of the body's sections, each with its count. */
  transactionsRoot: digestHex,
  proofsRoot: digestHex,
  coinbaseRoot: digestHex,
  batchesRoot: digestHex,
  transactionCount: u32,
  proofCount: u32,
  coinbaseCount: u32,
  batchCount: u32,
  /** What 600,000 gas cost in this block before any tip, and the gas of its transactions: the next base fee follows. */
  baseFeeDust: u64,
  gasUsed: u64,
  /** Account of the validator that proposed the block; receives its share of the fees. */
  proposer: address,
});
export type Header = FieldValue<typeof header>;
/**
 * Proposer in the headers that close an epoch: nobody. They hold nothing and are dropped, and their voters certify them
 * all the same, so that a header has to tell by itself that it is no part of the chain.
 */
export const CLOSING_PROPOSER = "00".repeat(32);

/** What one miner is paid in a block. Derived from the block's proofs and recomputed by every verifier. */
export const coinbaseEntry = record("coinbase", {to: address, amountDust: u64});
export type CoinbaseEntry = FieldValue<typeof coinbaseEntry>;

/** One validator's vote for a block. Domain and chain separation: the tag and the chain id are signed. */
export const voteContent = record("qsdm/vote/v1", {
  chainId: chainIdField,
  epoch: u64,
  height: u64,
  view: u64,
  blockId: digestHex,
});
export type VoteContent = FieldValue<typeof voteContent>;

/** Votes of more than two thirds of the power for one block, by index into the epoch's validator list, ascending. */
export const certificate = record("qsdm/certificate/v2", {
  epoch: u64,
  height: u64,
  view: u64,
  blockId: digestHex,
  votes: list(record("vote", {validator: u32, signature: fixed(ML_DSA_44.signatureBytes)}), 1_000),
});
export type Certificate = FieldValue<typeof certificate>;

export const block = record("qsdm/block/v3", {
  header,
  /** Envelopes in execution order. */
  transactions: list(blob({min: 1, max: ENVELOPE_MAX_BYTES}), 10_000),
  /** Canonical mining proofs in inclusion order. */
  proofs: list(blob({min: 1, max: 65_536}), 1_000),
  coinbase: list(coinbaseEntry, 1_000),
  /** Batches that everything above comes from, in their one order. */
  batches: list(batchRef, BATCHES_MAX),
});
export type Block = FieldValue<typeof block>;

const BLOCK_ID_TAG = utf8("qsdm/blockid/v1\0");

/** Block id: 64 hex digits over every field of the header. */
export const blockIdOf = (value: Header): string => hexOf(sha3(BLOCK_ID_TAG, header.encode(value)));
