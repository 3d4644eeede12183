/** Field elements as bytes: 16, big-endian, below p = 2^127 - 1. */
import {DecodeError} from "../../errors.js";
import {plain} from "../bytes.js";

export const ELEMENT_BYTES = 16;
const P = 2n ** 127n - 1n;

/** Bytes of elements in [0, p), one after the other. */
export function encodeElements(values: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(values.length * ELEMENT_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [at, value] of values.entries()) {
    view.setBigUint64(at * ELEMENT_BYTES, value >> 64n);
    view.setBigUint64(at * ELEMENT_BYTES + 8, value & 0xffff_ffff_ffff_ffffn);
  }
  return bytes;
}

/** The elements in `bytes`, `count` of them where given. @throws DecodeError ELEMENT_INVALID */
export function decodeElements(bytes: Uint8Array, count?: number): bigint[] {
  if (bytes.length % ELEMENT_BYTES !== 0 || (count !== undefined && bytes.length !== count * ELEMENT_BYTES))
    throw new DecodeError("ELEMENT_INVALID", `${bytes.length} bytes are no ${count ?? "whole number of"} elements`);
  const raw = plain(bytes);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
  return Array.from({length: raw.length / ELEMENT_BYTES}, (_, at) => {
    const value = (view.getBigUint64(at * ELEMENT_BYTES) << 64n) | view.getBigUint64(at * ELEMENT_BYTES + 8);
    if (value >= P) throw new DecodeError("ELEMENT_INVALID", "an element is not below p");
    return value;
  });
}
