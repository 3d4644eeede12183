/**
 * Times as Go writes them: RFC 3339, up to nine decimals, trailing zeros trimmed (node specification, section 2.1).
 * In memory they are nanoseconds since 1970.
 */
import {U64_MAX} from "../amount.js";

const FORM = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))$/;
const NS_PER_SECOND = 1_000_000_000n;
export const NS_PER_MS = 1_000_000n;

/** Nanoseconds that `text` names, in whichever zone; `null` when it is no time, or one outside an unsigned 64-bit integer. */
export function nanosecondsOf(text: string): bigint | null {
  const match = FORM.exec(text);
  if (!match) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [, , , , , , , fraction = "", sign, offsetHours = "0", offsetMinutes = "0"] = match;
  const utc = new Date(0);
  utc.setUTCFullYear(year, month - 1, day);
  utc.setUTCHours(hour, minute, second);
  // What does not come back as it went in, a 30th of February or a 61st second, is no time.
  if (utc.toISOString().slice(0, 19) !== text.slice(0, 19)) return null;
  if (Number(offsetHours) > 23 || Number(offsetMinutes) > 59) return null;
  const offset = BigInt((Number(offsetHours) * 60 + Number(offsetMinutes)) * 60) * (sign === "-" ? -1n : 1n);
  const seconds = BigInt(utc.getTime() / 1_000) - offset;
  const ns = seconds * NS_PER_SECOND + BigInt(fraction.padEnd(9, "0"));
  return ns >= 0n && ns <= U64_MAX ? ns : null;
}

/** `ns` in UTC. */
export function formatNanoseconds(ns: bigint): string {
  const whole = new Date(Number(ns / NS_PER_MS)).toISOString().slice(0, 19);
  const fraction = (ns % NS_PER_SECOND).toString().padStart(9, "0").replace(/0+$/, "");
  return fraction === "" ? `${whole}Z` : `${whole}.${fraction}Z`;
}
