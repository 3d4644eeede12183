/** ML-DSA by the addon. Secret keys are used on paths that memcheck has watched (docs/decisions/0042). */
import {randomFillSync} from "node:crypto";
import {DecodeError, UnavailableError} from "../../../errors.js";
import {type HeldKey, type MlDsaBackend, type MlDsaLevel, mlDsaSizes, type SignedMessage} from "../ml-dsa.js";
import {
  type Addon,
  bestPath,
  loadAddon,
  nativePathName,
  SIGNED_FORM,
  type SignatureBatch,
  secretPath,
} from "../native/addon.js";

const NOTHING = new Uint8Array();
const RND_BYTES = 32;

/** The verdict of a valid signature. */
export const VALID = 0;

/** Null where there is no addon, or `QSDM_COMPUTE` allows another backend alone. */
export function loadNative(level: MlDsaLevel): MlDsaBackend | null {
  if (nativePathName() === null) return null;
  try {
    const addon = loadAddon();
    return nativeMlDsaOn(addon, level, {path: bestPath(addon), secretPath: secretPath(addon)});
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    return null;
  }
}

/** ML-DSA on paths of the addon, which this machine has to be able to run. */
export function nativeMlDsaOn(
  addon: Addon,
  level: MlDsaLevel,
  {path, secretPath}: {path: number; secretPath: number},
): MlDsaBackend {
  const {publicKeyBytes, secretKeyBytes, signatureBytes} = mlDsaSizes(level);
  const hold = (secretKey: Uint8Array): HeldKey => {
    const signer = addon.mlDsaSigner(secretPath, level, secretKey);
    if (!signer) throw noKey("these bytes are none");
    return {
      sign(message) {
        const signature = new Uint8Array(signatureBytes);
        const rnd = randomFillSync(new Uint8Array(RND_BYTES));
        const status = addon.mlDsaSign(secretPath, signer, SIGNED_FORM.pure, message, NOTHING, rnd, signature);
        if (status !== VALID) throw noKey("no attempt to sign with it may be shown");
        return signature;
      },
      forget: () => addon.mlDsaForget(signer),
    };
  };
  return {
    name: "native",
    keygenFromSeed(seed) {
      const publicKey = new Uint8Array(publicKeyBytes);
      const secretKey = new Uint8Array(secretKeyBytes);
      addon.mlDsaKeygen(secretPath, level, seed, publicKey, secretKey);
      return {publicKey, secretKey};
    },
    sign(secretKey, message) {
      const key = hold(secretKey);
      try {
        return key.sign(message);
      } finally {
        key.forget();
      }
    },
    verify: (publicKey, message, signature) =>
      addon.mlDsaVerify(...batchOf(path, level, [{publicKey, message, signature}]))[0] === VALID,
    hold,
  };
}

const noKey = (why: string): DecodeError =>
  new DecodeError("SECRET_KEY_INVALID", `not a secret key: ${why}`, {
    hint: "derive the key from its seed again, or open a backup",
  });

/** Signatures with an empty context, as the addon takes them. */
export const batchOf = (path: number, level: MlDsaLevel, batch: readonly SignedMessage[]): SignatureBatch => [
  path,
  level,
  SIGNED_FORM.pure,
  batch.map(({publicKey}) => publicKey),
  batch.map(({message}) => message),
  batch.map(() => NOTHING),
  batch.map(({signature}) => signature),
];
