/** What export and import share: a key goes from one keystore file into a new one, and is never shown. */
import type {Command} from "commander";
import {KEYSTORE_MAX_BYTES} from "../../codecs/keystore.js";
import {UsageError} from "../../errors.js";
import type {Io} from "../io.js";
import {addPassphraseFlags, type PassphraseFlags, readPassphrase} from "../passphrase.js";
import type {Settings} from "../settings.js";
import {checkPlace} from "./keystore-file.js";

export interface ResealFlags extends PassphraseFlags {
  readonly newPassphraseFile?: string;
  readonly rekey: boolean;
  readonly force: boolean;
}

export const addResealFlags = (command: Command): Command =>
  addPassphraseFlags(command)
    .option("--new-passphrase-file <path>", "file with the new file's passphrase; - reads standard input")
    .option("--rekey", "ask for the new file's passphrase (default: keep the old one)", false)
    .option("--force", "replace an existing file: the key in it is lost", false);

/** Where the key is, and where it goes. */
export interface Move {
  readonly from: string;
  readonly to: string;
  readonly fromFlag: string;
}

/**
 * Writes the key in the file at `from` to a new file at `to`.
 * @throws UsageError FILE_EXISTS, FLAG_CONFLICT; DecodeError KEYSTORE_INVALID, PASSPHRASE_WRONG, KEYSTORE_KEY_MISMATCH
 */
export async function reseal(io: Io, {from, to, fromFlag}: Move, flags: ResealFlags & {settings: Settings}) {
  const {force, settings} = flags;
  const old = await io.readFile(from, {flag: fromFlag, maxBytes: KEYSTORE_MAX_BYTES});
  await checkPlace(io, to, force);
  const current = await readPassphrase(io, {...flags, fallbackFile: settings.passphrase_file.value});
  const next = await nextPassphrase(io, flags, current);
  const {resealKeystore} = await import("../../node/keys/keystore.js");
  const {loadMlDsa} = await import("../../node/compute/ml-dsa.js");
  const ports = {scheme: await loadMlDsa(87, "few"), randomBytes: io.host.randomBytes};
  const {file, address, recoveryDropped} = await resealKeystore(old, {current, next}, ports);
  if (recoveryDropped)
    io.warn("the recovery words do not open with this passphrase and stay in the old file only: keep it");
  await io.writeFile(to, file, {force, secret: true});
  io.note(`wrote ${to} (mode 0600)`);
  io.result({address, path: to, passphrase_changed: next !== current}, address);
}

async function nextPassphrase(io: Io, flags: ResealFlags, current: string): Promise<string> {
  const {newPassphraseFile, rekey} = flags;
  if (newPassphraseFile !== undefined && rekey)
    throw new UsageError("FLAG_CONFLICT", "--new-passphrase-file and --rekey exclude each other");
  if (newPassphraseFile === undefined && !rekey) return current;
  const source = newPassphraseFile === undefined ? {} : {passphraseFile: newPassphraseFile};
  return readPassphrase(io, {...source, fallbackFile: null, fresh: true, flag: "--new-passphrase-file"});
}
