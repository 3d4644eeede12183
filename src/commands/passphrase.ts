/** Where a keystore's passphrase comes from: a file, a descriptor or the terminal. Never an argument. */
import type {Command} from "commander";
import {textOf} from "../codecs/bytes.js";
import {UsageError} from "../errors.js";
import {countFlag} from "./flags.js";
import type {Io} from "./io.js";

/** Longest passphrase file. */
const MAX_BYTES = 64 * 1024;
const FILE_FLAG = "--passphrase-file";

export interface PassphraseFlags {
  readonly passphraseFile?: string;
  readonly passphraseFd?: number;
}

export const addPassphraseFlags = (command: Command): Command =>
  command
    .option("--passphrase-file <path>", "file with the passphrase; - reads standard input")
    .option("--passphrase-fd <number>", "open descriptor to read the passphrase from", countFlag(0, 65_535));

export interface PassphraseRequest extends PassphraseFlags {
  /** The file that settings name, used when no flag is given. */
  readonly fallbackFile: string | null;
  /** Whether it is a new passphrase, which is typed twice. */
  readonly fresh?: boolean;
  /** The flag that named the file, for messages. */
  readonly flag?: string;
}

/**
 * The passphrase, without the line ends after it.
 * @throws UsageError FLAG_CONFLICT, PASSPHRASE_MISSING, PASSPHRASE_EMPTY, PASSPHRASE_DIFFERS
 */
export async function readPassphrase(io: Io, request: PassphraseRequest): Promise<string> {
  const passphrase = await obtain(io, request);
  if (passphrase === "")
    throw new UsageError("PASSPHRASE_EMPTY", "the passphrase is empty", {hint: "an empty one would protect nothing"});
  return passphrase;
}

async function obtain(io: Io, {flag = FILE_FLAG, fresh, ...request}: PassphraseRequest): Promise<string> {
  const {passphraseFile, passphraseFd, fallbackFile} = request;
  if (passphraseFile !== undefined && passphraseFd !== undefined)
    throw new UsageError("FLAG_CONFLICT", "--passphrase-file and --passphrase-fd exclude each other");
  if (passphraseFd !== undefined) return textIn(await io.host.disk.read(passphraseFd, MAX_BYTES));
  const file = passphraseFile ?? fallbackFile;
  if (file !== null) return textIn(await io.readFile(file, {flag, maxBytes: MAX_BYTES}));
  const typed = await io.secret(fresh ? "New passphrase: " : "Passphrase: ");
  if (typed === undefined)
    throw new UsageError("PASSPHRASE_MISSING", "no passphrase: nobody can be asked for it here", {
      hint: flag === FILE_FLAG ? `pass ${flag} FILE or --passphrase-fd NUMBER` : `pass ${flag} FILE`,
    });
  if (fresh && typed !== (await io.secret("The same again: ")))
    throw new UsageError("PASSPHRASE_DIFFERS", "the two passphrases differ; nothing was written");
  return typed;
}

const textIn = (bytes: Uint8Array): string => textOf(bytes).replace(/[\r\n]+$/, "");
