/** Commitments by the addon: combs over both generators, in constant time. */
import type {Addon} from "../native/addon.js";
import {COMMITMENT_BYTES, type PedersenBackend, SCALAR_BYTES} from "../pedersen.js";

export const nativePedersen = (addon: Pick<Addon, "pedersenCommit">): PedersenBackend => ({
  name: "native",
  commit(values, blindings) {
    const commitments = new Uint8Array((values.length / SCALAR_BYTES) * COMMITMENT_BYTES);
    return addon.pedersenCommit(values, blindings, commitments) ? commitments : null;
  },
});
