/**
 * The recovery block of a keystore: the 32 bytes behind the wallet's recovery words, under the keystore's passphrase.
 *
 * J-html JSON, members in the order below. Salt and nonce are the block's own. The associated data names the address, and
 * the capsule's locator where there is one, so that a block of another wallet does not open.
 * Source: node specification, section 15.1; QSDM's pkg/keystore.
 */
import {DecodeError} from "../errors.js";
import {utf8} from "./bytes.js";
import {CAPSULE_SCHEME} from "./chain/capsule.js";
import {readWhole} from "./go/readers.js";
import {type GoValue, goStruct, member, optional} from "./go/struct.js";
import {goText, goUint32} from "./go/types.js";
import {canonicalCodec} from "./json.js";
import {KEYSTORE_TAG_BYTES, readSeal, type Sealed, sealMembers} from "./keystore-seal.js";
import {RECOVERY_ENTROPY_BYTES, RECOVERY_WORDS} from "./recovery.js";

/** Of a wallet whose key derives from its words. */
export const WORDS_SCHEME = "qsdm-wallet-recovery-v1";
const BLOCK_MAX_BYTES = 4_096;

const blockWire = goStruct("keystore.Recovery", {
  /** `WORDS_SCHEME`, or `CAPSULE_SCHEME` for words that open a capsule. */
  scheme: member("scheme", goText()),
  words: member("words", goUint32),
  /** Where the capsule is found; empty where there is none. */
  locator: optional("locator", goText()),
  ...sealMembers,
});
export type RecoveryBlock = GoValue<typeof blockWire>;

/** What a block holds in bytes. */
export interface SealedEntropy extends Sealed {
  /** Null for words that the key derives from. */
  readonly locator: string | null;
}

const refuse = (why: string): never => {
  throw new DecodeError("KEYSTORE_RECOVERY_INVALID", `keystore: recovery block: ${why}`, {
    hint: "the key itself may still open; restore the file from a backup to have its words again",
  });
};

/** @throws DecodeError KEYSTORE_RECOVERY_INVALID, JSON_TOO_LARGE, JSON_NOT_CANONICAL */
export const recoveryBlock = canonicalCodec<RecoveryBlock>({
  what: "recovery block",
  maxBytes: BLOCK_MAX_BYTES,
  write: (block) => blockWire.write(block, "html"),
  read(bytes) {
    if (bytes.length > BLOCK_MAX_BYTES) refuse(`${bytes.length} bytes, at most ${BLOCK_MAX_BYTES}`);
    return readWhole(blockWire, bytes, {code: "KEYSTORE_RECOVERY_INVALID", prefix: "keystore: recovery block: "});
  },
});

/** The bytes in `block`. @throws DecodeError KEYSTORE_RECOVERY_INVALID */
export function sealedEntropyOf(block: RecoveryBlock): SealedEntropy {
  const {scheme, words, locator} = block;
  if (scheme !== WORDS_SCHEME && scheme !== CAPSULE_SCHEME) refuse(`there is no scheme "${scheme}"`);
  if (words !== RECOVERY_WORDS) refuse(`${words} words, want ${RECOVERY_WORDS}`);
  if (scheme === WORDS_SCHEME && locator !== "") refuse("it names a capsule, and its words need none");
  if (scheme === CAPSULE_SCHEME && !/^[0-9a-f]{64}$/.test(locator)) refuse("it names no capsule");
  const sealed = readSeal(block, refuse);
  const wanted = RECOVERY_ENTROPY_BYTES + KEYSTORE_TAG_BYTES;
  if (sealed.ciphertext.length !== wanted) refuse(`ciphertext is ${sealed.ciphertext.length} bytes, want ${wanted}`);
  return {locator: scheme === WORDS_SCHEME ? null : locator, ...sealed};
}

/** What kind of words a block holds; null for one that cannot be read, which is no reason to refuse the key. */
export function recoverySchemeOf(block: Uint8Array): string | null {
  try {
    const {scheme} = recoveryBlock.readCompat(block);
    return scheme;
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

/** What the block's seal also covers. */
export const recoveryAssociatedData = (address: string, locator: string | null): Uint8Array =>
  utf8(locator === null ? `${WORDS_SCHEME}:${address}` : `${CAPSULE_SCHEME}:${address}:${locator}`);
