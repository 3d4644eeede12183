/**
 * The walk over the table that costs a miner 64 dependent reads, in both versions of the mix.
 * Source: QSDM mining protocol, sections 7 and 8.
 */
import {concat} from "../../../codecs/bytes.js";
import {sha3} from "../../../codecs/hash.js";
import {type DagTable, ENTRY_BYTES, entryAt, entryCount} from "./dag.js";
import {tensorStep} from "./tensor.js";

/** Reads per attempt. */
export const WALK_STEPS = 64;

/** Which function mixes an entry in: plain before the tensor fork, matrix product from it on. */
export type MixVersion = 1 | 2;

/** Table index that a mix leads to. */
export const indexOf = (mix: Uint8Array, entries: number): number =>
  (((mix[0]! << 24) | (mix[1]! << 16) | (mix[2]! << 8) | mix[3]!) >>> 0) % entries;

/** The mix digest of one nonce. */
export function mixDigest(table: DagTable, headerHash: Uint8Array, nonce: Uint8Array, version: MixVersion): Uint8Array {
  const entries = entryCount(table);
  let mix = sha3(concat(headerHash, nonce));
  if (version === 2) {
    for (let step = 0; step < WALK_STEPS; step++) {
      const entry = entryAt(table, indexOf(mix, entries));
      mix = sha3(concat(mix, entry, tensorStep(mix, entry)));
    }
    return mix;
  }
  // One input buffer for all steps: this loop is the miner's whole day.
  const input = new Uint8Array(2 * ENTRY_BYTES);
  for (let step = 0; step < WALK_STEPS; step++) {
    const at = indexOf(mix, entries) * ENTRY_BYTES;
    input.set(mix);
    input.set(table.subarray(at, at + ENTRY_BYTES), ENTRY_BYTES);
    mix = sha3(input);
  }
  return mix;
}
