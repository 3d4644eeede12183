/** Bytes and their text forms: strict lowercase hex, canonical base64, order. */
import {DecodeError} from "../errors.js";

const UTF8_ENCODER = new TextEncoder();
const UTF8_DECODER = new TextDecoder("utf-8", {fatal: true, ignoreBOM: true});
const HEX = /^(?:[0-9a-f]{2})*$/;

/** UTF-8 bytes of `text`. */
export const utf8 = (text: string): Uint8Array => UTF8_ENCODER.encode(text);

/** Text of UTF-8 bytes. @throws DecodeError UTF8_INVALID */
export function textOf(bytes: Uint8Array): string {
  try {
    return UTF8_DECODER.decode(bytes);
  } catch (cause) {
    throw new DecodeError("UTF8_INVALID", "text is not valid UTF-8", {cause});
  }
}

/** Lowercase hex of `bytes`. */
export const hexOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");

/**
 * Bytes of lowercase hex, of exactly `size` bytes when given.
 * @throws DecodeError HEX_INVALID, HEX_SIZE
 */
export function bytesOfHex(text: string, size?: number): Uint8Array {
  if (!HEX.test(text)) throw new DecodeError("HEX_INVALID", "not lowercase hex with two digits for each byte");
  if (size !== undefined && text.length !== size * 2)
    throw new DecodeError("HEX_SIZE", `want ${size} bytes of hex, got ${text.length / 2}`);
  return plain(Buffer.from(text, "hex"));
}

/** Padded standard base64 of `bytes`. */
export const base64Of = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");

/**
 * Bytes of canonical padded base64; refuses line breaks and set trailing bits, which lenient readers skip.
 * @throws DecodeError BASE64_INVALID
 */
export function bytesOfBase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") !== text) throw new DecodeError("BASE64_INVALID", "not canonical padded base64");
  return plain(bytes);
}

/**
 * The same bytes as a bare `Uint8Array`: `Buffer` is a subclass with other ideas of `slice`, equality in tests and
 * CBOR tags, so it stays inside this file.
 */
export const plain = (bytes: Uint8Array): Uint8Array =>
  bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Below this the engine's own memory is quicker than the allocator's. */
const SMALL_BYTES = 512;

/** Room for `size` bytes that are all written before anybody reads them: larger arrays are not cleared. */
export const allocate = (size: number): Uint8Array =>
  size < SMALL_BYTES ? new Uint8Array(size) : plain(Buffer.allocUnsafeSlow(size));

/** All parts, one after the other. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let size = 0;
  for (const part of parts) size += part.length;
  const out = allocate(size);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Bytewise lexicographic order, a prefix before its extension: negative, zero or positive. */
export const compareBytes = (a: Uint8Array, b: Uint8Array): number => Buffer.compare(a, b);

/** Equality of public bytes; secrets go through `equalSecret` of hash.ts. */
export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && Buffer.compare(a, b) === 0;
