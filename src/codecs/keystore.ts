/**
 * Keystore v1: one ML-DSA-87 secret key under a passphrase, as a JSON file.
 *
 * J-indent JSON, members in the order below, binary as hex, no newline at the end. `ciphertext` is AES-256-GCM of the
 * expanded secret key with the tag appended and no associated data, so the header is bound to the secret only by the
 * check of node/keys/keystore.ts (defect D62). `recovery` is kept as it stands.
 * Source: node specification, section 15.1; mining protocol, section 25.10. Vectors: keystore.vectors.json.
 */
import {DecodeError} from "../errors.js";
import {addressOfKey} from "./address.js";
import {readHex} from "./go/hex.js";
import {compactJson, indentJson} from "./go/layout.js";
import {readWhole} from "./go/readers.js";
import {type GoValue, goStruct, member, optional} from "./go/struct.js";
import {goRaw, goText, goUint32} from "./go/types.js";
import {canonicalCodec} from "./json.js";
import {ML_DSA_87} from "./suite.js";

export const KEYSTORE_VERSION = 1;
export const KEYSTORE_TYPE = "qsdm-keystore";
export const KEYSTORE_KDF = "pbkdf2-sha256";
export const KEYSTORE_CIPHER = "aes-256-gcm";
export const KEYSTORE_KEY_BYTES = 32;
export const KEYSTORE_SALT_BYTES = 16;
export const KEYSTORE_NONCE_BYTES = 12;
export const KEYSTORE_TAG_BYTES = 16;
/** Rounds of a new keystore. */
export const KEYSTORE_ITERATIONS = 600_000;
/** Fewer rounds are refused: a stolen file would be guessed too fast. */
export const KEYSTORE_ITERATIONS_MIN = 100_000;
/** More rounds are refused: a file that takes an hour to open is an attack, not a keystore. */
export const KEYSTORE_ITERATIONS_MAX = 10_000_000;
/** Longest file: keys and recovery in hex take 16 KiB. */
export const KEYSTORE_MAX_BYTES = 65_536;

const keystoreWire = goStruct("keystore.Keystore", {
  version: member("version", goUint32),
  type: member("type", goText()),
  algorithm: member("algorithm", goText()),
  address: member("address", goText()),
  /** Hex. */
  publicKey: member("public_key", goText()),
  kdf: member("kdf", goText()),
  kdfParams: member(
    "kdf_params",
    goStruct("keystore.KDFParams", {
      iterations: member("iterations", goUint32),
      /** Hex of 16 bytes. */
      salt: member("salt", goText()),
      keyLen: member("key_len", goUint32),
    }),
  ),
  cipher: member("cipher", goText()),
  /** Hex of 12 bytes. */
  cipherParams: member("cipher_params", goStruct("keystore.CipherParams", {nonce: member("nonce", goText())})),
  /** Hex. */
  ciphertext: member("ciphertext", goText()),
  /** RFC 3339. */
  createdAt: member("created_at", goText()),
  /** Raw JSON of the recovery block, or null. */
  recovery: optional("recovery", goRaw),
});
export type Keystore = GoValue<typeof keystoreWire>;

/** What a keystore holds in bytes. */
export interface SealedKey {
  readonly address: string;
  readonly publicKey: Uint8Array;
  readonly iterations: number;
  readonly salt: Uint8Array;
  readonly nonce: Uint8Array;
  /** Secret key, then the tag of 16 bytes. */
  readonly ciphertext: Uint8Array;
}

const refuse = (why: string): never => {
  throw new DecodeError("KEYSTORE_INVALID", `keystore: ${why}`, {
    hint: "restore the file from a backup; it was changed or is not a QSDM keystore",
  });
};

/**
 * `decode` takes only what `encode` writes; `readCompat` any layout of the same JSON, which is right for a file that a
 * person may have edited.
 * @throws DecodeError KEYSTORE_INVALID, JSON_TOO_LARGE, JSON_NOT_CANONICAL
 */
export const keystore = canonicalCodec<Keystore>({
  what: "keystore",
  maxBytes: KEYSTORE_MAX_BYTES,
  write: ({recovery, ...rest}) =>
    indentJson(keystoreWire.write({...rest, recovery: recovery && compactJson(recovery)}, "html")),
  read(bytes) {
    if (bytes.length > KEYSTORE_MAX_BYTES) refuse(`${bytes.length} bytes, at most ${KEYSTORE_MAX_BYTES}`);
    const read = readWhole(keystoreWire, bytes, {code: "KEYSTORE_INVALID", prefix: "keystore: parse: "});
    return {...read, recovery: read.recovery && compactJson(read.recovery)};
  },
});

/**
 * The bytes in `file`, after everything that can be checked without the passphrase.
 * @throws DecodeError KEYSTORE_INVALID
 */
export function sealedKeyOf(file: Keystore): SealedKey {
  const {version, type, algorithm, kdf, kdfParams, cipher} = file;
  if (version !== KEYSTORE_VERSION) refuse(`version ${version} is not ${KEYSTORE_VERSION}`);
  if (type !== KEYSTORE_TYPE) refuse(`type "${type}" is not "${KEYSTORE_TYPE}"`);
  if (algorithm !== ML_DSA_87.name) refuse(`algorithm "${algorithm}" is not "${ML_DSA_87.name}"`);
  if (kdf !== KEYSTORE_KDF) refuse(`kdf "${kdf}" is not "${KEYSTORE_KDF}"`);
  if (cipher !== KEYSTORE_CIPHER) refuse(`cipher "${cipher}" is not "${KEYSTORE_CIPHER}"`);
  if (kdfParams.keyLen !== KEYSTORE_KEY_BYTES) refuse(`key_len ${kdfParams.keyLen} is not ${KEYSTORE_KEY_BYTES}`);
  const {iterations} = kdfParams;
  if (iterations < KEYSTORE_ITERATIONS_MIN || iterations > KEYSTORE_ITERATIONS_MAX)
    refuse(`${iterations} iterations are not within ${KEYSTORE_ITERATIONS_MIN} and ${KEYSTORE_ITERATIONS_MAX}`);
  const publicKey = sized("public_key", file.publicKey, ML_DSA_87.publicKeyBytes);
  if (addressOfKey(publicKey) !== file.address) refuse("address does not belong to public_key");
  const ciphertext = hex("ciphertext", file.ciphertext);
  if (ciphertext.length <= KEYSTORE_TAG_BYTES) refuse(`ciphertext of ${ciphertext.length} bytes holds no key`);
  return {
    address: file.address,
    publicKey,
    iterations,
    salt: sized("salt", kdfParams.salt, KEYSTORE_SALT_BYTES),
    nonce: sized("nonce", file.cipherParams.nonce, KEYSTORE_NONCE_BYTES),
    ciphertext,
  };
}

function hex(name: string, text: string): Uint8Array {
  try {
    return readHex(text);
  } catch (error) {
    return refuse(`${name}: ${(error as Error).message}`);
  }
}

function sized(name: string, text: string, size: number): Uint8Array {
  const bytes = hex(name, text);
  return bytes.length === size ? bytes : refuse(`${name} is ${bytes.length} bytes, want ${size}`);
}
