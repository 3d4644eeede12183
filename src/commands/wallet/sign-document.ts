/** What the commands share that sign one of QSDM's JSON documents: where it comes from, whose it is, its nonce. */
import type {Command} from "commander";
import {hexOf, textOf} from "../../codecs/bytes.js";
import {KEYSTORE_MAX_BYTES} from "../../codecs/keystore.js";
import {DecodeError, UsageError} from "../../errors.js";
import type {Signer} from "../../node/keys/signer.js";
import {u64Flag} from "../flags.js";
import type {Io} from "../io.js";
import {addPassphraseFlags, type PassphraseFlags} from "../passphrase.js";
import {loadSettings} from "../settings.js";
import {unlock} from "./keystore-file.js";

const DOCUMENT_MAX_BYTES = 65_536;

export interface SignFlags extends PassphraseFlags {
  readonly config?: string;
  readonly in?: string;
  readonly nonce?: bigint;
}

export const addSignFlags = (command: Command): Command =>
  addPassphraseFlags(command)
    .option("--in <path>", "the keystore that signs (default: ~/.qsdm/wallet.json)")
    .option("--nonce <number>", "nonce to write into it (default: what it says itself)", u64Flag);

/** Reads the document that `flag` names, standard input when nothing is named. @throws DecodeError DOCUMENT_EMPTY */
export async function readDocument(io: Io, path: string | undefined, flag: string): Promise<Uint8Array> {
  const bytes = await io.readFile(path ?? "-", {flag, maxBytes: DOCUMENT_MAX_BYTES});
  if (textOf(bytes).trim() === "")
    throw new DecodeError("DOCUMENT_EMPTY", "there is nothing to sign: the document is empty");
  return bytes;
}

/** @throws DecodeError DOCUMENT_INCOMPLETE naming the members of `document` that are empty */
export function checkMembers(what: string, members: Readonly<Record<string, string>>): void {
  const missing = Object.keys(members).filter((name) => members[name] === "");
  if (missing.length > 0) throw new DecodeError("DOCUMENT_INCOMPLETE", `${what} has no ${missing.join(", ")}`);
}

/** The keystore's signer, once the document is known to be its own. @throws UsageError SENDER_MISMATCH */
export async function signerFor(io: Io, sender: string, {config, in: path, ...flags}: SignFlags): Promise<Signer> {
  const settings = await loadSettings(io.host, {config, keystore: path});
  const file = await io.readFile(settings.keystore.value!, {flag: "--in", maxBytes: KEYSTORE_MAX_BYTES});
  const signer = await unlock(io, file, {...flags, settings});
  if (signer.address !== sender)
    throw new UsageError("SENDER_MISMATCH", `the document is of ${sender}, the keystore is of ${signer.address}`, {
      hint: "name the sender's keystore with --in",
    });
  return signer;
}

/** The members that a signature over `bytes` adds. */
export const signatureMembers = (signer: Signer, bytes: Uint8Array) => ({
  signature: hexOf(signer.sign(bytes)),
  publicKey: hexOf(signer.publicKey),
});
