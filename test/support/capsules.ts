/** Recovery capsules for tests: actions whose ciphertext opens to nothing, for rules that never open one. */
import type {CapsuleAction} from "../../src/codecs/envelopes/actions.js";

/** Locator of 64 times the digit. */
export const locatorOf = (digit: string): string => digit.repeat(64);

export const capsuleOf = (
  sender: string,
  locator = locatorOf("1"),
  change: Partial<NonNullable<CapsuleAction["capsule"]>> = {},
): NonNullable<CapsuleAction["capsule"]> => ({
  version: 1,
  scheme: "qsdm-legacy-wallet-recovery-v1",
  locator,
  address: sender,
  cipher: "aes-256-gcm",
  nonce: "AAAAAAAAAAAAAAAA",
  ciphertext: Buffer.alloc(32, 7).toString("base64"),
  createdAt: "2025-12-31T00:00:00Z",
  ...change,
});

export const registration = (
  sender: string,
  {locator = locatorOf("1"), ...given}: Partial<CapsuleAction> = {},
): CapsuleAction => ({
  id: "rc-1",
  sender,
  action: "register",
  locator,
  capsule: capsuleOf(sender, locator),
  nonce: 0n,
  timestamp: "2026-01-01T00:00:00Z",
  ...given,
});
