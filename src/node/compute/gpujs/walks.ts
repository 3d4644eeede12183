/**
 * Walks whose hashes are computed in batches by somebody else: all walks of a batch step together. Entries are picked
 * here, so the table may be of any size and never leaves its memory.
 */

import {type Dag, entriesOf, readEntry} from "../../ledger/mining/checkpoints.js";
import {ENTRY_BYTES} from "../../ledger/mining/dag.js";
import {indexOf, WALK_STEPS, type WalkStart} from "../../ledger/mining/walk.js";
import {BLOCK_BYTES, SHA3_SUFFIX} from "../keccak.js";

/** Computes `batch` digests at a time, of padded blocks; the same array comes back for each call. */
export interface BlockHasher {
  readonly batch: number;
  /** Shorter input leaves the rest of the batch unused. @returns digests of 32 bytes */
  hash(blocks: Uint8Array): Uint8Array;
}

const DIGEST_BYTES = 32;

/** Writes a message of less than a block, padded, as block `i`. */
export function putBlock(blocks: Uint8Array, i: number, ...parts: readonly Uint8Array[]): void {
  let at = i * BLOCK_BYTES;
  const end = at + BLOCK_BYTES;
  for (const part of parts) {
    blocks.set(part, at);
    at += part.length;
  }
  blocks.fill(0, at, end);
  blocks[at]! |= SHA3_SUFFIX;
  blocks[end - 1]! |= 0x80;
}

const digestAt = (digests: Uint8Array, i: number): Uint8Array =>
  digests.subarray(i * DIGEST_BYTES, (i + 1) * DIGEST_BYTES);

/** SHA3-256 of each message, all of less than a block. */
export function hashMessages({batch, hash}: BlockHasher, messages: readonly Uint8Array[]): Uint8Array[] {
  const blocks = new Uint8Array(batch * BLOCK_BYTES);
  const digests: Uint8Array[] = [];
  for (let from = 0; from < messages.length; from += batch) {
    const some = messages.slice(from, from + batch);
    for (const [i, message] of some.entries()) putBlock(blocks, i, message);
    const result = hash(blocks);
    digests.push(...some.map((_, i) => digestAt(result, i).slice()));
  }
  return digests;
}

/** The mix digests of walks with the plain mix. */
export function walkInBatches(hasher: BlockHasher, dag: Dag, starts: readonly WalkStart[]): Uint8Array[] {
  const mixes: Uint8Array[] = [];
  for (let from = 0; from < starts.length; from += hasher.batch)
    mixes.push(...walkBatch(hasher, dag, starts.slice(from, from + hasher.batch)));
  return mixes;
}

function walkBatch({batch, hash}: BlockHasher, dag: Dag, starts: readonly WalkStart[]): Uint8Array[] {
  const entries = entriesOf(dag);
  const blocks = new Uint8Array(batch * BLOCK_BYTES);
  for (const [i, {headerHash, nonce}] of starts.entries()) putBlock(blocks, i, headerHash, nonce);
  let digests = hash(blocks);
  const none = new Uint8Array(2 * ENTRY_BYTES);
  for (const i of starts.keys()) putBlock(blocks, i, none);
  for (let step = 0; step < WALK_STEPS; step++) {
    for (const i of starts.keys()) {
      const mix = digestAt(digests, i);
      blocks.set(mix, i * BLOCK_BYTES);
      blocks.set(readEntry(dag, indexOf(mix, entries)), i * BLOCK_BYTES + ENTRY_BYTES);
    }
    digests = hash(blocks);
  }
  return starts.map((_, i) => digestAt(digests, i).slice());
}
