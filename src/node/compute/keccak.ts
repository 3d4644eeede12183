/**
 * Keccak-f[1600] as data, computed from its definition, for those who write its code: in WebAssembly and for GPUs. Words are
 * numbered x + 5y.
 * Source: FIPS 202, sections 3.2 and 6.1.
 */

export const KECCAK_WORDS = 25;
export const KECCAK_ROUNDS = 24;
/** Bytes of one block of SHA3-256 and of SHAKE256. */
export const BLOCK_BYTES = 136;
/** First byte after a message of SHA3. */
export const SHA3_SUFFIX = 0x06;

/** Iota's constants, in the order of the rounds (FIPS 202, algorithm 5: the shift register x^8 + x^6 + x^5 + x^4 + 1). */
export const ROUND_CONSTANTS: readonly bigint[] = (() => {
  let register = 1;
  return Array.from({length: KECCAK_ROUNDS}, () => {
    let constant = 0n;
    for (let j = 0n; j < 7n; j++) {
      if (register & 1) constant |= 1n << ((1n << j) - 1n);
      register = (register << 1) ^ (register & 0x80 ? 0x171 : 0);
    }
    return constant;
  });
})();

/** Rho's rotation of each word, and the word that pi moves to each place; words are numbered x + 5y. */
export const {rotation, source} = (() => {
  const rotation = new Array<number>(KECCAK_WORDS).fill(0);
  const source = new Array<number>(KECCAK_WORDS).fill(0);
  for (let t = 0, x = 1, y = 0; t < 24; t++) {
    rotation[x + 5 * y] = (((t + 1) * (t + 2)) / 2) % 64;
    [x, y] = [y, (2 * x + 3 * y) % 5];
  }
  for (let x = 0; x < 5; x++) for (let y = 0; y < 5; y++) source[y + 5 * ((2 * x + 3 * y) % 5)] = x + 5 * y;
  return {rotation, source};
})();
