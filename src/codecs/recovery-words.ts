/**
 * Recovery words: 32 bytes as 24 English words, the last of which holds the checksum.
 *
 * Words are read in any case and with any white space between them, as people write them down.
 * Source: BIP-39; node specification, section 15.2. Vectors: recovery-words.vectors.json.
 */
import {entropyToMnemonic, mnemonicToEntropy} from "@scure/bip39";
import {wordlist} from "@scure/bip39/wordlists/english.js";
import {DecodeError} from "../errors.js";
import {RECOVERY_ENTROPY_BYTES, RECOVERY_WORDS} from "./recovery.js";

/** Longest text that can hold them; QSDM's limit. */
export const RECOVERY_WORDS_MAX_BYTES = 4_096;

const known = new Set(wordlist);

/** Whether `word`, in lower case, is one of the 2,048. */
export const isRecoveryWord = (word: string): boolean => known.has(word);

/** The words in `text`, in lower case. */
export const recoveryWordsIn = (text: string): readonly string[] =>
  text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");

/** The 24 words of `entropy`, which is 32 bytes. @throws DecodeError RECOVERY_ENTROPY_SIZE */
export function formatRecoveryWords(entropy: Uint8Array): readonly string[] {
  if (entropy.length !== RECOVERY_ENTROPY_BYTES)
    throw new DecodeError("RECOVERY_ENTROPY_SIZE", `recovery entropy is ${entropy.length} bytes`);
  return entropyToMnemonic(entropy, wordlist).split(" ");
}

/**
 * The 32 bytes that the words in `text` stand for. No message repeats a word: messages end up in logs.
 * @throws DecodeError RECOVERY_WORDS_COUNT, RECOVERY_WORD_UNKNOWN, RECOVERY_WORDS_CHECKSUM
 */
export function parseRecoveryWords(text: string): Uint8Array {
  const words = recoveryWordsIn(text);
  if (words.length !== RECOVERY_WORDS)
    throw new DecodeError("RECOVERY_WORDS_COUNT", `there are ${words.length} recovery words, not ${RECOVERY_WORDS}`, {
      hint: "a wallet of QSDM has 24; phrases of 12 belong to other wallets",
    });
  const unknown = words.findIndex((word) => !isRecoveryWord(word));
  if (unknown >= 0)
    throw new DecodeError("RECOVERY_WORD_UNKNOWN", `recovery word ${unknown + 1} is not in the list of BIP-39`, {
      hint: "check its spelling against what was written down",
    });
  try {
    return mnemonicToEntropy(words.join(" "), wordlist);
  } catch {
    // Without its cause, for the same reason.
    throw new DecodeError("RECOVERY_WORDS_CHECKSUM", "the recovery words do not fit together", {
      hint: "one of them is another word of the list, or two have changed places",
    });
  }
}
