/** JSON laid out anew: indented as Go prints it, or without any white space. */
import {jsonError, quoteByte, scanValue, skipSpace} from "./scanner.js";

/** Compact JSON, as the writers here make it, with two spaces of indentation; empty containers stay closed. */
export function indentJson(compact: string): string {
  let out = "";
  let depth = 0;
  for (let at = 0; at < compact.length; at++) {
    const char = compact[at]!;
    if (char === '"') {
      const end = stringEnd(compact, at);
      out += compact.slice(at, end);
      at = end - 1;
    } else if (char === "{" || char === "[") {
      const closer = compact[at + 1];
      if (closer === "}" || closer === "]") {
        out += char + closer;
        at++;
      } else out += char + newline(++depth);
    } else if (char === "}" || char === "]") out += newline(--depth) + char;
    else if (char === ",") out += char + newline(depth);
    else out += char === ":" ? ": " : char;
  }
  return out;
}

const newline = (depth: number): string => `\n${"  ".repeat(depth)}`;

function stringEnd(json: string, start: number): number {
  let at = start + 1;
  while (json[at] !== '"') at += json[at] === "\\" ? 2 : 1;
  return at + 1;
}

/** The value of `bytes` without white space outside its strings. @throws DecodeError JSON_INVALID */
export function compactJson(bytes: Uint8Array): Uint8Array {
  const end = skipSpace(bytes, scanValue(bytes, 0, "whole"));
  if (end < bytes.length) throw jsonError(`invalid character ${quoteByte(bytes[end]!)} after top-level value`);
  const out = new Uint8Array(bytes.length);
  let size = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (inString && byte === 0x5c) out[size++] = bytes[at++]!;
    else if (byte === 0x22) inString = !inString;
    else if (!inString && byte <= 0x20) continue;
    out[size++] = bytes[at]!;
  }
  return out.slice(0, size);
}
