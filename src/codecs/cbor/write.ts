/**
 * Writes deterministic CBOR: the size first, then every byte into an array of just that size. A writer that grows its
 * buffer on the way copies a block several times, and what it returns keeps all of that buffer alive.
 */
import {InvariantError} from "../../errors.js";
import {U64_MAX} from "../amount.js";
import {allocate} from "../bytes.js";
import type {CborValue} from "./cbor.js";

/** Characters from which the runtime's own writer of UTF-8 is worth the call. */
const LONG_TEXT = 24;

/** Canonical bytes of `value`. @throws InvariantError for a number outside the subset */
export function writeCbor(value: CborValue): Uint8Array {
  const out = allocate(sizeOf(value));
  write(out, 0, value);
  return out;
}

const headSize = (count: number): number => (count < 24 ? 1 : count < 0x100 ? 2 : count < 0x1_0000 ? 3 : 5);

function sizeOf(value: CborValue): number {
  if (typeof value === "number") {
    if (value >>> 0 !== value) throw new InvariantError(`${value} is not an unsigned 32-bit integer`);
    return headSize(value);
  }
  if (typeof value === "string") {
    const length = Buffer.byteLength(value);
    return headSize(length) + length;
  }
  if (value instanceof Uint8Array) return headSize(value.length) + value.length;
  if (value === null || typeof value === "boolean") return 1;
  if (typeof value === "bigint") {
    if (value < 0n || value > U64_MAX) throw new InvariantError(`${value} is not an unsigned 64-bit integer`);
    return value > 0xffff_ffffn ? 9 : headSize(Number(value));
  }
  let size = headSize(value.length);
  for (let i = 0; i < value.length; i++) size += sizeOf(value[i]!);
  return size;
}

/** @returns where the next item goes */
function write(out: Uint8Array, at: number, value: CborValue): number {
  if (typeof value === "number") return writeHead(out, at, 0, value);
  if (typeof value === "string") return writeText(out, at, value);
  if (value instanceof Uint8Array) {
    const next = writeHead(out, at, 0x40, value.length);
    out.set(value, next);
    return next + value.length;
  }
  if (value === null || typeof value === "boolean") {
    out[at] = value === null ? 0xf6 : value ? 0xf5 : 0xf4;
    return at + 1;
  }
  if (typeof value === "bigint") return writeBigint(out, at, value);
  let next = writeHead(out, at, 0x80, value.length);
  for (let i = 0; i < value.length; i++) next = write(out, next, value[i]!);
  return next;
}

/** @param major the major type in the upper three bits */
function writeHead(out: Uint8Array, at: number, major: number, count: number): number {
  if (count < 24) {
    out[at] = major | count;
    return at + 1;
  }
  if (count < 0x100) {
    out[at] = major | 24;
    out[at + 1] = count;
    return at + 2;
  }
  if (count < 0x1_0000) {
    out[at] = major | 25;
    out[at + 1] = count >>> 8;
    out[at + 2] = count;
    return at + 3;
  }
  out[at] = major | 26;
  return write32(out, at + 1, count);
}

function write32(out: Uint8Array, at: number, value: number): number {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
  return at + 4;
}

function writeBigint(out: Uint8Array, at: number, value: bigint): number {
  if (value <= 0xffff_ffffn) return writeHead(out, at, 0, Number(value));
  out[at] = 0x1b;
  return write32(out, write32(out, at + 1, Number(value >> 32n)), Number(value & 0xffff_ffffn));
}

function writeText(out: Uint8Array, at: number, text: string): number {
  const {length} = text;
  if (length < LONG_TEXT) {
    const start = at + 1;
    let i = 0;
    for (; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) break;
      out[start + i] = code;
    }
    if (i === length) {
      out[at] = 0x60 | length;
      return start + length;
    }
  }
  const bytes = Buffer.byteLength(text);
  const next = writeHead(out, at, 0x60, bytes);
  Buffer.from(out.buffer, out.byteOffset, out.byteLength).write(text, next, "utf8");
  return next + bytes;
}
