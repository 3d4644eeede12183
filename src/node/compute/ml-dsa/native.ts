/** ML-DSA verification by the addon, on any of its instruction sets. */
import {UnavailableError} from "../../../errors.js";
import type {MlDsaBackend, MlDsaLevel, SignedMessage} from "../ml-dsa.js";
import {type Addon, bestPath, loadAddon, nativePathName, SIGNED_FORM, type SignatureBatch} from "../native/addon.js";

/** What the addon brings to `MlDsaBackend`. */
export type NativeVerifier = Pick<MlDsaBackend, "name" | "verify">;

const NO_CONTEXT = new Uint8Array();

/** The verdict of a valid signature. */
export const VALID = 0;

/** Null where there is no addon, or `QSDM_COMPUTE` allows another backend alone. */
export function loadNative(level: MlDsaLevel): NativeVerifier | null {
  if (nativePathName() === null) return null;
  try {
    const addon = loadAddon();
    return nativeVerifierOn(addon, bestPath(addon), level);
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    return null;
  }
}

/** The verifier on one of the addon's paths, which this machine has to be able to run. */
export const nativeVerifierOn = (addon: Addon, path: number, level: MlDsaLevel): NativeVerifier => ({
  name: "native",
  verify: (publicKey, message, signature) =>
    addon.mlDsaVerify(...batchOf(path, level, [{publicKey, message, signature}]))[0] === VALID,
});

/** Signatures with an empty context, as the addon takes them. */
export const batchOf = (path: number, level: MlDsaLevel, batch: readonly SignedMessage[]): SignatureBatch => [
  path,
  level,
  SIGNED_FORM.pure,
  batch.map(({publicKey}) => publicKey),
  batch.map(({message}) => message),
  batch.map(() => NO_CONTEXT),
  batch.map(({signature}) => signature),
];
