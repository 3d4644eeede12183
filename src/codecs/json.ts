/**
 * Canonical JSON codecs over Go structs: `encode` writes what the reference writes, `readCompat` reads what it reads,
 * and `decode` takes only the bytes that `encode` gives, within a size that is checked first.
 */
import {DecodeError} from "../errors.js";
import {equalBytes, utf8} from "./bytes.js";
import type {Codec} from "./codec.js";

/** A codec with a second reader that has the ancestor's tolerance; strict rules never call it. */
export interface CompatCodec<T> extends Codec<T> {
  /** @throws DecodeError with the reference's text */
  readCompat(bytes: Uint8Array): T;
}

/** What a canonical codec is made of. */
export interface CanonicalParts<T> {
  /** In messages, for example `enroll payload`. */
  readonly what: string;
  /** Longest encoding, in bytes. */
  readonly maxBytes: number;
  write(value: T): string;
  read(bytes: Uint8Array): T;
}

/** @throws DecodeError from `decode`: JSON_TOO_LARGE, JSON_NOT_CANONICAL, or what `read` throws */
export function canonicalCodec<T>({what, maxBytes, write, read}: CanonicalParts<T>): CompatCodec<T> {
  const encode = (value: T): Uint8Array => utf8(write(value));
  return {
    encode,
    decode(bytes) {
      if (bytes.length > maxBytes)
        throw new DecodeError("JSON_TOO_LARGE", `${what} is ${bytes.length} bytes, at most ${maxBytes}`);
      const value = read(bytes);
      if (!equalBytes(encode(value), bytes))
        throw new DecodeError("JSON_NOT_CANONICAL", `${what} is not in its canonical form`, {
          hint: "write the members in their order, without spaces, repeats or needless escapes",
        });
      return value;
    },
    readCompat: read,
  };
}
