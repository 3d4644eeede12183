/**
 * Base64 as Go's `encoding/base64` standard decoder reads it: CR and LF anywhere are skipped and unused trailing bits
 * are not checked, so several texts decode to the same bytes. Strict code uses `bytesOfBase64`.
 */
import {DecodeError} from "../../errors.js";
import {plain, utf8} from "../bytes.js";

const PAD = 0x3d;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const isNewline = (byte: number | undefined): boolean => byte === 0x0a || byte === 0x0d;
const IN_ALPHABET = new Uint8Array(256);
for (const char of ALPHABET) IN_ALPHABET[char.charCodeAt(0)] = 1;

/** Bytes of padded base64. @throws DecodeError BASE64_INVALID with Go's text */
export function readBase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") === text) return plain(bytes);
  const fault = faultIn(utf8(text));
  if (fault !== null) throw new DecodeError("BASE64_INVALID", `illegal base64 data at input byte ${fault}`);
  return plain(Buffer.from(text.replace(/[\r\n]/g, ""), "base64"));
}

/** Offset that Go reports for the first fault, or null. */
function faultIn(source: Uint8Array): number | null {
  let at = 0;
  while (at < source.length) {
    for (let filled = 0; filled < 4; ) {
      // Go names the start of a cut group by counting back characters, not skipped line breaks.
      if (at === source.length) return filled === 0 ? null : at - filled;
      const byte = source[at++]!;
      if (IN_ALPHABET[byte]) filled++;
      else if (byte === PAD) return filled < 2 ? at - 1 : faultAfterPad(source, at, filled);
      else if (!isNewline(byte)) return at - 1;
    }
  }
  return null;
}

/** Checks what follows the first `=`, which stands after `filled` characters of its group. */
function faultAfterPad(source: Uint8Array, start: number, filled: number): number | null {
  let at = start;
  while (isNewline(source[at])) at++;
  if (filled === 2) {
    if (at === source.length) return at;
    if (source[at] !== PAD) return at - 1;
    at++;
    while (isNewline(source[at])) at++;
  }
  return at < source.length ? at : null;
}
