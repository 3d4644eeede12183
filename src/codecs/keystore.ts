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
import {compactJson, indentJson} from "./go/layout.js";
import {readWhole} from "./go/readers.js";
import {type GoValue, goStruct, member, optional} from "./go/struct.js";
import {goRaw, goText, goUint32} from "./go/types.js";
import {canonicalCodec} from "./json.js";
import {readSeal, readSized, type Sealed, sealMembers} from "./keystore-seal.js";
import {ML_DSA_87} from "./suite.js";

export const KEYSTORE_VERSION = 1;
export const KEYSTORE_TYPE = "qsdm-keystore";
/** Longest file: keys and recovery in hex take 16 KiB. */
export const KEYSTORE_MAX_BYTES = 65_536;

const keystoreWire = goStruct("keystore.Keystore", {
  version: member("version", goUint32),
  type: member("type", goText()),
  algorithm: member("algorithm", goText()),
  address: member("address", goText()),
  /** Hex. */
  publicKey: member("public_key", goText()),
  ...sealMembers,
  /** RFC 3339. */
  createdAt: member("created_at", goText()),
  /** Raw JSON of the recovery block, or null. */
  recovery: optional("recovery", goRaw),
});
export type Keystore = GoValue<typeof keystoreWire>;

/** What a keystore holds in bytes. */
export interface SealedKey extends Sealed {
  readonly address: string;
  readonly publicKey: Uint8Array;
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
  const {version, type, algorithm, address} = file;
  if (version !== KEYSTORE_VERSION) refuse(`version ${version} is not ${KEYSTORE_VERSION}`);
  if (type !== KEYSTORE_TYPE) refuse(`type "${type}" is not "${KEYSTORE_TYPE}"`);
  if (algorithm !== ML_DSA_87.name) refuse(`algorithm "${algorithm}" is not "${ML_DSA_87.name}"`);
  const publicKey = readSized("public_key", file.publicKey, {size: ML_DSA_87.publicKeyBytes, refuse});
  if (addressOfKey(publicKey) !== address) refuse("address does not belong to public_key");
  return {address, publicKey, ...readSeal(file, refuse)};
}
