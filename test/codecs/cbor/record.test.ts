import {describe, expect, test} from "vitest";
import {hexOf} from "../../../src/codecs/bytes.js";
import {type CborValue, encodeCbor} from "../../../src/codecs/cbor/cbor.js";
import {blob, fixed, flag, list, nullable, record, text, u32, u64, word} from "../../../src/codecs/cbor/record.js";
import {DecodeError} from "../../../src/errors.js";

const sample = record("sample", {
  amount: u64,
  count: u32,
  on: flag,
  key: fixed(2),
  note: text({minBytes: 1, maxBytes: 4, pattern: /^[a-z]+$/}),
  mode: word("fast", "slow"),
  until: nullable(u64),
  parts: list(blob({max: 3}), 2),
});
const VALUE = {
  amount: 5n,
  count: 7,
  on: true,
  key: Uint8Array.of(1, 2),
  note: "ab",
  mode: "fast" as const,
  until: null,
  parts: [Uint8Array.of(9)],
};

test("a record is its tag and its fields in order", () => {
  expect(hexOf(sample.encode(VALUE))).toBe("896673616d706c650507f54201026261626466617374f6814109");
  expect(sample.decode(sample.encode(VALUE))).toEqual(VALUE);
});

const wire = (at: number, value: CborValue): Uint8Array => {
  const fields: CborValue[] = ["sample", 5, 7, true, Uint8Array.of(1, 2), "ab", "fast", null, [Uint8Array.of(9)]];
  fields[at] = value;
  return encodeCbor(fields);
};

describe("decode refuses", () => {
  test.each<[string, Uint8Array]>([
    ["another tag", wire(0, "other")],
    ["text where an integer belongs", wire(1, "5")],
    ["a count above 32 bits", wire(2, 2n ** 33n)],
    ["a number where a flag belongs", wire(3, 1)],
    ["a short key", wire(4, Uint8Array.of(1))],
    ["empty text", wire(5, "")],
    ["long text", wire(5, "abcde")],
    ["text outside the pattern", wire(5, "A")],
    ["an unknown word", wire(6, "medium")],
    ["true where null or an integer belongs", wire(7, true)],
    ["too many items", wire(8, [Uint8Array.of(), Uint8Array.of(), Uint8Array.of()])],
    ["a long item", wire(8, [Uint8Array.of(1, 2, 3, 4)])],
    ["an item of another type", wire(8, [1])],
    ["a missing field", encodeCbor(["sample", 5])],
    ["an extra field", encodeCbor(["sample", 5, 7, true, Uint8Array.of(1, 2), "ab", "fast", null, [], 1])],
    ["no array", encodeCbor("sample")],
  ])("%s", (_what, bytes) => {
    expect(() => sample.decode(bytes)).toThrow(DecodeError);
  });
});

describe("encode refuses what decode would refuse", () => {
  test.each<[string, Partial<typeof VALUE> | {amount: bigint} | {until: bigint} | {note: string}]>([
    ["a negative amount", {amount: -1n}],
    ["an amount above 64 bits", {amount: 2n ** 64n}],
    ["a fractional count", {count: 1.5}],
    ["a negative count", {count: -1}],
    ["a long key", {key: Uint8Array.of(1, 2, 3)}],
    ["a lone surrogate", {note: "\ud800"}],
    ["too many parts", {parts: [Uint8Array.of(), Uint8Array.of(), Uint8Array.of()]}],
  ])("%s", (_what, change) => {
    expect(() => sample.encode({...VALUE, ...change} as typeof VALUE)).toThrow(DecodeError);
  });
});

test("decoded bytes are copies, so the input buffer can be reused", () => {
  const bytes = sample.encode(VALUE);
  const {key} = sample.decode(bytes);
  bytes.fill(0);
  expect(key).toEqual(Uint8Array.of(1, 2));
});
