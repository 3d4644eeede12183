/** Money as text: CELL with up to eight decimals outside, unsigned 64-bit dust inside. A float never appears. */
import {DecodeError} from "../errors.js";

/** Smallest units in one CELL. */
export const DUST_PER_CELL = 100_000_000n;
/** Largest value of an unsigned 64-bit integer. */
export const U64_MAX = 0xffff_ffff_ffff_ffffn;

const CELL = /^(0|[1-9][0-9]{0,11})(?:\.([0-9]{1,8}))?$/;

/**
 * Dust of a decimal CELL text such as `10` or `0.001`.
 * @throws DecodeError AMOUNT_INVALID
 */
export function parseCell(text: string): bigint {
  const match = CELL.exec(text);
  if (!match)
    throw new DecodeError("AMOUNT_INVALID", `"${text}" is not an amount in CELL`, {
      hint: "write digits with at most eight decimals, for example 10 or 0.001",
    });
  const dust = BigInt(match[1]!) * DUST_PER_CELL + BigInt((match[2] ?? "").padEnd(8, "0"));
  if (dust > U64_MAX) throw new DecodeError("AMOUNT_INVALID", `${text} CELL does not fit an unsigned 64-bit integer`);
  return dust;
}

/** Shortest exact decimal text of an amount, for example `0.001`. */
export function formatCell(dust: bigint): string {
  const fraction = (dust % DUST_PER_CELL).toString().padStart(8, "0").replace(/0+$/, "");
  const whole = (dust / DUST_PER_CELL).toString();
  return fraction === "" ? whole : `${whole}.${fraction}`;
}
