/** The passphrase of an encrypted store: where it comes from, for the node and for what works on its directory. */
import type {Command} from "commander";
import type {StorePassphrase} from "../../node/unlock.js";
import type {Io} from "../io.js";
import {readPassphrase} from "../passphrase.js";
import type {Settings} from "../settings.js";

const FLAG = "--store-passphrase-file";

export interface StorePassphraseFlags {
  readonly storePassphraseFile?: string;
}

export const addStorePassphraseFlag = (command: Command): Command =>
  command.option(`${FLAG} <path>`, "file with the passphrase of an encrypted store; - reads standard input");

/** For `loadSettings`. */
export const storePassphraseSetting = ({storePassphraseFile}: StorePassphraseFlags) => ({
  store_passphrase_file: storePassphraseFile,
});

/** @param fresh whether it is a new one, which is typed twice */
export function storePassphraseOf(io: Io, settings: Settings, {fresh = false} = {}): StorePassphrase {
  const {value: fallbackFile} = settings.store_passphrase_file;
  return {
    isGiven: fallbackFile !== null,
    read: () => readPassphrase(io, {fallbackFile, fresh, flag: FLAG}),
  };
}
