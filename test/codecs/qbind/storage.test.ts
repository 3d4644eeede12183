/** Records behind their sum: CRC-32 of "123456789" is the check value of every description of it. */
import fc from "fast-check";
import {expect, test} from "vitest";
import {hexOf, utf8} from "../../../src/codecs/bytes.js";
import {storedRecord, sumOf} from "../../../src/codecs/qbind/storage.js";

test("the sum is IEEE's, big-endian", () => expect(hexOf(sumOf(utf8("123456789")))).toBe("cbf43926"));

test("a record is read as it was written, and damage to any bit is seen", () => {
  fc.assert(
    fc.property(fc.uint8Array({maxLength: 64}), fc.nat(), (payload, bit) => {
      const record = storedRecord.encode(payload);
      expect(storedRecord.decode(record)).toEqual(payload);
      const at = bit % (record.length * 8);
      record[at >> 3]! ^= 1 << (at & 7);
      expect(() => storedRecord.decode(record)).toThrow(expect.objectContaining({code: "RECORD_DAMAGED"}));
    }),
  );
});
