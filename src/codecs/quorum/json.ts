/**
 * JSON of quorum programs as values: integers of any size, doubles, and two writers. `canonicalJson` is what ids and
 * audit hashes cover, byte for byte what Python's `json.dumps(sort_keys=True, separators=(",", ":"))` writes;
 * `wireJson` is what the services send.
 */
import {DecodeError} from "../../errors.js";
import {type Json, JsonNumber, parseJson} from "../api/json.js";
import {floatText} from "./float.js";

/** A `number` is always a double, a `bigint` always an integer: the two are written differently. */
export type Value = null | boolean | string | bigint | number | readonly Value[] | ValueObject;
export type ValueObject = ReadonlyMap<string, Value>;

/** Longest integer that is read, in digits: the conversion to binary takes more than linear time. Python's own limit. */
export const INTEGER_MAX_DIGITS = 4300;

/** An object with the members of a literal, in their order. */
export const members = (literal: Readonly<Record<string, Value>>): ValueObject => new Map(Object.entries(literal));

export const isObject = (value: Value | undefined): value is ValueObject => value instanceof Map;

export const isList = (value: Value | undefined): value is readonly Value[] => Array.isArray(value);

/** The one value that `text` holds. Of a repeated member the last one counts. @throws DecodeError JSON_INVALID */
export const parseValue = (text: string): Value => fromJson(parseJson(text));

function fromJson(json: Json): Value {
  if (json instanceof JsonNumber) return numberOf(json.text);
  if (json instanceof Map) return new Map([...json].map(([name, each]) => [name, fromJson(each as Json)]));
  if (Array.isArray(json)) return json.map((each: Json) => fromJson(each));
  return json as null | boolean | string;
}

function numberOf(text: string): bigint | number {
  if (text.length > INTEGER_MAX_DIGITS)
    throw new DecodeError("JSON_INVALID", `a number of ${text.length} characters, at most ${INTEGER_MAX_DIGITS}`);
  return /[.eE]/.test(text) ? finite(Number(text), text) : BigInt(text);
}

function finite(value: number, text: string): number {
  if (!Number.isFinite(value)) throw new DecodeError("JSON_INVALID", `${text} is outside the range of doubles`);
  return value;
}

/** The form that hashes cover: no spaces, members in order of code points, ASCII only. */
export const canonicalJson = (value: Value): string => write(value, CANONICAL);

/** The form on the wire: no spaces, members in their own order, text as it is. */
export const wireJson = (value: Value): string => write(value, WIRE);

interface Style {
  text(value: string): string;
  order(names: readonly string[]): readonly string[];
}

const WIRE: Style = {text: (value) => JSON.stringify(value), order: (names) => names};
const CANONICAL: Style = {
  // JSON.stringify writes the same short escapes; the rest of Unicode and 7F is left to escape.
  text: (value) => JSON.stringify(value).replace(/[^\x20-\x7e]/g, escaped),
  order: (names) => [...names].sort(compareCodePoints),
};

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;

function write(value: Value, style: Style): string {
  switch (typeof value) {
    case "string":
      return style.text(value);
    case "bigint":
    case "boolean":
      return value.toString();
    case "number":
      return floatText(value);
  }
  if (value === null) return "null";
  if (isList(value)) return `[${value.map((each) => write(each, style)).join(",")}]`;
  const object = value as ValueObject;
  const names = style.order([...object.keys()]);
  return `{${names.map((name) => `${style.text(name)}:${write(object.get(name)!, style)}`).join(",")}}`;
}

/** Order by code point. UTF-16 units put U+1F600 before U+FFEE. */
function compareCodePoints(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  for (let at = 0; at < left.length && at < right.length; at++) {
    const difference = left[at]!.codePointAt(0)! - right[at]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
