/** Where recovery words come from and go to: a file, a descriptor or the terminal. Never an argument, never the result. */
import {resolve} from "node:path";
import type {Command} from "commander";
import {textOf, utf8} from "../../../codecs/bytes.js";
import {RECOVERY_WORDS} from "../../../codecs/recovery.js";
import {
  formatRecoveryWords,
  isRecoveryWord,
  parseRecoveryWords,
  RECOVERY_WORDS_MAX_BYTES,
  recoveryWordsIn,
} from "../../../codecs/recovery-words.js";
import {UsageError} from "../../../errors.js";
import {countFlag} from "../../flags.js";
import type {Io} from "../../io.js";

export interface WordsInFlags {
  readonly recoveryFile?: string;
  readonly recoveryFd?: number;
}

export const addWordsInFlags = (command: Command, what = "the 24 recovery words"): Command =>
  command
    .option("--recovery-file <path>", `file with ${what}; - reads standard input`)
    .option("--recovery-fd <number>", "open descriptor to read them from", countFlag(0, 65_535));

/**
 * The 32 bytes behind the words, which are asked for where no flag says where they are.
 * @throws UsageError FLAG_CONFLICT, RECOVERY_WORDS_MISSING; DecodeError RECOVERY_WORDS_COUNT, RECOVERY_WORD_UNKNOWN,
 *   RECOVERY_WORDS_CHECKSUM
 */
export async function readWords(io: Io, {recoveryFile, recoveryFd}: WordsInFlags): Promise<Uint8Array> {
  if (recoveryFile !== undefined && recoveryFd !== undefined)
    throw new UsageError("FLAG_CONFLICT", "--recovery-file and --recovery-fd exclude each other");
  if (recoveryFd !== undefined) return wordsIn(await io.host.disk.read(recoveryFd, RECOVERY_WORDS_MAX_BYTES));
  if (recoveryFile === undefined) return parseRecoveryWords((await typedWords(io)).join(" "));
  return wordsIn(await io.readFile(recoveryFile, {flag: "--recovery-file", maxBytes: RECOVERY_WORDS_MAX_BYTES}));
}

const wordsIn = (bytes: Uint8Array): Uint8Array => parseRecoveryWords(textOf(bytes));

/** As many on a line as somebody likes; a word that is none is asked for again at once. */
async function typedWords(io: Io): Promise<readonly string[]> {
  const words: string[] = [];
  while (words.length < RECOVERY_WORDS) {
    const line = await io.secret(`Recovery words, from word ${words.length + 1} of ${RECOVERY_WORDS}: `);
    if (line === undefined)
      throw new UsageError("RECOVERY_WORDS_MISSING", "no recovery words: nobody can be asked for them here", {
        hint: "pass --recovery-file FILE or --recovery-fd NUMBER",
      });
    const typed = recoveryWordsIn(line);
    const wrong = typed.findIndex((word) => !isRecoveryWord(word));
    words.push(...(wrong < 0 ? typed : typed.slice(0, wrong)));
    if (wrong >= 0) io.note(`word ${words.length + 1} is not in the list; go on with it, spelled anew`);
  }
  return words;
}

export interface WordsOutFlags {
  readonly recoveryOut?: string | undefined;
  readonly recoveryOutFd?: number | undefined;
  readonly force: boolean;
  /** What the command calls the first, for messages; the other has -fd behind it. */
  readonly flag?: string;
}

export const addWordsOutFlags = (command: Command): Command =>
  command
    .option("--recovery-out <path>", "file for the 24 recovery words (default: shown once on the terminal)")
    .option("--recovery-out-fd <number>", "open descriptor to write them to", countFlag(3, 65_535));

/**
 * Refuses a place for the words before any are made.
 * @throws UsageError FLAG_CONFLICT, RECOVERY_WORDS_PLACE, FILE_EXISTS
 */
export async function checkWordsPlace(io: Io, flags: WordsOutFlags, keystorePath: string): Promise<void> {
  const {recoveryOut, recoveryOutFd, force, flag = "--recovery-out"} = flags;
  if (recoveryOut !== undefined && recoveryOutFd !== undefined)
    throw new UsageError("FLAG_CONFLICT", `${flag} and ${flag}-fd exclude each other`);
  if (recoveryOutFd !== undefined) return;
  if (recoveryOut === undefined) {
    if (io.asks && io.host.terminal("stderr")) return;
    throw new UsageError("RECOVERY_WORDS_PLACE", "there is no terminal to show the recovery words on", {
      hint: `pass ${flag} FILE or ${flag}-fd NUMBER`,
    });
  }
  if (recoveryOut === "-")
    throw new UsageError("RECOVERY_WORDS_PLACE", "recovery words are not written to standard output", {
      hint: `name a file with ${flag}, or a descriptor with ${flag}-fd`,
    });
  if (resolve(recoveryOut) === resolve(keystorePath))
    throw new UsageError("RECOVERY_WORDS_PLACE", `${flag} must be different from the keystore's path`);
  if (!force && (await io.host.disk.exists(recoveryOut)))
    throw new UsageError("FILE_EXISTS", `${recoveryOut} already exists`, {
      hint: `choose another ${flag}, or pass --force to replace it: the words in it are lost then`,
    });
}

/**
 * Hands the words of `entropy` over; returns when they are written. Where they are `fresh` and shown, somebody has to prove
 * first to have written them down.
 * @throws UsageError RECOVERY_WORDS_UNCONFIRMED, RECOVERY_WORDS_PLACE, FILE_EXISTS, FILE_UNWRITABLE
 */
export async function writeWords(
  io: Io,
  entropy: Uint8Array,
  {recoveryOut, recoveryOutFd, force, fresh}: WordsOutFlags & {readonly fresh: boolean},
): Promise<void> {
  const words = formatRecoveryWords(entropy);
  const bytes = utf8(`${words.join(" ")}\n`);
  if (recoveryOut !== undefined) {
    await io.writeFile(recoveryOut, bytes, {force, secret: true});
    io.note(
      `wrote ${RECOVERY_WORDS} recovery words to ${recoveryOut} (mode 0600); keep them offline, apart from the wallet`,
    );
  } else if (recoveryOutFd !== undefined) await io.host.disk.writeTo(recoveryOutFd, bytes);
  else {
    await showWords(io, words);
    if (fresh) await confirmWords(io, words);
  }
}

const ROW = 4;

async function showWords(io: Io, words: readonly string[]): Promise<void> {
  const cells = words.map((word, at) => `${String(at + 1).padStart(2)} ${word.padEnd(10)}`);
  const rows = Array.from({length: words.length / ROW}, (_, row) => cells.slice(ROW * row, ROW * (row + 1)).join(""));
  const shown = await io.reveal([
    "Whoever has these words has the wallet. Write them down, in this order:",
    "",
    ...rows.map((row) => `  ${row.trimEnd()}`),
    "",
  ]);
  if (!shown) throw new UsageError("RECOVERY_WORDS_PLACE", "there is no terminal to show the recovery words on");
}

/** One word out of each third is asked for. */
async function confirmWords(io: Io, words: readonly string[]): Promise<void> {
  const third = words.length / 3;
  for (const [part, byte] of io.host.randomBytes(3).entries()) {
    const at = third * part + (byte % third);
    const typed = await io.secret(`Word ${at + 1}, as you wrote it down: `);
    if (typed?.trim().toLowerCase() !== words[at])
      throw new UsageError("RECOVERY_WORDS_UNCONFIRMED", `that is not word ${at + 1}; nothing was changed`, {
        hint: "run the command again: it makes new words",
      });
  }
}
