/**
 * JSON documents of the HTTP API as data: one shape writes an answer exactly as the reference does (member order, J-html
 * escapes, integers without doubles), reads it back, and describes itself for OpenAPI.
 *
 * Reading ignores unknown members, so that a newer node can be asked by an older program.
 */
import {DecodeError} from "../../errors.js";
import {DUST_PER_CELL, formatCell, U64_MAX} from "../amount.js";
import {bytesOfHex, hexOf} from "../bytes.js";
import {jsonText} from "../go/quote.js";
import {type Json, JsonNumber, type JsonObject} from "./json.js";

/** JSON Schema of OpenAPI 3.1. */
export type Schema = Readonly<Record<string, unknown>>;

export interface Shape<T> {
  /** JSON text, or `undefined` for a member that is left out. */
  write(value: T): string | undefined;
  /** @throws DecodeError ANSWER_INVALID naming `path` */
  read(json: Json | undefined, path: string): T;
  readonly schema: Schema;
  /** Whether the member may be absent. */
  readonly optional?: boolean;
  /** Name on the wire where it is not the snake case of the name in memory. */
  readonly wireName?: string;
}
/** The value type of a shape. */
export type ValueOf<S> = S extends Shape<infer T> ? T : never;

const bad = (path: string, why: string): never => {
  throw new DecodeError("ANSWER_INVALID", `${path} ${why}`, {details: {member: path}});
};

/** Wire name of a member: `nodeId` is `node_id`. */
export const wireNameOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

export const text: Shape<string> = {
  write: (value) => jsonText(value, "html"),
  read: (json, path) => (typeof json === "string" ? json : bad(path, "is not text")),
  schema: {type: "string"},
};

export const flag: Shape<boolean> = {
  write: (value) => (value ? "true" : "false"),
  read: (json, path) => (typeof json === "boolean" ? json : bad(path, "is not true or false")),
  schema: {type: "boolean"},
};

const integer = (json: Json | undefined, path: string, max: bigint): bigint => {
  if (!(json instanceof JsonNumber) || !/^[0-9]{1,20}$/.test(json.text)) return bad(path, "is not an unsigned integer");
  const value = BigInt(json.text);
  return value <= max ? value : bad(path, `is above ${max}`);
};

/** Unsigned 64-bit integer as a JSON number with all its digits. */
export const u64: Shape<bigint> = {
  write: (value) => value.toString(),
  read: (json, path) => integer(json, path, U64_MAX),
  schema: {type: "integer", format: "uint64", minimum: 0},
};

/** Count of at most 2^32-1. */
export const count: Shape<number> = {
  write: (value) => value.toString(),
  read: (json, path) => Number(integer(json, path, 0xffff_ffffn)),
  schema: {type: "integer", format: "uint32", minimum: 0},
};

/** Unsigned integer of any size as decimal text. */
export const decimal: Shape<bigint> = {
  write: (value) => `"${value}"`,
  read: (json, path) =>
    typeof json === "string" && /^[0-9]{1,128}$/.test(json) ? BigInt(json) : bad(path, "is not decimal text"),
  schema: {type: "string", pattern: "^[0-9]+$"},
};

const CELL_NUMBER = /^([0-9]{1,12})(?:\.([0-9]{1,30}))?(?:[eE]([+-][0-9]{1,2}))?$/;

/** An amount as a JSON number in CELL. Written exactly; a reference node's floats are rounded to whole dust. */
export const cell: Shape<bigint> = {
  write: (value) => formatCell(value),
  read(json, path) {
    const match = json instanceof JsonNumber ? CELL_NUMBER.exec(json.text) : null;
    if (!match) return bad(path, "is not an amount in CELL");
    const [, whole = "", fraction = "", exponent = "0"] = match;
    const shift = Number(exponent) - fraction.length;
    const scaled = BigInt(whole + fraction) * DUST_PER_CELL;
    if (shift >= 0) return scaled * 10n ** BigInt(shift);
    const unit = 10n ** BigInt(-shift);
    return (scaled + unit / 2n) / unit;
  },
  schema: {type: "number", minimum: 0, description: "amount in CELL, at most eight decimals"},
};

/** An amount as text in CELL with all eight decimals, for people. */
export const cellText: Shape<bigint> = {
  write: (value) => `"${value / DUST_PER_CELL}.${(value % DUST_PER_CELL).toString().padStart(8, "0")}"`,
  read: (json, path) =>
    typeof json === "string" ? cell.read(new JsonNumber(json), path) : bad(path, "is not an amount in CELL"),
  schema: {type: "string", description: "amount in CELL"},
};

