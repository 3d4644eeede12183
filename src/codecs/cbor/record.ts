/**
 * Records as data: a wire type is a list of named fields, written as a positional CBOR array that starts with its
 * tag. Fields check shape and limits in both directions, so a value that would not decode does not encode either.
 */
import {DecodeError} from "../../errors.js";
import {U64_MAX} from "../amount.js";
import {plain} from "../bytes.js";
import type {Codec} from "../codec.js";
import {type CborValue, decodeCbor, encodeCbor} from "./cbor.js";

/** One field's form: `toWire` and `fromWire` are inverse; `fromWire` throws DecodeError naming `path`. */
export interface Field<T> {
  toWire(value: T, path: string): CborValue;
  fromWire(wire: CborValue | undefined, path: string): T;
}

/** The value type of a field. */
export type FieldValue<F> = F extends Field<infer T> ? T : never;
type Shape = Readonly<Record<string, Field<never> | Field<unknown>>>;
type Fields<S> = {readonly [K in keyof S]: FieldValue<S[K]>};

/** A record is a codec and can be a field of another record. */
export interface RecordCodec<T> extends Codec<T>, Field<T> {}

const bad = (path: string, why: string): never => {
  throw new DecodeError("FIELD_INVALID", `${path} ${why}`, {details: {field: path}});
};

/** Unsigned 64-bit integer. */
export const u64: Field<bigint> = {
  toWire(value, path) {
    if (value < 0n || value > U64_MAX) bad(path, "is not an unsigned 64-bit integer");
    return value > 0xffff_ffffn ? value : Number(value);
  },
  fromWire: (wire, path) =>
    typeof wire === "bigint" ? wire : typeof wire === "number" ? BigInt(wire) : bad(path, "is not an integer"),
};

/** Count from 0 to 2^32-1. */
export const u32: Field<number> = {
  toWire: (value, path) =>
    Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff
      ? value
      : bad(path, "is not an unsigned 32-bit integer"),
  fromWire: (wire, path) => (typeof wire === "number" ? wire : bad(path, "is not an unsigned 32-bit integer")),
};

export const flag: Field<boolean> = {
  toWire: (value) => value,
  fromWire: (wire, path) => (typeof wire === "boolean" ? wire : bad(path, "is not true or false")),
};

/** Byte string of exactly `size` bytes. */
export const fixed = (size: number): Field<Uint8Array> => blob({min: size, max: size});

/** Byte string within limits. */
export function blob({min = 0, max}: {min?: number; max: number}): Field<Uint8Array> {
  const check = (value: Uint8Array, path: string): Uint8Array =>
    value.length >= min && value.length <= max
      ? value
      : bad(
          path,
          min === max ? `is ${value.length} bytes, want ${max}` : `is ${value.length} bytes, want ${min} to ${max}`,
        );
  return {
    toWire: check,
    fromWire: (wire, path) =>
      wire instanceof Uint8Array ? check(plain(wire).slice(), path) : bad(path, "is not a byte string"),
  };
}

/** Text of at most `maxBytes` bytes of UTF-8, matching `pattern` when given. */
export function text({
  minBytes = 0,
  maxBytes,
  pattern,
}: {
  minBytes?: number;
  maxBytes: number;
  pattern?: RegExp;
}): Field<string> {
  const check = (value: string, path: string): string => {
    const size = Buffer.byteLength(value);
    if (size < minBytes || size > maxBytes) bad(path, `is ${size} bytes, want ${minBytes} to ${maxBytes}`);
    if (!value.isWellFormed()) bad(path, "has a lone surrogate");
    if (pattern && !pattern.test(value)) bad(path, `does not match ${pattern}`);
    return value;
  };
  return {
    toWire: check,
    fromWire: (wire, path) => (typeof wire === "string" ? check(wire, path) : bad(path, "is not text")),
  };
}

/** One of a fixed set of words. */
export const word = <const W extends string>(...words: readonly W[]): Field<W> => ({
  toWire: (value, path) => (words.includes(value) ? value : bad(path, `is not one of ${words.join(", ")}`)),
  fromWire: (wire, path) => words.find((each) => each === wire) ?? bad(path, `is not one of ${words.join(", ")}`),
});

/** A field that may be `null`. */
export const nullable = <T>(inner: Field<T>): Field<T | null> => ({
  toWire: (value, path) => (value === null ? null : inner.toWire(value, path)),
  fromWire: (wire, path) => (wire === null ? null : inner.fromWire(wire, path)),
});

/** Array of at most `max` items. */
export const list = <T>(inner: Field<T>, max: number): Field<readonly T[]> => ({
  toWire(value, path) {
    if (value.length > max) bad(path, `has ${value.length} items, at most ${max}`);
    return value.map((item, i) => inner.toWire(item, `${path}[${i}]`));
  },
  fromWire(wire, path) {
    if (!isArray(wire)) return bad(path, "is not an array");
    if (wire.length > max) bad(path, `has ${wire.length} items, at most ${max}`);
    return wire.map((item, i) => inner.fromWire(item, `${path}[${i}]`));
  },
});

const isArray = (wire: CborValue | undefined): wire is readonly CborValue[] => Array.isArray(wire);

/** A record named `tag`: the CBOR array `[tag, field, field, ...]` in the order of `shape`. */
export function record<const S extends Shape>(tag: string, shape: S): RecordCodec<Fields<S>> {
  const fields = Object.entries(shape).map(([name, field]) => ({
    name,
    field: field as Field<unknown>,
    path: `${tag}.${name}`,
  }));
  const codec: RecordCodec<Fields<S>> = {
    toWire(value) {
      const wire: CborValue[] = [tag];
      for (const {name, field, path} of fields) wire.push(field.toWire(value[name as keyof S], path));
      return wire;
    },
    fromWire(wire) {
      if (!isArray(wire) || wire[0] !== tag) return bad(tag, "record expected");
      if (wire.length !== fields.length + 1) bad(tag, `has ${wire.length - 1} fields, want ${fields.length}`);
      const out: Record<string, unknown> = {};
      fields.forEach(({name, field, path}, i) => {
        out[name] = field.fromWire(wire[i + 1], path);
      });
      return out as Fields<S>;
    },
    encode: (value) => encodeCbor(codec.toWire(value, tag)),
    decode: (bytes) => codec.fromWire(decodeCbor(bytes), tag),
  };
  return codec;
}

/**
 * `codec` for bytes that anybody can send: what is longer than any value's encoding is refused before it is read. A megabyte
 * of empty arrays takes a tenth of a second to find out about.
 * @param maxBytes at least the longest encoding
 */
export const within = <T>(maxBytes: number, codec: RecordCodec<T>): RecordCodec<T> => ({
  ...codec,
  decode(bytes) {
    if (bytes.length > maxBytes)
      throw new DecodeError("CBOR_TOO_LARGE", `${bytes.length} bytes, at most ${maxBytes}`, {
        details: {bytes: bytes.length, most: maxBytes},
      });
    return codec.decode(bytes);
  },
});
