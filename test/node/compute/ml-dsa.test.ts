import {shake256} from "@noble/hashes/sha3.js";
import {describe, expect, test} from "vitest";
import {utf8} from "../../../src/codecs/bytes.js";
import {
  guardSizes,
  loadMlDsa,
  ML_DSA_LOADERS,
  type MlDsa,
  type MlDsaLevel,
  mlDsaSizes,
} from "../../../src/node/compute/ml-dsa.js";
import {lacking} from "../../support/tools.js";

const LEVELS: readonly MlDsaLevel[] = [44, 87];
const seed = Uint8Array.from({length: 32}, (_, i) => i);
const message = utf8("one proof at one height");

async function implementations(level: MlDsaLevel): Promise<MlDsa[]> {
  const backends = await Promise.all(Object.values(ML_DSA_LOADERS).map((load) => load(level)));
  return backends.filter((backend) => backend !== null).map((backend) => guardSizes(level, backend));
}

describe.each(LEVELS)("ML-DSA-%i", (level) => {
  const sizes = mlDsaSizes(level);

  test("every implementation derives the same key pair from a seed", async () => {
    const pairs = (await implementations(level)).map((each) => each.keygenFromSeed(seed));
    for (const pair of pairs) expect(pair).toEqual(pairs[0]);
    expect(pairs[0]!.publicKey).toHaveLength(sizes.publicKeyBytes);
    expect(pairs[0]!.secretKey).toHaveLength(sizes.secretKeyBytes);
  });

  test("every implementation verifies the signatures of every other and refuses changed ones", async () => {
    const all = await implementations(level);
    expect(all.map((each) => each.name)).toEqual(expect.arrayContaining(["liboqs", "noble"]));
    const {publicKey, secretKey} = all[0]!.keygenFromSeed(seed);
    for (const signer of all) {
      const signature = signer.sign(secretKey, message);
      expect(signature).toHaveLength(sizes.signatureBytes);
      const tampered = Uint8Array.from(signature);
      tampered[100]! ^= 1;
      for (const verifier of all) {
        expect(verifier.verify(publicKey, message, signature), `${signer.name} to ${verifier.name}`).toBe(true);
        expect(verifier.verify(publicKey, message, tampered), `${signer.name} to ${verifier.name}`).toBe(false);
        expect(verifier.verify(publicKey, utf8("another"), signature)).toBe(false);
      }
    }
  });

  test("signatures are hedged: two over one message differ", async () => {
    for (const each of await implementations(level)) {
      const {secretKey} = each.keygenFromSeed(seed);
      expect(each.sign(secretKey, message), each.name).not.toEqual(each.sign(secretKey, message));
    }
  });

  test("a Buffer and a view into a larger array are as good as a bare array", async () => {
    for (const each of await implementations(level)) {
      const {publicKey, secretKey} = each.keygenFromSeed(Buffer.from(seed));
      const padded = Buffer.concat([Buffer.from([9]), secretKey]);
      const signature = each.sign(padded.subarray(1), Buffer.from(message));
      expect(each.verify(Buffer.from(publicKey), Buffer.from(message), Buffer.from(signature)), each.name).toBe(true);
    }
  });

  test("malformed input is an invalid signature, never an exception", async () => {
    for (const each of await implementations(level)) {
      const {publicKey, secretKey} = each.keygenFromSeed(seed);
      const signature = each.sign(secretKey, message);
      const empty = new Uint8Array();
      expect(each.verify(empty, message, signature)).toBe(false);
      expect(each.verify(publicKey, message, empty)).toBe(false);
      expect(each.verify(publicKey, message, signature.subarray(1))).toBe(false);
      expect(each.verify(new Uint8Array(sizes.publicKeyBytes).fill(255), message, signature)).toBe(false);
      expect(each.verify(publicKey, message, new Uint8Array(sizes.signatureBytes).fill(255))).toBe(false);
    }
  });

  test("a held key signs though the bytes that it came from are gone, until it is forgotten", async () => {
    for (const each of await implementations(level)) {
      const {publicKey, secretKey} = each.keygenFromSeed(seed);
      const key = each.hold(secretKey);
      secretKey.fill(0);
      expect(each.verify(publicKey, message, key.sign(message)), each.name).toBe(true);
      expect(key.sign(message), each.name).not.toEqual(key.sign(message));
      key.forget();
      expect(() => key.sign(message), each.name).toThrow("forgotten");
      key.forget();
    }
  });

  test("an empty message can be signed", async () => {
    for (const each of await implementations(level)) {
      const {publicKey, secretKey} = each.keygenFromSeed(seed);
      expect(each.verify(publicKey, new Uint8Array(), each.sign(secretKey, new Uint8Array())), each.name).toBe(true);
    }
  });

  test("seeds and secret keys of the wrong size are refused", async () => {
    const suite = await loadMlDsa(level);
    expect(() => suite.keygenFromSeed(new Uint8Array(31))).toThrow(expect.objectContaining({code: "SEED_SIZE"}));
    const short = expect.objectContaining({code: "SECRET_KEY_SIZE"});
    expect(() => suite.sign(new Uint8Array(32), message)).toThrow(short);
    expect(() => suite.hold(new Uint8Array(32))).toThrow(short);
  });
});

/** FIPS 204, table 1 and section 7.2: t0 of ML-DSA-44. */
const T0_COEFFICIENTS = 4 * 256;
const T0_BITS = 13;

test("bytes that no key is written as are refused by the addon", async (context) => {
  const native = (await ML_DSA_LOADERS.native(44)) ?? lacking(context, "the native addon");
  // 7 in three bits is no coefficient between -2 and 2.
  const bytes = new Uint8Array(mlDsaSizes(44).secretKeyBytes).fill(255);
  expect(() => native.sign(bytes, message)).toThrow(expect.objectContaining({code: "SECRET_KEY_INVALID"}));
});

test("a key whose signatures may hardly ever be shown is given up by the addon", async (context) => {
  const native = (await ML_DSA_LOADERS.native(44)) ?? lacking(context, "the native addon");
  const {secretKey} = native.keygenFromSeed(new Uint8Array(32));
  // Every coefficient of t0 at one end of its range or the other, so that nearly every attempt has too many hints.
  const bits = shake256(new Uint8Array([1]), {dkLen: T0_COEFFICIENTS / 8});
  const t0 = secretKey.subarray(-(T0_COEFFICIENTS * T0_BITS) / 8).fill(0);
  for (let bit = 0; bit < t0.length * 8; bit++) {
    const coefficient = Math.floor(bit / T0_BITS);
    if ((bits[coefficient >> 3]! >> (coefficient & 7)) & 1) t0[bit >> 3]! |= 1 << (bit & 7);
  }
  const key = native.hold!(secretKey);
  // Signatures are hedged: one in seven finds an attempt among those that are made.
  const signMany = (sign: () => unknown) => () => Array.from({length: 30}, sign);
  const refused = expect.objectContaining({code: "SECRET_KEY_INVALID", message: expect.stringContaining("attempt")});
  expect(signMany(() => key.sign(message))).toThrow(refused);
  expect(signMany(() => native.sign(secretKey, message))).toThrow(refused);
  key.forget();
});

test("one process loads an implementation once", () => {
  expect(loadMlDsa(87)).toBe(loadMlDsa(87));
});

test("a command that signs once never waits for liboqs", async () => {
  expect((await loadMlDsa(87, "few")).name).toMatch(/^(native|openssl|noble)$/);
  expect((await loadMlDsa(87, "many")).name).toMatch(/^(native|openssl|liboqs)$/);
});
