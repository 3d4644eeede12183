/** Amounts of the compatible envelopes: doubles in CELL on the wire, dust everywhere else. */
import {DecodeError} from "../../errors.js";
import {formatCell, parseCell} from "../amount.js";

/**
 * Dust of an amount in CELL. The shortest text of the double is what the sender wrote and signed, so that text is
 * converted, exactly; one with more than eight decimals is refused rather than rounded.
 * @throws DecodeError AMOUNT_INVALID
 */
export function dustOfCell(cell: number): bigint {
  // The text of small doubles has an exponent: 1e-8 is one dust.
  const text = /e-[78]$/.test(String(cell)) ? cell.toFixed(8).replace(/0+$/, "") : String(cell);
  const dust = parseCell(text);
  if (Number(formatCell(dust)) !== cell)
    throw new DecodeError("AMOUNT_INVALID", `${cell} CELL is not a whole number of dust`);
  return dust;
}

/** The double that stands for `dust` on the wire. @throws DecodeError AMOUNT_INVALID when no double stands for it alone */
export function cellOfDust(dust: bigint): number {
  const cell = Number(formatCell(dust));
  if (dustOfCell(cell) !== dust) throw new DecodeError("AMOUNT_INVALID", `${dust} dust has no exact text as a double`);
  return cell;
}
