import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {bytesOfHex, hexOf} from "../../../src/codecs/bytes.js";
import {type CborValue, decodeCbor, encodeCbor} from "../../../src/codecs/cbor/cbor.js";
import {DecodeError, InvariantError} from "../../../src/errors.js";

// RFC 8949, appendix A: the examples that lie inside the subset.
const EXAMPLES: readonly [CborValue, string][] = [
  [0, "00"],
  [1, "01"],
  [10, "0a"],
  [23, "17"],
  [24, "1818"],
  [100, "1864"],
  [1000, "1903e8"],
  [1_000_000, "1a000f4240"],
  [1_000_000_000_000n, "1b000000e8d4a51000"],
  [18_446_744_073_709_551_615n, "1bffffffffffffffff"],
  [false, "f4"],
  [true, "f5"],
  [null, "f6"],
  [new Uint8Array(), "40"],
  [Uint8Array.of(1, 2, 3, 4), "4401020304"],
  ["", "60"],
  ["a", "6161"],
  ["IETF", "6449455446"],
  ["\u00fc", "62c3bc"],
  ["\u6c34", "63e6b0b4"],
  [[], "80"],
  [[1, 2, 3], "83010203"],
  [[1, [2, 3], [4, 5]], "8301820203820405"],
];

describe("RFC 8949 appendix A", () => {
  test.each(EXAMPLES)("%s is written and read as %s", (value, hex) => {
    expect(hexOf(encodeCbor(value))).toBe(hex);
    expect(decodeCbor(bytesOfHex(hex))).toEqual(value);
  });
});

describe("what a canonical writer would not write is refused", () => {
  test.each([
    ["an empty input", ""],
    ["an integer in two bytes that fits one", "1817"],
    ["an integer in three bytes that fits two", "1900ff"],
    ["an integer in five bytes that fits three", "1a0000ffff"],
    ["an integer in nine bytes that fits five", "1b00000000ffffffff"],
    ["a length longer than needed", "580101"],
    ["data after the item", "0000"],
    ["a cut integer", "19"],
    ["a cut byte string", "4401"],
    ["a cut array", "8201"],
    ["a length beyond the input", "5bffffffffffffffff"],
    ["an array length that would exhaust memory", "9bffffffffffffffff"],
    ["a negative integer", "20"],
    ["a map", "a0"],
    ["a tag", "c000"],
    ["a float", "f90000"],
    ["undefined", "f7"],
    ["an indefinite array", "9fff"],
    ["an indefinite byte string", "5fff"],
    ["a reserved length", "1c"],
    ["text that is not UTF-8", "61ff"],
    ["arrays nested beyond the limit", `${"81".repeat(17)}00`],
  ])("%s", (_what, hex) => {
    expect(() => decodeCbor(bytesOfHex(hex))).toThrow(DecodeError);
  });
});

test.each([1.5, -1, 2 ** 32, Number.NaN, -1n, 2n ** 64n])("%s is not written", (each) => {
  expect(() => encodeCbor([each])).toThrow(InvariantError);
});

test.each([23, 24, 255, 256, 65_535, 65_536])("%i bytes, characters and items come back", (count) => {
  const each = [
    new Uint8Array(count).fill(7),
    "\u00fc".repeat(count),
    "a".repeat(count),
    Array(Math.min(count, 300)).fill(count),
  ];
  expect(decodeCbor(encodeCbor(each))).toEqual(each);
});

const leaf = fc.oneof(
  fc.integer({min: 0, max: 0xffff_ffff}),
  fc.bigInt({min: 0x1_0000_0000n, max: 0xffff_ffff_ffff_ffffn}),
  fc.string({unit: "binary", maxLength: 40}),
  fc.boolean(),
  fc.constant(null),
  fc.uint8Array({maxLength: 300}).map((bytes) => new Uint8Array(bytes)),
);
const value = fc.letrec<{node: CborValue}>((tie) => ({
  node: fc.oneof({maxDepth: 5}, leaf, fc.array(tie("node"), {maxLength: 5})),
})).node;

test("decoding what was encoded gives the value back", () => {
  fc.assert(
    fc.property(value, (each) => {
      expect(decodeCbor(encodeCbor(each))).toEqual(each);
    }),
  );
});

test("whatever bytes are accepted are the bytes that encoding gives", () => {
  fc.assert(
    fc.property(fc.uint8Array({maxLength: 64}), (bytes) => {
      let decoded: CborValue;
      try {
        decoded = decodeCbor(new Uint8Array(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
        return;
      }
      expect(hexOf(encodeCbor(decoded))).toBe(hexOf(bytes));
    }),
    {numRuns: 5_000},
  );
});

test("one flipped bit never turns one value into another with the same bytes", () => {
  fc.assert(
    fc.property(value, fc.nat(), (each, at) => {
      const bytes = encodeCbor(each).slice();
      bytes[at % bytes.length]! ^= 1 << (at % 8);
      try {
        expect(hexOf(encodeCbor(decodeCbor(bytes)))).toBe(hexOf(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }),
  );
});
