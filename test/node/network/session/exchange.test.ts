/** X25519: the vectors of RFC 7748, section 6.1, and points that give nothing. */
import {expect, test} from "vitest";
import {bytesOfHex, hexOf} from "../../../../src/codecs/bytes.js";
import {exchange, exchangeKeyOf} from "../../../../src/node/network/session/exchange.js";

const ALICE = {
  secret: bytesOfHex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"),
  key: "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
};
const BOB = {
  secret: bytesOfHex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"),
  key: "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
};
const SHARED = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";

test("both sides come to the secret that the standard gives", () => {
  expect(hexOf(exchangeKeyOf(ALICE.secret))).toBe(ALICE.key);
  expect(hexOf(exchangeKeyOf(BOB.secret))).toBe(BOB.key);
  expect(hexOf(exchange(ALICE.secret, bytesOfHex(BOB.key)))).toBe(SHARED);
  expect(hexOf(exchange(BOB.secret, bytesOfHex(ALICE.key)))).toBe(SHARED);
});

test.each([
  ["the neutral point", new Uint8Array(32)],
  ["a point of small order", Uint8Array.of(1, ...new Uint8Array(31))],
  ["a key that is too short", new Uint8Array(31)],
])("%s is no key", (_, key) => {
  expect(() => exchange(ALICE.secret, key)).toThrowError(expect.objectContaining({code: "EXCHANGE_KEY_INVALID"}));
});
