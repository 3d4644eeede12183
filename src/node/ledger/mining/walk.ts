/**
 * The walk over the table that costs a miner 64 dependent reads, in both versions of the mix.
 * Source: QSDM mining protocol, sections 7 and 8.
 */
import {concat} from "../../../codecs/bytes.js";
import {sha3} from "../../../codecs/hash.js";
import {type Dag, entriesOf, readEntry} from "./checkpoints.js";
import {ENTRY_BYTES} from "./dag.js";
import {tensorStep} from "./tensor.js";

/** Reads per attempt. */
export const WALK_STEPS = 64;

/** Which function mixes an entry in: plain before the tensor fork, matrix product from it on. */
export type MixVersion = 1 | 2;

/** Table index that a mix leads to. */
export const indexOf = (mix: Uint8Array, entries: number): number =>
  (((mix[0]! << 24) | (mix[1]! << 16) | (mix[2]! << 8) | mix[3]!) >>> 0) % entries;

/** What a walk starts from. */
export interface WalkStart {
  readonly headerHash: Uint8Array;
  /** 16 bytes. */
  readonly nonce: Uint8Array;
}

/** The mix digest of a walk over one epoch's table. */
export type Walk = (start: WalkStart, version: MixVersion) => Uint8Array;

/** The mix digest of one nonce. */
export function mixDigest(dag: Dag, {headerHash, nonce}: WalkStart, version: MixVersion): Uint8Array {
  const entries = entriesOf(dag);
  let mix = sha3(concat(headerHash, nonce));
  // One input buffer for all steps: this loop is the miner's whole day.
  const input = new Uint8Array(2 * ENTRY_BYTES);
  for (let step = 0; step < WALK_STEPS; step++) {
    const entry = readEntry(dag, indexOf(mix, entries));
    if (version === 2) mix = sha3(concat(mix, entry, tensorStep(mix, entry)));
    else {
      input.set(mix);
      input.set(entry, ENTRY_BYTES);
      mix = sha3(input);
    }
  }
  return mix;
}
