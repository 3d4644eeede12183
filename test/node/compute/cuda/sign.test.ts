import {randomBytes} from "node:crypto";
import {describe, expect, test} from "vitest";
import {loadMlDsa, mlDsaSizes} from "../../../../src/node/compute/ml-dsa.js";
import {SIGNED_FORM} from "../../../../src/node/compute/native/addon.js";
import {standIn} from "../../../support/cuda.js";

const NONE = new Uint8Array();
const bytes = (size: number): Uint8Array => new Uint8Array(randomBytes(size));

describe.each([44, 87] as const)("ML-DSA-%d signed by threads of a GPU, run by the CPU", (level) => {
  const {publicKeyBytes, secretKeyBytes, signatureBytes} = mlDsaSizes(level);

  test("signs a batch that takes many rounds, which everybody else accepts", async (context) => {
    const {library} = standIn(context);
    const count = 300;
    const suite = await loadMlDsa(level);
    const {publicKey, secretKey} = suite.keygenFromSeed(bytes(32));
    expect(publicKey.length).toBe(publicKeyBytes);
    const messages = Array.from({length: count}, (_, i) => bytes(i));
    const signatures = new Uint8Array(count * signatureBytes);
    const signer = library.createSigner(0, level, secretKey)!;
    const contexts = messages.map((_, i) => (i === 7 ? new Uint8Array(256) : NONE));
    const refusals = library.sign(signer, SIGNED_FORM.pure, messages, contexts, bytes(32 * count), signatures);
    for (const [i, message] of messages.entries()) {
      const signature = signatures.subarray(i * signatureBytes, (i + 1) * signatureBytes);
      // A context of 256 bytes is refused, and nothing is written in its place.
      expect([i, refusals[i]]).toEqual([i, i === 7 ? 3 : 0]);
      if (i === 7) expect(signature.every((byte) => byte === 0)).toBe(true);
      else expect([i, suite.verify(publicKey, message, signature)]).toEqual([i, true]);
    }
    library.destroySigner(signer);
    expect(() => library.sign(signer, 0, [], [], NONE, NONE)).toThrow(
      expect.objectContaining({code: "NATIVE_ARGUMENT"}),
    );
  });

  test("takes no bytes for a key that are none", (context) => {
    const {library} = standIn(context);
    // Coefficients of three bits above 4.
    expect(library.createSigner(0, level, new Uint8Array(secretKeyBytes).fill(0xff))).toBe(null);
    expect(() => library.createSigner(0, level, new Uint8Array(secretKeyBytes - 1))).toThrow(
      expect.objectContaining({code: "NATIVE_ARGUMENT"}),
    );
  });
});
