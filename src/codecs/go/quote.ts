/** Quoted text as Go's `%q` writes it, and as `encoding/json` does. */
import {utf8} from "../bytes.js";
import {isPrintable} from "./printable.js";
import {isInvalid, runeAt} from "./utf8.js";

/** `html` escapes `<`, `>` and `&` as well; U+2028 and U+2029 are escaped in both. */
export type JsonStyle = "html" | "plain";

// `[^ -\uffff]` is everything below the space. Lone surrogates cannot be written as UTF-8; Go, which would see invalid
// bytes, writes the same six characters.
const SPECIAL = {
  html: /["\\<>&\u2028\u2029]|[^ -\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
  plain: /["\\\u2028\u2029]|[^ -\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
} as const;
const SHORT_JSON: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

const escapeJson = (char: string): string => {
  const code = char.charCodeAt(0);
  if (code >= 0xd800 && code < 0xe000) return "\\ufffd";
  return SHORT_JSON[char] ?? `\\u${code.toString(16).padStart(4, "0")}`;
};

/** JSON string of `text`. */
export const jsonText = (text: string, style: JsonStyle): string => `"${text.replace(SPECIAL[style], escapeJson)}"`;

/** JSON string of raw bytes: each byte that is not part of valid UTF-8 becomes the six characters `\ufffd`. */
export function jsonTextOfBytes(bytes: Uint8Array, style: JsonStyle): string {
  let out = "";
  for (let at = 0; at < bytes.length; ) {
    const rune = runeAt(bytes, at);
    out += isInvalid(rune) ? "\\ufffd" : String.fromCodePoint(rune.code).replace(SPECIAL[style], escapeJson);
    at += rune.width;
  }
  return `"${out}"`;
}

const SHORT_QUOTED: Readonly<Record<number, string>> = {
  7: "\\a",
  8: "\\b",
  9: "\\t",
  10: "\\n",
  11: "\\v",
  12: "\\f",
  13: "\\r",
  34: '\\"',
  92: "\\\\",
};

/** `%q` of raw bytes. */
export function quoteBytes(bytes: Uint8Array): string {
  let out = "";
  for (let at = 0; at < bytes.length; ) {
    const rune = runeAt(bytes, at);
    out += isInvalid(rune) ? `\\x${hexDigits(bytes[at]!, 2)}` : quoteRune(rune.code);
    at += rune.width;
  }
  return `"${out}"`;
}

/** `%q` of text. */
export const quoteText = (text: string): string => quoteBytes(utf8(text));

function quoteRune(code: number): string {
  const short = SHORT_QUOTED[code];
  if (short !== undefined) return short;
  if (isPrintable(code)) return String.fromCodePoint(code);
  if (code < 0x20 || code === 0x7f) return `\\x${hexDigits(code, 2)}`;
  return code < 0x10000 ? `\\u${hexDigits(code, 4)}` : `\\U${hexDigits(code, 8)}`;
}

const hexDigits = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");
