import fc from "fast-check";
import {describe, expect, test} from "vitest";
import {batchOf} from "../../../../src/node/compute/ml-dsa/native.js";
import {ML_DSA_LOADERS, type MlDsaLevel} from "../../../../src/node/compute/ml-dsa.js";
import {addonOf, builtAddon} from "../../../support/native.js";

const usable = (builtAddon?.paths ?? []).flatMap(({name, missing}, path) => (missing === null ? {name, path} : []));

const signed = async (level: MlDsaLevel, keys: number) => {
  const noble = (await ML_DSA_LOADERS.noble(level))!;
  return Array.from({length: keys}, (_, i) => {
    const {publicKey, secretKey} = noble.keygenFromSeed(new Uint8Array(32).fill(i));
    const message = new Uint8Array(3 * i).fill(i);
    return {publicKey, message, signature: noble.sign(secretKey, message)};
  });
};

describe.each(usable)("the native path $name", ({path}) => {
  test.for([44, 87] as const)(
    "answers the same with a key that it sees first, keeps, and has kept: ML-DSA-%i",
    async (level, context) => {
      const addon = addonOf(context);
      const items = await signed(level, 5);
      const order = fc.array(fc.tuple(fc.nat(4), fc.constantFrom("key", "message", "signature", null)), {
        maxLength: 40,
      });
      fc.assert(
        fc.property(order, (asked) => {
          const batch = asked.map(([number, spoilt]) => {
            const {publicKey, message, signature} = items[number]!;
            return {
              publicKey: spoilt === "key" ? publicKey.with(700, publicKey[700]! ^ 1) : publicKey,
              message: spoilt === "message" ? Uint8Array.of(...message, 0) : message,
              signature: spoilt === "signature" ? signature.with(9, signature[9]! ^ 1) : signature,
            };
          });
          const verdicts = addon.mlDsaVerify(...batchOf(path, level, batch));
          expect(Array.from(verdicts, (verdict) => verdict === 0)).toEqual(asked.map(([, spoilt]) => spoilt === null));
        }),
        {numRuns: 20},
      );
    },
  );
});

test("more keys than are kept are all answered, twice", async (context) => {
  const addon = addonOf(context);
  const [good] = await signed(44, 1);
  // Fresh keys are whatever bytes: none of them verifies anything.
  const fresh = Array.from({length: 700}, (_, i) => ({
    ...good!,
    publicKey: good!.publicKey.with(0, i & 255).with(1, i >> 8),
  }));
  const batch = [good!, ...fresh, good!];
  for (let round = 0; round < 3; round++) {
    const verdicts = addon.mlDsaVerify(...batchOf(usable.at(-1)!.path, 44, batch));
    const valid = batch.map(({publicKey}) => Buffer.compare(publicKey, good!.publicKey) === 0);
    expect(Array.from(verdicts, (verdict) => verdict === 0)).toEqual(valid);
  }
});
