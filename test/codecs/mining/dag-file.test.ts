import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {hexOf, utf8} from "../../../src/codecs/bytes.js";
import {DAG_FILE_HEAD_BYTES, dagFileBytes, dagFileHead} from "../../../src/codecs/mining/dag-file.js";
import {expectLaws} from "../laws.js";

const head = fc.record({
  epoch: fc.bigInt({min: 0n, max: (1n << 64n) - 1n}),
  workSetRoot: fc.uint8Array({minLength: 32, maxLength: 32}),
  entries: fc.integer({min: 2, max: 2 ** 26}),
  interval: fc.integer({min: 1, max: 2 ** 16}),
});
const example = {epoch: 1n, workSetRoot: new Uint8Array(32).fill(0xab), entries: 2 ** 26, interval: 256};

describe("the head of a table file", () => {
  test("obeys the laws of codecs", () => {
    expectLaws(dagFileHead, head);
  });

  test("is magic, epoch, root, entries, interval, big-endian, and zeros", () => {
    const encoded = `${hexOf(utf8("QSDMDAG2"))}0000000000000001${"ab".repeat(32)}0400000000000100${"00".repeat(8)}`;
    expect(hexOf(dagFileHead.encode(example))).toBe(encoded);
    expect(encoded.length).toBe(2 * DAG_FILE_HEAD_BYTES);
  });

  test("tells the size of the file: 8 MiB for every 256th entry of 2 GiB", () => {
    expect(dagFileBytes(example)).toBe(64 + 8 * 2 ** 20 + 32);
    expect(dagFileBytes({entries: 1_000, interval: 256})).toBe(64 + 4 * 32 + 32);
  });

  test.each([
    ["another form", (bytes: Uint8Array) => bytes.fill(0, 0, 1)],
    ["a table of one entry", (bytes: Uint8Array) => bytes.fill(0, 48, 51).fill(1, 51, 52)],
    ["a table larger than any network's", (bytes: Uint8Array) => bytes.fill(9, 48, 49)],
    ["no interval", (bytes: Uint8Array) => bytes.fill(0, 52, 56)],
    ["an interval above 65,536", (bytes: Uint8Array) => bytes.fill(1, 53, 56)],
    ["padding with something in it", (bytes: Uint8Array) => bytes.fill(1, 63, 64)],
  ])("of %s is refused", (_, change) => {
    expect(() => dagFileHead.decode(change(dagFileHead.encode(example)))).toThrow(
      expect.objectContaining({code: "DAG_FILE_INVALID"}),
    );
  });
});
