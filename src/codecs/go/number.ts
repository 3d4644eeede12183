/** Numbers as Go's `strconv`, `fmt` and `encoding/json` read and write them. */
import {DecodeError} from "../../errors.js";
import {U64_MAX} from "../amount.js";
import {quoteText} from "./quote.js";

const DIGITS = /^[0-9]+$/;
/** The number grammar of JSON. */
export const JSON_NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
/** Digits that an integer of the protocol may have; longer texts are refused before a bigint is built. */
const MAX_DIGITS = 4096;

/** Value of a decimal unsigned integer of at most `max`; leading zeros count. @throws DecodeError NUMBER_INVALID */
export function parseUint(text: string, max: bigint = U64_MAX): bigint {
  if (!DIGITS.test(text)) throw numberError(text, "invalid syntax");
  const value = bigintOf(text);
  if (value === null || value > max) throw numberError(text, "value out of range");
  return value;
}

const numberError = (text: string, why: string): DecodeError =>
  new DecodeError("NUMBER_INVALID", `strconv.ParseUint: parsing ${quoteText(text)}: ${why}`);

/** An integer literal between `min` and `max`, or null for fractions, exponents and everything out of range. */
export function integerOf(literal: string, min: bigint, max: bigint): bigint | null {
  if (!/^-?[0-9]+$/.test(literal)) return null;
  const value = bigintOf(literal);
  return value === null || value < min || value > max ? null : value;
}

// BigInt() of a long text costs quadratic time; leading zeros are the only honest reason for length.
function bigintOf(digits: string): bigint | null {
  return digits.length > MAX_DIGITS ? null : BigInt(digits);
}

/** Shortest decimal text that JSON carries for a double. @throws DecodeError FLOAT_UNSUPPORTED */
export function formatJsonFloat(value: number): string {
  if (!Number.isFinite(value))
    throw new DecodeError("FLOAT_UNSUPPORTED", `json: unsupported value: ${formatFloat(value)}`);
  return Object.is(value, -0) ? "-0" : String(value);
}

/** Text of a double in messages (`%v`): exponent form below 1e-4 and from 1e6 on, with two exponent digits or more. */
export function formatFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa, power] = value.toExponential().split("e") as [string, string];
  const exponent = Number(power);
  if (exponent >= -4 && exponent < FIXED_DIGITS) return String(value);
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}
/** The shortest form switches to an exponent here; the reference prints a fee of 1,000,000 as `1e+06`. */
const FIXED_DIGITS = 6;

const NS_PER_SECOND = 1_000_000_000n;

/** Text of a duration in nanoseconds, such as `1m30s`, `1.5ms` or `0s`. */
export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds < 0n) return `-${formatDuration(-nanoseconds)}`;
  if (nanoseconds === 0n) return "0s";
  if (nanoseconds < 1_000n) return `${nanoseconds}ns`;
  if (nanoseconds < 1_000_000n) return `${fraction(nanoseconds, 1_000n)}µs`;
  if (nanoseconds < NS_PER_SECOND) return `${fraction(nanoseconds, 1_000_000n)}ms`;
  const minutes = nanoseconds / (60n * NS_PER_SECOND);
  const seconds = `${fraction(nanoseconds % (60n * NS_PER_SECOND), NS_PER_SECOND)}s`;
  if (minutes === 0n) return seconds;
  return minutes < 60n ? `${minutes}m${seconds}` : `${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

function fraction(value: bigint, unit: bigint): string {
  const digits = String(unit).length - 1;
  const rest = (value % unit).toString().padStart(digits, "0").replace(/0+$/, "");
  return rest === "" ? `${value / unit}` : `${value / unit}.${rest}`;
}
