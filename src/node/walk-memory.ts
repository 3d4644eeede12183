/**
 * Walks that were done already. Over checkpoints a walk costs milliseconds, and every proof is walked twice: when it is
 * offered and in its block.
 */
import {hexOf} from "../codecs/bytes.js";
import type {Walk} from "./ledger/mining/walk.js";

/** Walks that are remembered: some blocks' worth, 200 bytes each. */
const REMEMBERED = 4_096;

/** `walk` with a memory of its last results. */
export function rememberWalks(walk: Walk): Walk {
  const known = new Map<string, Uint8Array>();
  return (start, version) => {
    const key = `${version}/${hexOf(start.headerHash)}${hexOf(start.nonce)}`;
    const before = known.get(key);
    if (before) return before;
    const mix = walk(start, version);
    known.set(key, mix);
    // A Map hands its keys out in the order in which they came.
    if (known.size > REMEMBERED) known.delete(known.keys().next().value!);
    return mix;
  };
}
