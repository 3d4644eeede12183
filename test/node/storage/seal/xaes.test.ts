import fc from "fast-check";
import {expect, test} from "vitest";
import {hexOf, utf8} from "../../../../src/codecs/bytes.js";
import {createXaes} from "../../../../src/node/storage/seal/xaes.js";

const NONCE = utf8("ABCDEFGHIJKLMNOPQRSTUVWX");

// c2sp.org/XAES-256-GCM, "Test vectors": one key for each way of doubling.
test.each([
  [1, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"],
  [3, "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"],
])("gives what the specification's vector with key %s says", (byte, associated, want) => {
  const xaes = createXaes(new Uint8Array(32).fill(byte), () => NONCE);
  const sealed = xaes.seal(utf8("XAES-256-GCM"), utf8(associated));
  expect(hexOf(sealed)).toBe(hexOf(NONCE) + want);
  expect(xaes.open(sealed, utf8(associated))).toEqual(utf8("XAES-256-GCM"));
});

test("gives back what was sealed, and nothing when a bit of it or of its place is another", () => {
  const bytes = fc.uint8Array({maxLength: 600});
  const xaes = createXaes(new Uint8Array(32).fill(9));
  fc.assert(
    fc.property(bytes, bytes, fc.nat(), fc.nat({max: 7}), (text, place, at, bit) => {
      const sealed = xaes.seal(text, place);
      expect(xaes.open(sealed, place)).toEqual(text);
      const changed = sealed.slice();
      changed[at % sealed.length]! ^= 1 << bit;
      expect(xaes.open(changed, place)).toBe(null);
      expect(xaes.open(sealed, Uint8Array.of(...place, 0))).toBe(null);
      expect(xaes.open(sealed.subarray(0, at % sealed.length), place)).toBe(null);
    }),
    {numRuns: 100},
  );
});

test("draws another nonce for each message", () => {
  const xaes = createXaes(new Uint8Array(32));
  const nonces = new Set(Array.from({length: 1_000}, () => hexOf(xaes.seal(NONCE, NONCE).subarray(0, 24))));
  expect(nonces.size).toBe(1_000);
});
