/** Parsers for the values of flags. They throw usage errors that name what was expected. */
import {formatCell, parseCell, U64_MAX} from "../codecs/amount.js";
import {UsageError} from "../errors.js";

const refuse = (text: string, want: string, hint?: string): never => {
  throw new UsageError("FLAG_INVALID", `"${text}" is not ${want}`, hint === undefined ? {} : {hint});
};

// As Go's flag package reads integers, except for a bare leading zero, which it would take for octal.
const INTEGER = /^(?:0|[1-9][0-9]*|0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+)$/;

/** An unsigned 64-bit integer. */
export function u64Flag(text: string): bigint {
  if (!INTEGER.test(text)) return refuse(text, "an unsigned integer", "write it in decimal digits, without separators");
  const value = BigInt(text);
  return value <= U64_MAX ? value : refuse(text, "an unsigned 64-bit integer");
}

/** An integer from `min` to `max`, both included. */
export const integerFlag =
  (min: bigint, max: bigint) =>
  (text: string): bigint => {
    const value = u64Flag(text);
    return value >= min && value <= max ? value : refuse(text, `from ${min} to ${max}`);
  };

/** A count from `min` to `max`, both included. */
export const countFlag =
  (min: number, max: number) =>
  (text: string): number =>
    Number(integerFlag(BigInt(min), BigInt(max))(text));

/** An amount in CELL, as dust. */
export function cellFlag(text: string): bigint {
  try {
    return parseCell(text);
  } catch {
    return refuse(text, "an amount in CELL", "write digits with at most eight decimals, for example 0.001");
  }
}

/** The same from `min` to `max` dust, both included. */
export const cellRangeFlag =
  (min: bigint, max: bigint) =>
  (text: string): bigint => {
    const dust = cellFlag(text);
    return dust >= min && dust <= max ? dust : refuse(text, `from ${formatCell(min)} to ${formatCell(max)} CELL`);
  };

const UNIT_MS: Readonly<Record<string, number>> = {ms: 1, s: 1000, m: 60_000, h: 3_600_000};
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/;

/** Milliseconds of a Go duration such as `30s`, `1h5m` or `250ms`. */
export function durationFlag(text: string): number {
  if (text === "0") return 0;
  if (!DURATION.test(text)) return refuse(text, "a duration", "write a number and a unit: 250ms, 30s, 5m, 1h30m");
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) total += Number(count) * UNIT_MS[unit!]!;
  // setTimeout fires at once above 2^31 - 1 milliseconds.
  return total <= 0x7fff_ffff ? Math.round(total) : refuse(text, "a duration of at most 24 days");
}

/** Shortest pause between two questions: with none a node that is gone would be asked in a loop. */
const POLL_MIN_MS = 10;

/** A duration between two looks at a node. */
export function pollFlag(text: string): number {
  const ms = durationFlag(text);
  return ms >= POLL_MIN_MS ? ms : refuse(text, `a duration of at least ${formatDuration(POLL_MIN_MS)}`);
}

/** A duration as people write it. */
export const formatDuration = (ms: number): string => (ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`);

/** One of `choices`. */
export const choiceFlag =
  <const T extends string>(choices: readonly T[]) =>
  (text: string): T =>
    choices.find((choice) => choice === text) ?? refuse(text, `one of ${choices.join(", ")}`);

/** For a flag that may be given several times: its values in order. */
export const repeatFlag = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];
