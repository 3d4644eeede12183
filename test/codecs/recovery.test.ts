import {expect, test} from "vitest";
import {hexOf} from "../../src/codecs/bytes.js";
import {capsuleKey, capsuleLocator, recoverySeed} from "../../src/codecs/recovery.js";
import {codeOf} from "./laws.js";

test("seed, capsule key and locator of one entropy have nothing in common", () => {
  const entropy = new Uint8Array(32).fill(1);
  const derived = [hexOf(recoverySeed(entropy)), hexOf(capsuleKey(entropy)), capsuleLocator(entropy)];
  expect(new Set(derived).size).toBe(3);
});

test("entropy of another size is refused", () => {
  for (const derive of [recoverySeed, capsuleKey, capsuleLocator])
    for (const size of [0, 16, 31, 33])
      expect(codeOf(() => derive(new Uint8Array(size)))).toBe("RECOVERY_ENTROPY_SIZE");
});
