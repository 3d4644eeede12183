/** Recovery words in a keystore: sealed under its passphrase, and opened again. */
import {hexOf} from "../../codecs/bytes.js";
import {CAPSULE_SCHEME} from "../../codecs/chain/capsule.js";
import type {Keystore} from "../../codecs/keystore.js";
import {recoveryAssociatedData, recoveryBlock, sealedEntropyOf, WORDS_SCHEME} from "../../codecs/keystore-recovery.js";
import {capsuleLocator, RECOVERY_WORDS, recoverySeed} from "../../codecs/recovery.js";
import {DecodeError, RuleError} from "../../errors.js";
import {type RandomBytes, sealUnder, unsealUnder} from "./seal.js";
import type {SignatureScheme} from "./signer.js";

/** What recovery words stand for. */
export interface Recovery {
  /** 32 bytes. Whoever holds them fills them with zeros after their use. */
  readonly entropy: Uint8Array;
  /** Of the capsule that they open; null where the key derives from them. */
  readonly locator: string | null;
}

/** The block of `recovery` for the keystore of `address`. */
export async function sealBlock(
  {entropy, locator}: Recovery,
  passphrase: string,
  {address, randomBytes}: {readonly address: string; readonly randomBytes: RandomBytes},
): Promise<Uint8Array> {
  const associatedData = recoveryAssociatedData(address, locator);
  return recoveryBlock.encode({
    scheme: locator === null ? WORDS_SCHEME : CAPSULE_SCHEME,
    words: RECOVERY_WORDS,
    locator: locator ?? "",
    ...(await sealUnder(passphrase, entropy, {randomBytes, associatedData})),
  });
}

/** What the block of `file` holds; null without one. @throws DecodeError KEYSTORE_RECOVERY_INVALID, PASSPHRASE_WRONG */
export async function openBlock({recovery, address}: Keystore, passphrase: string): Promise<Recovery | null> {
  if (recovery === null) return null;
  const sealed = sealedEntropyOf(recoveryBlock.readCompat(recovery));
  const {locator} = sealed;
  const entropy = await unsealUnder(passphrase, sealed, recoveryAssociatedData(address, locator));
  if (entropy !== null) return {entropy, locator};
  throw new DecodeError("PASSPHRASE_WRONG", "the passphrase does not open the recovery block, or it is damaged", {
    hint: "if it opens the keystore, the block is of another wallet: restore the file from a backup",
  });
}

/**
 * What the block of `file` holds, once it is known to bring this very key back.
 * @throws DecodeError KEYSTORE_RECOVERY_INVALID, PASSPHRASE_WRONG; RuleError RECOVERY_ABSENT
 */
export async function recoveryOf(
  file: Keystore,
  passphrase: string,
  scheme: Pick<SignatureScheme, "keygenFromSeed">,
): Promise<Recovery> {
  const recovery = await openBlock(file, passphrase);
  if (recovery === null)
    throw new RuleError("RECOVERY_ABSENT", "the wallet has no recovery words", {
      hint: "qsdm wallet recovery create gives it some",
    });
  if (isOf(file, recovery, scheme)) return recovery;
  throw new DecodeError("KEYSTORE_RECOVERY_INVALID", "keystore: recovery block: its words bring another key back", {
    hint: "the file was put together from two wallets; restore it from a backup",
  });
}

function isOf({publicKey}: Keystore, {entropy, locator}: Recovery, scheme: Pick<SignatureScheme, "keygenFromSeed">) {
  if (locator !== null) return capsuleLocator(entropy) === locator;
  const pair = scheme.keygenFromSeed(recoverySeed(entropy));
  pair.secretKey.fill(0);
  return hexOf(pair.publicKey) === publicKey.toLowerCase();
}
