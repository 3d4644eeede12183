import * as fc from "fast-check";
import {describe, expect, test} from "vitest";
import {CHAIN_FILE_RECORD_MAX_BYTES, frameOf, framesIn} from "../../../src/codecs/chain/chain-file.js";

async function* partsOf(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function read(bytes: Uint8Array, sizes: readonly number[] = [7]): Promise<Uint8Array[]> {
  const out: Uint8Array[] = [];
  for await (const frame of framesIn(partsOf(bytes, sizes))) out.push(frame);
  return out;
}

test("records come back whole, however the file is cut into parts", async () => {
  const record = fc.uint8Array({maxLength: 300});
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, {maxLength: 6}),
      fc.array(fc.integer({min: 1, max: 400}), {minLength: 1, maxLength: 5}),
      async (records, sizes) => {
        const file = Buffer.concat(records.map(frameOf));
        expect(await read(new Uint8Array(file), sizes)).toEqual(records);
      },
    ),
  );
});

/** RFC 8949, appendix A and section 3: byte strings and their lengths. */
test.each<[number, string]>([
  [0, "40"],
  [4, "44"],
  [23, "57"],
  [24, "5818"],
  [255, "58ff"],
  [256, "590100"],
  [65_535, "59ffff"],
  [65_536, "5a00010000"],
])("a record of %i bytes is a byte string of CBOR", (size, start) => {
  const frame = frameOf(new Uint8Array(size));
  expect(Buffer.from(frame.subarray(0, frame.length - size)).toString("hex")).toBe(start);
});

describe("a file is refused", () => {
  const tooLong = new Uint8Array(5);
  new DataView(tooLong.buffer).setUint32(1, CHAIN_FILE_RECORD_MAX_BYTES + 1);
  tooLong[0] = 0x5a;
  test.each<[string, Uint8Array, string]>([
    ["that is no byte string", Uint8Array.of(0x81, 0x40), "CHAIN_FILE_INVALID"],
    ["with a string of no known length", Uint8Array.of(0x5f, 0x41, 1, 0xff), "CHAIN_FILE_INVALID"],
    ["whose length could be shorter", Uint8Array.of(0x58, 23, ...new Uint8Array(23)), "CHAIN_FILE_INVALID"],
    ["whose record is longer than any block, before it is read", tooLong, "CHAIN_FILE_INVALID"],
    ["that ends within a record", Uint8Array.of(0x43, 1, 2), "CHAIN_FILE_CUT"],
    ["that ends within a length", Uint8Array.of(0x59, 1), "CHAIN_FILE_CUT"],
  ])("%s", async (_, bytes, code) => {
    await expect(read(bytes)).rejects.toMatchObject({code});
  });
});
