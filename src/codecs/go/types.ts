/**
 * Go's types as `encoding/json` reads and writes them. A type reads over a previous value, because Go decodes into
 * what is already there: `null` and a wrong kind leave it, a repeated member overwrites it.
 */
import {DecodeError} from "../../errors.js";
import {U64_MAX} from "../amount.js";
import {base64Of} from "../bytes.js";
import {readBase64} from "./base64.js";
import type {JsonCursor} from "./cursor.js";
import {formatJsonFloat, integerOf, JSON_NUMBER} from "./number.js";
import {type JsonStyle, jsonText, quoteText} from "./quote.js";
import {jsonError} from "./scanner.js";

export interface GoType<T> {
  /** Name in error texts, for example `uint64`. */
  readonly goName: string;
  /** What a member has that never occurs. */
  readonly zero: T;
  /** @throws DecodeError FIELD_INVALID for a value that the wire cannot carry */
  write(value: T, style: JsonStyle): string;
  /** Whether a member marked "omitted when empty" disappears. */
  isEmpty(value: T): boolean;
  read(cursor: JsonCursor, previous: T): T;
}

function skipMismatch<T>(cursor: JsonCursor, goName: string, previous: T): T {
  const kind = cursor.kind();
  if (kind !== "null") cursor.noteMismatch(kind, goName);
  cursor.skip();
  return previous;
}

const invalid = (message: string): never => {
  throw new DecodeError("FIELD_INVALID", message);
};

/** Text; `goName` is the named type where the reference has one. */
export const goText = (goName = "string"): GoType<string> => ({
  goName,
  zero: "",
  write: (value, style) => (value.isWellFormed() ? jsonText(value, style) : invalid("text has a lone surrogate")),
  isEmpty: (value) => value === "",
  read: (cursor, previous) => (cursor.kind() === "string" ? cursor.string() : skipMismatch(cursor, goName, previous)),
});

function integer(goName: string, min: bigint, max: bigint): GoType<bigint> {
  return {
    goName,
    zero: 0n,
    write: (value) => (value >= min && value <= max ? String(value) : invalid(`${value} is not of type ${goName}`)),
    isEmpty: (value) => value === 0n,
    read(cursor, previous) {
      if (cursor.kind() !== "number") return skipMismatch(cursor, goName, previous);
      const literal = cursor.literal();
      const value = integerOf(literal, min, max);
      if (value === null) cursor.noteMismatch(`number ${literal}`, goName);
      return value ?? previous;
    },
  };
}

export const goUint64 = integer("uint64", 0n, U64_MAX);
export const goInt64 = integer("int64", -(1n << 63n), (1n << 63n) - 1n);

/** Unsigned integer below 2^32, as a number. */
function smallUint(goName: string, max: number): GoType<number> {
  const wide = integer(goName, 0n, BigInt(max));
  return {
    goName,
    zero: 0,
    write: (value, style) =>
      Number.isInteger(value) ? wide.write(BigInt(value), style) : invalid(`${value} is not of type ${goName}`),
    isEmpty: (value) => value === 0,
    read: (cursor, previous) => Number(wide.read(cursor, BigInt(previous))),
  };
}

export const goUint32 = smallUint("uint32", 0xffff_ffff);
const goUint8 = smallUint("uint8", 0xff);

/** Only the compatible envelopes carry floats; nothing else in the ledger does. */
export const goFloat64: GoType<number> = {
  goName: "float64",
  zero: 0,
  write: formatJsonFloat,
  isEmpty: (value) => value === 0,
  read(cursor, previous) {
    if (cursor.kind() !== "number") return skipMismatch(cursor, "float64", previous);
    const literal = cursor.literal();
    const value = Number(literal);
    if (Number.isFinite(value)) return value;
    cursor.noteMismatch(`number ${literal}`, "float64");
    return previous;
  },
};

export const goBool: GoType<boolean> = {
  goName: "bool",
  zero: false,
  write: String,
  isEmpty: (value) => !value,
  read: (cursor, previous) =>
    cursor.kind() === "bool" ? cursor.literal() === "true" : skipMismatch(cursor, "bool", previous),
};

/** Number kept as its literal, also when quoted. Text that is no number ends the reading at once. */
export const goNumber: GoType<string> = {
  goName: "json.Number",
  zero: "",
  write: (value) => (JSON_NUMBER.test(value) ? value : invalid(`${quoteText(value)} is not a number`)),
  isEmpty: (value) => value === "",
  read(cursor, previous) {
    const kind = cursor.kind();
    if (kind === "number") return cursor.literal();
    if (kind !== "string") return skipMismatch(cursor, "json.Number", previous);
    const start = cursor.at;
    const value = cursor.string();
    if (JSON_NUMBER.test(value)) return value;
    const literal = Buffer.from(cursor.bytes.subarray(start, cursor.at)).toString();
    throw jsonError(`json: invalid number literal, trying to unmarshal ${quoteText(literal)} into Number`);
  },
};

/** Byte string: base64 text, `null` for an absent one, and on reading also an array of numbers (quirk Q3). */
export const goBytes: GoType<Uint8Array | null> = {
  goName: "[]uint8",
  zero: null,
  write: (value) => (value === null ? "null" : `"${base64Of(value)}"`),
  isEmpty: (value) => value === null || value.length === 0,
  read(cursor, previous) {
    const kind = cursor.kind();
    if (kind === "array") return Uint8Array.from(readItems(cursor, goUint8, previous ?? []));
    if (kind !== "string") return skipMismatch(cursor, "[]uint8", kind === "null" ? null : previous);
    try {
      return readBase64(cursor.string());
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      cursor.note(() => error);
      return previous;
    }
  },
};

/** A JSON value kept as its bytes; absent is null, and a literal `null` is those four bytes. */
export const goRaw: GoType<Uint8Array | null> = {
  goName: "json.RawMessage",
  zero: null,
  write: (value) => (value === null ? "null" : Buffer.from(value).toString()),
  isEmpty: (value) => value === null || value.length === 0,
  read: (cursor) => {
    cursor.kind();
    return cursor.skip().slice();
  },
};

/** List. An item reads over the item that an earlier list of the same member had in its place. */
export const goList = <T>(item: GoType<T>): GoType<readonly T[]> => ({
  goName: `[]${item.goName}`,
  zero: [],
  write: (value, style) => `[${value.map((each) => item.write(each, style)).join(",")}]`,
  isEmpty: (value) => value.length === 0,
  read(cursor, previous) {
    const kind = cursor.kind();
    if (kind === "array") return readItems(cursor, item, previous);
    return skipMismatch(cursor, `[]${item.goName}`, kind === "null" ? [] : previous);
  },
});

/** What is behind a pointer or may be a nil list: `null` when absent, which Go writes out where it does not leave it out. */
export const goNullable = <T>(inner: GoType<T>): GoType<T | null> => ({
  goName: inner.goName,
  zero: null,
  write: (value, style) => (value === null ? "null" : inner.write(value, style)),
  isEmpty: (value) => value === null || inner.isEmpty(value),
  read(cursor, previous) {
    if (cursor.kind() !== "null") return inner.read(cursor, previous ?? inner.zero);
    cursor.skip();
    return null;
  },
});

function readItems<T>(cursor: JsonCursor, item: GoType<T>, previous: ArrayLike<T>): T[] {
  const items: T[] = [];
  if (cursor.enter())
    do items.push(item.read(cursor, items.length < previous.length ? previous[items.length]! : item.zero));
    while (cursor.more());
  return items;
}
