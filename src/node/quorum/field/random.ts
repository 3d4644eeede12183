/** Uniform field elements out of random bytes. */
import {P} from "./field.js";

/** Draws one uniform element of [0, p). */
export type FieldSource = () => bigint;

const BYTES = 16;

/** A source over a cryptographic generator: 127 bits, drawn again in the one case that they are p. */
export const fieldSource =
  (randomBytes: (size: number) => Uint8Array): FieldSource =>
  () => {
    for (;;) {
      const value = elementOf(randomBytes(BYTES));
      if (value !== null) return value;
    }
  };

/** The lower 127 bits of 16 big-endian bytes, or null where they are p itself. */
export function elementOf(bytes: Uint8Array): bigint | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, BYTES);
  const value = ((view.getBigUint64(0) << 64n) | view.getBigUint64(8)) & P;
  return value === P ? null : value;
}
