/**
 * A double as Python prints it: the shortest digits that read back, `.0` after integral ones, and exponents for
 * magnitudes below 1e-4 and from 1e16 on. Audit hashes cover this text.
 */

/** Text of a finite double. */
export function floatText(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  if (value === 0) return "0.0";
  const [mantissa = "", exponentText = "0"] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 16) {
    const sign = exponent < 0 ? "-" : "+";
    return `${mantissa}e${sign}${Math.abs(exponent).toString().padStart(2, "0")}`;
  }
  // Below 1e21 and from 1e-6 on, JavaScript writes no exponent either, so only the ".0" can be missing.
  const text = String(value);
  return text.includes(".") ? text : `${text}.0`;
}
