/** Which implementations of ML-DSA work here, which of them are used, and why the others cannot be. */
import {UnavailableError} from "../../errors.js";
import {loadMlDsa, ML_DSA_LOADERS} from "./ml-dsa.js";
import {type Addon, bestPath, loadAddon, nativePathName, secretPath} from "./native/addon.js";

/** As `qsdm version --json` shows it, in the order of preference. */
export interface MlDsaCapability {
  readonly implementation: keyof typeof ML_DSA_LOADERS;
  readonly usable: boolean;
  /** What it is, or why it cannot be used. */
  readonly detail: string;
}

export interface MlDsaChoice {
  /** Who verifies and signs for a node. */
  readonly used: string;
  readonly implementations: readonly MlDsaCapability[];
}

const WHAT = {
  openssl: `OpenSSL ${process.versions.openssl} in this Node`,
  liboqs: "liboqs in WebAssembly",
  noble: "@noble/post-quantum, plain JavaScript",
} as const;
const WHY_NOT = {
  openssl: `OpenSSL ${process.versions.openssl} in this Node has no ML-DSA`,
  liboqs: "the package @oqs/liboqs-js is not installed or its WebAssembly does not load",
  noble: "the package @noble/post-quantum does not load",
} as const;

/** The choice for ML-DSA-87; the other level has the same implementations. */
export async function mlDsaChoice(): Promise<MlDsaChoice> {
  const names = ["openssl", "liboqs", "noble"] as const;
  const others = names.map(async (implementation) => {
    const usable = (await ML_DSA_LOADERS[implementation](87)) !== null;
    return {implementation, usable, detail: (usable ? WHAT : WHY_NOT)[implementation]};
  });
  const native = nativeCapability((addon) => {
    const [verifies, signs] = [bestPath(addon), secretPath(addon)].map((path) => addon.paths[path]!.name);
    return `verifies with ${verifies}, signs with ${signs}`;
  });
  return {used: (await loadMlDsa(87)).name, implementations: [native, ...(await Promise.all(others))]};
}

/** The addon as one of the implementations. @param describe what it is where it can be used */
export function nativeCapability(describe: (addon: Addon) => string) {
  const implementation = "native" as const;
  try {
    const addon = loadAddon();
    if (nativePathName() === null) return {implementation, usable: false, detail: "turned off by QSDM_COMPUTE"};
    return {implementation, usable: true, detail: describe(addon)};
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    return {implementation, usable: false, detail: error.message};
  }
}
