/** What the commands that read and write keystore files share. */
import {UsageError} from "../../errors.js";
import type {Signer} from "../../node/keys/signer.js";
import type {Io} from "../io.js";
import {type PassphraseFlags, readPassphrase} from "../passphrase.js";
import type {Settings} from "../settings.js";

/**
 * Refuses a place that is taken, before a passphrase is asked for: nobody likes to type it for nothing.
 * @throws UsageError FILE_EXISTS
 */
export async function checkPlace(io: Io, path: string, force: boolean): Promise<void> {
  if (!force && (await io.host.disk.exists(path)))
    throw new UsageError("FILE_EXISTS", `${path} already exists`, {
      hint: "choose another --out, or pass --force to replace it: the key in it is lost then",
    });
}

/**
 * The signer in a keystore file; asks for the passphrase where it is not given.
 * @throws UsageError PASSPHRASE_MISSING; DecodeError KEYSTORE_INVALID, PASSPHRASE_WRONG, KEYSTORE_KEY_MISMATCH
 */
export async function unlock(
  io: Io,
  file: Uint8Array,
  {settings, ...flags}: PassphraseFlags & {readonly settings: Settings},
): Promise<Signer> {
  const passphrase = await readPassphrase(io, {...flags, fallbackFile: settings.passphrase_file.value});
  const {openKeystore} = await import("../../node/keys/keystore.js");
  const {loadMlDsa} = await import("../../node/compute/ml-dsa.js");
  return openKeystore(file, passphrase, await loadMlDsa(87, "few"));
}
