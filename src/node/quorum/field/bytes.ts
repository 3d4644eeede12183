/** Field elements as bytes, one after the other: 16 each, little-endian, as batches take them. */
import {DecodeError} from "../../../errors.js";
import {P, reduce} from "./field.js";

export const ELEMENT_BYTES = 16;
const WORD = 2n ** 64n - 1n;

/** Elements in the order given, each reduced to [0, p). */
export function packElements(values: readonly bigint[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * ELEMENT_BYTES));
  for (const [at, value] of values.entries()) {
    const element = value >= 0n && value < P ? value : reduce(value);
    view.setBigUint64(at * ELEMENT_BYTES, element & WORD, true);
    view.setBigUint64(at * ELEMENT_BYTES + 8, element >> 64n, true);
  }
  return new Uint8Array(view.buffer);
}

/** @throws DecodeError ELEMENT_INVALID for a value of p or more, or half an element */
export function unpackElements(bytes: Uint8Array): bigint[] {
  if (bytes.length % ELEMENT_BYTES !== 0) throw new DecodeError("ELEMENT_INVALID", "an element is 16 bytes");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({length: bytes.length / ELEMENT_BYTES}, (_, at) => {
    const value =
      view.getBigUint64(at * ELEMENT_BYTES, true) | (view.getBigUint64(at * ELEMENT_BYTES + 8, true) << 64n);
    if (value >= P) throw new DecodeError("ELEMENT_INVALID", "an element is below p");
    return value;
  });
}
