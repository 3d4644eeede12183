/**
 * The hash that has to stay below the target, and the order in which nonces are tried.
 * Source: QSDM mining protocol, section 9.
 */
import {concat, hexOf} from "../../../codecs/bytes.js";
import {sha3} from "../../../codecs/hash.js";

/** What the pow hash covers. */
export interface PowInput {
  readonly headerHash: Uint8Array;
  /** 16 bytes. */
  readonly nonce: Uint8Array;
  readonly batchRoot: Uint8Array;
  readonly mixDigest: Uint8Array;
}

/** @param hash SHA3-256, by whatever computes it */
export const powHash = (
  {headerHash, nonce, batchRoot, mixDigest}: PowInput,
  hash: (message: Uint8Array) => Uint8Array = sha3,
): Uint8Array => hash(concat(headerHash, nonce, batchRoot, mixDigest));

/** Strictly below, as a big-endian integer; a target that is absent or not positive is never met. */
export const meetsTarget = (hash: Uint8Array, target: bigint | null): boolean =>
  target !== null && target > 0n && BigInt(`0x${hexOf(hash)}`) < target;

/** The nonce `by` further on: a 128-bit little-endian integer that wraps. */
export function advanceNonce(nonce: Uint8Array, by: bigint): Uint8Array {
  const view = new DataView(nonce.buffer, nonce.byteOffset);
  const sum = BigInt.asUintN(128, view.getBigUint64(0, true) + (view.getBigUint64(8, true) << 64n) + by);
  const out = new Uint8Array(16);
  const next = new DataView(out.buffer);
  next.setBigUint64(0, BigInt.asUintN(64, sum), true);
  next.setBigUint64(8, sum >> 64n, true);
  return out;
}
