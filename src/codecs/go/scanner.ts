/**
 * The syntax check that Go runs over a whole JSON value before it reads any of it: one pass, a stack instead of
 * recursion, nothing allocated for honest input. What passes here is walked without further checks (`cursor.ts`).
 */
import {DecodeError} from "../../errors.js";
import {quoteText} from "./quote.js";

/** Deepest nesting that Go reads. */
export const JSON_MAX_DEPTH = 10_000;

/** How the end of the input is reported: as by a reader of whole texts, or of a stream. */
export type JsonSource = "whole" | "stream";

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;
const isHexDigit = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);

/** First byte from `at` on that is not white space, or the length. */
export function skipSpace(bytes: Uint8Array, start: number): number {
  let at = start;
  while (isSpace(bytes[at])) at++;
  return at;
}

/** A fault in the text; the message is Go's. */
export const jsonError = (message: string): DecodeError => new DecodeError("JSON_INVALID", message);

/** Go's name for one byte in such a message. */
export function quoteByte(byte: number): string {
  if (byte === 0x27) return "'\\''";
  if (byte === 0x22) return `'"'`;
  return `'${quoteText(String.fromCharCode(byte)).slice(1, -1)}'`;
}

/**
 * End of the value that starts at or after `start`.
 * @throws DecodeError JSON_INVALID
 */
export function scanValue(bytes: Uint8Array, start: number, source: JsonSource): number {
  return new Scanner(bytes, source).value(start);
}

class Scanner {
  /** Whether each open container is an object. */
  readonly #open: boolean[] = [];

  constructor(
    private readonly bytes: Uint8Array,
    private readonly source: JsonSource,
  ) {}

  value(start: number): number {
    let at = start;
    for (;;) {
      at = skipSpace(this.bytes, at);
      const byte = this.bytes[at];
      if (byte === 0x7b || byte === 0x5b) {
        const isObject = byte === 0x7b;
        this.#push(isObject, at);
        const first = skipSpace(this.bytes, at + 1);
        if (this.bytes[first] !== (isObject ? 0x7d : 0x5d)) {
          at = isObject ? this.#key(first) : first;
          continue;
        }
        this.#open.pop();
        at = first + 1;
      } else at = this.#scalar(at);
      const next = this.#afterValue(at);
      if (next.done) return next.at;
      at = next.at;
    }
  }

  /** Closes what ends here; done when nothing is left open. */
  #afterValue(end: number): {readonly at: number; readonly done: boolean} {
    let at = end;
    while (this.#open.length > 0) {
      const isObject = this.#open[this.#open.length - 1]!;
      at = skipSpace(this.bytes, at);
      const byte = this.bytes[at];
      if (byte === 0x2c) return {at: isObject ? this.#key(skipSpace(this.bytes, at + 1)) : at + 1, done: false};
      if (byte !== (isObject ? 0x7d : 0x5d))
        this.#refuse(at, isObject ? "after object key:value pair" : "after array element");
      this.#open.pop();
      at++;
    }
    return {at, done: true};
  }

  #push(isObject: boolean, at: number): void {
    if (this.#open.length === JSON_MAX_DEPTH) this.#refuse(at, "exceeded max depth");
    this.#open.push(isObject);
  }

  /** A member name and its colon; the offset after the colon. */
  #key(start: number): number {
    if (this.bytes[start] !== 0x22) this.#refuse(start, "looking for beginning of object key string");
    const at = skipSpace(this.bytes, this.#string(start));
    if (this.bytes[at] !== 0x3a) this.#refuse(at, "after object key");
    return at + 1;
  }

  #scalar(at: number): number {
    const byte = this.bytes[at];
    if (byte === 0x22) return this.#string(at);
    if (byte === 0x2d || isDigit(byte)) return this.#number(at);
    if (byte === 0x74) return this.#literal(at, "true");
    if (byte === 0x66) return this.#literal(at, "false");
    if (byte === 0x6e) return this.#literal(at, "null");
    return this.#refuse(at, "looking for beginning of value");
  }

  #literal(start: number, word: string): number {
    for (let i = 1; i < word.length; i++)
      if (this.bytes[start + i] !== word.charCodeAt(i))
        this.#refuseInside(start + i, `in literal ${word} (expecting '${word[i]}')`);
    return start + word.length;
  }

  #string(start: number): number {
    for (let at = start + 1; ; ) {
      const byte = this.bytes[at];
      if (byte === 0x22) return at + 1;
      if (byte === 0x5c) at = this.#escape(at + 1);
      else if (byte === undefined || byte < 0x20) this.#refuse(at, "in string literal");
      else at++;
    }
  }

  #escape(at: number): number {
    const byte = this.bytes[at];
    if (byte === 0x75) {
      for (let i = at + 1; i < at + 5; i++)
        if (!isHexDigit(this.bytes[i] ?? 0)) this.#refuseInside(i, "in \\u hexadecimal character escape");
      return at + 5;
    }
    if (byte === undefined || !'"\\/bfnrt'.includes(String.fromCharCode(byte)))
      this.#refuseInside(at, "in string escape code");
    return at + 1;
  }

  #number(start: number): number {
    let at = this.bytes[start] === 0x2d ? start + 1 : start;
    if (this.bytes[at] === 0x30) at++;
    else at = this.#digits(at, "in numeric literal");
    if (this.bytes[at] === 0x2e) at = this.#digits(at + 1, "after decimal point in numeric literal");
    if (this.bytes[at] === 0x65 || this.bytes[at] === 0x45) {
      at++;
      if (this.bytes[at] === 0x2b || this.bytes[at] === 0x2d) at++;
      at = this.#digits(at, "in exponent of numeric literal");
    }
    return at;
  }

  #digits(start: number, context: string): number {
    if (!isDigit(this.bytes[start])) this.#refuseInside(start, context);
    let at = start;
    while (isDigit(this.bytes[at])) at++;
    return at;
  }

  /** Refuses the byte at `at`, in a place where more text could have made it right. */
  #refuse(at: number, context: string): never {
    const byte = this.bytes[at];
    if (byte !== undefined) throw jsonError(`invalid character ${quoteByte(byte)} ${context}`);
    throw jsonError(this.source === "whole" ? "unexpected end of JSON input" : "unexpected EOF");
  }

  // Go ends a whole text by feeding one space, which is a wrong character in the middle of a token.
  #refuseInside(at: number, context: string): never {
    if (at >= this.bytes.length && this.source === "whole") throw jsonError(`invalid character ' ' ${context}`);
    return this.#refuse(at, context);
  }
}
