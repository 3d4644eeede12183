/** The two laws of every codec, and what hostile bytes may do to it. */
import fc from "fast-check";
import {expect} from "vitest";
import type {Codec} from "../../src/codecs/codec.js";
import {DecodeError} from "../../src/errors.js";

/** Bytes close to `bytes`: one byte changed, left out, put in or repeated, or the end cut off or grown. */
export const near = (bytes: Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc
    .record({
      at: fc.nat(Math.max(0, bytes.length - 1)),
      byte: fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from(' "{}[],:0-eEnu\\/'))),
      how: fc.constantFrom("change", "leave out", "put in", "cut", "grow"),
    })
    .map(({at, byte, how}) => {
      const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at + 1)];
      if (how === "change") return Buffer.from([...head, byte, ...tail]);
      if (how === "leave out") return Buffer.from([...head, ...tail]);
      if (how === "put in") return Buffer.from([...head, byte, ...bytes.subarray(at)]);
      return how === "cut" ? Buffer.from(head) : Buffer.from([...bytes, byte]);
    });

/** `decode(encode(v))` equals `v`; and near its encoding, what decodes at all encodes to the same bytes. */
export function expectLaws<T>(codec: Codec<T>, values: fc.Arbitrary<T>): void {
  const withNeighbour = values.chain((value) => near(codec.encode(value)).map((bytes) => ({value, bytes})));
  fc.assert(
    fc.property(withNeighbour, ({value, bytes}) => {
      expect(codec.decode(codec.encode(value))).toEqual(value);
      expectCanonicalOrRefused(codec, bytes);
    }),
  );
}

/** Decode throws `DecodeError` and nothing else, or gives a value that encodes to the very bytes. */
export function expectCanonicalOrRefused<T>(codec: Codec<T>, bytes: Uint8Array): void {
  let value: T;
  try {
    value = codec.decode(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError);
    return;
  }
  expect(Buffer.from(codec.encode(value))).toEqual(Buffer.from(bytes));
}

/** The code that `work` is refused with. */
export function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof DecodeError) return error.code;
    throw error;
  }
  return "accepted";
}
