/**
 * SHA3-256 of one-block messages as the source of a gpu.js kernel.
 *
 * gpu.js has float32 everywhere and integers only inside of bitwise operators, so a word of Keccak is four limbs of 16 bits,
 * masked before they are shifted, and the state is a hundred variables: arrays end at four elements. A thread returns
 * four numbers, each with three bytes of the digest, because 2^24 is where float32 ends to count. So three threads hash one
 * message, and each returns another part.
 * Source: FIPS 202, sections 3.2 and 6.1.
 */
import {BLOCK_BYTES, KECCAK_WORDS, rotation, source} from "../keccak.js";

const LIMBS = 4;
const LIMB_BITS = 16;
/** Numbers that one thread may return. */
export const RETURNED = 4;
/** Bytes of a digest in one number. */
export const NUMBER_BYTES = 3;
/** Threads that it takes to return a digest. */
export const PARTS = 3;
/** Numbers that a kernel takes for one block. */
export const BLOCK_LIMBS = BLOCK_BYTES / 2;
const DIGEST_LIMBS = 16;

const FIVE = [0, 1, 2, 3, 4] as const;
const EACH_LIMB = [0, 1, 2, 3] as const;
const EACH_WORD = Array.from({length: KECCAK_WORDS}, (_, word) => word);

const variable = (set: string, word: number, limb: number): string => `${set}${word}_${limb}`;

/** Limb `limb` of a word rotated left. */
function rotated(set: string, word: number, bits: number, limb: number): string {
  const [whole, part] = [Math.floor(bits / LIMB_BITS), bits % LIMB_BITS];
  const from = (back: number): string => variable(set, word, (limb - whole - back + 2 * LIMBS) % LIMBS);
  return part === 0 ? from(0) : `(((${from(0)} << ${part}) & 65535) | (${from(1)} >> ${LIMB_BITS - part}))`;
}

/** One statement for each limb of each word. */
const forAll = (words: readonly number[], statement: (word: number, limb: number) => string): string[] =>
  words.flatMap((word) => EACH_LIMB.map((limb) => statement(word, limb)));

function round(): string[] {
  return [
    ...forAll(
      FIVE,
      (x, l) => `const c${x}_${l} = ${[0, 5, 10, 15, 20].map((y) => variable("a", x + y, l)).join(" ^ ")};`,
    ),
    ...forAll(
      FIVE,
      (x, l) => `const d${x}_${l} = ${variable("c", (x + 4) % 5, l)} ^ ${rotated("c", (x + 1) % 5, 1, l)};`,
    ),
    ...forAll(EACH_WORD, (i, l) => `const e${i}_${l} = ${variable("a", i, l)} ^ ${variable("d", i % 5, l)};`),
    ...forAll(EACH_WORD, (i, l) => `const b${i}_${l} = ${rotated("e", source[i]!, rotation[source[i]!]!, l)};`),
    ...forAll(EACH_WORD, (i, l) => {
      const [row, x] = [i - (i % 5), i % 5];
      const [next, over] = [variable("b", row + ((x + 1) % 5), l), variable("b", row + ((x + 2) % 5), l)];
      const iota = i === 0 ? ` ^ (this.constants.rounds[r * 4 + ${l}] & 65535)` : "";
      return `a${i}_${l} = ${variable("b", i, l)} ^ ((65535 ^ ${next}) & ${over})${iota};`;
    }),
  ];
}

/** Bytes 3n to 3n + 2 of the digest, or what of them there is, as an expression. */
function numberOf(n: number): string {
  const limb = (i: number): string => variable("a", Math.floor(i / LIMBS), i % LIMBS);
  const [first, odd] = [Math.floor((n * NUMBER_BYTES) / 2), (n * NUMBER_BYTES) % 2 === 1];
  if (first >= DIGEST_LIMBS) return "0";
  if (first + 1 === DIGEST_LIMBS) return limb(first);
  return odd
    ? `((${limb(first)} >> 8) | (${limb(first + 1)} << 8))`
    : `(${limb(first)} | ((${limb(first + 1)} & 255) << 16))`;
}

const returned = (part: number): string =>
  `return [${Array.from({length: RETURNED}, (_, i) => numberOf(part * RETURNED + i)).join(", ")}];`;

/**
 * A function of `blocks`, 68 limbs of each padded message, for `[messages, PARTS]` threads, with the round constants'
 * limbs as the constant `rounds`.
 */
export function kernelSource(): string {
  const rate = EACH_WORD.slice(0, BLOCK_LIMBS / LIMBS);
  return [
    "function (blocks) {",
    ...forAll(rate, (i, l) => `let a${i}_${l} = blocks[this.thread.x * ${BLOCK_LIMBS} + ${i * LIMBS + l}] & 65535;`),
    // `0 & 0` is an integer to gpu.js; a plain 0 would make the variable a float.
    ...forAll(EACH_WORD.slice(rate.length), (i, l) => `let a${i}_${l} = 0 & 0;`),
    "for (let r = 0; r < 24; r++) {",
    ...round(),
    "}",
    `if (this.thread.y === 0) ${returned(0)}`,
    `if (this.thread.y === 1) ${returned(1)}`,
    returned(2),
    "}",
  ].join("\n");
}
