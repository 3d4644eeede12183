/**
 * Deterministic CBOR (RFC 8949, section 4.2.1): the internal canonical encoding.
 *
 * The subset: unsigned integers up to 2^64-1, byte strings, text strings, arrays, `false`, `true` and `null`. No maps,
 * tags, floats, negative or indefinite items: records are positional arrays, so there is no key order to get wrong.
 * cbor-x reads; `checkCanonical` reads every head first, because cbor-x alone accepts long integer heads, trailing data and
 * lengths that it would allocate before it looks.
 */
import {Decoder} from "cbor-x";
import {DecodeError} from "../../errors.js";
import {writeCbor} from "./write.js";

/** What the subset can hold. Integers decode to `number` below 2^32 and to `bigint` from there on. */
export type CborValue = number | bigint | string | boolean | null | Uint8Array | readonly CborValue[];

/** Deepest nesting of arrays; the deepest record of the ledger needs six. */
export const CBOR_MAX_DEPTH = 16;

const READER = new Decoder({useRecords: false, mapsAsObjects: false});
const UTF8 = new TextDecoder("utf-8", {fatal: true, ignoreBOM: true});

/** Canonical bytes of `value`. Integers above 2^32-1 must be bigint. @throws InvariantError for other numbers */
export const encodeCbor = (value: CborValue): Uint8Array => writeCbor(value);

/**
 * The value of canonical bytes.
 * @throws DecodeError CBOR_INVALID
 */
export function decodeCbor(bytes: Uint8Array): CborValue {
  checkCanonical(bytes);
  return READER.decode(bytes) as CborValue;
}

const refuse = (why: string, at: number): never => {
  throw new DecodeError("CBOR_INVALID", `not canonical CBOR: ${why} at byte ${at}`, {details: {offset: at}});
};

/**
 * Refuses every byte string that `encodeCbor` would not have written. One pass, no allocation.
 * @throws DecodeError CBOR_INVALID
 */
export function checkCanonical(bytes: Uint8Array): void {
  const end = skipItem(bytes, 0, 0);
  if (end !== bytes.length) refuse("data after the item", end);
}

function skipItem(bytes: Uint8Array, at: number, depth: number): number {
  if (at >= bytes.length) refuse("cut short", at);
  if (depth > CBOR_MAX_DEPTH) refuse("nested too deeply", at);
  const head = bytes[at]!;
  const major = head >> 5;
  if (major === 7) return head === 0xf4 || head === 0xf5 || head === 0xf6 ? at + 1 : refuse("a float or tag value", at);
  if (major !== 0 && major !== 2 && major !== 3 && major !== 4) refuse("an item outside the subset", at);

  const info = head & 0x1f;
  if (info > 27) refuse("an indefinite or reserved length", at);
  const width = info < 24 ? 0 : 1 << (info - 24);
  let next = at + 1 + width;
  if (next > bytes.length) refuse("cut short", at);
  // Two 32-bit halves: a bigint for each head would cost more than the rest of the scan.
  let high = 0;
  let low = info;
  if (width > 0) {
    low = 0;
    for (let i = at + 1; i < next; i++) {
      if (width === 8 && i < at + 5) high = high * 256 + bytes[i]!;
      else low = low * 256 + bytes[i]!;
    }
    const shortest = width === 8 ? high > 0 : width === 4 ? low > 0xffff : width === 2 ? low > 0xff : low > 23;
    if (!shortest) refuse("an integer longer than needed", at);
  }
  if (major === 0) return next;

  if (high > 0 || low > bytes.length - next) refuse("a length beyond the input", at);
  if (major === 2) return next + low;
  if (major === 3) {
    try {
      UTF8.decode(bytes.subarray(next, next + low));
    } catch {
      refuse("text that is not UTF-8", at);
    }
    return next + low;
  }
  for (let i = 0; i < low; i++) next = skipItem(bytes, next, depth + 1);
  return next;
}
