import {expect, onTestFinished, test, vi} from "vitest";
import {nativeKemOn} from "../../../src/node/compute/ml-kem/native.js";
import {guardKem, loadMlKem, ML_KEM_LOADERS, type MlKem} from "../../../src/node/compute/ml-kem.js";
import {mlKemChoice} from "../../../src/node/compute/ml-kem-capabilities.js";
import {addonOf, builtAddon} from "../../support/native.js";

const seed = Uint8Array.from({length: 64}, (_, i) => i);
const message = new Uint8Array(32).fill(9);

async function implementations(): Promise<MlKem[]> {
  const backends = await Promise.all(Object.values(ML_KEM_LOADERS).map((load) => load()));
  return backends.filter((backend) => backend !== null).map(guardKem);
}

test("every implementation takes what every other one encapsulates, and refuses a change in silence", async () => {
  const all = await implementations();
  const {publicKey, secretKey} = all[0]!.keygen(seed);
  for (const sender of all)
    for (const taker of all) {
      const {ciphertext, secret} = sender.encapsulate(publicKey, message);
      expect(taker.decapsulate(ciphertext, secretKey), `${sender.name} to ${taker.name}`).toEqual(secret);
      const changed = ciphertext.with(500, ciphertext[500]! ^ 1);
      expect(taker.decapsulate(changed, secretKey)).not.toEqual(secret);
      expect(taker.decapsulate(changed, secretKey)).toEqual(sender.decapsulate(changed, secretKey));
    }
});

test("a Buffer and a view into a larger array are as good as a bare array", async () => {
  for (const each of await implementations()) {
    const {publicKey, secretKey} = each.keygen(Buffer.from(seed));
    const {ciphertext, secret} = each.encapsulate(Buffer.from(publicKey), Buffer.from(message));
    const padded = Buffer.concat([Buffer.from([9]), secretKey]);
    expect(each.decapsulate(Buffer.from(ciphertext), padded.subarray(1)), each.name).toEqual(secret);
  }
});

test("what is no seed, key or ciphertext is refused by its code", async () => {
  const refusedAs = (code: string) => expect.objectContaining({code});
  for (const each of await implementations()) {
    const {publicKey, secretKey} = each.keygen(seed);
    const {ciphertext} = each.encapsulate(publicKey, message);
    expect(() => each.keygen(message)).toThrow(refusedAs("SEED_SIZE"));
    expect(() => each.encapsulate(publicKey, seed)).toThrow(refusedAs("SEED_SIZE"));
    expect(() => each.encapsulate(publicKey.subarray(1), message)).toThrow(refusedAs("KEM_KEY_INVALID"));
    // 4,095 twice is not below q.
    expect(() => each.encapsulate(publicKey.fill(255, 0, 3), message)).toThrow(refusedAs("KEM_KEY_INVALID"));
    expect(() => each.decapsulate(ciphertext.subarray(1), secretKey)).toThrow(refusedAs("KEM_CIPHERTEXT_INVALID"));
    expect(() => each.decapsulate(ciphertext, secretKey.subarray(1))).toThrow(refusedAs("KEM_SECRET_KEY_INVALID"));
    const torn = secretKey.with(2_340, secretKey[2_340]! ^ 1);
    expect(() => each.decapsulate(ciphertext, torn), each.name).toThrow(refusedAs("KEM_SECRET_KEY_INVALID"));
  }
});

test("the addon leaves alone what it refuses to fill", (context) => {
  const kem = nativeKemOn(addonOf(context), 0);
  expect(() => kem.keygen(message)).toThrow(TypeError);
  expect(() => kem.encapsulate(new Uint8Array(1), message)).toThrow(TypeError);
  expect(() => kem.decapsulate(new Uint8Array(1), new Uint8Array(2_400))).toThrow(TypeError);
});

test("the addon agrees on keys where it was built, on a path that memcheck has watched", async () => {
  const {used, implementations: listed} = await mlKemChoice();
  expect(used).toBe(builtAddon ? "native" : "noble");
  expect(listed.map(({implementation, usable}) => [implementation, usable])).toEqual([
    ["native", builtAddon !== null],
    ["noble", true],
  ]);
  if (builtAddon) expect(listed[0]!.detail).toMatch(/^on (scalar|avx2)$/);
});

test("QSDM_COMPUTE turns the addon off for key agreement too", async () => {
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  vi.stubEnv("QSDM_COMPUTE", "cpu");
  expect((await loadMlKem()).name).toBe("noble");
});
