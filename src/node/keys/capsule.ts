/**
 * Recovery capsules: a wallet's key under the words that open it, small enough for the chain to keep.
 *
 * Plaintext is the address as 64 hex digits, the public key and the secret key. The associated data names scheme, address
 * and locator, so that a capsule of another account does not open.
 * Source: node specification, section 15.2; QSDM's pkg/walletrecovery.
 */
import {addressOfKey} from "../../codecs/address.js";
import {base64Of, bytesOfBase64, concat, textOf, utf8} from "../../codecs/bytes.js";
import {CAPSULE_CIPHER, CAPSULE_NONCE_BYTES, CAPSULE_SCHEME, CAPSULE_VERSION} from "../../codecs/chain/capsule.js";
import type {Capsule} from "../../codecs/envelopes/actions.js";
import {recoveryAssociatedData} from "../../codecs/keystore-recovery.js";
import {capsuleKey, capsuleLocator} from "../../codecs/recovery.js";
import {ML_DSA_87} from "../../codecs/suite.js";
import {DecodeError} from "../../errors.js";
import {belongTogether, type KeyPair} from "./keystore.js";
import {type RandomBytes, seal, unseal} from "./seal.js";
import type {SignatureScheme} from "./signer.js";

const ADDRESS_CHARS = 64;

/** `pair` under `entropy`; `createdAt` is RFC 3339. @throws DecodeError RECOVERY_ENTROPY_SIZE */
export function sealCapsule(
  {publicKey, secretKey}: KeyPair,
  entropy: Uint8Array,
  {randomBytes, createdAt}: {readonly randomBytes: RandomBytes; readonly createdAt: string},
): Capsule {
  const address = addressOfKey(publicKey);
  const locator = capsuleLocator(entropy);
  const nonce = randomBytes(CAPSULE_NONCE_BYTES);
  const secret = concat(utf8(address), publicKey, secretKey);
  const associatedData = recoveryAssociatedData(address, locator);
  const ciphertext = seal(secret, capsuleKey(entropy), {nonce, associatedData});
  secret.fill(0);
  return {
    version: CAPSULE_VERSION,
    scheme: CAPSULE_SCHEME,
    locator,
    address,
    cipher: CAPSULE_CIPHER,
    nonce: base64Of(nonce),
    ciphertext: base64Of(ciphertext),
    createdAt,
  };
}

/**
 * The key in `capsule`, both halves tried together.
 * @throws DecodeError CAPSULE_INVALID, CAPSULE_WORDS_WRONG, CAPSULE_DAMAGED, RECOVERY_ENTROPY_SIZE
 */
export function openCapsule(
  capsule: Capsule,
  entropy: Uint8Array,
  scheme: SignatureScheme,
): KeyPair & {readonly address: string} {
  const {version, locator, address} = capsule;
  if (version !== CAPSULE_VERSION || capsule.scheme !== CAPSULE_SCHEME || capsule.cipher !== CAPSULE_CIPHER)
    throw invalid(`it is not of version ${CAPSULE_VERSION} of ${CAPSULE_SCHEME} under ${CAPSULE_CIPHER}`);
  if (locator !== capsuleLocator(entropy))
    throw new DecodeError("CAPSULE_WORDS_WRONG", `the words are not those of the capsule at ${locator}`, {
      hint: "each wallet has its own words, and new ones replace those before",
    });
  const nonce = binary("nonce", capsule.nonce);
  if (nonce.length !== CAPSULE_NONCE_BYTES) throw invalid(`its nonce has ${nonce.length} bytes`);
  const associatedData = recoveryAssociatedData(address, locator);
  const secret = unseal(binary("ciphertext", capsule.ciphertext), capsuleKey(entropy), {nonce, associatedData});
  // The locator follows from the words, so these are the right ones.
  if (secret === null) throw damaged("it was changed after it was sealed");
  return keyIn(secret, {address, scheme});
}

function keyIn(secret: Uint8Array, {address, scheme}: {readonly address: string; readonly scheme: SignatureScheme}) {
  const keyAt = ADDRESS_CHARS + ML_DSA_87.publicKeyBytes;
  if (secret.length !== keyAt + ML_DSA_87.secretKeyBytes) throw damaged(`it holds ${secret.length} bytes`);
  const publicKey = secret.slice(ADDRESS_CHARS, keyAt);
  const secretKey = secret.slice(keyAt);
  const named = textOf(secret.subarray(0, ADDRESS_CHARS));
  secret.fill(0);
  if (named !== address || addressOfKey(publicKey) !== address) throw damaged("it holds another account's key");
  if (!belongTogether({publicKey, secretKey}, scheme)) throw damaged("it holds halves of two keys");
  return {publicKey, secretKey, address};
}

const invalid = (why: string): DecodeError => new DecodeError("CAPSULE_INVALID", `recovery capsule: ${why}`);

const damaged = (why: string): DecodeError =>
  new DecodeError("CAPSULE_DAMAGED", `recovery capsule: ${why}`, {
    hint: "have another node show it with --api-url, or open a copy of it with --capsule-file",
  });

function binary(what: string, text: string): Uint8Array {
  try {
    return bytesOfBase64(text);
  } catch (cause) {
    throw new DecodeError("CAPSULE_INVALID", `recovery capsule: its ${what} is not base64`, {cause});
  }
}
