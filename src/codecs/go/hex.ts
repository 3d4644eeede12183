/** Hex as Go's `encoding/hex` reads it: either case, and its error texts. Strict code uses `bytesOfHex`. */
import {DecodeError} from "../../errors.js";
import {plain, utf8} from "../bytes.js";
import {isPrintable} from "./printable.js";

const DIGITS = /^(?:[0-9a-fA-F]{2})*$/;
const isDigit = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);

/** Bytes of hex in either case. @throws DecodeError HEX_INVALID with Go's text */
export function readHex(text: string): Uint8Array {
  const bytes = hexOrNull(text);
  if (bytes === null) throw new DecodeError("HEX_INVALID", refusalOf(utf8(text)));
  return bytes;
}

/** The same, or null where the text is no hex. */
export function hexOrNull(text: string): Uint8Array | null {
  return DIGITS.test(text) ? plain(Buffer.from(text, "hex")) : null;
}

/** How many whole bytes stand before the first fault; a text without faults counts in full. */
export function countHexBytes(text: string): number {
  const bytes = utf8(text);
  const bad = bytes.findIndex((byte) => !isDigit(byte));
  return (bad < 0 ? bytes.length : bad) >> 1;
}

/** A wrong character is reported before an odd length, wherever it stands. */
function refusalOf(bytes: Uint8Array): string {
  const bad = bytes.find((byte) => !isDigit(byte));
  if (bad === undefined) return "encoding/hex: odd length hex string";
  const code = `U+${bad.toString(16).toUpperCase().padStart(4, "0")}`;
  return `encoding/hex: invalid byte: ${code}${isPrintable(bad) ? ` '${String.fromCharCode(bad)}'` : ""}`;
}
