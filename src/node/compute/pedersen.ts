/**
 * Pedersen's commitments m g + b h over the first group of BLS12-381, in batches: values and blindings are 32 bytes each, big-
 * endian and below the group's order, a commitment 48 bytes in its compressed form.
 * Source: specification of finality and entropy, section 6.2. Hiding is unconditional; binding is not post-quantum, which is
 * why a commitment over SHA3 goes beside each.
 */
import {DecodeError, InvariantError} from "../../errors.js";

export const SCALAR_BYTES = 32;
export const COMMITMENT_BYTES = 48;

export interface Pedersen {
  /** `native` or `noble`. */
  readonly name: string;
  /** A commitment for each value. @throws DecodeError SCALAR_INVALID */
  commit(values: Uint8Array, blindings: Uint8Array): Uint8Array;
}

/** What an implementation brings: as many whole scalars of both. Null where one is not below the group's order. */
export interface PedersenBackend {
  readonly name: string;
  commit(values: Uint8Array, blindings: Uint8Array): Uint8Array | null;
}

/** `backend` behind the checks that all share. */
export function guardPedersen({name, commit}: PedersenBackend): Pedersen {
  return {
    name,
    commit(values, blindings) {
      if (values.length !== blindings.length || values.length % SCALAR_BYTES !== 0)
        throw new InvariantError("there are as many blindings as values, of 32 bytes each");
      const commitments = commit(values, blindings);
      if (!commitments) throw new DecodeError("SCALAR_INVALID", "a scalar is not below the order of the group");
      return commitments;
    },
  };
}

/** By the addon where it computes, else by noble. Loads noble's curves, some 50 ms, where it has to. */
export async function loadPedersen(): Promise<Pedersen> {
  const {nativePathName, loadAddon} = await import("./native/addon.js");
  if (nativePathName() !== null)
    return guardPedersen((await import("./pedersen/native.js")).nativePedersen(loadAddon()));
  return guardPedersen((await import("./pedersen/noble.js")).createNoblePedersen());
}
