/**
 * Bodies of the quorum services as data: a schema reads a value and notes every fault with its place, in the words of
 * the reference's framework, whose clients show them.
 */
import type {Value} from "./json.js";
import {INTEGER_MAX_DIGITS, isList, isObject} from "./json.js";

/** One thing that does not fit: an entry of the `detail` of a 422 answer. */
export interface BodyFault {
  readonly type: string;
  /** Members and positions that lead there. */
  readonly place: readonly (string | bigint)[];
  readonly message: string;
  readonly input: Value;
}

/** Faults of one body after which lists and records are read no further: an answer is no larger for a worse body. */
export const FAULTS_MAX = 100;

export interface Schema<T> {
  /** `undefined` notes a fault. */
  read(value: Value, place: BodyFault["place"], faults: BodyFault[]): T | undefined;
  /** Value of an absent member; a member without one is required. */
  readonly absent?: {readonly value: T};
}
export type Read<S> = S extends Schema<infer T> ? T : never;

const fault = (type: string, message: string, place: BodyFault["place"], input: Value, faults: BodyFault[]) => {
  faults.push({type, place, message, input});
  return undefined;
};

export const text: Schema<string> = {
  read(value, place, faults) {
    if (typeof value !== "string") return fault("string_type", "Input should be a valid string", place, value, faults);
    if (value.isWellFormed()) return value;
    const message = "Input should be a valid string, unable to parse raw data as a unicode string";
    return fault("string_unicode", message, place, null, faults);
  },
};

/** Text of at most `max` characters, counted as code points. */
export const shortText = (max: number): Schema<string> => ({
  read(value, place, faults) {
    const read = text.read(value, place, faults);
    if (read === undefined || read.length <= max) return read;
    if (read.length <= 2 * max && [...read].length <= max) return read;
    return fault("string_too_long", `String should have at most ${max} characters`, place, value, faults);
  },
});

const DECIMAL = /^\s*([+-]?[0-9]+(?:_[0-9]+)*)(?:\.0*)?\s*$/;

/** An integer of any size: bare, as decimal text, or a double without a fraction. */
export const integer: Schema<bigint> = {
  read(value, place, faults) {
    if (typeof value === "bigint") return value;
    if (typeof value === "number") {
      if (Number.isInteger(value)) return BigInt(value);
      const message = "Input should be a valid integer, got a number with a fractional part";
      return fault("int_from_float", message, place, value, faults);
    }
    if (typeof value !== "string") return fault("int_type", "Input should be a valid integer", place, value, faults);
    const digits = value.length <= INTEGER_MAX_DIGITS ? DECIMAL.exec(value)?.[1] : undefined;
    if (digits !== undefined) return BigInt(digits.replaceAll("_", "").replace("+", ""));
    const message = "Input should be a valid integer, unable to parse string as an integer";
    return fault("int_parsing", message, place, value, faults);
  },
};

/** An integer from `min` to `max`. */
export const count = (min: number, max: number): Schema<number> => ({
  read(value, place, faults) {
    const whole = integer.read(value, place, faults);
    if (whole === undefined) return undefined;
    if (whole < BigInt(min))
      return fault("greater_than_equal", `Input should be greater than or equal to ${min}`, place, value, faults);
    if (whole > BigInt(max))
      return fault("less_than_equal", `Input should be less than or equal to ${max}`, place, value, faults);
    return Number(whole);
  },
});

export const flag: Schema<boolean> = {
  read: (value, place, faults) =>
    typeof value === "boolean" ? value : fault("bool_type", "Input should be a valid boolean", place, value, faults),
};

/** Any object, as it is. */
export const anyObject: Schema<Value> = {
  read: (value, place, faults) =>
    isObject(value) ? value : fault("dict_type", "Input should be a valid dictionary", place, value, faults),
};

export const list = <T>(item: Schema<T>): Schema<readonly T[]> => ({
  read(value, place, faults) {
    if (!isList(value)) return fault("list_type", "Input should be a valid list", place, value, faults);
    const before = faults.length;
    const items: T[] = [];
    for (const [at, each] of value.entries()) {
      items.push(item.read(each, [...place, BigInt(at)], faults) as T);
      if (faults.length >= FAULTS_MAX) break;
    }
    return faults.length === before ? items : undefined;
  },
});

/** An object with any names, all values of one kind, in their order. */
export const record = <T>(item: Schema<T>): Schema<ReadonlyMap<string, T>> => ({
  read(value, place, faults) {
    if (!isObject(value)) return fault("dict_type", "Input should be a valid dictionary", place, value, faults);
    const before = faults.length;
    const entries = new Map<string, T>();
    for (const [name, each] of value) {
      entries.set(name, item.read(each, [...place, name], faults) as T);
      if (faults.length >= FAULTS_MAX) break;
    }
    return faults.length === before ? entries : undefined;
  },
});

/** A member that may be absent. */
export const optional = <T>(inner: Schema<T>, value: T): Schema<T> => ({...inner, absent: {value}});

/** A member that may be absent or null. */
export const nullable = <T>(inner: Schema<T>): Schema<T | null> => ({
  read: (value, place, faults) => (value === null ? null : inner.read(value, place, faults)),
  absent: {value: null},
});

/** Members by their wire names; unknown ones are ignored, as the reference does. */
export const object = <const M extends Readonly<Record<string, Schema<unknown>>>>(
  members: M,
): Schema<{readonly [K in keyof M]: Read<M[K]>}> => ({
  read(value, place, faults) {
    if (!isObject(value)) {
      const message = "Input should be a valid dictionary or object to extract fields from";
      return fault("model_attributes_type", message, place, value, faults);
    }
    const before = faults.length;
    const read: Record<string, unknown> = {};
    for (const [name, schema] of Object.entries(members)) {
      const member = value.get(name);
      if (member !== undefined) read[name] = schema.read(member, [...place, name], faults);
      else if (schema.absent) read[name] = schema.absent.value;
      else fault("missing", "Field required", [...place, name], value, faults);
    }
    return faults.length === before ? (read as {readonly [K in keyof M]: Read<M[K]>}) : undefined;
  },
});