/** Bytes as lowercase hex, of `size` bytes when given. */
export const hex = (size?: number): Shape<Uint8Array> => ({
  write: (value) => `"${hexOf(value)}"`,
  read: (json, path) => (typeof json === "string" ? bytesOfHex(json, size) : bad(path, "is not hex")),
  schema: {type: "string", pattern: size === undefined ? "^([0-9a-f]{2})*$" : `^[0-9a-f]{${size * 2}}$`},
});

/** One of a fixed set of words. */
export const word = <const W extends string>(...words: readonly W[]): Shape<W> => ({
  write: (value) => jsonText(value, "html"),
  read: (json, path) => words.find((each) => each === json) ?? bad(path, `is not one of ${words.join(", ")}`),
  schema: {type: "string", enum: words},
});

/** Milliseconds since 1970 as RFC 3339 text in UTC, fraction only where there is one. */
export const time: Shape<bigint> = {
  write: (value) => `"${new Date(Number(value)).toISOString().replace(/\.?0+Z$/, "Z")}"`,
  read(json, path) {
    const ms = typeof json === "string" && /^\d{4}-\d{2}-\d{2}T/.test(json) ? Date.parse(json) : Number.NaN;
    return Number.isNaN(ms) ? bad(path, "is not a time") : BigInt(ms);
  },
  schema: {type: "string", format: "date-time"},
};

export const list = <T>(item: Shape<T>): Shape<readonly T[]> => ({
  write: (value) => `[${value.map((each) => item.write(each)).join(",")}]`,
  read: (json, path) =>
    isArray(json) ? json.map((each, i) => item.read(each, `${path}[${i}]`)) : bad(path, "is not an array"),
  schema: {type: "array", items: item.schema},
});

/** An object with any members, all of one shape, written in order of name as Go writes its maps. */
export const mapOf = <T>(item: Shape<T>): Shape<ReadonlyMap<string, T>> => ({
  write(value) {
    const members = [...value].sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([name, each]) => `${jsonText(name, "html")}:${item.write(each)}`).join(",")}}`;
  },
  read: (json, path) =>
    json instanceof Map
      ? new Map([...(json as JsonObject)].map(([name, each]) => [name, item.read(each, `${path}.${name}`)]))
      : bad(path, "is not an object"),
  schema: {type: "object", additionalProperties: item.schema},
});

/** A member that may be `null`. */
export const nullable = <T>(inner: Shape<T>): Shape<T | null> => ({
  write: (value) => (value === null ? "null" : inner.write(value)),
  read: (json, path) => (json === null ? null : inner.read(json, path)),
  schema: {anyOf: [inner.schema, {type: "null"}]},
});

/** A member that is left out when `null`. */
export const optional = <T>(inner: Shape<T>): Shape<T | null> => ({
  write: (value) => (value === null ? undefined : inner.write(value)),
  read: (json, path) => (json === undefined ? null : inner.read(json, path)),
  schema: inner.schema,
  optional: true,
});

/** A member that is left out when it is `empty`, as Go's `omitempty` does: absent and empty are the same. */
export const omitEmpty = <T extends string | boolean | bigint | number>(inner: Shape<T>, empty: T): Shape<T> => ({
  write: (value) => (value === empty ? undefined : inner.write(value)),
  read: (json, path) => (json === undefined ? empty : inner.read(json, path)),
  schema: {...inner.schema, default: typeof empty === "bigint" ? Number(empty) : empty},
  optional: true,
});

/** `inner` under a wire name that is not the snake case of its name. */
export const named = <T>(wireName: string, inner: Shape<T>): Shape<T> => ({...inner, wireName});

const isArray = (json: Json | undefined): json is readonly Json[] => Array.isArray(json);

type Members = Readonly<Record<string, Shape<never> | Shape<unknown>>>;
type Values<M> = {readonly [K in keyof M]: ValueOf<M[K]>};

/** An object whose members are written in the order of `members`, names in snake case. */
export function object<const M extends Members>(members: M): Shape<Values<M>> {
  const entries = (Object.entries(members) as [string, Shape<unknown>][]).map(([name, shape]) => ({
    name,
    shape,
    wire: shape.wireName ?? wireNameOf(name),
  }));
  return {
    write(value) {
      let out = "";
      for (const {name, shape, wire} of entries) {
        const written = shape.write(value[name as keyof M]);
        if (written !== undefined) out += `${out === "" ? "" : ","}"${wire}":${written}`;
      }
      return `{${out}}`;
    },
    read(json, path) {
      if (!(json instanceof Map)) return bad(path, "is not an object");
      const out: Record<string, unknown> = {};
      for (const {name, shape, wire} of entries)
        out[name] = shape.read((json as JsonObject).get(wire), `${path}.${wire}`);
      return out as Values<M>;
    },
    schema: {
      type: "object",
      required: entries.filter(({shape}) => !shape.optional).map(({wire}) => wire),
      properties: Object.fromEntries(entries.map(({wire, shape}) => [wire, shape.schema])),
    },
  };
}
