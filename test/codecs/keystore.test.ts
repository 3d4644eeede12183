import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {hexOf, utf8} from "../../src/codecs/bytes.js";
import {KEYSTORE_MAX_BYTES, type Keystore, keystore, sealedKeyOf} from "../../src/codecs/keystore.js";
import {DecodeError} from "../../src/errors.js";
import {unsealKey} from "../../src/node/keys/keystore.js";
import reference from "../node/keys/keystore.vectors.json" with {type: "json"};
import vectors from "./keystore.vectors.json" with {type: "json"};

const valid = keystore.decode(utf8(reference.keystore));
const changed = (change: object): Keystore => ({...valid, ...change});

test("a keystore that the reference wrote survives decode and encode", () => {
  expect(Buffer.from(keystore.encode(valid)).toString()).toBe(reference.keystore);
  expect(sealedKeyOf(valid).address).toBe(reference.address);
});

for (const [index, {kind, input, expect: expected}] of vectors.cases.entries()) {
  const file = keystore.readCompat(utf8(JSON.stringify(input.keystore)));
  if (kind === "validate_rejects")
    test(`case ${index}: a keystore with the defect ${input.defect} is refused`, () => {
      expect(() => sealedKeyOf(file)).toThrow(expect.objectContaining({code: "KEYSTORE_INVALID"}));
    });
  else
    test(`case ${index}: the passphrase opens the secret, another one does not`, async () => {
      const sealed = sealedKeyOf(file);
      expect(sealed.address).toBe(expected.address);
      expect(hexOf(await unsealKey(sealed, input.passphrase!))).toBe(expected.private_key);
      const wrong = unsealKey(sealed, `${input.passphrase}x`);
      await expect(wrong).rejects.toMatchObject({code: "PASSPHRASE_WRONG"});
    });
}

describe("what is refused without a passphrase", () => {
  const cases: readonly [string, object][] = [
    ["another version", {version: 2}],
    ["another type", {type: "wallet"}],
    ["another algorithm", {algorithm: "ml-dsa-65"}],
    ["another key derivation", {kdf: "scrypt"}],
    ["another cipher", {cipher: "aes-256-cbc"}],
    ["a shorter key", {kdfParams: {...valid.kdfParams, keyLen: 16}}],
    ["99,999 rounds", {kdfParams: {...valid.kdfParams, iterations: 99_999}}],
    ["rounds that would take an hour", {kdfParams: {...valid.kdfParams, iterations: 10_000_001}}],
    ["a salt of 15 bytes", {kdfParams: {...valid.kdfParams, salt: "00".repeat(15)}}],
    ["a nonce of 16 bytes", {cipherParams: {nonce: "00".repeat(16)}}],
    ["a public key cut short", {publicKey: valid.publicKey.slice(2)}],
    ["a public key that is no hex", {publicKey: `zz${valid.publicKey.slice(2)}`}],
    ["an address of another key", {address: "0".repeat(64)}],
    ["a ciphertext without a key", {ciphertext: "00".repeat(16)}],
  ];
  for (const [name, change] of cases)
    test(name, () => {
      expect(() => sealedKeyOf(changed(change))).toThrow(expect.objectContaining({code: "KEYSTORE_INVALID"}));
    });

  test("a file above the limit, before it is parsed", () => {
    const large = new Uint8Array(KEYSTORE_MAX_BYTES + 1).fill(0x20);
    expect(() => keystore.decode(large)).toThrow(expect.objectContaining({code: "JSON_TOO_LARGE"}));
    expect(() => keystore.readCompat(large)).toThrow(expect.objectContaining({code: "KEYSTORE_INVALID"}));
  });
});

test("the tolerant reader takes another layout, the strict one does not", () => {
  const compact = utf8(JSON.stringify(JSON.parse(reference.keystore)));
  expect(keystore.readCompat(compact)).toEqual(valid);
  expect(() => keystore.decode(compact)).toThrow(expect.objectContaining({code: "JSON_NOT_CANONICAL"}));
  expect(() => keystore.decode(utf8(`${reference.keystore}\n`))).toThrow(DecodeError);
});

const hex = (size: number) => fc.uint8Array({minLength: size, maxLength: size}).map(hexOf);
const anyKeystore: fc.Arbitrary<Keystore> = fc.record({
  version: fc.nat(),
  type: fc.string(),
  algorithm: fc.string(),
  address: hex(32),
  publicKey: hex(40),
  kdf: fc.string(),
  kdfParams: fc.record({iterations: fc.nat(), salt: hex(16), keyLen: fc.nat()}),
  cipher: fc.string(),
  cipherParams: fc.record({nonce: hex(12)}),
  ciphertext: hex(30),
  createdAt: fc.string(),
  recovery: fc.option(fc.constant(utf8('{"scheme":"x","words":24}')), {nil: null}),
});

test("every keystore survives encode and decode", () => {
  fc.assert(
    fc.property(anyKeystore, (file) => {
      expect(keystore.decode(keystore.encode(file))).toEqual(file);
    }),
  );
});

test("bytes that are not what encode writes end in a DecodeError and nothing else", () => {
  const bytes = utf8(reference.keystore);
  fc.assert(
    fc.property(fc.nat({max: bytes.length - 1}), fc.integer({min: 1, max: 255}), (at, flip) => {
      const damaged = bytes.slice();
      damaged[at]! ^= flip;
      try {
        expect(keystore.encode(keystore.decode(damaged))).toEqual(damaged);
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }),
  );
});
