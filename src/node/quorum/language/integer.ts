/** Integer literals as Python reads them. */
import {INTEGER_MAX_DIGITS} from "../../../codecs/quorum/json.js";

const LITERAL = /^([+-]?)(\p{Nd}+(?:_\p{Nd}+)*)$/u;
const DIGIT = /\p{Nd}/u;

/**
 * Value of a decimal literal: an optional sign, then decimal digits of any script with single underscores between them.
 * `null` for anything else, and above 4300 digits.
 */
export function integerOf(literal: string): bigint | null {
  const match = LITERAL.exec(literal);
  if (!match) return null;
  const digits = match[2]!.replaceAll("_", "");
  // As characters, not as UTF-16 units: some scripts' digits lie beyond the BMP.
  const values = [...digits].map(digitValue);
  if (values.length > INTEGER_MAX_DIGITS) return null;
  const value = BigInt(values.join(""));
  return match[1] === "-" ? -value : value;
}

/** Digits of a script stand in runs of ten from its zero on, and neighbouring runs touch only at such bounds. */
function digitValue(digit: string): number {
  const code = digit.codePointAt(0)!;
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  let start = code;
  while (DIGIT.test(String.fromCodePoint(start - 1))) start--;
  return (code - start) % 10;
}
