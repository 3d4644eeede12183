/** What seals the store of a data directory: nothing, or the key that lies beside it under a passphrase. */
import {UnavailableError, UsageError} from "../errors.js";
import type {DataDir} from "./data-dir.js";
import {type Cells, CLEAR} from "./storage/seal/cells.js";

/** Where the passphrase of an encrypted store comes from. */
export interface StorePassphrase {
  /** Whether somebody named one, who takes the store for encrypted. */
  readonly isGiven: boolean;
  /** Asked for when it is needed. */
  read(): Promise<string>;
}

/**
 * @param passphrase null where nobody can say it
 * @throws UsageError STORE_NOT_ENCRYPTED; UnavailableError STORE_PASSPHRASE_MISSING; what `openStoreKey` throws
 */
export async function unlock({storeKey}: DataDir, passphrase: StorePassphrase | null): Promise<Cells> {
  if (storeKey === null) {
    if (passphrase?.isGiven)
      throw new UsageError(
        "STORE_NOT_ENCRYPTED",
        "there is a passphrase for the store, and no chain.key to open with it",
        {
          hint: "leave the passphrase out, or restore chain.key; qsdm node init --encrypt makes encrypted stores",
        },
      );
    return CLEAR;
  }
  if (passphrase === null)
    throw new UnavailableError("STORE_PASSPHRASE_MISSING", "the store is encrypted, and nobody said its passphrase", {
      hint: "qsdm node run and qsdm store ask for it, or read it from --store-passphrase-file",
    });
  const {openStoreKey} = await import("./storage/seal/key-file.js");
  return openStoreKey(storeKey, await passphrase.read());
}
