/** A walk over JSON that `scanner.ts` has passed, collecting the first fault as Go's decoder does. */
import type {DecodeError} from "../../errors.js";
import {jsonError, skipSpace} from "./scanner.js";
import {REPLACEMENT, runeAt} from "./utf8.js";

/** What a value is, by its first byte. */
export type JsonKind = "object" | "array" | "string" | "bool" | "null" | "number";

/** Where values go: Go names the innermost struct and the path of members in its texts. */
interface Place {
  readonly struct: string;
  readonly path: string;
}

const UTF8 = new TextDecoder("utf-8", {fatal: true, ignoreBOM: true});
const SHORT: Readonly<Record<string, string>> = {b: "\b", f: "\f", n: "\n", r: "\r", t: "\t"};

export class JsonCursor {
  place: Place | null = null;
  #fault: DecodeError | null = null;

  constructor(
    readonly bytes: Uint8Array,
    public at: number,
    /** Whether a member that no type declares is a fault. */
    readonly refuseUnknown: boolean,
  ) {}

  /** The first fault met, if any. */
  get fault(): DecodeError | null {
    return this.#fault;
  }

  /**
   * Notes a fault and goes on; Go reports the first one after reading everything. The others are not even made: each
   * would cost a stack trace, and there can be as many as the input has members.
   */
  note(fault: () => DecodeError): void {
    this.#fault ??= fault();
  }

  /** Notes that the value here does not fit type `goType`. */
  noteMismatch(found: string, goType: string): void {
    this.note(() => {
      const {struct, path} = this.place ?? {struct: "", path: ""};
      const where = this.place === null ? "value" : `struct field ${struct}.${path}`;
      return jsonError(`json: cannot unmarshal ${found} into Go ${where} of type ${goType}`);
    });
  }

  kind(): JsonKind {
    this.at = skipSpace(this.bytes, this.at);
    switch (this.bytes[this.at]) {
      case 0x7b:
        return "object";
      case 0x5b:
        return "array";
      case 0x22:
        return "string";
      case 0x74:
      case 0x66:
        return "bool";
      case 0x6e:
        return "null";
      default:
        return "number";
    }
  }

  /** Passes over the value here and returns its bytes. */
  skip(): Uint8Array {
    const kind = this.kind();
    const start = this.at;
    if (kind === "object" || kind === "array") this.at = containerEnd(this.bytes, start);
    else if (kind === "string") this.at = stringEnd(this.bytes, start);
    else this.at = tokenEnd(this.bytes, start);
    return this.bytes.subarray(start, this.at);
  }

  /** Literal text of the number, `true`, `false` or `null` here. */
  literal(): string {
    return Buffer.from(this.skip()).toString("latin1");
  }

  /** The string here. Invalid UTF-8 and unpaired surrogates become U+FFFD, byte by byte. */
  string(): string {
    const token = this.skip();
    const body = token.subarray(1, token.length - 1);
    if (!body.includes(0x5c)) {
      try {
        return UTF8.decode(body);
      } catch {
        return unquote(body);
      }
    }
    return unquote(body);
  }

  /** Steps over the opening bracket; false when the container is empty, which is then left behind. */
  enter(): boolean {
    this.at = skipSpace(this.bytes, this.at + 1);
    const byte = this.bytes[this.at];
    if (byte !== 0x7d && byte !== 0x5d) return true;
    this.at++;
    return false;
  }

  /** Steps over the comma before the next item, or over the closing bracket, which gives false. */
  more(): boolean {
    this.at = skipSpace(this.bytes, this.at);
    return this.bytes[this.at++] === 0x2c;
  }

  /** A member name and its colon. */
  key(): string {
    this.at = skipSpace(this.bytes, this.at);
    const name = this.string();
    this.at = skipSpace(this.bytes, this.at) + 1;
    return name;
  }
}

function stringEnd(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while (bytes[at] !== 0x22) at += bytes[at] === 0x5c ? 2 : 1;
  return at + 1;
}

function tokenEnd(bytes: Uint8Array, start: number): number {
  let at = start;
  for (; at < bytes.length; at++) {
    const byte = bytes[at]!;
    const inToken =
      (byte >= 0x30 && byte <= 0x39) ||
      (byte >= 0x61 && byte <= 0x7a) ||
      byte === 0x2b ||
      byte === 0x2d ||
      byte === 0x2e ||
      byte === 0x45;
    if (!inToken) break;
  }
  return at;
}

function containerEnd(bytes: Uint8Array, start: number): number {
  let depth = 0;
  for (let at = start; ; ) {
    const byte = bytes[at]!;
    if (byte === 0x22) {
      at = stringEnd(bytes, at);
      continue;
    }
    at++;
    if (byte === 0x7b || byte === 0x5b) depth++;
    else if ((byte === 0x7d || byte === 0x5d) && --depth === 0) return at;
  }
}

/** Text of a string body with escapes or invalid bytes. */
function unquote(body: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < body.length; ) {
    if (body[at] !== 0x5c) {
      const rune = runeAt(body, at);
      parts.push(String.fromCodePoint(rune.code));
      at += rune.width;
    } else if (body[at + 1] === 0x75) {
      const {code, width} = escapedRune(body, at);
      parts.push(String.fromCodePoint(code));
      at += width;
    } else {
      const char = String.fromCharCode(body[at + 1]!);
      parts.push(SHORT[char] ?? char);
      at += 2;
    }
  }
  return parts.join("");
}

const hexAt = (body: Uint8Array, at: number): number =>
  Number.parseInt(String.fromCharCode(...body.subarray(at, at + 4)), 16);

/** One `\uXXXX` escape, or two that form a surrogate pair. */
function escapedRune(body: Uint8Array, at: number): {readonly code: number; readonly width: number} {
  const first = hexAt(body, at + 2);
  if (first < 0xd800 || first >= 0xe000) return {code: first, width: 6};
  if (first < 0xdc00 && body[at + 6] === 0x5c && body[at + 7] === 0x75) {
    const second = hexAt(body, at + 8);
    if (second >= 0xdc00 && second < 0xe000)
      return {code: 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00), width: 12};
  }
  return {code: REPLACEMENT, width: 6};
}
