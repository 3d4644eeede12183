import {expect, test} from "vitest";
import {bytesOfHex, hexOf} from "../../src/codecs/bytes.js";
import {formatRecoveryWords, parseRecoveryWords} from "../../src/codecs/recovery-words.js";
import {codeOf} from "./laws.js";
import vectors from "./recovery-words.vectors.json" with {type: "json"};

for (const {entropy, words} of vectors.cases)
  test(`${entropy.slice(0, 8)}: entropy and words of BIP-39 give each other`, () => {
    expect(formatRecoveryWords(bytesOfHex(entropy)).join(" ")).toBe(words);
    expect(hexOf(parseRecoveryWords(words))).toBe(entropy);
  });

const {entropy, words} = vectors.cases[4]!;

test("words are read as people write them: any case, any white space, after a byte order mark", () => {
  const written = `\ufeff  ${words.toUpperCase().replaceAll(" ", "\r\n\t ")}\n`;
  expect(hexOf(parseRecoveryWords(written))).toBe(entropy);
});

const list = words.split(" ");
test.each([
  ["twelve words", list.slice(0, 12).join(" "), "RECOVERY_WORDS_COUNT"],
  ["no word", " \n", "RECOVERY_WORDS_COUNT"],
  ["one word too many", `${words} length`, "RECOVERY_WORDS_COUNT"],
  ["a word of no list", words.replace("dutch", "deutsch"), "RECOVERY_WORD_UNKNOWN"],
  ["another last word", words.replace(/length$/, "zoo"), "RECOVERY_WORDS_CHECKSUM"],
  ["two words in each other's place", words.replace("hamster diagram", "diagram hamster"), "RECOVERY_WORDS_CHECKSUM"],
])("%s is refused", (_, text, code) => {
  expect(codeOf(() => parseRecoveryWords(text))).toBe(code);
});

test("no refusal repeats a word", () => {
  const phrase = vectors.cases[5]!.words;
  const wrong = [phrase.replace("panda", "pandas"), phrase.replace(/inside$/, "zoo")];
  for (const text of wrong)
    try {
      parseRecoveryWords(text);
      expect.unreachable();
    } catch (error) {
      const {message, hint, cause} = error as Error & {hint: string};
      for (const word of text.split(" ")) expect(`${message} ${hint} ${cause}`.split(/\W+/)).not.toContain(word);
    }
});

test("entropy of another size has no words", () => {
  for (const size of [0, 16, 33])
    expect(codeOf(() => formatRecoveryWords(new Uint8Array(size)))).toBe("RECOVERY_ENTROPY_SIZE");
});
