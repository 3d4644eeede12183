/** Records: everything arrives as it was sent, in whatever pieces, and nothing else does. */
import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {concat} from "../../../../src/codecs/bytes.js";
import {sha3} from "../../../../src/codecs/hash.js";
import {RECORD_MAX_BYTES, RecordReader, RecordWriter} from "../../../../src/node/network/session/records.js";

const SECRET = sha3(Uint8Array.of(1));
const pair = (limits?: {bytes: number; ms: number}) => ({
  writer: new RecordWriter(SECRET, 0, limits),
  reader: new RecordReader(SECRET, limits?.bytes),
});

test("data comes out as it went in, however it is cut on the way", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({maxLength: 3_000}), {maxLength: 8}),
      fc.array(fc.integer({min: 1, max: 900}), {minLength: 1}),
      (parts, cuts) => {
        const {writer, reader} = pair();
        const wire = concat(...parts.flatMap((part) => writer.write(part, 0)));
        const out: Uint8Array[] = [];
        for (let at = 0, i = 0; at < wire.length; i++) {
          const size = cuts[i % cuts.length]!;
          out.push(...reader.read(wire.subarray(at, at + size)));
          at += size;
        }
        expect(concat(...out)).toEqual(concat(...parts));
      },
    ),
    {numRuns: 100},
  );
});

test("what is longer than a record takes several", () => {
  const {writer, reader} = pair();
  const data = new Uint8Array(2 * RECORD_MAX_BYTES + 5).fill(7);
  const records = writer.write(data, 0);
  expect(records).toHaveLength(3);
  expect(concat(...reader.read(concat(...records)))).toEqual(data);
});

describe("a record that was", () => {
  const wire = () => {
    const {writer} = pair();
    return [1, 2, 3].flatMap((each) => writer.write(Uint8Array.of(each, each), 0));
  };
  const refused = (...records: Uint8Array[]) => {
    const {reader} = pair();
    expect(() => reader.read(concat(...records))).toThrow(expect.objectContaining({code: "SESSION_RECORD_INVALID"}));
    // Nothing more is taken, not even what would be right.
    expect(() => reader.read(wire()[0]!)).toThrow(expect.objectContaining({code: "SESSION_RECORD_INVALID"}));
  };

  test("changed in any bit ends the session", () => {
    const [first] = wire();
    for (let bit = 0; bit < first!.length * 8; bit++) {
      const changed = first!.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      const {reader} = pair();
      // A longer length waits for bytes that make it fail when they come.
      expect(() => reader.read(concat(changed, new Uint8Array(0x10000)))).toThrow(
        expect.objectContaining({code: "SESSION_RECORD_INVALID"}),
      );
    }
  });
  test("repeated", () => refused(wire()[0]!, wire()[0]!));
  test("moved", () => refused(wire()[1]!, wire()[0]!));
  test("left out", () => refused(wire()[0]!, wire()[2]!));
  test("sent the other way", () => {
    const other = new RecordWriter(sha3(Uint8Array.of(2)), 0);
    refused(...other.write(Uint8Array.of(1), 0));
  });
});

describe("keys", () => {
  test("change after enough bytes, and the reader follows", () => {
    const {writer, reader} = pair({bytes: 100, ms: 1_000});
    const count = (records: Uint8Array[]) => records.length;
    expect(count(writer.write(new Uint8Array(200), 0))).toBe(1);
    const {writer: again} = pair({bytes: 100, ms: 1_000});
    const records = [
      ...again.write(new Uint8Array(50), 0),
      ...again.write(new Uint8Array(60), 0),
      ...again.write(new Uint8Array(9), 0),
    ];
    expect(records).toHaveLength(4);
    expect(concat(...reader.read(concat(...records)))).toHaveLength(119);
  });

  test("change after enough time", () => {
    const {writer, reader} = pair({bytes: 1e9, ms: 1_000});
    const records = [
      writer.write(Uint8Array.of(1), 0),
      writer.write(Uint8Array.of(2), 1_000),
      writer.write(Uint8Array.of(3), 1_500),
    ];
    expect(records.map((each) => each.length)).toEqual([1, 2, 1]);
    expect(concat(...reader.read(concat(...records.flat())))).toEqual(Uint8Array.of(1, 2, 3));
  });

  test("that the other side never changes end the session", () => {
    const lazy = new RecordWriter(SECRET, 0);
    const reader = new RecordReader(SECRET, 100);
    expect(() => reader.read(concat(...lazy.write(new Uint8Array(300), 0)))).toThrow(
      expect.objectContaining({code: "SESSION_RECORD_INVALID"}),
    );
  });
});

test("an end is told from a cut, and nothing follows it", () => {
  const {writer, reader} = pair();
  reader.read(concat(...writer.write(Uint8Array.of(1), 0)));
  expect(reader.closed).toBe(false);
  reader.read(writer.close());
  expect(reader.closed).toBe(true);
  expect(() => reader.read(concat(...writer.write(Uint8Array.of(1), 0)))).toThrow(
    expect.objectContaining({code: "SESSION_RECORD_INVALID"}),
  );
});
