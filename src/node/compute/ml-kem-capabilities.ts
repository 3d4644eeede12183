/** Which implementations of ML-KEM work here, which one is used, and why the other cannot be. */
import {nativeCapability} from "./ml-dsa-capabilities.js";
import {loadMlKem, type ML_KEM_LOADERS} from "./ml-kem.js";
import {secretPath} from "./native/addon.js";

/** As `qsdm version --json` shows it, in the order of preference. */
export interface MlKemChoice {
  /** Who agrees on keys for a node. */
  readonly used: string;
  readonly implementations: readonly {
    readonly implementation: keyof typeof ML_KEM_LOADERS;
    readonly usable: boolean;
    /** What it is, or why it cannot be used. */
    readonly detail: string;
  }[];
}

export const mlKemChoice = async (): Promise<MlKemChoice> => ({
  used: (await loadMlKem()).name,
  implementations: [
    nativeCapability((addon) => `on ${addon.paths[secretPath(addon)]!.name}`),
    {implementation: "noble", usable: true, detail: "@noble/post-quantum, plain JavaScript"},
  ],
});
