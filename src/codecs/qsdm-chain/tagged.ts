/** Texts that QSDM's validators sign: a name, and behind it `|tag:length:value` again and again, lengths in bytes. */
import {DecodeError} from "../../errors.js";
import {hexOf, textOf, utf8} from "../bytes.js";
import type {Codec} from "../codec.js";
import {parseUint} from "../go/number.js";
import {sha256} from "../hash.js";

export type Tagged = readonly (readonly [tag: string, value: string])[];

export const tagged = (name: string, fields: Tagged): string =>
  [name, ...fields.map(([tag, value]) => `${tag}:${utf8(value).length}:${value}`)].join("|");

export const refuse = (why: string): never => {
  throw new DecodeError("QSDM_TEXT_INVALID", why);
};

/** Longest number or word that stands without its length. */
const LONGEST = 32;

/** Reads a text from its start. */
export class TaggedReader {
  #at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  get isAtEnd(): boolean {
    return this.#at === this.bytes.length;
  }

  /** Takes `text`, which must come next. */
  mark(text: string): void {
    if (this.#take(utf8(text).length) !== text) refuse(`"${text}" is missing`);
  }

  /** The value behind `tag`. */
  value(tag: string): string {
    this.mark(`|${tag}:`);
    return this.sized();
  }

  /** The value behind its length. */
  sized(): string {
    return this.#take(countOf(this.until(":")));
  }

  /** What comes before the next `end`, which is taken too. */
  until(end: string): string {
    const text = textOf(this.bytes.subarray(this.#at, this.#at + LONGEST));
    const length = text.indexOf(end);
    if (length < 0) refuse(`"${end}" is missing`);
    this.#at += length + 1;
    return text.slice(0, length);
  }

  #take(size: number): string {
    if (size > this.bytes.length - this.#at) refuse(`${size} bytes are more than are left`);
    this.#at += size;
    return textOf(this.bytes.subarray(this.#at - size, this.#at));
  }
}

/** A form that is what its writer writes, and nothing else. */
export const textForm = <T>(write: (value: T) => string, read: (from: TaggedReader) => T): Codec<T> => ({
  encode: (value) => utf8(write(value)),
  decode(bytes) {
    const from = new TaggedReader(bytes);
    const value = read(from);
    if (!from.isAtEnd || write(value) !== textOf(bytes)) refuse("another spelling of what it says");
    return value;
  },
});

/** A small count in decimal digits. */
export const countOf = (text: string): number => Number(parseUint(text, 0xffff_ffffn));

/** Hex of what a text is signed or named by. */
export const qsdmTextDigest = (text: Uint8Array): string => hexOf(sha256(text));
