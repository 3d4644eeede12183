/**
 * Binary layouts as data: a wire type is a list of named parts, written one after the other without tags. Integers are
 * little-endian unless the name says otherwise. Every count and length is held against what is left of the input before
 * anything is allocated for it.
 */
import {DecodeError} from "../../errors.js";
import {concat} from "../bytes.js";
import type {Codec} from "../codec.js";

/** One part's form: `write` and `read` are inverse, and both refuse what the other would not take. */
export interface Part<T> {
  /** Fewest bytes that a value takes. */
  readonly minBytes: number;
  write(value: T, path: string): Uint8Array;
  read(from: Cursor, path: string): T;
}

/** The value type of a part. */
export type PartValue<P> = P extends Part<infer T> ? T : never;
type Shape = Readonly<Record<string, Part<never> | Part<unknown>>>;
type Parts<S> = {readonly [K in keyof S]: PartValue<S[K]>};

export const refuse = (path: string, why: string): never => {
  throw new DecodeError("LAYOUT_INVALID", `${path} ${why}`, {details: {field: path}});
};

/** Where a reader is. */
export class Cursor {
  #at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  get left(): number {
    return this.bytes.length - this.#at;
  }

  take(size: number, path: string): Uint8Array {
    if (size > this.left) refuse(path, `takes ${size} bytes, ${this.left} are left`);
    this.#at += size;
    // Not slice, which shares memory where the input is a Buffer.
    return new Uint8Array(this.bytes.subarray(this.#at - size, this.#at));
  }
}

type Count = Part<number>;

function integer(bytes: 1 | 2 | 4, littleEndian: boolean): Count {
  const max = 2 ** (8 * bytes) - 1;
  return {
    minBytes: bytes,
    write(value, path) {
      if (!Number.isInteger(value) || value < 0 || value > max) refuse(path, `is not an integer from 0 to ${max}`);
      const out = new Uint8Array(bytes);
      for (let i = 0; i < bytes; i++) out[littleEndian ? i : bytes - 1 - i] = Math.floor(value / 2 ** (8 * i));
      return out;
    },
    read(from, path) {
      const raw = from.take(bytes, path);
      if (!littleEndian) raw.reverse();
      return raw.reduceRight((sum, byte) => sum * 256 + byte, 0);
    },
  };
}

export const u8 = integer(1, true);
export const u16 = integer(2, true);
export const u32 = integer(4, true);
export const u16be = integer(2, false);
export const u32be = integer(4, false);

const long = (littleEndian: boolean): Part<bigint> => ({
  minBytes: 8,
  write(value, path) {
    if (value < 0n || value >> 64n !== 0n) refuse(path, "is not an unsigned 64-bit integer");
    const out = new Uint8Array(8);
    new DataView(out.buffer).setBigUint64(0, value, littleEndian);
    return out;
  },
  read: (from, path) => new DataView(from.take(8, path).buffer).getBigUint64(0, littleEndian),
});

export const u64 = long(true);
export const u64be = long(false);

/** Byte string of exactly `size` bytes. */
export const fixed = (size: number): Part<Uint8Array> => ({
  minBytes: size,
  write: (value, path) => (value.length === size ? value : refuse(path, `is ${value.length} bytes, want ${size}`)),
  read: (from, path) => from.take(size, path),
});

/** Byte string behind its length. */
export const blob = (length: Count, max = Number.POSITIVE_INFINITY): Part<Uint8Array> => ({
  minBytes: length.minBytes,
  write(value, path) {
    if (value.length > max) refuse(path, `is ${value.length} bytes, at most ${max}`);
    return concat(length.write(value.length, path), value);
  },
  read(from, path) {
    const size = length.read(from, path);
    if (size > max) refuse(path, `is ${size} bytes, at most ${max}`);
    return from.take(size, path);
  },
});

/** Values of one kind, `count` of them. */
export function readMany<T>(from: Cursor, count: number, part: Part<T>, path: string): readonly T[] {
  if (count * part.minBytes > from.left) refuse(path, `has ${count} items in ${from.left} bytes`);
  return Array.from({length: count}, (_, i) => part.read(from, `${path}[${i}]`));
}

export const writeMany = <T>(values: readonly T[], part: Part<T>, path: string): Uint8Array =>
  concat(...values.map((value, i) => part.write(value, `${path}[${i}]`)));

/** List behind its count. */
export const list = <T>(length: Count, part: Part<T>, max = Number.POSITIVE_INFINITY): Part<readonly T[]> => ({
  minBytes: length.minBytes,
  write(values, path) {
    if (values.length > max) refuse(path, `has ${values.length} items, at most ${max}`);
    return concat(length.write(values.length, path), writeMany(values, part, path));
  },
  read(from, path) {
    const count = length.read(from, path);
    if (count > max) refuse(path, `has ${count} items, at most ${max}`);
    return readMany(from, count, part, path);
  },
});

/** List that ends with the input. */
export const toTheEnd = <T>(part: Part<T>): Part<readonly T[]> => ({
  minBytes: 0,
  write: (values, path) => writeMany(values, part, path),
  read(from, path) {
    const out: T[] = [];
    while (from.left > 0) out.push(part.read(from, `${path}[${out.length}]`));
    return out;
  },
});

/** A value behind its length in bytes. */
export const framed = <T>(length: Count, part: Part<T>, max = Number.POSITIVE_INFINITY): Part<T> => {
  const frame = blob(length, max);
  return {
    minBytes: length.minBytes + part.minBytes,
    write: (value, path) => frame.write(part.write(value, path), path),
    read: (from, path) => whole(part, frame.read(from, path), path),
  };
};

/** The same, where a length of 0 stands for no value. */
export const optional = <T>(length: Count, part: Part<T>): Part<T | null> => {
  const frame = blob(length);
  return {
    minBytes: length.minBytes,
    write: (value, path) => frame.write(value === null ? new Uint8Array() : part.write(value, path), path),
    read(from, path) {
      const bytes = frame.read(from, path);
      return bytes.length === 0 ? null : whole(part, bytes, path);
    },
  };
};

/** A value behind bytes that say what it is. */
export const behind = <T>(mark: Uint8Array, part: Part<T>): Part<T> => ({
  minBytes: mark.length + part.minBytes,
  write: (value, path) => concat(mark, part.write(value, path)),
  read(from, path) {
    const found = from.take(mark.length, path);
    if (!found.every((byte, i) => byte === mark[i])) refuse(path, "begins with another mark");
    return part.read(from, path);
  },
});

/** Parts in the order of `shape`. */
export function struct<const S extends Shape>(shape: S): Part<Parts<S>> {
  const parts = Object.entries(shape) as [string, Part<unknown>][];
  return {
    minBytes: parts.reduce((sum, [, {minBytes}]) => sum + minBytes, 0),
    write: (value, path) =>
      concat(...parts.map(([name, part]) => part.write(value[name as keyof S], `${path}.${name}`))),
    read: (from, path) =>
      Object.fromEntries(parts.map(([name, part]) => [name, part.read(from, `${path}.${name}`)])) as Parts<S>,
  };
}

function whole<T>(part: Part<T>, bytes: Uint8Array, path: string): T {
  const from = new Cursor(bytes);
  const value = part.read(from, path);
  if (from.left > 0) refuse(path, `is followed by ${from.left} bytes`);
  return value;
}

/** `part` as a whole message, which refuses what follows it. Errors have the code LAYOUT_INVALID. */
export const layout = <T>(name: string, part: Part<T>): Codec<T> => ({
  encode: (value) => part.write(value, name),
  decode: (bytes) => whole(part, bytes, name),
});
